"""Answers without end: pages that lead to pages for ever, and a feed of 100 MB."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import Loopback, SimulatedTime, Simulator
from archiver.demo.simulators.feeds import FeedSite
from archiver.model.queries import browse
from connectors.base import Window
from tests.support.clock import NOON
from tests.support.faulty import (
    MAKERS,
    PLATFORMS,
    SLUG,
    Platform,
    archive_of,
    assert_nothing_is_lost,
    assert_told,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

MEGABYTE = 1 << 20
_PLACES = {"pagination_token", "next_token", "after", "offset", "page", "paged"}


class Endless(Simulator):
    """Stands before a platform and promises a next page for ever; it is always the first."""

    def __init__(self, inner: Simulator) -> None:
        super().__init__(inner.time)
        self.name = inner.name
        self.inner = inner
        self.on = True
        self.asked = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.asked += 1
        if not self.on:
            return self.inner(environ, start_response)
        request = Request(environ)
        kept = [(k, v) for k, v in request.args.items(multi=True) if k not in _PLACES]
        response = Response.from_app(self.inner, {**environ, "QUERY_STRING": urlencode(kept)})
        if response.status_code == 200:
            self._promise(request.path, response)
        return response(environ, start_response)

    def _promise(self, path: str, response: Response) -> None:
        if "X-WP-Total" in response.headers:
            response.headers.update({"X-WP-Total": "100000", "X-WP-TotalPages": "20000"})
        elif path.endswith(("/published_posts", "/tweets", "/mentions", "/feed.json")):
            body: dict[str, Any] = json.loads(response.get_data())
            body["paging"] = {"cursors": {"after": "QQ"}, "next": f"{self.url}/again"}
            body.setdefault("meta", {})["next_token"] = "again"
            body["next_url"] = f"{self.url}/feed.json?paged={self.asked + 2}"
            response.set_data(json.dumps(body))


@pytest.mark.parametrize("name", PLATFORMS)
def test_pages_that_go_on_for_ever_are_given_up(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    platform = MAKERS[name]()
    endless = Endless(platform.sim)
    if name == "x":  # a signature would not hold for a changed address
        known = platform.credentials
        platform = replace(platform, credentials={"bearer_token": known["bearer_token"]})
    with Loopback() as loopback:
        platform.sim.url = loopback.serve(endless)
        with archive_of(tmp_path / "archive", platform) as archive:
            outcome = archive.captures.capture(SLUG, Window.FULL)
            assert outcome.error is not None
            assert outcome.error.code == "bad answer"
            assert outcome.items > 0
            assert endless.asked < 60
            assert_told(archive, outcome, capsys)
            endless.on = False
            assert_nothing_is_lost(archive, platform, tmp_path / "reference")


class Flood(Simulator):
    """Sends 100 MB as a feed, piece by piece, and counts what it got rid of."""

    name = "flood"

    def __init__(
        self, inner: FeedSite, make: Callable[[], Iterator[bytes]], **headers: str
    ) -> None:
        super().__init__(inner.time)
        self.inner = inner
        self.on = True
        self.sent = 0
        self._make = make
        self._headers = headers

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self.on or Request(environ).path != "/feed.json":
            return self.inner(environ, start_response)
        start_response("200 OK", [("Content-Type", "application/rss+xml"), *self._headers.items()])
        return self._counted()

    def _counted(self) -> Iterator[bytes]:
        for piece in self._make():
            self.sent += len(piece)
            yield piece


def _plain() -> Iterator[bytes]:
    yield b"<?xml version='1.0'?><rss version='2.0'><channel><title>News</title>"
    item = b"<item><guid>1</guid><description>" + b"News! " * 10_000 + b"</description></item>"
    piece = item * (MEGABYTE // len(item) + 1)
    for _ in range(100):
        yield piece


def _packed() -> Iterator[bytes]:
    """100 MB that are a hundred KB on the wire."""
    yield gzip.compress(b"".join(_plain()))


FLOODS: Mapping[str, tuple[Callable[[], Iterator[bytes]], dict[str, str]]] = {
    "plain": (_plain, {}),
    "compressed": (_packed, {"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("form", FLOODS)
def test_a_feed_of_100_mb_is_cut_off_and_takes_little_memory(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = FeedSite(SimulatedTime(NOON), paging="next", window=5)
    site.seed(6)
    make, headers = FLOODS[form]
    ready = list(make()) if form == "compressed" else None  # made before memory is measured
    flood = Flood(site, (lambda: iter(ready)) if ready else make, **headers)
    platform = Platform(
        name="feed",
        sim=site,
        address=lambda url: f"{url}/feed.json",
        credentials={},
        lists="/feed.json",
    )
    with Loopback() as loopback:
        site.url = loopback.serve(flood)
        with archive_of(tmp_path / "archive", platform, answer_max="4 MiB") as archive:
            tracemalloc.start()
            outcome = archive.captures.capture(SLUG, Window.NEW)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()

            assert outcome.error is not None
            assert outcome.error.code == "too large"
            assert "larger than 4,194,304 bytes" in outcome.error_text
            assert peak < 24 * MEGABYTE
            if form == "plain":
                assert flood.sent < 60 * MEGABYTE  # the connection was closed on it
            assert_told(archive, outcome, capsys)
            assert _largest_file(archive.settings.home) < 5 * MEGABYTE
            with archive.database.read() as connection:
                [line] = browse.list_runs(connection)
            assert line.outcome == "failed"

            flood.on = False
            assert_nothing_is_lost(archive, platform, tmp_path / "reference")


def _largest_file(folder: Path) -> int:
    return max(path.stat().st_size for path in folder.rglob("*") if path.is_file())
