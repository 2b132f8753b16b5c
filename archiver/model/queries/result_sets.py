"""Result sets: which versions a search found for a request, frozen by their numbers.

A set is written once. Its digest is SHA-256 over "version leaf" lines in the order of the
version ids, so the same versions give the same digest however they were found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from archiver.model.queries.bulk import bulk
from archiver.model.queries.known import AT_ONCE
from archiver.model.tables import versions
from archiver.model.tables_requests import request_events, requests, result_items, result_sets


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """A request as far as review needs it."""

    id: int
    number: str
    state: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultSet:
    """A frozen set. `made_at` is aware UTC."""

    id: int
    request_id: int
    number: int
    query: str
    made_by: str
    made_at: datetime
    size: int
    digest: str


def request_of(connection: Connection, number: str) -> RequestRow | None:
    """The request of this number."""
    row = connection.execute(select(requests).where(requests.c.number == number)).first()
    if row is None:
        return None
    return RequestRow(id=row.id, number=row.number, state=row.state, text=row.text)


def sets_of(connection: Connection, request_id: int) -> list[ResultSet]:
    """The sets of a request, oldest first."""
    query = (
        select(result_sets)
        .where(result_sets.c.request_id == request_id)
        .order_by(result_sets.c.number)
    )
    return [ResultSet(**row._mapping) for row in connection.execute(query)]


def add_set(connection: Connection, request_id: int, **values: Any) -> ResultSet:
    """Enter the head of a set, under the next number of its request. Needs the write lock."""
    highest = select(func.max(result_sets.c.number)).where(result_sets.c.request_id == request_id)
    number = (connection.execute(highest).scalar_one() or 0) + 1
    filled = {**values, "request_id": request_id, "number": number}
    key = connection.execute(insert(result_sets).values(**filled)).inserted_primary_key
    assert key is not None
    return ResultSet(id=key[0], **filled)


def add_items(connection: Connection, set_id: int, items: Sequence[tuple[int, int]]) -> None:
    """Enter record and version of each item, in their order."""
    for start in range(0, len(items), AT_ONCE):
        bulk(
            connection,
            result_items,
            [
                {
                    "set_id": set_id,
                    "position": start + number,
                    "record_id": record_id,
                    "version_id": version_id,
                }
                for number, (record_id, version_id) in enumerate(
                    items[start : start + AT_ONCE], start=1
                )
            ],
        )


def digest_over(connection: Connection, items: Sequence[tuple[int, int]]) -> tuple[str, list[int]]:
    """The digest of these (record, version) pairs in their order, and the versions among them
    that do not exist or belong to another record."""
    digest = hashlib.sha256()
    strangers: list[int] = []
    for start in range(0, len(items), AT_ONCE):
        chosen = items[start : start + AT_ONCE]
        query = select(versions.c.id, versions.c.record_id, versions.c.leaf).where(
            versions.c.id.in_([version_id for _, version_id in chosen])
        )
        known = {row.id: (row.record_id, row.leaf) for row in connection.execute(query)}
        for record_id, version_id in chosen:
            owner, leaf = known.get(version_id, (None, ""))
            if owner != record_id:
                strangers.append(version_id)
            digest.update(f"{version_id} {leaf}\n".encode("ascii"))
    return digest.hexdigest(), strangers


def items_of(connection: Connection, set_id: int) -> Iterator[tuple[int, int]]:
    """Record and version of each item of a set, in order, a few at a time."""
    query = (
        select(result_items.c.record_id, result_items.c.version_id)
        .where(result_items.c.set_id == set_id)
        .order_by(result_items.c.position)
        .execution_options(yield_per=AT_ONCE)
    )
    for row in connection.execute(query):
        yield row.record_id, row.version_id


def only_in(connection: Connection, set_id: int, other_id: int) -> list[tuple[int, int]]:
    """Record and version of the items of a set that another set does not have."""
    other = select(result_items.c.version_id).where(result_items.c.set_id == other_id)
    query = (
        select(result_items.c.record_id, result_items.c.version_id)
        .where(result_items.c.set_id == set_id, result_items.c.version_id.not_in(other))
        .order_by(result_items.c.position)
    )
    return [(row.record_id, row.version_id) for row in connection.execute(query)]


def add_event(connection: Connection, request_id: int, **values: Any) -> None:
    """Note in the request's history what was done about it: at, day, actor, action, detail."""
    connection.execute(insert(request_events).values(request_id=request_id, **values))
