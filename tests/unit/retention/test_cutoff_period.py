"""From which day a period counts, and on which it ends."""

from __future__ import annotations

from datetime import date

import pytest

from retention.agency import AgencySettings, Fill
from retention.calendars import FiscalYearEnd
from retention.cutoff import cutoff_day, event_day, missing_events, rolled
from retention.facts import (
    Cutoff,
    Event,
    Period,
    PeriodKind,
    Roll,
    Rule,
    YearUnit,
)
from retention.period import Ending, Term, later, maximum, minimum, start_of, term
from tests.unit.retention.reading import length, make_facts, make_rule

NOBODY = AgencySettings()
JUNE = (FiscalYearEnd(month=6, day=30),)
START = Term(ending=Ending.ON, last_day=date(2024, 2, 29))
BOTH = Cutoff(events=(Event.CLOSED, Event.AUDITED))


def test_the_later_of_two_events_waits_for_both() -> None:
    one = make_facts(events={Event.CLOSED: date(2024, 5, 5)})
    assert cutoff_day(BOTH, one) is None
    assert missing_events(BOTH, one) == (Event.AUDITED,)
    both = make_facts(events={Event.CLOSED: date(2024, 5, 5), Event.AUDITED: date(2020, 1, 1)})
    assert cutoff_day(BOTH, both) == date(2024, 5, 5)
    assert missing_events(BOTH, both) == ()


def test_the_earlier_of_two_events_goes_by_what_has_happened() -> None:
    earlier = Cutoff(events=BOTH.events, later=False)
    assert cutoff_day(earlier, make_facts(events={})) is None
    one = make_facts(events={Event.AUDITED: date(2024, 5, 5)})
    assert cutoff_day(earlier, one) == date(2024, 5, 5)
    both = make_facts(events={Event.CLOSED: date(2023, 5, 5), Event.AUDITED: date(2024, 1, 1)})
    assert cutoff_day(earlier, both) == date(2023, 5, 5)


def test_a_visible_record_was_not_withdrawn() -> None:
    events = {Event.WITHDRAWN: date(2024, 1, 1)}
    assert event_day(Event.WITHDRAWN, make_facts(events=events)) is None
    hidden = make_facts(events=events, visible=False)
    assert event_day(Event.WITHDRAWN, hidden) == date(2024, 1, 1)


def test_a_cutoff_without_events_never_starts() -> None:
    assert cutoff_day(Cutoff(events=()), make_facts()) is None
    assert "a cutoff event is missing" in start_of(Cutoff(events=()), make_facts(), ()).why


@pytest.mark.parametrize(
    ("roll", "day"),
    [
        (Roll.NONE, date(2024, 2, 3)),
        (Roll.MONTH_END, date(2024, 2, 29)),
        (Roll.CALENDAR_YEAR_END, date(2024, 12, 31)),
        (Roll.FISCAL_YEAR_END, date(2024, 6, 30)),
    ],
)
def test_a_cutoff_rolls_to_the_end_of_its_month_or_year(roll: Roll, day: date) -> None:
    assert rolled(date(2024, 2, 3), roll, JUNE) == day


@pytest.mark.parametrize(
    ("period", "day"),
    [
        (length(), date(2024, 2, 29)),
        (length(years=1), date(2025, 3, 1)),
        (length(months=6), date(2024, 8, 29)),
        (length(days=90), date(2024, 5, 29)),
        (Period(kind=PeriodKind.LENGTH, years=2, unit=YearUnit.CALENDAR), date(2026, 12, 31)),
        (Period(kind=PeriodKind.LENGTH, years=2, unit=YearUnit.FISCAL), date(2026, 6, 30)),
        (Period(kind=PeriodKind.OPEN), date(2024, 2, 29)),
    ],
)
def test_the_same_number_ends_on_another_day_in_another_unit(period: Period, day: date) -> None:
    assert term(period, START, JUNE) == Term(ending=Ending.ON, last_day=day)


@pytest.mark.parametrize(
    ("kind", "ending"),
    [
        (PeriodKind.PERMANENT, Ending.NEVER),
        (PeriodKind.UNVERIFIED, Ending.INCOMPLETE),
        (PeriodKind.AGENCY_SET, Ending.INCOMPLETE),
    ],
)
def test_some_periods_have_no_end_whatever_happened(kind: PeriodKind, ending: Ending) -> None:
    assert term(Period(kind=kind), START, JUNE).ending is ending


def test_without_a_year_end_a_fiscal_period_is_incomplete() -> None:
    fiscal = Period(kind=PeriodKind.LENGTH, years=2, unit=YearUnit.FISCAL)
    assert term(fiscal, START, ()).ending is Ending.INCOMPLETE
    rolling = Cutoff(events=(Event.CREATED,), roll=Roll.FISCAL_YEAR_END)
    assert start_of(rolling, make_facts(), ()).ending is Ending.INCOMPLETE


def test_of_several_terms_the_one_that_keeps_longest_counts() -> None:
    short = Term(ending=Ending.ON, last_day=date(2024, 1, 1))
    long = Term(ending=Ending.ON, last_day=date(2024, 1, 2))
    waiting = Term(ending=Ending.NOT_STARTED)
    incomplete = Term(ending=Ending.INCOMPLETE)
    never = Term(ending=Ending.NEVER)
    assert later([short, long]) == long
    assert later([waiting, long]) == waiting
    assert later([waiting, incomplete]) == incomplete
    assert later([never, incomplete, long]) == never


def _earlier(period: Period) -> Rule:
    return make_rule(period=period, or_event=Event.AUDITED, earlier=True)


@pytest.mark.parametrize("kind", [PeriodKind.PERMANENT, PeriodKind.UNVERIFIED])
def test_an_earlier_event_does_not_end_what_is_permanent_or_incomplete(kind: PeriodKind) -> None:
    audited = make_facts(events={Event.CREATED: date(2020, 1, 1), Event.AUDITED: date(2021, 1, 1)})
    found = minimum(_earlier(Period(kind=kind)), audited, NOBODY, None)
    assert found.ending in (Ending.NEVER, Ending.INCOMPLETE)


def test_a_blank_is_filled_only_by_a_written_policy() -> None:
    rule = make_rule(period=Period(kind=PeriodKind.AGENCY_SET))
    filled = Fill(period=length(years=1), policy="Policy 3")
    assert minimum(rule, make_facts(), NOBODY, filled).last_day == date(2025, 3, 10)
    unwritten = Fill(period=length(years=1), policy="")
    assert minimum(rule, make_facts(), NOBODY, unwritten).ending is Ending.INCOMPLETE
    # A fill does not replace a period that the schedule gives.
    assert minimum(make_rule(), make_facts(), NOBODY, filled).last_day == date(2026, 3, 10)


def test_a_maximum_counts_from_the_cutoff_or_from_the_end_of_the_minimum() -> None:
    facts = make_facts()
    rule = make_rule(maximum=length(months=6))
    least = minimum(rule, facts, NOBODY, None)
    assert maximum(rule, least, facts, ()) == date(2024, 9, 10)
    after = make_rule(maximum=length(months=6), maximum_after_minimum=True)
    assert maximum(after, least, facts, ()) == date(2026, 9, 10)
    assert maximum(make_rule(), least, facts, ()) is None
    unstarted = Term(ending=Ending.NOT_STARTED)
    assert maximum(after, unstarted, facts, ()) is None
