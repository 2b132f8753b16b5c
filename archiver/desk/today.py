"""What needs somebody today, and how each account is doing: for the home page.

Each person hears only of what they may see, and of second reviews only where they did not decide
themselves. What takes long to count changes only with a line of the ledger, and is counted again
when one has come: so the page is right and costs no scan.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

from archiver.clock import Clock
from archiver.desk.access import Permission, Viewer
from archiver.desk.findings import LOOKED, LOOKED_BACK
from archiver.desk.requests import Requests, RequestStanding
from archiver.desk.review_rules import Outcome
from archiver.desk.status import condition, minutes_at_risk
from archiver.desk.today_tasks import (
    Need,
    Task,
    alarm_tasks,
    batch_tasks,
    hold_tasks,
    pressing,
    request_tasks,
)
from archiver.desk.watch_rules import CREDENTIAL_AHEAD, REVIEW_AHEAD
from archiver.model.database import Connection, Database, size_of
from archiver.model.queries import browse, checkpoints, health, registry
from archiver.model.queries import today as facts
from archiver.model.queries.registry import AccountEntry
from archiver.model.queries.watch import credential_expiries
from config.settings import Sections

CHART_DAYS = 14
CHECKPOINT_LATE = timedelta(hours=3)  # they are made hourly when there is news


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHealth:
    """How capture of an account is doing. `days` are the versions that each of the last
    agency-local days brought, oldest first."""

    entry: AccountEntry
    condition: str
    last_success: datetime | None
    minutes_at_risk: int
    records: int
    days: Sequence[tuple[date, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The home page of one person."""

    at: datetime
    day: date
    tasks: tuple[Task, ...]
    accounts: tuple[AccountHealth, ...]
    vault_bytes: int
    database_bytes: int

    @property
    def records(self) -> int:
        """All records that are held."""
        return sum(each.records for each in self.accounts)


@dataclass
class _Memory:
    """What was counted, and up to which line of the ledger it holds."""

    seq: int = -1
    records: dict[int, int] = field(default_factory=dict)
    vault_bytes: int | None = None
    requests: tuple[date, tuple[RequestStanding, ...]] | None = None
    looked: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """What the memory says now: records by account, bytes, open requests, looked-at findings."""

    records: Mapping[int, int]
    vault_bytes: int
    requests: tuple[RequestStanding, ...]
    looked: frozenset[int]


