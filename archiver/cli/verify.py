"""`archiver verify`: read everything again and say what does not hold."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.progress import Progress
from rich.text import Text

from archiver.cli.app import AsJson, app, options
from archiver.cli.screen import count, err, out, print_json
from archiver.desk.verify import Verification, verify
from archiver.errors import EvidenceError


@app.command(name="verify")
def verify_archive(
    context: typer.Context,
    as_json: AsJson = False,
    processes: Annotated[int, typer.Option(min=1, max=64, help="Processes to use.")] = 2,
) -> None:
    """Re-read every WARC and hold it against the database, both ways. Changes nothing."""
    with options(context).archive() as archive, _bar() as bar:
        task = bar.add_task("verifying", total=None)

        def tell(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        result = verify(
            archive.database,
            archive.vault,
            processes=processes,
            tell=tell,
            authorities=archive.settings.sections.proof.authorities,
        )
    if as_json:
        print_json(result)
    else:
        _show(result)
    if not result.ok:
        raise typer.Exit(EvidenceError.exit_code)


def _bar() -> Progress:
    return Progress(console=err, transient=True, disable=not err.is_terminal)


def _show(result: Verification) -> None:
    for problem in result.problems:
        out.print(Text.assemble(("WRONG ", "bold red"), problem))
    out.print(
        f"{count(result.files, 'file')} ({result.bytes:,} bytes), "
        f"{count(result.warc_records, 'WARC record')}, {count(result.versions, 'version')}, "
        f"{count(result.ledger_lines, 'ledger line')}, "
        f"{count(result.checkpoints, 'checkpoint')} with {count(result.stamps, 'time stamp')} "
        "were read."
    )
    if result.unverifiable_stamps:
        out.print(
            f"{count(result.unverifiable_stamps, 'time stamp')} could not be verified: the "
            "authority is not in proof.authorities."
        )
    if result.ok:
        out.print(Text.assemble(("Everything holds.", "green"), f" Ledger head: {result.head}"))
    else:
        out.print(
            Text(f"Not everything holds: {count(len(result.problems), 'fault')}.", "bold red")
        )
