"""`archiver retention adopt|classify|declare|tag|evaluate|eligible|explain`: what people decide,
and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated

import typer
from rich.text import Text

from archiver.cli.app import AsJson, Who, options
from archiver.cli.hold_options import DAY
from archiver.cli.retention import retention
from archiver.cli.screen import count, out, print_json, short, table
from archiver.desk.adoption import Preview
from archiver.desk.retention import Explanation
from archiver.errors import UsageError
from archiver.wiring import Archive
from retention.facts import Event, Reason, Standing

Record = Annotated[str, typer.Argument(help="Its number, platform id or web address.")]
Why = Annotated[str, typer.Option("--reason", help="Why; it stands in the ledger.")]

_STYLES = {
    Standing.ELIGIBLE: "yellow",
    Standing.REVIEW: "yellow",
    Standing.OVERDUE: "red",
    Standing.HELD: "red",
}


# -- adopting ---------------------------------------------------------------------------------


@retention.command()
def adopt(
    context: typer.Context,
    schedule: Annotated[str, typer.Argument(help="A schedule's id, or a file with schedules.")],
    by: Annotated[str, typer.Option("--by", help="The records officer.")] = "",
    on: Annotated[
        datetime | None, typer.Option(formats=[DAY], help="Day of the decision; today if empty.")
    ] = None,
    document: Annotated[str, typer.Option(help="Where the decision is written down.")] = "",
    expires: Annotated[
        datetime | None, typer.Option(formats=[DAY], help="Last day on which it may be used.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show which records would move.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Adopt an edition of a schedule, after a look at which records it moves and how."""
    with options(context).archive() as archive:
        if not dry_run:
            archive.retention.adoptions.officer(by)
        seen = archive.retention.adoptions.preview(schedule)
        if as_json and dry_run:
            print_json(_as_json(seen))
            return
        if not as_json:
            _show(seen)
        if dry_run:
            return
        if not yes:
            typer.confirm("Adopt it as it stands?", abort=True)
        made = archive.retention.adoptions.adopt(
            schedule,
            officer=by,
            on=on.date() if on else _today(archive),
            document=document,
            expires=expires.date() if expires else None,
        )
    if as_json:
        print_json({**_as_json(seen), "adopted": made})
        return
    for each in made:
        out.print(
            Text.assemble(
                (each.schedule, "bold"), f", edition {each.edition}, is adopted by {each.officer}."
            )
        )
    out.print(f"It counts from {seen.day}. Next: archiver retention evaluate")


def _as_json(seen: Preview) -> dict[str, object]:
    return {
        "schedules": [
            {"schedule": each.id, "edition": each.edition, "digest": digest}
            for each, digest in zip(seen.schedules, seen.digests, strict=True)
        ],
        "in_use": seen.loaded,
        "counts_from": seen.day,
        "records": seen.records,
        "moves": seen.moves,
    }


def _show(seen: Preview) -> None:
    for each, digest in zip(seen.schedules, seen.digests, strict=True):
        out.print(Text.assemble((each.id, "bold"), f"  {each.title}"))
        out.print(f"  edition {each.edition}, digest {digest}")
    out.print()
    table(
        ["series", "stands now", "would stand", "due", "records", "first on"],
        [
            (m.series or "no series", m.before, Text(m.after, _STYLES.get(Standing(m.after), "")),
             m.direction, m.records, m.first or "-")
            for m in seen.moves
        ],
        empty="No record moves.",
    )  # fmt: skip
    moved = sum(each.records for each in seen.moves)
    out.print(
        f"\n{moved:,} of {count(seen.records, 'record')} would stand otherwise on {seen.day}."
    )


@retention.command()
def adoptions(context: typer.Context, as_json: AsJson = False) -> None:
    """Every adoption: edition, officer, day, document."""
    with options(context).archive() as archive:
        found = archive.retention.adoptions.all()
    if as_json:
        print_json(found)
        return
    table(
        ["schedule", "edition", "adopted", "expires", "officer", "digest", "document"],
        [
            (a.schedule, a.edition, a.adopted_on, a.expires_on or "-", a.officer, a.digest[:12],
             a.document)
            for a in found
        ],
        empty="No schedule was adopted: nothing can be disposed of.",
        wraps=True,
    )  # fmt: skip


# -- classifying, declaring, tagging ----------------------------------------------------------


@retention.command()
def classify(
    context: typer.Context,
    record: Record,
    series: Annotated[
        list[str], typer.Argument(help="Series, as schedule/series; the first leads.")
    ],
    by: Who,
    reason: Why,
) -> None:
    """Put a record into other series than the rules say."""
    with options(context).archive() as archive:
        line = archive.retention.acts.classify(record, series, by=by, reason=reason)
    out.print(f"Record {line.id} is in {', '.join(series)} now; see: archiver retention explain "
              f"{line.id}")  # fmt: skip


@retention.command()
def unclassify(context: typer.Context, record: Record, by: Who, reason: Why) -> None:
    """Leave a record to the rules again."""
    with options(context).archive() as archive:
        line = archive.retention.acts.unclassify(record, by=by, reason=reason)
    out.print(f"Record {line.id} is classified by the rules again.")


