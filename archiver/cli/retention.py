"""`archiver retention states|show|check|diff`: the law as it was read, and the agency's own.
`archiver retention overdue|answer`: what it wants gone, and what the officer says to that."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from archiver.cli.app import AsJson, Who, app, options
from archiver.cli.screen import count, minute, out, print_json, table
from archiver.desk.schedules import (
    Coverage,
    Library,
    check_file,
    coverage,
    digest_of,
    library,
    parsed,
)
from archiver.desk.working_days import HOW_TO_KNOW, is_known
from archiver.errors import UsageError
from retention.facts import MaximumDecision
from retention.schedule_changes import Change, differences
from retention.schedule_values import Backing, Entry, Schedule, ScheduleFile
from retention.schedule_words import period_words, rule_words, step_words

retention = typer.Typer(help="Retention schedules: what the law asks for.", no_args_is_help=True)
app.add_typer(retention, name="retention")

State = Annotated[str, typer.Argument(help="A state, such as WA.", show_default=False)]


@retention.command()
def states(context: typer.Context, state: State = "", as_json: AsJson = False) -> None:
    """What is verified in each state, what is missing, and where to read it."""
    held = library(options(context).settings().home)
    if state:
        _one_state(coverage(held, state), held.of(state), as_json)
        return
    found = [coverage(held, each) for each in held.files]
    if as_json:
        print_json(found)
        return
    table(
        ["state", "name", "verified", "to read", "procedure", "holds", "deadlines"],
        [
            (c.jurisdiction, c.name, c.verified, len(c.missing),
             c.procedure.value if c.procedure else "-", _of(c.holds_verified, c.holds),
             _of(c.deadlines_verified, c.deadlines))
            for c in found
        ],
        empty="no schedules are installed",
    )  # fmt: skip
    out.print(
        "\nverified: series that were read at their source. to read: series that nobody has\n"
        "read; they dispose of nothing. holds, deadlines: verified of known.\n"
        "Details: archiver retention states WA"
    )


def _of(some: int, every: int) -> str:
    return f"{some} of {every}" if every else "-"


def _one_state(found: Coverage, file: ScheduleFile, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    out.print(Text(f"{file.name} ({file.jurisdiction})", "bold"))
    for schedule in file.schedules:
        out.print(Text.assemble("\n", (schedule.id, "bold"), f"  {schedule.title}"))
        _fields(("edition", schedule.edition), ("read at", " ".join(schedule.source)))
        for entry in schedule.entries:
            if entry.series.verified:
                _line("verified", "green", entry)
        unread = [entry for entry in schedule.entries if not entry.series.verified]
        for (missing, read_at), entries in groupby(unread, lambda e: (e.missing, e.read_at)):
            for entry in entries:
                _line("to read ", "yellow", entry)
            _fields(("missing", missing), ("read it at", read_at), indent=12)
    _section("Open questions", [f"- {each}" for each in file.open_questions])


def _line(mark: str, style: str, entry: Entry) -> None:
    series = entry.series
    title = "" if series.title == f"Item {series.id}" else f"  {series.title}"
    out.print(Text.assemble("  ", (mark, style), f"  {series.id}{title}"))


def _fields(*fields: tuple[str, str], indent: int = 2) -> None:
    for name, value in fields:
        if value:
            out.print(Text.assemble(" " * indent, (f"{name} ", "dim"), value))


def _section(title: str, lines: list[str]) -> None:
    if lines:
        out.print(Text(f"\n{title}", "bold"))
        for line in lines:
            out.print(f"  {line}")


@retention.command()
def show(
    context: typer.Context,
    state: State,
    series: Annotated[str, typer.Argument(help="Only the series of this id.")] = "",
    as_json: AsJson = False,
) -> None:
    """What a state's law says: series with their rules, procedure, holds, deadlines."""
    held = library(options(context).settings().home)
    file = held.of(state)
    if series:
        _one_series(held, file, series, as_json)
        return
    if as_json:
        print_json(file)
        return
    out.print(Text(f"{file.name} ({file.jurisdiction})", "bold"))
    if file.note:
        out.print(file.note)
    for schedule in file.schedules:
        _schedule(file, schedule)
    _procedure(file)
    steps = file.procedure.steps if file.procedure else ()
    agency = options(context).settings().sections.agency
    if any(step.working_days for step in steps) and not is_known(agency):
        out.print(Text(f"  {HOW_TO_KNOW[0].upper()}{HOW_TO_KNOW[1:]}.", "yellow"))
    _section(
        "Holds",
        [f"{h.trigger}: {h.text} Until: {h.release}.{_trust(h.backing)}" for h in file.holds],
    )
    _section("Answering requests", list(_deadlines(file)))
    if file.default is not None:
        least = f" At least: {period_words(file.default.minimum)}." if file.default.minimum else ""
        _section(
            "What no series claims", [file.default.text + least + _trust(file.default.backing)]
        )
    _section(
        "Fiscal years",
        [f"{y.of}: {' or '.join(y.ends)}{_trust(y.backing)}" for y in file.fiscal_years],
    )


