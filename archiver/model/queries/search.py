"""Asking the archive: which versions answer a question, how many, and what they are.

Newest first is the order of the version ids, which rise with the date of the state, so the
first page of a common word costs no more than of a rare one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, TextClause, text

from archiver.model.queries import search_filters
from archiver.model.queries.search_text import Params, having, match, vector_has
from archiver.model.search_query import And, Dates, Departments, Field, Node, Not, Or, Which

ENOUGH = 200  # versions that are looked for at a time, as facets want them


@dataclass(frozen=True, slots=True)
class Plan:
    """A question as SQL: whose ids, from where, under which conditions. Several conditions
    are of sets that have nothing in common: each is walked by itself, in order."""

    column: str
    source: str
    wheres: tuple[str, ...]
    params: Params

    def ids(self, *, limit: int, after: int | None, oldest_first: bool) -> TextClause:
        """The ids of one page, or of its beginning, in order."""
        params = Params(list(self.params.made))
        way = "ASC" if oldest_first else "DESC"
        behind = ""
        if after is not None:
            behind = f" AND {self.column} {'>' if oldest_first else '<'} {params.add(after)}"
        ordered = f"ORDER BY id {way} LIMIT {int(limit)}"
        walks = [
            f"SELECT {self.column} AS id FROM {self.source} WHERE {where}{behind} "  # noqa: S608
            f"ORDER BY {self.column} {way} LIMIT {limit}"
            for where in self.wheres
        ]
        if len(walks) == 1:
            return text(walks[0]).bindparams(*params.made)
        every = " UNION ALL ".join(f"SELECT id FROM ({walk}) w{n}" for n, walk in enumerate(walks))  # noqa: S608
        return text(f"SELECT id FROM ({every}) q {ordered}").bindparams(*params.made)  # noqa: S608

    def count(self, most: int) -> TextClause:
        """How many there are; one more than `most` if more."""
        every = " UNION ALL ".join(
            f"SELECT 1 FROM {self.source} WHERE {where}"  # noqa: S608 - made here
            for where in self.wheres
        )
        limited = f"SELECT count(*) FROM ({every} LIMIT {most + 1}) q"  # noqa: S608
        return text(limited).bindparams(*self.params.made)


def plan(connection: Connection, query: Node, zone: ZoneInfo) -> Plan:
    """How to ask a question.

    Raises: UsageError when it names what does not exist.
    """
    if connection.dialect.name == "postgresql":
        # To compile a question takes longer than to answer it, whatever the server estimates.
        connection.exec_driver_sql("SET LOCAL jit = off")
    parts = list(query.parts) if isinstance(query, And) else [query]
    params = Params()
    asked, rest = _for_the_index(connection, parts)
    days = [p for p in rest if isinstance(p, Dates) and p.which is Which.PUBLISHED]
    clauses, column, source = [], "s.version_id", "search_rows s"
    if asked is not None:
        first, column, source = _by_the_index(connection, asked, params)
        clauses.append(first)
        if rest:
            join = "CROSS JOIN" if column == "f.rowid" else "JOIN"  # CROSS: from left to right
            source += f" {join} search_rows s ON s.version_id = {column}"
    maker = _Conditions(connection, params, zone, column)
    clauses += [maker.narrowed(part) for part in rest if part not in days]
    return Plan(column, source, _by_days(column, days, clauses, zone), params)


def _by_the_index(connection: Connection, asked: str, params: Params) -> tuple[str, str, str]:
    """Condition, column of the ids, and source of what the full-text index finds.

    SQLite's yields ids in order, as many as are taken. PostgreSQL's does not: it can only find
    all, or be looked at from version to version. Left to itself the server would go through
    the whole archive for the newest of a few; so what is not common is found first (OFFSET
    keeps the server from undoing that).
    """
    if connection.dialect.name == "sqlite":
        return f"f.versions_search MATCH {params.add(asked)}", "f.rowid", "versions_search f"
    if _is_common(connection, asked):
        return f"f.{vector_has(asked, params)}", "f.version_id", "search_texts f"
    return "1 = 1", "f.version_id", f"({having(connection, asked, params)} OFFSET 0) f"


def _is_common(connection: Connection, asked: str) -> bool:
    """PostgreSQL: is it sooner done to go from version to version until enough are found than
    to find all? By what the server has counted; of phrases it knows nothing."""
    if "<->" in asked:
        return False
    query = "SELECT version_id FROM search_texts"
    of = text(f"EXPLAIN (FORMAT JSON) {query} WHERE found @@ CAST(:asked AS tsquery)")
    found = connection.execute(of, {"asked": asked}).scalar_one()[0]["Plan"]["Plan Rows"]
    size = text("SELECT reltuples FROM pg_class WHERE oid = to_regclass('search_texts')")
    every = connection.execute(size).scalar_one()
    return bool(found * found > ENOUGH * every)


def _by_days(
    column: str, days: Sequence[Dates], clauses: Sequence[str], zone: ZoneInfo
) -> tuple[str, ...]:
    """A range of publication dates is a range of ids, but for the versions whose ids do not
    tell it: they are few, have an index of their own, and are asked for by themselves."""
    if not days:
        return (" AND ".join(clauses) or "1 = 1",)
    by_id = [search_filters.within(column, day, zone) for day in days]
    others = " AND ".join(search_filters.within("published", day, zone) for day in days)
    index = f"+{column}" if column == "f.rowid" else column
    return (
        " AND ".join([*clauses, "s.published IS NULL", *by_id]),
        " AND ".join(
            [*clauses, f"{index} IN (SELECT version_id FROM search_rows WHERE {others})"]  # noqa: S608
        ),
    )


def _for_the_index(connection: Connection, parts: Sequence[Node]) -> tuple[str | None, list[Node]]:
    """What the full-text index answers by itself, and the parts that are left."""
    able = [
        part
        for part in parts
        if match(connection, part.part if isinstance(part, Not) else part) is not None
    ]
    together = match(connection, And(tuple(able)))
    if together is None:
        return None, list(parts)
    return together, [part for part in parts if part not in able]


@dataclass(frozen=True, slots=True)
class _Conditions:
    """Makes conditions on `s`, a row of `search_rows`."""

    connection: Connection
    params: Params
    zone: ZoneInfo
    column: str  # of the ids

    def narrowed(self, node: Node) -> str:
        """A part that must hold. Where it can reach a few records only, they are looked up
        first: beside the index that set is looked into for each hit before any row is read."""
        few = search_filters.few_records(self.connection, node) if isinstance(node, Field) else None
        if few is None:
            return self.of(node)
        listed = ", ".join(str(each) for each in few) or "NULL"
        if self.column == "s.version_id":
            return f"s.record_id IN ({listed}) AND {self.of(node)}"
        own = "+f.rowid" if self.column == "f.rowid" else self.column  # +: for no index of ids
        return (
            f"{own} IN (SELECT version_id FROM search_rows "  # noqa: S608 - numbers
            f"WHERE record_id IN ({listed})) AND {self.of(node)}"
        )

    def of(self, node: Node) -> str:
        """Any part of a question."""
        if isinstance(node, Field):
            return search_filters.condition(self.connection, node, self.params)
        if isinstance(node, Dates):
            return search_filters.dates(node, self.params, self.zone)
        if isinstance(node, Departments):
            return search_filters.departments(self.connection, node)
        asked = match(self.connection, node)
        if asked is not None:
            return f"s.version_id IN ({having(self.connection, asked, self.params)})"
        if isinstance(node, Not):
            return f"NOT ({self.of(node.part)})"
        assert isinstance(node, And | Or)
        word = " AND " if isinstance(node, And) else " OR "
        return "(" + (word.join(self.of(part) for part in node.parts) or "1 = 1") + ")"


def version_ids(
    connection: Connection,
    made: Plan,
    *,
    limit: int,
    after: int | None = None,
    oldest_first: bool = False,
) -> list[int]:
    """The versions that answer, newest first, behind the one with the id `after`."""
    query = made.ids(limit=limit, after=after, oldest_first=oldest_first)
    return list(connection.execute(query).scalars())


def count(connection: Connection, made: Plan, most: int) -> int:
    """How many versions answer; `most + 1` if there are more than `most`."""
    return int(connection.execute(made.count(most)).scalar_one())


def all_ids(connection: Connection, made: Plan, *, at_once: int) -> Iterator[tuple[int, int]]:
    """Record and version id of every answer, newest first, a few at a time."""
    after: int | None = None
    while ids := version_ids(connection, made, limit=at_once, after=after):
        after = ids[-1]
        query = "SELECT version_id, record_id FROM search_rows s WHERE "
        rows = {
            row.version_id: row.record_id for row in _chosen(connection, query, "s.version_id", ids)
        }
        yield from ((rows[each], each) for each in ids)


def _chosen(
    connection: Connection, query: str, column: str, ids: Sequence[int]
) -> Sequence[Row[Any]]:
    if connection.dialect.name == "sqlite":
        value = json.dumps(list(ids))
        clause = f"{column} IN (SELECT value FROM json_each(:ids))"  # noqa: S608
        return connection.execute(text(query + clause), {"ids": value}).all()
    return connection.execute(text(query + f"{column} = ANY(:ids)"), {"ids": list(ids)}).all()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A version that answers. Times are UTC; `published_at` is of the record, `edited_at` only
    when the platform states it; `parent_id` and `thread_id` are the platform's."""

    record_id: int
    version_id: int
    number: int
    versions: int
    account: str
    platform: str
    kind: str
    platform_id: str
    author: str
    handle: str
    published_at: datetime | None
    captured_at: datetime
    edited_at: datetime | None
    current: bool
    visibility: str
    presence: str
    language: str
    title: str
    words: str
    pictures: str
    permalink: str
    parent_id: str
    thread_id: str
    media: int


