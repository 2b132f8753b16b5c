"""What the YouTube connector reads of videos, comments, captions, playlists, the channel."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archiver.demo.simulators.youtube import YouTubeSimulator
from connectors.base import Author, Kind, Visibility
from tests.unit.connectors.youtube.stage import START, items_of, notes_of, poll


def test_a_video_is_read_with_what_its_owner_sets(youtube: YouTubeSimulator) -> None:
    at = START - timedelta(days=2)
    video = youtube.publish("Road closed", text="Main St\nuntil 5", at=at)
    youtube.videos[video].tags = ["roads"]
    youtube.videos[video].localizations = {"es": {"title": "Calle cerrada", "description": ""}}
    item = items_of(poll(youtube))[video]
    assert item.kind is Kind.POST
    assert item.author == Author(id=youtube.channel_id, name="Springfield Police Department")
    assert (item.title, item.text) == ("Road closed", "Main St\nuntil 5")
    assert item.published is not None
    assert (item.published.given, item.published.utc) == ("2026-11-22T12:00:00Z", at)
    assert item.edited is None
    assert item.permalink == f"https://www.youtube.com/watch?v={video}"
    assert item.metrics == {"views": 10, "likes": 1, "comments": 0}
    assert item.extra["tags"] == ["roads"]
    assert item.extra["localizations"] == youtube.videos[video].localizations
    assert [(m.key, m.url) for m in item.media] == [
        ("thumbnail", f"{youtube.url}/vi/{video}/maxres.jpg")
    ]


def test_views_and_likes_are_no_content(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("One")
    youtube.videos[video].live = True
    before = items_of(poll(youtube))[video]
    youtube.videos[video].views = 99
    youtube.comment(video, "Hello")
    after = items_of(poll(youtube))[video]
    assert after.metrics != before.metrics
    assert after.native["etag"] != before.native["etag"]
    assert (after.extra, after.text, after.media) == (before.extra, before.text, before.media)


@pytest.mark.parametrize(
    ("privacy", "seen"),
    [("unlisted", Visibility.UNLISTED), ("private", Visibility.PRIVATE)],
)
def test_the_owner_sees_what_is_not_public(
    youtube: YouTubeSimulator, privacy: str, seen: Visibility
) -> None:
    video = youtube.publish("Draft", privacy=privacy)
    assert items_of(poll(youtube))[video].visibility is seen
    assert video not in items_of(poll(youtube, by="key"))


def test_a_rejected_video_is_withheld_with_the_reason(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("Song")
    youtube.videos[video].upload_status = "rejected"
    youtube.videos[video].rejection = "copyright"
    item = items_of(poll(youtube))[video]
    assert item.visibility is Visibility.WITHHELD
    assert item.extra["rejectionReason"] == "copyright"


def test_comments_and_all_replies_belong_to_the_thread_of_their_video(
    youtube: YouTubeSimulator,
) -> None:
    video = youtube.publish("Open day")
    top = youtube.comment(video, "When?", by="lisa")
    replies = [youtube.comment(video, f"No {n}", to=top) for n in range(130)]
    own = youtube.comment(video, "At ten", by="", to=top)
    found = items_of(poll(youtube), Kind.COMMENT, Kind.REPLY)
    assert found.keys() == {top, *replies, own}
    assert {item.thread_id for item in found.values()} == {video}
    assert (found[top].kind, found[top].parent_id) == (Kind.COMMENT, video)
    assert (found[own].kind, found[own].parent_id) == (Kind.REPLY, top)
    assert found[own].author.id == youtube.channel_id
    assert found[top].author.name == "@lisa"
    assert found[top].permalink.endswith(f"&lc={top}")


def test_an_edited_comment_has_its_true_edit_time(youtube: YouTubeSimulator) -> None:
    comment = youtube.comment(youtube.publish("One"), "Helo")
    assert items_of(poll(youtube))[comment].edited is None
    youtube.time.advance(minutes=5)
    youtube.edit(comment, "Hello")
    item = items_of(poll(youtube))[comment]
    assert item.text == "Hello"
    assert item.edited is not None
    assert item.edited.utc == START + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("status", "seen"),
    [("heldForReview", Visibility.PENDING), ("likelySpam", Visibility.SPAM)],
)
def test_the_owner_sees_what_moderation_holds(
    youtube: YouTubeSimulator, status: str, seen: Visibility
) -> None:
    comment = youtube.comment(youtube.publish("One"), "Buy gold")
    youtube.moderate(comment, status)
    assert items_of(poll(youtube))[comment].visibility is seen
    assert comment not in items_of(poll(youtube, by="key"))


def test_comments_that_are_switched_off_are_a_state_and_no_fault(
    youtube: YouTubeSimulator,
) -> None:
    video = youtube.publish("One")
    youtube.comment(video, "Hello")
    youtube.videos[video].comments_off = True
    pages = poll(youtube)
    assert items_of(pages)[video].extra["comments"] == "off"
    assert f"the comments of the video {video} are switched off" in notes_of(pages)
    assert [c for page in pages for c in page.covers if c.thread_id == video] == []


def test_captions_are_records_with_their_text(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("One")
    track = youtube.caption(video, "Good morning, Springfield.")
    [item] = items_of(poll(youtube), Kind.MEDIA).values()
    assert item.id == track
    assert item.text.startswith("WEBVTT\n")
    assert "Good morning, Springfield." in item.text
    assert (item.language, item.thread_id) == ("en", video)
    assert items_of(poll(youtube, captions="no"), Kind.MEDIA) == {}
    assert items_of(poll(youtube, by="key"), Kind.MEDIA) == {}


def test_the_text_of_captions_is_fetched_again_only_when_it_changed(
    youtube: YouTubeSimulator,
) -> None:
    track = youtube.caption(youtube.publish("One"), "Old")
    cursor = poll(youtube)[-1].cursor
    pages = poll(youtube, cursor=cursor)
    assert items_of(pages, Kind.MEDIA) == {}
    youtube.time.advance(days=1)
    youtube.captions[track].text, youtube.captions[track].updated = "New", youtube.time.now()
    again = poll(youtube, cursor=pages[-1].cursor)
    assert "New" in items_of(again, Kind.MEDIA)[track].text


def test_a_playlist_keeps_the_order_of_its_videos(youtube: YouTubeSimulator) -> None:
    videos = [youtube.publish(f"Part {n}") for n in range(3)]
    playlist = youtube.playlist("Academy", videos[::-1])
    item = items_of(poll(youtube))[playlist]
    assert item.kind is Kind.PAGE
    assert item.title == "Academy"
    assert item.extra["videos"] == videos[::-1]
    assert item.metrics == {"videos": 3}
    assert playlist not in items_of(poll(youtube, playlists="no"))


def test_the_channel_is_an_item(youtube: YouTubeSimulator) -> None:
    [item] = items_of(poll(youtube), Kind.PROFILE).values()
    assert item.id == youtube.channel_id
    assert item.text == youtube.description
    assert item.author.handle == "@springfieldpd"
    assert item.extra["keywords"] == "police springfield"
    assert [m.url for m in item.media] == [
        f"{youtube.url}/picture/1.png",
        f"{youtube.url}/picture/2.png",
    ]
