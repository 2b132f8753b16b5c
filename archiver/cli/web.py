"""`archiver web`: the web page for clerk, counsel and auditor."""

from __future__ import annotations

import typer

from archiver import logs
from archiver.cli.app import SECRETS, app, options
from archiver.cli.screen import out
from archiver.web import server


@app.command()
def web(context: typer.Context) -> None:
    """Serve the web page until it is told to stop."""
    settings = options(context).settings()
    logs.start(settings.sections.log, SECRETS)
    with options(context).archive() as archive:
        made = archive.settings.sections.web

        def up(port: int) -> None:
            scheme = "https" if made.certificate else "http"
            out.print(f"The web page is up: {made.address or f'{scheme}://{made.host}:{port}'}")

        raise typer.Exit(server.run(archive, up=up))
