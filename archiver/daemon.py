"""The service: captures and watches until it is told to stop.

It puts right what a crash left, starts the timers, tells systemd how it is doing, and stops
within 20 seconds of SIGTERM or SIGINT: runs end their page or are cut off, and what could
not be committed is captured again at the next start. One daemon works on an archive.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import FrameType

from sdnotify import SystemdNotifier  # type: ignore[import-untyped]

from archiver import __version__
from archiver.capture.recover import recover
from archiver.desk.media_texts import MediaTexts
from archiver.desk.teller import Teller
from archiver.desk.watch import Watch
from archiver.desk.watch_rules import UNREADABLE, Terms
from archiver.dispatch.embedded import Dispatcher
from archiver.dispatch.happenings import Tell, silent
from archiver.files import locked
from archiver.model.queries import health
from archiver.notify.base import Notifier
from archiver.wiring import Archive

LOCK = "daemon.lock"
WATCH_EVERY = timedelta(minutes=1)
HEART_MAY_REST = timedelta(seconds=30)
START_MAY_TAKE = timedelta(minutes=30)  # to put right what a crash left in a large vault
_WAKE = 0.5  # seconds: how soon a signal is noticed
_STATUS_EVERY = 10.0  # seconds

SETTLE_EVERY = timedelta(minutes=10)
LOOK_AT_RETENTION_EVERY = timedelta(minutes=10)  # it is evaluated once for each agency day
READ_MEDIA_EVERY = timedelta(hours=1)
MEDIA_AT_ONCE = 1_000  # files that are read in a round

log = logging.getLogger(__name__)


def run(
    archive: Archive,
    *,
    channels: Sequence[Notifier] | None = None,
    tell: Tell = silent,
    stop_event: threading.Event | None = None,
) -> int:
    """Capture and watch until a signal comes or `stop_event` is set; the exit code.

    `channels` are told of alarms, by default those of the settings; `tell` hears of everything that
    happens, from any thread. Signals are heeded when this is called in the main thread.

    Raises: BusyError when another daemon works on the archive, naming its process.
    """
    stop = stop_event or threading.Event()
    with _alone(archive.settings.locks_path / LOCK), _signals() as came:
        systemd = _Systemd()
        systemd.say(f"EXTEND_TIMEOUT_USEC={int(START_MAY_TAKE.total_seconds() * 1e6)}")
        systemd.say("STATUS=putting right what a crash may have left")
        _recover(archive)
        dispatcher = Dispatcher(archive.captures, tell=tell)
        watch = _watch(archive, channels or archive.channels, tell)
        dispatcher.every(_watch_interval(archive), watch.round, "watch")
        dispatcher.every(SETTLE_EVERY, lambda: _settle_removals(archive), "removals")
        dispatcher.every(LOOK_AT_RETENTION_EVERY, lambda: _retention(archive), "retention")
        every = archive.settings.sections.proof.every
        dispatcher.every(every, lambda: _checkpoint(archive), "checkpoints")
        if archive.settings.sections.search.ocr:
            read = partial(_read_media, archive, lambda: bool(came) or stop.is_set())
            dispatcher.every(READ_MEDIA_EVERY, read, "media texts")
        dispatcher.start()
        _log_start(archive, dispatcher)
        systemd.say("READY=1")
        try:
            _attend(dispatcher, systemd, lambda: bool(came) or stop.is_set(), stop)
        finally:
            systemd.say("STOPPING=1\nSTATUS=ending the captures that run")
            _log_stop(dispatcher.stop())
    return 0


def _attend(
    dispatcher: Dispatcher,
    systemd: _Systemd,
    ended: Callable[[], bool],
    stop: threading.Event,
) -> None:
    """Stay until told to end; show systemd that the timers are alive."""
    ping = systemd.ping_every
    since_ping = since_status = float("inf")
    while not ended():
        if ping is not None and since_ping >= ping:
            if dispatcher.heart_rests() < HEART_MAY_REST:
                systemd.say("WATCHDOG=1")
                since_ping = 0.0
            else:
                log.error("the timers have stopped", extra={"action": "heart stopped"})
        if since_status >= _STATUS_EVERY:
            running = len(dispatcher.running)
            systemd.say(f"STATUS={dispatcher.approved} accounts, {running} being captured")
            since_status = 0.0
        stop.wait(_WAKE)
        since_ping += _WAKE
        since_status += _WAKE


def _watch(archive: Archive, channels: Sequence[Notifier], tell: Tell) -> Watch:
    sections = archive.settings.sections
    return Watch(
        database=archive.database,
        clock=archive.clock,
        terms=Terms(
            new=sections.capture.intervals.new,
            zone=sections.agency.zone,
            running_since=archive.clock.now(),
        ),
        places=(archive.settings.home, archive.settings.vault_path),
        teller=Teller(archive.database, archive.clock, sections.alarms, channels, tell=tell),
    )


def _watch_interval(archive: Archive) -> timedelta:
    """Each minute; more often when the intervals themselves are shorter."""
    new = archive.settings.sections.capture.intervals.new
    return max(min(WATCH_EVERY, new), timedelta(seconds=1))


def _settle_removals(archive: Archive) -> None:
    """Ask the platform what became of guarded deletions that were cut off; sends nothing."""
    for settled in archive.deletions.resume():
        log.warning("a removal was settled: %s", settled, extra={"action": "removal settled"})


def _retention(archive: Archive) -> None:
    """Once a day: where every record stands, and who has not confirmed a hold's notice."""
    done = archive.retention.nightly()
    if done is None:
        return
    log.info("retention was evaluated: %s", done, extra={"action": "retention"})
    for problem in archive.holds.notices.remind_due():
        log.error("%s", problem, extra={"action": "reminder failed"})


