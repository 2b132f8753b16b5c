"""What changes between two editions, and an agency's own file laid over a shipped one.

An agency may lengthen, fill in a blank, complete what nobody had verified, and add schedules
of its own. It may never shorten a verified minimum, drop a maximum, or leave out a step of the
procedure: each such change is refused with its line.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from retention.facts import Approval, PeriodKind, Rule, Series
from retention.schedule_order import (
    fills,
    fills_blanks,
    keeps_maximums,
    length_at_least,
    rules_at_least,
)
from retention.schedule_reader import quoted
from retention.schedule_values import (
    DefaultRule,
    Entry,
    Problem,
    Procedure,
    Schedule,
    ScheduleFile,
)
from retention.schedule_words import period_words, rules_words


class ChangeKind(StrEnum):
    """How a series differs."""

    ADDED = "added"
    REMOVED = "removed"
    SHORTENED = "shortened"
    LENGTHENED = "lengthened"
    CHANGED = "changed"  # neither surely longer nor surely shorter
    FILLED = "filled"  # the agency set the period that was left to it
    VERIFIED = "verified"  # had no period before
    WITHDRAWN = "withdrawn"  # has no period any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between two editions. `before` and `after` are the rules in words."""

    schedule: str
    series: str
    title: str
    kind: ChangeKind
    before: str = ""
    after: str = ""


def differences(old: ScheduleFile, new: ScheduleFile) -> tuple[Change, ...]:
    """Every series whose rules differ, in the order of the new file, then what was removed.

    Wording is no difference: titles and summaries may change without any record moving.
    """
    before, after = _all_series(old), _all_series(new)
    found = [
        change for key, series in after.items() if (change := _difference(before.get(key), series))
    ]
    gone = [
        Change(
            schedule=series.schedule,
            series=series.id,
            title=series.title,
            kind=ChangeKind.REMOVED,
            before=rules_words(series.rules),
        )
        for key, series in before.items()
        if key not in after
    ]
    return (*found, *gone)


def _all_series(file: ScheduleFile) -> dict[tuple[str, str], Series]:
    return {(s.schedule, s.id): s for schedule in file.schedules for s in schedule.series}


def _difference(old: Series | None, new: Series) -> Change | None:
    if old is None:
        kind = ChangeKind.ADDED
    elif _bare(old.rules) == _bare(new.rules):
        return None
    elif not old.verified:
        kind = ChangeKind.VERIFIED
    elif not new.verified:
        kind = ChangeKind.WITHDRAWN
    elif rules_at_least(new.rules, old.rules):
        kind = ChangeKind.LENGTHENED
    elif fills_blanks(new.rules, old.rules):
        kind = ChangeKind.FILLED
    elif rules_at_least(old.rules, new.rules):
        kind = ChangeKind.SHORTENED
    else:
        kind = ChangeKind.CHANGED
    return Change(
        schedule=new.schedule,
        series=new.id,
        title=new.title,
        kind=kind,
        before=rules_words(old.rules) if old else "",
        after=rules_words(new.rules),
    )


