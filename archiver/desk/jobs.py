"""Work that takes longer than somebody waits for a page: in the background, with its state.

What a job does must be safe to cut off: it ends with the process. Captures, removals and checks
of evidence are, because what they left is put right at the next start.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from archiver.clock import Clock
from archiver.errors import ArchiverError, BusyError, CaptureError
from connectors.errors import ConnectorError

KEPT = 200  # ended jobs that are remembered

log = logging.getLogger(__name__)

Tell = Callable[[int, int | None], None]
"""Hears how much is done, and of how much in all (None: not known)."""


@dataclass(kw_only=True)
class Job:
    """One piece of work. `ended` None: it is going on. Afterwards it has a `result` or an
    `error`."""

    key: str
    by: str
    began: datetime
    subject: object = None  # what it is about, for the page that shows it
    done: int = 0
    total: int | None = None
    ended: datetime | None = None
    result: object = None
    error: ArchiverError | ConnectorError | None = None
    thread: threading.Thread | None = field(default=None, repr=False)

    @property
    def running(self) -> bool:
        """Is it going on?"""
        return self.ended is None


class Jobs:
    """The background work of this process. One job of a key runs at a time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def start(
        self, key: str, work: Callable[[Tell], object], *, by: str, subject: object = None
    ) -> Job:
        """Begin. Raises: BusyError when a job of this key is going on."""
        job = Job(key=key, by=by, began=self._clock.now(), subject=subject)
        job.thread = threading.Thread(
            target=self._run, args=(job, work), name=f"job {key}", daemon=True
        )
        with self._lock:
            before = self._jobs.pop(key, None)
            if before is not None and before.running:
                self._jobs[key] = before
                raise BusyError(f"this is going on already; {before.by} began it")
            self._jobs[key] = job
            over = [k for k, each in self._jobs.items() if not each.running]
            for each in over[: max(0, len(over) - KEPT)]:
                del self._jobs[each]
        job.thread.start()
        return job

    def get(self, key: str) -> Job | None:
        """The newest job of this key; None when there was none since the process began."""
        with self._lock:
            return self._jobs.get(key)

    def wait(self, key: str, *, seconds: float) -> bool:
        """Wait for a job to end; False when it has not ended by then."""
        job = self.get(key)
        if job is None or job.thread is None:
            return True
        job.thread.join(seconds)
        return not job.running

    def _run(self, job: Job, work: Callable[[Tell], object]) -> None:
        def tell(done: int, total: int | None) -> None:
            job.done, job.total = done, total

        # What is raised beyond these is a bug: the thread ends with it in the log, and the page
        # must not wait for ever.
        error: ArchiverError | ConnectorError | None = CaptureError(
            "an unexpected fault ended this; the log of the server has the details"
        )
        try:
            job.result = work(tell)
            error = None
        except (ArchiverError, ConnectorError) as told:
            error = told
            log.info("a job ended early", extra={"action": "job ended early", "job": job.key})
        finally:
            job.error = error
            job.ended = self._clock.now()
