"""Records, versions and the run log as people look at them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, text

from archiver.errors import UsageError
from archiver.model.queries.search_text import Params, having, match
from archiver.model.search_query import And, Words
from archiver.model.tables import (
    accounts,
    cursors,
    exchanges,
    findings,
    media,
    metrics,
    records,
    runs,
    segments,
    version_media,
    versions,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLine:
    """A record in a list, in its current state."""

    id: int
    account: str
    kind: str
    platform_id: str
    author: str
    published_at: datetime | None
    last_seen: datetime
    visibility: str
    presence: str
    versions: int
    title: str
    words: str
    permalink: str
    parent_id: str
    thread_id: str


_LINE = (
    select(
        records,
        accounts.c.slug,
        versions.c.title,
        versions.c.words,
    )
    .join(accounts, accounts.c.id == records.c.account_id)
    .join(versions, versions.c.id == records.c.version_id)
)


def _line(row: Row[Any]) -> RecordLine:
    return RecordLine(
        id=row.id,
        account=row.slug,
        kind=row.kind,
        platform_id=row.platform_id,
        author=row.author_name or row.author_handle or row.author_id,
        published_at=row.published_at,
        last_seen=row.last_seen,
        visibility=row.visibility,
        presence=row.presence,
        versions=row.versions,
        title=row.title,
        words=row.words,
        permalink=row.permalink,
        parent_id=row.parent_id,
        thread_id=row.thread_id,
    )


def list_records(
    connection: Connection,
    *,
    account: str = "",
    kind: str = "",
    only: str = "",
    words: str = "",
    limit: int = 50,
) -> list[RecordLine]:
    """Records, newest first. `only` is "edited", "vanished" or "hidden"; `words` must all
    occur in some version."""
    clauses: list[ColumnElement[bool]] = []
    if account:
        clauses.append(accounts.c.slug == account)
    if kind:
        clauses.append(records.c.kind == kind)
    if only == "edited":
        clauses.append(records.c.versions > 1)
    elif only == "vanished":
        clauses.append(records.c.presence != "present")
    elif only == "hidden":
        clauses.append(records.c.visibility != "public")
    if words.strip():
        clauses.append(records.c.id.in_(_matching(connection, words)))
    query = _LINE.where(*clauses).order_by(records.c.published_at.desc(), records.c.id.desc())
    return [_line(row) for row in connection.execute(query.limit(limit))]


def _matching(connection: Connection, words: str) -> Any:
    """Record ids with a version that has all the words, in any form; no word is an operator."""
    asked = match(connection, And(tuple(Words(text=word) for word in words.split())))
    assert asked is not None  # words alone are always understood
    params = Params()
    hits = text(having(connection, asked, params)).bindparams(*params.made)
    return select(versions.c.record_id).where(versions.c.id.in_(hits.columns(versions.c.id)))


def find_record(connection: Connection, wanted: str) -> RecordLine | None:
    """A record by its number, which comes first, or by its platform id or its permalink; "#7" is
    its number and nothing else.

    Raises: UsageError when several records have that platform id or permalink.
    """
    number = wanted.removeprefix("#")
    if wanted.startswith("#") and number.isdecimal() and len(number) < 16:
        row = connection.execute(_LINE.where(records.c.id == int(number))).first()
        return _line(row) if row is not None else None
    if wanted.isdecimal() and len(wanted) < 16:
        row = connection.execute(_LINE.where(records.c.id == int(wanted))).first()
        if row is not None:
            return _line(row)
    named = (records.c.platform_id == wanted) | (records.c.permalink == wanted)
    found = [_line(row) for row in connection.execute(_LINE.where(named).limit(3))]
    if len(found) > 1:
        numbers = ", ".join(str(each.id) for each in found)
        raise UsageError(f'"{wanted}" is the id of several records; name one by number: {numbers}')
    return found[0] if found else None


def thread_of(connection: Connection, record: RecordLine) -> list[RecordLine]:
    """The thread a record is in, oldest first, the record itself included."""
    root = record.thread_id or record.platform_id
    query = (
        _LINE.where(
            accounts.c.slug == record.account,
            (records.c.thread_id == root) | (records.c.platform_id == root),
        )
        .order_by(records.c.published_at, records.c.id)
        .limit(1000)
    )
    return [_line(row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionView:
    """One version, where it lies, and its media. `state` is the canonical form, parsed; it is
    empty when a disposition destroyed the record, and so are the media."""

    number: int
    captured_at: datetime
    edited_at: datetime | None
    not_before: datetime | None
    not_after: datetime | None
    superseded: bool
    visibility: str
    digest: str
    words: str
    state: Mapping[str, Any]
    segment: str
    segment_sha256: str
    offset: int | None  # None: its exchange was destroyed as a whole
    length: int | None
    url: str
    media: Sequence[Mapping[str, Any]]


def versions_of(connection: Connection, record_id: int) -> list[VersionView]:
    """All versions of a record in the order of capture."""
    query = (
        select(versions, exchanges, segments.c.sha256.label("segment_sha256"))
        .join(exchanges, exchanges.c.id == versions.c.exchange_id)
        .join(segments, segments.c.name == exchanges.c.segment)
        .where(versions.c.record_id == record_id)
        .order_by(versions.c.number)
    )
    return [
        VersionView(
            number=row.number,
            captured_at=row.captured_at,
            edited_at=row.edited_at,
            not_before=row.not_before,
            not_after=row.not_after,
            superseded=row.superseded,
            visibility=row.visibility,
            digest=row.digest,
            words=row.words,
            state=json.loads(row.canonical) if row.canonical else {},
            segment=row.segment,
            segment_sha256=row.segment_sha256,
            offset=row.response_offset,
            length=row.response_length,
            url=row.url,
            media=_media_of(connection, row[0]),
        )
        for row in connection.execute(query).all()
    ]


def _media_of(connection: Connection, version_id: int) -> list[dict[str, Any]]:
    query = (
        select(
            version_media.c.kind,
            version_media.c.alt_text,
            version_media.c.status,
            version_media.c.sha256,
            media.c.size,
            media.c.mime,
        )
        .select_from(version_media.outerjoin(media, media.c.sha256 == version_media.c.sha256))
        .where(version_media.c.version_id == version_id)
        .order_by(version_media.c.position)
    )
    return [dict(row._mapping) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingLine:
    """A finding as people read it."""

    account: str
    kind: str
    platform_id: str
    record_id: int
    at: datetime
    stage: str
    presence: str
    evidence: str
    statement: str
    not_before: datetime | None
    not_after: datetime | None
    words: str


def list_findings(
    connection: Connection, *, account: str = "", record_id: int | None = None, limit: int = 100
) -> list[FindingLine]:
    """Findings, newest first."""
    query = (
        select(
            findings,
            records.c.kind,
            records.c.platform_id,
            accounts.c.slug,
            versions.c.words,
        )
        .join(records, records.c.id == findings.c.record_id)
        .join(accounts, accounts.c.id == findings.c.account_id)
        .join(versions, versions.c.id == records.c.version_id)
        .order_by(findings.c.id.desc())
        .limit(limit)
    )
    if account:
        query = query.where(accounts.c.slug == account)
    if record_id is not None:
        query = query.where(findings.c.record_id == record_id)
    return [
        FindingLine(
            account=row.slug,
            kind=row.kind,
            platform_id=row.platform_id,
            record_id=row.record_id,
            at=row.at,
            stage=row.stage,
            presence=row.presence,
            evidence=row.evidence or "",
            statement=row.statement,
            not_before=row.not_before,
            not_after=row.not_after,
            words=row.words,
        )
        for row in connection.execute(query)
    ]


def newest_metrics(connection: Connection, record_id: int) -> Mapping[str, int]:
    """What was last counted on a record."""
    row = connection.execute(
        select(metrics.c.counts)
        .where(metrics.c.record_id == record_id)
        .order_by(metrics.c.day.desc())
        .limit(1)
    ).first()
    return row.counts if row else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """A run in the run log."""

    id: str
    account: str
    window: str
    started_at: datetime
    ended_at: datetime
    outcome: str
    error_text: str
    segment: str
    pages: int
    items: int
    new_versions: int
    new_findings: int
    notes: Sequence[str]


def list_runs(connection: Connection, *, account: str = "", limit: int = 50) -> list[RunLine]:
    """The run log, newest first."""
    query = (
        select(runs, accounts.c.slug)
        .join(accounts, accounts.c.id == runs.c.account_id)
        .order_by(runs.c.ended_at.desc())
        .limit(limit)
    )
    if account:
        query = query.where(accounts.c.slug == account)
    return [
        RunLine(
            id=row.id,
            account=row.slug,
            window=row.window,
            started_at=row.started_at,
            ended_at=row.ended_at,
            outcome=row.outcome,
            error_text=row.error_text or "",
            segment=row.segment or "",
            pages=row.pages,
            items=row.items,
            new_versions=row.new_versions,
            new_findings=row.new_findings,
            notes=row.notes,
        )
        for row in connection.execute(query)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """How much the archive holds of an account."""

    records: int
    versions: int
    vanished: int


def holdings_of(connection: Connection, account_id: int) -> Holdings:
    """Count an account's records, versions and vanished things."""
    row = connection.execute(
        select(
            func.count(),
            func.coalesce(func.sum(records.c.versions), 0),
            func.count().filter(records.c.presence != "present"),
        ).where(records.c.account_id == account_id)
    ).one()
    return Holdings(records=row[0], versions=row[1], vanished=row[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkLine:
    """A window's walk, for the status page."""

    window: str
    open: bool
    began: datetime
    ended: datetime | None
    done: int
    total: int | None


def walks_of(connection: Connection, account_id: int) -> list[WalkLine]:
    """Where the windows of an account stand."""
    query = select(cursors).where(cursors.c.account_id == account_id).order_by(cursors.c.window)
    return [
        WalkLine(
            window=row.window,
            open=row.open,
            began=row.walk_began,
            ended=row.walk_ended,
            done=row.done,
            total=row.total,
        )
        for row in connection.execute(query)
    ]