def _trust(backing: Backing) -> str:
    return f" [{'; '.join(each for each in (backing.citation, backing.confidence.value) if each)}]"


def _schedule(file: ScheduleFile, schedule: Schedule) -> None:
    out.print(Text.assemble("\n", (schedule.id, "bold"), f"  {schedule.title}"))
    adoption = schedule.adoption
    _fields(
        ("edition", schedule.edition),
        ("authority", schedule.authority),
        ("expires", schedule.expires.isoformat() if schedule.expires else ""),
        ("adoption", f"{adoption.kind.value}. {adoption.text}" if adoption else "not known"),
        ("with changes of", schedule.overlaid_by),
        ("note", schedule.note),
        ("digest", digest_of(file, schedule)),
    )
    for entry in schedule.entries:
        out.print(Text.assemble("  ", (entry.series.id, "bold"), f"  {entry.series.title}"))
        for rule in entry.series.rules:
            out.print(f"    {rule_words(rule)}")


def _procedure(file: ScheduleFile) -> None:
    found = file.procedure
    if found is None:
        return
    steps = [f"{number}. {step_words(step)}" for number, step in enumerate(found.steps, start=1)]
    _section("Before a disposition", [found.text + _trust(found.backing), *steps])
    if found.maximum:
        out.print(
            f"  at most {period_words(found.maximum.period)} after the period: "
            f"{found.maximum.applies_to}"
        )


def _deadlines(file: ScheduleFile) -> Iterator[str]:
    for each in file.deadlines:
        number = "no number" if each.days is None else f"{each.days} {each.unit} days"
        since = f", counted from {each.counts_from}" if each.counts_from else ""
        yield f"{each.what}: {number}{since}{_trust(each.backing)}"


def _one_series(held: Library, file: ScheduleFile, series: str, as_json: bool) -> None:
    found = held.entries(file.jurisdiction, series)
    if as_json:
        print_json([entry for _, entry in found])
        return
    for schedule, entry in found:
        out.print(Text.assemble((entry.series.id, "bold"), f"  {entry.series.title}"))
        _fields(
            ("schedule", f"{schedule.id}, {schedule.title}"),
            ("edition", schedule.edition),
            ("status", "verified" if entry.series.verified else "unverified: disposes of nothing"),
            ("applies to", entry.series.applies_to),
            ("summary", entry.summary),
            *(("rule", rule_words(rule)) for rule in entry.series.rules),
            *(("then", rule.then) for rule in entry.series.rules if rule.then),
            ("citation", entry.series.citation),
            ("read", f"{entry.how.value}, {entry.seen}" if entry.how else ""),
            ("source", entry.series.source),
            ("missing", entry.missing),
            ("read it at", entry.read_at),
            ("note", entry.note),
        )


