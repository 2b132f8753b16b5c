"""Walks one list of things without missing any, although the list changes meanwhile.

WordPress pages by position: when a thing is removed for good during a walk, everything after
it moves up, and plain paging would skip as many others. So lists are asked for newest id
first, and each slice overlaps with the one before: a slice that begins at or above the last
id already seen leaves nothing out, since ids only go down within it. Where it begins below,
the walk steps back until the slices join. Things added meanwhile stand at the top and only
shift the rest down; what was listed already is dropped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from connectors.errors import BadAnswer
from connectors.wordpress.shapes import Row, number, rows
from connectors.wordpress.site import Answer, Site

IDLE_SLICES = 3  # so many slices without anything new, then the list goes in circles


@dataclass(frozen=True, slots=True)
class Position:
    """How far a walk has come: next place in the list, lowest id listed, rows passed.

    `first_total` is how long the list was at the start, -1 when not known. `ordered` is False
    when the site does not keep the order that was asked for, `whole` is False when it kept
    something back: then nothing can be said about completeness.
    """

    offset: int = 0
    last: int = 0
    passed: int = 0
    first_total: int = -1
    ordered: bool = True
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Slice:
    """The next things of a list: `rows` are new in this walk, `after` is where it goes on."""

    rows: list[Row]
    answer: Answer
    after: Position
    final: bool

    @property
    def complete(self) -> bool:
        """Has the walk now listed everything there is?"""
        return self.final and self.after.ordered and self.after.whole and not self.short

    @property
    def short(self) -> bool:
        """Were fewer rows passed than the list had, at its start and now? Then paging fails:
        a cache before the site may know pages by part of their address only."""
        return self.after.passed < min(self.after.first_total, self.answer.total or 0)


class Listing:
    """One list, such as all comments."""

    def __init__(self, site: Site, route: str, params: Mapping[str, str], per_page: int) -> None:
        self._site = site
        self._route = route
        self._params = {**params, "orderby": "id", "order": "desc", "per_page": str(per_page)}
        self._per_page = per_page
        self._overlap = max(1, per_page // 10) if per_page > 1 else 0

    def slices(self, start: Position) -> Iterator[Slice]:
        """Walk on from a position.

        Raises: BadAnswer when the site brings the same things again and again.
        """
        position, idle = start, 0
        before: list[Row] = []
        while True:
            found = self._next(position)
            repeats = not found.after.ordered and found.rows == before
            idle = idle + 1 if repeats or not found.rows else 0
            before = found.rows
            if idle >= (1 if found.final and found.short else IDLE_SLICES):
                raise BadAnswer(
                    f"{self._site.address} {self._route}: the list goes in circles; "
                    f"it brought nothing new, but the site promises {found.answer.total} in all",
                    exchange=found.answer.exchange,
                )
            yield found
            if found.final:
                return
            position = found.after

    def _next(self, position: Position) -> Slice:
        offset, answer, listed = self._joined(position)
        ids = [number(row, "id") for row in listed]
        ordered = position.ordered and all(a > b for a, b in pairwise(ids))
        fresh = listed
        if ordered and position.last:
            fresh = [row for row in listed if number(row, "id") < position.last]
        total = -1 if answer.total is None else answer.total
        held_back = max(0, min(self._per_page, total - offset) - len(listed))
        after = replace(
            position,
            passed=position.passed + len(fresh) + held_back,
            first_total=total if position.first_total < 0 else position.first_total,
            offset=offset + self._per_page,
            last=min([*ids, position.last or ids[0]]) if ids else position.last,
            ordered=ordered,
            # Signed in, a site leaves out silently what this user may not edit; signed out,
            # what it leaves out is not public, so the public view is whole all the same.
            whole=position.whole and total >= 0 and not (held_back and self._site.signed),
        )
        if answer.total is None:
            final = len(listed) < self._per_page
        else:
            final = offset + self._per_page >= answer.total
        return Slice(fresh, answer, after, final)

    def _joined(self, position: Position) -> tuple[int, Answer, list[Row]]:
        offset = position.offset
        if position.ordered and position.last:
            offset = max(0, offset - self._overlap)
        while True:
            answer = self._site.ask(self._route, {**self._params, "offset": str(offset)})
            listed = rows(
                answer.body, f"{self._site.address} {self._route}", exchange=answer.exchange
            )
            joins = not listed or number(listed[0], "id") >= position.last
            if offset == 0 or not position.ordered or (listed and joins):
                return offset, answer, listed
            offset = max(0, offset - max(1, self._per_page - self._overlap))
