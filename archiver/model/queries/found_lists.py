"""Edits, gaps, missing files and alarms as lists that people page through.

Nothing here reads all versions: edits are found by their number, which rises with the date of the
state, and files by the few that are missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, select

from archiver.model.queries.found import Choice, author, between
from archiver.model.queries.known import AT_ONCE
from archiver.model.tables import (
    accounts,
    alarms,
    gaps,
    records,
    version_media,
    versions,
)

MOST_FILES = 5_000
PER_MILLISECOND = 1 << 20  # version ids: milliseconds since 1970 times this, plus a number


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A state that followed another one, with the words and the visibility of both. `edited_at`
    is None where the platform did not announce the edit; it then lies between the bounds."""

    record_id: int
    account: str
    account_name: str
    kind: str
    platform_id: str
    author: str
    number: int
    captured_at: datetime
    edited_at: datetime | None
    not_before: datetime | None
    not_after: datetime | None
    words: str
    before: str
    visibility: str
    visibility_before: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GapLine:
    """A gap. `recovered` counts records that were published inside it and captured after its end;
    None while it is open."""

    account: str
    account_name: str
    kind: str
    began: datetime
    ended: datetime | None
    reason: str
    recovered: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmLine:
    """An alarm, open or over. Without an account it is about the whole archive."""

    account: str
    account_name: str
    kind: str
    text: str
    at_risk_since: datetime
    opened_at: datetime
    closed_at: datetime | None
    notices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """A file of a current version that is not in the vault, and why."""

    record_id: int
    account: str
    account_name: str
    kind: str
    platform_id: str
    file: str
    status: str
    since: datetime


def edits(connection: Connection, choice: Choice, *, silent: bool) -> list[Edit]:
    """States that followed another one, by the date of the state, newest first. `silent`: only
    those that the platform did not announce, and none that only changed who may see it."""
    before = versions.alias("before")
    # With a first day, by the range of versions and not by the accounts' index: accounts are large.
    account = records.c.account_id if choice.since is None else records.c.account_id + 0
    clauses = [
        account.in_(sorted(choice.account_ids)),
        versions.c.number > 1,
        before.c.digest != versions.c.digest,
        *_states_between(choice),
    ]
    if silent:
        clauses.append(versions.c.edited_at.is_(None))
        clauses.append(versions.c.visibility == before.c.visibility)
    query = (
        select(
            versions,
            accounts.c.slug,
            accounts.c.name,
            records.c.kind,
            records.c.platform_id,
            records.c.author_name,
            records.c.author_handle,
            records.c.author_id,
            before.c.words.label("former"),
            before.c.title.label("former_title"),
            before.c.visibility.label("former_visibility"),
        )
        .join(records, records.c.id == versions.c.record_id)
        .join(accounts, accounts.c.id == records.c.account_id)
        .join(
            before,
            and_(
                before.c.record_id == versions.c.record_id,
                before.c.number == versions.c.number - 1,
            ),
        )
        .where(*clauses)
        .order_by(versions.c.id.desc())
    )
    return [
        Edit(
            record_id=row.record_id,
            account=row.slug,
            account_name=row.name,
            kind=row.kind,
            platform_id=row.platform_id,
            author=author(row),
            number=row.number,
            captured_at=row.captured_at,
            edited_at=row.edited_at,
            not_before=row.not_before,
            not_after=row.not_after,
            words=row.words or row.title,
            before=row.former or row.former_title,
            visibility=row.visibility,
            visibility_before=row.former_visibility,
        )
        for row in connection.execute(query.offset(choice.skip).limit(choice.limit))
    ]


