"""Writing down which records a hold reaches: those that are held when it is placed, and
those that come later, in the transaction that adds them.

A match is never taken back, whatever becomes of the record: another version, another author,
another series.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, exists, func, insert, literal, select

from archiver.model.queries.hold_scope import reached
from archiver.model.queries.holds import binding_on, keep_still
from archiver.model.tables import Utc, accounts, records, versions
from archiver.model.tables_retention import hold_matches
from retention.facts import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """How many records of an account."""

    account: str
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A record that a scope reaches, in its current state."""

    record_id: int
    account: str
    kind: str
    platform_id: str
    author: str
    published_at: datetime | None
    presence: str
    words: str


def match(
    connection: Connection,
    hold_id: int,
    scope: Scope,
    *,
    zone: ZoneInfo,
    at: datetime,
    among: Sequence[int] | None = None,
) -> int:
    """Write down the records that a scope reaches and that are not yet matched; returns how
    many. `among`: look at these records only."""
    matched = exists().where(
        hold_matches.c.hold_id == hold_id, hold_matches.c.record_id == records.c.id
    )
    count = 0
    for part in reached(connection, scope, zone=zone, among=among):
        fresh = select(literal(hold_id), records.c.id, literal(at, Utc)).where(part, ~matched)
        done = connection.execute(
            insert(hold_matches).from_select(["hold_id", "record_id", "at"], fresh)
        )
        count += done.rowcount
    return count


def catch(
    connection: Connection, record_ids: Sequence[int], *, zone: ZoneInfo, at: datetime
) -> int:
    """Match records that a step has just written against the holds that bind; returns how
    many were caught. Without a hold it costs one SELECT."""
    keep_still(connection)
    caught = 0
    for entry in binding_on(connection, at.astimezone(zone).date()):
        for scope in entry.scopes:
            caught += match(connection, entry.id, scope, zone=zone, at=at, among=record_ids)
    return caught


def preview(connection: Connection, scope: Scope, *, zone: ZoneInfo) -> list[Held]:
    """How many records a scope reaches, account by account."""
    counts: dict[str, int] = defaultdict(int)
    for part in reached(connection, scope, zone=zone):
        query = (
            select(accounts.c.slug, func.count())
            .join(records, records.c.account_id == accounts.c.id)
            .where(part)
            .group_by(accounts.c.slug)
        )
        for slug, number in connection.execute(query):
            counts[slug] += number
    return [Held(account=slug, records=counts[slug]) for slug in sorted(counts)]


def examples(
    connection: Connection, scope: Scope, *, zone: ZoneInfo, limit: int = 10
) -> list[Example]:
    """A few of the records that a scope reaches, newest first as far as it has looked."""
    found: list[Example] = []
    for part in reached(connection, scope, zone=zone):
        query = (
            select(records, accounts.c.slug, versions.c.title, versions.c.words)
            .join(accounts, accounts.c.id == records.c.account_id)
            .join(versions, versions.c.id == records.c.version_id)
            .where(part)
            .order_by(records.c.published_at.desc(), records.c.id.desc())
            .limit(limit - len(found))
        )
        found += [_example(row) for row in connection.execute(query)]
        if len(found) == limit:
            break
    return found


def _example(row: Row[Any]) -> Example:
    return Example(
        record_id=row.id,
        account=row.slug,
        kind=row.kind,
        platform_id=row.platform_id,
        author=row.author_name or row.author_handle or row.author_id,
        published_at=row.published_at,
        presence=row.presence,
        words=row.words or row.title,
    )


def held_by(connection: Connection, hold_id: int) -> list[Held]:
    """How many records a hold has matched, account by account."""
    query = (
        select(accounts.c.slug, func.count())
        .join(records, records.c.account_id == accounts.c.id)
        .join(hold_matches, hold_matches.c.record_id == records.c.id)
        .where(hold_matches.c.hold_id == hold_id)
        .group_by(accounts.c.slug)
        .order_by(accounts.c.slug)
    )
    return [Held(account=slug, records=number) for slug, number in connection.execute(query)]
