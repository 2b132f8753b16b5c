"""What the archive holds: asked page by page while a walk goes on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, select

from archiver.model.manifest import MediaDraft
from archiver.model.tables import (
    Utc,
    cursors,
    exchanges,
    findings,
    media,
    records,
    version_media,
    versions,
)
from archiver.values import RecordRef

Key = tuple[str, str]  # family, platform id
AT_ONCE = 5000  # ids in one statement; SQLite takes 32,766 values


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A record as the archive has it; `states` maps version keys to their newest digest,
    `digests` are those of all versions."""

    record_id: int
    family: str
    platform_id: str
    kind: str
    parent_id: str
    thread_id: str
    permalink: str
    digest: str
    visibility: str
    presence: str
    last_seen: datetime
    version_id: int
    states: Mapping[str, str]
    digests: frozenset[str]
    media: Mapping[str, MediaDraft]


_BY_KEY = select(records).where(
    records.c.account_id == bindparam("account"),
    records.c.family == bindparam("family"),
    records.c.platform_id.in_(bindparam("ids", expanding=True)),
)


def holdings(
    connection: Connection, account_id: int, keys: Iterable[Key], *, with_states: bool
) -> dict[Key, Holding]:
    """The records of these keys that exist. Their states are only read when asked for."""
    found: dict[Key, Holding] = {}
    for name, ids in _by_family(keys):
        values = {"account": account_id, "family": name, "ids": ids}
        rows = connection.execute(_BY_KEY, values).all()
        found.update(_held(connection, rows, with_states=with_states))
    return found


def _held(
    connection: Connection, rows: Sequence[Row[Any]], *, with_states: bool
) -> Iterator[tuple[Key, Holding]]:
    numbers = [row.id for row in rows]
    states = _states(connection, numbers) if with_states and numbers else {}
    files = _media(connection, [row.version_id for row in rows])
    for row in rows:
        told = states.get(row.id, [])
        held = Holding(
            record_id=row.id,
            family=row.family,
            platform_id=row.platform_id,
            kind=row.kind,
            parent_id=row.parent_id,
            thread_id=row.thread_id,
            permalink=row.permalink,
            digest=row.digest,
            visibility=row.visibility,
            presence=row.presence,
            last_seen=row.last_seen,
            version_id=row.version_id,
            states=dict(told),
            digests=frozenset(digest for _, digest in told),
            media=files.get(row.version_id, {}),
        )
        yield (row.family, row.platform_id), held


def _by_family(keys: Iterable[Key]) -> Iterator[tuple[str, list[str]]]:
    """Platform ids by family, not more at once than a statement can take."""
    by_family: dict[str, list[str]] = defaultdict(list)
    for name, platform_id in keys:
        by_family[name].append(platform_id)
    for name, ids in by_family.items():
        for start in range(0, len(ids), AT_ONCE):
            yield name, ids[start : start + AT_ONCE]


def record_ids(connection: Connection, account_id: int, keys: Iterable[Key]) -> dict[Key, int]:
    """The numbers of the records of these keys that exist."""
    found: dict[Key, int] = {}
    for name, ids in _by_family(keys):
        query = select(records.c.id, records.c.platform_id).where(
            records.c.account_id == account_id,
            records.c.family == name,
            records.c.platform_id.in_(ids),
        )
        found.update({(name, row.platform_id): row.id for row in connection.execute(query)})
    return found


def _states(connection: Connection, record_ids: Sequence[int]) -> dict[int, list[tuple[str, str]]]:
    """Version key and digest of all versions, oldest first."""
    query = (
        select(versions.c.record_id, versions.c.version_key, versions.c.digest)
        .where(versions.c.record_id.in_(record_ids))
        .order_by(versions.c.number)
    )
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.record_id].append((row.version_key, row.digest))
    return found


def _media(connection: Connection, version_ids: Sequence[int]) -> dict[int, dict[str, MediaDraft]]:
    if not version_ids:
        return {}
    query = (
        select(version_media, media.c.size, media.c.mime)
        .select_from(version_media.outerjoin(media, media.c.sha256 == version_media.c.sha256))
        .where(version_media.c.version_id.in_(version_ids))
    )
    found: dict[int, dict[str, MediaDraft]] = defaultdict(dict)
    for row in connection.execute(query):
        found[row.version_id][row.key] = MediaDraft(
            key=row.key,
            url=row.url,
            kind=row.kind,
            alt_text=row.alt_text,
            token=row.token,
            status=row.status,
            sha256=row.sha256 or "",
            size=row.size or 0,
            mime=row.mime or "",
            etag=row.etag,
        )
    return found


