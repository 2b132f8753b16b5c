"""Runs captures when they are due, in this process: timers, a waiting line, worker threads.

One run per account at a time, `capture.workers` accounts side by side. After each run the
account's next turn is taken from `schedule.next_due`. The registry is read again every few
seconds, so an account that was approved or suspended meanwhile is noticed without a restart.
A long FULL walk gives way to NEW of its own account and to others that wait; it goes on
from its cursor later. Whatever a run raises ends that run only.

Workers are threads that do not keep the process alive: one that hangs cannot hold up a stop,
and being cut off is no worse for the archive than a power cut.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor  # type: ignore[import-untyped]
from apscheduler.jobstores.base import JobLookupError  # type: ignore[import-untyped]
from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]

from archiver.capture import schedule
from archiver.capture.run import Captures
from archiver.capture.schedule import Due
from archiver.capture.walk import Outcome
from archiver.dispatch.chore import Chore
from archiver.dispatch.happenings import Broke, Ended, Started, Tell, silent
from archiver.dispatch.line import Line, Turn
from archiver.dispatch.stopping import Stopping
from archiver.errors import ArchiverError, BusyError, NotFoundError, RefusedError, StoreError
from archiver.model.queries import browse, health, registry, watch
from connectors.base import Window

BEAT = timedelta(seconds=5)
LOOK = timedelta(seconds=20)  # how often the registry is read: a new approval waits so long
SLICE = timedelta(minutes=5)  # a FULL walk gives way after this, ...
LEAST_SLICE = timedelta(seconds=15)  # ... or after this when somebody waits
BUSY_PAUSE = timedelta(seconds=30)
GRACE, REST = 12.0, 4.0  # seconds for runs to end by themselves, and after they were cut off

log = logging.getLogger(__name__)


class Dispatcher:
    """The captures of one process. `tell` hears what happens, from any thread."""

    def __init__(
        self,
        captures: Captures,
        *,
        tell: Tell = silent,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._captures = captures
        self._tell = tell
        self._chance = chance
        self._intervals = captures.settings.intervals
        self._stopping = Stopping()
        self._changed = threading.Condition(threading.RLock())  # guards all below
        self._line = Line(captures.settings.workers)
        self._running: dict[str, Window] = {}
        self._approved: set[str] = set()
        self._pauses: dict[str, tuple[datetime, int]] = {}  # until when, after how many faults
        self._beat = captures.clock.now()
        self._chores: list[Chore] = []
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(2)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    # --- seen from outside

    def start(self) -> None:
        """Start the timers; what is due already starts at once."""
        self._each(BEAT, self._tick, "beat")
        self._each(LOOK, self.look, "accounts")
        self._scheduler.start()
        self.look()

    def every(self, interval: timedelta, work: Callable[[], None], name: str) -> None:
        """Do some work again and again, the first time now."""
        chore = Chore(name, work, self._captures.secrets)
        self._chores.append(chore)
        self._each(interval, chore, name, first=self._captures.clock.now())

    @property
    def running(self) -> Mapping[str, Window]:
        """Which accounts are captured right now."""
        with self._changed:
            return dict(self._running)

    @property
    def approved(self) -> int:
        """How many accounts are captured when they are due."""
        with self._changed:
            return len(self._approved)

    def heart_rests(self) -> timedelta:
        """How long ago the timers last worked."""
        return self._captures.clock.now() - self._beat

    def stop(self, *, grace: float = GRACE, rest: float = REST) -> tuple[str, ...]:
        """End all captures; returns the accounts whose capture had to be abandoned.

        Runs may end their page for `grace` seconds; then they are cut off and get `rest`
        seconds to commit what they have. An abandoned run is taken up at the next start.
        """
        self._stopping.ask()
        with self._changed:
            self._line.clear()
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if not self._idle(grace):
            self._stopping.cut_off()
            self._idle(rest)
        for chore in self._chores:
            chore.end(0.5)
        return tuple(sorted(self.running))

    def look(self) -> None:
        """Compare with the registry: take up what is newly approved, drop what is not any more."""
        try:
            approved = self._read_approved()
        except StoreError as error:
            log.error("%s", error, extra={"action": "accounts not read"})  # noqa: TRY400
            return
        with self._changed:
            dropped, self._approved = self._approved - approved, approved
            idle = [s for s in sorted(approved) if not self._has_a_turn(s)]
        for slug in dropped:
            self._drop(slug)
        for slug in idle:
            self._plan(slug)

    # --- planning

    def _each(
        self,
        interval: timedelta,
        work: Callable[[], None],
        name: str,
        first: datetime | None = None,
    ) -> None:
        seconds = interval.total_seconds()
        start = {} if first is None else {"next_run_time": first}
        self._scheduler.add_job(work, "interval", seconds=seconds, id=f"every {name}", **start)

    def _tick(self) -> None:
        self._beat = self._captures.clock.now()

    def _read_approved(self) -> set[str]:
        now = self._captures.clock.now()
        with self._captures.database.read() as connection:
            entries = registry.all_accounts(connection)
        return {
            entry.slug
            for entry in entries
            if entry.state == "approved"
            and (entry.approval_ends is None or entry.approval_ends > now)
        }

    def _has_a_turn(self, slug: str) -> bool:
        return self._waits_or_runs(slug) or self._scheduler.get_job(_timer(slug)) is not None

    def _drop(self, slug: str) -> None:
        log.info("no longer captured", extra={"action": "account dropped", "account": slug})
        with self._changed:
            self._line.leave(slug)
            self._pauses.pop(slug, None)
        try:
            self._scheduler.remove_job(_timer(slug))
        except JobLookupError:  # it runs, waits in the line, or its timer has just gone off
            return

    def _plan(self, slug: str, *, jittered: bool = True) -> None:
        """Set the timer for the account's next turn, or let it join the line."""
        if self._stopping.asked:
            return
        try:
            due = self._dues(slug)[0]
        except Exception as error:  # one account's fault never ends the others; `look` comes back
            self._captures.secrets.scrub_error(error)
            about = {"action": "not planned", "account": slug}
            log.exception("the next capture could not be planned", extra=about)
            return
        now = self._captures.clock.now()
        late = schedule.jitter(slug, due.interval, self._chance()) if jittered else timedelta(0)
        with self._changed:
            until = self._pauses.get(slug, (now, 0))[0]
        at = max(due.at + late, until)
        if at <= now:
            self._join(slug, due.window)
            return
        self._scheduler.add_job(
            self._timer_rang, "date", run_date=at, args=[slug], id=_timer(slug),
            replace_existing=True,
        )  # fmt: skip

    def _timer_rang(self, slug: str) -> None:
        """What is due now is looked up anew: it may have been captured by hand meanwhile."""
        with self._changed:
            wanted = slug in self._approved and not self._waits_or_runs(slug)
        if wanted:
            self._plan(slug, jittered=False)

    def _waits_or_runs(self, slug: str) -> bool:
        return slug in self._line or slug in self._running

    def _dues(self, slug: str) -> tuple[Due, datetime]:
        """The account's next turn, and when NEW is due."""
        now = self._captures.clock.now()
        with self._captures.database.read() as connection:
            entry = registry.find(connection, slug)
            if entry is None:
                raise StoreError(f"the account {slug} has vanished from the registry")
            state = health.state(connection, entry.id)
            past = schedule.past_of(
                browse.walks_of(connection, entry.id),
                watch.steps_since(connection, entry.id, since=now - schedule.LOOK_BACK),
            )
        dues = schedule.all_due(state, past, self._intervals, now)
        return schedule.next_due(state, past, self._intervals, now), dues[Window.NEW].at

    def _join(self, slug: str, window: Window) -> None:
        with self._changed:
            if slug not in self._running:
                self._line.join(Turn(slug=slug, window=window, since=self._captures.clock.now()))
        self._pump()

    def _pump(self) -> None:
        """Start as many turns as there are free workers for them."""
        while True:
            with self._changed:
                if self._stopping.asked:
                    return
                turn = self._line.take(self._running, self._captures.clock.now())
                if turn is None:
                    return
                self._running[turn.slug] = turn.window
            name = f"capture {turn.slug}"
            threading.Thread(target=self._work, args=(turn,), name=name, daemon=True).start()

    # --- working: in a thread of the account

    def _work(self, turn: Turn) -> None:
        try:
            self._capture(turn)
        except BusyError:
            self._pause(turn.slug, BUSY_PAUSE, faults=0)
        except (RefusedError, NotFoundError) as error:
            log.info("%s", error, extra={"action": "not captured", "account": turn.slug})
        except Exception as error:  # noqa: BLE001 - one account's fault never ends the others
            self._broke(turn, error)
        finally:
            with self._changed:
                del self._running[turn.slug]
                self._changed.notify_all()
                goes_on = turn.slug in self._approved
            if goes_on:
                self._plan(turn.slug)
            self._pump()

    def _capture(self, turn: Turn) -> None:
        self._tell(Started(turn.slug, turn.window))
        outcome = self._captures.capture(
            turn.slug,
            turn.window,
            stop=self._gives_way(turn),
            tell=self._tell,
            watch=self._stopping.watching,
        )
        with self._changed:
            self._pauses.pop(turn.slug, None)
        _log_outcome(turn, outcome)
        self._tell(Ended(turn.slug, turn.window, outcome))

    def _gives_way(self, turn: Turn) -> Callable[[], bool]:
        """What the walk asks after every page: shall it end here?"""
        now = self._captures.clock.now
        began = now()
        new_due = self._dues(turn.slug)[1] if turn.window is Window.FULL else began
        least = min(LEAST_SLICE, self._intervals.new)

        def stop() -> bool:
            if self._stopping.asked or turn.slug not in self._approved:
                return True
            lasted = now() - began
            if turn.window is not Window.FULL or lasted < least:
                return False
            return self._is_wanted(lasted, new_due)

        return stop

    def _is_wanted(self, lasted: timedelta, new_due: datetime) -> bool:
        """Has a FULL walk had enough, is NEW of its account due, or does another one wait?"""
        if lasted >= SLICE or new_due <= self._captures.clock.now():
            return True
        with self._changed:
            return self._line.presses(self._running)

    def _broke(self, turn: Turn, error: Exception) -> None:
        """A fault of our own: keep it as the account's, and wait longer each time."""
        secrets, clock = self._captures.secrets, self._captures.clock
        secrets.scrub_error(error)
        known = isinstance(error, ArchiverError)
        text = secrets.scrub_text(str(error) if known else f"{type(error).__name__}: {error}")
        log.error(
            "the capture broke off: %s",
            text,
            exc_info=None if known else error,
            extra={"action": "capture broke", "account": turn.slug, "window": turn.window.value},
        )
        with self._changed:
            faults = self._pauses.get(turn.slug, (clock.now(), 0))[1] + 1
        self._pause(turn.slug, schedule.backoff(faults, self._intervals), faults=faults)
        self._keep(turn.slug, code="archive fault" if known else "internal error", text=text)
        self._tell(Broke(turn.slug, turn.window, text))

    def _keep(self, slug: str, *, code: str, text: str) -> None:
        now = self._captures.clock.now()
        try:
            with self._captures.database.write() as connection:
                entry = registry.find(connection, slug)
                if entry is not None:
                    health.failed(connection, entry.id, at=now, code=code, text=text)
        except StoreError as error:
            log.error(  # noqa: TRY400 - the fault itself is in the log already
                "the fault could not be kept: %s",
                error,
                extra={"action": "fault not kept", "account": slug},
            )

    def _pause(self, slug: str, length: timedelta, *, faults: int) -> None:
        with self._changed:
            self._pauses[slug] = (self._captures.clock.now() + length, faults)

    def _idle(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: not self._running, timeout=seconds)


def _timer(slug: str) -> str:
    return f"capture {slug}"


def _log_outcome(turn: Turn, outcome: Outcome) -> None:
    about: dict[str, object] = {
        "action": "captured",
        "account": turn.slug,
        "window": turn.window.value,
        "items": outcome.items,
        "new_records": outcome.new_records,
        "new_versions": outcome.new_versions,
        "new_findings": outcome.new_findings,
        "finished": outcome.finished,
    }
    if outcome.error is None:
        news = outcome.new_versions + outcome.new_findings
        log.info("captured: %s", f"{news} new" if news else "nothing new", extra=about)
        return
    about |= {"action": "capture failed", "code": outcome.error.code}
    level = logging.INFO if outcome.error.code == watch.STOPPED else logging.WARNING
    log.log(level, "the capture failed: %s", outcome.error_text, extra=about)
