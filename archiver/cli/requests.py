"""archiver request …: requests for records, from intake to closing."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from archiver.cli.app import AsJson, Who, app, options
from archiver.cli.hold_options import ScopeOptions, with_scope
from archiver.cli.screen import count, out, print_json, short, table
from archiver.desk.letters import write_letter
from archiver.desk.requests import Channel, Intake, RequestKind, RequestStanding
from archiver.desk.result_sets import ResultSets
from archiver.desk.search import Search
from archiver.files import write_durably
from archiver.wiring import Archive
from retention.deadlines import Deadline

request = typer.Typer(help="Requests for records: intake, deadline, letters, freeze.")
app.add_typer(request, name="request", no_args_is_help=True)

Number = Annotated[str, typer.Argument(help='The request\'s number, "2026-0001".')]
Reason = Annotated[str, typer.Option(help="Why.")]
_DAY = "%Y-%m-%d"
_MINUTE = "%Y-%m-%d %H:%M"


@request.command("open")
def open_request(
    context: typer.Context,
    text: Annotated[str, typer.Argument(help="What is asked for, in the requester's words.")],
    requester: Annotated[str, typer.Option(help='Who asks; "anonymous" is an answer.')],
    by: Who,
    kind: Annotated[RequestKind, typer.Option(help="Who asks, in kind.")] = RequestKind.PUBLIC,
    channel: Annotated[Channel, typer.Option(help="How it came.")] = Channel.MAIL,
    organisation: Annotated[str, typer.Option(help="For whom.")] = "",
    contact: Annotated[str, typer.Option(help="Where to write to.")] = "",
    press_deadline: Annotated[str, typer.Option(help="Of a request of the media.")] = "",
    received: Annotated[
        datetime | None,
        typer.Option(formats=[_DAY, _MINUTE], help="When, agency-local; now if not given."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take a request in; says to whom it goes and when an answer is due."""
    with options(context).archive() as archive:
        zone = archive.settings.sections.agency.zone
        moment = received.replace(tzinfo=zone) if received else archive.clock.now()
        standing = archive.requests.open(
            Intake(
                requester=requester,
                text=text,
                received_at=moment.astimezone(UTC),
                kind=kind,
                channel=channel,
                organisation=organisation,
                contact=contact,
                press_deadline=press_deadline,
            ),
            by=by,
        )
    _show(standing, as_json)


@request.command("list")
def list_requests(
    context: typer.Context,
    open_only: Annotated[bool, typer.Option("--open", help="Without the closed ones.")] = False,
    as_json: AsJson = False,
) -> None:
    """All requests, those that are due first on top."""
    with options(context).archive() as archive:
        found = archive.requests.all(open_only=open_only)
    if as_json:
        print_json(found)
        return
    rows = [
        (
            each.entry.number,
            "late" if each.late else each.entry.state,
            _due(each.next),
            each.entry.kind,
            each.entry.routed_to,
            each.entry.requester,
            short(each.entry.text),
        )
        for each in found
    ]
    table(
        ["request", "state", "due", "kind", "with", "requester", "asks for"],
        rows,
        empty="No request was taken in yet.",
        wraps=True,
    )


@request.command()
def show(context: typer.Context, number: Number, as_json: AsJson = False) -> None:
    """A request with its deadlines, its history and its productions."""
    with options(context).archive() as archive:
        standing = archive.requests.get(number)
    _show(standing, as_json)
    if not as_json:
        table(
            ["day", "who", "what", "detail"],
            [
                (
                    each.day,
                    each.actor,
                    each.action,
                    ", ".join(f"{k}: {v}" for k, v in each.detail.items()),
                )
                for each in standing.history
            ],
            empty="Nothing was done yet.",
            wraps=True,
        )


