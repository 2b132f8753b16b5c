"""What changed between two versions of a text, word by word, and a text with its redactions.

Both are given as pieces, so that a page can mark them and never has to build markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from archiver.export import wording
from archiver.export.base import Cut

_WORD = re.compile(r"\s+|\w+|[^\w\s]")
_MARK = re.compile(r"\[redacted: ([^\[\]]+)\]")
_MOST_WORDS = 20_000  # a comparison takes the square of it at worst
_KINDS = {"equal": "same", "delete": "gone", "insert": "new"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a text: "plain", a redaction ("cut", `note` cites), or of a comparison
    "same", "gone" or "new"."""

    kind: str
    text: str
    note: str = ""


def with_marks(text: str, cuts: Sequence[Cut]) -> tuple[Piece, ...]:
    """The text with each redaction mark as a piece of its own that names its citation.

    A mark whose code is not among these redactions was typed by the writer and stays text.
    """
    known = {cut.code: cut for cut in cuts}
    pieces: list[Piece] = []
    here = 0
    for found in _MARK.finditer(text):
        codes = found[1].split(", ")
        if not all(code in known for code in codes):
            continue
        if text[here : found.start()]:
            pieces.append(Piece("plain", wording.visible(text[here : found.start()])))
        note = "; ".join(f"{known[code].citation}: {known[code].label}" for code in codes)
        pieces.append(Piece("cut", f"Redacted: {found[1]}", note))
        here = found.end()
    if text[here:]:
        pieces.append(Piece("plain", wording.visible(text[here:])))
    return tuple(pieces)


def changed(before: str, after: str) -> tuple[Piece, ...]:
    """The second text with what is new and what is gone since the first; empty if the same.

    Texts too long to be compared word by word are told as one gone and one new.
    """
    if before == after:
        return ()
    old, new = _WORD.findall(wording.visible(before)), _WORD.findall(wording.visible(after))
    if len(old) + len(new) > _MOST_WORDS:
        return (Piece("gone", "".join(old)), Piece("new", "".join(new)))
    return tuple(_compared(old, new))


def _compared(old: list[str], new: list[str]) -> Iterator[Piece]:
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "replace":
            yield Piece("gone", "".join(old[a:b]))
            yield Piece("new", "".join(new[c:d]))
        else:
            yield Piece(_KINDS[tag], "".join(new[c:d] if tag != "delete" else old[a:b]))
