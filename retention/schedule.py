"""Reads a schedule file: text in, values out, every mistake with its line.

What is law and nobody has read at its source is `status: unverified`: it may have no rules, and
becomes a series whose period is PeriodKind.UNVERIFIED, which can never dispose of anything.

A digest says what an officer has adopted. It is taken over the content, so comments, the order
of fields and of series, and the way of writing a value make no difference to it; nor does a
field that a later version of the program adds, as long as the file does not use it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from datetime import date
from enum import Enum

from retention import schedule_law as law
from retention.agency import Floor
from retention.calendars import FiscalYearEnd
from retention.facts import Approval, Series
from retention.schedule_reader import Group, quoted, root
from retention.schedule_rules import UNVERIFIED, read_rule
from retention.schedule_values import (
    Entry,
    How,
    Problem,
    Schedule,
    ScheduleError,
    ScheduleFile,
)

FORM = "1"
_MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")
_PLAIN_ID = re.compile(r"[a-z0-9][a-z0-9-]*")
_NOT_CONTENT = frozenset({"line"})


def parse(text: str) -> ScheduleFile:
    """The values of a file. Raises: ScheduleError with every mistake."""
    made, problems = read(text)
    if made is None:
        raise ScheduleError(problems)
    return made


def check(text: str) -> tuple[Problem, ...]:
    """Every mistake in a file, in the order of its lines; empty where there is none."""
    return read(text)[1]


def read(text: str) -> tuple[ScheduleFile | None, tuple[Problem, ...]]:
    """The values, or None with the mistakes."""
    found: list[Problem] = []
    outermost = root(text, found)
    made = _file(outermost, found) if outermost is not None else None
    return (None if found else made), tuple(sorted(found))


def digest(
    schedule: Schedule,
    steps: tuple[Approval, ...] = (),
    counted: tuple[FiscalYearEnd | Floor, ...] = (),
) -> str:
    """SHA-256, in hex, of what a schedule and its procedure's steps say, and of what else its
    periods are `counted` by: the agency's fiscal years, and minimums for every record."""
    ordered = dataclasses.replace(
        schedule, entries=tuple(sorted(schedule.entries, key=lambda entry: entry.series.id))
    )
    content = {"form": FORM, "schedule": _canonical(ordered), "steps": _canonical(steps)}
    if counted:
        content["counted"] = _canonical(counted)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode("ascii")).hexdigest()


