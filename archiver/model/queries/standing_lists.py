"""Where records stand by the last evaluation, as people look at it: lists, and the day itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, select

from archiver.model.tables import accounts, records, versions
from archiver.model.tables_retention import evaluations, standings


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingLine:
    """A record and where it stands. `series` is a key; days are agency-local."""

    record_id: int
    account: str
    department: str
    kind: str
    author: str
    published_at: datetime | None
    words: str
    series: str
    eligible_on: date | None
    must_go_by: date | None
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """An evaluation of all records for an agency-local day. `confirmed_by`: the officer who
    said that the day is right; None: nobody was asked."""

    day: date
    at: datetime
    records: int
    confirmed_by: str | None


def standing_records(
    connection: Connection,
    standing: str,
    *,
    series: str | None = None,
    departments: Collection[str] = (),
    offset: int = 0,
    limit: int,
) -> list[StandingLine]:
    """The records that stand so, the longest due first; `series`: those of this one only (a
    key; empty: of none); `departments`: of accounts of these only, empty for all."""
    query = (
        select(
            standings,
            records.c.kind,
            records.c.author_name,
            records.c.author_handle,
            records.c.author_id,
            records.c.published_at,
            accounts.c.slug,
            accounts.c.department,
            versions.c.title,
            versions.c.words,
        )
        .join(records, records.c.id == standings.c.record_id)
        .join(accounts, accounts.c.id == records.c.account_id)
        .join(versions, versions.c.id == records.c.version_id)
        .where(standings.c.standing == standing)
        .order_by(standings.c.eligible_on, standings.c.record_id)
        .offset(offset)
        .limit(limit)
    )
    if series is not None:
        query = query.where(standings.c.series == series)
    if departments:
        query = query.where(accounts.c.department.in_(sorted(departments)))
    return [
        StandingLine(
            record_id=row.record_id,
            account=row.slug,
            department=row.department,
            kind=row.kind,
            author=row.author_name or row.author_handle or row.author_id,
            published_at=row.published_at,
            words=row.words or row.title,
            series=row.series,
            eligible_on=_day(row.eligible_on),
            must_go_by=_day(row.must_go_by),
            action=row.action,
        )
        for row in connection.execute(query)
    ]


def last_evaluation(connection: Connection) -> Evaluation | None:
    """The newest evaluation; None: there was none."""
    row = connection.execute(select(evaluations).order_by(evaluations.c.id.desc()).limit(1)).first()
    if row is None:
        return None
    return Evaluation(
        day=date.fromisoformat(row.day),
        at=row.at,
        records=row.records,
        confirmed_by=row.confirmed_by,
    )


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
