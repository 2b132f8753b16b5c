"""`archiver accounts`: the registry."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from archiver.cli.app import AsJson, Who, app, options
from archiver.cli.screen import day, minute, out, print_json, state_style, table, when
from archiver.desk.accounts import Basis, Proposal
from archiver.errors import UsageError
from archiver.model.queries.registry import AccountEntry, AccountEvent
from archiver.wiring import Archive
from connectors.registry import connector_class

accounts = typer.Typer(help="The registry of approved accounts.", no_args_is_help=True)
app.add_typer(accounts, name="accounts")

Slug = Annotated[str, typer.Argument(help="The account's name in the registry.")]


@accounts.command()
def propose(
    context: typer.Context,
    platform: Annotated[str, typer.Argument(help="See: archiver platforms")],
    address: Annotated[str, typer.Argument(help="Handle, page id or web address.")],
    name: Annotated[str, typer.Option(help="What people call the account.")],
    department: Annotated[str, typer.Option(help="The department it belongs to.")],
    custodian: Annotated[str, typer.Option(help="Who answers for its records.")],
    business_case: Annotated[str, typer.Option(help="Why the agency uses it.")],
    terms_reviewed_by: Annotated[str, typer.Option(help="Who reviewed the terms of service.")],
    by: Who,
    terms_reviewed_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When; today if not given.")
    ] = None,
    basis: Annotated[Basis, typer.Option(help="Why the policy covers it.")] = Basis.OFFICIAL,
    basis_detail: Annotated[
        str, typer.Option(help="For a staff member's account: whose, and which rule.")
    ] = "",
    option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, see: archiver platforms PLATFORM")
    ] = None,
    slug: Annotated[str, typer.Option(help="Its name in the registry; made if empty.")] = "",
) -> None:
    """Enter an account; an approver named in the settings must approve it next."""
    with options(context).archive() as archive:
        today = archive.clock.now().astimezone(archive.settings.sections.agency.zone).date()
        entry = archive.accounts.propose(
            Proposal(
                platform=platform,
                address=address,
                name=name,
                department=department,
                custodian=custodian,
                business_case=business_case,
                terms_reviewed_by=terms_reviewed_by,
                terms_reviewed_on=_day(terms_reviewed_on) or today,
                proposed_by=by,
                basis=basis,
                basis_detail=basis_detail,
                options=_pairs(option or []),
                slug=slug,
            )
        )
        _next_steps(archive, entry)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not equals or not name:
            raise UsageError(f'write an option as NAME=VALUE, not "{each}"')
        pairs[name.strip()] = value.strip()
    return pairs


def _next_steps(archive: Archive, entry: AccountEntry) -> None:
    made = connector_class(entry.platform)
    out.print(f"{entry.slug} is proposed.")
    for each in made.credentials:
        need = "needs" if each.required else "can use"
        place = archive.credentials.place(entry.slug, each.name)
        out.print(f"It {need} {each.name} ({each.meaning}) in {place}, mode 0600.")
    if made.capabilities.terms:
        out.print(f"Terms of service: {made.capabilities.terms}")
    out.print(f"Try it: archiver accounts test {entry.slug}")
    out.print(f"An approver then runs: archiver accounts approve {entry.slug} --by NAME")


@accounts.command()
def approve(
    context: typer.Context,
    slug: Slug,
    by: Who,
    note: Annotated[str, typer.Option(help="Kept with the approval.")] = "",
) -> None:
    """Approve an account, or renew its approval for another year."""
    with options(context).archive() as archive:
        entry = archive.accounts.approve(slug, approver=by, note=note)
        zone = archive.settings.sections.agency.zone
        out.print(f"{slug} is approved until {when(entry.approval_ends, zone)}.")


@accounts.command()
def suspend(
    context: typer.Context,
    slug: Slug,
    by: Who,
    reason: Annotated[str, typer.Option(help="Why; it is kept in the gap register.")],
) -> None:
    """Stop capturing an account; approving it again starts it."""
    with options(context).archive() as archive:
        archive.accounts.suspend(slug, actor=by, reason=reason)
        out.print(f"{slug} is suspended. This is a gap in the records until it is approved again.")


@accounts.command(name="confirm-emptying")
def confirm_emptying(
    context: typer.Context,
    slug: Slug,
    by: Who,
    reason: Annotated[str, typer.Option(help="How you know that they were removed.")],
) -> None:
    """Answer the alarm that many records vanished at once: yes, they were really removed."""
    with options(context).archive() as archive:
        archive.accounts.confirm_emptying(slug, actor=by, reason=reason)
        out.print(f"For two days the missing records of {slug} are looked up one by one.")


@accounts.command(name="list")
def list_accounts(context: typer.Context, as_json: AsJson = False) -> None:
    """Every account with its state, custodian and the end of its approval."""
    with options(context).archive() as archive:
        entries = archive.accounts.all()
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(entries)
        return
    table(
        ["account", "address", "state", "department", "custodian", "approved until"],
        [
            (
                e.slug,
                e.address,
                Text(e.state, style=state_style(e.state)),
                e.department,
                e.custodian,
                day(e.approval_ends, zone),
            )
            for e in entries
        ],
        empty="No account is in the registry. Next: archiver accounts propose --help",
    )


@accounts.command()
def show(context: typer.Context, slug: Slug, as_json: AsJson = False) -> None:
    """One account with everything that was done to it."""
    with options(context).archive() as archive:
        entry = archive.accounts.get(slug)
        history = archive.accounts.history(slug)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json({"account": entry, "history": history})
        return
    for label, value in (
        ("account", f"{entry.slug} ({entry.platform} {entry.address})"),
        ("name", entry.name),
        ("state", entry.state),
        ("department", entry.department),
        ("custodian", entry.custodian),
        ("business case", entry.business_case),
        ("basis", f"{entry.basis} {entry.basis_detail}".strip()),
        ("terms reviewed", f"{entry.terms_reviewed_on} by {entry.terms_reviewed_by}"),
        ("approved until", when(entry.approval_ends, zone)),
    ):
        out.print(Text.assemble((f"{label:15}", "bold"), value))
    table(
        ["when", "who", "what", "detail"],
        [(minute(e.at, zone), e.actor, e.action, _detail(e, zone)) for e in history],
        empty="nothing was done to it yet",
        wraps=True,
    )


def _detail(event: AccountEvent, zone: ZoneInfo) -> str:
    until = event.detail.get("until")
    said = [
        f"until {day(datetime.fromisoformat(str(until)), zone)}" if until else "",
        str(event.detail.get("reason") or event.detail.get("note") or ""),
    ]
    return "; ".join(each for each in said if each)


@accounts.command()
def test(context: typer.Context, slug: Slug, as_json: AsJson = False) -> None:
    """Try an account's credentials: whose they are and what they allow. Captures nothing."""
    with options(context).archive() as archive:
        check = archive.captures.check(slug)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(check)
    else:
        word = Text("works", "green") if check.ok else Text("does not work yet", "red")
        out.print(Text.assemble(f"{slug}: ", word, f"; it is {check.identity}"))
        for statement in check.statements:
            out.print(f"  {statement}")
        if check.expires:
            out.print(f"  the credential ends {when(check.expires, zone)}")
    if not check.ok:
        raise typer.Exit(7)
