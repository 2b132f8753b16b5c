"""Looks for what reviewers tend to take out, and suggests marks: it never decides.

Numbers are judged by libraries that know them: phones by phonenumbers, Social Security and
card numbers by python-stdnum. Names of minors and words of the agency's own come from two
files of the home folder, one a line: `minors.txt` and `sensitive-words.txt`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import phonenumbers
from stdnum import luhn
from stdnum.us import ssn

from archiver.errors import UsageError
from archiver.values import Mark

MINORS = "minors.txt"
WORDS = "sensitive-words.txt"

_MAIL = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}(?![\w-])")
_SSN = re.compile(r"(?<![\w-])\d{3}([ -]?)\d{2}\1\d{4}(?![\w-])")
_CARD = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = (
    r"(?:\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}"
    rf"|{_MONTHS} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}} {_MONTHS} \d{{4}})"
)
# A day alone is no date of birth; one that is said to be is.
_BIRTH = re.compile(
    rf"\b(?:d\.?o\.?b\.?|date of birth|birth ?date|birthday|born(?: on)?)\b\W{{0,4}}({_DAY})",
    re.IGNORECASE,
)
# Plates have no checksum and differ by state, so the word must stand beside it.
_PLATE = re.compile(
    r"\b(?:licen[cs]e plate|plate(?: number| no\.?| #)?|tag(?: number| no\.?| #)|lic\.?)"
    r"\W{0,3}(?:is |was |number )?((?=[A-Z0-9 -]*\d)[A-Z0-9]{1,4}[ -]?[A-Z0-9]{2,5})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A piece that may have to go. `mark` has no code yet: the reviewer gives one."""

    mark: Mark
    why: str
    piece: str


class Patterns:
    """Everything that is looked for. `region` is the country that numbers without a country
    code are read in."""

    def __init__(
        self, *, minors: Iterable[str] = (), words: Iterable[str] = (), region: str = "US"
    ) -> None:
        self._region = region
        self._lists = [
            (why, pattern)
            for why, listed in (("name of a minor", minors), ("on the agency's list", words))
            if (pattern := _any_of(listed)) is not None
        ]

    def in_text(self, text: str, *, what: str = "text") -> list[Suggestion]:
        """Suggestions for a text or a title, in the order of their beginnings; where two
        overlap, the longer one."""
        found = [*self._found(text)]
        found.sort(key=lambda each: (each[0], -each[1]))
        kept: list[tuple[int, int, str]] = []
        for start, end, why in found:
            if not kept or start >= kept[-1][1]:
                kept.append((start, end, why))
            elif end - start > kept[-1][1] - kept[-1][0]:
                kept[-1] = (start, end, why)
        return [
            Suggestion(
                mark=Mark(what=what, code="", start=start, end=end),
                why=why,
                piece=text[start:end],
            )
            for start, end, why in kept
        ]

    def _found(self, text: str) -> Iterator[tuple[int, int, str]]:
        for each in _MAIL.finditer(text):
            yield each.start(), each.end(), "mail address"
        for each in _SSN.finditer(text):
            if ssn.is_valid(each[0].replace(" ", "-")):
                yield each.start(), each.end(), "Social Security number"
        for each in _CARD.finditer(text):
            if luhn.is_valid(re.sub(r"\D", "", each[0])):
                yield each.start(), each.end(), "card number"
        for number in phonenumbers.PhoneNumberMatcher(text, self._region):
            yield number.start, number.end, "phone number"
        for each in _BIRTH.finditer(text):
            yield each.start(1), each.end(1), "date of birth"
        for each in _PLATE.finditer(text):
            yield each.start(1), each.end(1), "licence plate"
        for why, pattern in self._lists:
            for each in pattern.finditer(text):
                yield each.start(), each.end(), why


def patterns(home: Path, *, region: str = "US") -> Patterns:
    """The patterns with the agency's lists from the home folder. Raises: UsageError when a
    list is there and cannot be read."""
    return Patterns(minors=_lines(home / MINORS), words=_lines(home / WORDS), region=region)


def _lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read as text: {error}") from error
    return [line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"]


def _any_of(listed: Iterable[str]) -> re.Pattern[str] | None:
    """Any of these as whole words, in any case, with any blanks between their parts."""
    parts = [
        r"\s+".join(re.escape(part) for part in each.split())
        for each in sorted(set(listed), key=len, reverse=True)
        if each.split()
    ]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE) if parts else None
