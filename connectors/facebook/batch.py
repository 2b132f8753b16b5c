"""Gathers what belongs to one stored step of a walk."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.base import Coverage, Cursor, Item, Page

FULL_AT = 500
"""Items after which a step is handed over, even in the middle of a long thread."""


class Batch:
    """Items, exchanges and coverage since the last `take`; `cursor` is valid for them."""

    def __init__(self, cursor: Cursor) -> None:
        self.cursor = cursor
        self.listed: int | None = None
        self._items: list[Item] = []
        self._exchanges: list[str] = []
        self._covers: list[Coverage] = []
        self._notes: list[str] = []

    def add(self, items: Sequence[Item], exchanges: Sequence[str]) -> None:
        self._items.extend(items)
        self._exchanges.extend(name for name in exchanges if name not in self._exchanges)

    def cover(self, coverage: Coverage) -> None:
        self._covers.append(coverage)

    def note(self, text: str) -> None:
        self._notes.append(text)

    @property
    def full(self) -> bool:
        return len(self._items) >= FULL_AT

    @property
    def empty(self) -> bool:
        return not (self._items or self._exchanges or self._covers or self._notes)

    def take(self) -> Page:
        """The step so far; the batch begins anew."""
        page = Page(
            items=tuple(self._items),
            exchanges=tuple(self._exchanges),
            cursor=dict(self.cursor),
            covers=tuple(self._covers),
            done=self.listed,
            notes=tuple(self._notes),
        )
        self._items, self._exchanges, self._covers, self._notes = [], [], [], []
        return page
