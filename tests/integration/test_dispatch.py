"""Captures by schedule in one process: turns, faults of one account, stopping."""

from __future__ import annotations

import queue
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest

from archiver.capture.schedule import LOOK_BACK
from archiver.capture.walk import Progress
from archiver.demo.simulators.base import Fault, Loopback
from archiver.demo.simulators.feeds import FeedSite
from archiver.dispatch.embedded import Dispatcher
from archiver.dispatch.happenings import Broke, Ended, Happening, Started
from archiver.files import locked
from archiver.model.queries import browse, health, watch
from archiver.model.queries.health import State
from archiver.wiring import Archive
from connectors.base import Window
from tests.support.archive import APPROVER, approved, make_archive, propose

WITHIN = 30.0  # seconds for anything that must come
SECONDS = {"new": "1s", "watch": "1s", "recent": "1h", "full": "7d"}


class Told:
    """What the dispatcher told; one can wait for something."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Happening] = queue.Queue()
        self.all: list[Happening] = []

    def __call__(self, happening: Happening) -> None:
        self._queue.put(happening)

    def until(self, wanted: Callable[[Happening], bool]) -> Happening:
        """Take what comes until the wanted comes."""
        while True:
            self.all.append(self._queue.get(timeout=WITHIN))
            if wanted(self.all[-1]):
                return self.all[-1]

    def ended(self, slug: str, window: Window = Window.NEW) -> Ended:
        """Wait until a capture of the account's window ended."""
        found = self.until(lambda h: isinstance(h, Ended) and (h.slug, h.window) == (slug, window))
        assert isinstance(found, Ended)
        return found


@contextmanager
def dispatching(
    archive: Archive, chance: Callable[[], float] = random.random
) -> Iterator[tuple[Dispatcher, Told]]:
    """A dispatcher at work; at the end nothing of it runs any more."""
    told = Told()
    dispatcher = Dispatcher(archive.captures, tell=told, chance=chance)
    dispatcher.start()
    try:
        yield dispatcher, told
    finally:
        assert dispatcher.stop(grace=2.0, rest=5.0) == ()
        assert dispatcher.running == {}


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as servers:
        yield servers


def feed(archive: Archive, loopback: Loopback, site: FeedSite) -> str:
    """An approved account of the site; its name."""
    address = f"{loopback.serve(site)}/feed.json"
    return approved(archive, "feed", address, options={"comments": "no"}).slug


def state_of(archive: Archive, slug: str) -> State:
    entry = archive.accounts.get(slug)
    with archive.database.read() as connection:
        return health.state(connection, entry.id)


def test_a_new_account_gets_new_then_its_backfill(tmp_path: Path, loopback: Loopback) -> None:
    site = FeedSite()
    site.seed(5)
    with make_archive(tmp_path) as archive:
        slug = feed(archive, loopback, site)
        with dispatching(archive) as (_, told):
            assert told.ended(slug, Window.FULL).outcome.finished
        started = [h.window for h in told.all if isinstance(h, Started)]
        assert started == [Window.NEW, Window.FULL]
        assert any(isinstance(h, Progress) for h in told.all)


def test_what_is_posted_later_is_captured_by_the_next_turn(
    tmp_path: Path, loopback: Loopback
) -> None:
    site = FeedSite()
    with make_archive(tmp_path, intervals=SECONDS) as archive:
        slug = feed(archive, loopback, site)
        with dispatching(archive) as (_, told):
            told.ended(slug)
            site.publish("Road closure", "<p>Main Street is closed.</p>")
            told.until(lambda h: isinstance(h, Ended) and h.outcome.new_records > 0)


def test_an_account_is_taken_up_when_it_is_approved_and_dropped_when_it_is_suspended(
    tmp_path: Path, loopback: Loopback
) -> None:
    with make_archive(tmp_path, intervals=SECONDS) as archive:
        other = feed(archive, loopback, FeedSite())
        slug = propose(archive, "feed", f"{loopback.serve(FeedSite())}/feed.json").slug
        with dispatching(archive) as (dispatcher, told):
            assert dispatcher.approved == 1
            archive.accounts.approve(slug, approver=APPROVER)
            dispatcher.look()
            told.ended(slug, Window.FULL)
            archive.accounts.suspend(slug, actor="Officer Lou", reason="compromised")
            dispatcher.look()
            assert dispatcher.approved == 1
            before = len(told.all)
            for _ in range(3):  # three times as long as it would have waited
                told.ended(other)
        assert not any(isinstance(h, Started) and h.slug == slug for h in told.all[before:])


