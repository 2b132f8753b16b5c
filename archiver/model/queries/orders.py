"""Decisions that stand until a person takes them back: answers to maximums, and the ends that
a law sets to holds.

Rows are only ever added; of one record and series, or of one hold, the newest counts. Whoever
writes here also writes the ledger line, in the same transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from archiver.model.tables import accounts, records
from archiver.model.tables_orders import hold_limits, maximum_decisions
from archiver.model.tables_retention import hold_events, holds, standings
from retention.facts import MaximumDecision, Standing

LIMITED = "limited"  # the events that a row of `hold_limits` follows
TOLD = "requester told"


@dataclass(frozen=True, slots=True, kw_only=True)
class OverdueRecord:
    """A record whose maximum is over, by the evaluation of `evaluated_on`. `series` is the
    key of the one that keeps longest, not of the one with the maximum. Days are agency-local."""

    record_id: int
    account: str
    kind: str
    published_at: datetime | None
    series: str
    eligible_on: date | None
    must_go_by: date | None
    evaluated_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldLimit:
    """The end of a hold. `lapses`: its last day; None: it has no end. `notice`: the day on
    which the requester was told of it; None: not yet. `at` is when the end itself was set.
    Days are agency-local."""

    lapses: date | None
    notice: date | None
    citation: str
    at: datetime


# -- answers to maximums ----------------------------------------------------------------------


def answers(connection: Connection) -> dict[int, tuple[MaximumDecision, ...]]:
    """The answers that count, by the number of their record: the newest of each record and
    series, without those that were taken back."""
    newest = select(func.max(maximum_decisions.c.id)).group_by(
        maximum_decisions.c.record_id, maximum_decisions.c.series
    )
    query = (
        select(maximum_decisions)
        .where(maximum_decisions.c.id.in_(newest), maximum_decisions.c.withdrawn.is_(False))
        .order_by(maximum_decisions.c.id)
    )
    found: dict[int, list[MaximumDecision]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.record_id].append(_answer(row))
    return {record_id: tuple(given) for record_id, given in found.items()}


def answer_of(connection: Connection, record_id: int, series: str) -> MaximumDecision | None:
    """The answer that counts for one record and series (a key)."""
    query = (
        select(maximum_decisions)
        .where(maximum_decisions.c.record_id == record_id, maximum_decisions.c.series == series)
        .order_by(maximum_decisions.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None or row.withdrawn else _answer(row)


def record_answer(
    connection: Connection,
    answer: MaximumDecision,
    *,
    reason: str,
    actor: str,
    at: datetime,
    withdrawn: bool = False,
) -> None:
    """Keep an answer; `withdrawn` takes the earlier one of the same record and series back."""
    connection.execute(
        insert(maximum_decisions).values(
            record_id=answer.record_id,
            series=answer.series,
            who=answer.who,
            decided_on=answer.on.isoformat(),
            document=answer.document,
            destroy=answer.destroy,
            reason=reason,
            withdrawn=withdrawn,
            actor=actor,
            at=at,
        )
    )


def overdue(connection: Connection, *, limit: int) -> list[OverdueRecord]:
    """The records that stand as overdue by the last evaluation, the longest overdue first."""
    query = (
        select(
            standings.c.record_id,
            accounts.c.slug,
            records.c.kind,
            records.c.published_at,
            standings.c.series,
            standings.c.eligible_on,
            standings.c.must_go_by,
            standings.c.evaluated_on,
        )
        .join(records, records.c.id == standings.c.record_id)
        .join(accounts, accounts.c.id == records.c.account_id)
        .where(standings.c.standing == Standing.OVERDUE.value)
        .order_by(standings.c.must_go_by, standings.c.record_id)
        .limit(limit)
    )
    return [
        OverdueRecord(
            record_id=row.record_id,
            account=row.slug,
            kind=row.kind,
            published_at=row.published_at,
            series=row.series,
            eligible_on=_day(row.eligible_on),
            must_go_by=_day(row.must_go_by),
            evaluated_on=date.fromisoformat(row.evaluated_on),
        )
        for row in connection.execute(query)
    ]


# -- ends of holds ----------------------------------------------------------------------------


def limits(connection: Connection, hold_ids: Iterable[int]) -> dict[int, HoldLimit]:
    """The end of each of these holds that was ever given one, by the hold's number."""
    query = (
        select(hold_limits)
        .where(hold_limits.c.hold_id.in_(list(hold_ids)))
        .order_by(hold_limits.c.id)
    )
    found: dict[int, HoldLimit] = {}
    for row in connection.execute(query):
        told = row.notice_on is not None and row.hold_id in found
        found[row.hold_id] = HoldLimit(
            lapses=_day(row.lapses_on),
            notice=_day(row.notice_on),
            citation=row.citation,
            at=found[row.hold_id].at if told else row.at,
        )
    return found


def set_limit(
    connection: Connection,
    hold_id: int,
    *,
    lapses: date | None,
    notice: date | None,
    citation: str,
    actor: str,
    at: datetime,
) -> None:
    """Keep the end of a hold, or that its requester was told of it. The caller writes the
    event."""
    connection.execute(
        insert(hold_limits).values(
            hold_id=hold_id,
            lapses_on=lapses.isoformat() if lapses else None,
            notice_on=notice.isoformat() if notice else None,
            citation=citation,
            actor=actor,
            at=at,
        )
    )


def unsaid_limits(connection: Connection) -> Iterator[str]:
    """One sentence for each end of a hold that is not as the hold's history says: a row that
    somebody put in past the program."""
    said = {
        (row.hold_id, row.actor, row.at, row.detail["lapses"], row.detail.get("told_on"))
        for row in connection.execute(
            select(hold_events).where(hold_events.c.action.in_((LIMITED, TOLD)))
        )
    }
    query = select(hold_limits, holds.c.name).join(holds, holds.c.id == hold_limits.c.hold_id)
    for row in connection.execute(query.order_by(hold_limits.c.id)):
        if (row.hold_id, row.actor, row.at, row.lapses_on, row.notice_on) not in said:
            end = row.lapses_on or "none"
            yield f"the hold {row.name} has an end ({end}) of which its history does not know"


def _answer(row: Row[Any]) -> MaximumDecision:
    return MaximumDecision(
        record_id=row.record_id,
        series=row.series,
        who=row.who,
        on=date.fromisoformat(row.decided_on),
        document=row.document,
        destroy=row.destroy,
    )


def _day(value: str | None) -> date | None:
    return date.fromisoformat(value) if value else None
