"""Keeps the search index in step with the versions: filled when they come, cleared when they go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select, text, update

from archiver.model.queries.bulk import bulk
from archiver.model.queries.search_vectors import vector
from archiver.model.search_words import folded, marks, pairs, terms
from archiver.model.tables import records, version_media, versions
from archiver.model.tables_requests import media_texts
from archiver.model.tables_search import search_rows

AT_ONCE = 5_000
SPEECH = "speech"  # media_texts.source of captions
SPOKEN = "♫ "  # before what is spoken in a film, where a line is no text of a picture
MOST_READ = 200_000  # characters of a version's media
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = (1 << 43) - 1  # milliseconds that fit into the id of a version
_MILLISECOND = timedelta(milliseconds=1)
_INSERT = (
    "INSERT INTO versions_search (rowid, title, words, marks, pictures) VALUES (?, ?, ?, ?, ?)"
)
_FORGET = (
    "INSERT INTO versions_search (versions_search, rowid, title, words, marks, pictures) "
    "VALUES ('delete', ?, ?, ?, ?, ?)"
)
_PUT = text(  # PostgreSQL
    "INSERT INTO search_texts (version_id, found) VALUES (:version_id, CAST(:found AS tsvector)) "
    "ON CONFLICT (version_id) DO UPDATE SET found = excluded.found"
)
_DROP = text(
    "DELETE FROM search_texts WHERE version_id IN "
    "(SELECT version_id FROM search_rows WHERE record_id = ANY(:records))"
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
    """Index versions, whose rows and media are there already, in the order of their ids."""
    if not entries:
        return
    rows = _add_rows(connection, entries)
    if connection.dialect.name == "sqlite":
        _add_to_sqlite(connection, entries, rows)
        return
    found = [
        {
            "version_id": each.version_id,
            "found": vector(
                row["marks"], ((each.language, _text(each)), (each.language, row["pictures"]))
            ),
        }
        for each, row in zip(entries, rows, strict=True)
    ]
    connection.execute(_PUT, found)


def _add_rows(connection: Connection, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    read = _read_out(connection, [each.version_id for each in entries])
    rows = [
        {
            "version_id": each.version_id,
            "record_id": each.record_id,
            "account_id": each.account_id,
            "kind": each.kind,
            "published": _published(each.version_id, each.published_at),
            "marks": marks(_text(each)),
            "pictures": read.get(each.version_id, ""),
        }
        for each in entries
    ]
    bulk(connection, search_rows, rows)
    return rows


def _add_to_sqlite(
    connection: Connection, entries: Sequence[Entry], rows: Sequence[dict[str, Any]]
) -> None:
    connection.exec_driver_sql(
        _INSERT,
        [
            (each.version_id, each.title, each.words, row["marks"], row["pictures"])
            for each, row in zip(entries, rows, strict=True)
        ],
    )
    _know(
        connection,
        (
            pair
            for each, row in zip(entries, rows, strict=True)
            for pair in ((each.language, _text(each)), (each.language, row["pictures"]))
        ),
    )


def _know(connection: Connection, texts: Iterable[tuple[str, str]]) -> None:
    """SQLite: let the words of these texts, given with their languages, be found in all forms."""
    known = pairs(texts)
    if known:
        connection.exec_driver_sql(
            "INSERT OR IGNORE INTO search_stems (stem, term) VALUES (?, ?)", known
        )


def _text(entry: Entry) -> str:
    return f"{entry.title} {entry.words}" if entry.title else entry.words


def _read_out(connection: Connection, version_ids: Sequence[int]) -> dict[int, str]:
    """What was read out of the media of these versions: a line for each medium with words."""
    lines: dict[int, list[str]] = {}
    some = select(media_texts.c.sha256).where(media_texts.c.text != "").limit(1)
    if connection.execute(some).first() is None:
        return {}
    for start in range(0, len(version_ids), AT_ONCE):
        query = (
            select(version_media.c.version_id, media_texts.c.source, media_texts.c.text)
            .join(media_texts, media_texts.c.sha256 == version_media.c.sha256)
            .where(
                version_media.c.version_id.in_(version_ids[start : start + AT_ONCE]),
                media_texts.c.text != "",
            )
            .order_by(version_media.c.version_id, version_media.c.position, media_texts.c.source)
        )
        for row in connection.execute(query):
            line = SPOKEN + row.text if row.source == SPEECH else row.text
            lines.setdefault(row.version_id, []).append(line)
    return {each: "\n".join(dict.fromkeys(told))[:MOST_READ] for each, told in lines.items()}


def renew(connection: Connection, version_ids: Sequence[int]) -> int:
    """Index what is by now read out of the media of these versions; returns how many changed."""
    changed: list[int] = []
    for start in range(0, len(version_ids), AT_ONCE):
        chosen = version_ids[start : start + AT_ONCE]
        read = _read_out(connection, chosen)
        rows = connection.execute(_INDEXED.where(search_rows.c.version_id.in_(chosen))).all()
        for row in rows:
            if row.pictures != read.get(row.id, ""):
                _change(connection, tuple(row), read.get(row.id, ""))
                changed.append(row.id)
    if connection.dialect.name != "sqlite":
        _put_anew(connection, changed)
    return len(changed)


_INDEXED = select(
    versions.c.id, versions.c.title, versions.c.words,
    search_rows.c.marks, search_rows.c.pictures,
).join(search_rows, search_rows.c.version_id == versions.c.id)  # fmt: skip


def _change(connection: Connection, row: tuple[Any, ...], pictures: str) -> None:
    """Let another text be the one of a version's media. `row` is of `_INDEXED`: the full-text
    index must be told what it is to forget, while that still stands in the table."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection.exec_driver_sql(_FORGET, row)
    connection.execute(
        update(search_rows).where(search_rows.c.version_id == row[0]).values(pictures=pictures)
    )
    if sqlite:
        connection.exec_driver_sql(_INSERT, (*row[:4], pictures))
        _know(connection, [("", pictures)])
        gone = terms(str(row[4])) - terms(pictures)
        _forget_terms(connection, {folded(each) for each in gone})


