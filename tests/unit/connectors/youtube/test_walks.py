"""How the YouTube connector walks: windows, resuming, coverage, what it costs."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.youtube import YouTubeSimulator
from archiver.demo.simulators.youtube_door import READONLY, Grant
from connectors.base import Coverage, Kind, Page, Window
from connectors.errors import BadAnswer, RateLimited
from tests.unit.connectors.youtube.stage import (
    START,
    asked,
    connector,
    items_of,
    notes_of,
    poll,
    until_error,
)

DAY = timedelta(days=1)


def of_videos(pages: list[Page]) -> list[Coverage]:
    return [c for page in pages for c in page.covers if Kind.POST in c.kinds]


def threads(pages: list[Page]) -> set[str]:
    return {c.thread_id for page in pages for c in page.covers if Kind.COMMENT in c.kinds}


@pytest.mark.parametrize("by", ["owner", "key", "both"])
def test_a_full_walk_reads_everything_and_covers_it(youtube: YouTubeSimulator, by: str) -> None:
    ids = youtube.seed(120)
    youtube.page_size = 30
    pages = poll(youtube, by=by)
    found = items_of(pages)
    assert set(ids) <= found.keys()
    assert set(youtube.comments) <= found.keys()
    assert of_videos(pages) == [Coverage(kinds=frozenset({Kind.POST}))]
    assert threads(pages) == set(ids)
    assert pages[-2].done == pages[-2].total == 120


def test_a_full_walk_goes_on_where_it_was_cut_off(youtube: YouTubeSimulator) -> None:
    ids = youtube.seed(40)
    youtube.page_size = 10
    youtube.plan("/playlistItems", Fault(status=503, body="busy"), skip=2)
    first, error = until_error(connector(youtube).poll(Window.FULL, cursor=None, since=None))
    assert error is not None
    read = items_of(first, Kind.POST)
    assert len(read) == 20
    youtube.seen.clear()
    rest = poll(youtube, cursor=first[-1].cursor)
    assert items_of(rest, Kind.POST).keys() == set(ids) - read.keys()
    assert of_videos(rest) == []
    assert poll(youtube, cursor=rest[-1].cursor)[-1].covers


def test_what_was_read_before_an_error_is_handed_over(youtube: YouTubeSimulator) -> None:
    video, other = youtube.publish("One"), youtube.publish("Two")
    youtube.comment(video, "First")
    youtube.comment(other, "Second")
    youtube.plan("/commentThreads", Fault(status=500, body="oops"), skip=3)
    made = connector(youtube).poll(Window.FULL, cursor=None, since=None)
    pages, error = until_error(made)
    assert error is not None
    assert {video, other} <= items_of(pages).keys()
    assert pages[-1].cursor["read"] == [other]


def test_a_continuation_that_youtube_forgot_begins_anew(youtube: YouTubeSimulator) -> None:
    ids = youtube.seed(30)
    youtube.page_size = 10
    walk = connector(youtube).poll(Window.FULL, cursor=None, since=None)
    cursor = next(walk).cursor
    youtube.forget_continuations()
    pages = poll(youtube, cursor=cursor)
    assert set(ids) <= items_of(pages).keys()
    assert "the list begins anew" in notes_of(pages)
    assert of_videos(pages) == []


def test_new_brings_what_came_since_the_last_time(youtube: YouTubeSimulator) -> None:
    old = youtube.seed(200)
    first = poll(youtube, Window.NEW)
    youtube.time.advance(days=4)
    video = youtube.publish("New")
    comment = youtube.comment(old[0], "Late")
    youtube.seen.clear()
    pages = poll(youtube, Window.NEW, cursor=first[-1].cursor)
    found = items_of(pages)
    assert {video, comment} <= found.keys()
    assert old[0] not in found
    assert asked(youtube, "videos") <= 2
    [covered] = of_videos(pages)
    assert covered.since is not None


def test_new_goes_on_from_page_to_page_until_it_knows(youtube: YouTubeSimulator) -> None:
    youtube.page_size = 10
    youtube.seed(5)
    cursor = poll(youtube, Window.NEW)[-1].cursor
    youtube.time.advance(days=10)
    made = [youtube.publish(f"Storm {n}") for n in range(25)]
    spoken = [youtube.comment(made[0], f"Hm {n}") for n in range(25)]
    found = items_of(poll(youtube, Window.NEW, cursor=cursor))
    assert {*made, *spoken} <= found.keys()


def test_recent_reads_young_videos_with_all_their_comments(youtube: YouTubeSimulator) -> None:
    old = youtube.publish("Old", at=START - 90 * DAY)
    young = youtube.publish("Young", at=START - 3 * DAY)
    comment = youtube.comment(young, "Hello")
    pages = poll(youtube, Window.RECENT, since=START - 30 * DAY)
    assert comment in items_of(pages)
    assert threads(pages) == {young}
    assert old not in threads(pages)


def test_an_empty_thread_costs_nothing_and_is_covered(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("Quiet")
    pages = poll(youtube, by="key")
    assert asked(youtube, "commentThreads") == 0
    assert threads(pages) == {video}


def test_a_listing_that_is_out_of_order_claims_nothing(youtube: YouTubeSimulator) -> None:
    youtube.seed(20)
    youtube.page_size = 5
    late = youtube.seen_videos(owner=True)[2].id
    cursor = poll(youtube, Window.NEW)[-1].cursor
    youtube.videos[late].at = START - 2000 * DAY
    rows = [{"contentDetails": {"videoId": v.id}} for v in youtube.seen_videos(owner=True)[:4]]
    rows.insert(1, {"contentDetails": {"videoId": late}})
    body = json.dumps({"kind": "l", "items": rows, "nextPageToken": "T0-5"})
    youtube.plan("/playlistItems", Fault(status=200, body=body))
    pages = poll(youtube, Window.NEW, cursor=cursor)
    assert of_videos(pages) == []
    assert "did not list videos newest first" in notes_of(pages)


def test_pages_that_run_in_a_circle_end_with_an_error(youtube: YouTubeSimulator) -> None:
    youtube.seed(3)
    body = '{"kind":"youtube#playlistItemListResponse","items":[],"nextPageToken":"T0-0"}'
    youtube.plan("/playlistItems", Fault(status=200, body=body), times=9)
    _, error = until_error(connector(youtube).poll(Window.FULL, cursor=None, since=None))
    assert isinstance(error, BadAnswer)
    assert "come round" in str(error)


def test_a_read_only_token_leaves_comments_to_the_key(youtube: YouTubeSimulator) -> None:
    youtube.owner = Grant("1//simulated-readonly-token", scopes=frozenset({READONLY}))
    youtube.door.grants.append(youtube.owner)
    hidden = youtube.publish("Private", privacy="private")
    video = youtube.publish("Public")
    comment, unread = youtube.comment(video, "Hello"), youtube.comment(hidden, "Inside")
    found = items_of(pages := poll(youtube, by="both"))
    assert {hidden, video, comment} <= found.keys()
    assert unread not in found
    assert "cannot be read by key" in notes_of(pages)
    assert threads(pages) == {video}


def test_the_units_are_counted_as_youtube_counts_them(youtube: YouTubeSimulator) -> None:
    video = youtube.publish("One")
    youtube.comment(video, "Hello")
    youtube.caption(video, "Text")
    youtube.playlist("List", [video])
    pages = poll(youtube)
    assert f"{youtube.door.used} units of the project's daily" in notes_of(pages)
    assert youtube.door.used > 250


def test_a_used_up_quota_waits_for_midnight_in_california(youtube: YouTubeSimulator) -> None:
    youtube.seed(60)
    youtube.door.quota = 4
    walk = connector(youtube).poll(Window.FULL, cursor=None, since=None)
    pages, error = until_error(walk)
    assert isinstance(error, RateLimited)
    assert error.until is not None
    # 04:00 in California on the 24th; winter time is eight hours behind UTC.
    assert error.until.isoformat() == "2026-11-25T08:00:00+00:00"
    assert "quotaExceeded" in str(error)
    youtube.door.used = 0
    youtube.door.quota = 10_000
    cursor = pages[-1].cursor if pages else None
    assert len(items_of(poll(youtube, cursor=cursor), Kind.POST)) == 60
