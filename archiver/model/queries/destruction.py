"""What must be known of records before they are destroyed: their states, files and places.

Reads only. What is done to the rows is in `erasure`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from archiver.model.queries.known import AT_ONCE
from archiver.model.tables import (
    accounts,
    exchanges,
    findings,
    media,
    records,
    runs,
    version_media,
    versions,
)
from archiver.model.tables_disposition import replacements


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One version as far as the destruction must know it."""

    id: int
    run_id: str
    exchange: str
    version_key: str
    digest: str
    leaf: str
    canonical: str
    native: str
    title: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A media entry of a version; `sha256` is empty where nothing was fetched."""

    version_id: int
    key: str
    url: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A record that is to go. `states` are in the order of capture."""

    id: int
    account_id: int
    account: str
    platform: str
    family: str
    platform_id: str
    kind: str
    permalink: str
    published_at: datetime | None
    current: int
    states: tuple[State, ...]
    files: tuple[File, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An exchange and where its two records lie; an id is None where there is none."""

    exchange: str
    account_id: int
    run_id: str
    segment: str
    url: str
    payload_sha256: str | None
    request_id: str | None
    response_id: str | None
    offset: int | None
    length: int | None


def subjects(connection: Connection, record_ids: Sequence[int]) -> list[Subject]:
    """The records with all that is known of them."""
    found = []
    states = _states(connection, record_ids)
    files = _files(connection, record_ids)
    for chosen in _chunks(sorted(record_ids)):
        query = (
            select(records, accounts.c.slug, accounts.c.platform)
            .join(accounts, accounts.c.id == records.c.account_id)
            .where(records.c.id.in_(chosen))
            .order_by(records.c.id)
        )
        for row in connection.execute(query):
            found.append(
                Subject(
                    id=row.id,
                    account_id=row.account_id,
                    account=row.slug,
                    platform=row.platform,
                    family=row.family,
                    platform_id=row.platform_id,
                    kind=row.kind,
                    permalink=row.permalink,
                    published_at=row.published_at,
                    current=row.version_id,
                    states=tuple(states[row.id]),
                    files=tuple(files[row.id]),
                )
            )
    return found


def _states(connection: Connection, record_ids: Sequence[int]) -> dict[int, list[State]]:
    found: dict[int, list[State]] = defaultdict(list)
    for chosen in _chunks(sorted(record_ids)):
        query = (
            select(versions)
            .where(versions.c.record_id.in_(chosen))
            .order_by(versions.c.record_id, versions.c.number)
        )
        for row in connection.execute(query):
            found[row.record_id].append(
                State(
                    id=row.id,
                    run_id=row.run_id,
                    exchange=row.exchange_id,
                    version_key=row.version_key,
                    digest=row.digest,
                    leaf=row.leaf,
                    canonical=row.canonical,
                    native=row.native,
                    title=row.title,
                    words=row.words,
                )
            )
    return found


def _files(connection: Connection, record_ids: Sequence[int]) -> dict[int, list[File]]:
    found: dict[int, list[File]] = defaultdict(list)
    for chosen in _chunks(sorted(record_ids)):
        query = (
            select(version_media, versions.c.record_id)
            .join(versions, versions.c.id == version_media.c.version_id)
            .where(versions.c.record_id.in_(chosen))
            .order_by(version_media.c.version_id, version_media.c.position)
        )
        for row in connection.execute(query):
            found[row.record_id].append(
                File(
                    version_id=row.version_id,
                    key=row.key,
                    url=row.url,
                    sha256=row.sha256 or "",
                )
            )
    return found


def used_by_others(
    connection: Connection, column: str, values: Iterable[str], but: Set[int]
) -> set[str]:
    """Those of the media entries' values ("sha256", "url" or "key") that a record outside of
    `but` has, too."""
    chosen_column = version_media.c[column]
    found: set[str] = set()
    for chosen in _chunks(sorted(set(values) - {""})):
        query = (
            select(chosen_column, versions.c.record_id)
            .join(versions, versions.c.id == version_media.c.version_id)
            .where(chosen_column.in_(chosen))
            .distinct()
        )
        found |= {value for value, record_id in connection.execute(query) if record_id not in but}
    return found


def holders(connection: Connection, payloads: Iterable[str]) -> dict[str, str]:
    """The exchange that holds each of these media payloads."""
    found: dict[str, str] = {}
    for chosen in _chunks(sorted(payloads)):
        query = select(media.c.sha256, media.c.exchange_id).where(media.c.sha256.in_(chosen))
        found.update({row.sha256: row.exchange_id for row in connection.execute(query)})
    return found


def payload_sizes(connection: Connection, payloads: Iterable[str]) -> int:
    """How many bytes these media payloads have together."""
    total = 0
    for chosen in _chunks(sorted(payloads)):
        query = select(func.sum(media.c.size)).where(media.c.sha256.in_(chosen))
        total += int(connection.execute(query).scalar() or 0)
    return total


def media_exchanges(connection: Connection, account_ids: Set[int]) -> set[str]:
    """The exchanges of these accounts that hold a media payload."""
    query = (
        select(media.c.exchange_id)
        .join(exchanges, exchanges.c.id == media.c.exchange_id)
        .join(runs, runs.c.id == exchanges.c.run_id)
        .where(runs.c.account_id.in_(sorted(account_ids)))
    )
    return set(connection.execute(query).scalars())


def places(connection: Connection, account_ids: Set[int]) -> Iterator[Place]:
    """Every stored exchange of these accounts, read as it is asked for: there may be very many."""
    query = _places().where(runs.c.account_id.in_(sorted(account_ids)))
    for row in connection.execute(query.execution_options(yield_per=AT_ONCE)):
        yield _place(row)


def places_of(connection: Connection, exchange_ids: Iterable[str]) -> list[Place]:
    """These exchanges."""
    found: list[Place] = []
    for chosen in _chunks(sorted(exchange_ids)):
        query = _places().where(exchanges.c.id.in_(chosen))
        found += [_place(row) for row in connection.execute(query)]
    return found


def same_payload(connection: Connection, stored: Iterable[str]) -> list[Place]:
    """Every exchange, of whatever account, whose stored payload has one of these hashes: the
    one that holds the bytes, and those that only refer to it."""
    found: list[Place] = []
    for chosen in _chunks(sorted(stored)):
        query = _places().where(exchanges.c.payload_sha256.in_(chosen))
        found += [_place(row) for row in connection.execute(query)]
    return found


def _places() -> Select[Any]:
    return (
        select(exchanges, runs.c.account_id)
        .join(runs, runs.c.id == exchanges.c.run_id)
        .order_by(exchanges.c.segment, exchanges.c.response_offset)
    )


def _place(row: Any) -> Place:
    return Place(
        exchange=row.id,
        account_id=row.account_id,
        run_id=row.run_id,
        segment=row.segment,
        url=row.url,
        payload_sha256=row.payload_sha256,
        request_id=row.request_id,
        response_id=row.response_id,
        offset=row.response_offset,
        length=row.response_length,
    )


def rests_on(connection: Connection, exchange_ids: Iterable[str]) -> dict[str, set[int]]:
    """The records with a version or a finding that was read from these exchanges."""
    found: dict[str, set[int]] = defaultdict(set)
    for chosen in _chunks(sorted(exchange_ids)):
        for table in (versions, findings):
            query = select(table.c.exchange_id, table.c.record_id).where(
                table.c.exchange_id.in_(chosen)
            )
            for exchange, record_id in connection.execute(query):
                found[exchange].add(record_id)
    return found


def told_in(connection: Connection, record_ids: Sequence[int]) -> set[str]:
    """The segments, as they are now, whose manifests have a version or a finding of these."""
    found: set[str] = set()
    for chosen in _chunks(sorted(record_ids)):
        for table in (versions, findings):
            query = (
                select(runs.c.segment)
                .join(table, table.c.run_id == runs.c.id)
                .where(table.c.record_id.in_(chosen), runs.c.segment.is_not(None))
                .distinct()
            )
            found |= set(connection.execute(query).scalars())
    return {current(connection, name) for name in found}


def captured_into(
    connection: Connection, record_ids: Sequence[int]
) -> dict[int, tuple[int, set[str]]]:
    """Of each record its account, and the segments, by the names that they were sealed with,
    whose runs have a version or a finding of it."""
    found: dict[int, tuple[int, set[str]]] = {}
    for chosen in _chunks(sorted(record_ids)):
        own = select(records.c.id, records.c.account_id).where(records.c.id.in_(chosen))
        found.update({row.id: (row.account_id, set()) for row in connection.execute(own)})
        for table in (versions, findings):
            query = (
                select(table.c.record_id, runs.c.segment)
                .join(runs, runs.c.id == table.c.run_id)
                .where(table.c.record_id.in_(chosen), runs.c.segment.is_not(None))
                .distinct()
            )
            for record_id, name in connection.execute(query):
                found[record_id][1].add(name)
    return found


def current(connection: Connection, segment: str) -> str:
    """The segment that holds now what this one held."""
    query = select(replacements.c.successor).where(replacements.c.segment == segment)
    successor = connection.execute(query).scalar_one_or_none()
    return segment if successor is None else current(connection, successor)


def account_of(connection: Connection, segment: str) -> int:
    """The account whose run made this segment, or the one that it replaces."""
    before = select(replacements.c.segment).where(replacements.c.successor == segment)
    while (older := connection.execute(before).scalar_one_or_none()) is not None:
        segment = older
        before = select(replacements.c.segment).where(replacements.c.successor == segment)
    query = select(runs.c.account_id).where(runs.c.segment == segment)
    return int(connection.execute(query).scalar_one())


def staying_ids(connection: Connection, account_id: int, but: Set[int]) -> set[str]:
    """The platform's ids of the records of an account that stay, and of all their states."""
    query = (
        select(records.c.id, records.c.platform_id, versions.c.version_key)
        .join(versions, versions.c.record_id == records.c.id)
        .where(records.c.account_id == account_id)
    )
    found: set[str] = set()
    for record_id, platform_id, version_key in connection.execute(query):
        if record_id not in but:
            found |= {platform_id, version_key}
    return found - {""}


def natives_of_others(
    connection: Connection, account_id: int, but: Set[int]
) -> list[tuple[str, str, str]]:
    """Family, platform's id and native JSON of every state of the records that are not in
    `but`: what must not go with those into other hands."""
    query = (
        select(records.c.id, records.c.family, records.c.platform_id, versions.c.native)
        .join(versions, versions.c.record_id == records.c.id)
        .where(records.c.account_id == account_id, versions.c.native != "")
    )
    return [
        (row.family, row.platform_id, row.native)
        for row in connection.execute(query)
        if row.id not in but
    ]


def _chunks(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    for start in range(0, len(values), AT_ONCE):
        yield values[start : start + AT_ONCE]
