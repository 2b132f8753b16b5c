"""What changed from one version of a record to the next: words, title, files, and the rest.

Texts are captured from elsewhere, so the work of comparing them is bounded: what is the same at
the beginning and the end is taken off first, and what is left is compared word by word only if
that is not too much.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archiver.desk.plain_text import plain_text
from archiver.export.differences import Piece, changed
from archiver.export.wording import visible

MOST_WORK = 5_000_000  # pairs of equal words that a comparison may have to look at
_FACTS = ("visibility", "language", "kind", "published", "parent")
_LONGEST_VALUE = 300
_WORD = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Fact:
    """A value beside the text that is another one now. Either may be empty."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """From one version to the next. `text` and `title` are empty when they are the same;
    `whole`: the texts were too long to be compared word by word."""

    text: tuple[Piece, ...]
    title: tuple[Piece, ...]
    whole: bool
    markup_only: bool
    files_new: tuple[str, ...]
    files_gone: tuple[str, ...]
    alternatives: tuple[Fact, ...]
    facts: tuple[Fact, ...]

    @property
    def any(self) -> bool:
        """Is anything told?"""
        return bool(
            self.text or self.title or self.markup_only or self.files_new or self.files_gone
            or self.alternatives or self.facts
        )  # fmt: skip


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Changes:
    """What changed between two canonical forms."""
    old, new = plain_text(before), plain_text(after)
    text, whole = compared(old, new)
    title, _ = compared(str(before.get("title", "")), str(after.get("title", "")))
    gone, come, alternatives = _files(before.get("media", ()), after.get("media", ()))
    return Changes(
        text=text,
        title=title,
        whole=whole,
        markup_only=old == new and before.get("text", "") != after.get("text", ""),
        files_new=tuple(come),
        files_gone=tuple(gone),
        alternatives=tuple(alternatives),
        facts=tuple(_facts(before, after)),
    )


def compared(old: str, new: str) -> tuple[tuple[Piece, ...], bool]:
    """The pieces of a comparison, and whether the texts were too long to be compared by words."""
    old, new = visible(old), visible(new)
    if old == new:
        return (), False
    begin = _shared(old, new)
    left_old, left_new = old[len(begin) :], new[len(begin) :]
    end = _shared(left_old[::-1], left_new[::-1])[::-1]
    middle_old = left_old[: len(left_old) - len(end)]
    middle_new = left_new[: len(left_new) - len(end)]
    whole = _work(middle_old, middle_new) > MOST_WORK
    if whole:
        middle = tuple(
            Piece(kind, text) for kind, text in (("gone", middle_old), ("new", middle_new)) if text
        )
    else:
        middle = changed(middle_old, middle_new)
    edges = [Piece("same", each) if each else None for each in (begin, end)]
    pieces = (edges[0], *middle, edges[1])
    return tuple(each for each in pieces if each is not None), whole


def _shared(one: str, other: str) -> str:
    """How both begin, up to a blank: no word is cut in two."""
    pairs = enumerate(zip(one, other, strict=False))
    length = next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
    place = max(one.rfind(" ", 0, length), one.rfind("\n", 0, length))
    return one[: place + 1]


def _work(old: str, new: str) -> int:
    """How many pairs of equal words there are: what a comparison costs."""
    ours, theirs = Counter(_WORD.findall(old)), Counter(_WORD.findall(new))
    return sum(count * theirs[word] for word, count in ours.items())


def _files(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]
) -> tuple[list[str], list[str], list[Fact]]:
    """Kinds of files that are gone and new, and alternative texts that are other ones."""
    old = {_file(each): each for each in before}
    new = {_file(each): each for each in after}
    gone = [str(each["kind"]) for key, each in old.items() if key not in new]
    come = [str(each["kind"]) for key, each in new.items() if key not in old]
    alternatives = [
        Fact(str(each["kind"]), str(old[key]["alt"]), str(each["alt"]))
        for key, each in new.items()
        if key in old and old[key]["alt"] != each["alt"]
    ]
    return gone, come, alternatives


def _file(each: Mapping[str, Any]) -> tuple[str, str]:
    return str(each["key"]), str(each.get("token", ""))


def _facts(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Fact]:
    for name in _FACTS:
        if before.get(name, "") != after.get(name, ""):
            yield Fact(name, _shown(before.get(name, "")), _shown(after.get(name, "")))
    old, new = before.get("extra") or {}, after.get("extra") or {}
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield Fact(name, _shown(old.get(name)), _shown(new.get(name)))


def _shown(value: Any) -> str:
    if value is None or value == "":
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = visible(text)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]} …"
