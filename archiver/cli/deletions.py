"""`archiver delete`, `hide`, `unhide`: the sanctioned way to remove something on a platform."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from archiver.cli.app import AsJson, Who, app, options
from archiver.cli.screen import count, minute, out, print_json, short, table
from archiver.desk.deletion_checks import Plan, RemovalOrder
from archiver.desk.deletions import Settled
from connectors.base import Removal

Wanted = Annotated[
    str, typer.Argument(help="Its number (#7), platform id or web address.", metavar="RECORD")
]
Why = Annotated[str, typer.Option("--reason", help="Why; it is kept for good.")]
Rule = Annotated[
    str,
    typer.Option(
        "--rule",
        help="Which rule of the posted policy it breaks; needed for what the public wrote.",
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Capture and check everything, remove nothing.")
]
_DID = {
    Removal.DELETE: "is deleted on the platform",
    Removal.HIDE: "is hidden on the platform",
    Removal.UNHIDE: "is shown again",
}
REFUSED = 3


@app.command()
def delete(
    context: typer.Context,
    wanted: Wanted,
    by: Who,
    reason: Why,
    rule: Rule = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Delete a post or comment on its platform, once its newest version is safe in the vault."""
    order = RemovalOrder(wanted=wanted, removal=Removal.DELETE, actor=by, reason=reason, rule=rule)
    _do(context, order, dry_run=dry_run, as_json=as_json)


@app.command()
def hide(
    context: typer.Context,
    wanted: Wanted,
    by: Who,
    reason: Why,
    rule: Rule = "",
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Hide a post or comment from the public on its platform; the platform keeps it."""
    order = RemovalOrder(wanted=wanted, removal=Removal.HIDE, actor=by, reason=reason, rule=rule)
    _do(context, order, dry_run=dry_run, as_json=as_json)


@app.command()
def unhide(
    context: typer.Context,
    wanted: Wanted,
    by: Who,
    reason: Why,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Show a hidden post or comment to the public again."""
    order = RemovalOrder(wanted=wanted, removal=Removal.UNHIDE, actor=by, reason=reason)
    _do(context, order, dry_run=dry_run, as_json=as_json)


def _do(context: typer.Context, order: RemovalOrder, *, dry_run: bool, as_json: bool) -> None:
    with options(context).archive() as archive:
        if dry_run:
            plan = archive.deletions.plan(order)
            _show(plan, as_json=as_json)
            if plan.refused:
                raise typer.Exit(REFUSED)
            return
        done = archive.deletions.carry_out(order)
        if as_json:
            print_json(done)
            return
        out.print(f"{done.record.name} of {done.record.account} {_DID[order.removal]}.")
        out.print(f"{done.statement}.")
        out.print(f"Every version is kept: archiver records show {_number(done)}")


def _number(done: Settled) -> str:
    return done.record.permalink or done.record.platform_id


def _show(plan: Plan, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "removal": plan.order.removal,
                "record": plan.bundle.record,
                "along": plan.bundle.along,
                "means": plan.means,
                "checks": plan.checks,
                "refused": bool(plan.refused),
            }
        )
        return
    record = plan.bundle.record
    out.print(Text(f"{plan.order.removal} {record.name} of {record.account}", "bold"))
    out.print(f"{record.author or 'unknown'}: {short(record.words, 100)}")
    if plan.means:
        out.print(f"there: {plan.means}")
    if plan.bundle.along:
        out.print(f"with it: {count(len(plan.bundle.along), 'record')}")
        for each in plan.bundle.along:
            out.print(f"  {each.name}, {each.author or 'unknown'}: {short(each.words, 80)}")
    for check in plan.checks:
        word = Text("yes ", "green") if check.ok else Text("no  ", "red")
        remedy = f" ({check.remedy})" if check.remedy else ""
        out.print(Text.assemble(word, f"{check.name}: {check.text}{remedy}"))
    out.print("It may not be done." if plan.refused else "It may be done. Nothing was removed.")


@app.command()
def removals(
    context: typer.Context,
    record: Annotated[int, typer.Option(help="Only about the record of this number.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Every step of every deletion and hiding that was asked for, oldest first."""
    with options(context).archive() as archive:
        taken = archive.deletions.history(record)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(taken)
        return
    table(
        ["when", "no.", "what", "step", "who", "said"],
        [
            (
                minute(each.at, zone),
                each.request.record_id,
                each.request.removal,
                each.step,
                each.request.actor,
                short(each.statement or each.request.reason, 200),
            )
            for each in taken
        ],
        empty="Nothing was ever asked to be removed.",
        wraps=True,
    )
