"""Who has to agree to a disposition, in which order, and how long must be waited after each.

An approval counts for one act, or for a series (given once for each series of the batch), or
is standing. The last two may have been given before; they are looked up in a register. A
waiting time is over at the end of its last day, and a step that follows it can be taken on
the day after. Waiting times in working days need the calendar of those years; without it
they do not end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from retention.calendars import WorkingCalendar, add_days, next_day, working_days_after
from retention.facts import Approval, PerWhat, Step

# Steps that a person of the agency takes by saying so; all others leave a document.
IN_THE_HOUSE = frozenset({Step.RECORDS_OFFICER, Step.SECOND_PERSON, Step.DEPARTMENT_HEAD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One approval as it was given. `place` is its step in the route of one batch; None: it
    stands in the register, for `series` (a key) or for everything. `waived`: the party of a
    notice has said that no waiting is needed (Wisconsin's historical society)."""

    step: Step
    by: str
    on: date
    document: str = ""
    whom: str = ""
    series: str = ""
    place: int | None = None
    waived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """`done`: the day of the approval, None if one is missing. `free_from`: the first day on
    which what follows it may happen."""

    approval: Approval
    done: date | None
    free_from: date | None


def route(steps: Iterable[Approval]) -> tuple[Approval, ...]:
    """The steps of the law, with a second person for each act even where the law asks none."""
    wanted = tuple(steps)
    second = Approval(step=Step.SECOND_PERSON)
    if any((each.step, each.per) == (second.step, second.per) for each in wanted):
        return wanted
    return (second, *wanted)


def states(
    steps: tuple[Approval, ...],
    given: Iterable[Given],
    register: Iterable[Given],
    *,
    series: tuple[str, ...],
    calendar: WorkingCalendar,
) -> tuple[StepState, ...]:
    """How far each step is. `given` is what this batch got, `series` are its keys."""
    mine, standing = tuple(given), tuple(register)
    return tuple(
        _state(approval, _found(place, approval, mine, standing, series), calendar)
        for place, approval in enumerate(steps)
    )


def next_place(found: tuple[StepState, ...]) -> int | None:
    """The first step that is missing; None: all are done."""
    return next((place for place, each in enumerate(found) if each.done is None), None)


def free_from(found: tuple[StepState, ...]) -> date | None:
    """The first day on which all these steps are done and waited for; None: not in sight."""
    days = [each.free_from for each in found]
    known = [day for day in days if day is not None]
    return max(known, default=date.min) if len(known) == len(days) else None


def _found(
    place: int,
    approval: Approval,
    mine: tuple[Given, ...],
    register: tuple[Given, ...],
    series: tuple[str, ...],
) -> tuple[Given, ...] | None:
    """The approvals that fulfil the step; None while one is missing."""
    here = [each for each in mine if each.place == place]
    if approval.per is PerWhat.ACT:
        return tuple(here) or None
    known = here + [
        each for each in register if (each.step, each.whom) == (approval.step, approval.whom)
    ]
    if approval.per is PerWhat.STANDING:
        general = [each for each in known if not each.series]
        return (_latest(general),) if general else None
    by_series = [[each for each in known if each.series == key] for key in series]
    return tuple(map(_latest, by_series)) if all(by_series) else None


def _latest(given: list[Given]) -> Given:
    return max(given, key=lambda each: each.on)


def _state(
    approval: Approval, found: tuple[Given, ...] | None, calendar: WorkingCalendar
) -> StepState:
    state = StepState(approval=approval, done=None, free_from=None)
    if found is None:
        return state
    free = [_free(approval, each, calendar) for each in found]
    known = [day for day in free if day is not None]
    return replace(
        state,
        done=max(each.on for each in found),
        free_from=max(known) if len(known) == len(free) else None,
    )


def _free(approval: Approval, given: Given, calendar: WorkingCalendar) -> date | None:
    if given.waived or approval.wait_days <= 0:
        return given.on
    if not approval.working_days:
        return next_day(add_days(given.on, approval.wait_days))
    last = working_days_after(given.on, approval.wait_days, calendar)
    return None if last is None else next_day(last)
