"""The ledger as people read it: who did what to which thing, and whether the chain holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from archiver.clock import Clock
from archiver.ledger.chain import Entry, faults
from archiver.model.database import Database
from archiver.model.queries import checkpoints, ledger, ledger_pages
from archiver.model.queries.checkpoints import Checkpoint
from archiver.model.queries.ledger_pages import Which

PAGE = 50
GROUPS: Mapping[str, tuple[str, ...]] = {
    "captures": ("run", "audit"),
    "accounts": ("account",),
    "findings": ("finding",),
    "holds": ("hold",),
    "requests": ("request", "production"),
    "retention": ("schedule", "retention", "maximum", "series", "approval"),
    "dispositions": ("disposition",),
    "removals": ("removal",),
    "people": ("people",),
    "looks": ("search", "look"),
}
"""What belongs together, and the kinds of lines in it or the words they begin with."""

_THINGS = ("account", "hold", "request", "production", "batch", "record")
_NOT_DETAILS = {"actor", "by", *_THINGS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A line, taken apart. `who` is empty where the program acted; `things` are what it names, by
    sort ("account", "record"); `details` are the rest, as text."""

    entry: Entry
    who: str
    things: Mapping[str, str]
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which lines: of a group, by a person, on agency-local days; below the line `before`."""

    group: str = ""
    person: str = ""
    since: date | None = None
    until: date | None = None
    before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPage:
    """Lines, newest first; `more`: older ones follow. `length` and `head` are of the whole."""

    lines: tuple[Told, ...]
    more: bool
    length: int
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What re-computing the chain came to. `at` is aware UTC."""

    at: datetime
    length: int
    head: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """A checkpoint and the authorities that stamped it."""

    checkpoint: Checkpoint
    authorities: tuple[str, ...]


class LedgerReading:
    """The use cases of whoever reads the ledger."""

    def __init__(self, database: Database, clock: Clock, zone: ZoneInfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone

    def page(self, asked: Asked) -> LedgerPage:
        """The newest of these lines."""
        which = Which(
            kinds=GROUPS.get(asked.group, ()),
            person=" ".join(asked.person.split()),
            since=self._begin(asked.since),
            until=self._begin(asked.until + timedelta(days=1) if asked.until else None),
            before=max(asked.before, 0),
        )
        with self._database.read() as connection:
            length, head = ledger_pages.extent(connection)
            lines = ledger_pages.newest(connection, which, limit=PAGE + 1)
        return LedgerPage(
            lines=tuple(told(line) for line in lines[:PAGE]),
            more=len(lines) > PAGE,
            length=length,
            head=head,
        )

    def verify_chain(self) -> ChainReport:
        """Compute every hash again, a few lines at a time."""
        seen = _Seen()
        with self._database.read() as connection:
            problems = tuple(faults(seen.through(ledger.lines(connection))))
        return ChainReport(
            at=self._clock.now(), length=seen.length, head=seen.head, problems=problems
        )

    def stamps(self, *, limit: int = 10) -> list[Stamped]:
        """The newest checkpoints, newest first."""
        with self._database.read() as connection:
            made = checkpoints.by_seq(connection)[-limit:][::-1]
            stamped = checkpoints.stamped_by(connection)
        return [
            Stamped(checkpoint=each, authorities=tuple(stamped.get(each.id, ()))) for each in made
        ]

    def _begin(self, day: date | None) -> datetime | None:
        return datetime.combine(day, time(), self._zone).astimezone(UTC) if day else None


@dataclass
class _Seen:
    """How many lines went by, and the hash of the last one."""

    length: int = 0
    head: str = ""

    def through(self, lines: Iterator[Entry]) -> Iterator[Entry]:
        for line in lines:
            self.length, self.head = line.seq, line.hash
            yield line


def told(line: Entry) -> Told:
    """A line, taken apart."""
    body: dict[str, object] = json.loads(line.body)
    who = str(body.get("actor") or body.get("by") or "")
    return Told(
        entry=line,
        who=who,
        things={key: str(body[key]) for key in _THINGS if body.get(key)},
        details={
            key: _text(value)
            for key, value in body.items()
            if key not in _NOT_DETAILS and value not in ("", None, [], {})
        },
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
