"""`archiver produce …`: packages for requests, from making to handing over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn
from rich.text import Text

from archiver.cli.app import AsJson, Who, app, options
from archiver.cli.review_desk import Request, Set, chosen
from archiver.cli.screen import err, out, print_json, table, when
from archiver.desk import production_formats, production_proof, review_setup
from archiver.desk.productions import Wish
from archiver.errors import UsageError
from archiver.model.queries.productions import ProductionRow
from archiver.wiring import Archive

produce = typer.Typer(help="Productions: packages for requests, proved and signed.")
app.add_typer(produce, name="produce", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the production, such as 2026-0001-1.")]


@produce.command()
def make(
    context: typer.Context,
    request: Request,
    by: Who,
    set_: Set = 0,
    formats: Annotated[
        str,
        typer.Option(
            help="Comma-separated: pdf, html, table, json, media, loadfile, warc, nara, log; "
            "empty: all."
        ),
    ] = "",
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Without the agency's signature; it will say so.")
    ] = False,
    title: Annotated[str, typer.Option(help="What the package is called.")] = "",
    accept_repeat: Annotated[
        list[str] | None,
        typer.Option(
            help='"TEXT=REASON": this text, redacted elsewhere, may stand in released items.'
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the package of a result set whose items are all decided."""
    wish = Wish(
        formats=tuple(each.strip() for each in formats.split(",") if each.strip()),
        unsigned=unsigned,
        title=title,
        accept_repeats=dict(_repeat(each) for each in accept_repeat or ()) or None,
    )
    with options(context).archive() as archive, _told() as progress:
        number = _set(archive, request, set_)
        row = archive.productions.make(request, number, by=by, wish=wish, progress=progress)
    _say(archive, row, as_json=as_json)


@produce.command()
def resume(context: typer.Context, request: Request, as_json: AsJson = False) -> None:
    """Finish a production that was cut off, at the first step that is not done."""
    with options(context).archive() as archive, _told() as progress:
        row = archive.productions.resume(request, progress=progress)
    _say(archive, row, as_json=as_json)


@produce.command("list")
def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """All productions."""
    with options(context).archive() as archive:
        found = archive.productions.all()
        zone = archive.settings.sections.agency.zone
    if as_json:
        print_json(found)
        return
    table(
        ["production", "state", "numbers", "made", "by", "manifest"],
        [
            (each.folder, each.state, _numbers(each), when(each.made_at, zone), each.made_by,
             each.manifest_sha256)
            for each in found
        ],
        empty="Nothing was produced yet.",
    )  # fmt: skip


@produce.command()
def deliver(
    context: typer.Context,
    name: Name,
    to: Annotated[str, typer.Option(help="To whom it was handed over.")],
    how: Annotated[str, typer.Option(help="How: download, disc, in person, ...")],
    by: Who,
) -> None:
    """Note that a finished package was handed over."""
    with options(context).archive() as archive:
        row = archive.productions.deliver(name, to=to, how=how, by=by)
    out.print(Text(f"{row.folder} is delivered; its manifest is {row.manifest_sha256}."))


@produce.command()
def abandon(
    context: typer.Context,
    name: Name,
    reason: Annotated[str, typer.Option(help="Why.")],
    by: Who,
) -> None:
    """Give up a production that was not delivered; its files go, its numbers stay used."""
    with options(context).archive() as archive:
        row = archive.productions.abandon(name, reason=reason, by=by)
    out.print(Text(f"{row.folder} is abandoned; {_numbers(row)} are not given out again."))


@produce.command()
def check(
    folder: Annotated[Path, typer.Argument(help="The package: the folder with bagit.txt.")],
    ca: Annotated[
        list[Path] | None,
        typer.Option(help="PEM file with a root that you trust; may be given several times."),
    ] = None,
    unsigned: Annotated[
        bool, typer.Option("--unsigned", help="Accept a package that says it is not signed.")
    ] = False,
) -> None:
    """Read a whole package again: as a bag, and with the verifier. Needs no archive."""
    if not (folder / "bagit.txt").is_file():
        raise UsageError(f"{folder} is no package: there is no bagit.txt in it")
    said = production_proof.check_package(folder, trusted=tuple(ca or ()), unsigned=unsigned)
    out.print(Text(said.rstrip()))


def _set(archive: Archive, request: str, number: int) -> int:
    sections = archive.settings.sections
    at = review_setup.made(
        archive.database,
        archive.vault,
        archive.clock,
        home=archive.settings.home,
        agency=sections.agency,
        second_review=sections.requests.second_review,
    )
    return chosen(at, request, number)


def _repeat(given: str) -> tuple[str, str]:
    text, mark, reason = given.rpartition("=")
    if not (mark and text.strip() and reason.strip()):
        raise UsageError(f'write "{given}" as "TEXT=REASON"')
    return text, reason


def _numbers(row: ProductionRow) -> str:
    if row.last < row.first:
        return "no numbers"
    return f"{row.prefix}{row.first:06d} to {row.prefix}{row.last:06d}"


def _say(archive: Archive, row: ProductionRow, *, as_json: bool) -> None:
    package = archive.settings.home / "productions" / row.folder / row.folder
    if as_json:
        print_json({"production": row, "package": package})
        return
    out.print(Text.assemble((f"{row.folder} is done", "green"), f": {_numbers(row)}."))
    out.print(Text(f"Package: {package}"))
    out.print(Text(f"SHA-256 of its manifest: {row.manifest_sha256}"))


@contextmanager
def _told() -> Iterator[production_formats.Progress]:
    """Bars on a terminal, a line for each finished step elsewhere."""
    if not err.is_terminal:
        said: set[str] = set()

        def line(step: str, done: int, of: int) -> None:
            if of and done >= of and step not in said:
                said.add(step)
                err.print(Text(f"{step}: done"))

        yield line
        return
    columns = (TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def bar(step: str, done: int, of: int) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=None)
            bars.update(tasks[step], completed=done, total=of or None)

        yield bar
