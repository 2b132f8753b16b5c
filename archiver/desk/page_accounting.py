"""Is everything on a recorded page accounted for by what is released?

A page is whole only if each of its texts stands, to the character, in an item that is released
whole or in what the account says of itself, or is a cursor of the listing. Nothing is guessed:
what cannot be read for sure, and any text that nothing accounts for, is a reason to leave the
page out. Numbers are free as long as they can be no id or telephone number.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from archiver.errors import EvidenceError
from archiver.warc import framing
from archiver.warc.feed_entries import FeedEntry, entries
from archiver.warc.reader import StoredRecord

_BOM = b"\xef\xbb\xbf"
_CURSORS = frozenset({"paging", "cursors", "meta", "summary"})  # of a listing, not of an item
_STEERING = frozenset(
    {"after", "before", "newest_id", "next", "next_token", "oldest_id", "order", "previous",
     "previous_token", "result_count", "total_count"}
)  # fmt: skip
_STRUCTURE = frozenset(
    {"data", "includes", "items", "media", "places", "polls", "posts", "tweets", "users"}
)
_IDS = frozenset({"id", "ID"})
_LISTS = frozenset({"exclude", "id", "ids", "include", "include[]", "exclude[]"})
_TELLING = 10**8  # a number of nine digits may be an id or a telephone number
_NAMES = ("guid", "id", "link", "about")  # by which a feed's entry may be known
_FRAMING = re.compile(rb"(?:[0-9A-Fa-f]+\r\n\r\n)*0+\r\n\r\n")  # without the content
_GZIP = 31  # as zlib calls it
_PIECE = 1 << 20
_UNSURE = ("<!--", "<item", "<entry", "deleted-entry", "\0")  # outside of a feed's entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What must be accounted for: single texts, or a feed's entries as they stand. `names` are
    those by which its things may be known to the archive."""

    texts: frozenset[str]
    entries: frozenset[str]
    names: frozenset[str]


class _Object(list[tuple[str, Any]]):
    """A JSON object with all its members, also those whose name stands twice."""


def read_page(record: StoredRecord) -> Page | None:
    """The page of an answer; None when it cannot be read for sure, or the answer has anything
    besides its page: trailers, extensions of chunks, bytes after the end."""
    if not _is_all_page(record):
        return None
    try:
        body = record.content
    except EvidenceError:  # cut off, or not in the encoding that it claims
        return None
    try:
        text = body.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError:
        return None
    if text.lstrip()[:1] not in ("{", "["):
        return _feed(body)
    try:
        texts = frozenset(_to_account(json.loads(text, object_pairs_hook=_Object)))
    except (ValueError, RecursionError):
        return None
    return Page(texts=texts, entries=frozenset(), names=texts)


def asked_for(record: StoredRecord) -> frozenset[str]:
    """The ids that a request names one by one; they must be accounted for like a page."""
    named = parse_qsl(urlsplit(record.uri).query)
    return frozenset(
        each for name, value in named if name in _LISTS for each in value.split(",") if each
    )


class Told:
    """What is released, and so may stand on a page."""

    def __init__(self) -> None:
        self._texts: set[str] = set(_STRUCTURE)
        self._entries: set[str] = set()

    def learn(self, documents: Iterable[str], words: Iterable[str] = ()) -> None:
        """Take in what is told: JSON documents with all names and values, and single texts."""
        self._texts.update(words)
        for document in documents:
            read = json.loads(document) if document else {}
            self._texts.update(_all_texts(read))
            if isinstance(read, dict) and isinstance(read.get("xml"), str):
                self._entries.add(read["xml"].strip())

    def accounts_for(self, page: Page) -> bool:
        """Is there nothing on the page that is not told?"""
        return page.texts <= self._texts and page.entries <= self._entries


def _is_all_page(record: StoredRecord) -> bool:
    """Is every byte of the body its framing, or a part of the page?"""
    body = record.payload
    if framing.is_chunked(record.http_head):
        dechunker = framing.Dechunker()
        content = dechunker.feed(body)
        ends = [0, *(at for start, size in dechunker.extents for at in (start, start + size))]
        around = [body[a:b] for a, b in zip(ends[::2], [*ends[1::2], len(body)], strict=True)]
        if not _FRAMING.fullmatch(b"".join(around)):
            return False
        body = content
    encoding = framing.content_encoding(record.http_head)
    if encoding in ("", "identity"):
        return True
    if encoding not in ("gzip", "x-gzip"):
        return False
    engine = zlib.decompressobj(_GZIP)
    try:
        while body and not engine.eof:
            engine.decompress(body, _PIECE)
            body = engine.unconsumed_tail
    except zlib.error:
        return False
    return engine.eof and not engine.unused_data


def _to_account(page: Any) -> Iterator[str]:
    """Every name and text of a page that is no cursor, and the numbers that may tell. Cursors
    stand outside of all lists: what stands in one is an item."""
    waiting: list[tuple[Any, bool, bool]] = [(page, False, False)]
    while waiting:
        value, listed, steers = waiting.pop()
        if isinstance(value, _Object):
            for name, inner in value:
                if steers and name in _STEERING and not isinstance(inner, list):
                    continue
                cursor = name in _CURSORS and not listed
                if not cursor:
                    yield name
                if name in _IDS and isinstance(inner, int):
                    yield str(inner)
                else:
                    waiting.append((inner, listed, cursor))
        elif isinstance(value, list):
            waiting += [(inner, True, False) for inner in value]
        elif isinstance(value, str):
            if value:
                yield value
        elif not isinstance(value, bool) and value is not None and abs(value) >= _TELLING:
            yield str(value)


def _all_texts(document: Any) -> Iterator[str]:
    waiting: list[Any] = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            waiting += value
        elif value is not None and not isinstance(value, bool):
            yield str(value)


def _feed(body: bytes) -> Page | None:
    """A feed: its entries must be told as they stand; what is around them is the account's own
    word about itself, unless it can be more."""
    found = entries(body)
    if not found or any(each.is_root for each in found):
        return None
    around, at = [], 0
    for each in found:
        around.append(body[at : each.start])
        at = max(at, each.end)
    around.append(body[at:])
    rest = b" ".join(around).decode("utf-8", "replace")
    if any(each in rest for each in _UNSURE):
        return None
    return Page(
        texts=frozenset(),
        entries=frozenset(body[e.start : e.end].decode("utf-8").strip() for e in found),
        names=frozenset(name for each in found for name in _names(each)),
    )


def _names(entry: FeedEntry) -> Iterator[str]:
    return (entry.fields[name] for name in _NAMES if entry.fields.get(name))