@retention.command()
def check(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A schedule file.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Explain every mistake in a schedule file, by line; exits with 2 if there is one."""
    problems = check_file(file, options(context).settings().home)
    if as_json:
        print_json(problems)
    elif problems:
        for problem in problems:
            out.print(f"{file}, {problem}")
        out.print(f"{count(len(problems), 'mistake')}.")
    else:
        out.print(f"{file} is in order.")
    if problems:
        raise typer.Exit(2)


@retention.command()
def diff(
    context: typer.Context,
    old: Annotated[str, typer.Argument(help="A file, or a state for the one in use.")],
    new: Annotated[str, typer.Argument(help="A file, or a state for the one in use.")],
    as_json: AsJson = False,
) -> None:
    """Compare two editions: series added, removed, shortened, lengthened."""
    home = options(context).settings().home
    before, after = _either(old, home), _either(new, home)
    if before.jurisdiction != after.jurisdiction:
        raise UsageError(
            f"{old} is of {before.jurisdiction} and {new} of {after.jurisdiction}; "
            "compare two editions of one state"
        )
    found = differences(before, after)
    steps = [
        [step_words(step) for step in file.procedure.steps] if file.procedure else []
        for file in (before, after)
    ]
    if as_json:
        print_json({"series": found, "procedure": {"before": steps[0], "after": steps[1]}})
        return
    for change in found:
        _change(change)
    if steps[0] != steps[1]:
        out.print(Text.assemble(("changed", "yellow"), "  procedure"))
        _fields(("before", " | ".join(steps[0])), ("after", " | ".join(steps[1])))
    if not found and steps[0] == steps[1]:
        out.print("No series and no step of the procedure differs.")


def _change(change: Change) -> None:
    style = "red" if change.kind.value in ("shortened", "removed", "changed") else "green"
    out.print(
        Text.assemble(
            (change.kind.value, style), f"  {change.schedule}  {change.series}  {change.title}"
        )
    )
    _fields(("before", change.before), ("after", change.after))


def _either(named: str, home: Path) -> ScheduleFile:
    path = Path(named)
    return parsed(path) if path.exists() or path.suffix else library(home).of(named)


# -- maximums ---------------------------------------------------------------------------------


@retention.command()
def overdue(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Records that the law wants gone, as of the last evaluation, and the answers given."""
    with options(context).archive() as archive:
        found = archive.maximums.overdue(limit=limit)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(found)
        return
    table(
        ["record", "account", "kind", "published", "must go by", "else due", "answer"],
        [
            (
                each.record.record_id,
                each.record.account,
                each.record.kind,
                minute(each.record.published_at, zone),
                each.record.must_go_by or "-",
                each.record.eligible_on or "not in sight",
                "; ".join(_answer_words(given) for given in each.answers) or "none",
            )
            for each in found
        ],
        empty="Nothing is overdue.",
        wraps=True,
    )
    if found:
        out.print("Why: archiver retention explain RECORD; then: archiver retention answer --help")


@retention.command()
def answer(
    context: typer.Context,
    record: Annotated[str, typer.Argument(help="Its number, platform id or web address.")],
    series: Annotated[str, typer.Option(help="The series with the maximum, schedule/series.")],
    by: Who,
    reason: Annotated[str, typer.Option(help="Why; it stands in the ledger.")],
    destroy: Annotated[
        bool | None,
        typer.Option("--destroy/--keep", help="May it go, or is it kept in spite of the law?"),
    ] = None,
    document: Annotated[str, typer.Option(help="Where the decision is written down.")] = "",
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Take the answer back that was given.")
    ] = False,
) -> None:
    """Answer a maximum for one record; only a records officer can.

    It destroys nothing: a record that may go is proposed, reviewed and approved as ever.
    """
    if (destroy is None) != take_back:
        raise UsageError("say --destroy or --keep, or --take-back")
    with options(context).archive() as archive:
        if destroy is None:
            done = archive.maximums.take_back(record, series=series, who=by, reason=reason)
        else:
            done = archive.maximums.answer(
                record, series=series, destroy=destroy, who=by, document=document, reason=reason
            )
    number = done.answer.record_id
    if take_back:
        out.print(f"The answer for record {number} under {series} is taken back.")
    else:
        out.print(f"Record {number} under {series}: {_answer_words(done.answer)}.")
    if done.holds:
        out.print(Text(f"It is held by {', '.join(done.holds)}, and so it stays.", "yellow"))
    out.print("Next: archiver retention evaluate")


def _answer_words(given: MaximumDecision) -> str:
    said = "destroy" if given.destroy else "keep"
    return f"{said}, {given.who} on {given.on} ({given.document})"
