"""Rules and approvals in words, as a records officer reads them."""

from __future__ import annotations

from retention.facts import (
    Approval,
    Cutoff,
    Manner,
    Period,
    PeriodKind,
    PerWhat,
    Roll,
    Rule,
    YearUnit,
)

_KINDS = {
    PeriodKind.PERMANENT: "permanent",
    PeriodKind.OPEN: "until declared",
    PeriodKind.AGENCY_SET: "a period that the agency must set",
    PeriodKind.UNVERIFIED: "not verified: kept",
}
_ROLLS = {
    Roll.MONTH_END: "the end of the month of",
    Roll.CALENDAR_YEAR_END: "the end of the calendar year of",
    Roll.FISCAL_YEAR_END: "the end of the fiscal year of",
}
_PER = {
    PerWhat.ACT: "each time",
    PerWhat.SERIES: "once a series",
    PerWhat.STANDING: "once for all",
}


def period_words(period: Period) -> str:
    """ "2 years", "3 fiscal years", "permanent"."""
    if period.kind is not PeriodKind.LENGTH:
        return _KINDS[period.kind]
    number, thing = next(
        (
            (count, name)
            for count, name in ((period.years, "year"), (period.months, "month"))
            if count
        ),
        (period.days, "day"),
    )
    unit = "" if period.unit is YearUnit.ANNIVERSARY else f"{period.unit.value} "
    return f"{number} {unit}{thing}{'' if number == 1 else 's'}"


def cutoff_words(cutoff: Cutoff) -> str:
    """ "created", "the end of the fiscal year of the later of received and withdrawn"."""
    events = " and ".join(event.value for event in cutoff.events)
    if len(cutoff.events) > 1:
        events = f"the {'later' if cutoff.later else 'earlier'} of {events}"
    return events if cutoff.roll is Roll.NONE else f"{_ROLLS[cutoff.roll]} {events}"


def rule_words(rule: Rule) -> str:
    """ "if historical value: permanent, then keep"."""
    said = f"if {rule.condition}: " if rule.condition else ""
    if rule.period.kind is PeriodKind.OPEN:
        said += f"until declared: {cutoff_words(rule.cutoff)}"
    else:
        said += period_words(rule.period)
        if rule.cutoff.events:
            said += f" after {cutoff_words(rule.cutoff)}"
    if rule.or_event is not None:
        said += f", or {rule.or_event.value}, whichever is {'earlier' if rule.earlier else 'later'}"
    if rule.maximum is not None:
        since = "after that" if rule.maximum_after_minimum else "after the cutoff"
        said += f", at most {period_words(rule.maximum)} {since}"
    if rule.period.kind is PeriodKind.UNVERIFIED:
        return said
    manner = "" if rule.manner is Manner.ORDINARY else f" ({rule.manner.value})"
    return f"{said}; then {rule.action.value}{manner}"


def rules_words(rules: tuple[Rule, ...]) -> str:
    """All branches on one line."""
    return " | ".join(rule_words(rule) for rule in rules)


def step_words(step: Approval) -> str:
    """ "governing-body (council), each time, then wait 60 days"."""
    whom = f" ({step.whom})" if step.whom else ""
    kind = "working days" if step.working_days else "days"
    wait = f", then wait {step.wait_days} {kind}" if step.wait_days else ""
    return f"{step.step.value}{whom}, {_PER[step.per]}{wait}"
