"""The folder of one production: the package, and beside it what is at work on it.

    <home>/productions/2026-0001-1/2026-0001-1/   the package, a bag; data/ is its payload
    <home>/productions/2026-0001-1/work/          staging, unfinished formats, marks of steps

A step counts as done when its mark is there, which is written in one step after its files were
moved into the package. What is unfinished is made again from nothing.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from archiver.errors import ExportError
from archiver.export.base import Production
from archiver.files import make_folder, sync_folder, write_durably

_A_FILE = 40_000  # bytes that an item takes in all formats, pictures apart; generously
_COPIES = 8  # of each media file: staging, html, media, load file, WARC, WACZ, PDF, one to spare
_REST = 64 * 2**20


class ProductionFolder:
    """Paths and marks of the production called `name` below `base`."""

    def __init__(self, base: Path, name: str) -> None:
        self.path = base / name
        self.package = self.path / name
        self.data = self.package / "data"
        self.work = self.path / "work"
        self.staging = self.work / "staging"

    def emptied(self) -> None:
        """Make it new and empty. Only for a production that no row speaks of, or whose row
        is abandoned. Raises: StoreError, ExportError."""
        _gone(self.path)
        for each in (self.data, self.work / "steps"):
            make_folder(each)

    def remove(self) -> None:
        """Take it away, package and all. Raises: ExportError."""
        _gone(self.path)

    def remove_work(self) -> None:
        """Take away what is not the package. Raises: ExportError."""
        _gone(self.work)

    def room(self, name: str, *, keep: bool = False) -> Path:
        """Where a format is written, empty unless `keep`. Raises: ExportError, StoreError."""
        folder = self.work / name
        if not keep:
            _gone(folder)
        make_folder(folder)
        return folder

    def beside(self, name: str) -> Path:
        """The empty folder of a format that is written beside those it speaks of, in the
        package. Raises: ExportError, StoreError."""
        self.afresh(name)
        make_folder(self.data / name)
        return self.data / name

    def move_in(self, name: str) -> None:
        """Move a finished format into the package and mark it done."""
        target = self.data / name
        if not target.exists():
            (self.work / name).rename(target)
        sync_folder(self.data)
        self.mark(name)

    def afresh(self, *names: str) -> None:
        """Take parts of the package away that a cut-off step left. Raises: ExportError."""
        for name in names:
            _gone(self.data / name)

    def is_done(self, step: str) -> bool:
        """Was the step finished?"""
        return self._mark(step).exists()

    def mark(self, step: str, **facts: Any) -> None:
        """Mark a step as done, and keep what it found out."""
        write_durably(self._mark(step), json.dumps(facts, sort_keys=True).encode())

    def facts(self, step: str) -> Mapping[str, Any]:
        """What a done step found out. Raises: ExportError when it is damaged."""
        try:
            found = json.loads(self._mark(step).read_bytes())
        except (OSError, ValueError) as error:
            raise ExportError(
                f"{self._mark(step)} cannot be read: {error}; abandon the production and make a "
                "new one"
            ) from error
        assert isinstance(found, dict)
        return found

    def keep(self, production: Production) -> None:
        """Remember what was staged."""
        write_durably(self.work / "production.json", _adapter.dump_json(production))

    def production(self) -> Production:
        """What was staged. Raises: ExportError when it is not there any more."""
        try:
            return _adapter.validate_json((self.work / "production.json").read_bytes())
        except (OSError, ValidationError) as error:
            raise ExportError(
                f"what was staged in {self.work} cannot be read any more; abandon the production "
                "and make a new one"
            ) from error

    def check_space(self, *, items: int, media: int) -> None:
        """Is there room for a production of so many items and bytes of media?

        Raises: ExportError when there is not.
        """
        make_folder(self.path.parent)
        needed = items * _A_FILE + media * _COPIES + _REST
        free = shutil.disk_usage(self.path.parent).free
        if free < needed:
            raise ExportError(
                f"a production of {items:,} items with {media / 1e6:,.0f} MB of media may need "
                f"{needed / 1e6:,.0f} MB in {self.path.parent}, where {free / 1e6:,.0f} MB are "
                "free; make room first"
            )

    def _mark(self, step: str) -> Path:
        return self.work / "steps" / f"{step}.done"


def _gone(path: Path) -> None:
    if not path.exists():
        return
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    except OSError as error:
        raise ExportError(f"cannot empty {path}: {error}; check its owner") from error


_adapter = TypeAdapter(Production)