class HomeDesk:
    """Looks for what needs somebody. One for each process."""

    def __init__(
        self, database: Database, clock: Clock, sections: Sections, requests: Requests
    ) -> None:
        self._database = database
        self._clock = clock
        self._sections = sections
        self._requests = requests
        self._memory = _Memory()
        self._lock = threading.Lock()

    def look(self, viewer: Viewer) -> Today:
        """What the viewer should know now."""
        now = self._clock.now()
        today = now.astimezone(self._sections.agency.zone).date()
        with self._database.read() as connection:
            entries = registry.all_accounts(connection)
            counted = self._counted(connection, entries, viewer, now)
            accounts = self._accounts(connection, entries, counted, now)
            tasks = [
                *request_tasks(counted.requests, today),
                *self._account_tasks(connection, viewer, accounts, now),
                *alarm_tasks(connection),
                *self._finding_tasks(connection, viewer, entries, counted, now),
                *batch_tasks(connection, viewer),
                *self._review_tasks(connection, viewer),
                *hold_tasks(connection, viewer, today),
                *self._ledger_tasks(connection, viewer, now),
            ]
            return Today(
                at=now,
                day=today,
                tasks=tuple(sorted(tasks, key=pressing)),
                accounts=tuple(accounts),
                vault_bytes=counted.vault_bytes,
                database_bytes=size_of(connection),
            )

    # -- what is remembered -------------------------------------------------------------------

    def _counted(
        self,
        connection: Connection,
        entries: Sequence[AccountEntry],
        viewer: Viewer,
        now: datetime,
    ) -> _Counted:
        today = now.astimezone(self._sections.agency.zone).date()
        with self._lock:
            memory = self._memory
            if memory.seq < 0:
                memory.seq = checkpoints.last_line(connection)
                lines = facts.lines_of_kind(connection, LOOKED, since=now - LOOKED_BACK)
            else:
                lines = facts.lines_after(connection, memory.seq)
            _forget(memory, lines, {entry.slug: entry.id for entry in entries})
            for entry in entries:
                if entry.id not in memory.records:
                    memory.records[entry.id] = facts.record_count(connection, entry.id)
            if memory.vault_bytes is None:
                memory.vault_bytes = facts.vault_bytes(connection)
            asked = viewer.may(Permission.REQUESTS)
            if asked and (memory.requests is None or memory.requests[0] != today):
                memory.requests = (today, tuple(self._requests.all(open_only=True)))
            return _Counted(
                records=dict(memory.records),
                vault_bytes=memory.vault_bytes,
                requests=memory.requests[1] if asked and memory.requests else (),
                looked=frozenset(memory.looked),
            )

    # -- accounts -----------------------------------------------------------------------------

    def _accounts(
        self,
        connection: Connection,
        entries: Sequence[AccountEntry],
        counted: _Counted,
        now: datetime,
    ) -> list[AccountHealth]:
        charts = self._charts(connection, [entry.id for entry in entries], now)
        found = []
        for entry in entries:
            state = health.state(connection, entry.id)
            walks = browse.walks_of(connection, entry.id)
            found.append(
                AccountHealth(
                    entry=entry,
                    condition=condition(entry, state, walks, now),
                    last_success=state.last_success,
                    minutes_at_risk=minutes_at_risk(entry, state, now),
                    records=counted.records[entry.id],
                    days=charts[entry.id],
                )
            )
        return found

    def _charts(
        self, connection: Connection, account_ids: Sequence[int], now: datetime
    ) -> Mapping[int, list[tuple[date, int]]]:
        zone = self._sections.agency.zone
        today = now.astimezone(zone).date()
        days = [today - timedelta(days=back) for back in range(CHART_DAYS - 1, -1, -1)]
        since = datetime.combine(days[0], time(), zone).astimezone(UTC)
        counts = {each: dict.fromkeys(days, 0) for each in account_ids}
        for caught in facts.caught_since(connection, account_ids, since=since):
            day = caught.at.astimezone(zone).date()
            if day in counts[caught.account_id]:
                counts[caught.account_id][day] += caught.versions
        return {each: list(by_day.items()) for each, by_day in counts.items()}

    def _account_tasks(
        self,
        connection: Connection,
        viewer: Viewer,
        accounts: Sequence[AccountHealth],
        now: datetime,
    ) -> Iterator[Task]:
        expiries = credential_expiries(connection)
        for each in accounts:
            entry = each.entry
            about = partial(Task, subject=entry.slug, name=entry.name)
            if entry.state == "proposed":
                if viewer.may(Permission.ACCOUNTS_APPROVE):
                    yield about(need=Need.PROPOSED, at=entry.proposed_at)
                continue
            if entry.state != "approved":
                continue
            ends = entry.approval_ends
            if ends is not None and ends <= now:
                yield about(need=Need.APPROVAL_ENDED, at=ends)
                continue
            if each.minutes_at_risk:
                yield about(
                    need=Need.FAILING,
                    count=each.minutes_at_risk,
                    text=each.condition,
                    at=each.last_success,
                )
            if ends is not None and ends <= now + REVIEW_AHEAD:
                yield about(need=Need.APPROVAL_ENDS, at=ends)
            expires = expiries.get(entry.id)
            if expires is not None and expires <= now + CREDENTIAL_AHEAD:
                yield about(need=Need.CREDENTIAL, at=expires)

    # -- findings -----------------------------------------------------------------------------

    def _finding_tasks(
        self,
        connection: Connection,
        viewer: Viewer,
        entries: Sequence[AccountEntry],
        counted: _Counted,
        now: datetime,
    ) -> Iterator[Task]:
        if not viewer.may(Permission.FINDINGS):
            return
        number, first = facts.open_gaps(connection)
        if number:
            yield Task(need=Need.GAPS, count=number, at=first)
        seen = [entry.id for entry in entries if viewer.sees(entry.department)]
        found = facts.vanished_since(connection, seen, since=now - LOOKED_BACK)
        unseen = {record for each, record in found.items() if each not in counted.looked}
        if unseen:
            yield Task(need=Need.VANISHED, count=len(unseen))

    # -- reviews, holds, ledger ---------------------------------------------------------------

    def _review_tasks(self, connection: Connection, viewer: Viewer) -> Iterator[Task]:
        if not self._sections.requests.second_review or not viewer.may(Permission.REVIEW):
            return
        outcomes = [Outcome.WITHHOLD.value, Outcome.REDACT.value]
        waiting = facts.second_looks(connection, outcomes, but=viewer.name)
        for number, count in waiting.items():
            yield Task(need=Need.SECOND_LOOK, subject=number, count=count)

    def _ledger_tasks(
        self, connection: Connection, viewer: Viewer, now: datetime
    ) -> Iterator[Task]:
        if not viewer.may(Permission.AUDIT):
            return
        newest = checkpoints.newest(connection)
        since = facts.written_at(connection, (newest.seq if newest else 0) + 1)
        if since is not None and now - since > CHECKPOINT_LATE:
            yield Task(need=Need.CHECKPOINT, at=since)
        for authority in self._sections.proof.authorities:
            count, first = checkpoints.count_without_token(connection, authority.url)
            if count and first is not None and now - first > CHECKPOINT_LATE:
                yield Task(need=Need.UNSTAMPED, subject=authority.url, count=count, at=first)


def _forget(memory: _Memory, lines: Iterable[facts.Line], accounts: Mapping[str, int]) -> None:
    """Drop what these lines of the ledger have made old."""
    for line in lines:
        memory.seq = max(memory.seq, line.seq)
        if line.kind == "run":
            memory.records.pop(accounts.get(json.loads(line.body)["account"], 0), None)
            memory.vault_bytes = None
        elif line.kind.startswith("disposition"):
            memory.records.clear()
            memory.vault_bytes = None
        elif line.kind == "request":
            memory.requests = None
        elif line.kind == LOOKED:
            memory.looked.add(json.loads(line.body)["finding"])
