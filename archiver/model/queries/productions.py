"""Productions: their row, their items, and what making them needs to know beforehand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from archiver.model.queries.bulk import bulk
from archiver.model.queries.known import AT_ONCE
from archiver.model.tables import exchanges, media, version_media, versions
from archiver.model.tables_requests import production_items, productions, requests, result_items

BEGUN, DONE, DELIVERED, ABANDONED = "begun", "done", "delivered", "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionRow:
    """A production. Times are aware UTC; `first` and `last` are its Bates numbers, `last` is
    one less than `first` when nothing is released."""

    id: int
    request_id: int
    request: str
    set_id: int
    number: int
    state: str
    options: Mapping[str, Any]
    prefix: str
    first: int
    last: int
    folder: str
    made_by: str
    made_at: datetime
    finished_at: datetime | None
    manifest_sha256: str


def find(connection: Connection, request_id: int, number: int) -> ProductionRow | None:
    """The production of that number of a request."""
    query = _QUERY.where(productions.c.request_id == request_id, productions.c.number == number)
    row = connection.execute(query).first()
    return None if row is None else _made(row)


def all_of(connection: Connection, *, state: str = "") -> list[ProductionRow]:
    """All productions, or those in a state, oldest first."""
    query = _QUERY.order_by(productions.c.id)
    if state:
        query = query.where(productions.c.state == state)
    return [_made(row) for row in connection.execute(query)]


def next_number(connection: Connection, request_id: int) -> int:
    """The number that the next production of a request gets."""
    highest = select(func.max(productions.c.number)).where(productions.c.request_id == request_id)
    return (connection.execute(highest).scalar_one() or 0) + 1


def last_bates(connection: Connection, prefix: str) -> int:
    """The highest number given out under a prefix; 0 for none. In a write transaction it
    stays the highest until that ends."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE productions IN EXCLUSIVE MODE")
    highest = select(func.max(productions.c.last)).where(productions.c.prefix == prefix)
    return connection.execute(highest).scalar_one() or 0


def add(connection: Connection, **values: Any) -> int:
    """Enter a production; returns its row number. Needs the write lock."""
    made = connection.execute(insert(productions).values(**values).returning(productions.c.id))
    return int(made.scalar_one())


def add_items(
    connection: Connection, production_id: int, items: Iterable[Mapping[str, Any]]
) -> None:
    """Enter what is in a production: position, version_id, decision_id, outcome, bates."""
    waiting = iter(items)
    while chunk := list(islice(waiting, AT_ONCE)):
        rows = [{**each, "production_id": production_id} for each in chunk]
        bulk(connection, production_items, rows)


def change(connection: Connection, production_id: int, **values: Any) -> None:
    """Move a production's state."""
    query = update(productions).where(productions.c.id == production_id)
    connection.execute(query.values(**values))


def weight(connection: Connection, set_id: int) -> tuple[int, int]:
    """How many items a set has, and how many bytes their media have."""
    count = select(func.count()).select_from(result_items).where(result_items.c.set_id == set_id)
    size = (
        select(func.coalesce(func.sum(media.c.size), 0))
        .select_from(result_items)
        .join(version_media, version_media.c.version_id == result_items.c.version_id)
        .join(media, media.c.sha256 == version_media.c.sha256)
        .where(result_items.c.set_id == set_id)
    )
    return connection.execute(count).scalar_one(), int(connection.execute(size).scalar_one())


def answers(connection: Connection, production_id: int) -> Sequence[tuple[str, str]]:
    """Exchange and WARC record id of the answers that the items were read from."""
    query = (
        select(exchanges.c.id, exchanges.c.response_id)
        .join(versions, versions.c.exchange_id == exchanges.c.id)
        .join(production_items, production_items.c.version_id == versions.c.id)
        .where(
            production_items.c.production_id == production_id,
            exchanges.c.response_id.is_not(None),
        )
        .distinct()
        .order_by(exchanges.c.id)
    )
    return [(row.id, row.response_id) for row in connection.execute(query)]


_QUERY = select(productions, requests.c.number.label("request")).join(
    requests, requests.c.id == productions.c.request_id
)


def _made(row: Row[Any]) -> ProductionRow:
    values = {**row._mapping, "manifest_sha256": row.manifest_sha256 or ""}
    return ProductionRow(**values)
