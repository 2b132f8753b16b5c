"""The records that a hold has caught, as people look through them, page by page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from archiver.model.tables import accounts, records, versions
from archiver.model.tables_retention import hold_matches


@dataclass(frozen=True, slots=True, kw_only=True)
class CaughtRecord:
    """A record that a hold has caught, in its current state. `caught_at` is when."""

    record_id: int
    account: str
    department: str
    kind: str
    author: str
    published_at: datetime | None
    presence: str
    words: str
    caught_at: datetime


def caught(
    connection: Connection,
    hold_id: int,
    *,
    departments: Collection[str] = (),
    account: str = "",
    before: int | None = None,
    limit: int,
) -> list[CaughtRecord]:
    """Records that a hold has caught, by falling number. `departments`: of accounts of these
    only, empty for all; `before`: only numbers below this one."""
    query = (
        select(
            records.c.id,
            records.c.kind,
            records.c.author_name,
            records.c.author_handle,
            records.c.author_id,
            records.c.published_at,
            records.c.presence,
            accounts.c.slug,
            accounts.c.department,
            versions.c.title,
            versions.c.words,
            hold_matches.c.at,
        )
        .select_from(hold_matches)
        .join(records, records.c.id == hold_matches.c.record_id)
        .join(accounts, accounts.c.id == records.c.account_id)
        .join(versions, versions.c.id == records.c.version_id)
        .where(hold_matches.c.hold_id == hold_id)
        .order_by(hold_matches.c.record_id.desc())
        .limit(limit)
    )
    if departments:
        query = query.where(accounts.c.department.in_(sorted(departments)))
    if account:
        query = query.where(accounts.c.slug == account)
    if before is not None:
        query = query.where(hold_matches.c.record_id < before)
    return [
        CaughtRecord(
            record_id=row.id,
            account=row.slug,
            department=row.department,
            kind=row.kind,
            author=row.author_name or row.author_handle or row.author_id,
            published_at=row.published_at,
            presence=row.presence,
            words=row.words or row.title,
            caught_at=row.at,
        )
        for row in connection.execute(query)
    ]
