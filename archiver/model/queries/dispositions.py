"""Dispositions as rows: batches with their items, and who did what.

A batch's history is its events; they are also lines in the ledger. Nothing here destroys
anything: see `destruction`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, insert, select, update

from archiver.model.queries import ledger
from archiver.model.queries.bulk import bulk
from archiver.model.queries.known import AT_ONCE
from archiver.model.tables import accounts, records
from archiver.model.tables import ledger as lines
from archiver.model.tables_retention import (
    batch_events,
    batch_items,
    batches,
)
from retention.facts import Action

PROPOSED, GOING, DONE, HELD, EXCLUDED = "proposed", "going", "done", "held", "excluded"
OPEN_STATES = ("proposed", "reviewed", "approved", "executing")
DESTROYED = "destroyed"  # the presence of a record of which only the tombstone is left


class NewItem(Protocol):
    """A record that is proposed, with what allows it."""

    @property
    def record_id(self) -> int: ...
    @property
    def series(self) -> str: ...
    @property
    def schedule(self) -> str: ...
    @property
    def citation(self) -> str: ...
    @property
    def eligible_on(self) -> date | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A record in a batch."""

    record_id: int
    account: str
    kind: str
    published_at: datetime | None
    schedule: str
    series: str
    citation: str
    eligible_on: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """A batch as it stands."""

    id: int
    state: str
    action: Action
    manner: str
    proposed_by: str
    proposed_at: datetime
    digests: Mapping[str, str]
    certificate_sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEvent:
    """One act on a batch."""

    at: datetime
    actor: str
    action: str
    detail: Mapping[str, Any]


# -- batches ----------------------------------------------------------------------------------


def add_batch(
    connection: Connection,
    items: Sequence[NewItem],
    *,
    action: Action,
    manner: str,
    by: str,
    at: datetime,
    digests: Mapping[str, str],
    detail: Mapping[str, object],
) -> int:
    """Enter a batch; returns its number."""
    done = connection.execute(
        insert(batches).values(
            state="proposed",
            action=action.value,
            manner=manner,
            proposed_by=by,
            proposed_at=at,
            digests=dict(digests),
            override="",
        )
    )
    key = done.inserted_primary_key
    assert key is not None
    batch_id = int(key[0])
    bulk(
        connection,
        batch_items,
        [
            {
                "batch_id": batch_id,
                "record_id": each.record_id,
                "series": each.series,
                "schedule": each.schedule,
                "citation": each.citation,
                "eligible_on": each.eligible_on.isoformat() if each.eligible_on else "",
                "state": PROPOSED,
                "reason": "",
            }
            for each in items
        ],
    )
    write_event(connection, batch_id, at=at, actor=by, action="proposed", detail=detail)
    return batch_id


def write_event(
    connection: Connection,
    batch_id: int,
    *,
    at: datetime,
    actor: str,
    action: str,
    detail: Mapping[str, object],
) -> None:
    """Keep who did what, in the batch's history and in the ledger."""
    connection.execute(
        insert(batch_events).values(
            batch_id=batch_id, at=at, actor=actor, action=action, detail=dict(detail)
        )
    )
    ledger.append(
        connection,
        at=at,
        kind=f"disposition {action}",
        body={"batch": batch_id, "actor": actor, **detail},
    )


def set_state(connection: Connection, batch_id: int, state: str, **values: object) -> None:
    """Move a batch on; the database refuses a step that is not legal."""
    connection.execute(
        update(batches).where(batches.c.id == batch_id).values(state=state, **values)
    )


def set_items(
    connection: Connection, batch_id: int, record_ids: Iterable[int], state: str, reason: str = ""
) -> None:
    """Move items on."""
    for chosen in _chunks(sorted(record_ids)):
        connection.execute(
            update(batch_items)
            .where(batch_items.c.batch_id == batch_id, batch_items.c.record_id.in_(chosen))
            .values(state=state, reason=reason)
        )


def find(connection: Connection, batch_id: int) -> BatchRow | None:
    """The batch of that number."""
    row = connection.execute(select(batches).where(batches.c.id == batch_id)).first()
    return _batch(row) if row else None


