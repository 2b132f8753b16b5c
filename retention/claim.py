"""What one series, by itself, says of one record.

All branches whose condition holds apply, and the longest of their minimums counts. A series
of conditional branches of which none is known to hold waits until a person says which. What
the agency added (overlays, floors) can only lengthen. Of actions and manners the most careful
one counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from retention.agency import AgencySettings, Overlay
from retention.facts import (
    Action,
    Cutoff,
    Event,
    Manner,
    RecordFacts,
    Rule,
    Series,
)
from retention.period import Ending, Term, later, maximum, minimum, start_of, term

# From the least to the most careful. Review stands over transfer: it must come first.
ACTIONS = (
    Action.DESTROY,
    Action.REPLACE,
    Action.TRANSFER,
    Action.REVIEW,
    Action.HOLD_UNTIL_SCHEDULED,
    Action.KEEP,
)
MANNERS = (Manner.ORDINARY, Manner.CONFIDENTIAL, Manner.COURT_ORDERED)
# What an appraisal by the archives, stated as a fact of the record, makes of a review.
APPRAISED = {
    "appraised: no archival value": Action.DESTROY,
    "appraised: to the archives": Action.TRANSFER,
    "appraised: keep": Action.KEEP,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`own`: how long the series keeps the record by itself; `least`: with what the agency
    added. `most`: the last day of the earliest maximum."""

    series: Series
    own: Term
    least: Term
    most: date | None
    action: Action
    manner: Manner

    @property
    def own_end(self) -> date | None:
        """The last day without what the agency added, which a maximum looks at."""
        return self.own.last_day


def outcome(series: Series, facts: RecordFacts, agency: AgencySettings) -> Outcome:
    """What the series says of the record."""
    rules = [each for each in series.rules if _applies(each, facts)]
    if not series.verified or not rules:
        return _incomplete(series)
    fill = agency.blanks.get(series.key)
    own = [minimum(rule, facts, agency, fill) for rule in rules]  # of each branch
    added = [
        _overlaid(overlay, rule, least, facts, agency)
        for rule, least in zip(rules, own, strict=True)
        for overlay in agency.overlays
        if overlay.series == series.key
    ]
    limits = [
        day
        for rule, least in zip(rules, own, strict=True)
        if (day := maximum(rule, least, facts, agency.fiscal_years)) is not None
    ]
    return Outcome(
        series=series,
        own=later(own),
        least=later([*own, *added, *_floors(facts, agency)]),
        most=min(limits, default=None),
        action=most_careful(_action(rule, facts) for rule in rules),
        manner=strictest(rule.manner for rule in rules),
    )


def most_careful(actions: Iterable[Action]) -> Action:
    """The action that loses least; keep if there is none."""
    return max(actions, key=ACTIONS.index, default=Action.KEEP)


def strictest(manners: Iterable[Manner]) -> Manner:
    """The manner that asks for most."""
    return max(manners, key=MANNERS.index, default=Manner.ORDINARY)


def _applies(rule: Rule, facts: RecordFacts) -> bool:
    return not rule.condition or rule.condition in facts.assertions


def _action(rule: Rule, facts: RecordFacts) -> Action:
    if rule.action is not Action.REVIEW:
        return rule.action
    results = [action for fact, action in APPRAISED.items() if fact in facts.assertions]
    return most_careful(results) if results else Action.REVIEW


def _incomplete(series: Series) -> Outcome:
    if not series.verified:
        least = Term(ending=Ending.INCOMPLETE, why="nobody has verified this series at its source")
    else:
        conditions = ", ".join(f'"{rule.condition}"' for rule in series.rules) or "none given"
        least = Term(
            ending=Ending.NOT_STARTED,
            why=f"a person must say which branch applies ({conditions})",
        )
    return Outcome(
        series=series,
        own=least,
        least=least,
        most=None,
        action=most_careful(rule.action for rule in series.rules),
        manner=strictest(rule.manner for rule in series.rules),
    )


def _overlaid(
    overlay: Overlay, rule: Rule, least: Term, facts: RecordFacts, agency: AgencySettings
) -> Term:
    """The agency's longer period, from the end of the schedule's or from the same cutoff."""
    years = agency.fiscal_years
    start = least if overlay.added else start_of(rule.cutoff, facts, years)
    return term(overlay.period, start, years)


def _floors(facts: RecordFacts, agency: AgencySettings) -> list[Term]:
    """From the later of creation and receipt; a record without either has no end."""
    known = tuple(each for each in (Event.CREATED, Event.RECEIVED) if each in facts.events)
    start = start_of(Cutoff(events=known or (Event.CREATED,)), facts, agency.fiscal_years)
    return [term(floor.period, start, agency.fiscal_years) for floor in agency.floors]
