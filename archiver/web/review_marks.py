"""Marks of a redaction as the review page writes them into its form, and texts cut along them.

One mark is one word of the form: `text:12-20@CODE`, `title:0-5@CODE`, `author@CODE`,
`box:1:40,60,200x120@CODE`, `blur:...`, `file:1@CODE`. Characters are code points counted from 0
in the plain text of the version; files are numbered from 1; pixels are those of the picture.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from markupsafe import Markup, escape

from archiver.errors import UsageError
from archiver.values import Mark

_WRITTEN = re.compile(
    r"(?:(?P<span>text|title):(?P<start>\d{1,9})-(?P<end>\d{1,9})|(?P<author>author)"
    r"|(?P<style>box|blur):(?P<of>\d{1,4}):(?P<x>\d{1,9}),(?P<y>\d{1,9}),"
    r"(?P<width>\d{1,9})x(?P<height>\d{1,9})|file:(?P<file>\d{1,4}))(?:@(?P<code>.{0,60}))?"
)


def written(mark: Mark) -> str:
    """The word of a mark."""
    ground = f"@{mark.code}" if mark.code else ""
    if mark.what in ("text", "title"):
        return f"{mark.what}:{mark.start}-{mark.end}{ground}"
    if mark.what == "region":
        place = f"{mark.x},{mark.y},{mark.width}x{mark.height}"
        return f"{mark.style}:{mark.media + 1}:{place}{ground}"
    return (f"file:{mark.media + 1}" if mark.what == "media" else mark.what) + ground


def read(word: str, *, code: str = "") -> Mark:
    """The mark of a word; `code` is its ground if it names none. Raises: UsageError."""
    found = _WRITTEN.fullmatch(word)
    if found is None:
        raise UsageError(f'"{word}" is no mark; open the item again and mark it anew')
    ground = found["code"] or code
    if found["span"]:
        return Mark(
            what=found["span"], code=ground, start=int(found["start"]), end=int(found["end"])
        )
    if found["author"]:
        return Mark(what="author", code=ground)
    if found["file"]:
        return Mark(what="media", code=ground, media=int(found["file"]) - 1)
    return Mark(
        what="region",
        code=ground,
        media=int(found["of"]) - 1,
        x=int(found["x"]),
        y=int(found["y"]),
        width=int(found["width"]),
        height=int(found["height"]),
        style=found["style"],
    )


def phrase(text: str, words: str, *, what: str, code: str) -> list[Mark]:
    """A mark for each place where these words stand in the text, in any case and with any
    blanks between them."""
    parts = [re.escape(each) for each in words.split()]
    if not parts:
        return []
    pattern = re.compile(r"\s+".join(parts), re.IGNORECASE)
    return [
        Mark(what=what, code=code, start=each.start(), end=each.end())
        for each in pattern.finditer(text)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of a text. `codes`: the grounds under which it is cut out, none while it stays;
    `why`: what is suggested about it."""

    text: str
    codes: tuple[str, ...] = ()
    why: str = ""

    @property
    def shown(self) -> Markup:
        """As markup of which the browser keeps every character: it would read a carriage
        return as a line's end, and every place behind it would move."""
        return Markup(escape(self.text).replace("\r", Markup("&#13;")))  # noqa: S704 - escaped


def pieces(text: str, marks: Iterable[Mark], hints: Iterable[tuple[Mark, str]]) -> list[Piece]:
    """The text in pieces, which together are the text; marks and hints of this text only."""
    cuts = [(each.start, each.end, each.code) for each in marks]
    looks = [(each.start, each.end, why) for each, why in hints]
    edges = {0, len(text)}
    edges.update(at for start, end, _ in (*cuts, *looks) for at in (start, end) if at < len(text))
    parts = [
        (text[start:end], _over(cuts, start), _over(looks, start))
        for start, end in pairwise(sorted(edges))
    ]
    told = [(part, codes, () if codes else looked) for part, codes, looked in parts]
    return [
        Piece(text="".join(each[0] for each in group), codes=codes, why=", ".join(looked))
        for (codes, looked), group in groupby(told, key=lambda each: each[1:])
    ]


def _over(spans: Sequence[tuple[int, int, str]], at: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for start, end, name in spans if start <= at < end))
