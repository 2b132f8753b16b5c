"""The line of accounts that wait for a worker: who comes next. No threads, no clock of its own.

NEW goes before RECENT before FULL; inside a rank, whoever was due first. Whoever has waited
for longer than `PATIENCE` goes before all others, so a backfill moves on also when there is
always something new. FULL walks, which are long, never take the last free worker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.base import Window

PATIENCE = timedelta(minutes=10)
_RANK = {Window.NEW: 0, Window.RECENT: 1, Window.FULL: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An account that is due: `since` (aware UTC) is when it joined the line."""

    slug: str
    window: Window
    since: datetime


class Line:
    """Each account stands in it at most once. Not thread-safe."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._turns: dict[str, Turn] = {}

    def join(self, turn: Turn) -> None:
        """Stand in the line; an account that stands there keeps its place."""
        self._turns.setdefault(turn.slug, turn)

    def leave(self, slug: str) -> None:
        """Step out of the line, if the account stands there."""
        self._turns.pop(slug, None)

    def clear(self) -> None:
        """Everybody goes home."""
        self._turns.clear()

    def take(self, running: Mapping[str, Window], now: datetime) -> Turn | None:
        """The turn that a worker may start now, taken out of the line.

        `running` are the accounts at work; None when nobody may start.
        """
        if len(running) >= self._workers:
            return None
        allowed = [turn for turn in self._turns.values() if self._may_start(turn, running)]
        if not allowed:
            return None
        first = min(allowed, key=lambda turn: _place(turn, now))
        return self._turns.pop(first.slug)

    def presses(self, running: Mapping[str, Window]) -> bool:
        """Does somebody wait only because all workers are taken?"""
        return len(running) >= self._workers and bool(self._turns)

    def __contains__(self, slug: object) -> bool:
        return slug in self._turns

    def __len__(self) -> int:
        return len(self._turns)

    def _may_start(self, turn: Turn, running: Mapping[str, Window]) -> bool:
        if turn.slug in running:
            return False
        if turn.window is not Window.FULL or self._workers == 1:
            return True
        return sum(window is Window.FULL for window in running.values()) < self._workers - 1


def _place(turn: Turn, now: datetime) -> tuple[int, datetime]:
    waited_long = now - turn.since > PATIENCE
    return (-1 if waited_long else _RANK[turn.window], turn.since)
