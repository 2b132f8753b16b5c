"""What a production needs to know of each version, read a few hundred at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from archiver.model.queries.known import AT_ONCE
from archiver.model.queries.review import Decision, decision_of, item_query
from archiver.model.tables import (
    accounts,
    exchanges,
    findings,
    gaps,
    metrics,
    records,
    runs,
    segments,
    versions,
)
from archiver.model.tables_requests import productions, requests, result_items
from archiver.model.tables_retention import holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """An item of a set with what its order and its redaction depend on."""

    position: int
    record_id: int
    version_id: int
    account_id: int
    platform_id: str
    thread_id: str
    kind: str
    author_id: str
    author_handle: str
    author_name: str
    title: str
    state: Mapping[str, Any]  # the canonical form, parsed; empty when destroyed
    decision: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldItem:
    """A version with its record, account and proof, nothing redacted. Times are aware UTC."""

    version_id: int
    record_id: int
    account_id: int
    account: str
    account_name: str
    account_address: str
    department: str
    custodian: str
    platform: str
    number: int
    versions: int
    current: bool
    kind: str
    platform_id: str
    parent_id: str
    thread_id: str
    author_id: str
    author_handle: str
    author_name: str
    permalink: str
    published_at: datetime | None
    edited_at: datetime | None
    not_before: datetime | None
    not_after: datetime | None
    captured_at: datetime
    visibility: str
    presence: str
    language: str
    title: str
    state: Mapping[str, Any]
    canonical: str
    native: str
    digest: str
    run_id: str
    segment: str
    segment_sha256: str
    exchange_id: str
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding about a record. Times are aware UTC."""

    at: datetime
    stage: str
    presence: str
    evidence: str
    statement: str
    not_before: datetime | None
    not_after: datetime | None


@dataclass(slots=True)
class DayOfRuns:
    """The runs of an account on an agency-local day."""

    runs: int = 0
    failed: int = 0
    new_versions: int = 0
    gaps: tuple[str, ...] = ()


def judged(connection: Connection, set_id: int, request_id: int) -> Iterator[Judged]:
    """The items of a set, by position, a few at a time."""
    query, _ = item_query(
        set_id,
        request_id,
        result_items.c.position,
        result_items.c.record_id,
        result_items.c.version_id,
        records.c.account_id,
        records.c.platform_id,
        records.c.thread_id,
        records.c.kind,
        records.c.author_id,
        records.c.author_handle,
        records.c.author_name,
        versions.c.title,
        versions.c.canonical,
    )
    with connection.execute(query.execution_options(yield_per=500)) as rows:
        for row in rows:
            yield Judged(
                position=row.position,
                record_id=row.record_id,
                version_id=row.version_id,
                account_id=row.account_id,
                platform_id=row.platform_id,
                thread_id=row.thread_id,
                kind=row.kind,
                author_id=row.author_id,
                author_handle=row.author_handle,
                author_name=row.author_name,
                title=row.title,
                state=json.loads(row.canonical) if row.canonical else {},
                decision=decision_of(row),
            )


_HELD = (
    select(
        versions.c.id.label("version_id"),
        versions.c.record_id,
        records.c.account_id,
        accounts.c.slug.label("account"),
        accounts.c.name.label("account_name"),
        accounts.c.address.label("account_address"),
        accounts.c.department,
        accounts.c.custodian,
        accounts.c.platform,
        versions.c.number,
        records.c.versions,
        (records.c.version_id == versions.c.id).label("current"),
        records.c.kind,
        records.c.platform_id,
        records.c.parent_id,
        records.c.thread_id,
        records.c.author_id,
        records.c.author_handle,
        records.c.author_name,
        records.c.permalink,
        records.c.published_at,
        versions.c.edited_at,
        versions.c.not_before,
        versions.c.not_after,
        versions.c.captured_at,
        versions.c.visibility,
        records.c.presence,
        versions.c.language,
        versions.c.title,
        versions.c.canonical,
        versions.c.native,
        versions.c.digest,
        versions.c.run_id,
        exchanges.c.segment,
        segments.c.sha256.label("segment_sha256"),
        versions.c.exchange_id,
        exchanges.c.url.label("endpoint"),
    )
    .join(records, records.c.id == versions.c.record_id)
    .join(accounts, accounts.c.id == records.c.account_id)
    .join(exchanges, exchanges.c.id == versions.c.exchange_id)
    .join(segments, segments.c.name == exchanges.c.segment)
)


