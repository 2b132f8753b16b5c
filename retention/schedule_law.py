"""Reads what a jurisdiction asks for besides its series: procedure, holds, deadlines, defaults."""

from __future__ import annotations

import re

from retention.classify import ClassRule
from retention.facts import Approval, HoldKind, PeriodKind, PerWhat, Step
from retention.schedule_reader import Group, quoted
from retention.schedule_rules import read_length, read_period
from retention.schedule_values import (
    Adopting,
    AdoptionKind,
    Assignment,
    Backing,
    Confidence,
    Deadline,
    DefaultRule,
    FiscalYear,
    HoldEffect,
    HoldRule,
    Maximum,
    Procedure,
)

_WAIT = re.compile(r"([0-9]{1,4}) (working )?days?")
_ADDRESS = re.compile(r"https?://[^\s\"'<>]+")
_YEAR_END = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_LIMITS = (
    "accounts",
    "departments",
    "platforms",
    "kinds",
    "author_roles",
    "authors",
    "words",
    "threads",
    "tags",
)
_DEADLINE_UNITS = ("business", "working", "calendar", "none")


def addresses(group: Group, field: str, *, required: bool = False) -> tuple[str, ...]:
    """Web addresses where something can be read."""
    said = group.texts(field, required=required)
    for each in said:
        if not _ADDRESS.fullmatch(each):
            group.problem(
                f"the {field} {quoted(each)} is no web address; write it with https:// in front",
                field,
            )
    return said


def backing(group: Group) -> Backing:
    """What a statement rests on; a verified one must be cited and have been read somewhere."""
    confidence = group.choice("confidence", Confidence, required=True)
    made = Backing(
        confidence=confidence or Confidence.FROM_MEMORY,
        citation=group.text("citation"),
        source=addresses(group, "source"),
        note=group.text("note"),
    )
    if confidence is Confidence.VERIFIED:
        for field in ("citation", "source"):
            if not group.has(field):
                group.problem(
                    f'"{field}" is missing; add it, or write "confidence: from-memory"',
                    "confidence",
                )
    return made


def adopting(group: Group | None) -> Adopting | None:
    """How a schedule comes to bind an agency."""
    if group is None:
        return None
    kind = group.choice("kind", AdoptionKind, required=True)
    made = Adopting(
        kind=kind or AdoptionKind.UNKNOWN, text=group.text("text"), backing=backing(group)
    )
    group.finish()
    return made


def procedure(group: Group | None) -> Procedure | None:
    """Who must agree, in order."""
    if group is None:
        return None
    grounds = backing(group)
    made = Procedure(
        text=group.text("text", required=True),
        steps=tuple(
            step
            for each in group.groups("steps")
            if (step := _step(each, grounds.citation)) is not None
        ),
        backing=grounds,
        log=group.texts("log"),
        afterwards=group.texts("afterwards"),
        maximum=_maximum(group.group("maximum")),
    )
    group.finish()
    return made


def _step(group: Group, citation: str) -> Approval | None:
    step = group.choice("step", Step, required=True)
    per = group.choice("per", PerWhat, required=True)
    whom = group.text("whom")
    days, working = _wait(group)
    own = group.text("citation")
    group.finish()
    if step is Step.NOTICE and not whom:
        group.problem('a notice goes to somebody; add "whom"', "step")
    if step is None or per is None:
        return None
    return Approval(
        step=step,
        per=per,
        whom=whom,
        wait_days=days,
        working_days=working,
        citation=own or citation,
    )


def _wait(group: Group) -> tuple[int, bool]:
    said = group.text("wait")
    match = _WAIT.fullmatch(said)
    if match is not None:
        return int(match[1]), match[2] is not None
    if said:
        group.problem(
            f'the wait {quoted(said)} is not understood; write for instance "60 days" or '
            '"23 working days"',
            "wait",
        )
    return 0, False


