"""What is done to the rows of destroyed records, inside one transaction, and afterwards to
the database's own leftovers.

Of a version its digest, leaf, times and identity stay; of a record its number, ids and times.
The triggers let nothing else through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection, delete, insert, select, update

from archiver.errors import StoreError
from archiver.model.database import Database
from archiver.model.queries import search_index
from archiver.model.queries.dispositions import DESTROYED, Item
from archiver.model.queries.known import AT_ONCE
from archiver.model.tables import (
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
from archiver.model.tables_disposition import replacements
from archiver.model.tables_requests import media_texts
from archiver.model.tables_retention import tombstones
from archiver.values import RecordRef, SegmentRef

_TOUCHED = (
    "versions", "records", "version_media", "findings", "exchanges", "media", "runs", "metrics",
    "search_rows", "search_texts", "media_texts",
)  # fmt: skip


class Moved(Protocol):
    """Where the records of a segment lie now, by the ids that they had."""

    def get(self, record_id: str, /) -> RecordRef | None:
        """None: it is no more."""
        ...


def replace_segment(
    connection: Connection, old: str, new: SegmentRef, moved: Moved, *, batch_id: int, at: datetime
) -> None:
    """Enter the segment that takes the place of another, and move every exchange there."""
    connection.execute(
        insert(segments).values(
            name=new.name,
            sha256=new.sha256,
            size=new.size,
            records=new.records,
            sealed_at=new.sealed_at,
        )
    )
    connection.execute(
        insert(replacements).values(
            segment=old, successor=new.name, batch_id=batch_id, sha256=new.sha256, at=at
        )
    )
    for row in connection.execute(select(exchanges).where(exchanges.c.segment == old)).all():
        request = moved.get(row.request_id) if row.request_id else None
        response = moved.get(row.response_id) if row.response_id else None
        connection.execute(
            update(exchanges)
            .where(exchanges.c.id == row.id)
            .values(segment=new.name, **_moved_row(row, request, response))
        )


def _moved_row(row: Any, request: RecordRef | None, response: RecordRef | None) -> dict[str, Any]:
    return {
        "url": row.url if request or response else "",
        "request_id": request.record_id if request else None,
        "request_offset": request.offset if request else None,
        "request_length": request.length if request else None,
        "response_id": response.record_id if response else None,
        "response_offset": response.offset if response else None,
        "response_length": response.length if response else None,
        "block_sha256": response.block_sha256 if response else None,
        "payload_sha256": response.payload_sha256 if response else None,
    }


def erase(connection: Connection, record_ids: Iterable[int], payloads: Iterable[str]) -> None:
    """Blank the records and all their states; remove media payloads that nobody names, and
    what was read out of them."""
    wanted = sorted(record_ids)
    for chosen in _chunks(wanted):
        search_index.forget(connection, chosen)
        mine = versions.c.record_id.in_(chosen)
        numbers = select(versions.c.id).where(mine)
        connection.execute(
            update(version_media)
            .where(version_media.c.version_id.in_(numbers))
            .values(key="", url="", alt_text="", token="", etag="", sha256=None)
        )
        connection.execute(
            update(versions)
            .where(mine)
            .values(language="", title="", words="", canonical="", native="", salt="")
        )
        connection.execute(
            update(findings).where(findings.c.record_id.in_(chosen)).values(statement="")
        )
        connection.execute(delete(metrics).where(metrics.c.record_id.in_(chosen)))
        connection.execute(
            update(records)
            .where(records.c.id.in_(chosen))
            .values(
                author_id="", author_handle="", author_name="", permalink="", presence=DESTROYED
            )
        )
    for chosen in _chunks(sorted(payloads)):
        connection.execute(delete(media_texts).where(media_texts.c.sha256.in_(chosen)))
        connection.execute(delete(media).where(media.c.sha256.in_(chosen)))


def with_addresses(
    connection: Connection, account_ids: Set[int], urls: Set[str]
) -> tuple[str, ...]:
    """The runs of these accounts whose log has a request to one of these addresses. It reads
    all their runs, so it is asked before the transaction that destroys; no capture of these
    accounts may run until that is over."""
    if not urls:
        return ()
    query = select(runs.c.id, runs.c.exchanges).where(runs.c.account_id.in_(sorted(account_ids)))
    rows = connection.execute(query.execution_options(yield_per=AT_ONCE))
    return tuple(run_id for run_id, told in rows if _cut(told, urls) != told)


def forget_addresses(connection: Connection, run_ids: Sequence[str], urls: Set[str]) -> None:
    """Leave only the method of requests to these addresses in the log of these runs."""
    for chosen in _chunks(run_ids):
        query = select(runs.c.id, runs.c.exchanges).where(runs.c.id.in_(chosen))
        for run_id, told in connection.execute(query).all():
            changed = _cut(told, urls)
            connection.execute(update(runs).where(runs.c.id == run_id).values(exchanges=changed))


def _cut(told: Iterable[Mapping[str, Any]], urls: Set[str]) -> list[dict[str, Any]]:
    return [_without_address(line, urls) for line in told]


def _without_address(line: Mapping[str, Any], urls: Set[str]) -> dict[str, Any]:
    method, _, url = str(line["get"]).partition(" ")
    return {**line, "get": method} if url in urls else dict(line)


def bury(
    connection: Connection,
    items: Iterable[Item],
    *,
    batch_id: int,
    leaves: Mapping[int, Sequence[str]],
    published_on: Mapping[int, str],
    approved_by: Sequence[str],
    at: datetime,
) -> None:
    """A tombstone for each destroyed record."""
    for each in items:
        connection.execute(
            insert(tombstones).values(
                record_id=each.record_id,
                batch_id=batch_id,
                kind=each.kind,
                series=f"{each.schedule}/{each.series}"[:100],
                citation=each.citation,
                published_on=published_on.get(each.record_id),
                leaves=list(leaves[each.record_id]),
                approved_by=list(approved_by),
                destroyed_at=at,
            )
        )


def replaced_by(connection: Connection, batch_id: int) -> dict[str, str]:
    """The segments that a batch replaced, with their successors."""
    query = select(replacements).where(replacements.c.batch_id == batch_id)
    return {row.segment: row.successor for row in connection.execute(query)}


def all_replaced(connection: Connection) -> dict[str, str]:
    """All replaced segments with their successors."""
    return {row.segment: row.successor for row in connection.execute(select(replacements))}


def all_tombstones(connection: Connection) -> list[tuple[int, int, list[str]]]:
    """Record, batch and leaves of every tombstone."""
    query = select(tombstones.c.record_id, tombstones.c.batch_id, tombstones.c.leaves)
    return [(row.record_id, row.batch_id, list(row.leaves)) for row in connection.execute(query)]


def leaves_of(connection: Connection, batch_id: int) -> dict[int, list[str]]:
    """The leaves on the tombstones of a batch, by record."""
    query = select(tombstones.c.record_id, tombstones.c.leaves).where(
        tombstones.c.batch_id == batch_id
    )
    return {row.record_id: list(row.leaves) for row in connection.execute(query)}


def still_in_use(connection: Connection, names: Iterable[str]) -> set[str]:
    """Those of these segments that an exchange still lies in."""
    found: set[str] = set()
    for chosen in _chunks(sorted(names)):
        query = select(exchanges.c.segment).where(exchanges.c.segment.in_(chosen)).distinct()
        found |= set(connection.execute(query).scalars())
    return found


def compact(database: Database) -> None:
    """Take the destroyed words out of the database's own files: index, free pages, log.

    Raises: StoreError when somebody reads all the time, so that SQLite's log cannot be
    emptied; then nothing is lost and it can be tried again.
    """
    if database.engine.dialect.name == "sqlite":
        _compact_sqlite(database)
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for name in _TOUCHED:
            connection.exec_driver_sql(f"VACUUM (FULL, ANALYZE) {name}")


def _compact_sqlite(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO versions_search (versions_search) VALUES ('optimize')"
        )
    raw = database.engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.execute("VACUUM")
        busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        cursor.close()
    finally:
        raw.close()
    if busy:
        raise StoreError(
            "the database's log cannot be emptied while somebody reads; the records are "
            "destroyed, their words may still lie in the log: run the execution again"
        )


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
