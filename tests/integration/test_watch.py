"""The watch over a real archive whose account is captured from a simulated feed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archiver.demo.simulators.base import Fault, Loopback
from archiver.demo.simulators.feeds import FeedSite
from archiver.desk.teller import Teller
from archiver.desk.watch import Watch
from archiver.desk.watch_rules import LEAST_FREE_BYTES, Terms
from archiver.model.queries import health
from archiver.model.queries.health import Gap
from archiver.notify.base import Notice
from archiver.wiring import Archive
from connectors.base import Window
from tests.support.archive import APPROVER, approved, make_archive
from tests.support.clock import NOON, FakeClock


@dataclass
class Town:
    """An archive with one approved feed, and the watch over it."""

    archive: Archive
    clock: FakeClock
    site: FeedSite
    slug: str
    watch: Watch
    told: list[Notice]

    def capture(self) -> datetime:
        """Capture now; the moment at which it ended."""
        self.archive.captures.capture(self.slug, Window.NEW)
        return self.clock.now()

    def break_down(self) -> None:
        """From now on, the site answers nothing but errors."""
        self.site.plan("/feed", Fault(status=403), times=1000)

    def repair(self) -> None:
        self.site._faults.clear()

    def alarms(self) -> dict[str, datetime]:
        """The kinds that are open, and since when records are at risk."""
        with self.archive.database.read() as connection:
            return {a.kind: a.at_risk_since for a in health.open_alarms(connection)}

    def gaps(self) -> list[Gap]:
        with self.archive.database.read() as connection:
            return health.list_gaps(connection)

    def subjects(self) -> list[str]:
        return [each.subject.partition(" (")[0] for each in self.told]


def watch_of(archive: Archive, clock: FakeClock, told: list[Notice]) -> Watch:
    """A watch as the daemon makes it when it starts now."""
    sections = archive.settings.sections
    return Watch(
        database=archive.database,
        clock=clock,
        terms=Terms(
            new=sections.capture.intervals.new,
            zone=sections.agency.zone,
            running_since=clock.now(),
        ),
        places=(archive.settings.home, archive.settings.vault_path),
        teller=Teller(archive.database, clock, sections.alarms, (), tell=told.append),
    )


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    clock, site = FakeClock(), FeedSite()
    told: list[Notice] = []
    with Loopback() as loopback, make_archive(tmp_path, clock=clock) as archive:
        address = f"{loopback.serve(site)}/feed.json"
        site.publish("Road closure", "<p>Main Street is closed.</p>")
        slug = approved(archive, "feed", address).slug
        yield Town(archive, clock, site, slug, watch_of(archive, clock, told), told)


def test_an_outage_is_alarmed_and_ends_with_the_first_success(town: Town) -> None:
    last = town.capture()
    town.clock.advance(minutes=15)
    town.watch.round()
    assert town.alarms() == {}
    town.break_down()
    town.capture()
    town.clock.advance(minutes=16)
    town.watch.round()
    assert town.alarms() == {"dead connection": last}
    assert [(g.kind, g.began, g.ended) for g in town.gaps()] == [("outage", last, None)]
    assert "403" in town.gaps()[0].reason

    town.repair()
    town.site.publish("Storm", "<p>Published while nobody could see it.</p>", at=town.clock.now())
    town.clock.advance(minutes=5)
    success = town.capture()
    town.clock.advance(seconds=30)
    town.capture()
    town.watch.round()
    assert town.alarms() == {}
    assert [(g.kind, g.began, g.ended) for g in town.gaps()] == [("outage", last, success)]
    assert town.gaps()[0].recovered == 1
    name = town.slug
    assert town.subjects() == [f"Dead connection: {name}", f"Over: dead connection, {name}"]


def test_a_time_without_the_program_is_a_gap_of_its_own_kind(town: Town) -> None:
    last = town.capture()
    town.clock.advance(hours=9)
    later = watch_of(town.archive, town.clock, town.told)
    later.round()
    assert [(g.kind, g.began, g.ended) for g in town.gaps()] == [("not running", last, None)]
    assert town.alarms() == {"not running": last}
    town.clock.advance(seconds=20)
    success = town.capture()
    later.round()
    assert [(g.kind, g.ended) for g in town.gaps()] == [("not running", success)]
    assert town.alarms() == {}
    assert town.subjects() == ["Not running: the archive", "Over: not running, the archive"]


def test_an_approval_that_ended_is_a_gap_until_the_account_is_captured_again(town: Town) -> None:
    town.capture()
    approval = town.archive.accounts.get(town.slug).approval_ends
    assert approval is not None
    town.clock.advance(days=366)
    town.watch.round()
    assert "approval ended" in town.alarms()
    town.archive.accounts.approve(town.slug, approver=APPROVER)
    town.watch.round()
    assert "approval ended" not in town.alarms()
    assert [(g.kind, g.began, g.ended) for g in town.gaps()] == [("not approved", approval, None)]
    town.clock.advance(minutes=1)
    success = town.capture()
    town.watch.round()
    assert [(g.kind, g.ended) for g in town.gaps()] == [("not approved", success)]


def test_a_suspension_ends_outages_and_lasts_until_the_next_capture(town: Town) -> None:
    town.capture()
    town.break_down()
    town.clock.advance(minutes=40)
    town.capture()
    town.watch.round()
    suspended = town.clock.advance(minutes=1)
    town.archive.accounts.suspend(town.slug, actor="Officer Lou", reason="account compromised")
    town.watch.round()
    assert town.alarms() == {}
    assert {g.kind: g.ended for g in town.gaps()} == {"outage": suspended, "suspended": None}
    town.clock.advance(days=2)
    town.archive.accounts.approve(town.slug, approver=APPROVER)
    town.watch.round()
    assert {g.kind: g.ended for g in town.gaps()} == {"outage": suspended, "suspended": None}
    town.repair()
    town.clock.advance(minutes=1)
    success = town.capture()
    town.watch.round()
    assert {g.kind: g.ended for g in town.gaps()} == {"outage": suspended, "suspended": success}


def test_a_watch_that_finds_nothing_new_changes_nothing(town: Town) -> None:
    town.capture()
    town.clock.advance(hours=1)
    for _ in range(3):
        town.watch.round()
    assert len(town.gaps()) == 1
    assert town.clock.now() == NOON + timedelta(hours=1)


def test_enough_room_on_the_disk_is_no_alarm(town: Town) -> None:
    usage = shutil.disk_usage(town.archive.settings.home)
    low = usage.free < LEAST_FREE_BYTES or usage.free < usage.total / 20
    town.watch.round()
    assert ("disk" in town.alarms()) is low