def _maximum(group: Group | None) -> Maximum | None:
    if group is None:
        return None
    period = read_length(group, "after_period")
    applies_to = group.text("applies_to", required=True)
    group.finish()
    if not group.has("after_period"):
        group.problem('"after_period" is missing; add it')
    return Maximum(period=period, applies_to=applies_to) if period else None


def hold(group: Group) -> HoldRule:
    """What lets stop, or force, a disposition."""
    adds = read_length(group, "adds")
    made = HoldRule(
        trigger=group.text("trigger", required=True),
        text=group.text("text", required=True),
        release=group.text("release", required=True),
        effect=group.choice("effect", HoldEffect, required=True) or HoldEffect.FREEZE,
        kinds=group.choices("kinds", HoldKind),
        tail_days=group.number("tail_days") or 0,
        tail_days_in_custody=group.number("tail_days_in_custody") or 0,
        lasts_days=group.number("lasts_days") or 0,
        adds=adds,
        renewable=group.flag("renewable"),
        backing=backing(group),
    )
    group.finish()
    return made


def deadline(group: Group) -> Deadline:
    """How fast a request must be answered."""
    days = group.number("days")
    unit = group.text("unit", required=True)
    if unit and unit not in _DEADLINE_UNITS:
        group.problem(
            f'"unit" cannot be {quoted(unit)}; write one of {", ".join(_DEADLINE_UNITS)}', "unit"
        )
    if unit and (days is None) != (unit == "none"):
        group.problem('where the law gives no number, leave "days" out and write "unit: none"')
    made = Deadline(
        what=group.text("what", required=True),
        days=days,
        unit=unit,
        counts_from=group.text("counts_from"),
        applies_to=group.text("applies_to"),
        answers=group.texts("answers"),
        extension_days=group.number("extension_days") or 0,
        extension_confidence=group.choice("extension_confidence", Confidence),
        backing=backing(group),
    )
    group.finish()
    return made


def default_rule(group: Group | None) -> DefaultRule | None:
    """What holds for a record that no series claims."""
    if group is None:
        return None
    minimum = read_period(group, "minimum")
    if minimum is not None and minimum.kind not in (PeriodKind.LENGTH, PeriodKind.PERMANENT):
        group.problem('"minimum" is a length such as "6 years", or permanent', "minimum")
        minimum = None
    made = DefaultRule(
        id=group.text("id", required=True),
        text=group.text("text", required=True),
        minimum=minimum,
        floor=group.flag("floor"),
        backing=backing(group),
    )
    if minimum is not None and made.backing.confidence is not Confidence.VERIFIED:
        group.problem(
            'a minimum that nobody has read may not be stated; leave "minimum" out', "minimum"
        )
    group.finish()
    return made


def fiscal_year(group: Group) -> FiscalYear:
    """When the fiscal year ends."""
    ends = group.texts("ends")
    for each in ends:
        if not _YEAR_END.fullmatch(each):
            group.problem(
                f'"ends" cannot be {quoted(each)}; write month and day, such as 09-30', "ends"
            )
    made = FiscalYear(of=group.text("of", required=True), ends=ends, backing=backing(group))
    group.finish()
    return made


def assignment(group: Group) -> Assignment:
    """A classification rule of an agency."""
    limits = {name: group.texts(name) for name in _LIMITS}
    rule = ClassRule(
        id=group.text("id", required=True),
        series=group.texts("series", required=True),
        priority=group.number("priority") or 0,
        unless_words=group.texts("unless_words"),
        unless_tags=group.texts("unless_tags"),
        removed_only=group.flag("removed_only"),
        stand_alone=group.flag("stand_alone"),
        reason=group.text("reason"),
        **limits,
    )
    everything = group.flag("everything")
    if everything == (any(limits.values()) or rule.removed_only):
        group.problem(
            'say which records it is for ("accounts", "kinds", "words" and so on), or write '
            '"everything: true", not both'
        )
    group.finish()
    return Assignment(rule=rule, line=group.line)
