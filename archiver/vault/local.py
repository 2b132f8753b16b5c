"""A vault in a local folder: one sub-folder a day, files read-only from the first moment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from archiver.errors import EvidenceError, RefusedError, StoreError
from archiver.files import make_folder, publish, sync_folder
from archiver.values import Permit

_NAME = re.compile(r"(?P<day>\d{8})T\d{6}Z-[A-Za-z0-9._-]+\.warc\.gz")


class LocalVault:
    """Implements `Vault` on a folder; `put` needs the spool on the same file system."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, sealed: Path) -> None:
        final = self._place(name)
        make_folder(final.parent)
        sealed.chmod(0o440)
        publish(sealed, final)

    def remove(self, name: str, permit: Permit) -> None:
        if name not in permit.segments:
            raise RefusedError(
                f"the permit of disposition {permit.batch} does not name the segment {name}; "
                "nothing was removed"
            )
        place = self._place(name)
        try:
            place.unlink(missing_ok=True)
            if place.parent.is_dir():
                sync_folder(place.parent)
        except OSError as error:
            raise StoreError(f"the segment {name} cannot be removed: {error.strerror}") from error

    def names(self) -> Iterator[str]:
        try:
            for folder in self._root.glob("[0-9]*/[0-9]*/[0-9]*"):
                for path in folder.iterdir():
                    if self._is_segment(path):
                        yield path.name
        except OSError as error:
            raise StoreError(f"the vault {self._root} cannot be read: {error.strerror}") from error

    def strangers(self) -> Iterator[Path]:
        """Files in the vault that Archiver did not put there, or not in that place."""
        for path in self._root.rglob("*"):
            if not path.is_dir() and not self._is_segment(path):
                yield path

    def open(self, name: str) -> BinaryIO:
        try:
            return self.path(name).open("rb")
        except OSError as error:
            raise StoreError(f"the segment {name} cannot be read: {error.strerror}") from error

    def path(self, name: str) -> Path:
        place = self._place(name)
        if not place.is_file():
            raise EvidenceError(f"the segment {name} is not in the vault {self._root}")
        return place

    def _is_segment(self, path: Path) -> bool:
        return _NAME.fullmatch(path.name) is not None and path == self._place(path.name)

    def describe(self) -> str:
        return str(self._root)

    def _place(self, name: str) -> Path:
        match = _NAME.fullmatch(name)
        if match is None:
            raise EvidenceError(f'"{name}" is not the name of a segment')
        day = match["day"]
        return self._root / day[:4] / day[4:6] / day[6:] / name
