"""Writing down which records a hold reaches: those that are held when it is placed, and
those that come later, in the transaction that adds them.

A match is never taken back, whatever becomes of the record: another version, another author,
another series.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Row, exists, func, insert, literal, select

from archiver.model.queries.hold_scope import reached
from archiver.model.queries.holds import binding_on, keep_still
from archiver.model.queries.known import AT_ONCE
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
    among: ColumnElement[bool] | None = None,
) -> int:
    """Write down the records that a scope reaches and that are not yet matched; returns how
    many. `among`: only of the records that meet this condition."""
    matched = exists().where(
        hold_matches.c.hold_id == hold_id, hold_matches.c.record_id == records.c.id
    )
    count = 0
    for part in reached(connection, scope, zone=zone, among=among):
        fresh = select(literal(hold_id), records.c.id, literal(at, Utc)).where(part, ~matched)
        statement = insert(hold_matches).from_select(["hold_id", "record_id", "at"], fresh)
        done = connection.execute(statement, execution_options={"preserve_rowcount": True})
        count += done.rowcount
    return count


def catch(connection: Connection, run_id: str, *, zone: ZoneInfo, at: datetime) -> int:
    """Match the records of which a run has just written versions against the holds that bind;
    returns how many were caught. Without a hold it costs one SELECT."""
    keep_still(connection)
    written = select(versions.c.record_id).where(versions.c.run_id == run_id)
    caught = 0
    for entry in binding_on(connection, at.astimezone(zone).date()):
        for scope in entry.scopes:
            among = records.c.id.in_(written)
            caught += match(connection, entry.id, scope, zone=zone, at=at, among=among)
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
    connection: Connection,
    scope: Scope,
    *,
    zone: ZoneInfo,
    departments: Collection[str] = (),
    limit: int = 10,
) -> list[Example]:
    """A few of the records that a scope reaches, newest first as far as it has looked;
    `departments`: of accounts of these only, empty for all."""
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
        if departments:
            query = query.where(accounts.c.department.in_(sorted(departments)))
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


def matched(connection: Connection) -> dict[int, int]:
    """How many records each hold has matched, by its number."""
    query = select(hold_matches.c.hold_id, func.count()).group_by(hold_matches.c.hold_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def matched_in(
    connection: Connection, *, account: str = "", department: str = ""
) -> dict[int, int]:
    """How many records of an account, a department or (both empty) the archive each hold has
    matched, by its number."""
    query = (
        select(hold_matches.c.hold_id, func.count())
        .join(records, records.c.id == hold_matches.c.record_id)
        .join(accounts, accounts.c.id == records.c.account_id)
        .group_by(hold_matches.c.hold_id)
    )
    if account:
        query = query.where(accounts.c.slug == account)
    if department:
        query = query.where(accounts.c.department == department)
    return {row[0]: row[1] for row in connection.execute(query)}


def existing(connection: Connection, record_ids: Sequence[int]) -> set[int]:
    """Those of the numbers that are a record's."""
    found: set[int] = set()
    for start in range(0, len(record_ids), AT_ONCE):
        chosen = record_ids[start : start + AT_ONCE]
        found |= set(connection.scalars(select(records.c.id).where(records.c.id.in_(chosen))))
    return found


def named(connection: Connection, wanted: str) -> set[int]:
    """The records that have this number, platform id or address; all of them, since a number
    can be one record's and another one's platform id."""
    clause = (records.c.platform_id == wanted) | (records.c.permalink == wanted)
    if wanted.isdecimal() and len(wanted) < 16:
        clause = clause | (records.c.id == int(wanted))
    return set(connection.scalars(select(records.c.id).where(clause)))


def authors(connection: Connection, name: str) -> list[str]:
    """The ids of the authors that have this id or handle; the name itself if there is none."""
    plain = name.strip().removeprefix("@")
    query = (
        select(records.c.author_id)
        .where(
            (records.c.author_id == plain)
            | (func.lower(records.c.author_handle).in_((plain.lower(), f"@{plain.lower()}")))
        )
        .distinct()
        .order_by(records.c.author_id)
    )
    return [each for each in connection.scalars(query) if each] or [plain]