def test_a_dead_and_a_hanging_account_delay_no_other(tmp_path: Path, loopback: Loopback) -> None:
    dead, hanging, well = FeedSite(), FeedSite(), FeedSite()
    dead.plan("/feed", Fault(status=403), times=100)
    hanging.plan("/feed", Fault(delay=120), times=100)
    with make_archive(tmp_path, intervals=SECONDS, workers=2) as archive:
        names = [feed(archive, loopback, site) for site in (dead, hanging, well)]
        with dispatching(archive) as (dispatcher, told):
            for _ in range(3):
                assert told.ended(names[2]).outcome.error is None
            assert names[1] in dispatcher.running
        assert state_of(archive, names[0]).error_code == "permission lost"
        assert state_of(archive, names[2]).failing_since is None


def test_a_fault_of_our_own_is_kept_as_the_accounts_and_ends_nothing(
    tmp_path: Path, loopback: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    site = FeedSite()
    site.seed(3)
    with make_archive(tmp_path, intervals=SECONDS) as archive:
        slug = feed(archive, loopback, site)
        spool = archive.settings.spool_path
        spool.rmdir()
        spool.write_text("a file where the folder should be", encoding="utf-8")
        with dispatching(archive) as (_, told):
            broke = told.until(lambda h: isinstance(h, Broke))
            assert isinstance(broke, Broke)
            state = state_of(archive, slug)
            assert state.failures == 1
            assert state.error_text == broke.text
            spool.unlink()
            spool.mkdir()
            assert told.ended(slug).outcome.new_records > 0
        assert "the capture broke off" in caplog.text
        assert state_of(archive, slug).failing_since is None


def test_a_capture_by_hand_is_waited_for_and_is_no_failure(
    tmp_path: Path, loopback: Loopback
) -> None:
    with make_archive(tmp_path, intervals=SECONDS) as archive:
        slug = feed(archive, loopback, FeedSite())
        with (
            locked(archive.settings.locks_path / f"account-{slug}.lock", busy="by hand"),
            dispatching(archive) as (_, told),
        ):
            told.until(lambda h: isinstance(h, Started))
        assert not any(isinstance(h, Broke) for h in told.all)
        assert state_of(archive, slug).failures == 0


def test_a_backfill_gives_way_to_new_and_goes_on_from_its_cursor(
    tmp_path: Path, loopback: Loopback
) -> None:
    site = FeedSite(window=1, paging="next")
    site.seed(12)
    with make_archive(tmp_path, intervals=SECONDS, workers=1) as archive:
        feed(archive, loopback, site)
        site.plan("/feed.json", Fault(delay=0.2), times=1000)
        with dispatching(archive, chance=cycle((0.2, 0.7, 0.9)).__next__) as (_, told):
            told.until(
                lambda h: isinstance(h, Ended) and h.window is Window.FULL and h.outcome.finished
            )
        ends = [(h.window, h.outcome.finished) for h in told.all if isinstance(h, Ended)]
        cut = ends.index((Window.FULL, False))
        assert ends[cut + 1] == (Window.NEW, True)
        with archive.database.read() as connection:
            assert browse.holdings_of(connection, 1).records >= 12
        asked = [s.query.get("paged", "1") for s in site.seen if s.path == "/feed.json"]
        after = [page for page in asked[asked.index("2") + 1 :] if page != "1"]
        # In order, and only the page that a slice looked ahead at is asked for again.
        assert list(dict.fromkeys(after)) == sorted(set(after), key=int)
        assert all(after.count(page) <= 2 for page in set(after))


def test_stopping_cuts_off_what_hangs_and_keeps_what_was_read(
    tmp_path: Path, loopback: Loopback
) -> None:
    site = FeedSite(window=2, paging="next")
    site.seed(6)
    with make_archive(tmp_path) as archive:
        slug = feed(archive, loopback, site)
        site.plan("/feed.json", Fault(delay=120), skip=2)
        with dispatching(archive) as (dispatcher, told):
            told.until(lambda h: isinstance(h, Progress) and h.window == Window.FULL)
            assert dispatcher.stop(grace=0.1, rest=10.0) == ()
            assert told.ended(slug, Window.FULL).outcome.error_text
        with archive.database.read() as connection:
            walks = {walk.window: walk.open for walk in browse.walks_of(connection, 1)}
            steps = watch.steps_since(connection, 1, since=archive.clock.now() - LOOK_BACK)
        assert walks == {"new": False, "full": True}
        assert steps["full"].failures == 0  # being stopped is no fault