def all_batches(connection: Connection) -> list[BatchRow]:
    """Every batch, oldest first."""
    return [_batch(row) for row in connection.execute(select(batches).order_by(batches.c.id))]


def unfinished(connection: Connection) -> list[int]:
    """The batches whose execution began and did not end."""
    query = select(batches.c.id).where(batches.c.state == "executing").order_by(batches.c.id)
    return list(connection.execute(query).scalars())


def _batch(row: Any) -> BatchRow:
    return BatchRow(
        id=row.id,
        state=row.state,
        action=Action(row.action),
        manner=row.manner,
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        digests=row.digests,
        certificate_sha256=row.certificate_sha256,
    )


def items_of(
    connection: Connection, batch_id: int, *, among: Sequence[int] | None = None
) -> list[Item]:
    """All records of a batch, also those that dropped out; `among`: of these records only."""
    query = (
        select(
            batch_items, records.c.kind, records.c.published_at, accounts.c.slug.label("account")
        )
        .join(records, records.c.id == batch_items.c.record_id)
        .join(accounts, accounts.c.id == records.c.account_id)
        .where(batch_items.c.batch_id == batch_id)
        .order_by(batch_items.c.record_id)
    )
    if among is None:
        return [_item(row) for row in connection.execute(query)]
    return [
        _item(row)
        for chosen in _chunks(sorted(among))
        for row in connection.execute(query.where(batch_items.c.record_id.in_(chosen)))
    ]


def _item(row: Any) -> Item:
    return Item(
        record_id=row.record_id,
        account=row.account,
        kind=row.kind,
        published_at=row.published_at,
        schedule=row.schedule,
        series=row.series,
        citation=row.citation,
        eligible_on=row.eligible_on,
        state=row.state,
        reason=row.reason,
    )


def accounts_of(connection: Connection, batch_id: int) -> list[str]:
    """The accounts of which a batch has, or had, records."""
    query = (
        select(accounts.c.slug)
        .join(records, records.c.account_id == accounts.c.id)
        .join(batch_items, batch_items.c.record_id == records.c.id)
        .where(batch_items.c.batch_id == batch_id)
        .distinct()
        .order_by(accounts.c.slug)
    )
    return list(connection.execute(query).scalars())


def ids_in(connection: Connection, batch_id: int, state: str) -> list[int]:
    """The records of a batch whose item is in this state."""
    query = (
        select(batch_items.c.record_id)
        .where(batch_items.c.batch_id == batch_id, batch_items.c.state == state)
        .order_by(batch_items.c.record_id)
    )
    return list(connection.execute(query).scalars())


def events_of(connection: Connection, batch_id: int) -> list[BatchEvent]:
    """What was done about a batch, oldest first."""
    query = (
        select(batch_events).where(batch_events.c.batch_id == batch_id).order_by(batch_events.c.id)
    )
    return [_event(row) for row in connection.execute(query)]


def earlier_approvals(connection: Connection, batch_id: int | None) -> list[BatchEvent]:
    """The approvals that were given to other batches, or (None) to any; some are for a series
    or standing."""
    query = (
        select(batch_events).where(batch_events.c.action == "approved").order_by(batch_events.c.id)
    )
    if batch_id is not None:
        query = query.where(batch_events.c.batch_id != batch_id)
    return [_event(row) for row in connection.execute(query)]


def _event(row: Any) -> BatchEvent:
    return BatchEvent(at=row.at, actor=row.actor, action=row.action, detail=row.detail)


def ledger_hashes(connection: Connection, batch_id: int) -> dict[str, list[str]]:
    """The hashes of the ledger's lines on the execution of a batch, by what they say, in
    their order."""
    acts = ("begun", "will", "destroyed", "did", "executed")
    kinds = [f"disposition {each}" for each in acts]
    query = (
        select(lines.c.kind, lines.c.body, lines.c.hash)
        .where(lines.c.kind.in_(kinds))
        .order_by(lines.c.seq)
    )
    found: dict[str, list[str]] = {}
    for row in connection.execute(query):
        if json.loads(row.body)["batch"] == batch_id:
            found.setdefault(row.kind.removeprefix("disposition "), []).append(row.hash)
    return found


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
