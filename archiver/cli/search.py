"""`archiver search`: ask the archive, and keep questions under names."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperGroup

from archiver.cli.app import AsJson, Who, app, options
from archiver.cli.screen import count, minute, out, print_json, short, table
from archiver.desk.search import Facets, Hit, ResultPage, Search
from archiver.wiring import Archive


class _AskedFirst(TyperGroup):
    """`archiver search snow` means `archiver search for snow`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command "for" before what is no command."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["for", *args]
        return super().parse_args(ctx, args)


search = typer.Typer(
    cls=_AskedFirst,
    help='Ask the archive: archiver search "snow plow" account:spd-x. docs/search.md tells how.',
    no_args_is_help=True,
)
saved = typer.Typer(help="Searches kept under a name.", no_args_is_help=True)
app.add_typer(search, name="search")
search.add_typer(saved, name="saved")

Query = Annotated[
    list[str],
    typer.Argument(help='What to look for: words, "exact words", account:..., after:2026-01-31.'),
]
Kept = Annotated[str, typer.Argument(help="Its name.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")]
After = Annotated[str, typer.Option(help="Go on behind the page that named this.")]
Oldest = Annotated[bool, typer.Option("--oldest-first", help="The oldest first.")]
WithFacets = Annotated[bool, typer.Option("--facets", help="Also tell how the hits divide.")]
WithThread = Annotated[bool, typer.Option("--thread", help="Show each hit's thread.")]


def use_case(archive: Archive) -> Search:
    """The search of an open archive."""
    return Search(archive.database, archive.settings.sections.agency, archive.clock)


@search.command(name="for")
def ask(
    context: typer.Context,
    query: Query,
    limit: Limit = 20,
    after: After = "",
    oldest_first: Oldest = False,
    facets: WithFacets = False,
    thread: WithThread = False,
    by: Who = "",
    as_json: AsJson = False,
) -> None:
    """Every state of every record that answers, newest first."""
    with options(context).archive() as archive:
        page = use_case(archive).page(
            " ".join(query),
            size=limit,
            after=after,
            oldest_first=oldest_first,
            facets=facets,
            by=by,
        )
        _show(archive, page, thread=thread, as_json=as_json)


@saved.command(name="list")
def list_saved(context: typer.Context, as_json: AsJson = False) -> None:
    """All saved searches."""
    with options(context).archive() as archive:
        found = use_case(archive).saved()
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(found)
        return
    table(
        ["name", "by", "saved", "question"],
        [(each.name, each.actor, minute(each.at, zone), each.query) for each in found],
        empty="No search is saved.",
        wraps=True,
    )


@saved.command()
def save(context: typer.Context, name: Kept, query: Query, by: Who = "") -> None:
    """Keep a question under a name."""
    with options(context).archive() as archive:
        made = use_case(archive).save(name, " ".join(query), by=by)
    out.print(f'"{made.name}" is saved: {made.query}')


@saved.command()
def run(
    context: typer.Context,
    name: Kept,
    limit: Limit = 20,
    after: After = "",
    facets: WithFacets = False,
    by: Who = "",
    as_json: AsJson = False,
) -> None:
    """Ask a saved question."""
    with options(context).archive() as archive:
        desk = use_case(archive)
        page = desk.page(desk.recall(name).query, size=limit, after=after, facets=facets, by=by)
        _show(archive, page, thread=False, as_json=as_json)


@saved.command()
def forget(context: typer.Context, name: Kept, by: Who = "") -> None:
    """Take a saved search back."""
    with options(context).archive() as archive:
        use_case(archive).forget(name, by=by)
    out.print(f'"{name}" is no longer saved.')


def _show(archive: Archive, page: ResultPage, *, thread: bool, as_json: bool) -> None:
    desk = use_case(archive)
    threads = {hit.record_id: desk.thread(hit.record_id) for hit in page.hits} if thread else {}
    if as_json:
        print_json({"found": page.found, "page": page, "threads": threads})
        return
    zone = archive.settings.sections.agency.zone
    table(
        ["no.", "published", "account", "kind", "v.", "state", "text"],
        [
            (
                hit.record_id,
                minute(hit.published_at, zone),
                hit.account,
                hit.kind,
                f"{hit.number} of {hit.versions}",
                _state(hit),
                _text(hit),
            )
            for hit in page.hits
        ],
        empty="Nothing is held that fits.",
        wraps=True,
    )
    for record_id, lines in threads.items():
        if len(lines) > 1:
            out.print(Text(f"thread of {record_id}", "bold"))
            for line in lines:
                said = short(f"{line.author or 'unknown'}: {line.words}", 90)
                out.print(f"  {line.id}  {minute(line.published_at, zone)}  {said}")
    if page.facets is not None:
        _facets(page.facets)
    if page.hits:
        out.print(Text(f"{page.found} found" if page.more else count(page.total, "hit"), "dim"))
    if page.following:
        out.print(Text(f"more: --after {page.following}", "dim"))


def _state(hit: Hit) -> Text:
    if hit.presence != "present":
        return Text(hit.presence, style="red")
    if not hit.current:
        return Text("superseded", style="yellow")
    return Text(hit.visibility, style="" if hit.visibility == "public" else "yellow")


def _text(hit: Hit) -> Text:
    pieces = [(each.text, "bold" if each.marked else "") for each in hit.snippet]
    return Text.assemble(f"{hit.author or 'unknown'}: ", *pieces)


def _facets(facets: Facets) -> None:
    out.print(Text(f"counted {facets.label}", "bold"))
    for name in ("account", "platform", "kind", "author", "year", "state"):
        values = getattr(facets, name)[:8]
        listed = ", ".join(f"{each.value} {each.count:,}" for each in values)
        if listed:
            out.print(Text.assemble((f"  {name} ", "dim"), listed))
