"""The approvals that stand for a series, or for everything, until they are taken back.

Rows are only ever added. Of each step, party and series the newest row counts: one that was
taken back, or whose last day is over, is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from archiver.model.tables_orders import register
from retention.facts import Step

Key = tuple[Step, str, str]  # the step, the party, the series; an empty series is everything


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterEntry:
    """An approval in the register; see the table. Days are agency-local."""

    step: Step
    whom: str
    series: str
    given_by: str
    given_on: date
    document: str
    waived: bool
    ends_on: date | None
    actor: str
    at: datetime

    @property
    def key(self) -> Key:
        """What a newer entry must have in common with it to take its place."""
        return self.step, self.whom, self.series


def standing(connection: Connection, *, day: date) -> list[RegisterEntry]:
    """The approvals that may be used on this agency-local day."""
    query = _newest().where(~register.c.withdrawn).order_by(register.c.id)
    found = [_entry(row) for row in connection.execute(query)]
    return [each for each in found if each.ends_on is None or day <= each.ends_on]


def taken_back(connection: Connection) -> dict[Key, datetime]:
    """When an approval was taken back last, of each that was: also of those that stand again
    since, or that were given with a disposition."""
    query = (
        select(
            register.c.step,
            register.c.whom,
            register.c.series,
            func.max(register.c.id).label("newest"),
        )
        .where(register.c.withdrawn)
        .group_by(register.c.step, register.c.whom, register.c.series)
    ).subquery()
    rows = connection.execute(select(register).where(register.c.id.in_(select(query.c.newest))))
    return {_entry(row).key: row.at for row in rows}


def enter(connection: Connection, values: Mapping[str, object], *, withdrawn: bool = False) -> None:
    """Add a row; the values are those of the table's columns."""
    connection.execute(insert(register).values(**values, withdrawn=withdrawn))


def _newest() -> Any:
    newest = select(func.max(register.c.id)).group_by(
        register.c.step, register.c.whom, register.c.series
    )
    return select(register).where(register.c.id.in_(newest))


def _entry(row: Any) -> RegisterEntry:
    return RegisterEntry(
        step=Step(row.step),
        whom=row.whom,
        series=row.series,
        given_by=row.given_by,
        given_on=date.fromisoformat(row.given_on),
        document=row.document,
        waived=row.waived,
        ends_on=date.fromisoformat(row.ends_on) if row.ends_on else None,
        actor=row.actor,
        at=row.at,
    )
