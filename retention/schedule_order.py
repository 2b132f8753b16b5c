"""Which of two rules surely keeps a record longer, whatever the record and the calendar.

"At least" is a proof, not a guess: where two rules cannot be compared (another event, fiscal
against calendar years), neither is at least the other. Used to refuse an agency's change that
could shorten a verified minimum, and to say what a new edition changes.
"""

from __future__ import annotations

from collections.abc import Iterable

from retention.facts import Action, Cutoff, Manner, Period, PeriodKind, Roll, Rule, YearUnit
from retention.schedule_rules import least_days, most_days

_WEIGHT = {
    Action.DESTROY: 0,
    Action.REPLACE: 0,
    Action.TRANSFER: 1,
    Action.REVIEW: 2,  # it must come before a transfer
    Action.KEEP: 3,
    Action.HOLD_UNTIL_SCHEDULED: 3,
}
_NEVER_DUE = (PeriodKind.AGENCY_SET, PeriodKind.UNVERIFIED)


def rules_at_least(new: Iterable[Rule], old: Iterable[Rule]) -> bool:
    """Whether every record that an old rule protects is kept at least as long, and treated at
    least as carefully, by a new one. A new rule without a condition covers every condition."""
    fresh = tuple(new)
    return all(
        any(each.condition in ("", rule.condition) and rule_at_least(each, rule) for each in fresh)
        for rule in old
    )


def keeps_maximums(new: Iterable[Rule], old: Iterable[Rule]) -> bool:
    """Whether every maximum of the old rules still stands."""
    limits = {(rule.condition, rule.maximum, rule.maximum_after_minimum) for rule in new}
    return all(
        (rule.condition, rule.maximum, rule.maximum_after_minimum) in limits
        for rule in old
        if rule.maximum is not None
    )


def rule_at_least(new: Rule, old: Rule) -> bool:
    """Whether the new rule keeps as long and ends as carefully."""
    return _as_careful(new, old) and term_at_least(new, old)


def fills_blanks(new: Iterable[Rule], old: Iterable[Rule]) -> bool:
    """Whether all that changed is that a period left to the agency was filled in."""
    fresh, past = tuple(new), tuple(old)
    blanks = [rule for rule in past if rule.period.kind is PeriodKind.AGENCY_SET]
    rest = [rule for rule in past if rule.period.kind is not PeriodKind.AGENCY_SET]
    filled = all(any(fills(rule, blank) for rule in fresh) for blank in blanks)
    return bool(blanks) and filled and rules_at_least(fresh, rest)


def fills(new: Rule, blank: Rule) -> bool:
    """Whether the new rule fills in a period that the schedule left to the agency."""
    return new.condition in ("", blank.condition) and _as_careful(new, blank)


def _as_careful(new: Rule, old: Rule) -> bool:
    if _WEIGHT[new.action] < _WEIGHT[old.action]:
        return False
    return old.manner is Manner.ORDINARY or new.manner is old.manner


def term_at_least(new: Rule, old: Rule) -> bool:
    """Whether the new rule keeps as long."""
    if new.period.kind is PeriodKind.PERMANENT or new.period.kind in _NEVER_DUE:
        return old.period.kind is not PeriodKind.PERMANENT or (
            new.period.kind is PeriodKind.PERMANENT
        )
    if old.period.kind is PeriodKind.PERMANENT or old.period.kind in _NEVER_DUE:
        return False
    return (
        cutoff_at_least(new.cutoff, old.cutoff)
        and length_at_least(new.period, old.period)
        and _second_at_least(new, old)
    )


def _second_at_least(new: Rule, old: Rule) -> bool:
    """The same for the second terms ("or three years, whichever is later")."""
    if new.or_event is not None and new.earlier:
        return old.or_event is new.or_event and old.earlier
    if old.or_event is None or old.earlier:
        return True
    if new.or_event is old.or_event:
        return True
    return old.or_event in new.cutoff.events and _goes_by_latest(new.cutoff)


def _goes_by_latest(cutoff: Cutoff) -> bool:
    return cutoff.later or len(cutoff.events) == 1


def cutoff_at_least(new: Cutoff, old: Cutoff) -> bool:
    """Whether the new clock never starts before the old one would have."""
    same_roll = new.roll is old.roll or old.roll is Roll.NONE
    months = old.roll is Roll.MONTH_END and new.roll is Roll.CALENDAR_YEAR_END
    if not (same_roll or months):
        return False
    fresh, past = set(new.events), set(old.events)
    if _goes_by_latest(old):
        return _goes_by_latest(new) and past <= fresh
    return bool(fresh & past) if _goes_by_latest(new) else fresh <= past


def length_at_least(new: Period, old: Period) -> bool:
    """Whether a length is never the shorter one. "Until declared" has no length of its own."""
    if old.kind is PeriodKind.OPEN:
        return True
    if new.kind is PeriodKind.OPEN:
        return (old.years, old.months, old.days) == (0, 0, 0)
    if old.unit in (YearUnit.ANNIVERSARY, new.unit) and not (new.days or old.days):
        return new.years * 12 + new.months >= old.years * 12 + old.months
    return least_days(new) >= most_days(old)
