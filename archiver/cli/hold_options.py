"""How a scope is written on the command line, and other options that several commands of holds
share."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from archiver.errors import UsageError
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeOptions:
    """The options that name a scope, as they were written."""

    account: Account = None
    department: Department = None
    author: Author = None
    word: Word = None
    since: Since = None
    until: Until = None
    pick: Pick = None
    everything: Everything = False

    def scope(self, archive: Archive) -> Scope:
        """The scope that they name.

        Raises: NotFoundError for a pick that is not held.
        """
        return Scope(
            accounts=tuple(self.account or ()),
            departments=tuple(self.department or ()),
            authors=tuple(self.author or ()),
            words=tuple(self.word or ()),
            since=day_of(self.since),
            until=day_of(self.until),
            picks=archive.holds.picked(self.pick or ()),
            everything=self.everything,
        )


def with_scope(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a scope, in the place of its parameter `scoped`."""
    options = inspect.signature(ScopeOptions, eval_str=True).parameters
    own = inspect.signature(command, eval_str=True).parameters
    signature = [
        each.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in own.items()
        for each in (options.values() if name == "scoped" else (parameter,))
    ]

    @wraps(command)
    def called(**given: Any) -> None:
        scoped = ScopeOptions(**{name: given.pop(name) for name in options})
        command(**given, scoped=scoped)

    called.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    return called


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
