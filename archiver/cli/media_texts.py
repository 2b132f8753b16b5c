"""`archiver media-texts`: text in pictures and captions of films, for search."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from archiver.cli.app import AsJson, app, options
from archiver.cli.screen import out, print_json, table
from archiver.desk.media_texts import MediaTexts
from archiver.wiring import Archive

media_texts = typer.Typer(
    help="Text in pictures and captions of films, for search.", no_args_is_help=True
)
app.add_typer(media_texts, name="media-texts")


def use_case(archive: Archive) -> MediaTexts:
    """The reading of an open archive's media."""
    return MediaTexts(
        archive.database, archive.vault, archive.clock, locks=archive.settings.locks_path
    )


@media_texts.command()
def read(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="At most so many files.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """Read the pictures and captions that were not read yet, also when search.ocr is off."""
    with options(context).archive() as archive:
        languages = archive.settings.sections.search.ocr_languages
        done = use_case(archive).read(limit, languages)
    if as_json:
        print_json(done)
        return
    out.print(Text(f"{done}."))


@media_texts.command()
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """How many are held and read, and whether tesseract is there."""
    with options(context).archive() as archive:
        search = archive.settings.sections.search
        found = use_case(archive).status(search.ocr_languages)
    if as_json:
        print_json({"on": search.ocr, "languages": search.ocr_languages, "status": found})
        return
    table(
        ["", "held", "read", "with text"],
        [
            (name, each.held, each.read, each.with_text)
            for name, each in (("pictures", found.pictures), ("captions", found.captions))
        ],
        empty="",
    )
    on = "on: the service reads new ones" if search.ocr else "off: the service reads none"
    out.print(Text(f"search.ocr is {on}."))
    out.print(Text(found.problem or f"{found.engine} reads {', '.join(search.ocr_languages)}."))
