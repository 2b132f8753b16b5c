"""Who looked at which record: every look is a line of the ledger.

The files of a record that somebody has before them belong to that look. Who asks for a file
without having opened its record looks at it too, and so gets a line.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from archiver.clock import Clock
from archiver.model.database import Database
from archiver.model.queries import ledger

LOGGED = "look"
LASTS = timedelta(minutes=10)  # files that are asked for meanwhile belong to the look
_MOST = 10_000  # looks that are kept in mind


class Looks:
    """Writes looks into the ledger. One for each process; threads may share it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = Lock()
        self._last: dict[tuple[str, int], datetime] = {}

    def at(self, record_id: int, *, version: int, by: str) -> None:
        """Somebody opens a record; `version` is the number of the one that is shown."""
        self._write(by, record_id, {"version": version})

    def at_file(self, record_id: int, *, version: int, position: int, by: str) -> None:
        """Somebody opens a file of it."""
        now = self._clock.now()
        with self._lock:
            last = self._last.get((by, record_id))
        if last is None or now - last > LASTS:
            self._write(by, record_id, {"version": version, "file": position})

    def _write(self, by: str, record_id: int, what: dict[str, int]) -> None:
        now = self._clock.now()
        with self._database.write() as connection:
            body = {"by": by, "record": record_id, **what}
            ledger.append(connection, at=now, kind=LOGGED, body=body)
        with self._lock:
            self._last.pop((by, record_id), None)
            self._last[by, record_id] = now
            while len(self._last) > _MOST:  # the oldest come first
                del self._last[next(iter(self._last))]
