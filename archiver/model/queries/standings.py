"""Where each record stands: written anew set by set, and read.

The database makes the keys of a stretch of records, hands out the distinct ones that it has
not met yet, and gets back one row each; a single statement then moves the whole stretch. The
write lock is held for that statement only, so captures never wait long. Two connections share
the stretches, each with its own keys: while one writes, the other makes keys.

A standing is of the state that was committed when its stretch was keyed. What a capture or a
person changes after that, even before the row is written, counts from the next evaluation, like
what changes an hour later. A record that was destroyed meanwhile loses its row with the same
transaction, one that was added has none until then, and holds are asked for anew by whoever
acts on a standing.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

from sqlalchemy import (
    Column,
    MetaData,
    String,
    Table,
    Text,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite

from archiver.model.database import Connection, Database
from archiver.model.queries.bulk import bulk
from archiver.model.queries.standing_keys import Keys
from archiver.model.queries.together import together
from archiver.model.tables import Id, records
from archiver.model.tables_retention import standings, tombstones
from retention.facts import Standing

STRETCH = 100_000  # records whose standings move in one transaction
WORKERS = 2  # connections that share the work: while one writes, the other makes keys

_temporary = MetaData()
_KEYED = Table(
    "standing_keyed",
    _temporary,
    Column("record_id", Id, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False),
    prefixes=["TEMPORARY"],
)
_VERDICTS = Table(
    "standing_verdicts",
    _temporary,
    Column("key", Text, primary_key=True),
    Column("standing", String(20), nullable=False),
    Column("eligible_on", String(10)),
    Column("must_go_by", String(10)),
    Column("action", String(20), nullable=False),
    Column("manner", String(20), nullable=False),
    Column("series", String(100), nullable=False),
    prefixes=["TEMPORARY"],
    sqlite_with_rowid=False,
)
_COLUMNS = ("standing", "eligible_on", "must_go_by", "action", "manner", "series")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What follows for all records of one key. `series` is the one that decides."""

    standing: Standing
    eligible_on: date | None
    must_go_by: date | None
    action: str
    manner: str
    series: str


JudgeKey = Callable[[str], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """How much of a series is due, or waits for a person to decide."""

    series: str
    standing: str
    action: str
    manner: str
    records: int
    since: date | None
    must_go_by: date | None


def rewrite(
    database: Database,
    prepare: Callable[[Connection], tuple[Keys, JudgeKey]],
    *,
    day: date,
    stretch: int = STRETCH,
) -> None:
    """Write all standings for an agency-local day. Each of the connections that share the work
    prepares its own keys, with who judges them.

    Raises: StoreError when the database cannot be used, and whatever preparing and judging
    raise; the stretches that were written by then stay.
    """
    with database.read() as connection:
        waiting = deque(_stretches(connection, stretch))
    writes = Lock()

    def work(connection: Connection) -> None:
        try:
            keys, judge = prepare(connection)
            connection.commit()
            with connection.begin():
                _make_tables(connection)
            while (part := _next(waiting)) is not None:
                _move(connection, keys, judge, part, day, writes)
        finally:
            waiting.clear()  # there is nothing left, or it failed: nobody starts another

    together(database, [work] * min(WORKERS, len(waiting)))


def _next(waiting: deque[tuple[int, int]]) -> tuple[int, int] | None:
    try:
        return waiting.popleft()
    except IndexError:  # the other connection was faster
        return None


def _move(
    connection: Connection,
    keys: Keys,
    judge: JudgeKey,
    part: tuple[int, int],
    day: date,
    writes: Lock,
) -> None:
    """Key, judge and write one stretch. Of the connections one writes at a time: it is told
    at once when its turn comes, where the database would have it ask again and again."""
    connection.execution_options(archiver_writes=False)
    with connection.begin():
        _judge_stretch(connection, keys, judge, *part)
    connection.execution_options(archiver_writes=True)
    with writes, connection.begin():
        _write_stretch(connection, *part, day)


def count_keys(connection: Connection, keys: Keys) -> Counter[str]:
    """How many records have which key."""
    counts: Counter[str] = Counter()
    for first, last in _stretches(connection, STRETCH):
        found = keys.query(first, last).subquery()
        query = select(found.c.key, func.count()).group_by(found.c.key)
        for key, number in connection.execute(query):
            counts[key] += number
    return counts


def key_of(connection: Connection, keys: Keys, record_id: int) -> str | None:
    """The key of one record; None if it was destroyed."""
    row = connection.execute(keys.query(record_id, record_id)).first()
    return None if row is None else str(row.key)


def due(connection: Connection, kinds: Sequence[Standing]) -> list[Due]:
    """What stands in one of these ways, by series."""
    query = (
        select(
            standings.c.series,
            standings.c.standing,
            standings.c.action,
            standings.c.manner,
            func.count().label("records"),
            func.min(standings.c.eligible_on).label("since"),
            func.min(standings.c.must_go_by).label("must_go_by"),
        )
        .where(standings.c.standing.in_(kinds))
        .group_by(standings.c.series, standings.c.standing, standings.c.action, standings.c.manner)
        .order_by(standings.c.series, standings.c.standing)
    )
    return [
        Due(
            series=row.series,
            standing=row.standing,
            action=row.action,
            manner=row.manner,
            records=row.records,
            since=_day(row.since),
            must_go_by=_day(row.must_go_by),
        )
        for row in connection.execute(query)
    ]


def counted(connection: Connection) -> dict[str, int]:
    """How many records stand how."""
    query = select(standings.c.standing, func.count().label("n")).group_by(standings.c.standing)
    return {row.standing: row.n for row in connection.execute(query)}


def due_records(
    connection: Connection, series: str, kinds: Sequence[Standing], *, limit: int
) -> list[int]:
    """The records of a series that stand in one of these ways, the longest due first."""
    query = (
        select(standings.c.record_id)
        .where(standings.c.series == series, standings.c.standing.in_(kinds))
        .order_by(standings.c.eligible_on, standings.c.record_id)
        .limit(limit)
    )
    return list(connection.scalars(query))


def _make_tables(connection: Connection) -> None:
    for table in _temporary.sorted_tables:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}")
        table.create(connection, checkfirst=False)


