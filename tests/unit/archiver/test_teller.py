"""Who is told of an alarm, when, how often; on a real database with channels that fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from archiver.desk.teller import Stage, Teller, notice_of, owed
from archiver.desk.watch_rules import APPROVAL_ENDS, DEAD
from archiver.model.queries import health, watch
from archiver.model.queries.health import Alarm
from archiver.notify.base import Notice, NotifyError, Severity
from archiver.wiring import Archive
from config.settings import Alarms
from tests.support.archive import make_archive
from tests.support.clock import NOON, FakeClock

EVERY_4H = Alarms()


class Mailbox:
    """A channel in memory that can be out of order."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.notices: list[Notice] = []
        self.works = True

    def send(self, notice: Notice) -> None:
        if not self.works:
            raise NotifyError(f"{self.name} is out of order")
        self.notices.append(notice)

    @property
    def subjects(self) -> list[str]:
        return [each.subject for each in self.notices]


def alarm(
    kind: str = DEAD, *, told: datetime | None = None, escalated: datetime | None = None
) -> Alarm:
    return Alarm(
        id=7,
        account_id=None,
        slug="x-springfieldpd",
        kind=kind,
        text="Something is wrong.",
        at_risk_since=NOON - timedelta(minutes=31),
        opened_at=NOON,
        told_at=told,
        notices=1 if told else 0,
        escalated_at=escalated,
    )


def after(**units: float) -> datetime:
    return NOON + timedelta(**units)


@pytest.mark.parametrize(
    ("told", "now", "stage"),
    [
        (None, after(seconds=0), Stage.OPENED),
        (None, after(hours=5), Stage.REPEATED),
        (after(seconds=0), after(hours=3, minutes=59), None),
        (after(seconds=0), after(hours=4), Stage.REPEATED),
        (after(hours=4), after(hours=7), None),
        (after(hours=7), after(hours=8), Stage.REPEATED),
        (after(hours=20), after(hours=24), Stage.ESCALATED),
    ],
)
def test_an_alarm_is_told_at_once_then_each_period_then_higher_up(
    told: datetime | None, now: datetime, stage: Stage | None
) -> None:
    telling = owed(alarm(told=told), EVERY_4H, now)
    assert (telling.stage if telling else None) == stage


def test_escalation_does_not_wait_for_the_next_repetition() -> None:
    rare = Alarms(repeat_every=timedelta(days=7), escalate_after=timedelta(hours=24))
    telling = owed(alarm(told=NOON), rare, after(hours=24))
    assert telling is not None
    assert telling.stage is Stage.ESCALATED
    done = alarm(told=after(hours=24), escalated=after(hours=24))
    assert owed(done, rare, after(hours=25)) is None


def test_a_reminder_is_repeated_weekly_and_never_escalated() -> None:
    reminder = alarm(APPROVAL_ENDS, told=NOON)
    assert owed(reminder, EVERY_4H, after(days=6)) is None
    telling = owed(reminder, EVERY_4H, after(days=7))
    assert telling is not None
    assert telling.stage is Stage.REPEATED
    assert notice_of(reminder, telling.stage, after(days=7)).severity is Severity.WARNING


def test_a_notice_counts_the_minutes_at_risk() -> None:
    notice = notice_of(alarm(told=NOON), Stage.ESCALATED, after(hours=24))
    assert notice.subject == "Still: dead connection, x-springfieldpd (1471 minutes at risk)"
    assert notice.severity is Severity.ESCALATION
    assert "Something is wrong." in notice.body
    assert "1471 minutes at risk: 2026-11-24 11:29 UTC to 2026-11-25 12:00 UTC." in notice.body
    assert "minutes at risk" not in notice_of(alarm(APPROVAL_ENDS), Stage.OPENED, NOON).subject


