"""How everything is doing: for the status command and the home page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from archiver.clock import Clock
from archiver.model.database import Database, size_of
from archiver.model.queries import browse, health, registry
from archiver.model.queries.browse import Holdings, WalkLine
from archiver.model.queries.health import Alarm, Gap, State
from archiver.model.queries.registry import AccountEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatus:
    """One account's condition. `minutes_at_risk` counts from the last success while failing."""

    entry: AccountEntry
    state: State
    walks: Sequence[WalkLine]
    holdings: Holdings
    condition: str
    minutes_at_risk: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The whole archive's condition."""

    at: datetime
    accounts: Sequence[AccountStatus]
    alarms: Sequence[Alarm]
    open_gaps: Sequence[Gap]
    database_bytes: int


def status(database: Database, clock: Clock) -> Status:
    """Look at everything."""
    now = clock.now()
    with database.read() as connection:
        found = []
        for entry in registry.all_accounts(connection):
            state = health.state(connection, entry.id)
            walks = browse.walks_of(connection, entry.id)
            found.append(
                AccountStatus(
                    entry=entry,
                    state=state,
                    walks=walks,
                    holdings=browse.holdings_of(connection, entry.id),
                    condition=condition(entry, state, walks, now),
                    minutes_at_risk=minutes_at_risk(entry, state, now),
                )
            )
        return Status(
            at=now,
            accounts=found,
            alarms=health.open_alarms(connection),
            open_gaps=[g for g in health.list_gaps(connection) if g.ended is None],
            database_bytes=size_of(connection),
        )


def condition(entry: AccountEntry, state: State, walks: Sequence[WalkLine], now: datetime) -> str:
    """One or two words for how an account is doing."""
    if entry.state != "approved":
        return entry.state
    if entry.approval_ends is not None and entry.approval_ends <= now:
        return "approval ended"
    if state.failing_since is not None:
        return state.error_code or "failing"
    if state.last_success is None:
        return "waiting"
    if any(w.window == "full" and w.open for w in walks):
        return "backfilling"
    return "well"


def minutes_at_risk(entry: AccountEntry, state: State, now: datetime) -> int:
    """Whole minutes since which posts may have been missed; 0 while all is well."""
    if state.failing_since is None:
        return 0
    since = state.last_success or entry.approved_at or state.failing_since
    return int((now - since).total_seconds() // 60)
