"""Feeds as they are met in the wild: each file of the corpus with what must come of it.

`tests/corpus/feeds/expectations.yaml` says per file what it shows and what is expected;
every file is served over HTTP and read by the whole connector. @SITE@ stands for the
server's address. Contents are invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import Loopback, Simulator
from connectors.base import Account, Coverage, Credentials, Item, Kind, Page, Window
from connectors.errors import BadAnswer
from connectors.feeds import Feed
from tests.support.plain_http import PlainHttp

CORPUS = Path(__file__).parents[2] / "corpus" / "feeds"
EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load(
    (CORPUS / "expectations.yaml").read_text("utf-8")
)


class _Shelf(Simulator):
    """Serves the corpus, each file with the Content-Type that its expectation names."""

    name = "corpus"

    def respond(self, request: Request) -> Response:
        name = request.path.removeprefix("/dir/")
        if name not in EXPECTED:
            return Response("secret", 200)
        data = (CORPUS / name).read_bytes().replace(b"@SITE@", self.url.encode())
        kind = EXPECTED[name].get("content_type", "application/xml")
        return Response(data, 200, {"Content-Type": kind})


@pytest.fixture(scope="module")
def shelf() -> Iterator[_Shelf]:
    with Loopback() as loopback:
        shelf = _Shelf()
        loopback.serve(shelf)
        yield shelf


def _read(shelf: _Shelf, name: str) -> Page:
    account = Account(
        slug="springfield-feed",
        platform="feed",
        address=f"{shelf.url}/dir/{name}",
        options={"timezone": "America/Chicago", "comments": "yes"},
    )
    feed = Feed(account, PlainHttp(), Credentials({}))
    return next(feed.poll(Window.RECENT, cursor=None, since=None))


def _told(item: Item, site: str) -> dict[str, object]:
    """An item in the words of the expectations; what is empty is left out."""
    media = [
        {
            "url": m.url.replace(site, "@SITE@"),
            "kind": m.kind,
            **({"alt": m.alt_text} if m.alt_text else {}),
            **({"size": m.size} if m.size is not None else {}),
        }
        for m in item.media
    ]
    told: dict[str, object] = {
        "kind": item.kind.value,
        "id": item.id,
        "title": item.title,
        "text": item.text,
        "markup": item.markup.value,
        "published": item.published.utc.isoformat() if item.published else "",
        "edited": item.edited.utc.isoformat() if item.edited else "",
        "permalink": item.permalink.replace(site, "@SITE@"),
        "author": item.author.name,
        "language": item.language,
        "thread": item.thread_id,
        "media": media,
        "extra": dict(item.extra),
        "metrics": dict(item.metrics),
        "superseded": item.superseded,
    }
    return {name: value for name, value in told.items() if value}


def _covered(covers: tuple[Coverage, ...]) -> list[str]:
    return [
        f"{'+'.join(sorted(each.kinds))} {each.thread_id or '*'} "
        f"{each.since.isoformat() if each.since else 'all'}"
        for each in covers
    ]


def test_every_file_of_the_corpus_has_an_expectation_and_says_what_it_shows() -> None:
    files = {path.name for path in CORPUS.iterdir()} - {"expectations.yaml"}
    assert files == set(EXPECTED)
    assert all(expected["shows"] for expected in EXPECTED.values())
    assert len(files) >= 30


@pytest.mark.parametrize("name", [n for n, e in EXPECTED.items() if "error" not in e])
def test_a_feed_gives_exactly_what_it_says(shelf: _Shelf, name: str) -> None:
    expected = EXPECTED[name]
    page = _read(shelf, name)
    profile, *items = page.items
    assert profile.kind is Kind.PROFILE
    assert [_told(item, shelf.url) for item in items] == expected.get("items", [])
    assert _covered(page.covers) == expected.get("covers", [])
    assert list(page.notes) == expected.get("notes", [])
    assert [finding.statement for finding in page.findings] == expected.get("findings", [])


@pytest.mark.parametrize("name", [n for n, e in EXPECTED.items() if "error" in e])
def test_what_is_no_whole_feed_is_a_bad_answer(shelf: _Shelf, name: str) -> None:
    with pytest.raises(BadAnswer, match=re.escape(EXPECTED[name]["error"])) as caught:
        _read(shelf, name)
    assert caught.value.exchange


def test_nothing_outside_the_document_is_fetched(shelf: _Shelf) -> None:
    before = len(shelf.seen)
    _read(shelf, "external-entity.xml")
    assert [seen.path for seen in shelf.seen[before:]] == ["/dir/external-entity.xml"]


def test_the_native_record_holds_the_entry_as_the_feed_wrote_it(shelf: _Shelf) -> None:
    _, item = _read(shelf, "atom10-xhtml.xml").items
    source = item.native["xml"]
    assert isinstance(source, str)
    assert source.startswith("<entry>")
    assert source.endswith("</entry>")
    assert source in (CORPUS / "atom10-xhtml.xml").read_text("utf-8")
