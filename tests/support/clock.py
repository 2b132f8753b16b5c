"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class FakeClock:
    """Implements `archiver.clock.Clock`; sleeping moves it and takes no time."""

    def __init__(self, start: datetime = NOON) -> None:
        self._now = start
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The moment it stands at, aware UTC."""
        return self._now

    def advance(self, **units: float) -> datetime:
        """Move forward, in the units of timedelta; returns the new moment."""
        self._now += timedelta(**units)
        return self._now

    def sleep(self, seconds: float) -> None:
        """Move forward by so many seconds at once."""
        self.slept.append(seconds)
        self._now += timedelta(seconds=seconds)
