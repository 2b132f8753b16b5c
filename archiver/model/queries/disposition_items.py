"""The records of a disposition as people look through them: page by page, and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from archiver.model.tables import accounts, records, versions
from archiver.model.tables_retention import batch_items


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedItem:
    """A record in a disposition, in its current state. `words` of a destroyed one are empty."""

    record_id: int
    account: str
    department: str
    kind: str
    published_at: datetime | None
    presence: str
    words: str
    schedule: str
    series: str
    citation: str
    eligible_on: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """So many records of a series and an account are in this state of a disposition. `first`
    and `last`: the agency-local days since when they are due."""

    schedule: str
    series: str
    citation: str
    account: str
    state: str
    records: int
    first: str
    last: str


def listed(
    connection: Connection, batch_id: int, *, state: str = "", after: int = 0, limit: int
) -> list[ListedItem]:
    """Records of a disposition by number, those above `after`; `state`: in this one only."""
    query = (
        select(
            batch_items,
            records.c.kind,
            records.c.published_at,
            records.c.presence,
            accounts.c.slug,
            accounts.c.department,
            versions.c.title,
            versions.c.words,
        )
        .join(records, records.c.id == batch_items.c.record_id)
        .join(accounts, accounts.c.id == records.c.account_id)
        .outerjoin(versions, versions.c.id == records.c.version_id)
        .where(batch_items.c.batch_id == batch_id, batch_items.c.record_id > after)
        .order_by(batch_items.c.record_id)
        .limit(limit)
    )
    if state:
        query = query.where(batch_items.c.state == state)
    return [
        ListedItem(
            record_id=row.record_id,
            account=row.slug,
            department=row.department,
            kind=row.kind,
            published_at=row.published_at,
            presence=row.presence,
            words=row.words or row.title or "",
            schedule=row.schedule,
            series=row.series,
            citation=row.citation,
            eligible_on=row.eligible_on,
            state=row.state,
            reason=row.reason,
        )
        for row in connection.execute(query)
    ]


def totals(connection: Connection, batch_ids: Sequence[int]) -> dict[int, int]:
    """How many records were proposed with each of these dispositions."""
    query = (
        select(batch_items.c.batch_id, func.count())
        .where(batch_items.c.batch_id.in_(batch_ids))
        .group_by(batch_items.c.batch_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def counted(connection: Connection, batch_id: int) -> list[Counted]:
    """How many records of which series and account are in which state."""
    groups = (
        batch_items.c.schedule,
        batch_items.c.series,
        batch_items.c.citation,
        accounts.c.slug,
        batch_items.c.state,
    )
    query = (
        select(
            *groups,
            func.count().label("n"),
            func.min(batch_items.c.eligible_on).label("first"),
            func.max(batch_items.c.eligible_on).label("last"),
        )
        .join(records, records.c.id == batch_items.c.record_id)
        .join(accounts, accounts.c.id == records.c.account_id)
        .where(batch_items.c.batch_id == batch_id)
        .group_by(*groups)
        .order_by(*groups)
    )
    return [
        Counted(
            schedule=row.schedule,
            series=row.series,
            citation=row.citation,
            account=row.slug,
            state=row.state,
            records=row.n,
            first=row.first,
            last=row.last,
        )
        for row in connection.execute(query)
    ]
