"""What came of reading a medium: its words, or why there are none."""

from __future__ import annotations

from dataclasses import dataclass

from archiver.capture.normalise import storable

LONGEST = 100_000  # characters that are kept of one medium


@dataclass(frozen=True, slots=True)
class ReadOut:
    """`text` is one line; `problem` says why the medium cannot be read, else it is empty."""

    text: str
    problem: str = ""


def one_line(words: str) -> ReadOut:
    """The words of a medium on one line, as databases take them."""
    return ReadOut(" ".join(storable(words).split())[:LONGEST].rstrip())
