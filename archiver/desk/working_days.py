"""Which days the agency works, for waiting times that the law counts in working days.

The holidays of the United States and of the agency's state come from the library `holidays`,
with the days on which they are observed; the agency adds days on which it is closed and takes
out those on which it works. A holiday of either list is no working day: so a waiting time
ends a day too late where the agency works on it and has not said so, and never too early.

Without a state and without days of its own nothing is known, and no waiting time in working
days ends. With days of its own alone, only the years that they lie in are known.
"""

from __future__ import annotations

from datetime import date
from functools import cache

from archiver.errors import UsageError
from config.settings import Agency
from retention.calendars import WorkingCalendar

UNKNOWN = WorkingCalendar(first=date.max, last=date.min)
HOW_TO_KNOW = (
    "which days are working days is not known: set agency.state, or agency.holidays, in the "
    "settings; until then no waiting time in working days ends"
)


def calendar(agency: Agency, *, first: date, last: date) -> WorkingCalendar:
    """The agency's working days from `first` to `last`, agency-local; outside of them, or of
    the years that are known, nothing is known.

    Raises: UsageError when `last` lies before `first`.
    """
    if last < first:
        raise UsageError(f"no day lies between {first} and {last}")
    closed = frozenset(agency.holidays)
    if not agency.state:
        first, last = _told_of(sorted({day.year for day in closed}), first, last)
        return WorkingCalendar(first=first, last=last, holidays=closed) if closed else UNKNOWN
    official, known_until = _official(agency.state, first.year, last.year)
    return WorkingCalendar(
        first=first,
        last=min(last, known_until),
        holidays=(official - frozenset(agency.open_days)) | closed,
    )


def is_known(agency: Agency) -> bool:
    """Can a waiting time in working days end at all?"""
    return bool(agency.state or agency.holidays)


def _told_of(years: list[int], first: date, last: date) -> tuple[date, date]:
    """The part of this stretch that lies in the newest unbroken row of the years."""
    if not years:
        return date.max, date.min
    begin = end = years[-1]
    while begin - 1 in years:
        begin -= 1
    return max(first, date(begin, 1, 1)), min(last, date(end, 12, 31))


@cache
def _official(state: str, first: int, last: int) -> tuple[frozenset[date], date]:
    """The holidays of the nation and of the state in these years, and the last known day."""
    # Here and not above: it takes a tenth of a second, for agencies that have set a state only.
    from holidays import country_holidays  # noqa: PLC0415
    from holidays.countries.united_states import UnitedStates  # noqa: PLC0415

    # A year more at both ends: New Year's Day may be observed in the year before.
    years = range(first - 1, min(last + 1, UnitedStates.end_year) + 1)
    found: set[date] = set()
    for subdivision in (None, state):
        found |= country_holidays(
            "US",
            subdiv=subdivision,
            years=years,
            categories=("public", "government"),
            observed=True,
            expand=False,
        ).keys()
    return frozenset(found), date(UnitedStates.end_year, 12, 31)
