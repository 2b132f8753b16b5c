"""A folder as one tar file, sent while it is being read: nothing is written for it."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from pathlib import Path

_CHUNK = 1024 * 1024
_BLOCK = tarfile.BLOCKSIZE


def tar_of(folder: Path) -> Iterator[bytes]:
    """The folder with all its files, in the order of their names, under its own name."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        info = tarfile.TarInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}")
        found = path.stat()
        info.size, info.mtime, info.mode = found.st_size, int(found.st_mtime), 0o644
        yield info.tobuf(tarfile.PAX_FORMAT)
        with path.open("rb") as handle:
            while chunk := handle.read(_CHUNK):
                yield chunk
        yield bytes(-info.size % _BLOCK)
    yield bytes(2 * _BLOCK)
