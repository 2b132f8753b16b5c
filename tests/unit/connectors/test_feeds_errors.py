"""The feed connector against a simulated site: refusals, damaged answers, passwords."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from werkzeug.wrappers import Response

from archiver.demo.simulators.base import Fault, Loopback, SimulatedTime
from archiver.demo.simulators.feeds import FeedSite
from connectors.base import Account, Credentials, Kind, Window
from connectors.errors import (
    AccountGone,
    AuthFailed,
    BadAnswer,
    ConnectorError,
    Misconfigured,
    Permanent,
    PermissionLost,
    RateLimited,
    Transient,
)
from connectors.feeds import Feed
from tests.support.plain_http import PlainHttp
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


# --- errors


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (401, {}, AuthFailed),
        (403, {}, PermissionLost),
        (404, {}, Transient),
        (410, {}, AccountGone),
        (418, {}, Permanent),
        (429, {}, RateLimited),
        (500, {}, Transient),
        (503, {}, Transient),
        (503, {"Retry-After": "120"}, RateLimited),
        (204, {}, BadAnswer),
    ],
)
def test_each_refusal_says_what_it_is(
    site: FeedSite, status: int, headers: dict[str, str], error: type[ConnectorError]
) -> None:
    site.plan("/feed.rss", Fault(status=status, headers=headers))
    with pytest.raises(error) as caught:
        walk(make_feed(site), Window.NEW)
    assert type(caught.value) is error
    assert caught.value.exchange
    assert str(status) in str(caught.value)


def test_a_rate_limit_with_a_date_says_until_when(site: FeedSite) -> None:
    site.plan(
        "/feed.rss", Fault(status=429, headers={"Retry-After": "Tue, 03 Nov 2026 15:00:00 GMT"})
    )
    with pytest.raises(RateLimited) as caught:
        walk(make_feed(site), Window.NEW)
    assert caught.value.until == datetime(2026, 11, 3, 15, 0, tzinfo=UTC)


def test_a_transfer_that_breaks_off_is_a_bad_answer(site: FeedSite) -> None:
    site.seed(5)
    site.plan("/feed.rss", Fault(cut_after=700))
    with pytest.raises(BadAnswer, match="cut off"):
        walk(make_feed(site), Window.NEW)


def test_a_damaged_encoding_is_a_bad_answer(site: FeedSite) -> None:
    site.plan("/feed.rss", Fault(headers={"Content-Encoding": "gzip"}))
    with pytest.raises(BadAnswer, match="damaged"):
        walk(make_feed(site), Window.NEW)


def test_a_server_that_is_not_there_is_transient(loopback: Loopback) -> None:
    site = FeedSite()
    with Loopback() as other:
        other.serve(site)
    with pytest.raises(Transient, match="no answer"):
        walk(make_feed(site), Window.NEW)


def test_redirects_in_a_circle_are_a_bad_answer(loopback: Loopback) -> None:
    site = Scripted({"/f": Response("", 302, {"Location": "/f"})})
    loopback.serve(site)
    with pytest.raises(BadAnswer, match="circle"):
        walk(make_feed(site, "/f"), Window.NEW)


def test_a_compressed_file_served_as_it_is_can_be_read(loopback: Loopback) -> None:
    plain = rss(2, 1).get_data()
    site = Scripted(
        {
            "/f.gz": Response(gzip.compress(plain), 200, {"Content-Type": "application/gzip"}),
            "/cut.gz": Response(gzip.compress(plain)[:-20]),
            "/bad.gz": Response(b"\x1f\x8b\x08" + b"\x00" * 40),
            "/huge.gz": Response(gzip.compress(b" " * (33 << 20))),
        }
    )
    loopback.serve(site)
    assert len(of_kind(walk(make_feed(site, "/f.gz"), Window.NEW), Kind.POST)) == 2
    for path, words in (("/cut.gz", "cut off"), ("/bad.gz", "damaged"), ("/huge.gz", "larger")):
        with pytest.raises(BadAnswer, match=words):
            walk(make_feed(site, path), Window.NEW)


def test_a_feed_that_has_moved_for_good_is_read_and_said(loopback: Loopback) -> None:
    site = Scripted({"/old": Response("", 301, {"Location": "/new"}), "/new": rss(1)})
    loopback.serve(site)
    (page,) = walk(make_feed(site, "/old"), Window.NEW)
    assert len(page.exchanges) == 2
    assert page.items[1].exchange == page.exchanges[-1]
    assert any("/new" in note for note in page.notes)


@pytest.mark.parametrize(
    ("address", "options"),
    [
        ("springfieldpd.example/feed", {}),
        ("ftp://springfieldpd.example/feed", {}),
        ("https://springfieldpd.example/feed", {"timezone": "Mars/Olympus"}),
        ("https://springfieldpd.example/feed", {"paging": "all"}),
        ("https://springfieldpd.example/feed", {"comments": "maybe"}),
    ],
)
def test_wrong_settings_are_refused(address: str, options: dict[str, str]) -> None:
    account = Account(slug="spd", platform="feed", address=address, options=options)
    with pytest.raises(Misconfigured):
        Feed(account, PlainHttp(), Credentials({}))


# --- protected feeds


def test_the_password_goes_only_to_the_feeds_own_origin(loopback: Loopback) -> None:
    site = FeedSite(SimulatedTime(NOW), user=("desk", "pässword"))
    other = Scripted({})
    loopback.serve(site)
    loopback.serve(other)
    site.publish("Inside", "x")
    http = PlainHttp()
    feed = make_feed(site, http=http, secrets={"username": "desk", "password": "pässword"})
    assert len(of_kind(walk(feed, Window.NEW), Kind.POST)) == 1
    assert http.masked, "the header's form of the password must be masked too"
    site.plan("/feed.rss", Fault(status=302, headers={"Location": other.url + "/x"}))
    with pytest.raises(Transient):
        walk(feed, Window.NEW)
    assert "Authorization" not in other.seen[0].headers


def test_a_protected_feed_without_a_password_is_refused(loopback: Loopback) -> None:
    site = FeedSite(user=("desk", "secret"))
    loopback.serve(site)
    with pytest.raises(AuthFailed, match="username and password"):
        walk(make_feed(site), Window.NEW)
