"""`archiver checkpoint`: what the ledger is now, stamped with the time by others."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from archiver.cli.app import AsJson, app, options
from archiver.cli.screen import count, out, print_json, table, when
from archiver.model.queries import checkpoints
from archiver.model.queries.checkpoints import Checkpoint

checkpoint = typer.Typer(
    help="Checkpoints of the ledger and their time stamps.", no_args_is_help=True
)
app.add_typer(checkpoint, name="checkpoint")


@checkpoint.command()
def make(context: typer.Context, as_json: AsJson = False) -> None:
    """Make a checkpoint if the ledger has new lines, and fetch all missing time stamps; exits
    with 1 if an authority fails."""
    with options(context).archive() as archive:
        newest, _, done = archive.checkpoints.current()
        asked = len(archive.checkpoints.authorities)
    if as_json:
        print_json({"checkpoint": newest, "new": done.made is not None, "stamps": done.stamps,
                    "problems": done.problems})  # fmt: skip
    else:
        _say(newest, is_new=done.made is not None)
        if asked:
            out.print(Text(f"{count(done.stamps, 'time stamp')} came."))
        else:
            out.print(Text("No time-stamping authority is set: proof.authorities"))
        for problem in done.problems:
            out.print(Text.assemble(("FAILED ", "bold red"), problem))
    if done.problems:
        raise typer.Exit(1)


@checkpoint.command()
def show(
    context: typer.Context,
    as_json: AsJson = False,
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 20,
) -> None:
    """The newest checkpoints, and who has stamped them."""
    with options(context).archive() as archive:
        with archive.database.read() as connection:
            made = checkpoints.by_seq(connection)[-limit:][::-1]
            stamped = checkpoints.stamped_by(connection)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json([{"checkpoint": each, "stamped_by": stamped.get(each.id, [])} for each in made])
        return
    table(
        ["lines", "made", "root", "stamped by"],
        [
            (each.seq, when(each.at, zone), each.root, ", ".join(stamped.get(each.id, [])))
            for each in made
        ],
        empty="There is no checkpoint yet; make one with: archiver checkpoint make",
        wraps=True,
    )


def _say(newest: Checkpoint | None, *, is_new: bool) -> None:
    if newest is None:
        out.print(Text("The ledger is empty."))
        return
    new = "New checkpoint" if is_new else "Nothing new since the checkpoint"
    out.print(Text(f"{new} over ledger lines 1 to {newest.seq}: {newest.root}"))
