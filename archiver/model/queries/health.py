"""How each account is doing: successes, failures, alarms and gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from archiver.model.tables import (
    account_state,
    accounts,
    alarms,
    gaps,
    records,
    version_media,
    versions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """An account's condition; times aware UTC."""

    account_id: int
    last_attempt: datetime | None
    last_success: datetime | None
    failing_since: datetime | None
    failures: int
    error_code: str
    error_text: str
    not_before: datetime | None
    newest_item: datetime | None


def state(connection: Connection, account_id: int) -> State:
    """The account's condition; a fresh one when it was never captured."""
    row = connection.execute(
        select(account_state).where(account_state.c.account_id == account_id)
    ).first()
    if row is None:
        return State(
            account_id=account_id,
            last_attempt=None,
            last_success=None,
            failing_since=None,
            failures=0,
            error_code="",
            error_text="",
            not_before=None,
            newest_item=None,
        )
    return State(
        account_id=account_id,
        last_attempt=row.last_attempt,
        last_success=row.last_success,
        failing_since=row.failing_since,
        failures=row.failures,
        error_code=row.error_code or "",
        error_text=row.error_text or "",
        not_before=row.not_before,
        newest_item=row.newest_item,
    )


def _set(connection: Connection, account_id: int, **values: object) -> None:
    here = account_state.c.account_id == account_id
    if connection.execute(update(account_state).where(here).values(**values)).rowcount == 0:
        first = {"failures": 0, **values}
        connection.execute(insert(account_state).values(account_id=account_id, **first))


def succeeded(connection: Connection, account_id: int, *, at: datetime) -> None:
    """A step went through: the account is reachable."""
    newest = connection.execute(  # not max(): that would read every post of the account
        select(records.c.published_at)
        .where(
            records.c.account_id == account_id,
            records.c.family == "post",
            records.c.published_at.is_not(None),
        )
        .order_by(records.c.published_at.desc())
        .limit(1)
    ).scalar_one_or_none()
    _set(
        connection,
        account_id,
        last_attempt=at,
        last_success=at,
        failing_since=None,
        failures=0,
        error_code=None,
        error_text=None,
        not_before=None,
        newest_item=newest,
    )


