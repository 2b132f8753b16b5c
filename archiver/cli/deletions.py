"""`archiver delete`, `hide`, `unhide`, `removals`: the sanctioned way to remove something."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from archiver.cli.app import AsJson, Who, app, options
from archiver.cli.screen import count, minute, out, print_json, short, table
from archiver.desk.deletion_checks import Plan, RemovalOrder
from archiver.desk.deletion_steps import Settled
from archiver.desk.removal_report import Compared, NeutralityReport, neutrality
from archiver.model.queries.removals import SENT
from connectors.removals import Removal

Wanted = Annotated[
    str, typer.Argument(help="Its number (#7), platform id or web address.", metavar="RECORD")
]
Why = Annotated[str, typer.Option("--reason", help="Why; it is kept for good.")]
Rule = Annotated[
    str,
    typer.Option(
        "--rule",
        help="Code of the posted policy's rule that it breaks (moderation.rules in the settings); "
        "needed for what the public wrote.",
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
UNKNOWN = 7
DAY = "%Y-%m-%d"
removals = typer.Typer(help="Every step of every deletion and hiding, and what they tell.")
app.add_typer(removals, name="removals")


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


@removals.callback(invoke_without_command=True)
def _steps(
    context: typer.Context,
    record: Annotated[int, typer.Option(help="Only about the record of this number.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Every step of every deletion and hiding that was asked for, oldest first."""
    if context.invoked_subcommand is not None:
        return
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


@removals.command()
def settle(context: typer.Context, as_json: AsJson = False) -> None:
    """Find out what became of removals that were cut off; exits with 7 while one is unknown.

    What no look-up can tell, as hiding on X, is sent once more, which takes the credentials for
    removals.
    """
    with options(context).archive() as archive:
        settled = archive.deletions.resume(again=True)
    if as_json:
        print_json(settled)
    for each in () if as_json else settled:
        out.print(f"{each.record.name} of {each.record.account}: {each.step}. {each.statement}.")
    if not settled and not as_json:
        out.print("No removal was cut off.")
    if any(each.step == SENT for each in settled):
        raise typer.Exit(UNKNOWN)


@removals.command()
def report(
    context: typer.Context,
    since: Annotated[
        datetime | None, typer.Option(formats=[DAY], help="Removed on this day or later.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option(formats=[DAY], help="Removed on this day or earlier.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Who removed what the public wrote, under which rule, and what alike was left standing."""
    with options(context).archive() as archive:
        zone = archive.settings.sections.agency.zone
        begin = since.replace(tzinfo=zone).astimezone(UTC) if since else None
        end = (until + timedelta(days=1)).replace(tzinfo=zone).astimezone(UTC) if until else None
        found = neutrality(archive.database, since=begin, until=end)
    if as_json:
        print_json(found)
        return
    table(
        ["rule", "moderator", "account", "deleted", "hidden", "shown again"],
        [
            (t.rule, t.moderator, t.account, t.deleted, t.hidden, t.shown_again)
            for t in found.tallies
        ],
        empty="Nothing that the public wrote was removed in this time.",
        wraps=True,
    )
    if found.compared:
        _show_compared(found, zone)


def _show_compared(found: NeutralityReport, zone: ZoneInfo) -> None:
    table(
        ["when", "no.", "what", "rule", "alike and standing", "words"],
        [
            (
                minute(each.removal.at, zone),
                each.removal.record_id,
                each.removal.removal,
                each.removal.rule.partition(":")[0],
                _standing(each),
                short(each.removal.words, 60),
            )
            for each in found.compared
        ],
        empty="",
        wraps=True,
    )
    if found.cut:
        out.print("There were more; only the newest are shown. Give --since and --until.")


def _standing(each: Compared) -> str:
    if each.standing is None:
        return "no words"
    named = ", ".join(f"#{number}" for number in each.standing[:3])
    more = " at least" if each.at_least else ""
    return f"{more} {len(each.standing)}".strip() + (f" ({named})" if named else "")
