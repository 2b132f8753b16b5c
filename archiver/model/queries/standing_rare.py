"""What few records have (tags, words that rules ask for, people's claims and answers), gathered
into tables of one connection, so that the keys of all records can be made from them by joining.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Select,
    String,
    Table,
    Text,
    case,
    cast,
    func,
    select,
)
from sqlalchemy.types import TypeEngine

from archiver.model.queries.bulk import bulk
from archiver.model.queries.retention import attached, claims_by_hand, stated_for
from archiver.model.tables import Id, Utc, accounts, findings, records, versions
from archiver.model.tables_retention import assignments

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY, _LAST_DAY = date(1970, 1, 1), date(2199, 12, 31)

_temporary = MetaData()


def _sparse(name: str) -> Table:
    """What few records have, one text a record."""
    return Table(
        name,
        _temporary,
        Column("record_id", Id, primary_key=True, autoincrement=False),
        Column("value", Text, nullable=False),
        prefixes=["TEMPORARY"],
    )


TAGS = _sparse("standing_tags")
WORDS = _sparse("standing_words")
BY_HAND = _sparse("standing_by_hand")
STATED = _sparse("standing_stated")
ANSWERED = _sparse("standing_answered")


def _calendar(name: str, begins: Utc | TypeEngine[int]) -> Table:
    """When each agency-local day began."""
    return Table(
        name,
        _temporary,
        Column("begins", begins, primary_key=True, autoincrement=False),
        Column("day", String(10), nullable=False),
        prefixes=["TEMPORARY"],
        sqlite_with_rowid=False,  # so that a look-up needs one search, not two
    )


DAYS = _calendar("standing_days", Utc())
VERSION_DAYS = _calendar("standing_version_days", Id)  # by the ids of versions of that time


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What the rules in force ask about. `accounts` groups the numbers of accounts that no
    rule tells apart; `removed`: a rule asks whether the public can still see a record. `words`
    are looked for in all versions; `tags` are those that a rule or a branch of a series names.
    """

    accounts: tuple[tuple[int, ...], ...] = ()
    kinds: tuple[str, ...] = ()
    roles: bool = False
    removed: bool = False
    authors: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def gather(
    connection: Connection,
    needs: Needs,
    *,
    days: Mapping[datetime, str],
    answered: Iterable[int],
    words: Mapping[int, str],
) -> dict[int, str]:
    """Fill the tables; returns the series that people put records into, by their numbers.
    `answered` are the records about whose maximum a person decided, `words` the places of
    the words that records have. `days` are the agency's calendar."""
    for table in _temporary.sorted_tables:
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table.name}")
        table.create(connection, checkfirst=False)
    bulk(connection, DAYS, [{"begins": begins, "day": day} for begins, day in days.items()])
    ids = [{"begins": version_ids_from(begins), "day": day} for begins, day in days.items()]
    bulk(connection, VERSION_DAYS, ids)
    if needs.tags:
        tagged = attached(among=needs.tags).subquery()
        numbers = case({tag: n for n, tag in enumerate(needs.tags)}, value=tagged.c.tag)
        _gather(connection, TAGS, select(tagged.c.record_id, cast(numbers, String).label("n")))
    said = stated_for().subquery()
    _gather(connection, STATED, select(said.c.record_id, said.c.event + "=" + said.c.day))
    bulk(connection, ANSWERED, [{"record_id": each, "value": str(each)} for each in answered])
    bulk(connection, WORDS, [{"record_id": n, "value": each} for n, each in words.items()])
    series = _number_series(connection)
    _analyse(connection)
    return series


def version_ids_from(moment: datetime) -> int:
    """The least id of a version whose state came to be then; see the `versions` table."""
    return (moment - _EPOCH) // timedelta(milliseconds=1) << 20


def filled(connection: Connection) -> frozenset[str]:
    """The names of the tables that have a row."""
    tables = (TAGS, WORDS, BY_HAND, STATED, ANSWERED)
    return frozenset(
        each.name
        for each in tables
        if connection.execute(select(each.c.record_id).limit(1)).first() is not None
    )


def own_authors(connection: Connection) -> list[tuple[int, str]]:
    """Account and author of every profile: there the agency speaks itself."""
    query = select(records.c.account_id, records.c.author_id).where(
        records.c.account_id.in_(select(accounts.c.id)),
        records.c.family == "profile",
        records.c.author_id != "",
    )
    return [(row.account_id, row.author_id) for row in connection.execute(query)]


def calendar(connection: Connection, zone: ZoneInfo) -> dict[datetime, str]:
    """When each agency-local day began, from the first to the last that any record needs."""
    lived = select(
        func.min(records.c.published_at),
        func.max(records.c.published_at),
        func.min(records.c.first_seen),
        func.max(records.c.last_seen),
        func.max(records.c.version_id),
    )
    found = select(func.min(findings.c.at), func.max(findings.c.at))
    *moments, newest = connection.execute(lived).one()
    edited = select(versions.c.edited_at).where(versions.c.id == newest)
    moments += [*connection.execute(found).one(), connection.scalar(edited)]
    known = [moment.date() for moment in moments if moment is not None]
    first = max(min(known, default=_FIRST_DAY), _FIRST_DAY) - timedelta(days=2)
    last = min(max(known, default=_FIRST_DAY), _LAST_DAY) + timedelta(days=2)
    rows: dict[datetime, str] = {}
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        begins = datetime.combine(day, time.min, zone).astimezone(UTC)
        rows[begins] = day.isoformat()
    return rows


def _gather(connection: Connection, table: Table, pairs: Select[Any]) -> None:
    """Fill a table from rows of record and number; a record's numbers become one text."""
    found = pairs.subquery()
    record_id, number = found.c
    joined = select(record_id, func.aggregate_strings(number, ",")).group_by(record_id)
    connection.execute(table.insert().from_select(["record_id", "value"], joined))


def _number_series(connection: Connection) -> dict[int, str]:
    """Number the series that people put records into by their first such row."""
    first = (
        select(func.min(assignments.c.id).label("n"), assignments.c.schedule, assignments.c.series)
        .group_by(assignments.c.schedule, assignments.c.series)
        .subquery()
    )
    claims = claims_by_hand().subquery()
    same = (first.c.schedule == claims.c.schedule) & (first.c.series == claims.c.series)
    pairs = select(claims.c.record_id, cast(first.c.n, String).label("n")).join(first, same)
    _gather(connection, BY_HAND, pairs)
    return {row.n: f"{row.schedule}/{row.series}" for row in connection.execute(select(first))}


def _analyse(connection: Connection) -> None:
    """PostgreSQL plans badly for tables that it knows nothing of."""
    if connection.dialect.name == "postgresql":
        for table in _temporary.sorted_tables:
            connection.exec_driver_sql(f"ANALYZE {table.name}")
