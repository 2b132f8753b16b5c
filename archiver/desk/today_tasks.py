"""What can wait for somebody, how pressing it is, and where requests, alarms, holds and batches
say so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial

from archiver.desk.access import Permission, Viewer
from archiver.desk.hold_standing import standing_of
from archiver.desk.requests import RequestStanding
from archiver.desk.watch_rules import ACCOUNT_ALARMS
from archiver.model.database import Connection
from archiver.model.queries import dispositions, holds
from archiver.model.queries import today as facts

DUE_AHEAD = timedelta(days=7)


class Need(StrEnum):
    """What can be waiting for somebody."""

    REQUEST_LATE = "request late"
    REQUEST_DUE = "request due"
    FAILING = "failing"
    APPROVAL_ENDED = "approval ended"
    APPROVAL_ENDS = "approval ends"
    CREDENTIAL = "credential"
    PROPOSED = "proposed"
    ALARM = "alarm"
    GAPS = "gaps"
    VANISHED = "vanished"
    TO_REVIEW = "to review"
    TO_APPROVE = "to approve"
    TO_EXECUTE = "to execute"
    SECOND_LOOK = "second look"
    UNTOLD = "untold"
    UNCONFIRMED = "unconfirmed"
    HOLD_REVIEW = "hold review"
    HOLD_LAPSED = "hold lapsed"
    CHECKPOINT = "checkpoint"
    UNSTAMPED = "unstamped"


class Weight(StrEnum):
    """How pressing it is."""

    NOW = "now"
    SOON = "soon"
    WAITING = "waiting"


_NOW = {Need.REQUEST_LATE, Need.FAILING, Need.APPROVAL_ENDED, Need.ALARM}
_SOON = {
    Need.REQUEST_DUE, Need.APPROVAL_ENDS, Need.CREDENTIAL, Need.GAPS, Need.VANISHED, Need.UNTOLD,
    Need.HOLD_LAPSED, Need.CHECKPOINT, Need.UNSTAMPED,
}  # fmt: skip
_ORDER = {weight: place for place, weight in enumerate(Weight)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One thing that needs somebody. `subject` is the name of the account, request, hold or batch;
    `day` is agency-local, `at` aware UTC: when it is due, or since when it is so."""

    need: Need
    subject: str = ""
    name: str = ""
    count: int = 0
    day: date | None = None
    at: datetime | None = None
    text: str = ""

    @property
    def weight(self) -> Weight:
        """How pressing it is."""
        if self.need in _NOW:
            return Weight.NOW
        return Weight.SOON if self.need in _SOON else Weight.WAITING


def request_tasks(asked: Iterable[RequestStanding], today: date) -> Iterator[Task]:
    """Open requests that are overdue or due within a week of the agency-local day."""
    for each in asked:
        due = each.next.due if each.next else None
        if due is None or due > today + DUE_AHEAD:
            continue
        need = Need.REQUEST_LATE if due < today else Need.REQUEST_DUE
        yield Task(need=need, subject=each.entry.number, name=each.entry.requester, day=due)


def alarm_tasks(connection: Connection) -> Iterator[Task]:
    """Alarms that no other line tells of: that an account fails, or must be approved, is told."""
    for each in facts.open_alarms(connection):
        if not each.slug or each.kind not in ACCOUNT_ALARMS:
            yield Task(
                need=Need.ALARM, subject=each.slug, name=each.kind, text=each.text, at=each.since
            )


def batch_tasks(connection: Connection, viewer: Viewer) -> Iterator[Task]:
    """Dispositions that wait for the next step, for those who may take it."""
    waiting = {
        "proposed": (Need.TO_REVIEW, Permission.DISPOSITION_APPROVE),
        "reviewed": (Need.TO_APPROVE, Permission.DISPOSITION_APPROVE),
        "approved": (Need.TO_EXECUTE, Permission.DISPOSITION_EXECUTE),
    }
    for batch in dispositions.all_batches(connection):
        need, permission = waiting.get(batch.state, (None, Permission.DISPOSITION_APPROVE))
        if need is not None and viewer.may(permission):
            yield Task(
                need=need, subject=str(batch.id), name=batch.proposed_by, at=batch.proposed_at
            )


def hold_tasks(connection: Connection, viewer: Viewer, today: date) -> Iterator[Task]:
    """Holds whose notices, confirmations, review or release are due."""
    if not viewer.may(Permission.HOLDS):
        return
    for entry in holds.all_holds(connection):
        if entry.released_on is not None:
            continue
        stands = standing_of(entry, holds.events(connection, entry.id), records=0, today=today)
        about = partial(Task, subject=entry.name, name=entry.matter)
        if stands.lapsed:
            yield about(need=Need.HOLD_LAPSED, day=stands.bound_through)
        if stands.untold:
            yield about(need=Need.UNTOLD, count=len(stands.untold))
        if stands.waiting_for:
            first = min(stands.told_at[each] for each in stands.waiting_for)
            yield about(need=Need.UNCONFIRMED, count=len(stands.waiting_for), at=first)
        if stands.review_due:
            yield about(need=Need.HOLD_REVIEW, day=entry.review_on)


def pressing(task: Task) -> tuple[int, str, str]:
    """Pressing things first; among these what is due first."""
    when = task.day.isoformat() if task.day else task.at.isoformat() if task.at else "9"
    return _ORDER[task.weight], when, task.subject
