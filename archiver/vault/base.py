"""What a vault promises: all or nothing, never over another file, the same bytes back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from archiver.values import Permit


class Vault(Protocol):
    """Keeps sealed segments under their names. One is removed only with a permit that names
    it, when a disposition has put another in its place."""

    def put(self, name: str, sealed: Path) -> None:
        """Take over a sealed, fsynced file; when this returns, name and bytes are durable.

        Names begin with the UTC time as `20261124T133141Z-`. Raises: StoreError; the file
        then still lies where it was.
        """
        ...

    def remove(self, name: str, permit: Permit) -> None:
        """Remove a segment durably; one that is not there any more is no fault.

        Raises: RefusedError when the permit does not name it; StoreError.
        """
        ...

    def names(self) -> Iterator[str]:
        """The names of all segments, in no promised order."""
        ...

    def strangers(self) -> Iterator[Path]:
        """Files that lie there without being segments in their place."""
        ...

    def open(self, name: str) -> BinaryIO:
        """The segment's bytes. Raises: EvidenceError when it is not there."""
        ...

    def path(self, name: str) -> Path:
        """A local file with the segment's bytes. Raises: EvidenceError when not there."""
        ...

    def describe(self) -> str:
        """Where it is, for people."""
        ...
