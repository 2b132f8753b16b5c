"""The service as a real process: systemd's protocol, signals, one daemon an archive."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from werkzeug.wrappers import Request, Response

from archiver import daemon
from archiver.demo.simulators.base import Fault, Loopback
from archiver.demo.simulators.feeds import FeedSite
from archiver.desk.verify import verify
from archiver.model.queries import browse, health
from archiver.wiring import Archive, opened
from config.load import Settings
from connectors.base import Window
from tests.support.archive import approved, make_archive, make_settings

WITHIN = 30.0  # seconds for anything that must come; a stop has its own limit
STOPS_WITHIN = 20.0
QUICK = {"new": "1s", "watch": "1s", "recent": "1h", "full": "7d"}


@dataclass
class Service:
    """A daemon process and what it tells systemd."""

    process: subprocess.Popen[str]
    socket: socket.socket

    def heard(self, state: str) -> None:
        """Wait until systemd would have heard this state."""
        while state not in self.socket.recv(4096).decode().splitlines():
            continue

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, list[dict[str, object]]]:
        """Stop it as systemd does; its exit code and its log."""
        self.process.send_signal(how)
        _, log = self.process.communicate(timeout=STOPS_WITHIN)
        return self.process.returncode, [json.loads(line) for line in log.splitlines()]


def command(settings: Settings) -> list[str]:
    return [sys.executable, "-m", "archiver", "--home", str(settings.home), "run"]


@contextmanager
def service(settings: Settings, tmp_path: Path, **environment: str) -> Iterator[Service]:
    """A running daemon under a make-believe systemd; killed at the end if it still runs."""
    address = tmp_path / "notify.socket"
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(address))
        listening.settimeout(WITHIN)
        with subprocess.Popen(
            command(settings),
            env={**os.environ, "NOTIFY_SOCKET": str(address), **environment},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield Service(process, listening)
            finally:
                process.kill()


class Signalling(FeedSite):
    """A feed that lets one wait for a request."""

    def __init__(self) -> None:
        super().__init__(window=2, paging="next")
        self.asked: list[str] = []  # page numbers of the feed document, in order
        self._came = threading.Condition()

    def respond(self, request: Request) -> Response:
        if request.path == "/feed.json":
            with self._came:
                self.asked.append(request.args.get("paged", "1"))
                self._came.notify_all()
        return super().respond(request)

    def wait_for(self, page: str) -> None:
        """Wait until the feed was asked for this page."""
        with self._came:
            assert self._came.wait_for(lambda: page in self.asked, WITHIN), f"no page {page} asked"


@dataclass
class Town:
    """An archive that is not open here, with one approved feed of six posts."""

    settings: Settings
    site: Signalling
    slug: str


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    site = Signalling()
    with Loopback() as loopback:
        address = f"{loopback.serve(site)}/feed.json"
        site.seed(6)
        with make_archive(tmp_path, intervals=QUICK) as archive:
            slug = approved(archive, "feed", address, options={"comments": "no"}).slug
        yield Town(archive.settings, site, slug)


def records(archive: Archive) -> int:
    with archive.database.read() as connection:
        return browse.holdings_of(connection, 1).records


def test_systemd_hears_that_it_is_ready_that_it_lives_and_that_it_stops(
    town: Town, tmp_path: Path
) -> None:
    with service(town.settings, tmp_path, WATCHDOG_USEC="1000000") as served:
        served.heard("READY=1")
        for _ in range(3):
            served.heard("WATCHDOG=1")
        code, log = served.end()
        served.heard("STOPPING=1")
    assert code == 0
    started = next(line for line in log if line.get("action") == "started")
    assert started["accounts"] == 1
    assert started["home"] == str(town.settings.home)
    assert started["version"]
    assert log[-1]["action"] == "stopped"


def test_it_captures_what_is_approved_and_interrupts_end_it_cleanly(
    town: Town, tmp_path: Path
) -> None:
    with service(town.settings, tmp_path) as served:
        served.heard("READY=1")
        town.site.wait_for("3")
        code, log = served.end(signal.SIGINT)
    assert code == 0
    assert any(line.get("action") == "captured" for line in log)


def test_a_hangup_changes_nothing(town: Town, tmp_path: Path) -> None:
    with service(town.settings, tmp_path, WATCHDOG_USEC="1000000") as served:
        served.heard("READY=1")
        served.process.send_signal(signal.SIGHUP)
        for _ in range(2):
            served.heard("WATCHDOG=1")
        assert served.end()[0] == 0


def test_a_stop_in_the_middle_of_a_hanging_answer_loses_nothing(town: Town, tmp_path: Path) -> None:
    pages = Fault(delay=120)
    town.site.plan("/feed.json", pages, skip=2)  # NEW has its page, FULL its first one
    with service(town.settings, tmp_path) as served:
        served.heard("READY=1")
        town.site.wait_for("2")
        code, log = served.end()
    assert code == 0
    assert not any(line.get("action") == "capture abandoned" for line in log)
    assert not any(line["level"] == "error" for line in log)

    with opened(town.settings) as archive:
        assert verify(archive.database, archive.vault).problems == []
        assert not list(archive.settings.spool_path.iterdir())
        with archive.database.read() as connection:
            assert health.open_alarms(connection) == []
            walks = {w.window: w.open for w in browse.walks_of(connection, 1)}
        assert walks["full"] is True
        before = records(archive)
        outcome = archive.captures.capture(town.slug, Window.FULL)
        assert outcome.finished
        assert records(archive) - before == outcome.new_records > 0
        assert verify(archive.database, archive.vault).problems == []
        assert town.site.asked[-2:] == ["2", "3"]  # it went on where it was cut off


def test_a_second_daemon_is_refused_and_told_which_process_works(
    town: Town, tmp_path: Path
) -> None:
    with service(town.settings, tmp_path) as served:
        served.heard("READY=1")
        second = subprocess.run(
            command(town.settings), capture_output=True, text=True, timeout=WITHIN, check=False
        )
        assert second.returncode == 6
        assert f"process {served.process.pid}" in second.stderr.replace("\n", " ")
        assert served.process.poll() is None


def test_a_killed_daemon_leaves_no_lock_behind(town: Town, tmp_path: Path) -> None:
    with service(town.settings, tmp_path) as served:
        served.heard("READY=1")
        served.process.kill()
        served.process.wait(WITHIN)
    with service(town.settings, tmp_path) as served:
        served.heard("READY=1")
        assert served.end()[0] == 0


def test_without_an_archive_it_says_so_and_does_not_start(tmp_path: Path) -> None:
    done = subprocess.run(
        command(make_settings(tmp_path)),
        capture_output=True,
        text=True,
        timeout=WITHIN,
        check=False,
    )
    assert done.returncode == 4
    assert "archiver init" in done.stderr.replace("\n", " ")


def stopped() -> threading.Event:
    """A daemon that gets this only starts and stops."""
    event = threading.Event()
    event.set()
    return event


def alarms(archive: Archive) -> list[str]:
    with archive.database.read() as connection:
        return [alarm.kind for alarm in health.open_alarms(connection)]


def test_a_file_that_cannot_be_put_right_is_an_alarm_until_it_is(tmp_path: Path) -> None:
    with make_archive(tmp_path) as archive:
        folder = archive.settings.vault_path / "2026/11/24"
        folder.mkdir(parents=True)
        broken = folder / "20261124T120000Z-nobody-0000.warc.gz"
        broken.write_bytes(b"not a WARC file")
        assert daemon.run(archive, stop_event=stopped()) == 0
        assert "unreadable file" in alarms(archive)
        broken.unlink()
        assert daemon.run(archive, stop_event=stopped()) == 0
        assert "unreadable file" not in alarms(archive)


def test_in_another_thread_it_runs_without_signals_and_can_be_started_again(
    tmp_path: Path,
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with make_archive(tmp_path) as archive:
        codes: list[int] = []
        for _ in range(2):
            stop = stopped()
            thread = threading.Thread(
                target=lambda stop=stop: codes.append(daemon.run(archive, stop_event=stop))
            )
            thread.start()
            thread.join(WITHIN)
        assert codes == [0, 0]
    assert signal.getsignal(signal.SIGTERM) is before
