"""`archiver dispose`: from what is due to the certificate."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from archiver.cli.app import AsJson, Who, app, options
from archiver.cli.dispositions_register import register
from archiver.cli.screen import count, day, minute, out, print_json, table
from archiver.desk.batches import Loaded
from archiver.desk.certificate import canonical, digest_of
from archiver.desk.certificate_pdf import as_pdf
from archiver.desk.dispositions import Preview, Proposed
from archiver.errors import StoreError
from archiver.files import write_durably
from archiver.model.queries.dispositions import DONE
from archiver.wiring import Archive
from retention.facts import Approval

dispose = typer.Typer(
    help="Dispose of records whose retention has ended: propose, review, approve, execute.",
    no_args_is_help=True,
)
app.add_typer(dispose, name="dispose")
dispose.add_typer(register, name="register")

Batch = Annotated[int, typer.Argument(help="The disposition's number, see: dispose list")]
Series = Annotated[str, typer.Option(help="Only this series: its id, or schedule/series.")]
Account = Annotated[str, typer.Option(help="Only this account.")]


@dispose.command()
def due(
    context: typer.Context, series: Series = "", account: Account = "", as_json: AsJson = False
) -> None:
    """The records that can be proposed, by the last evaluation."""
    with options(context).archive() as archive:
        found = archive.dispositions.due(series=series, account=account)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(found)
        return
    table(
        ["record", "account", "kind", "published", "series", "due since", "action"],
        [
            (
                str(each.record_id),
                each.account,
                each.kind,
                day(each.published_at, zone),
                each.key,
                str(each.eligible_on),
                each.action.value,
            )
            for each in found
        ],
        empty="Nothing is due. Where records stand: archiver retention due",
    )


@dispose.command()
def propose(
    context: typer.Context,
    by: Who,
    series: Series = "",
    account: Account = "",
    copy: Annotated[
        str,
        typer.Option(
            help="For originals that a trusted copy replaces: the document that says where it is."
        ),
    ] = "",
) -> None:
    """Put all that is due, of a series or an account if given, into a new disposition."""
    with options(context).archive() as archive:
        made = archive.dispositions.propose(by=by, series=series, account=account, copy=copy)
    out.print(f"Disposition {made.batch} is proposed: {count(made.records, 'record')}.")
    _proposed(made)
    out.print(f"Look through it: archiver dispose show {made.batch}")
    out.print(f"Then: archiver dispose review {made.batch} --by NAME")


def _proposed(made: Proposed) -> None:
    for key in made.series:
        out.print(f"  series {key}")
    for step in made.route:
        out.print(f"  needs {_step(step)}")
    if made.listed:
        out.print(
            f"{count(made.listed, 'record')} of it were still on the platform when last looked "
            "at. What is still there is met again by later captures: remove it there first."
        )


def _step(step: Approval) -> str:
    said = step.step.value.replace("-", " ")
    if step.whom:
        said += f" ({step.whom})"
    if step.wait_days:
        kind = "working days" if step.working_days else "days"
        said += f", then {step.wait_days} {kind} of waiting"
    return f"{said} [{step.citation}]" if step.citation else said


@dispose.command(name="list")
def list_batches(context: typer.Context, as_json: AsJson = False) -> None:
    """Every disposition with its state."""
    with options(context).archive() as archive:
        found = archive.dispositions.all()
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(found)
        return
    table(
        ["disposition", "state", "action", "proposed by", "when", "certificate"],
        [
            (
                str(each.id),
                each.state,
                f"{each.action.value} ({each.manner})",
                each.proposed_by,
                minute(each.proposed_at, zone),
                (each.certificate_sha256 or "")[:12],
            )
            for each in found
        ],
        empty="Nothing was proposed yet. What is due: archiver dispose due",
    )


@dispose.command()
def show(context: typer.Context, batch: Batch, as_json: AsJson = False) -> None:
    """One disposition: its records, what was done about it, what it needs next."""
    with options(context).archive() as archive:
        loaded = archive.dispositions.get(batch)
        missing = archive.dispositions.missing(batch) if _open(loaded) else None
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json({"batch": loaded.row, "items": loaded.items, "history": loaded.events})
        return
    out.print(Text.assemble(("state  ", "bold"), loaded.row.state))
    if missing is not None:
        out.print(Text.assemble(("needs  ", "bold"), _step(missing)))
    table(
        ["record", "account", "kind", "published", "series", "state", "reason"],
        [
            (
                str(each.record_id),
                each.account,
                each.kind,
                day(each.published_at, zone),
                each.series,
                each.state,
                each.reason,
            )
            for each in loaded.items
        ],
        empty="it has no records",
        wraps=True,
    )
    table(
        ["when", "who", "what"],
        [(minute(each.at, zone), each.actor, each.action) for each in loaded.events],
        empty="nothing was done about it yet",
    )


def _open(loaded: Loaded) -> bool:
    return loaded.row.state in ("proposed", "reviewed")


@dispose.command()
def exclude(
    context: typer.Context,
    batch: Batch,
    record: Annotated[list[int], typer.Argument(help="Numbers of the records that stay.")],
    by: Who,
    reason: Annotated[str, typer.Option(help="Why they stay.")],
) -> None:
    """Take records out of a disposition."""
    with options(context).archive() as archive:
        archive.dispositions.exclude(batch, record, by=by, reason=reason)
    out.print(f"{count(len(record), 'record')} will stay.")


@dispose.command()
def review(context: typer.Context, batch: Batch, by: Who) -> None:
    """Say that you have looked through the list."""
    with options(context).archive() as archive:
        archive.dispositions.review(batch, by=by)
        _next(archive, batch)


@dispose.command()
def approve(
    context: typer.Context,
    batch: Batch,
    by: Who,
    document: Annotated[
        str, typer.Option(help="The resolution, letter or form, for who is not of the house.")
    ] = "",
    series: Annotated[str, typer.Option(help="For an approval by series: which one.")] = "",
    on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When; today if not given.")
    ] = None,
    waived: Annotated[
        bool, typer.Option("--waived", help="Who got the notice asks for no waiting time.")
    ] = False,
) -> None:
    """Give the next approval that the disposition needs."""
    with options(context).archive() as archive:
        archive.dispositions.approve(
            batch,
            by=by,
            document=document,
            series=series,
            on=on.date() if on else None,
            waived=waived,
        )
        _next(archive, batch)


def _next(archive: Archive, batch: int) -> None:
    loaded = archive.dispositions.get(batch)
    if not _open(loaded):
        out.print(f"Disposition {batch} is {loaded.row.state}.")
        out.print(f"Look at the plan: archiver dispose execute {batch} --by NAME --dry-run")
        return
    missing = archive.dispositions.missing(batch)
    assert missing is not None
    out.print(f"Disposition {batch} is {loaded.row.state}; next it needs {_step(missing)}.")


@dispose.command()
def withdraw(
    context: typer.Context,
    batch: Batch,
    by: Who,
    reason: Annotated[str, typer.Option(help="Why it is given up.")],
) -> None:
    """Give a disposition up; nothing of it is carried out."""
    with options(context).archive() as archive:
        archive.dispositions.withdraw(batch, by=by, reason=reason)
    out.print(f"Disposition {batch} is withdrawn.")


@dispose.command()
def execute(
    context: typer.Context,
    batch: Batch,
    by: Who,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan, do nothing.")] = False,
    override_by: Annotated[
        str, typer.Option(help="Records officer who allows a batch that takes very much.")
    ] = "",
    override_reason: Annotated[str, typer.Option(help="Why that is right.")] = "",
    as_json: AsJson = False,
) -> None:
    """Destroy what is approved, once. It cannot be undone."""
    with options(context).archive() as archive:
        if dry_run:
            _plan(archive.dispositions.preview(batch), as_json=as_json)
            return
        loaded = archive.dispositions.execute(
            batch, by=by, override_by=override_by, override_reason=override_reason
        )
    gone = loaded.ids(DONE)
    out.print(f"Disposition {batch} is {loaded.row.state}: {count(len(gone), 'record')} destroyed.")
    for each in loaded.items:
        if each.state != DONE:
            out.print(f"  record {each.record_id} stays: {each.reason}")
    if gone:
        out.print(f"The certificate: archiver dispose certificate {batch} --by NAME")


def _plan(preview: Preview, *, as_json: bool) -> None:
    plan = preview.plan
    if as_json:
        print_json(
            {
                "records": [
                    {"record": number, "goes": verdict.allowed,
                     "reasons": [reason.text for reason in verdict.reasons]}
                    for number, verdict in preview.verdicts.items()
                ],
                "segments": [
                    {"name": each.name, "drop": len(each.drop), "convert": len(each.convert)}
                    for each in plan.surgeries
                ],
                "payloads": sorted(plan.payloads),
                "shared": sorted(plan.shared),
                "bytes": plan.volume,
                "brakes": preview.brakes,
            }
        )  # fmt: skip
        return
    for number, verdict in preview.verdicts.items():
        word = Text("goes ", "red") if verdict.allowed else Text("stays", "green")
        reasons = " ".join(reason.text for reason in verdict.reasons)
        out.print(Text.assemble(f"record {number} ", word, f" {reasons}"))
    for each in plan.surgeries:
        out.print(
            f"{each.name} is written anew: {len(each.drop)} WARC records are left out, "
            f"{len(each.convert)} are converted"
        )
    out.print(
        f"{count(len(plan.payloads), 'media file')} go, {len(plan.shared)} stay for other "
        f"records' sake; {plan.volume:,} bytes in all."
    )
    for brake in preview.brakes:
        out.print(Text(f"A brake is on: {brake}. It takes --override-by and a reason.", "bold red"))
    out.print("Nothing was changed.")


@dispose.command()
def transfer(
    context: typer.Context,
    batch: Batch,
    folder: Annotated[Path, typer.Argument(help="A new folder for the bag.")],
    by: Who,
) -> None:
    """Write a BagIt bag for the state archives. The archive's own copy stays."""
    with options(context).archive() as archive:
        bag = archive.dispositions.transfer(batch, folder, by=by)
    out.print(f"{bag.path}: {count(bag.files, 'file')}, manifest {bag.manifest_sha256}")
    out.print(f"Once they acknowledge it: archiver dispose receipt {batch} --help")


