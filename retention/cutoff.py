"""From which day a period is counted.

An event that has not happened, or of which nobody knows, has no day; a later-of that needs it
has not started, and no capture date ever stands in for it. The earlier-of goes by what has
happened so far. The roll to a month's or year's end comes last.
"""

from __future__ import annotations

from datetime import date

from retention.calendars import (
    FiscalYearEnd,
    calendar_year_end,
    fiscal_year_end,
    month_end,
)
from retention.facts import Cutoff, Event, RecordFacts, Roll


def event_day(event: Event, facts: RecordFacts) -> date | None:
    """The day of an event. A record that the public can see has not been withdrawn, whatever
    was noted before (Washington: online is still being provided)."""
    if event is Event.WITHDRAWN and facts.visible:
        return None
    return facts.events.get(event)


def cutoff_day(cutoff: Cutoff, facts: RecordFacts) -> date | None:
    """The day of the cutoff before its roll; None: the clock has not started."""
    days = [day for event in cutoff.events if (day := event_day(event, facts)) is not None]
    if not days:
        return None
    if not cutoff.later:
        return min(days)
    return max(days) if len(days) == len(cutoff.events) else None


def missing_events(cutoff: Cutoff, facts: RecordFacts) -> tuple[Event, ...]:
    """The events that the cutoff still waits for, in the order of the schedule."""
    if cutoff_day(cutoff, facts) is not None:
        return ()
    return tuple(each for each in cutoff.events if event_day(each, facts) is None)


def rolled(day: date, roll: Roll, fiscal_years: tuple[FiscalYearEnd, ...]) -> date | None:
    """The day moved to the end of its month or year; None: that fiscal year is not known."""
    if roll is Roll.NONE:
        return day
    if roll is Roll.MONTH_END:
        return month_end(day)
    if roll is Roll.CALENDAR_YEAR_END:
        return calendar_year_end(day)
    return fiscal_year_end(day, fiscal_years)
