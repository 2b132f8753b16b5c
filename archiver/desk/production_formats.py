"""Writes the formats of a production, two at a time, each in a fresh process.

Only the end of a process gives back all the memory that a format took. The PDF comes last and
by itself, because it keeps two processes busy with its volumes; it goes on where it was, unless
another version of Archiver began it, which may have cut the volumes elsewhere.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from archiver import __version__
from archiver.desk.production_folder import ProductionFolder
from archiver.errors import ExportError
from archiver.export import formats
from archiver.export.base import Production
from archiver.export.formats import FORMATS, LATER

PROCESSES = 2
_LOOK = 0.5  # seconds between two looks at how far the processes are
Progress = Callable[[str, int, int], None]
"""Hears the step, how many items are done, and of how many; all done: the step is."""


def write(
    folder: ProductionFolder,
    production: Production,
    names: Sequence[str],
    *,
    answers: Mapping[str, str],
    progress: Progress,
) -> None:
    """Write those formats that are not done, and move each into the package.

    Raises: ExportError when one cannot be written; what was done before stays done.
    """
    wanted = [each for each in FORMATS if each in names and not folder.is_done(each)]
    for each in set(names) - set(wanted):
        progress(each, production.released, production.released)
    first = [
        each for each in wanted if each not in (*LATER, "pdf") and not _was_moved(folder, each)
    ]
    rooms = {each: folder.room(each) for each in first}
    later = {each: folder.beside(each) for each in wanted if each in LATER}
    try:
        for wave in (rooms, later):
            _in_processes(folder, production, wave, answers, progress)
    except BrokenProcessPool as error:
        raise ExportError(
            f"a process that wrote {production.name} was ended from outside, perhaps for want of "
            f"memory; go on with: archiver produce resume {production.request}"
        ) from error
    if "pdf" in wanted and not _was_moved(folder, "pdf"):

        def tell(done: int) -> None:
            progress("pdf", done, production.released)

        room = folder.room("pdf", keep=production.version == __version__)
        formats.exporter("pdf", answers).write(production, room, tell)
        folder.move_in("pdf")
        progress("pdf", production.released, production.released)


def _in_processes(
    folder: ProductionFolder,
    production: Production,
    rooms: Mapping[str, Path],
    answers: Mapping[str, str],
    progress: Progress,
) -> None:
    if not rooms:
        return
    context = multiprocessing.get_context("spawn")
    counters = context.Array("q", len(FORMATS), lock=False)
    with ProcessPoolExecutor(
        PROCESSES,
        mp_context=context,
        initializer=formats.counting,
        initargs=(counters,),
        max_tasks_per_child=1,
    ) as pool:
        waiting = {
            pool.submit(formats.write, name, production, room, answers if name == "warc" else {})
            for name, room in rooms.items()
        }
        try:
            while waiting:
                done, waiting = wait(waiting, timeout=_LOOK, return_when=FIRST_COMPLETED)
                _finish(folder, production, done, progress)
                for name in rooms:
                    count = counters[FORMATS.index(name)]
                    if 0 < count < production.released:
                        progress(name, count, production.released)
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _was_moved(folder: ProductionFolder, name: str) -> bool:
    """Was it killed between moving a finished format into the package and marking it?"""
    if not (folder.data / name).exists():
        return False
    folder.mark(name)
    return True


def _finish(
    folder: ProductionFolder,
    production: Production,
    done: set[Future[str]],
    progress: Progress,
) -> None:
    for each in done:
        name = each.result()
        folder.move_in(name)
        progress(name, production.released, production.released)
