"""The production as PDF/A in volumes, drawn by two processes side by side.

Each volume is drawn by a fresh process, so that memory stays flat however long a production
is. A finished volume appears in one step and is not drawn again, so that a production that
was killed goes on where it was.
"""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from archiver.errors import ExportError
from archiver.export import cover
from archiver.export.base import Production, Tell
from archiver.export.contents import contents, parts
from archiver.export.pdf_volume import Volume, write_volume
from archiver.export.pool_worker import end_with_parent

# Drawing takes some 70 MB and 0.75 MB an item, and who waits for it, with 10,000 items, 190 MB:
# two processes stay below 500 MB together.
AT_MOST = 100  # items in a volume
PROCESSES = 2


class PdfExporter:
    """PDF/A-3a volumes of at most so many items, drawn by so many processes."""

    name = "pdf"

    def __init__(self, *, at_most: int = AT_MOST, processes: int = PROCESSES) -> None:
        self._at_most = at_most
        self._processes = processes

    def write(self, production: Production, folder: Path, tell: Tell) -> None:
        """Write the volumes that are not in the folder yet.

        Raises: ExportError when WeasyPrint, one of its system libraries or a released file is
        missing, the disk refuses, or a process was ended from outside.
        """
        try:
            self._write(production, folder, tell)
        except BrokenProcessPool as error:
            raise ExportError(
                f"a process that drew the PDF of {production.name} was ended from outside, "
                "perhaps for want of memory; produce again (finished volumes are kept) or set "
                "fewer items a volume"
            ) from error
        except OSError as error:
            raise ExportError(
                f"the PDF of {production.name} was not written: {error}; check the staging "
                "folder and the disk, then produce again"
            ) from error

    def _write(self, production: Production, folder: Path, tell: Tell) -> None:
        with ProcessPoolExecutor(
            self._processes,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=end_with_parent,
            max_tasks_per_child=1,
        ) as pool:
            drawing = [
                pool.submit(write_volume, production, folder, volume)
                for volume in self.volumes(production)
            ]
            done = 0
            try:
                for each in as_completed(drawing):
                    done += each.result()
                    tell(done)
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def volumes(self, production: Production) -> list[Volume]:
        """How the production is cut; at least one volume, with the cover, even if it is empty.

        Raises: OSError when the staging cannot be read.
        """
        known = contents(production)
        cut = list(parts(known.entries, self._at_most)) or [()]
        digits = max(3, len(str(len(cut))))
        return [
            Volume(
                number=number,
                of=len(cut),
                name=f"{production.name}-volume-{number:0{digits}}.pdf",
                entries=tuple(entries),
                facts=cover.facts(production, known) if number == 1 else (),
                kept=cover.kept_back(production, known) if number == len(cut) else None,
            )
            for number, entries in enumerate(cut, 1)
        ]
