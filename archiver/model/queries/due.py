"""What may be proposed for disposition, by the last evaluation and what was adopted last."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, exists, func, select

from archiver.model.queries.dispositions import DESTROYED, GOING, OPEN_STATES, PROPOSED
from archiver.model.queries.known import AT_ONCE
from archiver.model.queries.retention import stated_for
from archiver.model.tables import accounts, records
from archiver.model.tables_retention import (
    adoptions,
    batch_items,
    batches,
    series_rules,
    standings,
)
from retention.facts import Action, Event, Standing

_LISTED = ("present", "suspected")  # still on the platform when it was last looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record whose standing allows a disposition, with what allows it. Days are
    agency-local; `listed` says that it was still on the platform when it was last looked at."""

    record_id: int
    account: str
    kind: str
    published_at: datetime | None
    standing: Standing
    eligible_on: date | None
    evaluated_on: date
    action: Action
    manner: str
    schedule: str
    series: str
    title: str
    citation: str
    digest: str
    listed: bool

    @property
    def key(self) -> str:
        """The series as the rules name it."""
        return f"{self.schedule}/{self.series}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """So many records of a series (a key) and an account could be proposed. `listed` are still
    on the platform; `since` is the first agency-local day on which one of them was due."""

    series: str
    title: str
    citation: str
    account: str
    action: Action
    manner: str
    records: int
    listed: int
    since: date


def candidates(
    connection: Connection, *, day: date, series: str = "", account: str = ""
) -> list[Candidate]:
    """Records whose time has come by the last evaluation and that are in no open batch.
    `series` is a series' id or its key."""
    query = _standing().where(_time_has_come(day), ~_busy())
    if account:
        query = query.where(accounts.c.slug == account)
    found = _candidates(connection, query)
    return [each for each in found if series in ("", each.series, each.key)]


def ready(connection: Connection, *, day: date) -> list[Ready]:
    """How many records of which series and account could be proposed on this day."""
    groups = (
        standings.c.series,
        accounts.c.slug,
        standings.c.action,
        standings.c.manner,
    )
    listed = case((records.c.presence.in_(_LISTED), 1), else_=0)
    query = (
        select(
            *groups,
            func.count().label("n"),
            func.sum(listed).label("listed"),
            func.min(standings.c.eligible_on).label("since"),
        )
        .join(records, records.c.id == standings.c.record_id)
        .join(accounts, accounts.c.id == records.c.account_id)
        .where(records.c.presence != DESTROYED, _time_has_come(day), ~_busy())
        .group_by(*groups)
        .order_by(*groups)
    )
    known = _adopted(connection)
    return [
        Ready(
            series=row.series,
            title=known[row.series].title,
            citation=known[row.series].citation,
            account=row.slug,
            action=Action(row.action),
            manner=row.manner,
            records=row.n,
            listed=int(row.listed),
            since=date.fromisoformat(row.since),
        )
        for row in connection.execute(query)
        if row.series in known
    ]


def sample(
    connection: Connection, *, day: date, series: str = "", account: str = "", limit: int
) -> list[Candidate]:
    """A few of the records that `candidates` would find, by number; `series` is a key."""
    query = _standing().where(_time_has_come(day), ~_busy()).limit(limit)
    if series:
        query = query.where(standings.c.series == series)
    if account:
        query = query.where(accounts.c.slug == account)
    return _candidates(connection, query)


def _busy() -> ColumnElement[bool]:
    """In an open batch already."""
    return exists().where(
        batch_items.c.record_id == records.c.id,
        batch_items.c.batch_id == batches.c.id,
        batches.c.state.in_(OPEN_STATES),
        batch_items.c.state.in_((PROPOSED, GOING)),
    )


def standing_of(connection: Connection, record_ids: Sequence[int]) -> dict[int, Candidate]:
    """Where these records stand by the last evaluation; those without a series are left out."""
    found: dict[int, Candidate] = {}
    for chosen in _chunks(sorted(record_ids)):
        query = _standing().where(records.c.id.in_(chosen))
        found.update({each.record_id: each for each in _candidates(connection, query)})
    return found


