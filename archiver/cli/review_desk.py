"""What the commands of review share: the desk they work at, and how a request is named."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from archiver.cli.app import options
from archiver.desk import review_setup
from archiver.desk.review_setup import ReviewDesk
from archiver.errors import NotFoundError
from archiver.wiring import Archive

Request = Annotated[str, typer.Argument(help="Number of the request, such as 2026-0001.")]
Set = Annotated[int, typer.Option("--set", min=0, help="Number of the result set; 0: the newest.")]


@contextmanager
def desk(context: typer.Context) -> Iterator[tuple[Archive, ReviewDesk]]:
    """The archive, and the desk of review in it."""
    with options(context).archive() as archive:
        sections = archive.settings.sections
        yield (
            archive,
            review_setup.made(
                archive.database,
                archive.vault,
                archive.clock,
                home=archive.settings.home,
                agency=sections.agency,
                second_review=sections.requests.second_review,
            ),
        )


def chosen(at: ReviewDesk, request: str, number: int) -> int:
    """The set that is meant. Raises: NotFoundError when the request has none."""
    if number:
        return at.sets.get(request, number).number
    found = at.sets.all(request)
    if not found:
        raise NotFoundError(f"request {request} has no result set; freeze a search first")
    return found[-1].number
