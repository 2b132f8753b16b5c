"""Work that comes back every so often, beside the captures."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from archiver.secrets import Secrets

log = logging.getLogger(__name__)


class Chore:
    """Does its work in a thread of its own, so that nothing waits for it; one at a time.

    The thread does not keep the process alive: a chore that hangs cannot hold up a stop.
    """

    def __init__(self, name: str, work: Callable[[], None], secrets: Secrets) -> None:
        self.name = name
        self._work = work
        self._secrets = secrets
        self._lock = threading.Lock()  # a thread is either not there or started, for everyone
        self._thread: threading.Thread | None = None
        self._ended = False

    def __call__(self) -> None:
        """Do the work once more, unless the last time is not over or `end` was called."""
        with self._lock:
            if self._ended:
                return
            if self._thread is not None and self._thread.is_alive():
                log.warning("%s still runs", self.name, extra={"action": "chore skipped"})
                return
            self._thread = threading.Thread(target=self._guarded, name=self.name, daemon=True)
            self._thread.start()

    def end(self, seconds: float) -> None:
        """Start no more; wait at most so long for what runs."""
        with self._lock:
            self._ended = True
            running = self._thread
        if running is not None:
            running.join(seconds)

    def _guarded(self) -> None:
        try:
            self._work()
        except Exception as error:  # a fault in one round must not end all later ones
            self._secrets.scrub_error(error)
            log.exception(
                "%s failed; it is tried again", self.name, extra={"action": "chore failed"}
            )