@dispose.command()
def receipt(
    context: typer.Context,
    batch: Batch,
    by: Who,
    document: Annotated[str, typer.Option(help="The document that acknowledges it.")],
) -> None:
    """Record that the archives have received a transfer; then it can be executed."""
    with options(context).archive() as archive:
        archive.dispositions.receipt(batch, by=by, document=document)
    out.print(f"The receipt of disposition {batch} is recorded.")


@dispose.command()
def certificate(
    context: typer.Context,
    batch: Batch,
    by: Who,
    folder: Annotated[Path, typer.Option(help="Where the files go.")] = Path(),
    pdf: Annotated[bool, typer.Option("--pdf/--no-pdf", help="Write a PDF/A, too.")] = True,
) -> None:
    """Make the certificate of an executed disposition, and write it to files."""
    with options(context).archive() as archive:
        made = archive.dispositions.certify(batch, by=by)
    path = folder / f"disposition-{batch}.json"
    files = [(path, canonical(made))]
    if pdf:
        files.append((path.with_suffix(".pdf"), as_pdf(made)))
    for place, content in files:
        try:
            write_durably(place, content)
        except OSError as error:
            raise StoreError(f"{place} cannot be written: {error.strerror}") from error
        out.print(f"{place}")
    out.print(f"SHA-256 of the JSON, as in the ledger: {digest_of(made)}")


@dispose.command()
def resume(context: typer.Context) -> None:
    """Go on with executions that were cut off."""
    with options(context).archive() as archive:
        problems = archive.dispositions.resume()
    for problem in problems:
        out.print(Text.assemble(("NOT ENDED ", "bold red"), problem))
    if problems:
        raise typer.Exit(StoreError.exit_code)
    out.print("No execution is open.")
