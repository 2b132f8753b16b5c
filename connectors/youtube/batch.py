"""Gathers what belongs to one stored step of a walk."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.base import Coverage, Cursor, Item, Page

FULL_AT = 500
"""Items after which a step is handed over, even in the middle of a long thread."""


class Batch:
    """Items, exchanges and coverage since the last `take`; `cursor` is valid for them."""

    def __init__(self) -> None:
        self.cursor: Cursor = {}
        self.done: int | None = None
        self.total: int | None = None
        self._items: list[Item] = []
        self._exchanges: dict[str, None] = {}
        self._covers: list[Coverage] = []
        self._notes: dict[str, None] = {}

    def add(self, items: Sequence[Item], *exchanges: str) -> None:
        """Items, and the exchanges that were needed for them."""
        self._items.extend(items)
        self._exchanges.update(dict.fromkeys(exchanges))

    def cover(self, coverage: Coverage) -> None:
        """State coverage."""
        self._covers.append(coverage)

    def note(self, text: str) -> None:
        """Remark something for the run log, once."""
        self._notes[text] = None

    @property
    def full(self) -> bool:
        """Is it time to hand over?"""
        return len(self._items) >= FULL_AT

    @property
    def empty(self) -> bool:
        """Is there nothing to hand over?"""
        return not (self._items or self._exchanges or self._covers or self._notes)

    def take(self) -> Page:
        """The step so far; the batch begins anew."""
        page = Page(
            items=tuple(self._items),
            exchanges=tuple(self._exchanges),
            cursor=dict(self.cursor),
            covers=tuple(self._covers),
            done=self.done,
            total=self.total,
            notes=tuple(self._notes),
        )
        self._items, self._exchanges, self._covers, self._notes = [], {}, [], {}
        return page
