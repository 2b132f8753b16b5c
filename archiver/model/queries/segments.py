"""The sealed files and the exchanges in them, as verification and recovery ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from archiver.model.tables import (
    exchanges,
    findings,
    media,
    records,
    runs,
    segments,
    version_media,
    versions,
)
from archiver.model.tables_disposition import replacements
from archiver.values import SegmentRef


def segment_names(connection: Connection) -> set[str]:
    """The names of all committed segments."""
    return set(connection.execute(select(segments.c.name)).scalars())


def all_segments(connection: Connection) -> list[SegmentRef]:
    """All committed segments, by name, which is by time, but for those that a disposition has
    replaced: their files are gone."""
    gone = select(replacements.c.segment)
    query = select(segments).where(segments.c.name.not_in(gone)).order_by(segments.c.name)
    return [
        SegmentRef(
            name=row.name,
            sha256=row.sha256,
            size=row.size,
            records=row.records,
            sealed_at=row.sealed_at,
        )
        for row in connection.execute(query)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A WARC record that the database refers to."""

    exchange: str
    record_id: str
    offset: int
    length: int


def stored_records(connection: Connection, segment: str) -> Iterator[StoredRecord]:
    """Every WARC record of a segment that the database refers to."""
    query = select(exchanges).where(exchanges.c.segment == segment)
    for row in connection.execute(query):
        for kind in ("request", "response"):
            record_id = getattr(row, f"{kind}_id")
            if record_id is not None:
                yield StoredRecord(
                    exchange=row.id,
                    record_id=record_id,
                    offset=getattr(row, f"{kind}_offset"),
                    length=getattr(row, f"{kind}_length"),
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    """What verification recomputes of a version."""

    id: int
    record_id: int
    family: str
    platform_id: str
    version_key: str
    digest: str
    leaf: str
    salt: str
    canonical: str
    run_id: str
    exchange: str
    captured_at: datetime
    edited_at: datetime | None
    not_before: datetime | None
    not_after: datetime | None
    visibility: str
    language: str
    title: str
    words: str
    native: str


def run_segments(connection: Connection) -> dict[str, str | None]:
    """The segment of every run."""
    return {r.id: r.segment for r in connection.execute(select(runs.c.id, runs.c.segment))}


def segment_hashes(connection: Connection) -> dict[str, str]:
    """The hash of every segment, as the database has it."""
    query = select(segments.c.name, segments.c.sha256)
    return {row.name: row.sha256 for row in connection.execute(query)}


def version_media_of(connection: Connection, run_id: str) -> dict[int, list[tuple[str, str]]]:
    """Key and hash of the media of each version of a run, in their order."""
    query = (
        select(version_media.c.version_id, version_media.c.key, version_media.c.sha256)
        .join(versions, versions.c.id == version_media.c.version_id)
        .where(versions.c.run_id == run_id)
        .order_by(version_media.c.version_id, version_media.c.position)
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.version_id, []).append((row.key, row.sha256 or ""))
    return found


def stored_versions(connection: Connection) -> Iterator[StoredVersion]:
    """All versions, run by run."""
    query = (
        select(versions, records.c.family, records.c.platform_id)
        .join(records, records.c.id == versions.c.record_id)
        .order_by(versions.c.run_id)
        .execution_options(yield_per=1000)
    )
    for row in connection.execute(query):
        yield StoredVersion(
            id=row.id,
            record_id=row.record_id,
            family=row.family,
            platform_id=row.platform_id,
            version_key=row.version_key,
            digest=row.digest,
            leaf=row.leaf,
            salt=row.salt,
            canonical=row.canonical,
            run_id=row.run_id,
            exchange=row.exchange_id,
            captured_at=row.captured_at,
            edited_at=row.edited_at,
            not_before=row.not_before,
            not_after=row.not_after,
            visibility=row.visibility,
            language=row.language,
            title=row.title,
            words=row.words,
            native=row.native,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFinding:
    """What verification compares of a finding."""

    run_id: str
    family: str
    platform_id: str
    stage: str
    presence: str
    evidence: str
    statement: str
    at: datetime
    not_before: datetime | None
    not_after: datetime | None


def stored_findings(connection: Connection) -> list[StoredFinding]:
    """All findings."""
    query = select(findings, records.c.family, records.c.platform_id).join(
        records, records.c.id == findings.c.record_id
    )
    return [
        StoredFinding(
            run_id=row.run_id,
            family=row.family,
            platform_id=row.platform_id,
            stage=row.stage,
            presence=row.presence,
            evidence=row.evidence or "",
            statement=row.statement,
            at=row.at,
            not_before=row.not_before,
            not_after=row.not_after,
        )
        for row in connection.execute(query)
    ]


def miscounted(connection: Connection) -> Iterator[str]:
    """One sentence for every run that has not the number of findings it made."""
    made = func.count(findings.c.id)
    query = (
        select(runs.c.id, runs.c.new_findings, made.label("made"))
        .select_from(runs.outerjoin(findings, findings.c.run_id == runs.c.id))
        .group_by(runs.c.id, runs.c.new_findings)
        .having(made != runs.c.new_findings)
    )
    for row in connection.execute(query):
        yield f"the run {row.id} made {row.new_findings} findings, {row.made} are there"


def dangling(connection: Connection) -> Iterator[str]:
    """One sentence for every reference that leads nowhere."""
    without = (
        select(func.count())
        .select_from(runs.outerjoin(segments, segments.c.name == runs.c.segment))
        .where(runs.c.segment.is_not(None), segments.c.name.is_(None))
    )
    lost = connection.execute(without).scalar_one()
    if lost:
        yield f"{lost} runs name a segment that is not in the database"
    adrift = connection.execute(
        select(func.count())
        .select_from(records.outerjoin(versions, versions.c.id == records.c.version_id))
        .where(versions.c.id.is_(None))
    ).scalar_one()
    if adrift:
        yield f"{adrift} records have no current version"
    unfilled = connection.execute(
        select(func.count())
        .select_from(version_media.outerjoin(media, media.c.sha256 == version_media.c.sha256))
        .where(version_media.c.sha256.is_not(None), media.c.sha256.is_(None))
    ).scalar_one()
    if unfilled:
        yield f"{unfilled} media entries name a payload that is not in the vault"