def gap_lines(connection: Connection, choice: Choice, *, only_open: bool) -> list[GapLine]:
    """The gap register: open ones first, then newest first."""
    recovered = (
        select(func.count())
        .select_from(records)
        .where(
            records.c.account_id == gaps.c.account_id,
            records.c.published_at >= gaps.c.began,
            records.c.published_at <= gaps.c.ended,
            records.c.first_seen >= gaps.c.ended,
        )
        .scalar_subquery()
    )
    query = (
        select(
            gaps,
            accounts.c.slug,
            accounts.c.name,
            case((gaps.c.ended.is_(None), None), else_=recovered).label("recovered"),
        )
        .join(accounts, accounts.c.id == gaps.c.account_id)
        .where(gaps.c.account_id.in_(sorted(choice.account_ids)), *between(gaps.c.began, choice))
        .order_by(gaps.c.ended.is_(None).desc(), gaps.c.began.desc(), gaps.c.id.desc())
    )
    if only_open:
        query = query.where(gaps.c.ended.is_(None))
    return [
        GapLine(
            account=row.slug,
            account_name=row.name,
            kind=row.kind,
            began=row.began,
            ended=row.ended,
            reason=row.reason,
            recovered=row.recovered,
        )
        for row in connection.execute(query.offset(choice.skip).limit(choice.limit))
    ]


def alarm_lines(connection: Connection, choice: Choice, *, whole: bool) -> list[AlarmLine]:
    """Alarms: open ones first, then newest first. `whole`: also those of no account."""
    here: ColumnElement[bool] = alarms.c.account_id.in_(sorted(choice.account_ids))
    if whole:
        here = here | alarms.c.account_id.is_(None)
    query = (
        select(alarms, accounts.c.slug, accounts.c.name)
        .select_from(alarms.outerjoin(accounts, accounts.c.id == alarms.c.account_id))
        .where(here, *between(alarms.c.opened_at, choice))
        .order_by(alarms.c.closed_at.is_(None).desc(), alarms.c.opened_at.desc(), alarms.c.id)
    )
    return [
        AlarmLine(
            account=row.slug or "",
            account_name=row.name or "",
            kind=row.kind,
            text=row.text,
            at_risk_since=row.at_risk_since,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            notices=row.notices,
        )
        for row in connection.execute(query.offset(choice.skip).limit(choice.limit))
    ]


def file_lines(connection: Connection, choice: Choice) -> list[FileLine]:
    """Files that are known to exist but are not held, newest first; of the newest `MOST_FILES`."""
    missing = connection.execute(
        select(version_media.c.version_id, version_media.c.kind, version_media.c.status)
        .where(version_media.c.sha256.is_(None))
        .order_by(version_media.c.version_id.desc(), version_media.c.position)
        .limit(MOST_FILES)
    ).all()
    wanted = sorted({row.version_id for row in missing})
    current: dict[int, Row[Any]] = {}
    for start in range(0, len(wanted), AT_ONCE):
        query = (
            select(
                versions.c.id.label("version_id"),
                versions.c.captured_at,
                records.c.id,
                records.c.kind,
                records.c.platform_id,
                accounts.c.slug,
                accounts.c.name,
            )
            .join(records, records.c.version_id == versions.c.id)
            .join(accounts, accounts.c.id == records.c.account_id)
            .where(
                versions.c.id.in_(wanted[start : start + AT_ONCE]),
                accounts.c.id.in_(sorted(choice.account_ids)),
                *between(versions.c.captured_at, choice),
            )
        )
        current |= {row.version_id: row for row in connection.execute(query)}
    lines = [
        FileLine(
            record_id=here.id,
            account=here.slug,
            account_name=here.name,
            kind=here.kind,
            platform_id=here.platform_id,
            file=row.kind,
            status=row.status,
            since=here.captured_at,
        )
        for row in missing
        if (here := current.get(row.version_id)) is not None
    ]
    lines.sort(key=lambda each: each.since, reverse=True)
    return lines[choice.skip : choice.skip + choice.limit]


def _states_between(choice: Choice) -> list[ColumnElement[bool]]:
    clauses = []
    if choice.since is not None:
        clauses.append(versions.c.id >= int(choice.since.timestamp() * 1000) * PER_MILLISECOND)
    if choice.until is not None:
        clauses.append(versions.c.id < int(choice.until.timestamp() * 1000) * PER_MILLISECOND)
    return clauses
