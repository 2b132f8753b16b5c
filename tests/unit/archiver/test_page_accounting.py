"""A page is whole only if all that it says is told: every text that nothing accounts for counts,
wherever and in whatever form it stands."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from archiver.desk.page_accounting import Told, asked_for, read_page
from archiver.warc.reader import StoredRecord

ONE = {"id": "p1", "message": "Road closed", "from": {"name": "Police"}, "likes": 3}
TWO = {"id": "p2", "message": "Zwetschgenkuchen"}
ENTRY = "<item><guid>g1</guid><title>Road closed</title></item>"
OTHER = "<item><guid>g2</guid><title>Zwetschgenkuchen</title></item>"


def answer(body: bytes, *fields: str) -> StoredRecord:
    head = "\r\n".join(("HTTP/1.1 200 OK", *fields, "", ""))
    return StoredRecord(
        record_id="urn:uuid:1", kind="response", date=datetime(2026, 1, 1, tzinfo=UTC),
        uri="https://api.example/", content_type="application/http;msgtype=response", headers=(),
        block=head.encode() + body,
    )  # fmt: skip


def is_accounted(page: Any, *known: dict[str, Any], words: tuple[str, ...] = ()) -> bool:
    """Of a page as JSON, or as it stands: is all of it told by these items?"""
    body = page if isinstance(page, bytes) else json.dumps(page).encode()
    read = read_page(answer(body))
    assert read is not None
    told = Told()
    told.learn([json.dumps(each) for each in known or (ONE,)], words)
    return told.accounts_for(read)


def test_a_page_of_told_items_with_its_cursors_is_accounted_for() -> None:
    paging = {"cursors": {"before": "QVF", "after": "WjZ"}, "next": "https://api.example/?after=W"}
    page = {"data": [ONE], "paging": paging, "summary": {"order": "ranked", "total_count": 41}}
    assert is_accounted(page)
    assert is_accounted({"data": [ONE], "meta": {"newest_id": "1", "next_token": "b26", "n": 4}},
                        ONE, {"n": 1})  # fmt: skip
    assert is_accounted([ONE, ONE])
    assert is_accounted(ONE)


def test_counts_may_have_moved_since() -> None:
    assert is_accounted({"data": [{**ONE, "likes": 77}]})


@pytest.mark.parametrize(
    "page",
    [
        {"data": [ONE, TWO]},
        {"data": [ONE], "error": "no such post"},
        {"data": [ONE], "p2": None},
        {"data": [{**ONE, "message": "Road closed "}]},
        {"data": [{**ONE, "shares": {"by": "Jane"}}]},
        {"data": [ONE], "paging": {"cursors": {"note": "Jane"}}},
        {"data": [ONE], "paging": {"next": ["Jane"]}},
        {"data": [ONE], "meta": {"next_token": {"message": "Jane"}, "said": "Jane"}},
        {"data": [{**ONE, "paging": {"next": "Jane"}}]},
        {"data": [ONE, {"id": 17}]},
        {"data": [ONE, {"likes": 6125550147}]},
        "Jane",
        b'{"data": [], "data": ["Jane"]}',
        b'{"data": ["Jane"], "data": []}',
    ],
)
def test_whatever_is_not_told_speaks_against_the_page(page: Any) -> None:
    if page == "Jane":
        assert read_page(answer(b'"Jane"')) is None
    else:
        assert not is_accounted(page)


def test_ids_that_were_asked_for_one_by_one_must_be_told_as_well() -> None:
    asked = replace(answer(b""), uri="https://api.example/posts?ids=p1%2Cp2&include=7&after=QVF")
    assert asked_for(asked) == {"p1", "p2", "7"}
    assert asked_for(answer(b"")) == frozenset()


def test_a_number_as_id_is_told_by_the_item_that_has_it() -> None:
    assert is_accounted([{"id": 17, "link": "/a"}], {"id": 17, "link": "/a"})
    assert not is_accounted([{"id": 18, "link": "/a"}], {"id": 17, "link": "/a"})


def test_single_words_are_told_as_well() -> None:
    page = {"data": [ONE], "includes": {"media": [{"url": "https://cdn.example/1.jpg"}]}}
    assert not is_accounted(page)
    assert is_accounted(page, ONE, words=("url", "https://cdn.example/1.jpg"))


def feed(*parts: str) -> bytes:
    head = "<?xml version='1.0'?><rss><channel><title>Ours</title>"
    return f"{head}{' '.join(parts)}</channel></rss>".encode()


def test_the_entries_of_a_feed_are_told_as_they_stand() -> None:
    known = {"xml": ENTRY}
    assert is_accounted(feed(ENTRY), known)
    assert not is_accounted(feed(ENTRY, OTHER), known)
    assert not is_accounted(feed(ENTRY.replace("closed", "open")), known)


@pytest.mark.parametrize(
    "part", ["<!-- Jane -->", '<at:deleted-entry xmlns:at="x" ref="g2"/>', "<items/>"]
)
def test_a_feed_with_more_than_entries_and_its_own_word_cannot_be_read_for_sure(part: str) -> None:
    assert read_page(answer(feed(ENTRY, part))) is None


@pytest.mark.parametrize(
    "body",
    [b"", b"<html><p>Jane</p></html>", b"\x89PNG", b'{"data": [', b'{"a": "\xff"}', feed(),
     b"[" * 100_000],
)  # fmt: skip
def test_what_cannot_be_read_for_sure_is_no_page(body: bytes) -> None:
    assert read_page(answer(body)) is None


def test_the_content_is_read_as_the_platform_meant_it() -> None:
    packed = gzip.compress(json.dumps([TWO]).encode())
    page = read_page(answer(packed, "Content-Encoding: gzip"))
    assert page is not None
    assert "Zwetschgenkuchen" in page.texts
    for body in (packed[:-9], b"no gzip", packed + b"Jane", packed + packed):
        assert read_page(answer(body, "Content-Encoding: gzip")) is None
    assert read_page(answer(json.dumps([TWO]).encode(), "Content-Encoding: br")) is None


def test_an_answer_in_chunks_has_nothing_beside_its_page() -> None:
    def page(*parts: bytes) -> object:
        return read_page(answer(b"".join(parts), "Transfer-Encoding: chunked"))

    first, second = b'5\r\n[{"id\r\n', b'7\r\n":"p1"}\r\n1\r\n]\r\n'
    end = b"0\r\n\r\n"
    assert page(first, second, end) is not None
    assert page(first.replace(b"5", b"5;by=Jane"), second, end) is None
    assert page(first, second, b"0\r\nX-Said: Jane\r\n\r\n") is None
    assert page(first, second, end, b"Jane") is None
    assert page(first, second) is None
