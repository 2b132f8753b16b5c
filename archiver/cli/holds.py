"""`archiver holds`: counsel's orders to keep."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from archiver.cli.app import AsJson, Who, app, options
from archiver.cli.hold_options import (
    DAY,
    Custodian,
    ScopeOptions,
    day_of,
    text_of,
    with_scope,
)
from archiver.cli.hold_screen import (
    confirmed,
    end_of,
    hold_as_json,
    show_accounts,
    show_history,
    show_next_step,
    show_told,
)
from archiver.cli.screen import count, minute, out, print_json, short, table
from archiver.desk.hold_order import HoldOrder, in_words
from archiver.errors import UsageError
from retention.facts import HoldKind, Scope

holds = typer.Typer(
    help="Orders to keep: litigation holds, pending requests, audits.", no_args_is_help=True
)
app.add_typer(holds, name="holds")

Name = Annotated[str, typer.Argument(help="The hold's name; see: archiver holds list")]


@holds.command()
@with_scope
def preview(
    context: typer.Context,
    scoped: ScopeOptions,
    as_json: AsJson = False,
) -> None:
    """What a hold of this scope would reach now. Nothing is written."""
    with options(context).archive() as archive:
        scope = scoped.scope(archive)
        found = archive.holds.preview(scope)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(found)
        return
    out.print(f"A hold on {in_words(found.scope)} would reach {count(found.records, 'record')}.")
    show_accounts(found.accounts)
    table(
        ["no.", "published", "account", "kind", "state", "text"],
        [
            (
                e.record_id,
                minute(e.published_at, zone),
                e.account,
                e.kind,
                e.presence,
                short(f"{e.author or 'unknown'}: {e.words}", 100),
            )
            for e in found.examples
        ],
        empty="Nothing that is held now; what comes later would be caught.",
        wraps=True,
    )


@holds.command()
@with_scope
def place(
    context: typer.Context,
    matter: Annotated[str, typer.Argument(help="The case, request or audit.")],
    by: Who,
    scoped: ScopeOptions,
    kind: Annotated[HoldKind, typer.Option(help="Where it comes from.")] = HoldKind.LITIGATION,
    reason: Annotated[str, typer.Option(help="Why; words for the kind if empty.")] = "",
    custodian: Custodian = None,
    anticipated: Annotated[
        datetime | None,
        typer.Option(formats=[DAY], help="When litigation was anticipated; today if not given."),
    ] = None,
    review: Annotated[
        datetime | None,
        typer.Option(formats=[DAY], help="When it is reviewed; in 180 days if not given."),
    ] = None,
    notice_file: Annotated[
        Path | None, typer.Option(help="Text file of the notice; a standard text if not given.")
    ] = None,
    name: Annotated[str, typer.Option(help="Its name; made from the matter if empty.")] = "",
    as_json: AsJson = False,
) -> None:
    """Place a hold: all that its scope reaches is kept from now on, also what comes later.

    Limits of different kinds must all be met (this account and one of these words); of
    several of one kind, any one. Picks come on top.
    """
    with options(context).archive() as archive:
        scope = scoped.scope(archive)
        placed = archive.holds.place(
            HoldOrder(
                matter=matter,
                issuer=by,
                scope=scope,
                kind=kind,
                reason=reason,
                custodians=tuple(custodian or ()),
                anticipated_on=day_of(anticipated),
                review_on=day_of(review),
                notice=text_of(notice_file),
                name=name,
            )
        )
        reached = archive.holds.reach(placed.entry.name)
    if as_json:
        print_json({"hold": hold_as_json(placed), "accounts": reached})
        return
    entry = placed.entry
    out.print(
        f"{entry.name} is placed on {in_words(entry.scopes[0])}. It holds "
        f"{count(placed.records, 'record')}, and whatever comes later that it reaches."
    )
    show_accounts(reached)
    show_next_step(placed)


@holds.command(name="list")
def list_holds(context: typer.Context, as_json: AsJson = False) -> None:
    """Every hold: what it has caught, who has confirmed it, when it is reviewed."""
    with options(context).archive() as archive:
        found = archive.holds.all()
    if as_json:
        print_json([hold_as_json(each) for each in found])
        return
    table(
        ["hold", "kind", "state", "placed", "records", "confirmed", "review", "matter"],
        [
            (
                s.entry.name,
                s.entry.kind.value,
                Text(s.state, style="red" if s.binds else ""),
                s.entry.placed_on,
                s.records,
                confirmed(s),
                Text(str(s.entry.review_on or ""), style="red" if s.review_due else ""),
                s.entry.matter,
            )
            for s in found
        ],
        empty="No hold was ever placed. Next: archiver holds place --help",
        wraps=True,
    )


@holds.command()
def show(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """One hold with its scope, its notice and everything that was done about it."""
    with options(context).archive() as archive:
        standing = archive.holds.get(name)
        history = archive.holds.history(name)
        reached = archive.holds.reach(name)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json({"hold": hold_as_json(standing), "accounts": reached, "history": history})
        return
    entry = standing.entry
    for label, value in (
        ("hold", f"{entry.name} ({entry.kind.value}), {standing.state}"),
        ("matter", entry.matter),
        ("reason", entry.reason),
        ("issued by", entry.issuer),
        ("placed on", entry.placed_on),
        ("anticipated on", entry.anticipated_on or "not stated"),
        ("ends", end_of(standing)),
        ("review on", f"{entry.review_on}{', which is due' if standing.review_due else ''}"),
        ("reaches", "; or ".join(in_words(scope) for scope in entry.scopes)),
        ("records", f"{standing.records:,}"),
        ("custodians", ", ".join(entry.custodians) or "none"),
        ("not yet told", ", ".join(standing.untold) or "nobody"),
        ("not confirmed", ", ".join(standing.waiting_for) or "nobody"),
    ):
        out.print(Text.assemble((f"{label:15}", "bold"), str(value)))
    show_accounts(reached)
    out.rule("notice", align="left")
    out.print(Text(entry.notice))
    out.rule("history", align="left")
    show_history(history, zone)


@holds.command()
@with_scope
def widen(
    context: typer.Context,
    name: Name,
    by: Who,
    reason: Annotated[str, typer.Option(help="Why more must be kept.")],
    scoped: ScopeOptions,
    custodian: Custodian = None,
) -> None:
    """Let a hold reach more: a second scope beside the one it has, or more custodians.

    It goes on reaching all that it reaches now. A hold cannot be narrowed.
    """
    with options(context).archive() as archive:
        scope = scoped.scope(archive)
        before = archive.holds.get(name).records
        after = archive.holds.widen(
            name,
            actor=by,
            reason=reason,
            scope=scope if scope != Scope() else None,
            custodians=custodian or (),
        )
    added = after.records - before
    out.print(f"{name} is widened. It holds {count(after.records, 'record')}, {added:,} more.")
    show_next_step(after)


@holds.command()
def notice(
    context: typer.Context,
    name: Name,
    by: Who,
    text_file: Annotated[
        Path | None, typer.Option(help="Another text than the hold's own, this time.")
    ] = None,
) -> None:
    """Give the custodians notice, through mail and webhook where these are set up.

    Custodians written as "Name <name@example.org>" get it at their own address. The text is
    printed as well, to be handed over and signed. Exits with 1 when a channel or an address
    fails while another took it.
    """
    with options(context).archive() as archive:
        told = archive.holds.notify(name, actor=by, text=text_of(text_file))
    show_told(told)
    out.print(f"When one confirms: archiver holds acknowledge {name} CUSTODIAN")
    if told.delivery.failed or told.letters.not_reached:
        raise typer.Exit(1)


@holds.command()
def remind(context: typer.Context, name: Name, by: Who) -> None:
    """Write again to the custodians who were given notice and have not confirmed it.

    The text is printed as well, for those without a mail address. Exits with 1 when somebody
    could not be reached.
    """
    with options(context).archive() as archive:
        told = archive.holds.notices.remind(name, actor=by)
    show_told(told)
    if told.letters.not_reached:
        raise typer.Exit(1)


@holds.command()
def acknowledge(
    context: typer.Context,
    name: Name,
    custodian: Annotated[str, typer.Argument(help="Who has confirmed the notice.")],
    by: Annotated[str, typer.Option(help="Who enters it, if not the custodian.")] = "",
) -> None:
    """Keep that a custodian has confirmed the notice."""
    with options(context).archive() as archive:
        standing = archive.holds.acknowledge(name, custodian, actor=by)
    waiting = ", ".join((*standing.untold, *standing.waiting_for)) or "nobody"
    out.print(f"{custodian} has confirmed {name}. Still waiting for: {waiting}.")


@holds.command()
def review(
    context: typer.Context,
    name: Name,
    by: Who,
    note: Annotated[str, typer.Option(help="What the review found.")],
    next_: Annotated[
        datetime | None,
        typer.Option("--next", formats=[DAY], help="The next review; in 180 days if not given."),
    ] = None,
) -> None:
    """Keep that the hold was reviewed and is still needed."""
    with options(context).archive() as archive:
        standing = archive.holds.review(name, actor=by, note=note, next_on=day_of(next_))
    out.print(f"{name} stays; its next review is on {standing.entry.review_on}.")


@holds.command()
def release(
    context: typer.Context,
    name: Name,
    by: Who,
    reason: Annotated[str, typer.Option(help="Why the duty to keep is over.")],
    tail_days: Annotated[
        int | None,
        typer.Option(min=0, help="Days that it binds on; those of its kind if not given."),
    ] = None,
) -> None:
    """Release a hold. It cannot be taken back; other holds on the same records stay."""
    with options(context).archive() as archive:
        standing = archive.holds.release(name, actor=by, reason=reason, tail_days=tail_days)
    out.print(f"{name} is released. Its last day is {standing.bound_through}.")


@holds.command()
def limit(
    context: typer.Context,
    name: Name,
    by: Who,
    citation: Annotated[str, typer.Option(help="The law that sets the end.")],
    lapses: Annotated[
        datetime | None, typer.Option(formats=[DAY], help="The last day on which it binds.")
    ] = None,
    no_end: Annotated[bool, typer.Option("--no-end", help="It has no end any more.")] = False,
) -> None:
    """Set the end of a data subject's hold, or a later one when more time was asked for.

    It lapses only once the requester was told, and its release is needed all the same before
    anything is destroyed.
    """
    if (lapses is None) != no_end:
        raise UsageError("say on which day it lapses, or --no-end")
    with options(context).archive() as archive:
        archive.holds.limits.limit(name, actor=by, citation=citation, lapses=day_of(lapses))
    if no_end:
        out.print(f"{name} has no end any more.")
        return
    out.print(
        f"{name} lapses after {day_of(lapses)}, once the requester was told. Then: archiver "
        f"holds told {name} --on DAY --by NAME"
    )


@holds.command()
def told(
    context: typer.Context,
    name: Name,
    by: Who,
    on: Annotated[datetime, typer.Option(formats=[DAY], help="The day of the telling.")],
) -> None:
    """Keep that the requester was told when the hold ends."""
    with options(context).archive() as archive:
        standing = archive.holds.limits.told(name, actor=by, on=on.date())
    out.print(
        f"{name} binds through {standing.bound_through}. After that it is to be released; until "
        "its release nothing of it is destroyed."
    )
