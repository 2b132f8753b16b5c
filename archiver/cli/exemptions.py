"""`archiver exemptions`: the grounds on which something may be withheld."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from archiver.cli.app import AsJson, app, options
from archiver.cli.screen import print_json, table
from archiver.desk.exemptions import Exemption, catalogue

exemptions = typer.Typer(
    help="Grounds on which an item, or a part of it, may be withheld.", no_args_is_help=True
)
app.add_typer(exemptions, name="exemptions")


@exemptions.callback()
def _group() -> None:
    pass


@exemptions.command(name="list")
def list_exemptions(
    context: typer.Context,
    state: Annotated[
        str, typer.Option(help='Only those of a state, such as "TX", with the agency\'s own.')
    ] = "",
    usable: Annotated[bool, typer.Option("--usable", help="Only what can be used now.")] = False,
    as_json: AsJson = False,
) -> None:
    """Exemptions with their citations, and whether a reviewer can use them.

    One that was not read in its source can be used when the agency has confirmed it, in
    exemptions.yaml of the home folder.
    """
    found = [
        each
        for each in catalogue(options(context).settings().home).all(jurisdiction=state)
        if each.usable or not usable
    ]
    if as_json:
        print_json(found)
        return
    table(
        ["code", "state", "use", "citation", "what"],
        [(e.code, e.jurisdiction, _use(e), e.citation, _what(e)) for e in found],
        empty="No such exemption.",
        wraps=True,
    )


def _use(exemption: Exemption) -> Text:
    if not exemption.withholds:
        return Text("no ground")
    if exemption.confirmed_by:
        return Text(f"confirmed by {exemption.confirmed_by}", style="green")
    if exemption.verified:
        return Text("verified", style="green")
    return Text("not confirmed", style="yellow")


def _what(exemption: Exemption) -> str:
    parts = (exemption.label, exemption.condition, exemption.look_again)
    return "; ".join(part for part in parts if part)
