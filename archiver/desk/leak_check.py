"""Looks for what was redacted or withheld in everything that is to be released.

Texts are compared without regard to case, to the width of blanks, and to characters that
cannot be seen; all of them are looked for at once (Aho-Corasick), in the decoded values of
JSON and in the words of HTML, so that no escape hides one. It finds repeats of a whole text;
a paraphrase or a quoted half it cannot know.
"""

from __future__ import annotations

import html
import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ahocorasick_rs import AhoCorasick, BytesAhoCorasick

from archiver.capture.normalise import plain
from archiver.export.base import Released

SHORTEST = 4  # characters; what is shorter stands in too many words
_SHORTEST_IN_BYTES = 8  # shorter ones occur by chance in compressed pictures
_LONGEST_IN_BYTES = 200
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")
_UNSEEN = {ord(each): None for each in "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """A text that must not be found. `position` is the item of the set that it was taken out
    of, `what` which part of it, `code` the exemption."""

    text: str
    position: int
    what: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A protected text that stands in a released item of the set."""

    position: int
    field: str
    protected: Protected


def normal(text: str) -> str:
    """A text as it is compared."""
    folded = unicodedata.normalize("NFKC", text).translate(_UNSEEN).casefold()
    return " ".join(folded.split())


class LeakCheck:
    """All protected texts at once. `accepted` are texts that may be repeated."""

    def __init__(self, protected: Iterable[Protected], *, accepted: Iterable[str] = ()) -> None:
        passed = {normal(each) for each in accepted}
        once: dict[str, Protected] = {}
        self.accepted: dict[str, Protected] = {}
        for each in protected:
            wanted = normal(each.text)
            if len(wanted) < SHORTEST:
                continue
            (self.accepted if wanted in passed else once).setdefault(wanted, each)
        self._protected = list(once.values())
        self._text = AhoCorasick(list(once)) if once else None
        self._raw_of: list[Protected] = []
        self._raw, self._overlap = self._for_bytes()

    def in_item(self, item: Released, position: int) -> list[Repeat]:
        """Repeats in all that people see of an item."""
        return [
            Repeat(position=position, field=name, protected=each)
            for name, text in _seen(item)
            for each in self._hits(text)
        ]

    def in_data(self, *documents: str) -> list[Protected]:
        """Protected texts in JSON documents: their names, values, and values read as HTML."""
        found: dict[int, Protected] = {}
        for document in documents:
            for text in _inside(document):
                found.update((id(each), each) for each in self._hits(text))
        return list(found.values())

    def in_file(self, pieces: Iterable[bytes]) -> Iterator[tuple[bytes, list[Protected]]]:
        """The pieces of a file again, each with the protected texts that stand in it as they
        are, in UTF-8 or UTF-16: in metadata, captions, documents."""
        tail = b""
        for piece in pieces:
            if self._raw is None:
                yield piece, []
                continue
            both = tail + piece
            hits = {
                index for index, _, _ in self._raw.find_matches_as_indexes(both, overlapping=True)
            }
            yield piece, [self._raw_of[index] for index in sorted(hits)]
            tail = both[-self._overlap :]

    def _hits(self, text: str) -> list[Protected]:
        if self._text is None or not text:
            return []
        found = self._text.find_matches_as_indexes(normal(text), overlapping=True)
        return [self._protected[index] for index in sorted({each[0] for each in found})]

    def _for_bytes(self) -> tuple[BytesAhoCorasick | None, int]:
        patterns: dict[bytes, Protected] = {}
        for each in self._protected:
            for encoding in _ENCODINGS:
                raw = each.text.strip().encode(encoding, "replace")[:_LONGEST_IN_BYTES]
                if len(raw) >= _SHORTEST_IN_BYTES:
                    patterns.setdefault(raw, each)
        self._raw_of = list(patterns.values())
        if not patterns:
            return None, 0
        return BytesAhoCorasick(list(patterns)), max(len(each) for each in patterns)


def _seen(item: Released) -> Iterator[tuple[str, str]]:
    """Every text of an item that can come from a platform, by the field it stands in."""
    for name in (
        "title", "text", "author_id", "author_handle", "author_name", "permalink", "platform_id",
        "parent_id", "thread_id", "endpoint", "language",
    ):  # fmt: skip
        yield name, getattr(item, name)
    for file in item.files:
        yield f"file {file.position}", file.alt_text
        yield f"file {file.position}", file.path
    for each in item.findings:
        yield "finding", each.statement


def _inside(document: str) -> Iterator[str]:
    if not document:
        return
    try:
        read = json.loads(document)
    except ValueError:
        read = document
    for text in _texts(read):
        yield text
        if "<" in text or "&" in text:
            yield plain(text)
            yield html.unescape(text)


def _texts(value: Any) -> Iterator[str]:
    waiting: list[Any] = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list):
            waiting += each
        elif isinstance(each, int) and not isinstance(each, bool):
            yield str(each)


def told(repeats: Sequence[Repeat], *, most: int = 20) -> str:
    """In which items of the set what is repeated, without the text itself."""
    lines = [
        f"item {each.position} ({each.field}) repeats the {each.protected.what} of item "
        f"{each.protected.position}"
        for each in repeats[:most]
    ]
    more = len(repeats) - most
    return "; ".join([*lines, f"and {more} more"] if more > 0 else lines)
