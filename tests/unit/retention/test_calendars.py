"""Days, months, years, fiscal years and working days."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.calendars import (
    FiscalYearEnd,
    WorkingCalendar,
    add_days,
    add_months,
    add_years,
    calendar_years_after,
    fiscal_year_end,
    fiscal_years_after,
    month_end,
    next_day,
    working_days_after,
)
from tests.unit.retention.strategies import patient

DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31))
SEPTEMBER = (FiscalYearEnd(month=9, day=30),)


@pytest.mark.parametrize(
    ("day", "years", "last"),
    [
        (date(2024, 2, 29), 1, date(2025, 3, 1)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2024, 2, 28), 1, date(2025, 2, 28)),
        (date(2025, 3, 1), 3, date(2028, 3, 1)),
        (date(2024, 2, 29), 76, date(2100, 3, 1)),  # 2100 is no leap year
        (date(9998, 1, 1), 2, date.max),
    ],
)
def test_years_keep_a_leap_day_rather_a_day_longer(day: date, years: int, last: date) -> None:
    assert add_years(day, years) == last


@pytest.mark.parametrize(
    ("day", "months", "last"),
    [
        (date(2026, 1, 31), 1, date(2026, 3, 1)),
        (date(2024, 1, 31), 1, date(2024, 3, 1)),
        (date(2024, 1, 29), 1, date(2024, 2, 29)),
        (date(2026, 8, 31), 6, date(2027, 3, 1)),
        (date(2026, 10, 31), 1, date(2026, 12, 1)),
        (date(2026, 12, 31), 2, date(2027, 3, 1)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_months_go_to_the_first_of_the_next_where_the_day_is_missing(
    day: date, months: int, last: date
) -> None:
    assert add_months(day, months) == last


@given(DAYS, st.integers(0, 2000), st.integers(0, 2000))
@patient
def test_a_longer_period_never_ends_earlier(day: date, one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert add_months(day, low) <= add_months(day, high)
    assert add_days(day, low) <= add_days(day, high)
    assert calendar_years_after(day, low) <= calendar_years_after(day, high)
    low_fiscal = fiscal_years_after(day, low, SEPTEMBER)
    high_fiscal = fiscal_years_after(day, high, SEPTEMBER)
    assert low_fiscal is not None
    assert high_fiscal is not None
    assert low_fiscal <= high_fiscal


@given(DAYS, DAYS, st.integers(0, 500))
@patient
def test_a_later_cutoff_never_ends_earlier(one: date, other: date, months: int) -> None:
    early, late = sorted((one, other))
    assert add_months(early, months) <= add_months(late, months)


@given(DAYS, st.integers(0, 300))
@patient
def test_no_year_is_shorter_than_the_calendar_says(day: date, years: int) -> None:
    end = add_years(day, years)
    assert end.year == day.year + years
    assert (end.month, end.day) in {(day.month, day.day), (3, 1)}


def test_the_last_of_all_days_has_no_next() -> None:
    assert next_day(date(2026, 12, 31)) == date(2027, 1, 1)
    assert next_day(date.max) == date.max
    assert add_days(date(9999, 12, 1), 10**9) == date.max
    assert calendar_years_after(date(9000, 1, 1), 5000) == date.max
    assert month_end(date(2024, 2, 1)) == date(2024, 2, 29)


def test_a_fiscal_year_ends_on_its_day_and_the_next_begins() -> None:
    assert fiscal_year_end(date(2025, 9, 30), SEPTEMBER) == date(2025, 9, 30)
    assert fiscal_year_end(date(2025, 10, 1), SEPTEMBER) == date(2026, 9, 30)
    assert fiscal_year_end(date(9999, 12, 1), SEPTEMBER) == date.max
    february = (FiscalYearEnd(month=2, day=29),)
    assert fiscal_year_end(date(2025, 1, 1), february) == date(2025, 2, 28)
    assert fiscal_year_end(date(2024, 1, 1), february) == date(2024, 2, 29)


def test_a_change_of_the_year_end_cuts_a_year_short_which_is_not_counted() -> None:
    changed = (FiscalYearEnd(month=12, day=31, since=date(2026, 10, 1)), *SEPTEMBER)
    assert fiscal_year_end(date(2026, 9, 30), changed) == date(2026, 9, 30)
    assert fiscal_year_end(date(2026, 10, 1), changed) == date(2026, 12, 31)
    assert fiscal_years_after(date(2026, 1, 1), 1, changed) == date(2027, 12, 31)
    # The old year would have gone on: it ends the day before the new one begins.
    midway = (
        FiscalYearEnd(month=12, day=31),
        FiscalYearEnd(month=6, day=30, since=date(2026, 7, 1)),
    )
    assert fiscal_year_end(date(2026, 3, 1), midway) == date(2026, 6, 30)
    assert fiscal_years_after(date(2025, 3, 1), 1, midway) == date(2027, 6, 30)


def test_without_a_year_end_for_that_time_no_fiscal_year_is_known() -> None:
    since = (FiscalYearEnd(month=6, day=30, since=date(2020, 7, 1)),)
    assert fiscal_year_end(date(2020, 6, 30), since) is None
    assert fiscal_years_after(date(2020, 6, 30), 3, since) is None
    assert fiscal_years_after(date(2020, 7, 1), 0, ()) is None


@given(DAYS)
@patient
def test_every_day_lies_in_exactly_one_fiscal_year(day: date) -> None:
    history = (
        FiscalYearEnd(month=9, day=30),
        FiscalYearEnd(month=6, day=30, since=date(1990, 10, 1)),
        FiscalYearEnd(month=2, day=29, since=date(2007, 7, 1)),
    )
    end = fiscal_year_end(day, history)
    assert end is not None
    assert day <= end <= day + timedelta(days=366)
    following = fiscal_year_end(next_day(end), history)
    assert following is not None
    assert following > end


def test_working_days_leave_out_weekends_and_holidays() -> None:
    calendar = WorkingCalendar(
        first=date(2026, 1, 1),
        last=date(2026, 12, 31),
        holidays=frozenset({date(2026, 11, 26), date(2026, 11, 28)}),
    )
    assert working_days_after(date(2026, 11, 25), 1, calendar) == date(2026, 11, 27)
    assert working_days_after(date(2026, 11, 25), 2, calendar) == date(2026, 11, 30)
    assert working_days_after(date(2026, 11, 28), 0, calendar) == date(2026, 11, 28)


def test_working_days_end_where_the_calendar_ends() -> None:
    calendar = WorkingCalendar(first=date(2026, 1, 1), last=date(2026, 12, 31))
    assert working_days_after(date(2026, 12, 31), 1, calendar) is None
    assert working_days_after(date(2025, 12, 31), 1, calendar) is None


def test_a_second_deadline_can_be_chained_to_the_first() -> None:
    """Oregon: ten business days from the day by which the request must be acknowledged
    (ORS 192.329(5), after five business days by ORS 192.324(2))."""
    calendar = WorkingCalendar(
        first=date(2026, 1, 1), last=date(2026, 12, 31), holidays=frozenset({date(2026, 11, 26)})
    )
    acknowledged = working_days_after(date(2026, 11, 24), 5, calendar)
    assert acknowledged == date(2026, 12, 2)
    assert working_days_after(acknowledged, 10, calendar) == date(2026, 12, 16)


def test_the_change_of_the_clocks_adds_and_takes_no_day() -> None:
    """Days are counted, not hours: the weeks of 8 March and 1 November 2026 are weeks."""
    for changed in (date(2026, 3, 8), date(2026, 11, 1)):
        before = changed - timedelta(days=3)
        assert [add_days(before, n).day for n in range(7)] == [
            (before + timedelta(days=n)).day for n in range(7)
        ]
        assert add_days(before, 90) - before == timedelta(days=90)