class Scene:
    """An archive with a teller and two channels."""

    def __init__(self, archive: Archive, clock: FakeClock) -> None:
        self.archive = archive
        self.clock = clock
        self.mail, self.log = Mailbox("mail"), Mailbox("journal")
        self.told: list[Notice] = []
        self.teller = self.new_teller()

    def new_teller(self) -> Teller:
        return Teller(
            self.archive.database,
            self.clock,
            EVERY_4H,
            (self.mail, self.log),
            tell=self.told.append,
        )

    def open(self, kind: str = "disk") -> None:
        now = self.clock.now()
        with self.archive.database.write() as connection:
            health.open_alarm(
                connection, account_id=None, kind=kind, text="Trouble.", since=now, at=now
            )

    def close(self, kind: str = "disk") -> None:
        with self.archive.database.write() as connection:
            health.close_alarms(connection, account_id=None, kinds=(kind,), at=self.clock.now())

    def alarms(self) -> list[Alarm]:
        with self.archive.database.read() as connection:
            return health.open_alarms(connection)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    clock = FakeClock()
    with make_archive(tmp_path, clock=clock) as archive:
        yield Scene(archive, clock)


def test_each_channel_and_the_listener_are_told_once(scene: Scene) -> None:
    scene.open()
    scene.teller.round()
    scene.clock.advance(minutes=1)
    scene.teller.round()
    assert scene.mail.subjects == scene.log.subjects == ["Disk: the archive"]
    assert [each.subject for each in scene.told] == ["Disk: the archive"]
    assert scene.alarms()[0].notices == 1


def test_a_channel_that_failed_is_tried_again_and_the_other_is_not_told_twice(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.mail.works = False
    scene.open()
    scene.teller.round()
    assert "mail is out of order" in caplog.text
    assert scene.alarms()[0].told_at is None
    scene.clock.advance(minutes=1)
    scene.teller.round()
    assert (len(scene.mail.notices), len(scene.log.notices)) == (0, 1)
    scene.mail.works = True
    scene.clock.advance(minutes=1)
    scene.teller.round()
    assert (len(scene.mail.notices), len(scene.log.notices)) == (1, 1)
    assert scene.alarms()[0].told_at == scene.clock.now()


def test_the_channel_that_works_is_told_each_period_while_the_other_fails(scene: Scene) -> None:
    scene.mail.works = False
    scene.open()
    for _ in range(3):
        scene.teller.round()
        scene.clock.advance(hours=4)
    assert len(scene.log.notices) == 3


def test_what_was_owed_before_a_restart_is_told_after_it(scene: Scene) -> None:
    scene.mail.works = False
    scene.open()
    scene.teller.round()
    scene.mail.works = True
    scene.new_teller().round()
    assert len(scene.mail.notices) == 1


def test_the_end_is_told_once_also_when_the_alarm_was_closed_elsewhere(scene: Scene) -> None:
    scene.open("emptied")
    scene.teller.round()
    scene.clock.advance(minutes=10)
    scene.close("emptied")
    for _ in range(3):
        scene.teller.round()
        scene.clock.advance(minutes=1)
    assert scene.mail.subjects[1:] == ["Over: emptied, the archive (10 minutes at risk)"]
    assert scene.mail.notices[1].severity is Severity.WARNING


def test_the_end_is_told_also_when_the_channel_failed_all_the_time(scene: Scene) -> None:
    scene.mail.works = False
    scene.open()
    scene.teller.round()
    scene.clock.advance(minutes=10)
    scene.close()
    scene.teller.round()
    scene.mail.works = True
    scene.new_teller().round()
    assert scene.mail.subjects == ["Over: disk, the archive"]


def test_what_ended_long_ago_is_no_news(scene: Scene) -> None:
    scene.open()
    scene.close()
    scene.clock.advance(days=8)
    scene.teller.round()
    assert scene.mail.notices == []
    with scene.archive.database.read() as connection:
        assert watch.ended_untold(connection, since=NOON - timedelta(days=1))
