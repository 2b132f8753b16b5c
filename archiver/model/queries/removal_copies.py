"""Where the versions of what is to be removed lie in the vault, with their media."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from archiver.model.queries.known import AT_ONCE
from archiver.model.tables import exchanges, media, segments, version_media, versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a WARC record lies, and what the database says of it and of its segment."""

    segment: str
    segment_sha256: str
    record_id: str
    offset: int
    length: int
    block_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A media file of a version; `place` is None when its bytes are not in the vault."""

    key: str
    status: str
    sha256: str
    place: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A version as it must lie in the vault; `place` None: it does not."""

    version_id: int
    record_id: int
    number: int
    digest: str
    canonical: str
    place: Place | None
    files: tuple[File, ...] = ()


def copies(connection: Connection, version_ids: Collection[int]) -> list[Copy]:
    """The versions with their media, as the database says that they lie."""
    wanted = sorted(version_ids)
    found: list[Copy] = []
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        files = _files(connection, some)
        query = (
            select(
                versions.c.id.label("version_id"),
                versions.c.record_id.label("of"),
                versions.c.number,
                versions.c.digest,
                versions.c.canonical,
                exchanges,
                segments.c.sha256.label("segment_sha256"),
            )
            .select_from(versions)
            .outerjoin(exchanges, exchanges.c.id == versions.c.exchange_id)
            .outerjoin(segments, segments.c.name == exchanges.c.segment)
            .where(versions.c.id.in_(some))
            .order_by(versions.c.id)
        )
        found += [
            Copy(
                version_id=row.version_id,
                record_id=row.of,
                number=row.number,
                digest=row.digest,
                canonical=row.canonical,
                place=_place(row),
                files=tuple(files.get(row.version_id, ())),
            )
            for row in connection.execute(query)
        ]
    return found


def _files(connection: Connection, version_ids: Sequence[int]) -> dict[int, list[File]]:
    query = (
        select(
            version_media.c.version_id,
            version_media.c.key,
            version_media.c.status.label("fetched"),
            version_media.c.sha256,
            exchanges,
            segments.c.sha256.label("segment_sha256"),
        )
        .select_from(version_media)
        .outerjoin(media, media.c.sha256 == version_media.c.sha256)
        .outerjoin(exchanges, exchanges.c.id == media.c.exchange_id)
        .outerjoin(segments, segments.c.name == exchanges.c.segment)
        .where(version_media.c.version_id.in_(version_ids))
        .order_by(version_media.c.version_id, version_media.c.position)
    )
    found: dict[int, list[File]] = {}
    for row in connection.execute(query):
        held = row.sha256 or ""
        file = File(key=row.key, status=row.fetched, sha256=held, place=_place(row))
        found.setdefault(row.version_id, []).append(file)
    return found


def _place(row: Row[Any]) -> Place | None:
    if row.segment is None or row.response_id is None or row.segment_sha256 is None:
        return None
    return Place(
        segment=row.segment,
        segment_sha256=row.segment_sha256,
        record_id=row.response_id,
        offset=row.response_offset,
        length=row.response_length,
        block_sha256=row.block_sha256 or "",
    )
