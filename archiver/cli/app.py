"""The root of the command line: global options and the archive they open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from archiver import __version__, wiring
from archiver.secrets import Secrets
from archiver.wiring import Archive
from config.load import Settings, load

app = typer.Typer(
    name="archiver",
    help="Keeps a government agency's social media as public records.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

# Known from the start, so that even a fault while opening the archive is shown scrubbed.
SECRETS = Secrets()


@dataclass(frozen=True, slots=True)
class Options:
    """The global options as given."""

    home: Path | None
    config: Path | None

    def settings(self) -> Settings:
        """The settings in force. Raises: ConfigError with all mistakes at once."""
        return load(home=self.home, file=self.config)

    @contextmanager
    def archive(self) -> Iterator[Archive]:
        """The archive that the options name."""
        with wiring.opened(self.settings(), secrets=SECRETS) as archive:
            yield archive


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"archiver {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="Folder that holds all data.", envvar="ARCHIVER_HOME"),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings file, YAML or TOML.", envvar="ARCHIVER_CONFIG"),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    del version
    context.obj = Options(home=home, config=config)


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Who = Annotated[str, typer.Option("--by", help="Name of the person who does it.")]


def options(context: typer.Context) -> Options:
    """The global options of a command."""
    found = context.find_object(Options)
    assert found is not None
    return found
