"""How exporters put files down: released files by link or copy, failures in one sentence."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archiver.errors import ExportError
from archiver.export.base import FILES, Production, ReleasedFile
from archiver.files import sha256_of


@contextmanager
def written(production: Production, what: str) -> Iterator[None]:
    """Turn a refusal of the disk into the sentence that the clerk reads.

    Raises: ExportError for any OSError inside.
    """
    try:
        yield
    except OSError as error:
        raise ExportError(
            f"{what} of {production.name} could not be written: {error}; "
            "check the staging folder and the disk, then produce again"
        ) from error


def place(production: Production, file: ReleasedFile, target: Path) -> None:
    """Put a released file at `target`: as a second name where the file system allows it.

    Raises: ExportError when the file is missing from the staging folder, lies outside of it or
    is not what was released; OSError when the disk refuses.
    """
    source = production.file(file)
    inside = source.resolve().is_relative_to((production.staging / FILES).resolve())
    if not inside or not source.is_file():
        raise ExportError(
            f"the released file {file.path} is not in the staging folder of {production.name}; "
            "stage the production again"
        )
    if sha256_of(source) != file.sha256:
        raise ExportError(
            f"the staged file {file.path} of {production.name} is not the one that was released: "
            "its SHA-256 differs; stage the production again"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(source, target)
