"""The feed connector against a simulated site: what is new, coverage, identity, the check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from werkzeug.wrappers import Response

from archiver.demo.simulators.base import Loopback, SimulatedTime
from archiver.demo.simulators.feeds import FeedSite
from connectors.base import Account, Credentials, Kind, Window
from connectors.registry import connect
from tests.support.plain_http import PlainHttp
from tests.unit.connectors.feed_builders import NOW, Scripted, make_feed, of_kind, rss, walk

FORMATS = ("rss", "atom", "json")


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as loopback:
        yield loopback


@pytest.fixture
def site(loopback: Loopback) -> FeedSite:
    site = FeedSite(SimulatedTime(NOW))
    loopback.serve(site)
    return site


# --- polling for what is new


@pytest.mark.parametrize("form", FORMATS)
def test_an_unchanged_feed_is_asked_conditionally_and_brings_nothing(
    site: FeedSite, form: str
) -> None:
    site.seed(3)
    feed = make_feed(site, f"/feed.{form}")
    first = walk(feed, Window.NEW)
    again = walk(feed, Window.NEW, first[-1].cursor)
    assert len(of_kind(first, Kind.POST)) == 3
    assert [page.items for page in again] == [()]
    assert again[0].covers == ()
    assert again[0].cursor == first[-1].cursor
    assert site.seen[-1].headers["If-None-Match"] == first[-1].cursor["etag"]


def test_a_full_walk_never_asks_conditionally(site: FeedSite) -> None:
    site.seed(3)
    feed = make_feed(site)
    cursor = walk(feed, Window.NEW)[-1].cursor
    pages = walk(feed, Window.FULL, cursor)
    assert len(of_kind(pages, Kind.POST)) == 3
    assert "If-None-Match" not in site.seen[-1].headers


def test_the_cursor_of_another_address_is_not_used(site: FeedSite) -> None:
    site.seed(3)
    cursor = walk(make_feed(site, "/feed.rss"), Window.NEW)[-1].cursor
    pages = walk(make_feed(site, "/feed.atom"), Window.NEW, cursor)
    assert len(of_kind(pages, Kind.POST)) == 3


def test_an_edit_is_read_with_its_time(site: FeedSite) -> None:
    post = site.publish("Road closed", "<p>Main Street</p>")
    cursor = walk(make_feed(site), Window.NEW)[-1].cursor
    site.time.advance(hours=2)
    site.edit(post, html="<p>Main and Elm Street</p>")
    (item,) = of_kind(walk(make_feed(site), Window.NEW, cursor), Kind.POST)
    assert item.text == "<p>Main and Elm Street</p>"
    assert item.edited is not None
    assert item.edited.utc == datetime(2026, 11, 3, 16, 0, tzinfo=UTC)


def test_more_new_entries_than_the_window_holds_are_followed_into_the_past(
    loopback: Loopback,
) -> None:
    site = FeedSite(SimulatedTime(NOW), window=3, paging="next")
    loopback.serve(site)
    site.publish("Known", "k")
    cursor = walk(make_feed(site), Window.NEW)[-1].cursor
    for number in range(7):
        site.time.advance(minutes=1)
        site.publish(f"New {number}", "n")
    pages = walk(make_feed(site), Window.NEW, cursor)
    assert {item.title for item in of_kind(pages, Kind.POST)} >= {f"New {n}" for n in range(7)}
    assert pages[0].cursor == cursor, "the cursor moves only when the gap is closed"
    assert pages[-1].cursor != cursor
    assert walk(make_feed(site), Window.NEW, pages[-1].cursor)[0].items == ()


def test_a_gap_that_cannot_be_closed_is_said(loopback: Loopback) -> None:
    site = FeedSite(SimulatedTime(NOW), window=2)
    loopback.serve(site)
    site.publish("Known", "k")
    cursor = walk(make_feed(site), Window.NEW)[-1].cursor
    for number in range(3):
        site.time.advance(minutes=1)
        site.publish(f"New {number}", "n")
    (page,) = walk(make_feed(site), Window.NEW, cursor)
    assert any("may have been missed" in note for note in page.notes)


# --- what is covered


def test_an_entry_that_aged_out_is_not_covered_and_one_removed_within_is(
    loopback: Loopback,
) -> None:
    site = FeedSite(SimulatedTime(NOW), window=3)
    loopback.serve(site)
    posts = []
    for number in range(5):
        site.time.advance(hours=1)
        posts.append((site.publish(f"Post {number}", "x"), site.time.now()))
    site.delete(posts[3][0])
    (page,) = walk(make_feed(site), Window.NEW)
    (coverage,) = page.covers
    assert coverage.kinds == {Kind.POST}
    assert coverage.since is not None
    assert coverage.since <= posts[3][1]
    assert coverage.since > posts[0][1]
    assert {item.id for item in page.items} >= {posts[i][0] for i in (1, 2, 4)}


def test_coverage_grows_along_a_walk_of_pages(loopback: Loopback) -> None:
    site = FeedSite(SimulatedTime(NOW), paging="archive")
    loopback.serve(site)
    site.seed(25)
    pages = walk(make_feed(site, comments="no"), Window.FULL)
    starts = [page.covers[0].since for page in pages]
    assert len(starts) == 3
    assert starts == sorted((s for s in starts if s is not None), reverse=True)


def test_tombstones_are_handed_on_as_findings(site: FeedSite) -> None:
    site.tombstones = True
    kept, removed = site.publish("Kept", "x"), site.publish("Removed", "y")
    site.delete(removed, comment="Posted in error")
    for form in ("rss", "atom"):
        (page,) = walk(make_feed(site, f"/feed.{form}"), Window.NEW)
        (finding,) = page.findings
        assert finding.target.id == removed
        assert finding.presence == "gone"
        assert finding.evidence == "platform statement"
        assert "Posted in error" in finding.statement
        assert finding.exchange == page.exchanges[-1]
        assert kept in {item.id for item in page.items}


# --- identity


def test_a_shared_id_keeps_its_qualified_form_when_only_one_entry_is_left(
    loopback: Loopback,
) -> None:
    site = Scripted({})
    loopback.serve(site)
    row = "<item><guid isPermaLink='false'>same</guid><link>https://a.example/{0}</link></item>"
    both = "<rss version='2.0'><channel><title>t</title>{}</channel></rss>"
    site.answers["/f"] = Response(both.format(row.format(1) + row.format(2)))
    (page,) = walk(make_feed(site, "/f"), Window.NEW)
    ids = [item.id for item in of_kind([page], Kind.POST)]
    site.answers["/f"] = Response(both.format(row.format(2)))
    (page,) = walk(make_feed(site, "/f"), Window.NEW, page.cursor)
    assert [item.id for item in of_kind([page], Kind.POST)] == [ids[1]]
    assert len(set(ids)) == 2


def test_a_signed_media_address_keeps_its_key(loopback: Loopback) -> None:
    site = Scripted({})
    loopback.serve(site)
    keys = set()
    for signature in ("aaa", "bbb"):
        address = f"https://cdn.example/v.mp4?id=7&amp;Expires=1&amp;Signature={signature}"
        site.answers["/f"] = rss(
            1, extra=f"<enclosure url='{address}' length='5' type='video/mp4'/>"
        )
        (item,) = of_kind(walk(make_feed(site, "/f"), Window.FULL), Kind.POST)
        (media,) = item.media
        assert signature in media.url
        keys.add(media.key)
    assert keys == {"https://cdn.example/v.mp4?id=7"}
    assert media.change_token == "length:5"


# --- the account's check


def test_the_check_says_what_the_feed_offers(loopback: Loopback) -> None:
    site = FeedSite(SimulatedTime(NOW), paging="next")
    loopback.serve(site)
    site.seed(25, years=2)
    check = make_feed(site).check()
    assert check.ok
    assert check.identity == "Springfield Police Department News"
    assert "Format rss20, 10 entries." in check.statements
    assert "Older entries can be reached." in check.statements
    site.paging = "none"
    assert any("no older entries" in each for each in make_feed(site).check().statements)
    site.ended = True
    assert not make_feed(site).check().ok


def test_the_registry_finds_the_feed_connector(site: FeedSite) -> None:
    site.publish("One", "x")
    account = Account(slug="spd", platform="feed", address=site.url + "/feed.json")
    guarded = connect(account, PlainHttp(), Credentials({}))
    assert guarded.capabilities.media_replaceable
    assert guarded.count() is None
    (page,) = guarded.poll(Window.NEW, cursor=None, since=None)
    assert len(page.items) == 2