def _stretches(connection: Connection, stretch: int) -> Iterator[tuple[int, int]]:
    first, last = connection.execute(select(func.min(records.c.id), func.max(records.c.id))).one()
    if first is None:
        return
    for start in range(first, last + 1, stretch):
        yield start, start + stretch - 1


def _judge_stretch(
    connection: Connection, keys: Keys, judge: JudgeKey, first: int, last: int
) -> None:
    connection.execute(delete(_KEYED))
    made = keys.query(first, last)
    connection.execute(insert(_KEYED).from_select(["record_id", "key"], made))
    known = exists().where(_VERDICTS.c.key == _KEYED.c.key)
    fresh = connection.scalars(select(_KEYED.c.key).where(~known).distinct()).all()
    bulk(connection, _VERDICTS, [_row(key, judge(key)) for key in fresh])
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ANALYZE {_KEYED.name}")
        connection.exec_driver_sql(f"ANALYZE {_VERDICTS.name}")


def _write_stretch(connection: Connection, first: int, last: int, day: date) -> None:
    """Move the standings that there are, add those that are new, and forget the destroyed.

    Rows are met in their order and each is found by its number: an UPDATE that joins would have
    SQLite go through the standings of all records for every stretch.
    """
    columns = [_KEYED.c.record_id, *(_VERDICTS.c[name] for name in _COLUMNS)]
    found = (
        select(*columns, literal(day.isoformat()))
        .join_from(_KEYED, _VERDICTS, _VERDICTS.c.key == _KEYED.c.key)
        .where(true())  # or SQLite would take ON CONFLICT for a condition of the join
        .order_by(_KEYED.c.record_id)
    )
    names = [*_COLUMNS, "evaluated_on"]
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    written = dialect.insert(standings).from_select(["record_id", *names], found)
    changed: dict[str, Any] = {name: written.excluded[name] for name in names}
    connection.execute(
        written.on_conflict_do_update(
            index_elements=[standings.c.record_id], set_={**changed, "rule_id": null()}
        )
    )
    gone = select(tombstones.c.record_id).where(tombstones.c.record_id.between(first, last))
    connection.execute(
        delete(standings).where(
            and_(standings.c.record_id.between(first, last), standings.c.record_id.in_(gone))
        )
    )


def _row(key: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "key": key,
        "standing": verdict.standing.value,
        "eligible_on": verdict.eligible_on.isoformat() if verdict.eligible_on else None,
        "must_go_by": verdict.must_go_by.isoformat() if verdict.must_go_by else None,
        "action": verdict.action,
        "manner": verdict.manner,
        "series": verdict.series,
    }


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
