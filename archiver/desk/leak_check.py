"""Looks for what was redacted or withheld in everything that is to be released.

Texts are compared without regard to case, blanks, punctuation, and characters that cannot be
seen; all of them are looked for at once (Aho-Corasick), with the usual codings undone, so that
no escape hides one. It finds repeats of a whole text, and in other versions of the same record
its single words; a paraphrase or a quoted half it cannot know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, BytesAhoCorasick

from archiver.desk.leak_readings import normal, readings, squeezed, texts_in, words
from archiver.export.base import Released
from archiver.export.redaction_text import mark

SHORTEST = 4  # characters; what is shorter stands in too many words
_SQUEEZED = 8  # characters; shorter ones come about between words
_SHORTEST_IN_BYTES = 8  # shorter ones occur by chance in compressed pictures
_LONGEST_IN_BYTES = 200
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")
_NAMES = ("author", "handle")
VERSION = "another version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Protected:
    """A text that must not be found. `position` is the item of the set that it was taken out
    of, `what` which part of it, `code` the exemption, `record` its record. `words` are its
    single words that are secret; `whole` says that the whole item is withheld, `quiet` that
    it is no text but tells where one stands, and is looked for in data alone."""

    text: str
    position: int
    what: str
    code: str
    record: int = 0
    words: frozenset[str] = frozenset()
    whole: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """A protected text that stands in a released item of the set."""

    position: int
    field: str
    protected: Protected


class LeakCheck:
    """All protected texts at once. `accepted` are texts that may be repeated."""

    def __init__(self, protected: Iterable[Protected], *, accepted: Iterable[str] = ()) -> None:
        passed = {normal(each) for each in accepted}
        once: dict[str, Protected] = {}
        quiet: dict[str, Protected] = {}
        self.accepted: dict[str, Protected] = {}
        self._short: dict[str, Protected] = {}
        self._of_record: dict[int, list[Protected]] = {}
        self._words: dict[str, Protected] = {}
        for each in protected:
            wanted = normal(each.text)
            if wanted and wanted in passed:
                self.accepted.setdefault(wanted, each)
                continue
            if len(wanted) >= SHORTEST:
                (quiet if each.quiet else once).setdefault(wanted, each)
                if each.record:
                    self._of_record.setdefault(each.record, []).append(each)
            elif wanted and each.what in _NAMES:
                self._short.setdefault(wanted, each)
            self._words.update((word, each) for word in each.words)
        self._protected = list(once.values())
        self._text = _Texts(once)
        self._close = _Texts(_squeezed(once))
        self._quiet = _Texts({text: each for text, each in quiet.items() if len(text) >= _SQUEEZED})
        self._raw_of: list[Protected] = []
        self._raw, self._overlap = self._for_bytes()

    def in_item(self, item: Released, position: int) -> list[Repeat]:
        """Repeats in all that people see of an item."""
        found = [(name, each) for name, text in _seen(item) for each in self.in_words(text)]
        for name in ("author_id", "author_handle", "author_name"):
            short = self._short.get(normal(getattr(item, name)).lstrip("@"))
            found += [(name, short)] if short is not None else []
        found += [(VERSION, each) for each in self._in_version(item, position)]
        return [Repeat(position=position, field=name, protected=each) for name, each in found]

    def in_words(self, text: str) -> list[Protected]:
        """Repeats in one text that people see."""
        found: dict[int, Protected] = {}
        for each in readings(text):
            found.update((id(hit), hit) for hit in self._hits(each))
        return list(found.values())

    def in_query(self, query: str) -> list[Protected]:
        """What a search gives away: also by one word, or the beginning of one."""
        found = self.in_words(query)
        asked = words(query)
        for word, each in self._words.items():
            if any(word.startswith(one) or one.startswith(word) for one in asked):
                found.append(each)
        return found

    def in_data(self, *documents: str) -> list[Protected]:
        """Protected texts in JSON documents: their names and values, however coded."""
        found: dict[int, Protected] = {}
        # A document says the same name, and often the same value, many times over.
        once = dict.fromkeys(text for document in documents for text in texts_in(document))
        for text in once:
            for each in readings(text):
                wanted = normal(each)
                hits = [*self._hits(each), *self._quiet.found(wanted)]
                if wanted in self._short and not wanted.isdigit():
                    hits.append(self._short[wanted])
                found.update((id(hit), hit) for hit in hits)
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

    def _hits(self, text: str) -> Iterator[Protected]:
        if text:
            wanted = normal(text)
            yield from self._text.found(wanted)
            yield from self._close.found(squeezed(wanted))

    def _in_version(self, item: Released, position: int) -> Iterator[Protected]:
        """What was taken out of other versions of the item's record and may be in this one in
        other words."""
        beside = [e for e in self._of_record.get(item.record_id, ()) if e.position != position]
        said = words(f"{item.title} {item.text}") if beside else frozenset()
        for each in beside:
            if each.whole or said & each.words:
                yield each

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


class _Texts:
    """Texts that are looked for together."""

    def __init__(self, wanted: dict[str, Protected]) -> None:
        self._of = list(wanted.values())
        self._all = AhoCorasick(list(wanted)) if wanted else None

    def found(self, text: str) -> Iterator[Protected]:
        """Those that stand in a text, each once."""
        if self._all is not None and text:
            hits = self._all.find_matches_as_indexes(text, overlapping=True)
            yield from (self._of[index] for index in sorted({each[0] for each in hits}))


def _squeezed(wanted: dict[str, Protected]) -> dict[str, Protected]:
    short = ((squeezed(text), each) for text, each in wanted.items())
    return {text: each for text, each in short if len(text) >= _SQUEEZED}


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
        yield f"file {file.position}", file.why
    for each in item.findings:
        yield "finding", each.statement
        yield "finding", each.evidence


def without(found: Sequence[Protected], text: str) -> str:
    """The text, or a mark in its place when these were found in it."""
    return mark(", ".join(sorted({each.code for each in found}))) if found else text


def told(repeats: Sequence[Repeat], *, most: int = 20) -> str:
    """In which items of the set what is repeated, without the text itself."""
    lines = [
        f"item {each.position} ({each.field}) repeats the {each.protected.what} of item "
        f"{each.protected.position}"
        for each in repeats[:most]
    ]
    more = len(repeats) - most
    return "; ".join([*lines, f"and {more} more"] if more > 0 else lines)
