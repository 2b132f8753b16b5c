"""Who asked what: every search is a line of the ledger, but not every letter of it.

A question that is answered while it is typed is kept in mind until it rests: until something is
asked that does not continue it, a page or a record is opened, the page says that nobody has typed
for a moment, or the program ends. Then its longest form is written. So "s", "sn", "snow" is one
line, "snow"; but whoever clears the field and asks something else leaves two. Nothing that was
answered to depends on the browser's good will to be written: what rests is written at the latest
with the next question of whomever.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from archiver.clock import Clock
from archiver.model.database import Database
from archiver.model.queries import ledger

LOGGED = "search"
RESTS_AFTER = timedelta(seconds=10)
_MOST = 10_000  # sessions that are kept in mind


@dataclass(frozen=True, slots=True)
class _Typed:
    query: str
    by: str
    at: datetime


class SearchLog:
    """Writes searches into the ledger. One for each process; threads may share it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = Lock()
        self._typed: dict[int, _Typed] = {}
        self._last: dict[int, str] = {}

    def asked(self, query: str, *, by: str, session: int = 0, again: bool = False) -> None:
        """A whole question. What the same session has typed before it is written first, unless
        this is what it was going to be. `again`: another page of it, which is no new line if
        the session's last one has this question."""
        with self._lock:
            if again and session in self._last and self._last[session] == query:
                return
            self._last[session] = query
            while len(self._last) > _MOST:  # the oldest come first
                del self._last[next(iter(self._last))]
            before = self._typed.pop(session, None)
            resting = [] if before is None or _continues(before.query, query) else [before]
            resting += self._old()
            self._write([*resting, _Typed(query, by, self._clock.now())])

    def typed(self, query: str, *, by: str, session: int) -> None:
        """A question that is perhaps not yet at its end."""
        now = self._clock.now()
        with self._lock:
            before = self._typed.pop(session, None)
            resting = []
            longest = query
            if before is not None:
                if not _continues(before.query, query) or now - before.at > RESTS_AFTER:
                    resting.append(before)
                else:
                    longest = max(before.query, query, key=len)
            resting += self._old()
            if longest.strip():
                self._typed[session] = _Typed(longest, by, now)
            self._write(resting)

    def rests(self, session: int) -> None:
        """Nobody types any more in this session, or something was opened."""
        with self._lock:
            before = self._typed.pop(session, None)
            self._write([*([before] if before else []), *self._old()])

    def close(self) -> None:
        """The program ends: write what is still in mind."""
        with self._lock:
            left = list(self._typed.values())
            self._typed.clear()
            self._write(left)

    def _old(self) -> list[_Typed]:
        """What others have left resting."""
        end = self._clock.now() - RESTS_AFTER
        old = [session for session, each in self._typed.items() if each.at < end]
        return [self._typed.pop(session) for session in old]

    def _write(self, questions: list[_Typed]) -> None:
        if not questions:
            return
        with self._database.write() as connection:
            for each in questions:
                body = {"by": each.by, "query": each.query}
                ledger.append(connection, at=self._clock.now(), kind=LOGGED, body=body)


def _continues(before: str, now: str) -> bool:
    """Is one the beginning of the other?"""
    shorter, longer = sorted((before.strip(), now.strip()), key=len)
    return longer.startswith(shorter)