def failed(
    connection: Connection,
    account_id: int,
    *,
    at: datetime,
    code: str,
    text: str,
    not_before: datetime | None = None,
) -> None:
    """A run ended without success."""
    before = state(connection, account_id)
    _set(
        connection,
        account_id,
        last_attempt=at,
        failing_since=before.failing_since or at,
        failures=before.failures + 1,
        error_code=code,
        error_text=text,
        not_before=not_before,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """An open fault. `at_risk_since` is from when records may have been missed."""

    id: int
    account_id: int | None
    slug: str
    kind: str
    text: str
    at_risk_since: datetime
    opened_at: datetime
    told_at: datetime | None
    notices: int
    escalated_at: datetime | None


def open_alarm(
    connection: Connection,
    *,
    account_id: int | None,
    kind: str,
    text: str,
    since: datetime,
    at: datetime,
) -> None:
    """Raise an alarm, or refresh the text of the one that is open already."""
    here = (
        (alarms.c.account_id == account_id) & (alarms.c.kind == kind) & alarms.c.closed_at.is_(None)
    )
    if connection.execute(update(alarms).where(here).values(text=text)).rowcount == 0:
        connection.execute(
            insert(alarms).values(
                account_id=account_id,
                kind=kind,
                text=text,
                at_risk_since=since,
                opened_at=at,
                notices=0,
            )
        )


def is_alarmed(connection: Connection, account_id: int, kind: str) -> bool:
    """Is an alarm of the kind open for the account?"""
    query = select(alarms.c.id).where(
        alarms.c.account_id == account_id, alarms.c.kind == kind, alarms.c.closed_at.is_(None)
    )
    return connection.execute(query).first() is not None


def close_alarms(
    connection: Connection, *, account_id: int | None, kinds: Sequence[str], at: datetime
) -> int:
    """The fault is over; returns how many alarms ended."""
    done = connection.execute(
        update(alarms)
        .where(
            alarms.c.account_id == account_id,
            alarms.c.kind.in_(kinds),
            alarms.c.closed_at.is_(None),
        )
        .values(closed_at=at)
    )
    return done.rowcount


def open_alarms(connection: Connection) -> list[Alarm]:
    """All open alarms, oldest first."""
    query = (
        select(alarms, accounts.c.slug)
        .select_from(alarms.outerjoin(accounts, accounts.c.id == alarms.c.account_id))
        .where(alarms.c.closed_at.is_(None))
        .order_by(alarms.c.opened_at)
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


def told(connection: Connection, alarm_id: int, *, at: datetime, escalated: bool) -> None:
    """People were told of the alarm."""
    values: dict[str, object] = {"told_at": at, "notices": alarms.c.notices + 1}
    if escalated:
        values["escalated_at"] = at
    connection.execute(update(alarms).where(alarms.c.id == alarm_id).values(**values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A stretch in which something may have been missed, and what was recovered since."""

    id: int
    slug: str
    kind: str
    began: datetime
    ended: datetime | None
    reason: str
    recovered: int


def open_gap(
    connection: Connection, *, account_id: int, kind: str, began: datetime, reason: str
) -> None:
    """Write a gap down; one of a kind is open at a time."""
    here = (gaps.c.account_id == account_id) & (gaps.c.kind == kind) & gaps.c.ended.is_(None)
    if connection.execute(update(gaps).where(here).values(reason=reason)).rowcount == 0:
        connection.execute(
            insert(gaps).values(account_id=account_id, kind=kind, began=began, reason=reason)
        )


def close_gaps(
    connection: Connection, *, account_id: int, kinds: Sequence[str], ended: datetime
) -> None:
    """Capture runs again."""
    connection.execute(
        update(gaps)
        .where(gaps.c.account_id == account_id, gaps.c.kind.in_(kinds), gaps.c.ended.is_(None))
        .values(ended=ended)
    )


def list_gaps(connection: Connection, *, account_id: int | None = None) -> list[Gap]:
    """The gap register, newest first; `recovered` counts versions of things published or
    edited inside the gap that were captured after its end."""
    moment = func.coalesce(versions.c.edited_at, records.c.published_at)
    recovered = (
        select(func.count())
        .select_from(versions.join(records, records.c.id == versions.c.record_id))
        .where(
            records.c.account_id == gaps.c.account_id,
            moment >= gaps.c.began,
            moment <= gaps.c.ended,
            versions.c.captured_at >= gaps.c.ended,
        )
        .scalar_subquery()
    )
    query = (
        select(gaps, accounts.c.slug, recovered.label("recovered"))
        .join(accounts, accounts.c.id == gaps.c.account_id)
        .order_by(gaps.c.began.desc())
    )
    if account_id is not None:
        query = query.where(gaps.c.account_id == account_id)
    return [
        Gap(
            id=row.id,
            slug=row.slug,
            kind=row.kind,
            began=row.began,
            ended=row.ended,
            reason=row.reason,
            recovered=row.recovered,
        )
        for row in connection.execute(query)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingFile:
    """A media file of a current version that is not in the vault, and why."""

    slug: str
    record_id: int
    kind: str
    platform_id: str
    file: str
    status: str
    since: datetime


def missing_files(connection: Connection, *, limit: int = 1000) -> list[MissingFile]:
    """Files that are known to exist but were not captured, newest first."""
    query = (
        select(
            accounts.c.slug,
            records.c.id,
            records.c.kind,
            records.c.platform_id,
            version_media.c.kind.label("file"),
            version_media.c.status,
            versions.c.captured_at,
        )
        .select_from(version_media)
        .join(versions, versions.c.id == version_media.c.version_id)
        .join(records, records.c.version_id == versions.c.id)
        .join(accounts, accounts.c.id == records.c.account_id)
        .where(version_media.c.sha256.is_(None))
        .order_by(versions.c.captured_at.desc())
        .limit(limit)
    )
    return [
        MissingFile(
            slug=row.slug,
            record_id=row.id,
            kind=row.kind,
            platform_id=row.platform_id,
            file=row.file,
            status=row.status,
            since=row.captured_at,
        )
        for row in connection.execute(query)
    ]


def keep_expiry(connection: Connection, account_id: int, expires: datetime | None) -> None:
    """Until when the account's credential holds, as the platform says; None: no end known."""
    _set(connection, account_id, credential_expires=expires)
