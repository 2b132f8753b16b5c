"""Holds: orders to keep, everything that was done about them, and which bind a record.

A hold's scope is what it was placed with and every scope that it was widened by; both are
rows that the database never lets go, so a scope can only grow. What it reaches is written
down record by record and never taken back: see `hold_matches`.

On PostgreSQL two things must not pass each other: a hold being placed, and a step that adds
records (or a batch that destroys some). Whoever writes about holds calls `shut_out` first,
whoever relies on them calls `keep_still`; SQLite has one writer anyway.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from archiver.model.custodians import merged
from archiver.model.queries import ledger, orders
from archiver.model.queries.known import AT_ONCE
from archiver.model.queries.orders import HoldLimit
from archiver.model.tables import records
from archiver.model.tables_retention import hold_events, hold_matches, holds
from retention import facts
from retention.facts import HoldKind, Scope
from retention.hold import binds

WIDENED = "widened"
REVIEWED = "reviewed"
RELEASED = "released"  # the database refuses a release without such an event


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEntry:
    """A hold as it stands. A record is reached if any one of `scopes` reaches it.
    `review_on` is the next review, `limit` the end that a law sets to it. Days are
    agency-local."""

    id: int
    name: str
    kind: HoldKind
    matter: str
    reason: str
    issuer: str
    custodians: tuple[str, ...]
    scopes: tuple[Scope, ...]
    notice: str
    placed_at: datetime
    placed_on: date
    anticipated_on: date | None
    review_on: date | None
    tail_days: int
    released_on: date | None
    released_by: str | None
    limit: HoldLimit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldEvent:
    """One act on a hold."""

    at: datetime
    actor: str
    action: str
    detail: Mapping[str, Any]


# -- keeping apart ----------------------------------------------------------------------------


def shut_out(connection: Connection) -> None:
    """Until this transaction ends nobody else writes about holds, and no step commits."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE holds IN EXCLUSIVE MODE")


def keep_still(connection: Connection) -> None:
    """Until this transaction ends no hold is placed or changed; what is read of holds after
    this call stays true."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE holds IN ROW SHARE MODE")


# -- reading ----------------------------------------------------------------------------------


def all_holds(connection: Connection) -> list[HoldEntry]:
    """Every hold, released ones too, in the order of placing."""
    return _read(connection, select(holds).order_by(holds.c.id))


def find(connection: Connection, name: str) -> HoldEntry | None:
    """The hold of that name."""
    found = _read(connection, select(holds).where(holds.c.name == name))
    return found[0] if found else None


def binding_on(connection: Connection, day: date) -> list[HoldEntry]:
    """The holds that keep records on an agency-local day: all open ones, and released ones
    with a tail. One that has lapsed is open until its release: it catches what is captured,
    and what it caught is not destroyed, since more time may still be asked for. Only the
    decision on a record (`as_facts`) knows that it has lapsed."""
    query = select(holds).where(holds.c.released_on.is_(None) | (holds.c.tail_days > 0))
    found = _read(connection, query.order_by(holds.c.id))
    return [entry for entry in found if binds(until_released(entry, entry.scopes[0]), day)]


def as_facts(entry: HoldEntry, scope: Scope) -> facts.Hold:
    """The hold as the law sees it, with one of its scopes: it may lapse."""
    limit = entry.limit
    return replace(
        until_released(entry, scope),
        lapses=limit.lapses if limit else None,
        notice_given=limit.notice if limit else None,
    )


def until_released(entry: HoldEntry, scope: Scope) -> facts.Hold:
    """The hold as whoever destroys or closes something must see it: only its release ends it,
    as in the database's own triggers."""
    return facts.Hold(
        id=entry.name,
        kind=entry.kind,
        matter=entry.matter,
        scope=scope,
        placed=entry.placed_on,
        anticipated=entry.anticipated_on,
        released=entry.released_on,
        tail_days=entry.tail_days,
    )


def events(connection: Connection, hold_id: int) -> list[HoldEvent]:
    """What was done about a hold, oldest first."""
    query = select(hold_events).where(hold_events.c.hold_id == hold_id).order_by(hold_events.c.id)
    return [
        HoldEvent(at=r.at, actor=r.actor, action=r.action, detail=r.detail)
        for r in connection.execute(query)
    ]


def _read(connection: Connection, query: Select[Any]) -> list[HoldEntry]:
    found = [_entry(row) for row in connection.execute(query)]
    if not found:
        return []
    changes = (
        select(hold_events)
        .where(
            hold_events.c.hold_id.in_([entry.id for entry in found]),
            hold_events.c.action.in_((WIDENED, REVIEWED)),
        )
        .order_by(hold_events.c.id)
    )
    by_hold: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(changes):
        by_hold[row.hold_id].append(row)
    limits = orders.limits(connection, [entry.id for entry in found])
    return [
        replace(_as_changed(entry, by_hold[entry.id]), limit=limits.get(entry.id))
        for entry in found
    ]


