"""What a production's items rest on: the exchanges that they were read from, where those lie,
and what else was read from them. Reads only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from archiver.model.queries.known import AT_ONCE
from archiver.model.tables import exchanges, findings, records, runs, version_media, versions


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredExchange:
    """An exchange and where its two records lie: byte offset and length of their gzip members,
    None for one that is not held. `at` is aware UTC; hashes are hex SHA-256 of the answer."""

    id: str
    account_id: int
    segment: str
    url: str
    status: int
    at: datetime
    request_id: str | None
    request_offset: int | None
    request_length: int | None
    response_id: str | None
    response_offset: int | None
    response_length: int | None
    block_sha256: str | None
    payload_sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadState:
    """A version, as far as it tells what may stand on a page. `words` are the author as the
    platform showed it, and the address."""

    id: int
    record_id: int
    exchange: str
    family: str
    digest: str
    canonical: str
    native: str
    words: tuple[str, ...]


def stored_exchanges(connection: Connection, ids: Sequence[str]) -> dict[str, StoredExchange]:
    """These exchanges, by their ids."""
    columns = [exchanges.c[name] for name in StoredExchange.__slots__ if name != "account_id"]
    query = (
        select(*columns, runs.c.account_id)
        .join(runs, runs.c.id == exchanges.c.run_id)
        .where(exchanges.c.id.in_(ids))
    )
    return {row.id: StoredExchange(**row._mapping) for row in connection.execute(query)}


def states_read_from(connection: Connection, ids: Sequence[str]) -> Iterator[ReadState]:
    """Every version that was read from one of these exchanges, of whatever record."""
    for row in connection.execute(_STATES.where(versions.c.exchange_id.in_(ids))):
        yield _state(row)


def records_found_by(connection: Connection, ids: Sequence[str]) -> dict[str, set[int]]:
    """The records about which something was found by these exchanges."""
    found: dict[str, set[int]] = {}
    query = select(findings.c.exchange_id, findings.c.record_id).where(
        findings.c.exchange_id.in_(ids)
    )
    for exchange, record_id in connection.execute(query):
        found.setdefault(exchange, set()).add(record_id)
    return found


def states_of(
    connection: Connection, account_id: int, platform_ids: Iterable[str]
) -> Iterator[ReadState]:
    """All states of an account's records with these ids of the platform."""
    wanted = sorted(platform_ids)
    for start in range(0, len(wanted), AT_ONCE):
        query = _STATES.where(
            records.c.account_id == account_id,
            records.c.platform_id.in_(wanted[start : start + AT_ONCE]),
        )
        for row in connection.execute(query):
            yield _state(row)


def profile_states(connection: Connection, account_id: int) -> Iterator[ReadState]:
    """All states of what the account says of itself."""
    query = _STATES.where(records.c.account_id == account_id, records.c.family == "profile")
    for row in connection.execute(query):
        yield _state(row)


def file_words(connection: Connection, version_ids: Iterable[int]) -> Iterator[str]:
    """Address, key and alternative text of each file of these versions."""
    wanted = sorted(version_ids)
    for start in range(0, len(wanted), AT_ONCE):
        query = select(version_media.c.url, version_media.c.key, version_media.c.alt_text).where(
            version_media.c.version_id.in_(wanted[start : start + AT_ONCE])
        )
        for row in connection.execute(query):
            yield from row


_STATES: Select[Any] = select(
    versions.c.id,
    versions.c.record_id,
    versions.c.exchange_id,
    versions.c.digest,
    versions.c.canonical,
    versions.c.native,
    records.c.family,
    records.c.author_id,
    records.c.author_handle,
    records.c.author_name,
    records.c.permalink,
).join(records, records.c.id == versions.c.record_id)


def _state(row: Row[Any]) -> ReadState:
    return ReadState(
        id=row.id,
        record_id=row.record_id,
        exchange=row.exchange_id,
        family=row.family,
        digest=row.digest,
        canonical=row.canonical,
        native=row.native,
        words=(row.author_id, row.author_handle, row.author_name, row.permalink),
    )
