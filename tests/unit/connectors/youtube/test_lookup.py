"""What the YouTube connector answers when asked for single things, and how many there are."""

from __future__ import annotations

import pytest

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.youtube import YouTubeSimulator
from connectors.base import Evidence, Finding, Kind, Presence, Target
from connectors.errors import BadAnswer
from tests.unit.connectors.youtube.stage import asked, connector


def find(youtube: YouTubeSimulator, *targets: Target, by: str = "owner") -> list[Finding]:
    found = {f.target: f for f in connector(youtube, by=by).lookup(targets)}
    assert found.keys() == set(targets)
    return [found[target] for target in targets]


def said(findings: list[Finding]) -> list[tuple[Presence, Evidence | None]]:
    return [(finding.presence, finding.evidence) for finding in findings]


def test_videos_are_told_apart(youtube: YouTubeSimulator) -> None:
    there, private, gone, rejected, dying = (youtube.publish(name) for name in "abcde")
    youtube.videos[private].privacy = "private"
    youtube.videos[rejected].upload_status = "rejected"
    youtube.videos[rejected].rejection = "copyright"
    youtube.videos[dying].upload_status = "deleted"
    youtube.delete(gone)
    targets = [Target(kind=Kind.POST, id=v) for v in (there, private, gone, rejected, dying)]
    findings = find(youtube, *targets)
    assert said(findings) == [
        (Presence.PRESENT, None),
        (Presence.HIDDEN, Evidence.HIDDEN),
        (Presence.GONE, Evidence.UNKNOWN),
        (Presence.WITHHELD, Evidence.WITHHELD),
        (Presence.GONE, Evidence.UNKNOWN),
    ]
    assert "copyright" in findings[3].statement
    assert asked(youtube, "videos") == 1


def test_by_key_a_private_video_looks_like_a_deleted_one(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("a", privacy="private")
    [finding] = find(youtube, Target(kind=Kind.POST, id=video), by="key")
    assert (finding.presence, finding.evidence) == (Presence.GONE, Evidence.UNKNOWN)
    assert connector(youtube).capabilities.control_lookup


def test_more_than_fifty_are_asked_in_batches(youtube: YouTubeSimulator) -> None:
    targets = [Target(kind=Kind.POST, id=each) for each in youtube.seed(120)]
    assert {f.presence for f in find(youtube, *targets)} == {Presence.PRESENT}
    assert asked(youtube, "videos") == 3


def test_comments_are_told_apart(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("a")
    there, held, gone = (youtube.comment(video, text) for text in "abc")
    reply, lost = (youtube.comment(video, text, to=there) for text in "de")
    youtube.moderate(held, "heldForReview")
    youtube.delete(gone)
    youtube.delete(lost)
    kinds = (Kind.COMMENT, Kind.COMMENT, Kind.COMMENT, Kind.REPLY, Kind.REPLY)
    targets = [
        Target(kind=kind, id=name, thread_id=video)
        for kind, name in zip(kinds, (there, held, gone, reply, lost), strict=True)
    ]
    assert said(find(youtube, *targets)) == [
        (Presence.PRESENT, None),
        (Presence.HIDDEN, Evidence.HIDDEN),
        (Presence.GONE, Evidence.UNKNOWN),
        (Presence.PRESENT, None),
        (Presence.GONE, Evidence.UNKNOWN),
    ]


def test_comments_that_were_switched_off_are_hidden_and_not_gone(
    youtube: YouTubeSimulator,
) -> None:
    video = youtube.publish("a")
    comments = [youtube.comment(video, text) for text in "ab"]
    youtube.videos[video].comments_off = True
    targets = [Target(kind=Kind.COMMENT, id=each, thread_id=video) for each in comments]
    findings = find(youtube, *targets)
    assert said(findings) == [(Presence.HIDDEN, Evidence.HIDDEN)] * 2
    assert "commentsDisabled" in findings[0].statement


def test_comments_of_a_video_that_became_private_are_out_of_reach_of_the_key(
    youtube: YouTubeSimulator,
) -> None:
    video = youtube.publish("a")
    comment = youtube.comment(video, "b")
    youtube.videos[video].privacy = "private"
    target = Target(kind=Kind.COMMENT, id=comment, thread_id=video)
    assert said(find(youtube, target, by="key")) == [
        (Presence.UNREACHABLE, Evidence.PERMISSION_LOST)
    ]


def test_playlists_captions_and_the_channel_can_be_looked_up(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("a")
    track, playlist = youtube.caption(video, "text"), youtube.playlist("list", [video])
    targets = [
        Target(kind=Kind.PAGE, id=playlist),
        Target(kind=Kind.PAGE, id="PLgone"),
        Target(kind=Kind.MEDIA, id=track, thread_id=video),
        Target(kind=Kind.MEDIA, id="cap_gone", thread_id=video),
        Target(kind=Kind.PROFILE, id=youtube.channel_id),
    ]
    there, gone = (Presence.PRESENT, None), (Presence.GONE, Evidence.UNKNOWN)
    assert said(find(youtube, *targets)) == [there, gone, there, gone, there]
    youtube.closed = True
    assert said(find(youtube, targets[-1])) == [(Presence.UNREACHABLE, Evidence.ACCOUNT_CLOSED)]


def test_an_answer_that_is_no_list_proves_no_deletion(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("a")
    youtube.plan("/videos", Fault(status=200, body="{}"))
    with pytest.raises(BadAnswer):
        find(youtube, Target(kind=Kind.POST, id=video))


def test_the_count_is_of_the_list_of_uploads_and_not_exact(youtube: YouTubeSimulator) -> None:
    youtube.seed(7)
    youtube.publish("a", privacy="private")
    counts = connector(youtube).count()
    assert counts is not None
    assert counts.by_kind == {Kind.POST: 8}
    assert not counts.exact
    assert len(counts.exchanges) == 2
