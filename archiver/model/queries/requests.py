"""Requests for records and what was done about them. Every act is also a ledger line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from archiver.model.queries import ledger
from archiver.model.tables_requests import productions, request_events, requests
from archiver.model.tables_retention import holds


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEntry:
    """A request as it stands; see the `requests` table. `hold` is the name of its freeze."""

    id: int
    number: str
    kind: str
    requester: str
    organisation: str
    contact: str
    channel: str
    text: str
    received_at: datetime
    received_on: date
    state: str
    routed_to: str
    hold: str
    opened_by: str
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestEvent:
    """One act. `day` is the agency-local day that the law counts from."""

    at: datetime
    day: date
    actor: str
    action: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionLine:
    """A production in the index of productions."""

    request: str
    number: int
    state: str
    prefix: str
    first: int
    last: int
    folder: str
    made_by: str
    made_at: datetime
    finished_at: datetime | None
    manifest_sha256: str


def next_number(connection: Connection, year: int) -> str:
    """The next free "2026-0001" of a year; the caller holds the write lock."""
    found = connection.scalars(
        select(requests.c.number).where(requests.c.number.like(f"{year}-%"))
    ).all()
    tails = [int(each.rpartition("-")[2]) for each in found if each.rpartition("-")[2].isdecimal()]
    return f"{year}-{max(tails, default=0) + 1:04d}"


def add(connection: Connection, values: Mapping[str, object]) -> int:
    """A new request; returns its row number."""
    made = connection.execute(insert(requests).values(**values).returning(requests.c.id))
    return int(made.scalar_one())


def change(connection: Connection, request_id: int, **values: object) -> None:
    """Move a request's state, its route or its freeze."""
    connection.execute(update(requests).where(requests.c.id == request_id).values(**values))


def find(connection: Connection, number: str) -> RequestEntry | None:
    """The request of that number."""
    row = connection.execute(_query().where(requests.c.number == number)).first()
    return None if row is None else _entry(row)


def all_requests(connection: Connection, *, open_only: bool = False) -> list[RequestEntry]:
    """All requests, in the order of receipt."""
    query = _query().order_by(requests.c.received_at, requests.c.id)
    if open_only:
        query = query.where(requests.c.state != "closed")
    return [_entry(row) for row in connection.execute(query)]


def write_event(
    connection: Connection,
    *,
    request_id: int,
    number: str,
    at: datetime,
    day: date,
    actor: str,
    action: str,
    detail: Mapping[str, object],
) -> None:
    """Keep an act, in the request's history and in the ledger. The ledger's line has no
    words of the requester: it goes into productions."""
    connection.execute(
        insert(request_events).values(
            request_id=request_id, at=at, day=day.isoformat(), actor=actor, action=action,
            detail=dict(detail),
        )
    )  # fmt: skip
    body = {"request": number, "action": action, "actor": actor, "day": day.isoformat()}
    ledger.append(connection, at=at, kind="request", body=body)


def events(connection: Connection, request_id: int) -> list[RequestEvent]:
    """What was done, oldest first."""
    query = (
        select(request_events)
        .where(request_events.c.request_id == request_id)
        .order_by(request_events.c.id)
    )
    return [_event(row) for row in connection.execute(query)]


def events_of_all(
    connection: Connection, *, open_only: bool = False
) -> dict[int, list[RequestEvent]]:
    """What was done, oldest first, by the row number of the request."""
    query = select(request_events).order_by(request_events.c.id)
    if open_only:
        query = query.join(requests, requests.c.id == request_events.c.request_id).where(
            requests.c.state != "closed"
        )
    found: dict[int, list[RequestEvent]] = {}
    for row in connection.execute(query):
        found.setdefault(row.request_id, []).append(_event(row))
    return found


def index_of_productions(
    connection: Connection, request_id: int | None = None
) -> list[ProductionLine]:
    """Every production that was made, or those of one request, oldest first."""
    query = (
        select(productions, requests.c.number.label("request"))
        .join(requests, requests.c.id == productions.c.request_id)
        .order_by(productions.c.id)
    )
    if request_id is not None:
        query = query.where(productions.c.request_id == request_id)
    return [
        ProductionLine(
            request=row.request,
            number=row.number,
            state=row.state,
            prefix=row.prefix,
            first=row.first,
            last=row.last,
            folder=row.folder,
            made_by=row.made_by,
            made_at=row.made_at,
            finished_at=row.finished_at,
            manifest_sha256=row.manifest_sha256 or "",
        )
        for row in connection.execute(query)
    ]


def _event(row: Row[Any]) -> RequestEvent:
    return RequestEvent(
        at=row.at,
        day=date.fromisoformat(row.day),
        actor=row.actor,
        action=row.action,
        detail=row.detail,
    )


def _query() -> Any:
    joined = requests.outerjoin(holds, holds.c.id == requests.c.hold_id)
    return select(requests, holds.c.name.label("hold_name")).select_from(joined)


def _entry(row: Row[Any]) -> RequestEntry:
    return RequestEntry(
        id=row.id,
        number=row.number,
        kind=row.kind,
        requester=row.requester,
        organisation=row.organisation,
        contact=row.contact,
        channel=row.channel,
        text=row.text,
        received_at=row.received_at,
        received_on=date.fromisoformat(row.received_on),
        state=row.state,
        routed_to=row.routed_to,
        hold=row.hold_name or "",
        opened_by=row.opened_by,
        opened_at=row.opened_at,
    )
