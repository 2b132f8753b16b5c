"""What a process and all below it take together: memory, watched while they work; processor."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

LOOK = 0.25  # seconds between two looks
_TICKS = os.sysconf("SC_CLK_TCK")


class Memory:
    """Watches a process, by default this one, and all below it (PSS: shared pages count once).

    `step` is what is at work now; `peak` the most bytes that were seen, `at` the step of then.
    """

    def __init__(self, process: int = 0) -> None:
        self.peak = 0
        self.at = ""
        self.step = ""
        self._process = process or os.getpid()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        whole = self._thread.is_alive()
        self._over.set()
        self._thread.join()
        if not whole:
            raise SystemExit("the memory was not watched to the end; measure again")

    def _watch(self) -> None:
        while not self._over.wait(LOOK):
            now = sum(_pss(each) for each in _tree(self._process))
            if now > self.peak:
                self.peak, self.at = now, self.step


def processor(process: int) -> float:
    """Seconds of processor that a process and all below it have taken so far, those included
    that have ended."""
    return sum(_ticks(each) for each in _tree(process)) / _TICKS


def _tree(process: int) -> Iterator[int]:
    yield process
    below: list[str] = []
    try:
        for task in Path(f"/proc/{process}/task").iterdir():
            below += (task / "children").read_text().split()
    except OSError:  # it ended meanwhile
        return
    for each in below:
        yield from _tree(int(each))


def _pss(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it ended meanwhile
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _ticks(process: int) -> int:
    try:
        after_name = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it ended meanwhile
        return 0
    return sum(int(each) for each in after_name[11:15])  # its own, and those that it waited for
