"""Takes spans out of a text: what was there is gone, a mark of one form stands in its place.

The mark names the exemption and nothing else: its length says nothing of what it replaced.
Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` (counted from 0) up to and without `end`, withheld under `code`."""

    start: int
    end: int
    code: str


def mark(code: str) -> str:
    """What stands in place of a redacted text."""
    return f"[redacted: {code}]"


def inside(span: Span, text: str) -> bool:
    """Is it a piece of the text, and not an empty one?"""
    return 0 <= span.start < span.end <= len(text)


def redacted(text: str, spans: Iterable[Span]) -> str:
    """The text without the spans. Spans that overlap become one, with the codes of all.

    Raises: ValueError when a span is not inside the text.
    """
    parts: list[str] = []
    here = 0
    for start, end, codes in _joined(text, spans):
        parts += [text[here:start], mark(", ".join(codes))]
        here = end
    return "".join([*parts, text[here:]])


def _joined(text: str, spans: Iterable[Span]) -> list[tuple[int, int, list[str]]]:
    made: list[tuple[int, int, list[str]]] = []
    for span in sorted(spans):
        if not inside(span, text):
            raise ValueError(f"characters {span.start} to {span.end} are not in the text")
        if made and span.start < made[-1][1]:
            start, end, codes = made[-1]
            joined = codes if span.code in codes else [*codes, span.code]
            made[-1] = (start, max(end, span.end), joined)
        else:
            made.append((span.start, span.end, [span.code]))
    return made


def mentions(text: str, names: Sequence[str], code: str) -> list[Span]:
    """Where the text speaks of one of these names, with the "@" before it; in any case,
    and only as a whole word."""
    wanted = [re.escape(name) for name in sorted(names, key=len, reverse=True) if name]
    if not wanted:
        return []
    pattern = re.compile(rf"@?(?<!\w)(?:{'|'.join(wanted)})(?!\w)", re.IGNORECASE)
    return [Span(found.start(), found.end(), code) for found in pattern.finditer(text)]
