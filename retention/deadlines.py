"""When a request for records must be answered: days counted as the law counts them.

The day of receipt is not counted. Days on which the request was paused (the agency waits for
the requester) are not counted either, first and last day included. A deadline in working days
is known only as far as the agency's working days are. Where the law gives no number there is
no day, and nothing here makes one up.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from retention.calendars import WorkingCalendar

_LONGEST = 3660  # days looked ahead; no law counts further


class Unit(StrEnum):
    """What is counted."""

    WORKING = "working"
    CALENDAR = "calendar"
    NONE = "none"  # promptly, within a reasonable time: no number


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRule:
    """One deadline of one state. `after_previous`: counted from the day by which the deadline
    before it is due (Oregon), not from receipt. `only_for` names the kind of request that it
    is for, empty: all. `verified`: the number was read at the source."""

    kind: str
    unit: Unit
    days: int = 0
    citation: str = ""
    source: str = ""
    verified: bool = False
    extension_days: int = 0
    extension_note: str = ""
    after_previous: bool = False
    only_for: str = ""
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Days on which the clock stood, agency-local; `until` None: it still stands."""

    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A rule with its day. `due` None: no number in the law, the clock stands, or the working
    days of that time are not known (`why`)."""

    rule: DeadlineRule
    due: date | None
    why: str = ""


def deadlines(
    rules: Iterable[DeadlineRule],
    received: date,
    *,
    calendar: WorkingCalendar,
    kind: str = "",
    pauses: Iterable[Pause] = (),
    extended_by: int = 0,
) -> tuple[Deadline, ...]:
    """The deadlines of a request of this kind, in the order of the rules. `extended_by` days
    of an extension, in each rule's unit, go to the last deadline that may be extended."""
    stood = tuple(pauses)
    chosen = [each for each in rules if not each.only_for or each.only_for == kind]
    special = [each for each in chosen if each.only_for]
    if special and kind == "data-subject":
        chosen = special  # a person's own data go by the rules for them alone
    extendable = [place for place, each in enumerate(chosen) if each.extension_days]
    made: list[Deadline] = []
    for place, rule in enumerate(chosen):
        start: date | None = received
        if rule.after_previous and made:
            start = made[-1].due
        extra = extended_by if extendable and place == extendable[-1] else 0
        made.append(_deadline(rule, start, calendar, stood, extra))
    return tuple(made)


def next_due(found: Iterable[Deadline], done: Iterable[str] = ()) -> Deadline | None:
    """The earliest deadline whose kind is not among those that are done."""
    over = set(done)
    ahead = [each for each in found if each.due is not None and each.rule.kind not in over]
    return min(ahead, key=lambda each: each.due or date.max, default=None)


def _deadline(
    rule: DeadlineRule,
    start: date | None,
    calendar: WorkingCalendar,
    pauses: tuple[Pause, ...],
    extra: int,
) -> Deadline:
    if rule.unit is Unit.NONE:
        return Deadline(rule=rule, due=None, why="the law gives no number of days")
    if start is None:
        return Deadline(rule=rule, due=None, why="the deadline that it follows has no day")
    left, day = rule.days + extra, start
    for _ in range(_LONGEST):
        if left == 0:
            return Deadline(rule=rule, due=day)
        day += timedelta(days=1)
        if any(each.until is None and day >= each.since for each in pauses):
            return Deadline(rule=rule, due=None, why="the clock stands until it is resumed")
        if any(each.until and each.since <= day <= each.until for each in pauses):
            continue
        if rule.unit is Unit.WORKING:
            if not calendar.first <= day <= calendar.last:
                why = "the agency's working days are not known: set agency.state"
                return Deadline(rule=rule, due=None, why=why)
            if day.weekday() in calendar.weekend or day in calendar.holidays:
                continue
        left -= 1
    return Deadline(rule=rule, due=None, why="it lies too far ahead")
