"""Entry point: runs a command and turns every known error into a sentence and an exit code."""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path

import typer
from rich.text import Text

from archiver.cli import (  # noqa: F401
    accounts,
    alarms,
    audit_log,
    capture,
    checkpoints,
    deletions,
    demo,
    dispositions,
    exemptions,
    holds,
    media_texts,
    people,
    productions,
    records,
    report,
    requests,
    retention,
    retention_acts,
    review,
    search,
    setup,
    verify,
    web,
)
from archiver.cli.app import SECRETS, app
from archiver.cli.screen import err
from archiver.errors import ArchiverError
from config.errors import ConfigError
from connectors.errors import ConnectorError


def main() -> None:
    """Run the command line and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit code, prints errors as sentences."""
    try:
        result = app(arguments, standalone_mode=False, prog_name="archiver")
        return result if isinstance(result, int) else 0
    except typer.Abort:
        return _say("stopped", 130)
    except typer.TyperException as error:
        return _misused(error)
    except ConfigError as error:
        for problem in error.problems:
            _say(problem, 2)
        return 2
    except ArchiverError as error:
        return _say(str(error), error.exit_code)
    except ConnectorError as error:
        return _say(f"{error.code}: {error}", 7)
    except KeyboardInterrupt:
        return _say("stopped", 130)
    except BrokenPipeError:
        return 141
    except Exception as error:  # noqa: BLE001 - the last fence: no traceback reaches a clerk
        return _say(
            f"an unexpected fault: {type(error).__name__}; nothing that was committed is lost. "
            f"Please report it with the file {_kept(error)}",
            70,
        )


def _misused(error: typer.TyperException) -> int:
    """A command that does not exist, or is not written as it must be."""
    said = error.format_message()
    if said.startswith("Usage:"):  # nothing was said at all: the help itself is the answer
        err.print(said)
        return error.exit_code
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "archiver")
    return _say(f"{said.rstrip('.')}; see: {path} --help", error.exit_code)


def _say(text: str, code: int) -> int:
    err.print(Text.assemble(("archiver: ", "bold red"), SECRETS.scrub_text(text)))
    return code


def _kept(error: BaseException) -> Path:
    """Write the scrubbed traceback to a file of its own."""
    text = SECRETS.scrub_text("".join(traceback.format_exception(error)))
    with tempfile.NamedTemporaryFile(
        "w", prefix="archiver-fault-", suffix=".txt", delete=False, encoding="utf-8"
    ) as handle:
        handle.write(text)
    return Path(handle.name)


if __name__ == "__main__":
    main()
