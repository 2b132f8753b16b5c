"""The bytes of a message body: in memory, or beyond a megabyte in a file without a name.

The file is unlinked from the start, so bytes that were not yet searched for secrets are never
visible on disk and vanish with the process.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from archiver.errors import StoreError

IN_MEMORY = 1 << 20
PIECE = 1 << 20


class Body:
    """Grows by `append` while it is being received, and is only read afterwards."""

    def __init__(self, spool: Path, content: bytes = b"") -> None:
        self._spool = spool
        self._memory = [content]
        self._file: BinaryIO | None = None
        self._closing: weakref.finalize[[], Body] | None = None
        self.size = len(content)

    @classmethod
    def of(cls, content: bytes) -> Body:
        """A small body that never touches the disk."""
        return cls(Path(), content)

    def another(self) -> Body:
        """An empty body that uses the same folder."""
        return Body(self._spool)

    def append(self, data: bytes) -> None:
        """Add bytes at the end.

        Raises: StoreError when the disk does not take them.
        """
        self.size += len(data)
        if self._file is None and self.size <= IN_MEMORY:
            self._memory.append(data)
            return
        try:
            if self._file is None:
                self._move_to_disk()
            assert self._file is not None
            self._file.write(data)
        except OSError as error:
            raise StoreError(
                f"cannot keep an answer in {self._spool}: {error.strerror}; "
                "free some space and run the capture again"
            ) from error

    def _move_to_disk(self) -> None:
        file = tempfile.TemporaryFile(dir=self._spool)  # noqa: SIM115  closed with the body
        self._file = file
        self._closing = weakref.finalize(self, file.close)
        file.write(b"".join(self._memory))
        self._memory.clear()

    @property
    def content(self) -> bytes | None:
        """All bytes, when they are in memory."""
        return self._joined() if self._file is None else None

    def _joined(self) -> bytes:
        if len(self._memory) > 1:
            self._memory = [b"".join(self._memory)]
        return self._memory[0]

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to `end`, in pieces of at most a megabyte."""
        stop = self.size if end is None else min(end, self.size)
        if self._file is None:
            if start < stop:
                yield self._joined()[start:stop]
            return
        self._file.flush()
        while start < stop:
            piece = os.pread(self._file.fileno(), min(PIECE, stop - start), start)
            if not piece:
                raise StoreError(f"an answer kept in {self._spool} has lost bytes; run it again")
            yield piece
            start += len(piece)

    def mask(self, spans: Iterable[tuple[int, int]]) -> None:
        """Overwrite these (start, end) places with asterisks."""
        if self._file is None:
            content = bytearray(self._joined())
            for start, end in spans:
                content[start:end] = b"*" * (end - start)
            self._memory = [bytes(content)]
            return
        self._file.flush()
        for start, end in spans:
            os.pwrite(self._file.fileno(), b"*" * (end - start), start)

    def sha256(self) -> str:
        """Hex SHA-256 of all bytes."""
        if self._file is None:
            return hashlib.sha256(self._joined()).hexdigest()
        digest = hashlib.sha256()
        for piece in self.pieces():
            digest.update(piece)
        return digest.hexdigest()

    def close(self) -> None:
        """Give the disk space back; otherwise that happens when the body is dropped."""
        if self._closing is not None:
            self._closing()