@retention.command()
def declare(
    context: typer.Context,
    event: Annotated[Event, typer.Argument(help="What happened.")],
    by: Who,
    reason: Why,
    day: Annotated[
        datetime | None, typer.Argument(formats=[DAY], help="The day on which it happened.")
    ] = None,
    record: Annotated[
        str, typer.Option(help="To this record: number, platform id or web address.")
    ] = "",
    tag: Annotated[str, typer.Option(help="To all records with this tag.")] = "",
    take_back: Annotated[
        bool, typer.Option("--take-back", help="It has not happened after all.")
    ] = False,
) -> None:
    """State that a case is over, a thing no longer needed, a matter closed."""
    if (day is None) != take_back:
        raise UsageError("say on which day it happened, or --take-back")
    with options(context).archive() as archive:
        done = archive.retention.acts.declare(
            event,
            day.date() if day else None,
            record=record,
            tag=tag,
            by=by,
            reason=reason,
        )
    act = "was taken back" if take_back else "is declared"
    out.print(f"{done.what} {act} for {count(done.records, 'record')}.")


@retention.command()
def tag(
    context: typer.Context,
    record: Record,
    words: Annotated[str, typer.Argument(help='Such as "case 26-1187" or "historical value".')],
    by: Who,
    reason: Why,
    place: Annotated[str, typer.Option(help="Where the record copy is kept, for a copy.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Take the tag off.")] = False,
) -> None:
    """Attach a case number to a record, or a fact that a series asks for."""
    with options(context).archive() as archive:
        acts = archive.retention.acts
        if remove:
            line = acts.untag(record, words, by=by, reason=reason)
        else:
            line = acts.tag(record, words, by=by, reason=reason, place=place)
    out.print(f'Record {line.id} {"no longer carries" if remove else "carries"} "{words}".')


# -- evaluating and looking -------------------------------------------------------------------


@retention.command()
def evaluate(
    context: typer.Context,
    confirm_clock: Annotated[
        bool, typer.Option("--confirm-clock", help="The day is right, although it jumped.")
    ] = False,
    by: Annotated[str, typer.Option("--by", help="The records officer who confirms it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Compute where every record stands today; the daemon does it every night."""
    if confirm_clock != bool(by.strip()):
        raise UsageError("--confirm-clock takes the records officer's name with --by, and only it")
    with options(context).archive() as archive:
        done = archive.retention.evaluate(confirmed_by=by)
    if as_json:
        print_json(done)
        return
    out.print(f"{count(done.records, 'record')} evaluated for {done.day}.")
    _counts(done.counts)
    if done.doubt:
        out.print(Text(done.doubt, "yellow"))


def _counts(counts: Mapping[str, int]) -> None:
    table(
        ["standing", "records"],
        [(Text(s.value, _STYLES.get(s, "")), counts[s]) for s in Standing if s in counts],
        empty="Nothing is held.",
    )


@retention.command()
def eligible(
    context: typer.Context,
    series: Annotated[str, typer.Argument(help="List the records of this series.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """What is due by series, or waits for a person, as of the last evaluation."""
    with options(context).archive() as archive:
        if series:
            _records(archive.retention.due_records(series, limit=limit), as_json)
            return
        found = archive.retention.due()
        counts = archive.retention.counted()
    if as_json:
        print_json(found)
        return
    table(
        ["series", "standing", "action", "manner", "records", "since", "must go by"],
        [
            (d.series, Text(d.standing, _STYLES.get(Standing(d.standing), "")), d.action, d.manner,
             d.records, d.since or "-", d.must_go_by or "-")
            for d in found
        ],
        empty="Nothing is due.",
    )  # fmt: skip
    if not counts:
        out.print("Nothing was evaluated yet: archiver retention evaluate")


def _records(numbers: Sequence[int], as_json: bool) -> None:
    if as_json:
        print_json(numbers)
        return
    for number in numbers:
        out.print(str(number))


@retention.command()
def explain(context: typer.Context, record: Record, as_json: AsJson = False) -> None:
    """Why a record is kept, or may go: every reason with its citation and source."""
    with options(context).archive() as archive:
        found = archive.retention.explain(record)
    if as_json:
        print_json(_plain(found))
        return
    decision = found.decision
    style = _STYLES.get(decision.standing, "green")
    line = found.record
    out.print(Text.assemble(f"Record {line.id}, {line.kind} of {line.account}: ",
                            (decision.standing.value, style)))  # fmt: skip
    out.print(f"  {short(line.words or line.title, 80)}")
    facts = (
        ("on", decision.day),
        ("series", ", ".join(decision.series) or "none"),
        ("eligible on", decision.eligible_on or "not in sight"),
        ("must go by", decision.must_go_by),
        ("then", f"{decision.action.value} ({decision.manner.value})"),
        ("holds", ", ".join(decision.holds)),
        ("tags", ", ".join(sorted(found.tags))),
    )
    for name, value in facts:
        if value:
            out.print(Text.assemble((f"  {name}: ", "dim"), str(value)))
    out.print("Why:")
    for number, reason in enumerate(decision.reasons, start=1):
        _reason(number, reason)


def _reason(number: int, reason: Reason) -> None:
    out.print(f"  {number}. {reason.text}")
    for name, value in (("citation", reason.citation), ("source", reason.source)):
        if value:
            out.print(Text.assemble((f"     {name}: ", "dim"), value))


def _plain(found: Explanation) -> dict[str, object]:
    d = found.decision
    return {
        "record": found.record.id,
        "account": found.record.account,
        "day": d.day,
        "standing": d.standing,
        "series": d.series,
        "eligible_on": d.eligible_on,
        "must_go_by": d.must_go_by,
        "action": d.action,
        "manner": d.manner,
        "holds": d.holds,
        "tags": sorted(found.tags),
        "reasons": d.reasons,
    }


def _today(archive: Archive) -> date:
    zone = archive.settings.sections.agency.zone
    return archive.clock.now().astimezone(zone).date()
