"""Tells people of alarms: at once, again while they last, higher up when nobody acts, and
when they are over.

A notice counts as told when every channel took it. A channel that fails is tried again at
the next round, the others are not told twice; after a restart they may be. So a notice may
come double, but is never lost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from archiver.clock import Clock
from archiver.desk.checkpoints import TIME_STAMPS
from archiver.desk.hold_reviews import HOLD_REVIEW
from archiver.desk.watch_rules import APPROVAL_ENDS, CREDENTIAL, DISK, UNREADABLE, in_minutes
from archiver.model.database import Database
from archiver.model.queries import health, watch
from archiver.model.queries.health import Alarm
from archiver.notify.base import Fanout, Notice, Notifier, Severity
from config.settings import Alarms

WEEKLY = timedelta(days=7)  # also: what ended longer ago is no news
# Due long ahead: told weekly, to nobody else.
_REMINDERS = frozenset({APPROVAL_ENDS, CREDENTIAL, HOLD_REVIEW})
_NOTHING_MISSED = _REMINDERS | {DISK, UNREADABLE, TIME_STAMPS}

log = logging.getLogger(__name__)


class Stage(StrEnum):
    """Why an alarm is told."""

    OPENED = "opened"
    REPEATED = "repeated"
    ESCALATED = "escalated"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Telling:
    """A notice that is owed: `number` counts the repetitions since the alarm was opened."""

    alarm_id: int
    stage: Stage
    number: int


def owed(alarm: Alarm, settings: Alarms, now: datetime) -> Telling | None:
    """What people are to be told of an open alarm now, or None when they know enough."""
    age = now - alarm.opened_at
    reminder = alarm.kind in _REMINDERS
    every = max(settings.repeat_every, WEEKLY) if reminder else settings.repeat_every
    number = int(age / every)
    late = age >= settings.escalate_after and not reminder
    stage = Stage.ESCALATED if late else Stage.REPEATED if number else Stage.OPENED
    if alarm.told_at is None or (late and alarm.escalated_at is None):
        return Telling(alarm.id, stage, number)
    if alarm.told_at < alarm.opened_at + number * every:
        return Telling(alarm.id, stage, number)
    return None


def notice_of(alarm: Alarm, stage: Stage, now: datetime) -> Notice:
    """The notice in words; the minutes at risk are those until now."""
    where = alarm.slug or "the archive"
    at_risk = f"{in_minutes(alarm.at_risk_since, now)} at risk"
    if alarm.kind in _NOTHING_MISSED:
        at_risk = ""
    lines = [alarm.text]
    if stage is Stage.ENDED:
        subject = f"Over: {alarm.kind}, {where}"
        lines = [f"This is over; it was: {alarm.text}"]
    elif stage is Stage.OPENED:
        subject = f"{alarm.kind.capitalize()}: {where}"
    else:
        subject = f"Still: {alarm.kind}, {where}"
        lines.append(
            f"Notice number {alarm.notices + 1}; the first was at {_utc(alarm.opened_at)}."
        )
    if at_risk:
        subject += f" ({at_risk})"
        lines.append(f"{at_risk.capitalize()}: {_utc(alarm.at_risk_since)} to {_utc(now)}.")
    return Notice(
        severity=_severity(alarm, stage),
        subject=subject,
        body="\n\n".join(lines),
        key=f"alarm-{alarm.id}",
        at=now,
        account=alarm.slug,
    )


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _severity(alarm: Alarm, stage: Stage) -> Severity:
    if stage is Stage.ENDED or alarm.kind in _REMINDERS:
        return Severity.WARNING
    return Severity.ESCALATION if stage is Stage.ESCALATED else Severity.ALARM


def _nobody(notice: Notice) -> None:
    del notice


class Teller:
    """Sends what is owed. `tell` hears of every notice once, besides the channels."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: Alarms,
        channels: Sequence[Notifier],
        *,
        tell: Callable[[Notice], None] = _nobody,
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._tell = tell
        self._taken: dict[Telling, set[str]] = {}
        self._channels = [_Once(channel, self._taken) for channel in channels]
        self._fanout = Fanout(self._channels)

    def round(self) -> None:
        """Tell all that is owed now.

        Raises: StoreError when the database cannot be used.
        """
        now = self._clock.now()
        with self._database.read() as connection:
            open_ones = health.open_alarms(connection)
            ended = watch.ended_untold(connection, since=now - WEEKLY)
        due: list[tuple[Alarm, Telling]] = []
        for alarm in open_ones:
            telling = owed(alarm, self._settings, now)
            if telling is not None:
                due.append((alarm, telling))
        due += [(alarm, Telling(alarm.id, Stage.ENDED, 0)) for alarm in ended]
        self._forget({telling for _, telling in due})
        for alarm, telling in due:
            self._send(alarm, telling, now)

    def _send(self, alarm: Alarm, telling: Telling, now: datetime) -> None:
        notice = notice_of(alarm, telling.stage, now)
        if telling not in self._taken:
            self._taken[telling] = set()
            self._tell(notice)
        for channel in self._channels:
            channel.telling = telling
        delivery = self._fanout.send(notice)
        for name, reason in delivery.failed:
            log.error(
                "a notice could not be sent by %s and is tried again: %s",
                name,
                reason,
                extra={"action": "notice failed", "channel": name, "account": alarm.slug},
            )
        if delivery.failed:
            return
        with self._database.write() as connection:
            health.told(connection, alarm.id, at=now, escalated=telling.stage is Stage.ESCALATED)

    def _forget(self, due: set[Telling]) -> None:
        for telling in [each for each in self._taken if each not in due]:
            del self._taken[telling]


class _Once:
    """A channel that does not get the same telling twice while another one is still owed it."""

    def __init__(self, channel: Notifier, taken: dict[Telling, set[str]]) -> None:
        self.name = channel.name
        self.telling: Telling | None = None
        self._channel = channel
        self._taken = taken

    def send(self, notice: Notice) -> None:
        """Raises: NotifyError."""
        assert self.telling is not None
        if self.name in self._taken[self.telling]:
            return
        self._channel.send(notice)
        self._taken[self.telling].add(self.name)
