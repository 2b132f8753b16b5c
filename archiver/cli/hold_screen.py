"""How holds are shown: the words and tables that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rich.text import Text

from archiver.cli.screen import count, minute, out, table
from archiver.desk.hold_notices import Told
from archiver.desk.hold_standing import HoldStanding
from archiver.model.queries.hold_matches import Held
from archiver.model.queries.holds import HoldEvent


def show_accounts(reached: Sequence[Held]) -> None:
    """How many records of which account."""
    if reached:
        table(["account", "records"], [(h.account, h.records) for h in reached], empty="")


def confirmed(standing: HoldStanding) -> str:
    """How many of the custodians have confirmed."""
    people = len(standing.entry.custodians)
    return f"{people - len(standing.untold) - len(standing.waiting_for)} of {people}"


def hold_as_json(standing: HoldStanding) -> dict[str, object]:
    """A hold for `--json`."""
    return {"state": standing.state, "standing": standing}


def show_next_step(standing: HoldStanding) -> None:
    """What is still to be done for its custodians."""
    name = standing.entry.name
    if standing.untold:
        who = ", ".join(standing.untold)
        out.print(f"Not yet told: {who}. Next: archiver holds notice {name} --by NAME")
    elif not standing.entry.custodians:
        out.print(f"It has no custodian: archiver holds widen {name} --custodian NAME")


def show_history(events: Sequence[HoldEvent], zone: ZoneInfo) -> None:
    """What was done about a hold, times in this zone."""
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
    if said.get("written_to"):
        parts.append(f"written to {', '.join(said['written_to'])}")
    if said.get("not_reached"):
        parts.append(f"not reached: {', '.join(who for who, _ in said['not_reached'])}")
    if said.get("no_address"):
        parts.append(f"without an address: {', '.join(said['no_address'])}")
    if "lapses" in said:
        parts.append(f"lapses on {said['lapses']}" if said["lapses"] else "has no end")
        parts.append(f"told on {said['told_on']}" if said["told_on"] else said["citation"])
    if said.get("next"):
        parts.append(f"next review {said['next']}")
    if said.get("tail_days"):
        parts.append(
            f"binds {count(said['tail_days'], 'day')} more" if "matched" not in said else ""
        )
    return "; ".join(part for part in parts if part)


def show_told(told: Told) -> None:
    """The text, who was written to, what the channels did, and to whom it is to be handed."""
    out.print(Text(f"For: {', '.join(told.custodians)}\n\n{told.text}\n"))
    for person in told.letters.written_to:
        out.print(Text.assemble(f"{person}: ", ("sent", "green")))
    for person, why in (*told.letters.not_reached, *told.delivery.failed):
        out.print(Text.assemble(f"{person}: ", (why, "red")))
    for channel in told.delivery.sent:
        out.print(Text.assemble(f"{channel}: ", ("sent", "green")))
    if told.by_hand and (told.letters.written_to or told.letters.not_reached):
        out.print(f"Hand this text to: {', '.join(told.by_hand)}.")
    elif not told.delivery.sent and not told.letters.written_to:
        out.print("No channel is set up: hand this text to each of them.")


def end_of(standing: HoldStanding) -> str:
    """The end that a law sets, in words."""
    limit = standing.entry.limit
    if limit is None or limit.lapses is None:
        return "by its release"
    told = f"requester told on {limit.notice}" if limit.notice else "requester not yet told"
    return f"lapses on {limit.lapses} ({limit.citation}), {told}"
