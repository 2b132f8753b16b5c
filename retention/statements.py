"""What people state about a record: that an event happened, that a fact is so.

Open-ended periods have no clock. They end because a named person says, with a reason, that
the case is over or the thing no longer needed. The latest statement about an event counts,
and one without a day takes it back (an official was elected again). What the platform showed
(created, received, withdrawn, superseded) is not for people to restate.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from retention.errors import Unnamed
from retention.facts import Event

CAPTURED = frozenset({Event.CREATED, Event.RECEIVED, Event.WITHDRAWN, Event.SUPERSEDED})
COPY_ELSEWHERE = "record copy elsewhere"  # a fact that needs the place of the other copy


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStatement:
    """`day` None takes the event back. `on` is the day of the statement."""

    event: Event
    day: date | None
    who: str
    reason: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class FactStatement:
    """A fact such as "historical value"; `place` says where the other copy is, for that fact.
    `holds` False takes it back."""

    fact: str
    who: str
    reason: str
    on: date
    place: str = ""
    holds: bool = True


def check_event(statement: EventStatement) -> EventStatement:
    """The statement itself; raises `Unnamed` if it cannot be taken."""
    if statement.event in CAPTURED:
        raise Unnamed(
            f"{statement.event} is known from the capture and cannot be stated by a person."
        )
    _check_person(f"{statement.event}", statement.who, statement.reason)
    return statement


def check_fact(statement: FactStatement) -> FactStatement:
    """The statement itself; raises `Unnamed` if it cannot be taken."""
    _check_person(statement.fact, statement.who, statement.reason)
    if statement.fact == COPY_ELSEWHERE and statement.holds and not statement.place.strip():
        raise Unnamed("Say where the record copy is: the place is what makes this one a copy.")
    return statement


def events_of(
    captured: Mapping[Event, date], stated: Iterable[EventStatement]
) -> dict[Event, date]:
    """All events with their days. `stated` in the order in which it was entered; of the same
    day the later entry counts."""
    events = dict(captured)
    for each in sorted(map(check_event, stated), key=lambda one: one.on):
        if each.day is None:
            events.pop(each.event, None)
        else:
            events[each.event] = each.day
    return events


def assertions_of(stated: Iterable[FactStatement]) -> frozenset[str]:
    """The facts that hold by the latest statement about each."""
    latest: dict[str, bool] = {}
    for each in sorted(map(check_fact, stated), key=lambda one: one.on):
        latest[each.fact] = each.holds
    return frozenset(fact for fact, holds in latest.items() if holds)


def _check_person(what: str, who: str, reason: str) -> None:
    if not who.strip() or not reason.strip():
        raise Unnamed(f"Stating {what} takes a named person and a reason.")
