"""`archiver alarms`: what is wrong now, and whether people would hear of it."""

from __future__ import annotations

import typer
from rich.text import Text

from archiver.cli.app import AsJson, app, options
from archiver.cli.screen import out, print_json, table, when
from archiver.model.queries import health
from archiver.notify.base import Fanout, Notice, Severity

alarms = typer.Typer(help="Open alarms, and a test of the channels.", no_args_is_help=True)
app.add_typer(alarms, name="alarms")


@alarms.command(name="list")
def list_alarms(context: typer.Context, as_json: AsJson = False) -> None:
    """Open alarms, oldest first."""
    with options(context).archive() as archive, archive.database.read() as connection:
        found = health.open_alarms(connection)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(found)
        return
    table(
        ["account", "kind", "at risk since", "told", "text"],
        [(a.slug, a.kind, when(a.at_risk_since, zone), a.notices, a.text) for a in found],
        empty="No alarm is open.",
        wraps=True,
    )


@alarms.command()
def test(context: typer.Context) -> None:
    """Send a test notice through every configured channel; exits with 1 if one fails."""
    with options(context).archive() as archive:
        notice = Notice(
            severity=Severity.WARNING,
            subject="Test of the alarm channels",
            body="Somebody ran: archiver alarms test. Nothing is wrong.",
            key="test",
            at=archive.clock.now(),
        )
        delivery = Fanout(archive.channels).send(notice)
    for name in delivery.sent:
        out.print(Text.assemble(f"{name}: ", ("sent", "green")))
    for name, reason in delivery.failed:
        out.print(Text.assemble(f"{name}: ", (reason, "red")))
    if delivery.failed:
        raise typer.Exit(1)
