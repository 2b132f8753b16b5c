"""Files that survive a power cut: write, fsync, rename, fsync the folder; locks; digests."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archiver.errors import BusyError, StoreError

CHUNK = 1 << 20


def sync_folder(folder: Path) -> None:
    """Make the folder's entries durable.

    Raises: OSError when the file system refuses.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, *, mode: int = 0o750) -> None:
    """Create a folder and its parents, durably; existing ones are left alone.

    Raises: StoreError when it cannot be made.
    """
    missing = []
    here = folder
    while not here.exists():
        missing.append(here)
        here = here.parent
    if not here.is_dir():
        raise StoreError(f"{here} is a file where a folder is needed; move it away")
    try:
        for each in reversed(missing):
            each.mkdir(mode=mode, exist_ok=True)
            sync_folder(each.parent)
    except OSError as error:
        raise StoreError(
            f"cannot create the folder {folder}: {error.strerror}; "
            "check its owner, permissions and disk"
        ) from error


def publish(temporary: Path, final: Path) -> None:
    """Give an already fsynced file its final name, durably, never over another file.

    Raises: StoreError when the name is taken or the disk refuses.
    """
    try:
        os.link(temporary, final)  # fails where a rename would silently overwrite
    except FileExistsError as error:
        raise StoreError(f"{final} exists already; nothing was overwritten") from error
    except OSError as error:
        raise StoreError(f"cannot place {final}: {error.strerror}") from error
    temporary.unlink()
    sync_folder(final.parent)
    if temporary.parent != final.parent:
        sync_folder(temporary.parent)


def write_durably(path: Path, content: bytes, *, mode: int = 0o640) -> None:
    """Replace a small file in one step.

    Raises: OSError when the disk refuses; the old file then still stands.
    """
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as handle:
        os.fchmod(handle.fileno(), mode)
        handle.write(content)
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, read in pieces.

    Raises: OSError when it cannot be read.
    """
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextmanager
def locked(path: Path, *, busy: str) -> Iterator[None]:
    """Hold an exclusive lock on a file; it ends with the process, however that ends.

    Raises: BusyError (with the text `busy`) at once when another process or thread has it.
    """
    make_folder(path.parent)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(busy) from error
        yield
    finally:
        os.close(handle)
