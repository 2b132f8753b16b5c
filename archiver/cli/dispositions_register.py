"""`archiver dispose register`: the approvals that stand until they are taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from archiver.cli.app import AsJson, Who, options
from archiver.cli.screen import out, print_json, table
from archiver.desk.approvals_register import NewApproval
from retention.facts import Step

register = typer.Typer(
    help="Approvals that stand for a series, or for everything, until taken back.",
    no_args_is_help=True,
)

WhichStep = Annotated[Step, typer.Argument(help="Whose approval, as the procedure names it.")]
Series = Annotated[
    str, typer.Option(help="For which series, as schedule/series; for everything if not given.")
]
Whom = Annotated[str, typer.Option(help="The party, where several agree in the same step.")]
_DAY = ["%Y-%m-%d"]


@register.command(name="list")
def list_register(context: typer.Context, as_json: AsJson = False) -> None:
    """The approvals that may be used today."""
    with options(context).archive() as archive:
        found = archive.dispositions.register.all()
    if as_json:
        print_json(found)
        return
    table(
        ["step", "party", "series", "given by", "on", "document"],
        [
            (
                each.step.value,
                each.whom,
                each.series or "everything",
                each.by,
                str(each.on),
                each.document,
            )
            for each in found
        ],
        empty="No approval stands; each disposition asks for its own.",
        wraps=True,
    )


@register.command()
def give(
    context: typer.Context,
    step: WhichStep,
    by: Who,
    given_by: Annotated[str, typer.Option(help="The person who agreed.")],
    on: Annotated[datetime, typer.Option(formats=_DAY, help="The day on which they agreed.")],
    series: Series = "",
    whom: Whom = "",
    document: Annotated[
        str, typer.Option(help="The resolution, letter or form, for who is not of the house.")
    ] = "",
    ends_on: Annotated[
        datetime | None, typer.Option(formats=_DAY, help="The last day on which it may be used.")
    ] = None,
    waived: Annotated[
        bool, typer.Option("--waived", help="Who got the notice asks for no waiting time.")
    ] = False,
) -> None:
    """Enter an approval; it serves every disposition from now on."""
    new = NewApproval(
        step=step,
        by=given_by,
        on=on.date(),
        series=series,
        whom=whom,
        document=document,
        waived=waived,
        ends_on=ends_on.date() if ends_on else None,
    )
    with options(context).archive() as archive:
        settled = archive.dispositions.register.give(new, actor=by)
    out.print(f"The approval by {given_by} stands for {series or 'everything'}.")
    for batch in settled:
        out.print(f"Disposition {batch} has all its approvals by this.")


@register.command(name="take-back")
def take_back(
    context: typer.Context,
    step: WhichStep,
    by: Who,
    reason: Annotated[str, typer.Option(help="Why it stands no more.")],
    series: Series = "",
    whom: Whom = "",
) -> None:
    """Take an approval back; dispositions that are not executed yet must ask again."""
    with options(context).archive() as archive:
        given = archive.dispositions.register.take_back(
            step, series=series, whom=whom, actor=by, reason=reason
        )
    out.print(f"The approval by {given.by} of {given.on} stands no more.")
