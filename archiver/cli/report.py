"""`archiver status`, `findings`, `gaps`, `runs`: how capture is doing and what it found."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from archiver.cli.app import AsJson, app, options
from archiver.cli.screen import count, minute, out, print_json, short, state_style, table, when
from archiver.desk.status import AccountStatus, status
from archiver.model.queries import browse, health

Account = Annotated[str, typer.Option(help="Only this account.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many.")]


@app.command(name="status")
def show_status(context: typer.Context, as_json: AsJson = False) -> None:
    """How every account is doing; exits with 7 while an alarm is open."""
    with options(context).archive() as archive:
        found = status(archive.database, archive.clock)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(found)
    else:
        table(
            ["account", "condition", "records", "versions", "vanished", "last success"],
            [
                (
                    a.entry.slug,
                    Text(a.condition, style=state_style(a.condition)),
                    a.holdings.records,
                    a.holdings.versions,
                    a.holdings.vanished,
                    minute(a.state.last_success, zone),
                )
                for a in found.accounts
            ],
            empty="No account is in the registry. Next: archiver accounts propose --help",
        )
        for account in found.accounts:
            remark = _remark(account, zone)
            if remark:
                out.print(Text.assemble((account.entry.slug, "bold"), f": {remark}"))
        for alarm in found.alarms:
            out.print(Text.assemble(("ALARM ", "bold red"), f"{alarm.kind}: {alarm.text}"))
        for gap in found.open_gaps:
            out.print(
                Text(f"open gap: {gap.slug} since {when(gap.began, zone)}: {gap.reason}", "yellow")
            )
    if found.alarms:
        raise typer.Exit(7)


def _remark(account: AccountStatus, zone: ZoneInfo) -> str:
    if account.state.failing_since is not None:
        pause = account.state.not_before
        until = f"; it is not asked again before {when(pause, zone)}" if pause else ""
        risk = count(account.minutes_at_risk, "minute")
        return f"{risk} at risk: {account.state.error_text}{until}"
    for walk in account.walks:
        if walk.window == "full" and walk.open:
            of = f" of {walk.total}" if walk.total else ""
            return f"backfill: {walk.done}{of}"
    return ""


@app.command(name="findings")
def list_findings(
    context: typer.Context, account: Account = "", limit: Limit = 100, as_json: AsJson = False
) -> None:
    """What vanished, was hidden or came back: on which evidence, between which times."""
    with options(context).archive() as archive, archive.database.read() as connection:
        found = browse.list_findings(connection, account=account, limit=limit)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(found)
        return
    table(
        ["record", "account", "kind", "finding", "evidence", "after", "not later than", "text"],
        [
            (
                f.record_id, f.account, f.kind, f"{f.stage}: {f.presence}", f.evidence,
                when(f.not_before, zone), when(f.not_after, zone), short(f.words, 40),
            )
            for f in found
        ],
        empty="Nothing was found to have vanished or changed its visibility.",
        wraps=True,
    )  # fmt: skip


@app.command(name="gaps")
def list_gaps(context: typer.Context, as_json: AsJson = False) -> None:
    """The gap register: when something may have been missed, and files that are not held."""
    with options(context).archive() as archive, archive.database.read() as connection:
        found = health.list_gaps(connection)
        files = health.missing_files(connection)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json({"gaps": found, "missing_files": files})
        return
    table(
        ["account", "kind", "from", "to", "recovered", "reason"],
        [
            (g.slug, g.kind, when(g.began, zone), when(g.ended, zone) or "still open",
             g.recovered, g.reason)
            for g in found
        ],
        empty="There is no gap in time.",
        wraps=True,
    )  # fmt: skip
    if files:
        table(
            ["account", "record", "of", "file", "why it is not held", "known since"],
            [
                (f.slug, f.record_id, f"{f.kind} {f.platform_id}", f.file, f.status,
                 when(f.since, zone))
                for f in files
            ],
            empty="",
        )  # fmt: skip


@app.command(name="runs")
def list_runs(
    context: typer.Context, account: Account = "", limit: Limit = 50, as_json: AsJson = False
) -> None:
    """The run log, newest first: the evidence that capture ran."""
    with options(context).archive() as archive, archive.database.read() as connection:
        found = browse.list_runs(connection, account=account, limit=limit)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(found)
        return
    table(
        ["ended", "account", "window", "outcome", "items", "versions", "findings", "remark"],
        [
            (
                minute(r.ended_at, zone), r.account, r.window, r.outcome, r.items, r.new_versions,
                r.new_findings, r.error_text or "; ".join(r.notes),
            )
            for r in found
        ],
        empty="No run is in the log yet.",
        wraps=True,
    )  # fmt: skip