def media_exchange(connection: Connection, sha256: str) -> str | None:
    """The exchange that holds a media payload, if the vault has it."""
    return connection.execute(
        select(media.c.exchange_id).where(media.c.sha256 == sha256)
    ).scalar_one_or_none()


def media_stored_at(connection: Connection, sha256: str) -> datetime | None:
    """When the exchange was made that holds a media payload."""
    query = (
        select(exchanges.c.at)
        .join(media, media.c.exchange_id == exchanges.c.id)
        .where(media.c.sha256 == sha256)
    )
    found: datetime | None = connection.execute(query).scalar_one_or_none()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWalk:
    """A window's cursor as last committed."""

    cursor: Mapping[str, object]
    open: bool
    began: datetime
    ended: datetime | None
    coverage: Sequence[Mapping[str, object]]
    done: int
    total: int | None


def walk(connection: Connection, account_id: int, window: str) -> StoredWalk | None:
    """Where the window's walk stands, or None when there was none yet."""
    row = connection.execute(
        select(cursors).where(cursors.c.account_id == account_id, cursors.c.window == window)
    ).first()
    if row is None:
        return None
    return StoredWalk(
        cursor=row.cursor,
        open=row.open,
        began=row.walk_began,
        ended=row.walk_ended,
        coverage=row.coverage,
        done=row.done,
        total=row.total,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A coverage as the database can ask for it; `threads` limit it to these, if any."""

    kinds: tuple[str, ...]
    threads: tuple[str, ...]
    since: datetime | None
    until: datetime | None


def _covered(account_id: int, where: Range) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = [
        records.c.account_id == account_id,
        records.c.kind.in_(where.kinds),
        records.c.presence == "present",
    ]
    if where.threads:
        clauses.append(records.c.thread_id.in_(where.threads))
    if where.since is not None:
        clauses.append(records.c.published_at >= where.since)
    if where.until is not None:
        clauses.append(records.c.published_at <= where.until)
    return clauses


def missing(
    connection: Connection, account_id: int, where: Range, *, walk_began: datetime
) -> dict[Key, str]:
    """Keys of present records in the range that the walk did not list, with their threads."""
    query = select(records.c.family, records.c.platform_id, records.c.thread_id).where(
        and_(*_covered(account_id, where), records.c.last_seen < walk_began)
    )
    return {(r.family, r.platform_id): r.thread_id for r in connection.execute(query)}


def covered_count(connection: Connection, account_id: int, where: Range) -> int:
    """How many present records the range holds."""
    query = select(func.count()).where(and_(*_covered(account_id, where)))
    return int(connection.execute(query).scalar_one())


def present_count(connection: Connection, account_id: int, kinds: Iterable[str]) -> int:
    """How many present records of these kinds the account has."""
    query = select(func.count()).where(
        records.c.account_id == account_id,
        records.c.kind.in_(sorted(kinds)),
        records.c.presence == "present",
    )
    return int(connection.execute(query).scalar_one())


def suspected(connection: Connection, account_id: int, *, before: datetime) -> dict[Key, datetime]:
    """Keys of records that were missed once, and when, if that was at the latest at the
    given moment."""
    missed = func.min(findings.c.at, type_=Utc())
    query = (
        select(records.c.family, records.c.platform_id, missed.label("missed"))
        .join(findings, findings.c.record_id == records.c.id)
        .where(
            records.c.account_id == account_id,
            records.c.presence == "suspected",
            findings.c.stage == "suspected",
            findings.c.at > records.c.last_seen,
        )
        .group_by(records.c.id, records.c.family, records.c.platform_id)
        .having(missed <= before)
    )
    return {(r.family, r.platform_id): r.missed for r in connection.execute(query)}


def controls(connection: Connection, account_id: int, family: str, *, most: int) -> list[Key]:
    """The records of a family that were seen last, newest first."""
    query = (
        select(records.c.family, records.c.platform_id)
        .where(
            records.c.account_id == account_id,
            records.c.family == family,
            records.c.presence == "present",
        )
        .order_by(records.c.last_seen.desc(), records.c.published_at.desc())
        .limit(most)
    )
    return [(row.family, row.platform_id) for row in connection.execute(query)]


def stored_response(
    connection: Connection, exchange: str
) -> tuple[RecordRef, str, datetime] | None:
    """Where a stored exchange's response lies, its address, and when it was made."""
    row = connection.execute(select(exchanges).where(exchanges.c.id == exchange)).first()
    if row is None or row.response_id is None:
        return None
    ref = RecordRef(
        record_id=row.response_id,
        segment=row.segment,
        offset=row.response_offset,
        length=row.response_length,
        block_sha256=row.block_sha256,
        payload_sha256=row.payload_sha256,
    )
    return ref, row.url, row.at