@request.command()
def acknowledge(
    context: typer.Context,
    number: Number,
    by: Who,
    estimate: Annotated[
        datetime | None, typer.Option(formats=[_DAY], help="When the answer is expected.")
    ] = None,
) -> None:
    """Keep that the requester was told that the request came."""
    with options(context).archive() as archive:
        day = estimate.date() if estimate else None
        _show(archive.requests.acknowledge(number, by=by, estimate=day), as_json=False)


@request.command()
def route(
    context: typer.Context,
    number: Number,
    to: Annotated[str, typer.Option(help="Who has it from now on.")],
    reason: Reason,
    by: Who,
) -> None:
    """Hand a request to somebody else."""
    with options(context).archive() as archive:
        _show(archive.requests.route(number, to, by=by, reason=reason), as_json=False)


@request.command()
def pause(context: typer.Context, number: Number, reason: Reason, by: Who) -> None:
    """Stop the clock: the agency waits for the requester."""
    with options(context).archive() as archive:
        _show(archive.requests.pause(number, by=by, reason=reason), as_json=False)


@request.command()
def resume(context: typer.Context, number: Number, reason: Reason, by: Who) -> None:
    """Let the clock run again."""
    with options(context).archive() as archive:
        _show(archive.requests.resume(number, by=by, reason=reason), as_json=False)


@request.command()
def extend(
    context: typer.Context,
    number: Number,
    days: Annotated[int, typer.Option(help="By how many days.")],
    reason: Reason,
    by: Who,
) -> None:
    """Extend the deadline, as far as the law lets."""
    with options(context).archive() as archive:
        _show(archive.requests.extend(number, days, by=by, reason=reason), as_json=False)


@request.command()
def meet(
    context: typer.Context,
    number: Number,
    deadline: Annotated[str, typer.Option(help='Its name, "respond".')],
    how: Annotated[str, typer.Option(help="What was answered.")],
    by: Who,
) -> None:
    """Keep that a deadline was met, and how."""
    with options(context).archive() as archive:
        _show(archive.requests.meet(number, deadline, by=by, how=how), as_json=False)


@request.command()
def note(
    context: typer.Context,
    number: Number,
    text: Annotated[str, typer.Argument(help="The remark.")],
    by: Who,
) -> None:
    """Keep a remark."""
    with options(context).archive() as archive:
        _show(archive.requests.note(number, text, by=by), as_json=False)


@request.command()
@with_scope
def freeze(
    context: typer.Context,
    number: Number,
    by: Who,
    scoped: ScopeOptions,
) -> None:
    """Keep everything that a request touches until it is closed, also what comes later."""
    with options(context).archive() as archive:
        scope = scoped.scope(archive)
        standing = archive.requests.freeze(number, scope, by=by)
        reached = sum(each.records for each in archive.holds.reach(standing.entry.hold))
    out.print(f"{reached:,} records are frozen by the hold {standing.entry.hold}.")


@request.command("search")
def search_for(
    context: typer.Context,
    number: Number,
    query: Annotated[str, typer.Argument(help="As for archiver search.")],
    by: Who,
) -> None:
    """Search for a request, and freeze what was found as a result set of it: a list of
    versions that no later capture, edit or removal moves."""
    with options(context).archive() as archive:
        agency = archive.settings.sections.agency
        found = Search(archive.database, agency, archive.clock).all_ids(query, by=by)
        sets = ResultSets(archive.database, agency, archive.clock)
        made = sets.get(number, sets.freeze(number, query, found, by=by))
    out.print(
        f"{count(made.size, 'version')} are set {made.number} of {number}; decide on them with "
        f'"archiver review show {number}".'
    )


@request.command("sets")
def list_sets(context: typer.Context, number: Number, as_json: AsJson = False) -> None:
    """The frozen result sets of a request."""
    with options(context).archive() as archive:
        sets = ResultSets(archive.database, archive.settings.sections.agency, archive.clock)
        found = sets.all(number)
        holds_still = [sets.still_holds(number, each.number) for each in found]
    if as_json:
        print_json(found)
        return
    table(
        ["set", "versions", "made by", "made on", "holds", "query"],
        [
            (
                each.number,
                each.size,
                each.made_by,
                each.made_at.date(),
                "yes" if same else "NO",
                each.query,
            )
            for each, same in zip(found, holds_still, strict=True)
        ],
        empty="Nothing was searched for this request yet.",
        wraps=True,
    )