def _entry(row: Row[Any]) -> HoldEntry:
    return HoldEntry(
        id=row.id,
        name=row.name,
        kind=HoldKind(row.kind),
        matter=row.matter,
        reason=row.reason,
        issuer=row.issuer,
        custodians=tuple(row.custodians),
        scopes=(scope_from(row.scope),),
        notice=row.notice,
        placed_at=row.placed_at,
        placed_on=date.fromisoformat(row.placed_on),
        anticipated_on=_day(row.anticipated_on),
        review_on=_day(row.review_on),
        tail_days=row.tail_days,
        released_on=_day(row.released_on),
        released_by=row.released_by,
    )


def _as_changed(entry: HoldEntry, changes: Iterable[Row[Any]]) -> HoldEntry:
    scopes, people, review = [*entry.scopes], [*entry.custodians], entry.review_on
    for change in changes:
        if change.action == REVIEWED:
            review = _day(change.detail["next"])
            continue
        if change.detail["scope"] is not None:
            scopes.append(scope_from(change.detail["scope"]))
        people += [name for name in change.detail["custodians"] if name not in people]
    return replace(entry, scopes=tuple(scopes), custodians=merged(people), review_on=review)


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None


def scope_as_json(scope: Scope) -> dict[str, Any]:
    """The scope as the tables and the ledger keep it."""
    return {
        "accounts": list(scope.accounts),
        "departments": list(scope.departments),
        "authors": list(scope.authors),
        "words": list(scope.words),
        "since": scope.since.isoformat() if scope.since else None,
        "until": scope.until.isoformat() if scope.until else None,
        "picks": sorted(scope.picks),
        "everything": scope.everything,
    }


def scope_from(kept: Mapping[str, Any]) -> Scope:
    """The scope that was kept."""
    return Scope(
        accounts=tuple(kept["accounts"]),
        departments=tuple(kept["departments"]),
        authors=tuple(kept["authors"]),
        words=tuple(kept["words"]),
        since=_day(kept["since"]),
        until=_day(kept["until"]),
        picks=frozenset(kept["picks"]),
        everything=kept["everything"],
    )


# -- writing ----------------------------------------------------------------------------------


def add(connection: Connection, values: Mapping[str, object]) -> int:
    """Enter a hold; returns its number. The caller writes the event and the matches."""
    done = connection.execute(insert(holds).values(**values))
    key = done.inserted_primary_key
    assert key is not None
    return int(key[0])


def set_released(
    connection: Connection, hold_id: int, *, on: date, by: str, tail_days: int
) -> None:
    """Release a hold, once. The event must have been written: the database looks for it."""
    connection.execute(
        update(holds)
        .where(holds.c.id == hold_id)
        .values(released_on=on.isoformat(), released_by=by, tail_days=tail_days)
    )


def write_event(
    connection: Connection,
    *,
    hold_id: int,
    name: str,
    at: datetime,
    actor: str,
    action: str,
    detail: Mapping[str, object],
) -> None:
    """Keep who did what, in the hold's history and in the ledger."""
    connection.execute(
        insert(hold_events).values(
            hold_id=hold_id, at=at, actor=actor, action=action, detail=dict(detail)
        )
    )
    ledger.append(
        connection, at=at, kind=f"hold {action}", body={"hold": name, "actor": actor, **detail}
    )


# -- which bind a record ---------------------------------------------------------------------


def open_holds_on(
    connection: Connection, record_ids: Sequence[int], *, day: date
) -> dict[int, list[facts.Hold]]:
    """The holds that bind each of these records on an agency-local day; records without one
    are left out. Each hold names its record as a pick: it was matched, perhaps by words that
    a later version no longer has, and no second look at the scope may free it. One that has
    lapsed is among them until it is released."""
    entries = {entry.id: entry for entry in binding_on(connection, day)}
    found: dict[int, list[facts.Hold]] = defaultdict(list)
    for start in range(0, len(record_ids) if entries else 0, AT_ONCE):
        query = (
            select(hold_matches.c.hold_id, hold_matches.c.record_id)
            .where(
                hold_matches.c.hold_id.in_(entries),
                hold_matches.c.record_id.in_(record_ids[start : start + AT_ONCE]),
            )
            .order_by(hold_matches.c.hold_id)
        )
        for hold_id, record_id in connection.execute(query):
            only = Scope(picks=frozenset((record_id,)))
            found[record_id].append(until_released(entries[hold_id], only))
    return dict(found)


def held_count(connection: Connection, *, day: date, account_id: int | None = None) -> int:
    """How many records at least one hold binds on an agency-local day."""
    binding = [entry.id for entry in binding_on(connection, day)]
    if not binding:
        return 0
    query = select(func.count(hold_matches.c.record_id.distinct())).where(
        hold_matches.c.hold_id.in_(binding)
    )
    if account_id is not None:
        query = query.join(records, records.c.id == hold_matches.c.record_id).where(
            records.c.account_id == account_id
        )
    return int(connection.execute(query).scalar_one())
