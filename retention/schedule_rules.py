"""Reads the rules of a series: from when, for how long, what then.

cutoff: created
cutoff: {later_of: [received, withdrawn], roll: calendar-year-end}
period: 2 years | 90 days | 18 months | 3 fiscal years | permanent | until-declared | agency-set
disposition: {action: destroy, manner: confidential}
"""

from __future__ import annotations

import re

from retention.facts import (
    Action,
    Cutoff,
    Event,
    Manner,
    Period,
    PeriodKind,
    Roll,
    Rule,
    YearUnit,
)
from retention.schedule_reader import Group, quoted

_LENGTH = re.compile(r"([0-9]{1,5}) (?:(anniversary|calendar|fiscal) )?(day|month|year)s?")
_WORDS = {
    "permanent": PeriodKind.PERMANENT,
    "until-declared": PeriodKind.OPEN,
    "agency-set": PeriodKind.AGENCY_SET,
}
_MOST_YEARS = 999
_UNITS = {unit.value: unit for unit in YearUnit}

UNVERIFIED = (
    Rule(
        cutoff=Cutoff(events=()),
        period=Period(kind=PeriodKind.UNVERIFIED),
        action=Action.HOLD_UNTIL_SCHEDULED,
    ),
)


def period_of(said: str) -> Period | None:
    """The period that words such as "2 years" mean; None where they mean none."""
    if said in _WORDS:
        return Period(kind=_WORDS[said])
    match = _LENGTH.fullmatch(said)
    if match is None or (match[2] and match[3] != "year"):
        return None
    number = int(match[1])
    if match[3] == "day":
        return Period(kind=PeriodKind.LENGTH, days=number)
    if number == 0:
        return None
    if match[3] == "month":
        return Period(kind=PeriodKind.LENGTH, months=number) if number <= 12 * _MOST_YEARS else None
    if number > _MOST_YEARS:
        return None
    unit = _UNITS[match[2]] if match[2] else YearUnit.ANNIVERSARY
    return Period(kind=PeriodKind.LENGTH, years=number, unit=unit)


def read_period(group: Group, field: str, *, required: bool = False) -> Period | None:
    """A period; noted where it cannot be understood."""
    said = group.text(field, required=required)
    if not said:
        return None
    period = period_of(said)
    if period is None:
        group.problem(
            f'the {field} {quoted(said)} is not understood; write for instance "2 years", '
            '"90 days", "18 months", "3 fiscal years", "4 calendar years", "permanent", '
            '"until-declared" or "agency-set"',
            field,
        )
    return period


def read_length(group: Group, field: str) -> Period | None:
    """A period that must have a length."""
    period = read_period(group, field)
    if period is not None and period.kind is not PeriodKind.LENGTH:
        group.problem(f'the {field} needs a length, for instance "6 months"', field)
        return None
    return period


def read_rule(group: Group) -> Rule | None:
    """One rule; None, with notes, where it cannot be used."""
    condition = group.text("when")
    cutoff = _cutoff(group)
    period = read_period(group, "period", required=True)
    action, manner = _disposition(group)
    or_event, earlier = _or(group)
    maximum, after_minimum = _maximum(group)
    then = group.text("then")
    group.finish()
    if period is None or action is None or cutoff is None:
        return None
    rule = Rule(
        cutoff=cutoff,
        period=period,
        action=action,
        manner=manner,
        condition=condition,
        or_event=or_event,
        earlier=earlier,
        maximum=maximum,
        maximum_after_minimum=after_minimum,
        then=then,
    )
    _sense(group, rule)
    return rule