_FOUND = (
    "SELECT v.id, v.record_id, v.number, v.captured_at, v.edited_at, v.visibility, v.language, "
    "v.title, v.words, s.pictures, s.kind, r.versions, r.version_id, r.platform_id, "
    "r.author_id, r.author_name, r.author_handle, r.published_at, r.presence, r.permalink, "
    "r.parent_id, r.thread_id, a.slug, a.platform, "
    "(SELECT count(*) FROM version_media m WHERE m.version_id = v.id) AS media "
    "FROM search_rows s JOIN versions v ON v.id = s.version_id "
    "JOIN records r ON r.id = s.record_id JOIN accounts a ON a.id = s.account_id WHERE "
)


def found(connection: Connection, ids: Sequence[int]) -> list[Found]:
    """These versions, in the order given."""
    rows = {row.id: row for row in _chosen(connection, _FOUND, "s.version_id", ids)}
    return [_found(rows[each]) for each in ids]


def _found(row: Row[Any]) -> Found:
    return Found(
        record_id=row.record_id,
        version_id=row.id,
        number=row.number,
        versions=row.versions,
        account=row.slug,
        platform=row.platform,
        kind=row.kind,
        platform_id=row.platform_id,
        author=row.author_name or row.author_handle or row.author_id,
        handle=row.author_handle,
        published_at=_moment(row.published_at),
        captured_at=_moment(row.captured_at) or row.captured_at,
        edited_at=_moment(row.edited_at),
        current=row.id == row.version_id,
        visibility=row.visibility,
        presence=row.presence,
        language=row.language,
        title=row.title,
        words=row.words,
        pictures=row.pictures,
        permalink=row.permalink,
        parent_id=row.parent_id,
        thread_id=row.thread_id,
        media=row.media,
    )


def _moment(value: Any) -> datetime | None:
    """A time as either driver gives it, in UTC."""
    if value is None:
        return None
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    aware: datetime = value.astimezone(UTC)
    return aware


@dataclass(frozen=True, slots=True)
class Trait:
    """What a hit is counted by in facets."""

    account: str
    platform: str
    kind: str
    author: str
    published_at: datetime | None
    visibility: str
    presence: str


_TRAITS = (
    "SELECT a.slug, a.platform, s.kind, r.author_name, r.author_handle, r.author_id, "
    "r.published_at, r.visibility, r.presence FROM search_rows s "
    "JOIN records r ON r.id = s.record_id JOIN accounts a ON a.id = s.account_id WHERE "
)


def traits(connection: Connection, ids: Sequence[int]) -> list[Trait]:
    """What these versions are counted by; visibility and presence are today's."""
    return [
        Trait(
            row.slug,
            row.platform,
            row.kind,
            row.author_name or row.author_handle or row.author_id,
            _moment(row.published_at),
            row.visibility,
            row.presence,
        )
        for row in _chosen(connection, _TRAITS, "s.version_id", ids)
    ]
