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
from archiver.cli.screen import count, err, out, print_json, table
from archiver.desk.audit import AuditReport, audit
from archiver.errors import ArchiverError, CaptureError, UsageError
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
    _one_or_all(account, every)
    with options(context).archive() as archive:
        archive.dispositions.resume()
        recover(archive.captures)
        slugs = _slugs(archive, account)
        with _bar() as bar:
            outcomes = {slug: _one(archive, slug, window, bar, alone=not every) for slug in slugs}
    if as_json:
        print_json({slug: _told(outcome) for slug, outcome in outcomes.items()})
    else:
        for slug, outcome in outcomes.items():
            out.print(_line(slug, outcome))
    if any(isinstance(o, str) or o.error is not None for o in outcomes.values()):
        raise typer.Exit(CaptureError.exit_code)


def _one_or_all(account: str, every: bool) -> None:
    if bool(account) == every:
        raise UsageError("name one account, or say --all")


def _slugs(archive: Archive, account: str) -> list[str]:
    """The account that was named, else every approved one."""
    if account:
        return [account]
    return [e.slug for e in archive.accounts.all() if e.state == "approved"]


def _one(
    archive: Archive, slug: str, window: Window, bar: Progress, *, alone: bool
) -> Outcome | str:
    """Capture one account; among others, what forbids it does not stop them."""
    task = bar.add_task(slug, total=None)

    def tell(progress: WalkProgress) -> None:
        bar.update(task, completed=progress.done, total=progress.total)

    try:
        return archive.captures.capture(slug, window, tell=tell)
    except ArchiverError as error:
        if alone:
            raise
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
        f"{count(outcome.items, 'item')} read, {count(outcome.new_records, 'new record')}, "
        f"{count(outcome.new_versions, 'new version')}, {count(outcome.new_findings, 'finding')}"
    )
    if outcome.error is None:
        return Text(f"{slug}: {done}")
    said = f"{outcome.error.code}: {outcome.error_text}"
    return Text.assemble(f"{slug}: {done}; ", (said, "red"))


@app.command()
def run(context: typer.Context) -> None:
    """Run unattended: capture every approved account by schedule until told to stop."""
    settings = options(context).settings()
    logs.start(settings.sections.log, SECRETS)
    with options(context).archive() as archive:
        code = daemon.run(archive)
    raise typer.Exit(code)


@app.command(name="audit")
def audit_accounts(
    context: typer.Context,
    account: Annotated[str, typer.Argument(help="The account's name in the registry.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every approved account.")] = False,
    every_day: Annotated[
        bool, typer.Option("--days", help="Show also the days on which both agree.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Hold our records against the platform's, per day; captures what was missed."""
    _one_or_all(account, every)
    with options(context).archive() as archive:
        slugs = _slugs(archive, account)
        reports = [_audited(archive, slug, alone=not every) for slug in slugs]
    if as_json:
        print_json([r if isinstance(r, AuditReport) else {"error": r} for r in reports])
    else:
        for report in reports:
            if isinstance(report, AuditReport):
                _show_audit(report, every_day=every_day)
            else:
                out.print(Text(report, "red"))
    if any(isinstance(report, str) for report in reports):
        raise typer.Exit(CaptureError.exit_code)


def _audited(archive: Archive, slug: str, *, alone: bool) -> AuditReport | str:
    """Audit one account; among others, its fault does not stop them."""
    try:
        return audit(archive.captures, slug)
    except ArchiverError as error:
        if alone:
            raise
        return str(error)


def _show_audit(report: AuditReport, *, every_day: bool) -> None:
    verdict = (
        "everything that the platform lists was held already"
        if report.complete
        else "something was missing; it is captured now"
    )
    out.print(Text.assemble((report.account, "bold"), f": {verdict}"))
    differ = [d for d in report.days if d.captured_now or d.not_listed or d.vanished]
    shown = report.days if every_day else differ
    table(
        ["day", "held before", "listed", "captured now", "not listed", "vanished"],
        [
            (d.day or "no date", d.held_before, d.listed, d.captured_now, d.not_listed, d.vanished)
            for d in shown
        ],
        empty="No day differs.",
    )
    if len(report.days) > len(shown):
        agree = count(len(report.days) - len(shown), "day")
        out.print(f"On {agree} both agree; --days shows them.")
    table(
        ["kind", "ours", "platform says"],
        [(t.kind, t.ours, "-" if t.platform is None else t.platform) for t in report.totals],
        empty="Nothing is held.",
    )
    for note in (report.note, *report.notes):
        if note:
            out.print(note)
