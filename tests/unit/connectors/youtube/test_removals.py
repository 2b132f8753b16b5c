"""Deleting and hiding on YouTube: what is sent, what proves it, what is refused."""

from __future__ import annotations

import pytest

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.youtube import YouTubeSimulator
from connectors.base import Kind, Target
from connectors.errors import Changed, Permanent, PermissionLost, RateLimited, Unsettled
from connectors.removals import Removal, Removed
from tests.unit.connectors.youtube.stage import connector


def do(
    youtube: YouTubeSimulator, thing: str, removal: Removal, *, by: str = "remover", **options: str
) -> Removed:
    made = connector(youtube, None, by=by, **options)
    return made.remove(target(youtube, thing), removal, compare=lambda item: "")


def target(youtube: YouTubeSimulator, thing: str) -> Target:
    if thing in youtube.videos:
        return Target(kind=Kind.POST, id=thing)
    kind = Kind.REPLY if "." in thing else Kind.COMMENT
    return Target(kind=kind, id=thing)


def why_not(youtube: YouTubeSimulator, thing: Target, removal: Removal) -> str:
    return connector(youtube, by="remover").can_remove(thing, removal)


def changes(youtube: YouTubeSimulator) -> list[str]:
    return [
        f"{seen.method} {seen.path.removeprefix('/youtube/v3/')}"
        for seen in youtube.seen
        if seen.method != "GET" and seen.path != "/token"
    ]


def test_a_video_is_deleted_and_looked_for_before_and_after(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("Mistake")
    done = do(youtube, video, Removal.DELETE)
    assert done.done
    assert done.compared
    assert video not in youtube.videos
    assert len({done.exchange, *done.looked}) == 3
    assert done.statement == "YouTube answered with status 204; read again, it is not there"
    assert changes(youtube) == ["DELETE videos"]
    used = {s.headers["Authorization"] for s in youtube.seen if s.path != "/token"}
    assert len(used) == 1
    assert next(iter(used)).endswith("-removes")


def test_hiding_a_video_keeps_everything_else_that_is_set_on_it(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("Wrong date")
    youtube.videos[video].license = "creativeCommon"
    youtube.videos[video].embeddable = False
    assert do(youtube, video, Removal.HIDE).done
    shown = youtube.videos[video]
    assert (shown.privacy, shown.license, shown.embeddable) == ("private", "creativeCommon", False)
    assert do(youtube, video, Removal.HIDE).already
    assert do(youtube, video, Removal.UNHIDE).done
    assert shown.privacy == "public"
    assert changes(youtube) == ["PUT videos", "PUT videos"]


def test_a_video_that_waits_to_be_published_is_not_hidden_yet(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("Soon", privacy="private")
    youtube.videos[video].publish_at = youtube.time.now()
    done = do(youtube, video, Removal.HIDE)
    assert done.done
    assert not done.already
    assert youtube.videos[video].publish_at is None


@pytest.mark.parametrize("how", ["heldForReview", "rejected"])
def test_a_comment_by_the_public_is_hidden(youtube: YouTubeSimulator, how: str) -> None:
    comment = youtube.comment(youtube.publish("One"), "A threat")
    done = do(youtube, comment, Removal.HIDE, hide_comments_as=how)
    assert done.done
    assert youtube.comments[comment].status == how
    assert changes(youtube) == ["POST comments/setModerationStatus"]


def test_a_held_comment_is_shown_again(youtube: YouTubeSimulator) -> None:
    comment = youtube.comment(youtube.publish("One"), "Sorry")
    youtube.moderate(comment, "heldForReview")
    assert do(youtube, comment, Removal.UNHIDE).done
    assert youtube.comments[comment].status == "published"


def test_of_a_reply_youtube_tells_no_state(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("One")
    reply = youtube.comment(video, "Rude", to=youtube.comment(video, "Hm"))
    done = do(youtube, reply, Removal.HIDE)
    assert done.done
    assert "without saying who sees it" in done.statement
    assert youtube.comments[reply].status == "heldForReview"


def test_own_comments_are_deleted_and_others_only_hidden(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("One")
    own, other = youtube.comment(video, "At ten", by=""), youtube.comment(video, "Hm")
    assert do(youtube, own, Removal.DELETE).done
    assert own not in youtube.comments
    with pytest.raises(Permanent, match="hide it instead"):
        do(youtube, other, Removal.DELETE)
    own = youtube.comment(video, "At eleven", by="")
    assert "own comments" in why_not(youtube, target(youtube, own), Removal.HIDE)


def test_what_is_not_there_or_not_possible_is_refused_in_words(youtube: YouTubeSimulator) -> None:
    gone = Target(kind=Kind.POST, id="SPDvid99999")
    assert "deleted already" in why_not(youtube, gone, Removal.DELETE)
    playlist = Target(kind=Kind.PAGE, id=youtube.playlist("List", []))
    assert "YouTube Studio" in why_not(youtube, playlist, Removal.DELETE)
    unlisted = target(youtube, youtube.publish("Link only", privacy="unlisted"))
    assert "unlisted" in why_not(youtube, unlisted, Removal.UNHIDE)
    assert why_not(youtube, unlisted, Removal.HIDE) == ""
    video = target(youtube, youtube.publish("One"))
    assert "remover_refresh_token" in connector(youtube, by="key").can_remove(video, Removal.DELETE)
    assert changes(youtube) == []


def test_what_changed_since_it_was_archived_is_not_removed(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("One")
    with pytest.raises(Changed, match="another text"):
        connector(youtube, by="remover").remove(
            target(youtube, video), Removal.DELETE, compare=lambda item: "another text"
        )
    assert changes(youtube) == []


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(status=500, body="oops"), Unsettled),
        (Fault(cut_after=0, status=503, body="cut"), Unsettled),
        (Fault(status=302, headers={"Location": "/x"}), Unsettled),
        (Fault(status=403, body='{"error":{"errors":[{"reason":"forbidden"}]}}'), PermissionLost),
        (Fault(status=403, body='{"error":{"errors":[{"reason":"quotaExceeded"}]}}'), RateLimited),
    ],
)
def test_a_change_is_sent_once_and_its_faults_are_named(
    youtube: YouTubeSimulator, fault: Fault, expected: type[Exception]
) -> None:
    video = youtube.publish("One")
    youtube.plan("/videos", fault, skip=1)
    with pytest.raises(expected):
        do(youtube, video, Removal.DELETE)
    assert changes(youtube) == ["DELETE videos"]


def test_a_deletion_that_cannot_be_looked_after_is_unsettled(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("One")
    youtube.plan("/videos", Fault(status=500, body="oops"), skip=2)
    with pytest.raises(Unsettled, match="look the item up"):
        do(youtube, video, Removal.DELETE)
    assert video not in youtube.videos