def _canonical(value: object) -> object:
    """The value as JSON, without what is left at its default."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _canonical(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.name not in _NOT_CONTENT and getattr(value, field.name) != field.default
        }
    if isinstance(value, tuple):
        return [_canonical(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    return value.isoformat() if isinstance(value, date) else value


def _file(group: Group, found: list[Problem]) -> ScheduleFile:
    form = group.text("form", required=True)
    if form not in ("", FORM):
        group.problem(
            f"this program reads files of form {FORM}, not {quoted(form)}; update the program",
            "form",
        )
    overlay = group.flag("overlay")
    made = ScheduleFile(
        jurisdiction=group.text("jurisdiction", required=True),
        name=group.text("name", required=True),
        overlay=overlay,
        note=group.text("note"),
        fiscal_years=tuple(map(law.fiscal_year, group.groups("fiscal_years"))),
        schedules=tuple(_schedule(each, overlay=overlay) for each in group.groups("schedules")),
        procedure=law.procedure(group.group("procedure", where="procedure")),
        holds=tuple(map(law.hold, group.groups("holds"))),
        deadlines=tuple(map(law.deadline, group.groups("deadlines"))),
        default=law.default_rule(group.group("default", where="default")),
        classification=tuple(map(law.assignment, group.groups("classification"))),
        open_questions=group.texts("open_questions"),
    )
    group.finish()
    if made.classification and not overlay:
        group.problem(
            'only an agency classifies its records; move this to its own file ("overlay: true")',
            "classification",
        )
    _twice([(s.id, s.line) for s in made.schedules], "schedule", found)
    _twice([(a.rule.id, a.line) for a in made.classification], "classification", found)
    return made


def _schedule(group: Group, *, overlay: bool) -> Schedule:
    name = group.text("id", required=True)
    where = f"schedule {quoted(name)}"
    group.where = where if name else group.where
    if name and not _PLAIN_ID.fullmatch(name):
        group.problem("an id has small letters, digits and hyphens only", "id")
    extends = group.flag("extends")
    if extends and not overlay:
        group.problem(
            'only an agency\'s own file extends a schedule; add "overlay: true" at its top',
            "extends",
        )
    edition = group.text("edition", required=True)
    entries = tuple(
        entry
        for each in group.groups("series", required=extends)
        if (entry := _entry(each, where, name, edition, overlay=overlay, extends=extends))
    )
    made = Schedule(
        id=name,
        title=group.text("title", required=not extends),
        edition=edition,
        authority=group.text("authority"),
        level=group.text("level", required=not extends),
        source=law.addresses(group, "source"),
        note=group.text("note"),
        valid_from=group.day("valid_from"),
        expires=group.day("expires"),
        adoption=law.adopting(group.group("adoption")),
        entries=entries,
        extends=extends,
        line=group.line,
    )
    if made.valid_from and made.expires and made.expires < made.valid_from:
        group.problem("it expires before it is valid; correct one of the days", "expires")
    group.finish()
    _twice([(e.series.id, e.line) for e in entries], f"{where}: series", group.found)
    return made


def _twice(ids: list[tuple[str, int]], what: str, found: list[Problem]) -> None:
    seen: dict[str, int] = {}
    for name, line in ids:
        if name and name in seen:
            found.append(
                Problem(
                    line=line,
                    text=f"{what} {quoted(name)} stands in line {seen[name]} already; remove one "
                    "or give it another id",
                )
            )
        seen.setdefault(name, line)


def _entry(
    group: Group, where: str, schedule: str, edition: str, *, overlay: bool, extends: bool
) -> Entry | None:
    name = group.text("id", required=True)
    group.where = f"{where}, series {quoted(name)}" if name else group.where
    status = group.text("status", required=True)
    verified = status == "verified"
    if status not in ("verified", "unverified", ""):
        group.problem(
            f'"status" cannot be {quoted(status)}; write verified or unverified', "status"
        )
    rules = tuple(
        rule
        for each in group.groups("rules", required=verified)
        if (rule := read_rule(each)) is not None
    )
    how, source, seen = _verified(group.group("verified"), overlay=overlay)
    series = Series(
        schedule=schedule,
        edition=edition,
        id=name,
        title=group.text("title", required=verified and not extends) or f"Item {name}",
        citation=group.text("citation"),
        source=" ; ".join(source),
        verified=verified,
        rules=rules if verified else UNVERIFIED,
        applies_to=group.text("applies_to"),
        renegotiated=group.flag("renegotiated"),
    )
    made = Entry(
        series=series,
        summary=group.text("summary"),
        how=how,
        seen=seen,
        missing=group.text("missing"),
        read_at=" ; ".join(law.addresses(group, "read_at")),
        note=group.text("note"),
        line=group.line,
    )
    (_is_verified if verified else _is_not)(group)
    group.finish()
    return made if name else None


def _verified(group: Group | None, *, overlay: bool) -> tuple[How | None, tuple[str, ...], str]:
    """How, where and in which month a series was read."""
    if group is None:
        return None, (), ""
    how = group.choice("how", How, required=True)
    if how is How.AGENCY:
        source = group.texts("source", required=True)
        if not overlay:
            group.problem(
                "what the state publishes is read on an official page or a mirror of it", "how"
            )
    else:
        source = law.addresses(group, "source", required=True)
    seen = group.text("seen", required=True)
    if seen and not _MONTH.fullmatch(seen):
        group.problem(f'"seen" cannot be {quoted(seen)}; write a month such as 2026-11', "seen")
    group.finish()
    return how, source, seen


def _is_verified(group: Group) -> None:
    """Whoever says verified must show where, and what it says."""
    for field, hint in (
        ("citation", "cite the law or the item"),
        ("verified", "say how, at which source and when it was read"),
    ):
        if not group.has(field):
            group.problem(f'it is verified and has no "{field}"; {hint}', "status")
    for field in ("missing", "read_at"):
        if group.has(field):
            group.problem(f'"{field}" belongs to an unverified series; remove it', field)


def _is_not(group: Group) -> None:
    """What nobody has read may have no period, and must say what to read."""
    for field in ("rules", "verified", "summary"):
        if group.has(field):
            group.problem(
                f'an unverified series may have no "{field}"; read it at its source and write '
                '"status: verified", or remove it',
                field,
            )
    if not group.has("missing"):
        group.problem('"missing" must say what is still to be read; add it', "status")
