"""Worker processes that do not outlive who started them.

A worker of Python's pools goes on when the process that wants its result is killed: it would
write into folders that the next try has just emptied, or wait for ever. So each watches for that
end, and leaves with it.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.connection import wait

ORPHANED = 75  # exit code of a worker whose parent is gone; nobody reads it


def end_with_parent() -> None:
    """Begin to watch: once the process that started this one is gone, this one ends at once,
    without finishing anything. For the start of a worker; does nothing in any other process."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return
    sentinel = parent.sentinel

    def watch() -> None:
        wait([sentinel])
        os._exit(ORPHANED)

    threading.Thread(target=watch, name="end-with-parent", daemon=True).start()
