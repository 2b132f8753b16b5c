"""The command line as a person uses it: run a command, read what it printed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from archiver.cli import app, capture, demo, main, screen
from archiver.cli.main import run
from archiver.secrets import Secrets


@dataclass(frozen=True, slots=True)
class Printed:
    """What a command left: its exit code and both of its outputs."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the JSON document that it is."""
        return json.loads(self.out)

    def sentence(self) -> str:
        """The one line on standard error, without the program's name."""
        [line] = self.err.splitlines()
        assert line.startswith("archiver: ")
        assert "Traceback" not in self.err
        return line.removeprefix("archiver: ")


class Terminal:
    """Runs commands on one home folder, on a terminal of `width` columns."""

    def __init__(
        self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.home = home
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.width(100)
        secrets = Secrets()  # each process has its own
        for module in (app, capture, demo, main):
            monkeypatch.setattr(module, "SECRETS", secrets)

    def width(self, columns: int, *, colour: bool = False) -> None:
        """Make the terminal so wide, and let it show colours or not."""
        for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
            self._monkeypatch.delenv(name, raising=False)
        self._monkeypatch.setenv("COLUMNS", str(columns))
        self._monkeypatch.setenv("FORCE_COLOR" if colour else "NO_COLOR", "1")
        for name, to_stderr in (("out", False), ("err", True)):
            console: Console = getattr(screen, name)
            self._monkeypatch.setattr(console, "_width", columns)
            self._monkeypatch.setattr(
                console, "_color_system", None if not colour else _TRUE_COLOUR._color_system
            )
            self._monkeypatch.setattr(console, "_force_terminal", colour and not to_stderr)

    def __call__(self, *command: str) -> Printed:
        """Run `archiver COMMAND` on the home folder."""
        self._capsys.readouterr()
        code = run(["--home", str(self.home), *command])
        seen = self._capsys.readouterr()
        return Printed(code, seen.out, seen.err)


_TRUE_COLOUR = Console(color_system="truecolor", force_terminal=True)
