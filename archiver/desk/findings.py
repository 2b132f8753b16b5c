"""What was found: vanished, hidden and returned things, edits, gaps, missing files, alarms.

Content is only that of accounts whose department the viewer sees. That somebody has looked at a
finding is a line in the ledger; from then on the home page leaves it in peace.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from archiver.clock import Clock
from archiver.desk.access import Viewer
from archiver.errors import NotFoundError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import found, found_lists, ledger, registry
from archiver.model.queries.found import Choice, Found, Sort
from archiver.model.queries.found_lists import AlarmLine, Edit, FileLine, GapLine
from archiver.model.queries.registry import AccountEntry
from archiver.model.queries.today import lines_of_kind

LOOKED = "finding looked at"  # the kind of the ledger's line
LOOKED_BACK = timedelta(days=14)  # so long a finding waits to be looked at
PAGE = 25
MOST_PAGES = 10_000

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What is asked for. Days are agency-local, both included; `page` counts from 1."""

    account: str = ""
    since: date | None = None
    until: date | None = None
    page: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Generic[Row]):
    """One page of a list; `more`: another one follows."""

    rows: Sequence[Row]
    page: int
    more: bool


class Findings:
    """The use cases of findings."""

    def __init__(self, database: Database, clock: Clock, zone: ZoneInfo) -> None:
        self._database = database
        self._clock = clock
        self._zone = zone

    def accounts(self, viewer: Viewer) -> list[AccountEntry]:
        """The accounts whose content the viewer sees, by name."""
        with self._database.read() as connection:
            return _visible(connection, viewer)

    def presence(
        self,
        viewer: Viewer,
        wanted: Filter,
        sort: Sort,
        *,
        still: bool = False,
        unseen: bool = False,
    ) -> Listed[Found]:
        """Findings of a sort. `still`: only of what stands so even now; `unseen`: only sure ones
        of the last days that nobody has marked as looked at.

        Raises: UsageError for an account that is not there or not for the viewer.
        """
        looked: frozenset[int] = frozenset()
        if unseen:
            looked = self.looked_at()
            first = (self._clock.now() - LOOKED_BACK).astimezone(self._zone).date()
            wanted = replace(wanted, since=max(wanted.since or first, first))
        return self._listed(
            viewer,
            wanted,
            lambda connection, choice: found.found(
                connection, choice, sort, still=still or unseen, sure=unseen, but=looked
            ),
        )

    def edits(self, viewer: Viewer, wanted: Filter, *, silent: bool = True) -> Listed[Edit]:
        """Edits by the date of the state. `silent`: those that the platform did not announce.

        Raises: UsageError for an account that is not there or not for the viewer.
        """
        return self._listed(
            viewer,
            wanted,
            lambda connection, choice: found_lists.edits(connection, choice, silent=silent),
        )

    def gaps(self, viewer: Viewer, wanted: Filter, *, only_open: bool = False) -> Listed[GapLine]:
        """The gap register. Raises: UsageError for an unknown account."""
        return self._listed(
            viewer,
            wanted,
            lambda connection, choice: found_lists.gap_lines(
                connection, choice, only_open=only_open
            ),
        )

    def alarms(self, viewer: Viewer, wanted: Filter) -> Listed[AlarmLine]:
        """Alarms, open ones first; without an account also those of the whole archive.

        Raises: UsageError for an unknown account.
        """
        return self._listed(
            viewer,
            wanted,
            lambda connection, choice: found_lists.alarm_lines(
                connection, choice, whole=not wanted.account
            ),
        )

    def files(self, viewer: Viewer, wanted: Filter) -> Listed[FileLine]:
        """Files that are not held. Raises: UsageError for an unknown account."""
        return self._listed(viewer, wanted, found_lists.file_lines)

    def looked_at(self) -> frozenset[int]:
        """The findings of the last days that somebody has marked as looked at."""
        since = self._clock.now() - LOOKED_BACK
        with self._database.read() as connection:
            lines = lines_of_kind(connection, LOOKED, since=since)
        return frozenset(_finding(line.body) for line in lines)

    def look(self, finding_id: int, viewer: Viewer, *, note: str = "") -> int:
        """Say that one has looked at a finding; returns its record.

        Raises: NotFoundError; RefusedError when its department is not for the viewer.
        """
        with self._database.write() as connection:
            meant = found.meant(connection, finding_id)
            if meant is None:
                raise NotFoundError(f"there is no finding {finding_id}")
            entry = registry.find(connection, meant.account)
            assert entry is not None
            viewer.require_department(entry.department)
            ledger.append(
                connection,
                at=self._clock.now(),
                kind=LOOKED,
                body={
                    "actor": viewer.name,
                    "account": meant.account,
                    "finding": meant.id,
                    "record": meant.record_id,
                    "note": note.strip(),
                },
            )
        return meant.record_id

    def _listed(
        self,
        viewer: Viewer,
        wanted: Filter,
        ask: Callable[[Connection, Choice], Sequence[Row]],
    ) -> Listed[Row]:
        page = min(max(wanted.page, 1), MOST_PAGES)
        with self._database.read() as connection:
            choice = Choice(
                account_ids=_chosen(connection, viewer, wanted.account),
                since=self._begin(wanted.since),
                until=self._begin(wanted.until + timedelta(days=1) if wanted.until else None),
                skip=(page - 1) * PAGE,
                limit=PAGE + 1,
            )
            rows = ask(connection, choice)
        return Listed(rows=rows[:PAGE], page=page, more=len(rows) > PAGE)

    def _begin(self, day: date | None) -> datetime | None:
        """When an agency-local day begins, aware UTC."""
        return datetime.combine(day, time(), self._zone).astimezone(UTC) if day else None


def _visible(connection: Connection, viewer: Viewer) -> list[AccountEntry]:
    return [e for e in registry.all_accounts(connection) if viewer.sees(e.department)]


def _chosen(connection: Connection, viewer: Viewer, slug: str) -> list[int]:
    entries = _visible(connection, viewer)
    if not slug:
        return [entry.id for entry in entries]
    chosen = [entry.id for entry in entries if entry.slug == slug]
    if not chosen:
        names = ", ".join(entry.slug for entry in entries) or "none"
        raise UsageError(f'there is no account "{slug}" for you; there are: {names}')
    return chosen


def _finding(body: str) -> int:
    return int(json.loads(body)["finding"])
