"""What people state about a record."""

from __future__ import annotations

from datetime import date

import pytest

from retention.errors import Unnamed
from retention.facts import Event
from retention.statements import (
    COPY_ELSEWHERE,
    EventStatement,
    FactStatement,
    assertions_of,
    events_of,
)

FIRST, SECOND = date(2026, 1, 1), date(2026, 1, 2)


def closed(day: date | None, on: date = FIRST, who: str = "Clerk") -> EventStatement:
    return EventStatement(event=Event.CLOSED, day=day, who=who, reason="docket", on=on)


def test_the_latest_statement_about_an_event_counts_and_can_take_it_back() -> None:
    captured = {Event.CREATED: date(2020, 1, 1)}
    assert events_of(captured, []) == captured
    assert events_of(captured, [closed(SECOND, SECOND), closed(FIRST)])[Event.CLOSED] == SECOND
    assert Event.CLOSED not in events_of(captured, [closed(FIRST), closed(None, SECOND)])
    assert events_of(captured, [closed(None)]) == captured
    # Of one day, the later entry.
    assert events_of(captured, [closed(FIRST), closed(SECOND)])[Event.CLOSED] == SECOND


def test_a_statement_needs_a_person_and_a_reason() -> None:
    with pytest.raises(Unnamed, match="named person"):
        events_of({}, [closed(FIRST, who=" ")])
    nobody = FactStatement(fact="historical", who="Clerk", reason="", on=FIRST)
    with pytest.raises(Unnamed, match="historical"):
        assertions_of([nobody])


def test_what_the_platform_showed_is_not_for_people_to_restate() -> None:
    statement = EventStatement(
        event=Event.CREATED, day=date(1990, 1, 1), who="Clerk", reason="older", on=FIRST
    )
    with pytest.raises(Unnamed, match="known from the capture"):
        events_of({}, [statement])


def test_a_copy_needs_the_place_of_the_record_copy() -> None:
    nowhere = FactStatement(fact=COPY_ELSEWHERE, who="Clerk", reason="copy", on=FIRST)
    with pytest.raises(Unnamed, match="Say where"):
        assertions_of([nowhere])
    somewhere = FactStatement(
        fact=COPY_ELSEWHERE, who="Clerk", reason="copy", on=FIRST, place="shelf"
    )
    assert assertions_of([somewhere]) == {COPY_ELSEWHERE}
    gone = FactStatement(fact=COPY_ELSEWHERE, who="Clerk", reason="burnt", on=SECOND, holds=False)
    assert assertions_of([gone, somewhere]) == frozenset()
