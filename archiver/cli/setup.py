"""`archiver init`, `archiver platforms`, `archiver config`."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import Annotated

import typer
from rich.text import Text

from archiver import wiring
from archiver.cli.app import AsJson, app, options
from archiver.cli.screen import out, print_json, table
from archiver.errors import UsageError
from config.settings import Sections
from connectors.capabilities import Capabilities
from connectors.errors import Misconfigured
from connectors.registry import connector_class, platforms

config = typer.Typer(help="Look at the settings.", no_args_is_help=True)
app.add_typer(config, name="config")


@app.command()
def init(context: typer.Context) -> None:
    """Make a new archive; an existing one is left as it is."""
    settings = options(context).settings()
    wiring.initialise(settings)
    out.print(f"The archive is at {settings.home}.")
    if not settings.sections.agency.approvers:
        place = settings.source or settings.home / "archiver.yaml"
        out.print(f"Next: name the approvers (agency.approvers) in {place}.")
    out.print("Then: archiver accounts propose --help")


@app.command(name="platforms")
def list_platforms(
    context: typer.Context,
    as_json: AsJson = False,
    name: Annotated[str, typer.Argument(help="Show one platform in detail.")] = "",
) -> None:
    """What can be captured, how well, and what a platform cannot give."""
    del context
    if name:
        _one(name, as_json)
        return
    known = {each: connector_class(each) for each in sorted(platforms())}
    if as_json:
        print_json({each: made.capabilities for each, made in known.items()})
        return
    table(
        ["platform", "name", "comments", "edits", "hidden", "counts"],
        [
            (each, made.title, _yes(made.capabilities.comments), made.capabilities.edits,
             _yes(made.capabilities.hidden_state), _counts(made.capabilities))
            for each, made in known.items()
        ],
        empty="no platform is installed",
    )  # fmt: skip


def _one(name: str, as_json: bool) -> None:
    try:
        made = connector_class(name)
    except Misconfigured as error:
        raise UsageError(str(error)) from error
    if as_json:
        print_json(
            {
                "platform": name,
                "title": made.title,
                "capabilities": made.capabilities,
                "credentials": made.credentials,
                "options": made.options,
            }
        )
        return
    out.print(Text(made.title, "bold"))
    table(
        ["credential", "needed", "what it is"],
        [(c.name, _yes(c.required), c.meaning) for c in made.credentials],
        empty="needs no credentials",
        wraps=True,
    )
    table(
        ["option", "default", "what it is"],
        [(o.name, o.default, o.meaning) for o in made.options],
        empty="has no options",
        wraps=True,
    )
    for limit in made.capabilities.cannot:
        out.print(f"cannot: {limit}")
    if made.capabilities.terms:
        out.print(f"terms of service: {made.capabilities.terms}")


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _counts(capabilities: Capabilities) -> str:
    if not capabilities.counts:
        return "no"
    return "exact" if capabilities.counts_exact else "approximate"


@config.command()
def check(context: typer.Context) -> None:
    """Read the settings and name every mistake."""
    settings = options(context).settings()
    out.print(f"The settings from {settings.source or 'the defaults'} are in order.")


@config.command()
def show(context: typer.Context) -> None:
    """Print the settings in force, as JSON; a password in an address is left out."""
    settings = options(context).settings()
    sections = settings.sections.model_dump(mode="json")
    sections["database"]["url"] = _without_password(sections["database"]["url"])
    print_json({"home": settings.home, "source": settings.source, **sections})


def _without_password(url: str) -> str:
    return re.sub(r"(?<=://)([^:/@]*):[^@]*@", r"\1:***@", url)


@config.command()
def example() -> None:
    """Print a complete settings file with every default and its meaning."""
    typer.echo(
        (files("config") / "examples" / "archiver.yaml").read_text(encoding="utf-8"), nl=False
    )


@config.command()
def schema() -> None:
    """Print the JSON Schema of the settings, for editors."""
    print_json(Sections.model_json_schema())
