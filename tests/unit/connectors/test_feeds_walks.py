"""The feed connector against a simulated site: the whole history, and comments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from archiver.demo.simulators.base import Fault, Loopback, SimulatedTime
from archiver.demo.simulators.feeds import FeedSite
from connectors.base import Kind, Window
from connectors.errors import (
    BadAnswer,
    RateLimited,
    Transient,
)
from tests.unit.connectors.feed_builders import NOW, Scripted, make_feed, of_kind, rss, walk


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture
def site(loopback: Loopback) -> FeedSite:
    site = FeedSite(SimulatedTime(NOW))
    loopback.serve(site)
    return site


# --- the whole history


@pytest.mark.parametrize(
    ("form", "paging", "option"),
    [
        ("rss", "next", "links"),
        ("atom", "archive", "links"),
        ("json", "next", "links"),
        ("rss", "wordpress", "wordpress"),
    ],
)
def test_the_backfill_reaches_the_oldest_post(
    loopback: Loopback, form: str, paging: str, option: str
) -> None:
    site = FeedSite(SimulatedTime(NOW), paging=paging)
    loopback.serve(site)
    posts = site.seed(25)
    feed = make_feed(site, f"/feed.{form}", paging=option, comments="no")
    pages = walk(feed, Window.FULL)
    assert {item.id for item in of_kind(pages, Kind.POST)} == set(posts)
    assert len(of_kind(pages, Kind.PROFILE)) == 1
    assert "next" not in pages[-1].cursor


def test_a_backfill_that_was_cut_off_goes_on_where_it_was(loopback: Loopback) -> None:
    site = FeedSite(SimulatedTime(NOW), paging="next")
    loopback.serve(site)
    posts = site.seed(25)
    first = next(make_feed(site, comments="no").poll(Window.FULL, cursor=None, since=None))
    rest = walk(make_feed(site, comments="no"), Window.FULL, first.cursor)
    assert [item.id for item in of_kind(rest, Kind.POST)] == list(reversed(posts[:15]))
    assert all(page.covers == () for page in rest), "the beginning of the walk was not seen"


def test_a_backfill_begins_afresh_when_its_continuation_is_gone(loopback: Loopback) -> None:
    site = FeedSite(SimulatedTime(NOW), paging="next")
    loopback.serve(site)
    posts = site.seed(25)
    first = next(make_feed(site, comments="no").poll(Window.FULL, cursor=None, since=None))
    for post in posts[:15]:
        site.delete(post)
    rest = walk(make_feed(site, comments="no"), Window.FULL, first.cursor)
    assert len(of_kind(rest, Kind.POST)) == 10
    assert any("afresh" in note for note in rest[0].notes)
    assert rest[0].covers


def test_the_cursor_stays_on_a_page_until_its_comments_are_read(loopback: Loopback) -> None:
    site = FeedSite(SimulatedTime(NOW), paging="next", window=2)
    loopback.serve(site)
    site.seed(4, comments=2)
    pages = walk(make_feed(site), Window.FULL)
    assert pages[0].cursor["next"] == f"{site.url}/feed.rss"
    assert pages[1].cursor["next"] == f"{site.url}/feed.rss"
    assert pages[2].cursor["next"] == f"{site.url}/feed.rss?paged=2"
    resumed = walk(make_feed(site), Window.FULL, pages[1].cursor)
    assert len(of_kind(resumed, Kind.COMMENT)) == 2
    assert len(of_kind(resumed, Kind.POST)) == 4


def test_the_recent_window_stops_at_its_limit(loopback: Loopback) -> None:
    site = FeedSite(SimulatedTime(NOW), paging="next")
    loopback.serve(site)
    site.seed(60, years=1)
    since = datetime(2026, 8, 1, tzinfo=UTC)
    pages = walk(make_feed(site, comments="no"), Window.RECENT, since=since)
    dates = [item.published.utc for item in of_kind(pages, Kind.POST) if item.published]
    assert min(dates) < since
    assert 1 < len(pages) < 6


def test_pages_that_lead_in_a_circle_are_an_error(loopback: Loopback) -> None:
    site = Scripted({})
    loopback.serve(site)
    site.answers = {
        "/f": rss(3, 2, link=f"{site.url}/f?page=2"),
        "/f?page=2": rss(1, link=f"{site.url}/f"),
    }
    with pytest.raises(BadAnswer, match="circle"):
        walk(make_feed(site, "/f"), Window.FULL)


def test_pages_without_anything_new_end_in_an_error(loopback: Loopback) -> None:
    site = Scripted({})
    loopback.serve(site)
    site.answers = {"/f": rss(3, 2)} | {f"/f?paged={n}": rss(3, 2) for n in range(2, 99)}
    with pytest.raises(BadAnswer, match="nothing new"):
        walk(make_feed(site, "/f", paging="wordpress"), Window.FULL)
    assert len(site.seen) == 4


def test_a_broken_link_to_older_entries_is_said(loopback: Loopback) -> None:
    site = Scripted({})
    loopback.serve(site)
    site.answers = {"/f": rss(3, 2, link=f"{site.url}/old?token=s3cret")}
    with pytest.raises(BadAnswer, match=r"/old, answered 404") as caught:
        walk(make_feed(site, "/f"), Window.FULL)
    assert "s3cret" not in str(caught.value)


# --- comments


def test_comments_belong_to_their_post(site: FeedSite) -> None:
    post = site.publish("Meeting", "<p>Tonight</p>")
    first = site.comment(post, "Ned", "I will <b>come</b>")
    site.time.advance(minutes=5)
    second = site.comment(post, "Moe", "Me too")
    pages = walk(make_feed(site), Window.RECENT)
    comments = of_kind(pages, Kind.COMMENT)
    assert [item.id for item in comments] == [second, first]
    assert {(item.thread_id, item.parent_id) for item in comments} == {(post, post)}
    assert comments[1].text == "I will <b>come</b>"
    assert comments[1].author.name == "Ned"
    (coverage,) = pages[-1].covers
    assert coverage.thread_id == post
    assert coverage.kinds == {Kind.COMMENT}
    (item,) = of_kind(pages, Kind.POST)
    assert item.metrics == {"comments": 2}


def test_a_post_without_comments_has_its_thread_covered_without_asking(site: FeedSite) -> None:
    post = site.publish("Meeting", "x")
    (page,) = walk(make_feed(site), Window.RECENT)
    assert any(c.thread_id == post and c.since is None for c in page.covers)
    assert len(site.seen) == 1


def test_comments_that_cannot_be_read_do_not_stop_the_walk(site: FeedSite) -> None:
    one, two = site.publish("One", "x"), site.publish("Two", "y")
    site.comment(one, "Ned", "first")
    site.comment(two, "Moe", "second")
    site.plan(f"/comments/{two.rpartition('-')[2]}", Fault(status=403))
    pages = walk(make_feed(site), Window.RECENT)
    assert [item.text for item in of_kind(pages, Kind.COMMENT)] == ["first"]
    (note,) = [note for page in pages for note in page.notes]
    assert two in note
    assert "403" in note


def test_a_line_that_is_down_while_comments_are_read_stops_the_walk(loopback: Loopback) -> None:
    away = Scripted({})
    with Loopback() as other:
        other.serve(away)
    site = Scripted({})
    loopback.serve(site)
    link = f"<wfw:commentRss>{away.url}/comments</wfw:commentRss>"
    site.answers["/f"] = rss(1, extra=link)
    pages = make_feed(site, "/f").poll(Window.FULL, cursor=None, since=None)
    assert next(pages).cursor["next"] == site.url + "/f"
    with pytest.raises(Transient, match="no answer"):
        next(pages)


def test_a_rate_limit_on_comments_stops_the_walk(site: FeedSite) -> None:
    site.comment(site.publish("One", "x"), "Ned", "first")
    site.plan("/comments/", Fault(status=429, headers={"Retry-After": "90"}))
    with pytest.raises(RateLimited) as caught:
        walk(make_feed(site), Window.RECENT)
    assert caught.value.after == 90


def test_comments_are_left_alone_where_the_option_says_so(site: FeedSite) -> None:
    site.comment(site.publish("One", "x"), "Ned", "first")
    (page,) = walk(make_feed(site, comments="no"), Window.RECENT)
    assert all(c.kinds == {Kind.POST} for c in page.covers)
