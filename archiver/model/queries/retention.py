"""What people decided about retention: editions adopted, records classified by hand, events
and facts stated; and the days for which the standings were computed.

Rows are only ever added. A claim or a fact is taken back by a later row. Whoever writes here
also writes the ledger line, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, exists, func, insert, select

from archiver.model.tables_retention import (
    adoptions,
    assignments,
    evaluations,
    series_rules,
    stated_events,
    tags,
)
from retention.facts import Event
from retention.today import Today

BY_HAND = "person"
TAKEN_BACK = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionEntry:
    """An edition as it was adopted; see the `adoptions` table. Days are agency-local."""

    schedule: str
    edition: str
    digest: str
    content: str
    officer: str
    adopted_on: date
    expires_on: date | None
    document: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HandClaim:
    """A series (a key, "schedule/series") that a person put a record into."""

    series: str
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A stated event that counts for a record. `tag` is empty if it was stated for it alone."""

    event: Event
    day: date
    tag: str
    reason: str
    actor: str
    at: datetime


# -- adoptions --------------------------------------------------------------------------------


def add_adoption(
    connection: Connection, values: Mapping[str, object], rules: Iterable[Mapping[str, object]]
) -> int:
    """Enter an adoption with the branches of its series; returns its number."""
    done = connection.execute(insert(adoptions).values(**values))
    key = done.inserted_primary_key
    assert key is not None
    number = int(key[0])
    branches = [{"adoption_id": number, **rule} for rule in rules]
    if branches:
        connection.execute(insert(series_rules), branches)
    return number


def all_adoptions(connection: Connection) -> list[AdoptionEntry]:
    """Every adoption, oldest first."""
    return [
        AdoptionEntry(
            schedule=row.schedule,
            edition=row.edition,
            digest=row.digest,
            content=row.content,
            officer=row.officer,
            adopted_on=date.fromisoformat(row.adopted_on),
            expires_on=_day(row.expires_on),
            document=row.document,
            at=row.at,
        )
        for row in connection.execute(select(adoptions).order_by(adoptions.c.id))
    ]


# -- classification by hand -------------------------------------------------------------------


def claims_by_hand() -> Select[Any]:
    """The rows of `assignments` that count: a person's, not taken back since."""
    later = assignments.alias("later")
    back = exists().where(
        later.c.record_id == assignments.c.record_id,
        later.c.id > assignments.c.id,
        later.c.source == TAKEN_BACK,
    )
    return select(assignments).where(assignments.c.source == BY_HAND, ~back)


def by_hand(connection: Connection, record_id: int) -> list[HandClaim]:
    """The series that a person put the record into, the leading one first."""
    query = claims_by_hand().where(assignments.c.record_id == record_id)
    return [
        HandClaim(
            series=f"{row.schedule}/{row.series}", reason=row.reason, actor=row.actor, at=row.at
        )
        for row in connection.execute(query.order_by(assignments.c.id))
    ]


def assign(
    connection: Connection,
    record_id: int,
    series: Sequence[tuple[str, str]],
    *,
    reason: str,
    actor: str,
    at: datetime,
) -> None:
    """Put a record into these series (schedule, id), in place of an earlier person's; none
    leaves the record to the rules again."""
    rows = [(BY_HAND, *each) for each in series]
    if by_hand(connection, record_id):
        rows.insert(0, (TAKEN_BACK, "", ""))
    for source, schedule, name in rows:
        connection.execute(
            insert(assignments).values(
                record_id=record_id,
                schedule=schedule,
                series=name,
                source=source,
                reason=reason,
                actor=actor,
                at=at,
            )
        )


# -- tags and stated events -------------------------------------------------------------------


def attached(*, among: Sequence[str] | Select[Any] | None = None) -> Select[Any]:
    """Record and tag of every tag that is attached now; `among`: of these tags only."""
    newest = select(func.max(tags.c.id)).group_by(tags.c.record_id, tags.c.tag)
    query = select(tags.c.record_id, tags.c.tag)
    if among is not None:
        newest = newest.where(tags.c.tag.in_(among))
    return query.where(tags.c.id.in_(newest), tags.c.attached)


