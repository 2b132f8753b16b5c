"""The form in which a production is asked for, and its refusals with the items they speak of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from pydantic import BaseModel, Field

from archiver.desk.productions import Wish, formats_of
from archiver.errors import ArchiverError, UsageError
from archiver.web.site import Site
from archiver.web.typed import said_by

REPEATS = 3  # empty lines for texts that may be repeated
MANY = 2  # clauses of a refusal; more of them are a list
Piece = tuple[str, int]
_ITEMS = re.compile(r"\bitem (\d+(?:, \d+)*)")
_COMMAND = re.compile(r"[;,]?\s*go on with:?\s*\"?\s*$")


class ProduceForm(BaseModel):
    """What was typed. `unsigned`: the person knows that it will not be signed."""

    set_number: str = ""
    formats: list[str] = Field(default_factory=list)
    title: str = ""
    unsigned: str = ""
    repeat_text: list[str] = Field(default_factory=list)
    repeat_reason: list[str] = Field(default_factory=list)

    def wish(self, *, signed: bool) -> Wish:
        """The wish. `signed`: the agency signs its productions. Raises: UsageError."""
        if not self.formats:
            raise UsageError("choose at least one format")
        if not signed and not self.unsigned:
            raise UsageError(
                "signing is not set up, so the package will say that it is not signed; confirm "
                "that this is wanted, or have signing.certificate set up first"
            )
        return Wish(
            formats=formats_of(self.formats),
            unsigned=not signed,
            title=self.title.strip(),
            accept_repeats=self._repeats() or None,
        )

    def lines(self) -> list[tuple[str, str]]:
        """The texts that may be repeated with their reasons, and empty lines after them."""
        typed = [pair for pair in self._pairs() if any(pair)]
        return [*typed, *[("", "")] * REPEATS][: max(REPEATS, len(typed) + 1)]

    def _repeats(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for text, reason in self._pairs():
            if bool(text.strip()) != bool(reason.strip()):
                raise UsageError(
                    "a text that may be repeated is written with the reason why, and a reason "
                    "with its text"
                )
            if text.strip():
                found[text] = reason.strip()
        return found

    def _pairs(self) -> Iterator[tuple[str, str]]:
        yield from zip_longest(self.repeat_text, self.repeat_reason, fillvalue="")


def said_of(site: Site, error: ArchiverError) -> str:
    """Why there is no production, for a page, without the command that it names."""
    text = _COMMAND.sub("", said_by(site, error))
    return text if text.endswith((".", "?")) else f"{text}."


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why there is no production, in pieces: a sentence, its points if there are many, and what
    to do. Each piece is a text with the number of the item that it names, or 0."""

    lead: list[Piece]
    points: list[list[Piece]]
    tail: list[Piece]


def refusal(text: str) -> Refusal:
    """The refusal of these words."""
    clauses = text.split("; ")
    if len(clauses) <= MANY:
        return Refusal(lead=pieces(text), points=[], tail=[])
    lead, mark, first = clauses[0].rpartition(": ")
    last, _, tail = clauses[-1].partition(". ")
    points = [pieces(each) for each in (first, *clauses[1:-1], last)]
    return Refusal(lead=[(f"{lead}{mark}", 0)], points=points, tail=pieces(tail))


def pieces(text: str) -> list[Piece]:
    """The text in pieces; those that are the number of an item of the set come with it, the
    others with 0."""
    if "was staged before" in text:
        return [(text, 0)]  # these numbers count the items of the production
    found: list[Piece] = []
    at = 0
    for match in _ITEMS.finditer(text):
        found.append((text[at : match.start(1)], 0))
        for place, number in enumerate(match[1].split(", ")):
            found += [(", ", 0)] * bool(place) + [(number, int(number))]
        at = match.end()
    return [*found, (text[at:], 0)]
