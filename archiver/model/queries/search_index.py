"""Keeps the search index in step with the versions: filled when they come, cleared when they go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, text

from archiver.model.queries.bulk import bulk
from archiver.model.search_words import folded, marks, pairs, terms
from archiver.model.tables import records, versions
from archiver.model.tables_search import search_rows

AT_ONCE = 5_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_INSERT = (
    "INSERT INTO versions_search (rowid, title, words, marks, pictures) VALUES (?, ?, ?, ?, ?)"
)
_FORGET = (
    "INSERT INTO versions_search (versions_search, rowid, title, words, marks, pictures) "
    "VALUES ('delete', ?, ?, ?, ?, ?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A version on its way into the index. `published_at` is that of its record, UTC."""

    version_id: int
    record_id: int
    account_id: int
    kind: str
    published_at: datetime | None
    language: str
    title: str
    words: str


def add(connection: Connection, entries: Sequence[Entry]) -> None:
    """Index versions, whose rows are there already, in the order of their ids."""
    rows = [
        {
            "version_id": each.version_id,
            "record_id": each.record_id,
            "account_id": each.account_id,
            "kind": each.kind,
            "published": _published(each.version_id, each.published_at),
            "marks": marks(_text(each)),
            "pictures": "",
        }
        for each in entries
    ]
    bulk(connection, search_rows, rows)
    if connection.dialect.name != "sqlite" or not entries:
        return
    connection.exec_driver_sql(
        _INSERT,
        [
            (each.version_id, each.title, each.words, row["marks"], "")
            for each, row in zip(entries, rows, strict=True)
        ],
    )
    known = pairs((each.language, _text(each)) for each in entries)
    if known:
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO search_stems (stem, term) VALUES (?, ?)", known
        )


def _text(entry: Entry) -> str:
    return f"{entry.title} {entry.words}" if entry.title else entry.words


def redate(connection: Connection, record_ids: Sequence[int]) -> None:
    """These records have got another state, and with it perhaps another publication time:
    say so at all their versions."""
    query = select(records.c.id, records.c.published_at).where(records.c.id.in_(record_ids))
    for record_id, published_at in connection.execute(query).all() if record_ids else ():
        scaled = _scaled(published_at)
        connection.execute(_REDATE, {"record": record_id, "scaled": scaled, "date": scaled >> 20})


_REDATE = text(
    "UPDATE search_rows SET published = CASE WHEN version_id >> 20 = :date THEN NULL "
    "ELSE :scaled END WHERE record_id = :record"
)


def forget(connection: Connection, record_ids: Sequence[int]) -> None:
    """Take the words of these records out of every index. Call it while they are still there:
    the full-text index must be told the words that it is to forget."""
    if connection.dialect.name == "sqlite":
        query = (
            select(
                versions.c.id, versions.c.title, versions.c.words,
                search_rows.c.marks, search_rows.c.pictures,
            )
            .join(search_rows, search_rows.c.version_id == versions.c.id)
            .where(versions.c.record_id.in_(record_ids))
        )  # fmt: skip
        gone = [tuple(row) for row in connection.execute(query)]
        if gone:
            connection.exec_driver_sql(_FORGET, gone)
        _forget_terms(connection, {folded(t) for row in gone for t in _terms(row)})
    connection.execute(delete(search_rows).where(search_rows.c.record_id.in_(record_ids)))


def _terms(row: tuple[Any, ...]) -> Iterator[str]:
    for column in (1, 2, 4):
        yield from terms(row[column])


def _forget_terms(connection: Connection, gone: Iterable[str]) -> None:
    """Words that no text has any more leave the list of stems."""
    still = text("SELECT 1 FROM versions_search WHERE versions_search MATCH :term LIMIT 1")
    for term in sorted(gone):
        if connection.execute(still, {"term": f'"{term}"'}).first() is None:
            connection.execute(text("DELETE FROM search_stems WHERE term = :term"), {"term": term})


def rebuild(connection: Connection) -> None:
    """Index every version that there is, from nothing; for the migration."""
    connection.execute(delete(search_rows))
    query = (
        select(
            versions.c.id, versions.c.record_id, versions.c.language, versions.c.title,
            versions.c.words, records.c.account_id, records.c.kind, records.c.published_at,
        )
        .join(records, records.c.id == versions.c.record_id)
        .order_by(versions.c.id)
        .limit(AT_ONCE)
    )  # fmt: skip
    after = -1
    while rows := connection.execute(query.where(versions.c.id > after)).all():
        after = rows[-1].id
        add(
            connection,
            [
                Entry(
                    version_id=row.id,
                    record_id=row.record_id,
                    account_id=row.account_id,
                    kind=row.kind,
                    published_at=row.published_at,
                    language=row.language,
                    title=row.title,
                    words=row.words,
                )
                for row in rows
            ],
        )


def _scaled(published_at: datetime | None) -> int:
    """A publication time as ids of versions say it; -1: not known, or before 1970."""
    if published_at is None:
        return -1
    return max(-1, ((published_at - _EPOCH) // _MILLISECOND) << 20)


def _published(version_id: int, published_at: datetime | None) -> int | None:
    scaled = _scaled(published_at)
    return None if version_id >> 20 == scaled >> 20 else scaled
