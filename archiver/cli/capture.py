"""`archiver capture`, `archiver run`, `archiver audit`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from archiver import daemon, logs
from archiver.capture.recover import recover
from archiver.capture.walk import Outcome
from archiver.capture.walk import Progress as WalkProgress
from archiver.cli.app import SECRETS, AsJson, app, options
from archiver.cli.screen import err, out, print_json, table
from archiver.desk.audit import AuditReport, audit
from archiver.errors import ArchiverError, UsageError
from archiver.wiring import Archive
from connectors.base import Window


@app.command()
def capture(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="The account's name in the registry.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every approved account.")] = False,
    window: Annotated[Window, typer.Option(help="How far back to go.")] = Window.NEW,
    as_json: AsJson = False,
) -> None:
    """Capture once, now. A fault of one account does not stop the others."""
    if bool(account) == every:
        raise UsageError("name one account, or say --all")
    with options(context).archive() as archive:
        recover(archive.captures)
        slugs = (
            [e.slug for e in archive.accounts.all() if e.state == "approved"]
            if every
            else [account]
        )
        with _bar() as bar:
            outcomes = {slug: _one(archive, slug, window, bar) for slug in slugs}
    if as_json:
        print_json({slug: _told(outcome) for slug, outcome in outcomes.items()})
    else:
        for slug, outcome in outcomes.items():
            out.print(_line(slug, outcome))
    if any(isinstance(o, str) or o.error is not None for o in outcomes.values()):
        raise typer.Exit(7)


def _one(archive: Archive, slug: str, window: Window, bar: Progress) -> Outcome | str:
    task = bar.add_task(slug, total=None)

    def tell(progress: WalkProgress) -> None:
        bar.update(task, completed=progress.done, total=progress.total)

    try:
        return archive.captures.capture(slug, window, tell=tell)
    except ArchiverError as error:
        return str(error)


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )


def _told(outcome: Outcome | str) -> dict[str, object]:
    if isinstance(outcome, str):
        return {"error": outcome}
    return {
        "finished": outcome.finished,
        "items": outcome.items,
        "new_records": outcome.new_records,
        "new_versions": outcome.new_versions,
        "new_findings": outcome.new_findings,
        "error_code": outcome.error.code if outcome.error else None,
        "error": outcome.error_text or None,
    }


def _line(slug: str, outcome: Outcome | str) -> Text:
    if isinstance(outcome, str):
        return Text.assemble(f"{slug}: ", (outcome, "red"))
    done = (
        f"{outcome.items} items read, {outcome.new_records} new records, "
        f"{outcome.new_versions} new versions, {outcome.new_findings} findings"
    )
    if outcome.error is None:
        return Text(f"{slug}: {done}")
    said = f"{outcome.error.code}: {outcome.error_text}"
    return Text.assemble(f"{slug}: {done}; ", (said, "red"))


@app.command()
def run(context: typer.Context) -> None:
    """Run unattended: capture every approved account by schedule until told to stop."""
    settings = options(context).settings()
    logs.configure(settings.sections.log, SECRETS)
    with options(context).archive() as archive:
        code = daemon.run(archive)
    raise typer.Exit(code)


@app.command(name="audit")
def audit_accounts(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="The account's name in the registry.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every approved account.")] = False,
    as_json: AsJson = False,
) -> None:
    """Hold our records against the platform's, per day; captures what was missed."""
    if bool(account) == every:
        raise UsageError("name one account, or say --all")
    with options(context).archive() as archive:
        slugs = (
            [e.slug for e in archive.accounts.all() if e.state == "approved"]
            if every
            else [account]
        )
        reports = [audit(archive.captures, slug) for slug in slugs]
    if as_json:
        print_json(reports)
        return
    for report in reports:
        _show_audit(report)


def _show_audit(report: AuditReport) -> None:
    verdict = (
        "everything that the platform lists was held already"
        if report.complete
        else "something was missing; it is captured now"
    )
    out.print(Text.assemble((report.account, "bold"), f": {verdict}"))
    table(
        ["day", "held before", "listed", "captured now", "not listed", "vanished"],
        [
            (d.day or "no date", d.held_before, d.listed, d.captured_now, d.not_listed, d.vanished)
            for d in report.days
        ],
        empty="nothing is held and nothing is listed",
    )
    table(
        ["kind", "ours", "platform says"],
        [(t.kind, t.ours, "-" if t.platform is None else t.platform) for t in report.totals],
        empty="",
    )
    for note in (report.note, *report.notes):
        if note:
            out.print(note, markup=False)
