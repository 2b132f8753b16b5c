"""What follows for one record on one day, with every reason.

The longest minimum of all series that claim the record counts; what has no end keeps it.
The standing is the first of these that is true:

1. held          a hold binds, or a claiming series is being renegotiated
2. unscheduled   no series claims it
3. overdue       a maximum is over. If another period still runs, only a named person's
                 decision to destroy makes the record eligible; it never beats a hold
4. permanent, 5. not adopted, 6. waiting, 7. running: some claiming series says so
8. eligible, or review, which waits for the archives' appraisal and destroys nothing

On a day that cannot be believed (`retention.today`) 3 and 8 become waiting. `eligible_on` is
the first day on which nothing above stands in the way as things are known now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from retention.case import Case, Law, case_of
from retention.claim import strictest
from retention.classify import Claims
from retention.explain import reasons_of
from retention.facts import (
    Action,
    Decision,
    Hold,
    Manner,
    MaximumDecision,
    RecordFacts,
    Standing,
)
from retention.hold import free_from
from retention.period import Ending, later
from retention.today import Today, clock_refusal

# Actions after which nothing follows: the record stays.
_STAYS = {Action.KEEP: Standing.PERMANENT, Action.HOLD_UNTIL_SCHEDULED: Standing.UNSCHEDULED}
_TIME_HAS_COME = frozenset({Standing.ELIGIBLE, Standing.REVIEW, Standing.OVERDUE})
_GOES = frozenset({Action.DESTROY, Action.REPLACE, Action.TRANSFER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """A decision without its reasons. `series` is the key of the one that keeps longest, of
    several the first named; empty if none claims."""

    standing: Standing
    eligible_on: date | None
    must_go_by: date | None
    action: Action
    manner: Manner
    series: str


def decide(
    facts: RecordFacts,
    claims: Claims,
    law: Law,
    today: Today,
    *,
    holds: Iterable[Hold] = (),
    answers: Iterable[MaximumDecision] = (),
) -> Decision:
    """What follows for the record. `answers` are decisions about its maximums; one without
    a person or a document is none. The manner is the strictest of all claiming series."""
    case = case_of(facts, claims, law.on(today.day), holds=holds, answers=answers)
    doubt = clock_refusal(today)
    found = conclude(case, doubted=doubt is not None)
    return Decision(
        record_id=facts.record_id,
        day=today.day,
        standing=found.standing,
        series=tuple(each.key for each in claims.series) + claims.unresolved,
        eligible_on=found.eligible_on,
        must_go_by=found.must_go_by,
        action=found.action,
        manner=found.manner,
        holds=tuple(hold.id for hold in case.holds),
        reasons=reasons_of(case, found.standing, law.agency) + ((doubt,) if doubt else ()),
    )


def conclude(case: Case, *, doubted: bool) -> Conclusion:
    """What follows from all that is known. `doubted`: the day cannot be believed."""
    standing = _standing(case)
    if doubted and standing in _TIME_HAS_COME:
        standing = Standing.WAITING
    return Conclusion(
        standing=standing,
        eligible_on=_eligible_on(case),
        must_go_by=case.must_go_by,
        action=case.action,
        manner=strictest([each.manner for each in case.outcomes]),
        series=_deciding(case),
    )


def may_be_proposed(decision: Decision) -> bool:
    """Is it time? True also of an overdue record whose minimums are all over."""
    if decision.standing is not Standing.OVERDUE:
        return decision.standing is Standing.ELIGIBLE
    day = decision.eligible_on
    return day is not None and day <= decision.day and decision.action in _GOES


def _standing(case: Case) -> Standing:
    endings = {each.least.ending for each in case.outcomes}
    if case.holds or case.renegotiated:
        return Standing.HELD
    if not case.outcomes and not case.claims.unresolved:
        return Standing.UNSCHEDULED
    if case.ordered_on is not None:
        return _when_over(case.action)
    if case.must_go_by is not None and case.must_go_by < case.day:
        return Standing.OVERDUE
    if Ending.NEVER in endings:
        return Standing.PERMANENT
    if case.not_in_force:
        return Standing.NOT_ADOPTED
    if case.scheduled_on is None:
        return _without_a_day(endings, case)
    return Standing.RUNNING if case.scheduled_on > case.day else _when_over(case.action)


def _without_a_day(endings: set[Ending], case: Case) -> Standing:
    """Waiting for an event or a person; or running towards a day after the edition's end."""
    waits = case.claims.unresolved or endings != {Ending.ON}
    return Standing.WAITING if waits else Standing.RUNNING


def _when_over(action: Action) -> Standing:
    if action is Action.REVIEW:
        return Standing.REVIEW
    return _STAYS.get(action, Standing.ELIGIBLE)


def _eligible_on(case: Case) -> date | None:
    """None also while a hold is open, and for what stays."""
    day = case.scheduled_on if case.ordered_on is None else case.ordered_on
    free = free_from(case.holds)
    if case.action in _STAYS or case.renegotiated or day is None or free is None:
        return None
    return max(day, free)


def _deciding(case: Case) -> str:
    """What no loaded schedule has keeps longest of all."""
    if case.claims.unresolved:
        return case.claims.unresolved[0]
    if not case.outcomes:
        return ""
    terms = [each.least for each in case.outcomes]
    return case.outcomes[terms.index(later(terms))].series.key