def _standing() -> Select[Any]:
    return (
        select(
            records.c.id,
            records.c.kind,
            records.c.published_at,
            records.c.presence,
            accounts.c.slug,
            standings.c.standing,
            standings.c.eligible_on,
            standings.c.evaluated_on,
            standings.c.action,
            standings.c.manner,
            standings.c.series,
        )
        .join(accounts, accounts.c.id == records.c.account_id)
        .join(standings, standings.c.record_id == records.c.id)
        .where(records.c.presence != DESTROYED)
        .order_by(records.c.id)
    )


@dataclass(frozen=True, slots=True)
class _Adopted:
    schedule: str
    series: str
    title: str
    citation: str
    digest: str


def _adopted(connection: Connection) -> dict[str, _Adopted]:
    """The series of each schedule's newest adoption, by key. A series' branches have the same
    title and citation."""
    newest = select(func.max(adoptions.c.id)).group_by(adoptions.c.schedule)
    query = (
        select(
            adoptions.c.schedule,
            series_rules.c.series,
            series_rules.c.title,
            series_rules.c.citation,
            adoptions.c.digest,
        )
        .join(series_rules, series_rules.c.adoption_id == adoptions.c.id)
        .where(adoptions.c.id.in_(newest))
        .distinct()
    )
    return {f"{row.schedule}/{row.series}": _Adopted(*row) for row in connection.execute(query)}


def _candidates(connection: Connection, query: Select[Any]) -> list[Candidate]:
    known = _adopted(connection)
    rows = connection.execute(query)
    return [_candidate(row, known[row.series]) for row in rows if row.series in known]


def _time_has_come(day: date) -> Any:
    goes = (Action.DESTROY.value, Action.TRANSFER.value, Action.REPLACE.value)
    return and_(
        standings.c.action.in_(goes),
        standings.c.eligible_on <= day.isoformat(),
        standings.c.standing.in_((Standing.ELIGIBLE.value, Standing.OVERDUE.value)),
    )


def _candidate(row: Any, adopted: _Adopted) -> Candidate:
    return Candidate(
        record_id=row.id,
        account=row.slug,
        kind=row.kind,
        published_at=row.published_at,
        standing=Standing(row.standing),
        eligible_on=date.fromisoformat(row.eligible_on) if row.eligible_on else None,
        evaluated_on=date.fromisoformat(row.evaluated_on),
        action=Action(row.action),
        manner=row.manner,
        schedule=adopted.schedule,
        series=adopted.series,
        title=adopted.title,
        citation=adopted.citation,
        digest=adopted.digest,
        listed=row.presence in _LISTED,
    )


def adopted_digests(connection: Connection, schedules: Iterable[str]) -> dict[str, str]:
    """The digest of the edition that was adopted last, of each schedule that was adopted."""
    query = (
        select(adoptions.c.schedule, adoptions.c.digest)
        .where(adoptions.c.schedule.in_(sorted(schedules)))
        .order_by(adoptions.c.id)
    )
    return {row.schedule: row.digest for row in connection.execute(query)}


def reproduced(connection: Connection, record_ids: Sequence[int]) -> set[int]:
    """Those of these records of which somebody has stated that they were reproduced."""
    found: set[int] = set()
    said = stated_for().subquery()
    for chosen in _chunks(sorted(record_ids)):
        query = select(said.c.record_id).where(
            said.c.record_id.in_(chosen), said.c.event == Event.REPRODUCED.value
        )
        found |= set(connection.execute(query).scalars())
    return found


def totals(connection: Connection) -> dict[str, int]:
    """How many records of each account there are, apart from the destroyed ones."""
    query = (
        select(accounts.c.slug, func.count())
        .join(records, records.c.account_id == accounts.c.id)
        .where(records.c.presence != DESTROYED)
        .group_by(accounts.c.slug)
    )
    return {row.slug: int(row[1]) for row in connection.execute(query)}


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]