def held(connection: Connection, version_ids: Sequence[int]) -> dict[int, HeldItem]:
    """These versions, by their ids."""
    found = {}
    for row in connection.execute(_HELD.where(versions.c.id.in_(version_ids))):
        values = {**row._mapping, "current": bool(row.current)}
        state = json.loads(row.canonical) if row.canonical else {}
        found[row.version_id] = HeldItem(**values, state=state)
    return found


def findings_of(connection: Connection, record_ids: Sequence[int]) -> dict[int, list[Found]]:
    """The findings about these records, oldest first."""
    query = select(findings).where(findings.c.record_id.in_(record_ids)).order_by(findings.c.id)
    found: dict[int, list[Found]] = {}
    for row in connection.execute(query):
        made = Found(
            at=row.at,
            stage=row.stage,
            presence=row.presence,
            evidence=row.evidence or "",
            statement=row.statement,
            not_before=row.not_before,
            not_after=row.not_after,
        )
        found.setdefault(row.record_id, []).append(made)
    return found


def metrics_of(connection: Connection, record_ids: Sequence[int]) -> dict[int, dict[str, int]]:
    """What was last counted on these records."""
    query = (
        select(metrics.c.record_id, metrics.c.counts)
        .where(metrics.c.record_id.in_(record_ids))
        .order_by(metrics.c.record_id, metrics.c.day)
    )
    return {row.record_id: dict(row.counts) for row in connection.execute(query)}


def last_bates(connection: Connection, prefix: str) -> int:
    """The highest number that was given out under a prefix, 0 for none."""
    highest = select(func.max(productions.c.last)).where(productions.c.prefix == prefix)
    return connection.execute(highest).scalar_one() or 0


def freeze_released_on(connection: Connection, request_id: int) -> str:
    """The agency-local day on which the request's freeze was released; empty while it binds,
    or when it has none."""
    query = (
        select(holds.c.released_on)
        .join(requests, requests.c.hold_id == holds.c.id)
        .where(requests.c.id == request_id)
    )
    return connection.execute(query).scalar() or ""


def own_authors(connection: Connection) -> frozenset[tuple[int, str]]:
    """Account and author id of every profile: there the agency speaks itself."""
    query = select(records.c.account_id, records.c.author_id).where(
        records.c.family == "profile", records.c.author_id != ""
    )
    return frozenset((row.account_id, row.author_id) for row in connection.execute(query))


def account_names(connection: Connection) -> frozenset[str]:
    """The names under which the agency's accounts are known, in lower case."""
    query = select(accounts.c.slug, accounts.c.address, accounts.c.name)
    return frozenset(str(name).casefold() for row in connection.execute(query) for name in row)


def days_of_runs(
    connection: Connection, account_ids: Sequence[int], since: datetime, *, zone: ZoneInfo
) -> dict[tuple[str, str], DayOfRuns]:
    """The run log of these accounts since a moment, by account and agency-local day."""
    query = (
        select(accounts.c.slug, runs.c.ended_at, runs.c.outcome, runs.c.new_versions)
        .join(accounts, accounts.c.id == runs.c.account_id)
        .where(runs.c.account_id.in_(account_ids), runs.c.ended_at >= since)
        .order_by(accounts.c.slug, runs.c.ended_at)
        .execution_options(yield_per=AT_ONCE)
    )
    found: dict[tuple[str, str], DayOfRuns] = {}
    for row in connection.execute(query):
        key = (row.slug, row.ended_at.astimezone(zone).date().isoformat())
        day = found.setdefault(key, DayOfRuns())
        day.runs += 1
        day.failed += row.outcome == "failed"
        day.new_versions += row.new_versions
    _add_gaps(connection, account_ids, since, zone, found)
    return found


def _add_gaps(
    connection: Connection,
    account_ids: Sequence[int],
    since: datetime,
    zone: ZoneInfo,
    found: dict[tuple[str, str], DayOfRuns],
) -> None:
    query = (
        select(accounts.c.slug, gaps.c.began, gaps.c.ended, gaps.c.kind, gaps.c.reason)
        .join(accounts, accounts.c.id == gaps.c.account_id)
        .where(gaps.c.account_id.in_(account_ids))
        .order_by(accounts.c.slug, gaps.c.began)
    )
    newest = max((day for _, day in found), default="")
    for row in connection.execute(query):
        first = max(row.began, since.astimezone(UTC)).astimezone(zone).date()
        last = row.ended.astimezone(zone).date() if row.ended else _day(newest, first)
        for number in range((last - first).days + 1):
            key = (row.slug, (first + timedelta(days=number)).isoformat())
            day = found.setdefault(key, DayOfRuns())
            day.gaps = (*day.gaps, f"{row.kind}: {row.reason}")


def _day(text: str, otherwise: date) -> date:
    return date.fromisoformat(text) if text else otherwise
