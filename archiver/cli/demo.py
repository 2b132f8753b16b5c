"""`archiver demo`: the Springfield demo agency."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from archiver import daemon, logs
from archiver.cli.app import SECRETS, app, options
from archiver.cli.screen import out
from archiver.clock import SystemClock
from archiver.demo.show import show
from archiver.web import server
from config.settings import Log

STYLES = {"plain": "", "news": "cyan", "finding": "yellow", "good": "green", "bad": "red"}


@app.command()
def demo(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="End after the script, for scripts.")
    ] = False,
    web: Annotated[bool, typer.Option(help="Serve the web page too.")] = True,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Its port; 0: any.")] = 8080,
    posts: Annotated[int, typer.Option(min=1, help="How long a past each platform has.")] = 40,
) -> None:
    """Run a fictional police department on simulated platforms, with the real daemon."""
    parent = options(context).home or Path("demo-home")
    lock = threading.Lock()
    clock = SystemClock()

    def say(who: str, what: str, mood: str) -> None:
        stamp = clock.now().astimezone().strftime("%H:%M:%S")
        with lock:
            out.print(
                Text.assemble((f"{stamp} ", "dim"), (f"{who:9} ", "bold"), (what, STYLES[mood]))
            )

    logs.start(Log(level="error"), SECRETS)
    logging.disable(logging.ERROR)  # the telling says what is worth saying
    code = show(
        parent.absolute(),
        say,
        run_daemon=lambda archive, stop: daemon.run(archive, stop_event=stop),
        once=once,
        secrets=SECRETS,
        posts=posts,
        serve=(lambda archive: server.beside(archive, port=port)) if web else None,
    )
    raise typer.Exit(code)
