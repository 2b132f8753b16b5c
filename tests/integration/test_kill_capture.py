"""Killed at twenty moments of a backfill, the archive ends as one that was left in peace."""

from __future__ import annotations

import os
import random
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from archiver.demo.simulators.base import Loopback, SimulatedTime, Simulator
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.feeds import FeedSite
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.demo.simulators.x import XSimulator
from tests.support.archive import approved, give_credentials, make_archive
from tests.support.clock import NOON
from tests.support.stage import (
    boards,  # noqa: F401 - a fixture
    stage,  # noqa: F401 - a fixture
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ROOT = Path(__file__).parents[2]
STATES = """
    SELECT a.slug, r.family, r.platform_id, v.version_key, v.digest, m.position, m.sha256
    FROM versions v JOIN records r ON r.id = v.record_id JOIN accounts a ON a.id = r.account_id
    LEFT JOIN version_media m ON m.version_id = v.id"""


# -- kill -9 ----------------------------------------------------------------------------------


class Counting(Simulator):
    """Passes requests on and says when so many more have come."""

    def __init__(self, inner: Simulator) -> None:
        super().__init__()
        self.name = inner.name
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        Counting.left -= 1
        if Counting.left == 0:
            Counting.reached.set()
        return self._inner(environ, start_response)

    left = -1
    reached = threading.Event()


def populate(home: Path, loopback: Loopback) -> None:
    """Four platforms with a past that is the same every time, and an archive of them."""
    time_ = SimulatedTime(NOON)
    site, page = WordPressSimulator(time_), FacebookSimulator(time_)
    x, feed = XSimulator(time_), FeedSite(time_, window=4, paging="next")
    site.seed(14)
    x.seed(110)
    page.page.seed(10)
    feed.seed(12, comments=3)
    for simulator in (site, page, x, feed):
        simulator.url = loopback.serve(Counting(simulator))
    with make_archive(home, step_pages=2) as archive:
        approved(archive, "wordpress", site.url, slug="wp", options={"per_page": "4"})
        user = site.users["records"]
        give_credentials(
            archive, "wp", user=user.login, application_password=user.application_password
        )
        approved(archive, "x", "springfieldpd", slug="spd-x", options={"api": x.url})
        give_credentials(archive, "spd-x", **dict(x.credentials.as_files()))
        options = {"api": page.url, "posts_at_once": "3"}
        approved(archive, "facebook", page.page_id, slug="fb", options=options)
        give_credentials(archive, "fb", page_token=page.token)
        approved(archive, "feed", f"{feed.url}/feed.atom", slug="feed")


def archiver(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """The program, as a person starts it."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ARCHIVER_")}
    return subprocess.Popen(
        [sys.executable, "-m", "archiver", "--home", str(home), *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


BACKFILL = ("capture", "--all", "--window", "full")


def to_its_end(home: Path, *arguments: str) -> str:
    """Run the program; it must succeed."""
    process = archiver(home, *arguments)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    return output


@contextmanager
def forking() -> Iterator[subprocess.Popen[str]]:
    """What runs the program in processes of their own; see `tests.support.forking`."""
    runner = subprocess.Popen(
        [sys.executable, "-m", "tests.support.forking"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    try:
        yield runner
    finally:
        runner.communicate(timeout=60)


def killed_on_the_way(runner: subprocess.Popen[str], home: Path, chance: random.Random) -> bool:
    """Begin a backfill and kill it after some requests and some milliseconds: between two
    requests, while media are hashed, while a file is written, sealed, committed. False when it
    was over before."""
    assert runner.stdin is not None
    assert runner.stdout is not None
    Counting.reached.clear()
    Counting.left = chance.randint(2, 70)
    runner.stdin.write(shlex.join(["--home", str(home), *BACKFILL]) + "\n")
    process = int(runner.stdout.readline())
    over = threading.Event()
    codes: list[int] = []

    def wait() -> None:
        codes.append(int(runner.stdout.readline()))  # type: ignore[union-attr]
        over.set()
        Counting.reached.set()

    waiter = threading.Thread(target=wait)
    waiter.start()
    Counting.reached.wait(60)
    over.wait(chance.random() * 0.03)
    if not over.is_set():
        os.kill(process, signal.SIGKILL)
    waiter.join(60)
    return codes == [-signal.SIGKILL]


def held_in(home: Path) -> list[tuple[object, ...]]:
    """All versions with their media, sorted."""
    with sqlite3.connect(home / "archiver.db") as connection:
        return sorted(connection.execute(STATES).fetchall(), key=repr)


def test_twenty_kills_end_with_the_same_versions_as_an_undisturbed_run(tmp_path: Path) -> None:
    chance = random.Random(20261124)
    with Loopback() as loopback:
        (tmp_path / "killed").mkdir()
        populate(tmp_path / "killed", loopback)
        shutil.copytree(tmp_path / "killed" / "home", tmp_path / "undisturbed")
        killed, undisturbed_ = tmp_path / "killed" / "home", tmp_path / "undisturbed"
        to_its_end(undisturbed_, *BACKFILL)
        with forking() as runner:
            kills = 0
            while kills < 20:
                kills += killed_on_the_way(runner, killed, chance)
        Counting.left = -1
        to_its_end(killed, *BACKFILL)
        to_its_end(killed, "verify")
    assert len(held_in(undisturbed_)) > 150
    assert held_in(killed) == held_in(undisturbed_)
    assert list((killed / "spool").iterdir()) == []
    paths = sorted((killed / "vault").rglob("*.warc.gz"))
    assert paths
    for path in paths:
        assert_readable_by_others(path)


def assert_readable_by_others(path: Path) -> None:
    """warcio finds no wrong digest, and fastwarc none either."""
    with path.open("rb") as handle:
        for record in ArchiveIterator(handle, check_digests="raise"):
            record.content_stream().read()
    with path.open("rb") as handle:
        seen = 0
        for record in FastIterator(handle, parse_http=False):
            assert record.verify_block_digest(), f"{path.name} {record.record_id}"
            seen += 1
    assert seen > 2
