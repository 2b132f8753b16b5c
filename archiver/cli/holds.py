"""`archiver holds`: counsel's orders to keep."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from archiver.cli.app import AsJson, Who, app, options
from archiver.cli.hold_options import (
    DAY,
    Account,
    Author,
    Custodian,
    Department,
    Everything,
    Pick,
    Since,
    Until,
    Word,
    day_of,
    scope_of,
)
from archiver.cli.screen import count, minute, out, print_json, short, table
from archiver.desk.hold_order import HoldOrder, in_words
from archiver.desk.hold_standing import HoldStanding
from archiver.errors import UsageError
from archiver.model.queries.hold_matches import Held
from archiver.model.queries.holds import HoldEvent
from retention.facts import HoldKind, Scope

holds = typer.Typer(
    help="Orders to keep: litigation holds, pending requests, audits.", no_args_is_help=True
)
app.add_typer(holds, name="holds")

Name = Annotated[str, typer.Argument(help="The hold's name; see: archiver holds list")]


@holds.command()
def preview(
    context: typer.Context,
    account: Account = None,
    department: Department = None,
    author: Author = None,
    word: Word = None,
    since: Since = None,
    until: Until = None,
    pick: Pick = None,
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """What a hold of this scope would reach now. Nothing is written."""
    with options(context).archive() as archive:
        scope = scope_of(
            archive, account, department, author, word, since, until, pick, everything
        )  # fmt: skip
        found = archive.holds.preview(scope)
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(found)
        return
    out.print(f"A hold on {in_words(found.scope)} would reach {count(found.records, 'record')}.")
    _accounts(found.accounts)
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
def place(
    context: typer.Context,
    matter: Annotated[str, typer.Argument(help="The case, request or audit.")],
    by: Who,
    account: Account = None,
    department: Department = None,
    author: Author = None,
    word: Word = None,
    since: Since = None,
    until: Until = None,
    pick: Pick = None,
    everything: Everything = False,
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
        scope = scope_of(
            archive, account, department, author, word, since, until, pick, everything
        )  # fmt: skip
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
                notice=_text_of(notice_file),
                name=name,
            )
        )
        reached = archive.holds.reach(placed.entry.name)
    if as_json:
        print_json({"hold": _plain(placed), "accounts": reached})
        return
    entry = placed.entry
    out.print(
        f"{entry.name} is placed on {in_words(entry.scopes[0])}. It holds "
        f"{count(placed.records, 'record')}, and whatever comes later that it reaches."
    )
    _accounts(reached)
    _next_step(placed)


@holds.command(name="list")
def list_holds(context: typer.Context, as_json: AsJson = False) -> None:
    """Every hold: what it has caught, who has confirmed it, when it is reviewed."""
    with options(context).archive() as archive:
        found = archive.holds.all()
    if as_json:
        print_json([_plain(each) for each in found])
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
                _confirmed(s),
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
        print_json({"hold": _plain(standing), "accounts": reached, "history": history})
        return
    entry = standing.entry
    for label, value in (
        ("hold", f"{entry.name} ({entry.kind.value}), {standing.state}"),
        ("matter", entry.matter),
        ("reason", entry.reason),
        ("issued by", entry.issuer),
        ("placed on", entry.placed_on),
        ("anticipated on", entry.anticipated_on or "not stated"),
        ("review on", f"{entry.review_on}{', which is due' if standing.review_due else ''}"),
        ("reaches", "; or ".join(in_words(scope) for scope in entry.scopes)),
        ("records", f"{standing.records:,}"),
        ("custodians", ", ".join(entry.custodians) or "none"),
        ("not yet told", ", ".join(standing.untold) or "nobody"),
        ("not confirmed", ", ".join(standing.waiting_for) or "nobody"),
    ):
        out.print(Text.assemble((f"{label:15}", "bold"), str(value)))
    _accounts(reached)
    out.rule("notice", align="left")
    out.print(Text(entry.notice))
    out.rule("history", align="left")
    _history(history, zone)


@holds.command()
def widen(
    context: typer.Context,
    name: Name,
    by: Who,
    reason: Annotated[str, typer.Option(help="Why more must be kept.")],
    account: Account = None,
    department: Department = None,
    author: Author = None,
    word: Word = None,
    since: Since = None,
    until: Until = None,
    pick: Pick = None,
    everything: Everything = False,
    custodian: Custodian = None,
) -> None:
    """Let a hold reach more: a second scope beside the one it has, or more custodians.

    It goes on reaching all that it reaches now. A hold cannot be narrowed.
    """
    with options(context).archive() as archive:
        scope = scope_of(
            archive, account, department, author, word, since, until, pick, everything
        )  # fmt: skip
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
    _next_step(after)


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

    The text is printed as well, to be handed over and signed. Exits with 1 when a channel
    fails while another took it.
    """
    with options(context).archive() as archive:
        told = archive.holds.notify(name, actor=by, text=_text_of(text_file))
    out.print(Text(f"For: {', '.join(told.custodians)}\n\n{told.text}\n"))
    for channel in told.delivery.sent:
        out.print(Text.assemble(f"{channel}: ", ("sent", "green")))
    for channel, why in told.delivery.failed:
        out.print(Text.assemble(f"{channel}: ", (why, "red")))
    if not told.delivery.sent:
        out.print("No channel is set up: hand this text to each of them.")
    out.print(f"When one confirms: archiver holds acknowledge {name} CUSTODIAN")
    if told.delivery.failed:
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


# --- what the commands share


def _text_of(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as text: {error}") from error
    if not text.strip():
        raise UsageError(f"{file} is empty; write the notice into it")
    return text


def _accounts(reached: Sequence[Held]) -> None:
    if reached:
        table(["account", "records"], [(h.account, h.records) for h in reached], empty="")


def _confirmed(standing: HoldStanding) -> str:
    people = len(standing.entry.custodians)
    return f"{people - len(standing.untold) - len(standing.waiting_for)} of {people}"


def _plain(standing: HoldStanding) -> dict[str, object]:
    return {"state": standing.state, "standing": standing}


def _next_step(standing: HoldStanding) -> None:
    name = standing.entry.name
    if standing.untold:
        who = ", ".join(standing.untold)
        out.print(f"Not yet told: {who}. Next: archiver holds notice {name} --by NAME")
    elif not standing.entry.custodians:
        out.print(f"It has no custodian: archiver holds widen {name} --custodian NAME")


def _history(events: Sequence[HoldEvent], zone: ZoneInfo) -> None:
    table(
        ["when", "who", "what", "detail"],
        [(minute(e.at, zone), e.actor, e.action, _detail(e)) for e in events],
        empty="nothing",
        wraps=True,
    )


def _detail(event: HoldEvent) -> str:
    said = event.detail
    parts = [str(said[key]) for key in ("reason", "note", "custodian") if said.get(key)]
    if "matched" in said:
        parts.append(f"{count(said['matched'], 'record')} caught")
    if said.get("channels"):
        parts.append(f"by {', '.join(said['channels'])}")
    if said.get("next"):
        parts.append(f"next review {said['next']}")
    if said.get("tail_days"):
        parts.append(
            f"binds {count(said['tail_days'], 'day')} more" if "matched" not in said else ""
        )
    return "; ".join(part for part in parts if part)
