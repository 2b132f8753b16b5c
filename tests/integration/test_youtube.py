"""A YouTube channel in a whole archive: versions, findings, resuming, removals, no secrets."""

from __future__ import annotations

import gzip
import json
import logging

import pytest

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.youtube import YouTubeSimulator
from connectors.base import Window
from connectors.removals import Removal
from tests.support.archive import approved, give_credentials
from tests.support.deletions import assert_kept, delete, order, taken
from tests.support.stage import (
    SharedTime,
    Stage,
    boards,  # noqa: F401 - a fixture
    stage,  # noqa: F401 - a fixture
)

SLUG = "spd-youtube"


@pytest.fixture
def youtube(stage: Stage) -> YouTubeSimulator:  # noqa: F811
    """An approved channel, with the owner's credentials."""
    made = YouTubeSimulator(SharedTime(stage.clock))
    board = stage.boards[0]
    made.url, board.current = board.url, made
    options = {"api": made.url, "token_api": made.url}
    approved(stage.archive, "youtube", made.channel_id, slug=SLUG, options=options)
    give_credentials(stage.archive, SLUG, **made.owner.as_files())
    return made


def texts(on: Stage, thing: str, family: str = "post") -> list[str]:
    """What the versions of a record say."""
    return [str(json.loads(v.canonical)["text"]) for v in on.versions(thing, family)]


def test_an_edit_is_a_version_and_a_deletion_a_finding(
    stage: Stage,  # noqa: F811
    youtube: YouTubeSimulator,
) -> None:
    videos = [youtube.publish(f"Notice {n}", text="Main St closed") for n in range(4)]
    comment, other = (youtube.comment(videos[0], text) for text in ("First", "Second"))
    track = youtube.caption(videos[0], "Good morning.")
    stage.capture(SLUG)
    stage.capture(SLUG)
    assert len(stage.versions(videos[0])) == 1
    [media] = stage.media(stage.versions(videos[0])[0].id)
    assert (media.key, media.status) == ("thumbnail", "captured")
    assert texts(stage, track, "media")[0].startswith("WEBVTT")

    stage.later(hours=1)
    youtube.edit(videos[0], "Main St open")
    youtube.edit(comment, "First!")
    youtube.delete(videos[1])
    youtube.delete(other)
    youtube.videos[videos[2]].privacy = "private"
    stage.capture(SLUG)
    assert texts(stage, videos[0]) == ["Main St closed", "Main St open"]
    assert texts(stage, comment, "comment") == ["First", "First!"]
    assert [v.visibility for v in stage.versions(videos[2])] == ["public", "private"]
    stage.later(days=2)
    stage.capture(SLUG)
    for thing, family in ((videos[1], "post"), (other, "comment")):
        found = [(f.stage, f.presence, f.evidence) for f in stage.findings(thing, family)]
        assert found == [("suspected", "gone", "unknown"), ("confirmed", "gone", "unknown")]
    stage.assert_verifies()


def test_comments_that_are_switched_off_make_no_deletion(
    stage: Stage,  # noqa: F811
    youtube: YouTubeSimulator,
) -> None:
    video = youtube.publish("Notice")
    comment = youtube.comment(video, "Hello")
    stage.capture(SLUG)
    youtube.videos[video].comments_off = True
    stage.later(hours=1)
    stage.capture(SLUG)
    assert [f for f in stage.findings(comment, "comment") if f.presence == "gone"] == []
    assert "switched off" in stage.notes()
    assert len(stage.versions(video)) == 2


def test_a_walk_that_was_cut_off_goes_on_and_misses_nothing(
    stage: Stage,  # noqa: F811
    youtube: YouTubeSimulator,
) -> None:
    ids = youtube.seed(30)
    youtube.page_size = 5
    youtube.plan("/playlistItems", Fault(status=403, body=_QUOTA), skip=3)
    outcome = stage.archive.captures.capture(SLUG, Window.FULL)
    assert outcome.error is not None
    assert outcome.error.code == "rate limited"
    held = stage.value("SELECT count(*) FROM records WHERE family = 'post'")
    assert held == 15
    stage.later(days=1)
    stage.capture(SLUG)
    assert stage.value("SELECT count(*) FROM records WHERE family = 'post'") == len(ids)
    stage.assert_verifies()


def test_a_video_is_deleted_and_a_comment_hidden_under_guard(
    stage: Stage,  # noqa: F811
    youtube: YouTubeSimulator,
) -> None:
    given = {f"remover_{name}": value for name, value in youtube.remover.as_files().items()}
    give_credentials(stage.archive, SLUG, **given)
    videos = [youtube.publish(f"Notice {n}") for n in range(3)]
    stage.capture(SLUG)
    stage.later(hours=3)
    assert delete(stage, videos[1]).step == "done"
    assert videos[1] not in youtube.videos
    [finding] = stage.findings(videos[1])
    assert (finding.presence, finding.evidence) == ("gone", "own deletion")
    assert taken(stage) == ["asked", "cleared", "sent", "done"]
    assert_kept(stage, "DELETE")
    hidden = stage.archive.deletions.carry_out(order(stage, videos[0], Removal.HIDE))
    assert hidden.step == "done"
    assert youtube.videos[videos[0]].privacy == "private"


def test_no_credential_is_kept_anywhere(
    stage: Stage,  # noqa: F811
    youtube: YouTubeSimulator,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    youtube.description = f"Do not print {youtube.owner.refresh_token}"
    video = youtube.publish("One", text=f"Secret {youtube.owner.client_secret}")
    youtube.caption(video, f"And {youtube.owner.refresh_token}")
    for window in Window:
        stage.capture(SLUG, window)
    issued = [s.headers["Authorization"].split()[1] for s in youtube.seen if _signed(s.headers)]
    assert issued
    secrets = {youtube.owner.refresh_token, youtube.owner.client_secret, *issued}
    kept = b"".join(gzip.decompress(path.read_bytes()) for path in stage.segments())
    assert b"/youtube/v3/channels" in kept
    rows = repr(stage.rows("SELECT * FROM versions")).encode()
    rows += repr(stage.rows("SELECT * FROM exchanges")).encode()
    rows += repr(stage.rows("SELECT * FROM runs")).encode()
    logged = caplog.text.encode()
    for secret in secrets:
        for written in (secret, secret.replace("/", "%2F")):
            assert written.encode() not in kept
            assert written.encode() not in rows
            assert written.encode() not in logged


def _signed(headers: object) -> bool:
    return isinstance(headers, dict) and "Authorization" in headers


_QUOTA = '{"error":{"message":"Used up","errors":[{"reason":"quotaExceeded"}]}}'