def tags_of(connection: Connection, record_id: int) -> frozenset[str]:
    """The tags that are attached to a record."""
    query = attached().where(tags.c.record_id == record_id)
    return frozenset(connection.scalars(query.with_only_columns(tags.c.tag)))


def count_tagged(connection: Connection, tag: str) -> int:
    """How many records carry a tag."""
    worn = attached(among=(tag,)).subquery()
    return int(connection.execute(select(func.count()).select_from(worn)).scalar_one())


def set_tag(
    connection: Connection, record_id: int, tag: str, *, on: bool, actor: str, at: datetime
) -> None:
    """Attach a tag to a record, or take it off again."""
    connection.execute(
        insert(tags).values(record_id=record_id, tag=tag, attached=on, actor=actor, at=at)
    )


def state_event(
    connection: Connection,
    *,
    record_id: int | None,
    tag: str,
    event: Event,
    day: date | None,
    reason: str,
    actor: str,
    at: datetime,
) -> None:
    """Keep that an event happened, to one record or to all with the tag; no day takes it
    back."""
    connection.execute(
        insert(stated_events).values(
            record_id=record_id,
            tag=tag,
            event=event.value,
            day=day.isoformat() if day else None,
            reason=reason,
            actor=actor,
            at=at,
        )
    )


def stated_for() -> Select[Any]:
    """Record, event and day of every statement that counts: of those made for the record
    itself and for a tag that it carries now, the latest about each event. One without a day
    has taken the event back."""
    worn = attached(among=_stated_tags()).subquery()
    own = select(stated_events.c.record_id, stated_events.c.event, stated_events.c.id).where(
        stated_events.c.record_id.is_not(None)
    )
    by_tag = select(worn.c.record_id, stated_events.c.event, stated_events.c.id).join(
        worn, worn.c.tag == stated_events.c.tag
    )
    said = own.union_all(by_tag.where(stated_events.c.record_id.is_(None))).subquery()
    newest = (
        select(said.c.record_id, said.c.event, func.max(said.c.id).label("id"))
        .group_by(said.c.record_id, said.c.event)
        .subquery("newest")
    )
    return (
        select(newest.c.record_id, stated_events.c.event, stated_events.c.day, stated_events.c.id)
        .join(stated_events, stated_events.c.id == newest.c.id)
        .where(stated_events.c.day.is_not(None))
    )


def _stated_tags() -> Select[Any]:
    return select(stated_events.c.tag).where(stated_events.c.record_id.is_(None))


# -- the day ----------------------------------------------------------------------------------


def today(connection: Connection, now: datetime, zone: ZoneInfo) -> Today:
    """The agency-local day with what the evaluations know to judge it by: the latest day
    since the clock was last confirmed. A first day proves nothing by having been seen twice.
    """
    day = now.astimezone(zone).date()
    rows = connection.execute(
        select(evaluations.c.day, evaluations.c.confirmed_by).where(
            evaluations.c.id
            >= func.coalesce(
                select(func.max(evaluations.c.id))
                .where(evaluations.c.confirmed_by.is_not(None))
                .scalar_subquery(),
                0,
            )
        )
    ).all()
    days = {date.fromisoformat(row.day) for row in rows}
    confirmed = any(row.confirmed_by for row in rows)
    alone = days == {day} and not confirmed
    return Today(day=day, last_known=None if alone else max(days, default=None))


def was_evaluated(connection: Connection, day: date) -> bool:
    """Were the standings computed for this day?"""
    last = connection.execute(
        select(evaluations.c.day).order_by(evaluations.c.id.desc()).limit(1)
    ).scalar()
    return last == day.isoformat()


def keep_evaluation(
    connection: Connection,
    *,
    day: date,
    at: datetime,
    records: int,
    eligible: int,
    confirmed_by: str | None,
) -> None:
    """Remember the day; `confirmed_by` is who said that it is this day."""
    connection.execute(
        insert(evaluations).values(
            day=day.isoformat(),
            at=at,
            records=records,
            eligible=eligible,
            confirmed_by=confirmed_by,
        )
    )


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
