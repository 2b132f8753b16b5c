"""How a scope is written on the command line, and other options that several commands of holds
share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from archiver.errors import NotFoundError, UsageError
from archiver.model.queries import hold_matches
from archiver.wiring import Archive
from retention.facts import Scope

DAY = "%Y-%m-%d"
Account = Annotated[list[str] | None, typer.Option(help="This account; may be repeated.")]
Department = Annotated[
    list[str] | None, typer.Option(help="All accounts of this department; may be repeated.")
]
Author = Annotated[
    list[str] | None, typer.Option(help="What this id or handle wrote; may be repeated.")
]
Word = Annotated[
    list[str] | None,
    typer.Option(help="What has this word or phrase in any version; may be repeated."),
]
Since = Annotated[
    datetime | None, typer.Option(formats=[DAY], help="Published on this day or later.")
]
Until = Annotated[
    datetime | None, typer.Option(formats=[DAY], help="Published on this day or earlier.")
]
Pick = Annotated[
    list[str] | None,
    typer.Option(help="Besides, this record: its number, platform id or web address."),
]
Everything = Annotated[bool, typer.Option("--everything", help="The whole archive.")]
Custodian = Annotated[
    list[str] | None,
    typer.Option(
        help='Who must preserve, besides the accounts\' custodians: a name, or "Name <address>"; '
        "may be repeated."
    ),
]


def scope_of(
    archive: Archive,
    account: list[str] | None,
    department: list[str] | None,
    author: list[str] | None,
    word: list[str] | None,
    since: datetime | None,
    until: datetime | None,
    pick: list[str] | None,
    everything: bool,
) -> Scope:
    """The scope that the options name.

    Raises: NotFoundError for a pick that is not held.
    """
    return Scope(
        accounts=tuple(account or ()),
        departments=tuple(department or ()),
        authors=tuple(author or ()),
        words=tuple(word or ()),
        since=day_of(since),
        until=day_of(until),
        picks=_picked(archive, pick or []),
        everything=everything,
    )


def _picked(archive: Archive, wanted: Sequence[str]) -> frozenset[int]:
    picks: set[int] = set()
    with archive.database.read() as connection:
        for each in wanted:
            found = hold_matches.named(connection, each)
            if not found:
                raise NotFoundError(f'no record has the number, platform id or address "{each}"')
            picks |= found
    return frozenset(picks)


def day_of(moment: datetime | None) -> date | None:
    """The day that was written."""
    return moment.date() if moment else None


def text_of(file: Path | None) -> str:
    """The text in the file; empty without one. Raises: UsageError."""
    if file is None:
        return ""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as text: {error}") from error
    if not text.strip():
        raise UsageError(f"{file} is empty; write the notice into it")
    return text
