"""Stops running captures: first asks them to end after their page, then cuts them off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from archiver.warc.recorder import Recorder


class Stopping:
    """One for all captures of a process. Thread-safe; once stopped, it stays so."""

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._lock = threading.Lock()
        self._recorders: set[Recorder] = set()
        self._cut_off = False

    @property
    def asked(self) -> bool:
        """Shall walks end after the page they are at?"""
        return self._asked.is_set()

    def ask(self) -> None:
        """From now on, walks end after their page."""
        self._asked.set()

    def cut_off(self) -> None:
        """From now on, waiting reads end at once and nothing more is asked of a platform."""
        self._asked.set()
        with self._lock:
            self._cut_off = True
            running = list(self._recorders)
        for recorder in running:
            recorder.abort()

    @contextmanager
    def watching(self, recorder: Recorder) -> Iterator[None]:
        """While a walk runs with this recorder, it can be cut off."""
        with self._lock:
            self._recorders.add(recorder)
            late = self._cut_off
        if late:
            recorder.abort()
        try:
            yield
        finally:
            with self._lock:
                self._recorders.discard(recorder)
