"""Makes the package a BagIt bag (RFC 8493) around its data/ folder, and validates it.

bagit changes the working directory of its process, so both functions run it in processes of
their own. Manifests are written over those of a run that was cut off.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import bagit  # type: ignore[import-untyped]

from archiver.errors import ExportError
from archiver.export.base import Production
from archiver.export.pool_worker import end_with_parent
from archiver.files import write_durably

ALGORITHMS = ("sha256", "sha512")
PROCESSES = 2
_DECLARATION = b"BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n"


def write(production: Production, folder: Path, *, processes: int = PROCESSES) -> None:
    """Make `folder`, whose data/ is complete, a bag, hashing in so many processes.

    Raises: ExportError when there is no data, or a file cannot be read or written.
    """
    _aside(_write, folder, _info(production), processes)


def validate(folder: Path, *, processes: int = PROCESSES) -> None:
    """Read every file of a bag again.

    Raises: ExportError when it is no bag, or not the bag that its manifests speak of.
    """
    _aside(_validate, folder, {}, processes)


def _aside(
    work: Callable[[Path, dict[str, str], int], str],
    folder: Path,
    info: dict[str, str],
    processes: int,
) -> None:
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(1, mp_context=context, initializer=end_with_parent) as pool:
            fault = pool.submit(work, folder, info, processes).result()
    except BrokenProcessPool as error:
        raise ExportError(
            f"the process that hashed {folder} was ended from outside; try again"
        ) from error
    if fault:
        raise ExportError(f"{folder}: {fault}")


def _write(folder: Path, info: dict[str, str], processes: int) -> str:
    if not (folder / "data").is_dir():
        return "there is no data/ to make a bag of"
    write_durably(folder / "bagit.txt", _DECLARATION)
    try:
        bag = bagit.Bag(str(folder))
        bag.algorithms = list(ALGORITHMS)
        bag.info = info
        bag.save(processes=processes, manifests=True)
    except (bagit.BagError, OSError, RuntimeError) as error:
        return f"it could not be made a bag: {error}"
    return ""


def _validate(folder: Path, _info: dict[str, str], processes: int) -> str:
    try:
        bagit.Bag(str(folder)).validate(processes=processes)
    except (bagit.BagError, OSError) as error:
        return f"it is not a valid bag: {error}"
    return ""


def _info(production: Production) -> dict[str, str]:
    made_on = production.made_at.astimezone(production.zone).date().isoformat()
    items = production.released + production.withheld
    return {
        "Source-Organization": production.agency,
        "External-Identifier": production.name,
        "External-Description": f"{production.title}: {items} public records, "
        f"{production.withheld} of them withheld",
        "Internal-Sender-Identifier": f"request {production.request}, "
        f"production {production.number}",
        "Contact-Name": production.made_by,
        "Bagging-Date": made_on,
        "Bag-Software-Agent": f"Archiver {production.version} with bagit.py {bagit.VERSION}",
    }
