"""The registry and one account as people look at them: condition, walks, runs, gaps, alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archiver.clock import Clock
from archiver.desk.status import condition, minutes_at_risk
from archiver.model.database import Database
from archiver.model.queries import browse, found_lists, health, registry
from archiver.model.queries.browse import RunLine, WalkLine
from archiver.model.queries.found import Choice
from archiver.model.queries.found_lists import GapLine
from archiver.model.queries.health import Alarm, State
from archiver.model.queries.registry import AccountEntry

RUNS = 15
GAPS = 20
EMPTIED = "emptied"  # the alarm that many records vanished at once


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """An account in the list. `at_risk` are minutes, 0 while all is well."""

    entry: AccountEntry
    condition: str
    at_risk: int
    last_success: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountView:
    """One account. `ended`: its approval is over; `runs` and `gaps` are the newest."""

    entry: AccountEntry
    state: State
    condition: str
    at_risk: int
    ended: bool
    walks: Sequence[WalkLine]
    runs: Sequence[RunLine]
    gaps: Sequence[GapLine]
    alarms: Sequence[Alarm]

    @property
    def emptied(self) -> bool:
        """Is the alarm open that many records vanished at once?"""
        return any(each.kind == EMPTIED for each in self.alarms)


def account_lines(database: Database, clock: Clock) -> list[AccountLine]:
    """Every account with its condition now, by name."""
    now = clock.now()
    lines = []
    with database.read() as connection:
        for entry in registry.all_accounts(connection):
            state = health.state(connection, entry.id)
            walks = browse.walks_of(connection, entry.id)
            lines.append(
                AccountLine(
                    entry=entry,
                    condition=condition(entry, state, walks, now),
                    at_risk=minutes_at_risk(entry, state, now),
                    last_success=state.last_success,
                )
            )
    return lines


def account_view(database: Database, clock: Clock, entry: AccountEntry) -> AccountView:
    """The account as it is now."""
    now = clock.now()
    with database.read() as connection:
        state = health.state(connection, entry.id)
        walks = browse.walks_of(connection, entry.id)
        choice = Choice(account_ids=[entry.id], limit=GAPS)
        alarms = [e for e in health.open_alarms(connection) if e.account_id == entry.id]
        return AccountView(
            entry=entry,
            state=state,
            condition=condition(entry, state, walks, now),
            at_risk=minutes_at_risk(entry, state, now),
            ended=entry.approval_ends is not None and entry.approval_ends <= now,
            walks=walks,
            runs=browse.list_runs(connection, account=entry.slug, limit=RUNS),
            gaps=found_lists.gap_lines(connection, choice, only_open=False),
            alarms=alarms,
        )
