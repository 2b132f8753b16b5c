"""`archiver review`: what becomes of each item of a frozen set."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.text import Text

from archiver.cli.app import AsJson, Who, app
from archiver.cli.review_desk import Request, Set, chosen, desk
from archiver.cli.review_marks import marks_of
from archiver.cli.screen import count, minute, out, print_json, short, table
from archiver.desk import exemption_log, suggestions
from archiver.desk.plain_text import plain_text
from archiver.desk.review import codes_of
from archiver.desk.review_rules import Outcome
from archiver.desk.sensitive_faces import installed
from archiver.model.queries.review import HeldMedium, Pick, SetItem

review = typer.Typer(
    help="Release, withhold or redact: decisions on the items of a result set.",
    no_args_is_help=True,
)
app.add_typer(review, name="review")

Decided = Annotated[Outcome, typer.Argument(help="What is decided.")]
Item = Annotated[int, typer.Argument(min=1, help="Number of the item in the set.")]
Code = Annotated[str, typer.Option(help="Exemption; see: archiver exemptions list")]
Reason = Annotated[str, typer.Option(help="Why, for the exemption log.")]
Author = Annotated[str, typer.Option(help="Only items of this handle, name or author id.")]
KindOf = Annotated[str, typer.Option("--kind", help="Only items of this kind, such as comment.")]
State = Annotated[str, typer.Option(help="Only undecided, release, withhold or redact.")]


@review.command()
def show(
    context: typer.Context,
    request: Request,
    item: Annotated[int, typer.Argument(min=0, help="One item in full; 0: a list.")] = 0,
    set_: Set = 0,
    author: Author = "",
    kind: KindOf = "",
    state: State = "",
    after: Annotated[int, typer.Option(min=0, help="Only items after this number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """The items of a set with their decisions, or one item with its text and files."""
    with desk(context) as (archive, at):
        number = chosen(at, request, set_)
        if item:
            whole = at.reviews.item(request, number, item)
            _one(whole, at.reviews.media(whole), as_json)
            return
        pick = Pick(author=author, kind=kind, outcome=state)
        found = list(at.reviews.items(request, number, pick=pick, after=after, limit=limit))
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(found)
        return
    table(
        ["item", "published", "account", "kind", "author", "decision", "text"],
        [
            (
                e.position,
                minute(e.published_at, zone),
                e.account,
                e.kind,
                e.author,
                _decided(e),
                short(f"{e.title} {plain_text(e.state)}".strip(), 100),
            )
            for e in found
        ],
        empty="No such item.",
        wraps=True,
    )


@review.command()
def decide(
    context: typer.Context,
    request: Request,
    item: Item,
    outcome: Decided,
    by: Who,
    code: Code = "",
    reason: Reason = "",
    text: Annotated[
        list[str] | None, typer.Option(help='Characters of the text to take out, "12-20".')
    ] = None,
    title: Annotated[
        list[str] | None, typer.Option(help='Characters of the title to take out, "0-5".')
    ] = None,
    author: Annotated[bool, typer.Option("--author", help="Take out who wrote it.")] = False,
    box: Annotated[
        list[str] | None,
        typer.Option(help='Paint over a region of a file, "1:x,y,WIDTHxHEIGHT".'),
    ] = None,
    blur: Annotated[
        list[str] | None, typer.Option(help='Blur a region of a file, "1:x,y,WIDTHxHEIGHT".')
    ] = None,
    file: Annotated[list[int] | None, typer.Option(help="Take out a whole file, 1, 2, ...")] = None,
    set_: Set = 0,
) -> None:
    """Decide on one item. All marks of one redaction are given together, under one code, or
    each with its own behind an "@": "12-20@TX-147"."""
    marks = marks_of(code, text, title, box, blur, file, author=author)
    with desk(context) as (_, at):
        number = chosen(at, request, set_)
        at.reviews.decide(
            request,
            number,
            item,
            outcome,
            by=by,
            code="" if marks else code,
            reason=reason,
            marks=marks,
        )
    out.print(f"Item {item}: {outcome.value}.")


@review.command()
def bulk(
    context: typer.Context,
    request: Request,
    outcome: Decided,
    by: Who,
    author: Author = "",
    kind: KindOf = "",
    state: State = "",
    everything: Annotated[
        bool, typer.Option("--all", help="Mean all items, also those that are decided.")
    ] = False,
    code: Code = "",
    reason: Reason = "",
    set_: Set = 0,
) -> None:
    """The same decision for many items: of an author, of a kind, all that are undecided.

    Without --state or --all only undecided items are meant. "redact" takes out the author.
    """
    pick = Pick(author=author, kind=kind, outcome=state or ("" if everything else "undecided"))
    with desk(context) as (_, at):
        number = chosen(at, request, set_)
        done = at.reviews.decide_many(
            request, number, pick, outcome, by=by, code=code, reason=reason
        )
    out.print(f"{count(done, 'item')}: {outcome.value}.")


@review.command()
def check(
    context: typer.Context,
    request: Request,
    by: Who,
    item: Annotated[int, typer.Argument(min=0, help="One item; 0: all that are meant.")] = 0,
    dispute: Annotated[bool, typer.Option("--dispute", help="Do not agree.")] = False,
    note: Annotated[str, typer.Option(help="What is wrong; needed for a dispute.")] = "",
    author: Author = "",
    kind: KindOf = "",
    state: State = "",
    set_: Set = 0,
) -> None:
    """The second look at decisions, by somebody else than who decided."""
    pick = Pick(author=author, kind=kind, outcome=state, position=item)
    with desk(context) as (_, at):
        number = chosen(at, request, set_)
        done = at.reviews.check(request, number, pick, agrees=not dispute, by=by, note=note)
    out.print(f"{count(done, 'decision')} {'disputed' if dispute else 'agreed with'}.")


@review.command()
def suggest(
    context: typer.Context,
    request: Request,
    set_: Set = 0,
    state: State = "undecided",
    faces: Annotated[bool, typer.Option("--faces", help="Look for faces in pictures.")] = False,
    as_json: AsJson = False,
) -> None:
    """What may have to be taken out, and what was decided before for the same versions.

    Nothing is decided here, and nothing that is not listed is thereby harmless.
    """
    with desk(context) as (_, at):
        number = chosen(at, request, set_)
        items = list(at.reviews.items(request, number, pick=Pick(outcome=state)))
        hints = [*suggestions.by_earlier(at.reviews.earlier(request, number))]
        hints += suggestions.by_patterns(items, at.patterns)
        if faces:
            hints += suggestions.by_faces(items, at.reviews, at.media)
    hints.sort(key=lambda each: each.position)
    if as_json:
        print_json(hints)
        return
    table(
        ["item", "why", "where", "what"],
        [(each.position, each.why, each.where, each.piece) for each in hints],
        empty="Nothing was found.",
        wraps=True,
    )
    if not faces and installed():
        out.print("Faces were not looked for; they are with --faces.")


@review.command()
def progress(
    context: typer.Context, request: Request, set_: Set = 0, as_json: AsJson = False
) -> None:
    """How far the review of a set is."""
    with desk(context) as (_, at):
        found = at.reviews.progress(request, chosen(at, request, set_))
    if as_json:
        print_json(found)
        return
    out.print(
        f"{count(found.size, 'item')}: {found.release:,} released, {found.redact:,} redacted, "
        f"{found.withhold:,} withheld, {found.undecided:,} undecided; "
        f"{found.checked:,} agreed with, {found.disputed:,} disputed."
    )


@review.command()
def log(context: typer.Context, request: Request, set_: Set = 0, as_json: AsJson = False) -> None:
    """The exemption log: each thing that is taken out, its exemption and the reason."""
    with desk(context) as (archive, at):
        zone = archive.settings.sections.agency.zone
        items = at.reviews.items(request, chosen(at, request, set_))
        rows = list(exemption_log.rows(items, at.exemptions, zone=zone))
    if as_json:
        print_json(rows)
        return
    table(
        ["item", "date", "account", "kind", "what", "code", "citation", "reason"],
        [
            (e.position, e.date, e.account, e.kind, e.what, e.code, e.citation, e.reason)
            for e in rows
        ],
        empty="Nothing is withheld or redacted.",
        wraps=True,
    )


def _one(item: SetItem, media: Sequence[HeldMedium], as_json: bool) -> None:
    text = plain_text(item.state)
    if as_json:
        print_json({"item": item, "text": text, "media": media})
        return
    for label, value in (
        ("item", f"{item.position} (record {item.record_id}, version {item.number})"),
        ("account", item.account),
        ("kind", item.kind),
        ("author", item.author or "unknown"),
        ("title", f"{item.title} ({len(item.title)} characters)" if item.title else ""),
        ("decision", _decided(item)),
    ):
        out.print(Text.assemble((f"{label:10}", "bold"), str(value)))
    out.rule(f"text, characters 0-{len(text)}", align="left")
    out.print(Text(text))
    table(
        ["file", "kind", "type", "alternative text"],
        [(m.position + 1, m.kind, m.mime or m.status, m.alt_text) for m in media],
        empty="No files.",
        wraps=True,
    )


def _decided(item: SetItem) -> str:
    made = item.decision
    if made is None or made.outcome == Outcome.UNDECIDED:
        return "undecided"
    parts = [", ".join((made.outcome, *codes_of(made))), f"by {made.actor}"]
    if made.agrees is not None:
        word = "agreed" if made.agrees else "disputed"
        parts.append(f"{word} by {made.checked_by}")
    return "; ".join(parts)