@request.command()
def close(
    context: typer.Context,
    number: Number,
    outcome: Annotated[str, typer.Option(help="How it ended: produced, denied, withdrawn.")],
    by: Who,
) -> None:
    """Close a request; its freeze is released, with the tail that the law asks for."""
    with options(context).archive() as archive:
        standing, stays = archive.requests.close(number, outcome, by=by)
    _show(standing, as_json=False)
    if stays:
        out.print(f"Its freeze was not released. {stays}")


@request.command()
def letter(
    context: typer.Context,
    number: Number,
    name: Annotated[
        str,
        typer.Argument(
            help="acknowledgement, clarification, extension, production, denial or closing."
        ),
    ],
    by: Who,
    reason: Annotated[str, typer.Option(help="What a clarification or a denial says.")] = "",
    estimate: Annotated[str, typer.Option(help="When the answer is expected.")] = "",
    file: Annotated[Path | None, typer.Option(help="Write it there; else to the screen.")] = None,
) -> None:
    """Write a letter from its template, and keep that it was written."""
    with options(context).archive() as archive:
        text, sha256 = _letter(archive, number, name, by, reason, estimate)
        if archive.requests.get(number).entry.state != "closed":
            archive.requests.keep_letter(number, by=by, letter=name, sha256=sha256)
    if file is None:
        typer.echo(text)
        return
    write_durably(file, text.encode("utf-8"))
    out.print(f"Wrote {file}.")


@request.command()
def productions(context: typer.Context, as_json: AsJson = False) -> None:
    """The index of productions: what was given out, to which request, when."""
    with options(context).archive() as archive:
        found = archive.requests.productions()
    if as_json:
        print_json(found)
        return
    table(
        ["production", "state", "numbers", "made by", "made on", "manifest"],
        [
            (
                f"{each.request}-{each.number}",
                each.state,
                f"{each.prefix}{each.first:06d} to {each.last:06d}",
                each.made_by,
                each.made_at.date(),
                each.manifest_sha256,
            )
            for each in found
        ],
        empty="Nothing was produced yet.",
    )


def _letter(
    archive: Archive, number: str, name: str, by: str, reason: str, estimate: str
) -> tuple[str, str]:
    facts: dict[str, object] = {}
    if reason:
        facts["reason"] = reason
    if estimate:
        facts["estimate"] = estimate
    return write_letter(
        name,
        archive.requests.get(number),
        agency=archive.settings.sections.agency.name,
        today=archive.requests.today().isoformat(),
        writer=by,
        home=archive.settings.home,
        facts=facts,
    )


def _show(standing: RequestStanding, as_json: bool) -> None:
    if as_json:
        print_json(standing)
        return
    entry = standing.entry
    out.print(f"{entry.number}: {entry.state}, with {entry.routed_to}")
    out.print(f"{entry.requester} asked on {entry.received_on}: {short(entry.text, 300)}")
    if entry.hold:
        out.print(f"Frozen by the hold {entry.hold}.")
    if not standing.deadlines:
        out.print("No deadline is known: set agency.state, or put the law's into deadlines.yaml.")
    for each in standing.deadlines:
        mark = "" if each.rule.verified else " (not verified at the source; ask counsel)"
        out.print(f"{each.rule.kind}: {_due(each)}, {each.rule.citation}{mark}")
    if standing.late:
        out.print("This request is late.")


def _due(deadline: Deadline | None) -> str:
    if deadline is None:
        return ""
    return deadline.due.isoformat() if deadline.due else f"no day: {deadline.why}"
