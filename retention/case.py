"""Everything that the decision on one record follows from, gathered and not yet judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from retention.agency import AgencySettings
from retention.calendars import next_day
from retention.claim import Outcome, most_careful
from retention.classify import Claims
from retention.facts import (
    Action,
    Adoption,
    EditionFacts,
    Hold,
    MaximumDecision,
    Reason,
    RecordFacts,
)
from retention.hold import binding
from retention.precedents import Precedents


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """What the agency goes by: its settings, what is loaded and what was adopted."""

    agency: AgencySettings = field(default_factory=AgencySettings)
    editions: tuple[EditionFacts, ...] = ()
    adoptions: tuple[Adoption, ...] = ()

    def on(self, day: date) -> Precedents:
        """The law as it is on a day."""
        return Precedents(self.agency, self.editions, self.adoptions, day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that the standing follows from. `scheduled_on` is the first day after all
    minimums on which all claiming series are adopted; None: not in sight. `ordered_on` is the
    first day on which the record may go because a named person decided so under a maximum."""

    day: date
    claims: Claims
    outcomes: tuple[Outcome, ...]
    holds: tuple[Hold, ...]
    not_in_force: tuple[Reason, ...]
    answers: tuple[MaximumDecision, ...]
    scheduled_on: date | None
    ordered_on: date | None
    must_go_by: date | None
    action: Action

    @property
    def renegotiated(self) -> bool:
        return any(each.series.renegotiated for each in self.outcomes)


def case_of(
    facts: RecordFacts,
    claims: Claims,
    law: Precedents,
    *,
    holds: Iterable[Hold],
    answers: Iterable[MaximumDecision],
) -> Case:
    """Gathers what is known of the record on the day of the law."""
    day = law.day
    outcomes = tuple(law.outcome(each, facts) for each in claims.series)
    refusals = {
        each.key: why for each in claims.series if (why := law.ground(each).refusal) is not None
    }
    in_force = [
        each
        for each in outcomes
        if each.series.key not in refusals and not each.series.renegotiated
    ]
    mine = tuple(each for each in answers if _is_answer(each, facts, day))
    ordered = [pair for each in in_force for pair in _ordered(each, mine, day)]
    first = min(ordered, key=lambda pair: pair[0], default=None)
    return Case(
        day=day,
        claims=claims,
        outcomes=outcomes,
        holds=binding(holds, facts, day),
        not_in_force=tuple(refusals.values()),
        answers=mine,
        scheduled_on=_scheduled_on(claims, outcomes, law),
        ordered_on=None if first is None else first[0],
        must_go_by=min((each.most for each in in_force if each.most), default=None),
        action=first[1] if first else most_careful(each.action for each in outcomes),
    )


def _ordered(
    result: Outcome, answers: tuple[MaximumDecision, ...], day: date
) -> list[tuple[date, Action]]:
    """From when, and how, the record may go by each decision to destroy under this maximum;
    never before the series' own minimum is over."""
    if result.most is None or result.own_end is None or result.own_end >= day:
        return []
    return [
        (max(next_day(result.own_end), answer.on), result.action)
        for answer in answers
        if answer.destroy and answer.series == result.series.key
    ]


def _is_answer(answer: MaximumDecision, facts: RecordFacts, day: date) -> bool:
    """A decision without a person or a document is none, nor is one of tomorrow."""
    return (
        answer.record_id == facts.record_id
        and answer.on <= day
        and bool(answer.who.strip())
        and bool(answer.document.strip())
    )


def _scheduled_on(claims: Claims, outcomes: tuple[Outcome, ...], law: Precedents) -> date | None:
    """The first day on which every claiming series is over and adopted; None: not in sight,
    which is so too if an edition will have expired by then."""
    days: list[date] = []
    until = date.max
    for each in outcomes:
        ground = law.ground(each.series)
        if each.least.last_day is None or ground.usable_from is None:
            return None
        days += [next_day(each.least.last_day), ground.usable_from]
        until = min(until, ground.usable_until)
    day = max(days, default=None)
    return None if claims.unresolved or day is None or day > until else day
