"""The file that a rewriting makes: ranges of another file and new members, hashed on the way.

Bytes are read and written a megabyte at a time and hashed in a second thread from the same
buffers. That is as fast as letting the kernel copy, which would have to be read again for the
hash, and which on some file systems shares blocks with the file that is to be destroyed. A
third thread has the disk begin early with what would otherwise all be waited for at the end.
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from archiver.errors import EvidenceError, StoreError
from archiver.files import sync_folder

_BUFFER = 1 << 20
_SYNC_EVERY = 32  # buffers
_BUFFERS = 16  # the hash may lag behind while the disk is still at work


class Target:
    """A spool file that did not exist before. Used by one thread.

    Raises: StoreError when the file exists or cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.offset = 0
        try:
            self._file: BinaryIO = path.open("xb", buffering=0)
        except FileExistsError as error:
            raise StoreError(f"{path} exists already; a segment is never written twice") from error
        except OSError as error:
            raise StoreError(f"cannot write {path}: {error.strerror}") from error
        self._open = True
        self._hash = hashlib.sha256()
        self._free: queue.SimpleQueue[memoryview] = queue.SimpleQueue()
        self._full: queue.SimpleQueue[tuple[memoryview, int] | None] = queue.SimpleQueue()
        for _ in range(_BUFFERS):
            self._free.put(memoryview(bytearray(_BUFFER)))
        self._buffer = self._free.get()
        self._used = 0
        self._hasher = threading.Thread(target=self._hash_all, name="rewrite-hash", daemon=True)
        self._hasher.start()
        self._flushes = 0
        self._due: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._fault: OSError | None = None
        self._syncer = threading.Thread(target=self._sync_all, name="rewrite-sync", daemon=True)
        self._syncer.start()

    def _hash_all(self) -> None:
        while (item := self._full.get()) is not None:
            buffer, used = item
            self._hash.update(buffer[:used])
            self._free.put(buffer)

    def _sync_all(self) -> None:
        while self._due.get():
            try:
                os.fdatasync(self._file.fileno())
            except OSError as error:
                self._fault = error  # the kernel tells it only once; the last fsync would not

    def _end_threads(self) -> None:
        self._full.put(None)
        self._due.put(False)
        self._hasher.join()
        self._syncer.join()

    def copy(self, file: BinaryIO, start: int, end: int) -> None:
        """Append a range of another file.

        Raises: EvidenceError when that file is shorter; StoreError when the disk refuses.
        """
        handle = file.fileno()
        while start < end:
            room = min(end - start, _BUFFER - self._used)
            try:
                count = os.preadv(handle, [self._buffer[self._used : self._used + room]], start)
            except OSError as error:
                raise StoreError(f"cannot read {file.name}: {error.strerror}") from error
            if not count:
                raise EvidenceError(f"{file.name} ends before its records do")
            start += count
            self._took(count)

    def append(self, pieces: Iterable[bytes]) -> None:
        """Append these bytes.

        Raises: StoreError when the disk refuses.
        """
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                count = min(len(rest), _BUFFER - self._used)
                self._buffer[self._used : self._used + count] = rest[:count]
                rest = rest[count:]
                self._took(count)

    def _took(self, count: int) -> None:
        self.offset += count
        self._used += count
        if self._used == _BUFFER:
            self._flush()

    def _flush(self) -> None:
        rest = self._buffer[: self._used]
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise StoreError(f"cannot write {self.path}: {error.strerror}") from error
        self._full.put((self._buffer, self._used))
        self._buffer = self._free.get()
        self._used = 0
        self._flushes += 1
        if self._flushes % _SYNC_EVERY == 0:
            self._due.put(True)

    def seal(self) -> tuple[str, int]:
        """Make the file durable and close it: hex SHA-256 and bytes. Once only.

        Raises: StoreError when the disk refuses; the file must then be abandoned.
        """
        self._flush()
        self._due.put(False)
        self._syncer.join()
        try:
            if self._fault is not None:
                raise self._fault
            os.fsync(self._file.fileno())
            self._file.close()
            sync_folder(self.path.parent)
        except OSError as error:
            raise StoreError(f"cannot make {self.path} durable: {error.strerror}") from error
        self._end_threads()
        self._open = False
        return self._hash.hexdigest(), self.offset

    def abandon(self) -> None:
        """Delete the file; after `seal` this does nothing."""
        if not self._open:
            return
        self._open = False
        self._end_threads()
        self._file.close()
        self.path.unlink(missing_ok=True)