def _put_anew(connection: Connection, version_ids: Sequence[int]) -> None:
    """PostgreSQL: index the words of these versions as their rows now are."""
    for start in range(0, len(version_ids), AT_ONCE):
        chosen = version_ids[start : start + AT_ONCE]
        query = _INDEXED.add_columns(versions.c.language).where(versions.c.id.in_(chosen))
        rows = [
            {
                "version_id": row.id,
                "found": vector(
                    row.marks,
                    ((row.language, f"{row.title} {row.words}"), (row.language, row.pictures)),
                ),
            }
            for row in connection.execute(query)
        ]
        connection.execute(_PUT, rows)


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
        query = _INDEXED.where(versions.c.record_id.in_(record_ids))
        gone = [tuple(row) for row in connection.execute(query)]
        if gone:
            connection.exec_driver_sql(_FORGET, gone)
        _forget_terms(connection, {folded(t) for row in gone for t in _terms(row)})
    else:
        connection.execute(_DROP, {"records": list(record_ids)})
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
    """Index every version that there is, from nothing, for the migration: on PostgreSQL its
    words come in by `fill_texts`, once there is a table for them."""
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
        entries = [
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
        ]
        made = _add_rows(connection, entries)
        if connection.dialect.name == "sqlite":
            _add_to_sqlite(connection, entries, made)


def fill_texts(connection: Connection) -> None:
    """PostgreSQL: index the words of every version that is in the index otherwise."""
    query = select(search_rows.c.version_id).order_by(search_rows.c.version_id).limit(AT_ONCE)
    after = -1
    while ids := connection.execute(query.where(search_rows.c.version_id > after)).scalars().all():
        _put_anew(connection, ids)
        after = ids[-1]


def _scaled(published_at: datetime | None) -> int:
    """A publication time as ids of versions say it; -1: not known, or before 1970."""
    if published_at is None:
        return -1
    milliseconds = min((published_at - _EPOCH) // _MILLISECOND, _LAST)
    return max(-1, milliseconds << 20)


def _published(version_id: int, published_at: datetime | None) -> int | None:
    scaled = _scaled(published_at)
    return None if version_id >> 20 == scaled >> 20 else scaled
