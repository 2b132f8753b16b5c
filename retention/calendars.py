"""Days, months, years, fiscal years and working days, counted as the law counts.

Conventions, all on the side of keeping:
- The day of the event does not count. A period of two years from 10 March 2024 has 10 March
  2026 as its last day; what it protects is eligible on 11 March 2026.
- A day that a month does not have counts as the first of the next month: one year from
  29 February 2024 ends on 1 March 2025, one month from 31 January on 1 March.
- A fiscal year that was cut short because the body changed its year end is not a whole one.
- Days after the year 9999 stay at its last day.
Time zones and daylight saving do not occur here: a day is a `date`, already agency-local.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

_WHOLE_YEAR = 364  # days from its first to its last, at least


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalYearEnd:
    """Fiscal years that begin on `since` or later end on this day of the year; 29 February
    means the last of February. `since` is the first day of a fiscal year."""

    month: int
    day: int
    since: date = date.min


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingCalendar:
    """Which days are not worked, from `first` to `last`. Outside of them nothing is known,
    and no waiting time that reaches there is ever over. `weekend` counts Monday as 0."""

    first: date
    last: date
    holidays: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})


def next_day(day: date) -> date:
    """The day after."""
    return add_days(day, 1)


def add_days(day: date, days: int) -> date:
    """So many days later."""
    return day + timedelta(days=days) if days <= (date.max - day).days else date.max


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the first of the month after if there is none."""
    total = day.year * 12 + day.month - 1 + months
    year, month = divmod(total, 12)
    if year > date.max.year:
        return date.max
    if day.day <= monthrange(year, month + 1)[1]:
        return date(year, month + 1, day.day)
    return next_day(month_end(date(year, month + 1, 1)))


def add_years(day: date, years: int) -> date:
    """The same day so many years later; 29 February becomes 1 March in a common year."""
    return add_months(day, 12 * years)


def month_end(day: date) -> date:
    """The last day of its month."""
    return day.replace(day=monthrange(day.year, day.month)[1])


def calendar_year_end(day: date) -> date:
    """31 December of its year."""
    return date(day.year, 12, 31)


def calendar_years_after(day: date, years: int) -> date:
    """The last day of so many whole calendar years after the one of `day`."""
    return date(min(day.year + years, date.max.year), 12, 31)


def fiscal_year_end(day: date, history: tuple[FiscalYearEnd, ...]) -> date | None:
    """The last day of the fiscal year that `day` is in; None where the history, in whatever
    order, does not reach back so far. A change cuts the year short that it falls into."""
    known = [each for each in history if each.since <= day]
    if not known:
        return None
    now = max(known, key=lambda each: each.since)
    end = _year_day(day.year, now)
    if end < day:
        end = _year_day(day.year + 1, now) if day.year < date.max.year else date.max
    changes = [each.since - timedelta(days=1) for each in history if each.since > day]
    return min([end, *changes])


def fiscal_years_after(day: date, years: int, history: tuple[FiscalYearEnd, ...]) -> date | None:
    """The last day of so many whole fiscal years after the one of `day`; None as above."""
    end = fiscal_year_end(day, history)
    counted = 0
    while end is not None and counted < years and end < date.max:
        first = next_day(end)
        end = fiscal_year_end(first, history)
        if end is not None and (end - first).days >= _WHOLE_YEAR:
            counted += 1
    return end


def working_days_after(day: date, days: int, calendar: WorkingCalendar) -> date | None:
    """The so many-th working day after `day`; None if the calendar does not reach so far."""
    if day < calendar.first:
        return None
    while days > 0:
        day = next_day(day)
        if day > calendar.last:
            return None
        if day.weekday() not in calendar.weekend and day not in calendar.holidays:
            days -= 1
    return day


def _year_day(year: int, end: FiscalYearEnd) -> date:
    return date(year, end.month, min(end.day, monthrange(year, end.month)[1]))