def _checkpoint(archive: Archive) -> None:
    """A checkpoint of what is new in the ledger, and the time stamps that are still missing."""
    done = archive.checkpoints.round()
    for problem in done.problems:
        log.error("%s", problem, extra={"action": "time stamp failed"})
    if done.made is not None or done.stamps:
        log.info("checkpoint: %s", done, extra={"action": "checkpoint"})


def _read_media(archive: Archive, ended: Callable[[], bool]) -> None:
    """Read text out of pictures and captions that are new, for search."""
    reader = MediaTexts(
        archive.database, archive.vault, archive.clock, locks=archive.settings.locks_path
    )
    languages = archive.settings.sections.search.ocr_languages
    done = reader.read(MEDIA_AT_ONCE, languages, stop=ended)
    if done.read or done.skipped:
        log.info("media were read for search: %s", done, extra={"action": "media texts"})


def _recover(archive: Archive) -> None:
    """Put right what a crash left; what cannot be is an alarm until it is."""
    cut_off = archive.dispositions.resume()  # first: its copies are no orphans
    done = recover(archive.captures)
    now = archive.clock.now()
    for problem in (*cut_off, *done.problems):
        log.error("%s", problem, extra={"action": "recovery problem"})
    with archive.database.write() as connection:
        if done.problems:
            health.open_alarm(
                connection,
                account_id=None,
                kind=UNREADABLE,
                text=f"Files in the vault could not be read: {'; '.join(done.problems)}. "
                "Run: archiver verify",
                since=now,
                at=now,
            )
        else:
            health.close_alarms(connection, account_id=None, kinds=(UNREADABLE,), at=now)


def _log_start(archive: Archive, dispatcher: Dispatcher) -> None:
    settings = archive.settings
    log.info(
        "Archiver %s runs",
        __version__,
        extra={
            "action": "started",
            "version": __version__,
            "home": str(settings.home),
            "vault": str(settings.vault_path),
            "settings": str(settings.source or ""),
            "accounts": dispatcher.approved,
            "workers": settings.sections.capture.workers,
            "pid": os.getpid(),
        },
    )


def _log_stop(abandoned: Sequence[str]) -> None:
    for slug in abandoned:
        log.warning(
            "a capture did not end in time and was abandoned; the next start takes it up",
            extra={"action": "capture abandoned", "account": slug},
        )
    log.info("stopped", extra={"action": "stopped"})


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Be the only daemon of the archive; the lock file names our process."""
    try:
        holder = lock.read_text(encoding="ascii", errors="replace").strip() or "unknown"
    except FileNotFoundError:
        holder = "unknown"
    busy = (
        f"a daemon already works on this archive: process {holder}, by {lock}; stop it first, "
        "or look at it with: archiver status"
    )
    with locked(lock, busy=busy):
        lock.write_text(f"{os.getpid()}\n", encoding="ascii")
        yield


@contextmanager
def _signals() -> Iterator[list[int]]:
    """The list grows by each SIGTERM or SIGINT that comes; SIGHUP changes nothing.

    The handlers set no event: in the thread that waits for it, that could hang.
    """
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        del frame
        came.append(number)

    if threading.current_thread() is not threading.main_thread():
        yield came
        return
    before = {each: signal.signal(each, note) for each in (signal.SIGTERM, signal.SIGINT)}
    before[signal.SIGHUP] = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Systemd:
    """Tells the service manager, where there is one (sd_notify)."""

    def __init__(self) -> None:
        self._notifier = SystemdNotifier() if os.environ.get("NOTIFY_SOCKET") else None

    def say(self, state: str) -> None:
        """Send a state; nobody minds when it does not arrive."""
        if self._notifier is not None:
            self._notifier.notify(state)

    @property
    def ping_every(self) -> float | None:
        """Seconds between two signs of life: half of what the manager waits, or None."""
        wait = os.environ.get("WATCHDOG_USEC", "")
        ours = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        return int(wait) / 2e6 if wait.isdecimal() and ours and int(wait) else None