def _bare(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    return tuple(replace(rule, then="") for rule in rules)


def lay_over(shipped: ScheduleFile, own: ScheduleFile) -> tuple[ScheduleFile, tuple[Problem, ...]]:
    """The shipped file with an agency's own laid over it, and what had to be refused. What was
    refused is left out of the result."""
    found: list[Problem] = []
    if not own.overlay:
        found.append(_first('this is no agency\'s own file; add "overlay: true" at its top'))
    if own.jurisdiction != shipped.jurisdiction:
        found.append(
            _first(
                f"it is written for {quoted(own.jurisdiction)} and cannot lie over "
                f"{quoted(shipped.jurisdiction)}; correct the jurisdiction"
            )
        )
    if own.default is not None:
        found.append(_first('the default rule is the law\'s own; remove "default"'))
    if found:
        return shipped, tuple(found)
    schedules = {schedule.id: schedule for schedule in shipped.schedules}
    for mine in own.schedules:
        made = _schedule(schedules, mine, own.name, found)
        if made is not None:
            schedules[made.id] = made
        _above_floor(mine, shipped.default, found)
    merged = replace(
        shipped,
        fiscal_years=own.fiscal_years or shipped.fiscal_years,
        schedules=tuple(schedules.values()),
        procedure=_procedure(shipped.procedure, own.procedure, found),
        holds=(*shipped.holds, *own.holds),
        deadlines=(*shipped.deadlines, *own.deadlines),
        classification=(*shipped.classification, *own.classification),
    )
    _known_series(merged, own, found)
    return merged, tuple(sorted(found))


def _first(text: str) -> Problem:
    return Problem(line=1, text=f"the file: {text}")


def _schedule(
    schedules: dict[str, Schedule], mine: Schedule, agency: str, found: list[Problem]
) -> Schedule | None:
    base = schedules.get(mine.id)
    where = f"schedule {quoted(mine.id)}"
    if not mine.extends:
        if base is None:
            return mine
        text = f'{where} is shipped already; to change it add "extends: true", or rename yours'
        found.append(Problem(line=mine.line, text=text))
        return None
    if base is None:
        text = f"{where} is not shipped, so it cannot be extended; {_one_of(mine.id, schedules)}"
        found.append(Problem(line=mine.line, text=text))
        return None
    if base.edition != mine.edition:
        text = (
            f"{where}: it was written for the edition {quoted(mine.edition)} and the one in use "
            f"is {quoted(base.edition)}; compare the two, then correct the edition"
        )
        found.append(Problem(line=mine.line, text=text))
        return None
    entries = {entry.series.id: entry for entry in base.entries}
    for entry in mine.entries:
        made = _entry(entries, entry, where, found)
        if made is not None:
            entries[entry.series.id] = made
    names = [each for each in (base.overlaid_by, agency) if each]
    return replace(base, entries=tuple(entries.values()), overlaid_by=" and ".join(names))


def _one_of(given: str, known: Sequence[str] | dict[str, Schedule] | dict[str, Entry]) -> str:
    close = difflib.get_close_matches(given, list(known), n=1)
    return f"did you mean {quoted(close[0])}" if close else "known are " + ", ".join(known)


def _entry(
    entries: dict[str, Entry], mine: Entry, where: str, found: list[Problem]
) -> Entry | None:
    name = mine.series.id
    base = entries.get(name)
    said = ""
    if base is None:
        said = (
            f"{where} has no series {quoted(name)}; {_one_of(name, entries)}; a series of your "
            "own belongs in a schedule of your own"
        )
    elif not mine.series.verified:
        said = f"{where}, series {quoted(name)}: this changes nothing; remove it or verify it"
    elif base.series.verified:
        said = _refused(base.series, mine.series, f"{where}, series {quoted(name)}")
    if said or base is None:
        found.append(Problem(line=mine.line, text=said))
        return None
    return _joined(base, mine)


def _refused(base: Series, mine: Series, where: str) -> str:
    """Why an agency may not change a verified series so; empty where it may."""
    protected = [rule for rule in base.rules if rule.period.kind is not PeriodKind.AGENCY_SET]
    blanks = [rule for rule in base.rules if rule.period.kind is PeriodKind.AGENCY_SET]
    if not rules_at_least(mine.rules, protected):
        return (
            f"{where}: {quoted(base.citation)} asks for at least: {rules_words(base.rules)}; "
            f"yours, {rules_words(mine.rules)}, is not surely as long and as careful: lengthen it"
        )
    if not all(any(fills(rule, blank) for rule in mine.rules) for blank in blanks):
        return (
            f"{where}: a rule for {rules_words(tuple(blanks))} is missing, or ends less "
            "carefully; write one with your period and that disposition"
        )
    if not keeps_maximums(mine.rules, base.rules):
        return (
            f"{where}: {quoted(base.citation)} sets a maximum and yours drops or changes it; "
            "write it as it stands there"
        )
    return ""


def _joined(base: Entry, mine: Entry) -> Entry:
    """The shipped series with the agency's rules; both authorities are named."""
    old, new = base.series, mine.series
    series = replace(
        new,
        title=old.title if new.title == f"Item {new.id}" else new.title,
        applies_to=new.applies_to or old.applies_to,
        citation="; ".join(each for each in (old.citation, new.citation) if each),
        source=" ; ".join(each for each in (old.source, new.source) if each),
        renegotiated=new.renegotiated or old.renegotiated,
    )
    return replace(
        mine, series=series, summary=mine.summary or base.summary, note=mine.note or base.note
    )


def _above_floor(mine: Schedule, default: DefaultRule | None, found: list[Problem]) -> None:
    if default is None or default.minimum is None or not default.floor:
        return
    for entry in mine.entries:
        for rule in entry.series.rules:
            if rule.period.kind is PeriodKind.LENGTH and not length_at_least(
                rule.period, default.minimum
            ):
                found.append(
                    Problem(
                        line=entry.line,
                        text=f"schedule {quoted(mine.id)}, series {quoted(entry.series.id)}: "
                        f"{default.backing.citation} lets nothing go before "
                        f"{period_words(default.minimum)}; yours says "
                        f"{period_words(rule.period)}: lengthen it",
                    )
                )


def _procedure(
    shipped: Procedure | None, mine: Procedure | None, found: list[Problem]
) -> Procedure | None:
    """The agency's procedure, if it has every step of the law, in order and no sooner."""
    if mine is None or shipped is None:
        return mine or shipped
    rest = iter(mine.steps)
    missing = [step for step in shipped.steps if not any(_covers(own, step) for own in rest)]
    if missing:
        found.append(
            _first(
                f"procedure: {quoted(shipped.backing.citation)} asks for the step "
                f'"{missing[0].step.value}" here, or for a longer wait after it; add it, in order'
            )
        )
        return shipped
    return replace(mine, maximum=shipped.maximum or mine.maximum)


def _covers(own: Approval, law: Approval) -> bool:
    waits = own.working_days or not law.working_days
    order = ("standing", "series", "act")  # the more often, the stricter
    return (
        own.step is law.step
        and order.index(own.per.value) >= order.index(law.per.value)
        and own.wait_days >= law.wait_days
        and (waits or not law.wait_days)
    )


def _known_series(merged: ScheduleFile, own: ScheduleFile, found: list[Problem]) -> None:
    known = [series.key for schedule in merged.schedules for series in schedule.series]
    for each in own.classification:
        for key in each.rule.series:
            if key not in known:
                text = (
                    f"classification {quoted(each.rule.id)}: there is no series {quoted(key)}; "
                    f"write schedule/series; {_one_of(key, known)}"
                )
                found.append(Problem(line=each.line, text=text))