def _cutoff(group: Group) -> Cutoff | None:
    if not group.has("cutoff") or not group.is_group("cutoff"):
        event = group.choice("cutoff", Event)
        if group.has("cutoff"):
            return None if event is None else Cutoff(events=(event,))
        return Cutoff(events=())
    inner = group.group("cutoff", where=f"{group.where}, cutoff")
    assert inner is not None
    given = {
        "event": inner.choices("event", Event),
        "later_of": inner.choices("later_of", Event),
        "earlier_of": inner.choices("earlier_of", Event),
    }
    roll = inner.choice("roll", Roll)
    inner.finish()
    written = [name for name in given if inner.has(name)]
    if len(written) != 1:
        inner.problem('write exactly one of "event", "later_of" and "earlier_of"')
        return None
    [name] = written
    events = given[name]
    if name == "event" and len(events) > 1:
        inner.problem('"event" names one event; for more write "later_of" or "earlier_of"', name)
        return None
    if not events:
        return None
    if len(set(events)) != len(events):
        inner.problem(f'an event stands twice in "{name}"; remove one', name)
        return None
    return Cutoff(
        events=events,
        later=name != "earlier_of",
        roll=roll or Roll.NONE,
    )


def _disposition(group: Group) -> tuple[Action | None, Manner]:
    if group.has("disposition") and not group.is_group("disposition"):
        return group.choice("disposition", Action), Manner.ORDINARY
    inner = group.group("disposition", required=True)
    if inner is None:
        return None, Manner.ORDINARY
    action = inner.choice("action", Action, required=True)
    manner = inner.choice("manner", Manner)
    inner.finish()
    return action, manner or Manner.ORDINARY


def _or(group: Group) -> tuple[Event | None, bool]:
    inner = group.group("or")
    if inner is None:
        return None, False
    event = inner.choice("event", Event, required=True)
    which = inner.text("whichever", required=True)
    inner.finish()
    if which not in ("later", "earlier", ""):
        inner.problem(f'"whichever" cannot be {quoted(which)}; write later or earlier', "whichever")
    return event, which == "earlier"


def _maximum(group: Group) -> tuple[Period | None, bool]:
    inner = group.group("maximum")
    if inner is None:
        return None, False
    period = read_length(inner, "period")
    after = inner.text("after", required=True)
    inner.finish()
    if not inner.has("period"):
        inner.problem('"period" is missing; add it')
    if after not in ("cutoff", "minimum", ""):
        inner.problem(f'"after" cannot be {quoted(after)}; write cutoff or minimum', "after")
    return period, after == "minimum"


def _sense(group: Group, rule: Rule) -> None:
    """Note what can be read but makes no sense in law."""
    kind = rule.period.kind
    needs_cutoff = kind in (PeriodKind.LENGTH, PeriodKind.OPEN)
    if needs_cutoff and not rule.cutoff.events:
        group.problem(
            'a period runs from an event and none is given; add "cutoff", or make the series '
            '"status: unverified" until the event is known',
            "period",
        )
    if kind is PeriodKind.PERMANENT:
        if rule.action not in (Action.KEEP, Action.TRANSFER):
            group.problem(
                "what is permanent can only be kept or transferred; "
                f'change the disposition "{rule.action.value}"',
                "disposition",
            )
        if rule.or_event or rule.maximum:
            group.problem('what is permanent has no "or" and no "maximum"; remove it', "period")
    elif rule.action is Action.KEEP:
        group.problem('"keep" belongs to "period: permanent"; change one of them', "disposition")
    if rule.or_event in rule.cutoff.events:
        group.problem('the event of "or" is the cutoff already; remove "or"', "or")
    if rule.maximum and not rule.maximum_after_minimum and _under(rule.maximum, rule.period):
        group.problem("the maximum is shorter than the period; correct one of them", "maximum")


def _under(maximum: Period, period: Period) -> bool:
    """Whether a maximum is surely shorter than a period."""
    return period.kind is PeriodKind.LENGTH and most_days(maximum) < least_days(period)


def least_days(period: Period) -> int:
    """Days that a length has at the least, whatever the calendar."""
    return period.days + period.months * 28 + period.years * 365


def most_days(period: Period) -> int:
    """Days that a length has at the most; whole calendar or fiscal years begin after the
    year of the cutoff."""
    years = period.years + (period.unit is not YearUnit.ANNIVERSARY and period.years > 0)
    return period.days + period.months * 31 + years * 366
