"""What the watch and the dispatcher ask each minute: light questions, no content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from archiver.model.queries.health import Alarm
from archiver.model.tables import account_state, accounts, alarms, gaps, runs

STOPPED = "stopped"  # the error code of a step that we cut off ourselves: no fault of anybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps of a window: the end of the last one, the failures since the last good one."""

    last: datetime
    failures: int


def steps_since(connection: Connection, account_id: int, *, since: datetime) -> Mapping[str, Steps]:
    """The steps of each window that ended after `since`."""
    query = (
        select(runs.c.window, runs.c.ended_at, runs.c.outcome, runs.c.error_code)
        .where(runs.c.account_id == account_id, runs.c.ended_at > since)
        .order_by(runs.c.ended_at)
    )
    found: dict[str, Steps] = {}
    for row in connection.execute(query):
        before = found[row.window].failures if row.window in found else 0
        if row.outcome != "failed":
            failures = 0
        else:
            failures = before if row.error_code == STOPPED else before + 1
        found[row.window] = Steps(last=row.ended_at, failures=failures)
    return found


def first_success(connection: Connection, account_id: int, *, after: datetime) -> datetime | None:
    """The end of the first step after that moment that went through."""
    query = select(func.min(runs.c.ended_at)).where(
        runs.c.account_id == account_id, runs.c.ended_at > after, runs.c.outcome != "failed"
    )
    found: datetime | None = connection.execute(query).scalar_one()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenGap:
    """A gap that has not ended."""

    account_id: int
    kind: str
    began: datetime


def open_gaps(connection: Connection) -> list[OpenGap]:
    """All gaps that have not ended."""
    query = select(gaps.c.account_id, gaps.c.kind, gaps.c.began).where(gaps.c.ended.is_(None))
    return [OpenGap(**row._mapping) for row in connection.execute(query)]


def credential_expiries(connection: Connection) -> Mapping[int, datetime]:
    """When credentials expire, by account, where the platform told."""
    query = select(account_state.c.account_id, account_state.c.credential_expires).where(
        account_state.c.credential_expires.is_not(None)
    )
    return {row.account_id: row.credential_expires for row in connection.execute(query)}


def ended_untold(connection: Connection, *, since: datetime) -> list[Alarm]:
    """Alarms that ended after `since` and of whose end people were not told.

    Telling of the end is kept by `health.told` as well.
    """
    query = (
        select(alarms, accounts.c.slug)
        .select_from(alarms.outerjoin(accounts, accounts.c.id == alarms.c.account_id))
        .where(
            alarms.c.closed_at > since,
            alarms.c.told_at.is_(None) | (alarms.c.told_at < alarms.c.closed_at),
        )
        .order_by(alarms.c.closed_at)
    )
    return [
        Alarm(
            id=row.id,
            account_id=row.account_id,
            slug=row.slug or "",
            kind=row.kind,
            text=row.text,
            at_risk_since=row.at_risk_since,
            opened_at=row.opened_at,
            told_at=row.told_at,
            notices=row.notices,
            escalated_at=row.escalated_at,
        )
        for row in connection.execute(query)
    ]
