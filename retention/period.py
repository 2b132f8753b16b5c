"""On which day a period ends.

A `Term` is the answer. It ends on a last day, or never, or has not started (an event is
missing), or is incomplete (a person must fill in what the schedule or the settings leave
open). Of several terms the later counts, and what has no day is later than any day: never,
then incomplete, then not started.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from retention.agency import AgencySettings, Fill
from retention.calendars import (
    FiscalYearEnd,
    add_days,
    add_months,
    add_years,
    calendar_years_after,
    fiscal_years_after,
)
from retention.cutoff import cutoff_day, event_day, missing_events, rolled
from retention.facts import Cutoff, Period, PeriodKind, RecordFacts, Rule, YearUnit


class Ending(StrEnum):
    """How a term ends."""

    ON = "on"
    NOT_STARTED = "not started"
    INCOMPLETE = "incomplete"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """`last_day` is set if, and only if, it ends on a day. `why` says why it does not."""

    ending: Ending
    last_day: date | None = None
    why: str = ""


_ORDER = tuple(Ending)
_NO_FISCAL_YEAR = Term(
    ending=Ending.INCOMPLETE,
    why="it is counted in fiscal years, and the agency's year end is not set for that time",
)
_ENDLESS = {
    PeriodKind.PERMANENT: Term(ending=Ending.NEVER, why="it is permanent"),
    PeriodKind.UNVERIFIED: Term(
        ending=Ending.INCOMPLETE, why="nobody has read the period at its source"
    ),
    PeriodKind.AGENCY_SET: Term(
        ending=Ending.INCOMPLETE, why="the schedule leaves the period to the agency"
    ),
}


def later(terms: Iterable[Term]) -> Term:
    """The one that keeps longest. There must be at least one."""
    return max(terms, key=lambda term: (_ORDER.index(term.ending), term.last_day or date.min))


def start_of(cutoff: Cutoff, facts: RecordFacts, fiscal_years: tuple[FiscalYearEnd, ...]) -> Term:
    """The rolled cutoff as a term: it ends on the day from which the period is counted."""
    day = cutoff_day(cutoff, facts)
    if day is None:
        names = " and ".join(missing_events(cutoff, facts)) or "a cutoff event"
        return Term(ending=Ending.NOT_STARTED, why=f"the clock has not started: {names} is missing")
    start = rolled(day, cutoff.roll, fiscal_years)
    return _NO_FISCAL_YEAR if start is None else Term(ending=Ending.ON, last_day=start)


def term(period: Period, start: Term, fiscal_years: tuple[FiscalYearEnd, ...]) -> Term:
    """The term of one period from `start`."""
    if period.kind in _ENDLESS:
        return _ENDLESS[period.kind]
    if period.kind is PeriodKind.OPEN or start.last_day is None:
        return start
    last_day = _length_end(period, start.last_day, fiscal_years)
    return _NO_FISCAL_YEAR if last_day is None else Term(ending=Ending.ON, last_day=last_day)


def minimum(rule: Rule, facts: RecordFacts, agency: AgencySettings, fill: Fill | None) -> Term:
    """How long the rule keeps the record at least; `fill` is the agency's answer to a blank."""
    years = agency.fiscal_years
    period = rule.period
    if period.kind is PeriodKind.AGENCY_SET and fill is not None and fill.policy.strip():
        period = fill.period
    first = term(period, start_of(rule.cutoff, facts, years), years)
    if rule.or_event is None:
        return first
    day = event_day(rule.or_event, facts)
    second = Term(
        ending=Ending.NOT_STARTED if day is None else Ending.ON,
        last_day=day,
        why=f"{rule.or_event} is missing" if day is None else "",
    )
    return _earlier(first, second) if rule.earlier else later((first, second))


def maximum(
    rule: Rule, least: Term, facts: RecordFacts, fiscal_years: tuple[FiscalYearEnd, ...]
) -> date | None:
    """The last day on which the law lets the record be kept; None: it sets none, or its clock
    has not started. `least` is the rule's own minimum, without what the agency added."""
    if rule.maximum is None:
        return None
    start = least if rule.maximum_after_minimum else start_of(rule.cutoff, facts, fiscal_years)
    return term(rule.maximum, start, fiscal_years).last_day


def _length_end(
    period: Period, start: date, fiscal_years: tuple[FiscalYearEnd, ...]
) -> date | None:
    """Years in their unit first, then months, then days."""
    end: date | None = add_years(start, period.years)
    if period.unit is YearUnit.CALENDAR:
        end = calendar_years_after(start, period.years)
    elif period.unit is YearUnit.FISCAL:
        end = fiscal_years_after(start, period.years, fiscal_years)
    return None if end is None else add_days(add_months(end, period.months), period.days)


def _earlier(first: Term, second: Term) -> Term:
    """The earlier, where both can still come. What is permanent or incomplete stays so."""
    if first.ending in (Ending.NEVER, Ending.INCOMPLETE) or second.last_day is None:
        return first
    if first.last_day is None:
        return second
    return second if second.last_day < first.last_day else first
