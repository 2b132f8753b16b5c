"""`archiver audit-log`: the ledger of who did what, checked and given out."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, TextIO

import typer
from rich.text import Text

from archiver.cli.app import app, options
from archiver.cli.screen import out
from archiver.errors import EvidenceError, StoreError
from archiver.ledger.chain import Entry, faults
from archiver.model.queries import ledger

audit_log = typer.Typer(
    help="The append-only log of runs and acts, chained by hashes.", no_args_is_help=True
)
app.add_typer(audit_log, name="audit-log")


@audit_log.command(name="verify")
def verify_log(
    context: typer.Context,
    head: Annotated[
        str, typer.Option(help="A hash noted earlier; it must still be in the chain.")
    ] = "",
) -> None:
    """Recompute every hash of the chain; exits with 5 when one does not hold."""
    with options(context).archive() as archive, archive.database.read() as connection:
        lines = list(ledger.lines(connection))
    problems = list(faults(lines))
    if head and head not in {line.hash for line in lines}:
        problems.append(f"the hash {head} is not in the chain: lines after it were rewritten")
    for problem in problems:
        out.print(Text.assemble(("WRONG ", "bold red"), problem))
    if problems:
        raise typer.Exit(EvidenceError.exit_code)
    last = lines[-1].hash if lines else "none yet"
    out.print(f"{len(lines)} lines hold. Note this head elsewhere: {last}", soft_wrap=True)


@audit_log.command()
def export(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="A new file; standard output if not given.")
    ] = None,
) -> None:
    """Write the log as JSON lines: number, time in UTC, kind, text, previous hash, hash."""
    with options(context).archive() as archive, archive.database.read() as connection:
        lines = ledger.lines(connection)
        if file is None:
            _write(lines, sys.stdout)
            return
        try:
            with file.open("x", encoding="utf-8") as handle:
                count = _write(lines, handle)
        except OSError as error:
            raise StoreError(f"{file} cannot be written: {error.strerror}") from error
    out.print(f"{count} lines are in {file}.", soft_wrap=True)


def _write(lines: Iterable[Entry], handle: TextIO) -> int:
    count = 0
    for count, line in enumerate(lines, start=1):  # noqa: B007 - the count is what is wanted
        plain = {
            "seq": line.seq,
            "at": line.at.isoformat(timespec="microseconds"),
            "kind": line.kind,
            "body": line.body,
            "previous": line.previous,
            "hash": line.hash,
        }
        handle.write(json.dumps(plain) + "\n")
    return count
