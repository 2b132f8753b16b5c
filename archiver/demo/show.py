"""Runs the demo: simulators, archive, the real daemon, and a telling of what happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import datetime
from pathlib import Path

from archiver import wiring
from archiver.demo.agency import World, invite_staff, new_home, register, settings_in
from archiver.demo.script import Expect, scenes
from archiver.demo.simulators.base import Loopback
from archiver.desk.verify import verify
from archiver.errors import CaptureError
from archiver.model.database import Database
from archiver.model.queries import browse, news
from archiver.secrets import Secrets
from archiver.wiring import Archive

Say = Callable[[str, str, str], None]
"""Tells a line: who, what, and a mood ("plain", "news", "finding", "good", "bad")."""

RunDaemon = Callable[[Archive, threading.Event], int]
"""Runs the capture daemon on the archive until the event is set."""

Serve = Callable[[Archive], AbstractContextManager[tuple[str, str]]]
"""Serves web page and open archive inside the block; yields their addresses."""

PATIENCE = 60.0  # seconds until a scene must have reached the archive


def show(
    parent: Path,
    say: Say,
    *,
    run_daemon: RunDaemon,
    once: bool,
    secrets: Secrets,
    posts: int = 40,
    serve: Serve | None = None,
) -> int:
    """Play the script; with `once` end after it, else go on until interrupted. With `serve` the
    staff is invited to the web page, and each one-time code is told.

    Returns 0 when the archive came to hold all that the script asks, and verifies.
    """
    home = new_home(parent)
    settings = settings_in(home)
    wiring.initialise(settings)
    world = World()
    world.seed(posts)
    with (
        Loopback() as loopback,
        wiring.opened(settings, secrets=secrets) as archive,
        ExitStack() as stack,
    ):
        world.serve(loopback)
        register(archive, world)
        if serve is not None:
            _invite(archive, say, *stack.enter_context(serve(archive)))
        say("demo", f"the archive is in {home}; look at it from another terminal:", "plain")
        say("demo", f"  archiver --home {home} status", "plain")
        say("demo", f"  archiver --home {home} records list", "plain")
        stop = threading.Event()
        teller = threading.Thread(
            target=_tell_news, args=(archive.database, say, stop), name="teller", daemon=True
        )
        running = threading.Thread(target=run_daemon, args=(archive, stop), name="daemon")
        teller.start()
        running.start()
        try:
            missed = _play(archive, world, say)
            if not once:
                say("demo", "the script is over; capture goes on. Ctrl-C ends it.", "plain")
                stop.wait()
        except KeyboardInterrupt:
            missed = []
        finally:
            stop.set()
            running.join()
            teller.join()
        return _end(archive, say, missed)


def _invite(archive: Archive, say: Say, address: str, public: str) -> None:
    say("web", f"the open archive for the public is at {public}", "good")
    say("web", f"the web page is at {address}; choose a password with a one-time code at", "good")
    say("web", f"{address}/invitation", "good")
    for invited in invite_staff(archive):
        person = invited.person
        roles = ", ".join(person.roles)
        say("web", f"  {roles:30} {person.name:22} {person.login:10} {invited.code}", "plain")


def _play(archive: Archive, world: World, say: Say) -> list[str]:
    """Play every scene; returns those that the archive did not show in time."""
    _wait(lambda: _backfilled(archive))
    with archive.database.read() as connection:
        records, versions = news.totals(connection)
    say("demo", f"the backfill is done: {records} records in {versions} versions", "good")
    missed = []
    for scene in scenes(world):
        say(scene.where, scene.what, "plain")
        scene.act()
        expect = scene.expect
        if expect is not None and not _shown(archive.database, expect):
            missed.append(scene.what)
            say("demo", f"not seen in the archive within {PATIENCE:.0f} s", "bad")
    return missed


def _shown(database: Database, expect: Expect) -> bool:
    return _wait(lambda: expect.holds(database))


def _backfilled(archive: Archive) -> bool:
    with archive.database.read() as connection:
        return all(
            any(w.window == "full" and w.ended for w in browse.walks_of(connection, entry.id))
            for entry in archive.accounts.all()
        )


def _wait(done: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if done():
            return True
        time.sleep(0.3)
    return False


def _tell_news(database: Database, say: Say, stop: threading.Event) -> None:
    """Say what the archive takes in, run by run, and what it raises alarm about."""
    runs: datetime | None = None
    alarms: datetime | None = None
    while True:
        over = stop.is_set()
        with database.read() as connection:
            for each in news.since(connection, runs):
                runs = each.at
                say("archive", each.text, each.mood)
            for each in news.alarms_since(connection, alarms):
                alarms = max(alarms, each.at) if alarms else each.at
                say("archive", each.text, each.mood)
        if over:
            return
        stop.wait(0.5)


def _end(archive: Archive, say: Say, missed: list[str]) -> int:
    result = verify(archive.database, archive.vault, processes=1)
    for problem in result.problems:
        say("verify", problem, "bad")
    if not result.ok:
        raise CaptureError("the demo's archive does not verify; see above")
    say(
        "verify",
        f"{result.files} WARC files, {result.warc_records} records, {result.versions} versions "
        f"and {result.ledger_lines} ledger lines hold",
        "good",
    )
    return 1 if missed else 0
