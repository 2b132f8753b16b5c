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
        self._thread: threading.Thread | None = None

    def __call__(self) -> None:
        """Start once more, unless the last time has not ended. For one caller at a time."""
        if self._thread is not None and self._thread.is_alive():
            log.warning("%s still runs", self.name, extra={"action": "chore skipped"})
            return
        self._thread = threading.Thread(target=self._guarded, name=self.name, daemon=True)
        self._thread.start()

    def wait(self, seconds: float) -> None:
        """Wait at most so long for the work to end."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _guarded(self) -> None:
        try:
            self._work()
        except Exception as error:  # a fault in one round must not end all later ones
            self._secrets.scrub_error(error)
            log.exception(
                "%s failed; it is tried again", self.name, extra={"action": "chore failed"}
            )
