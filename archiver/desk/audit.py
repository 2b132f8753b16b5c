"""Holds our records against the platform's own listing and counts, per account and day.

An audit walks everything that the platform lists once more (and captures what was missed),
then compares day by day, in agency-local days of publication: what we had before, what the
platform listed, what was captured only now, and what we hold that it no longer lists. The
platform's own totals stand beside ours, with what is known about their exactness.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from archiver.capture.run import Captures
from archiver.capture.walk import Outcome, Progress
from archiver.errors import CaptureError
from archiver.model.database import Database
from archiver.model.queries import audits
from archiver.model.queries.audits import Holding
from archiver.model.queries.known import walk
from connectors.base import Counts, Kind, Window
from connectors.errors import ConnectorError


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One agency-local day. `day` None: the platform gives no date."""

    day: date | None
    held_before: int
    listed: int
    captured_now: int
    not_listed: int  # held as present, but not listed by this walk
    vanished: int  # with a finding
    ids_captured_now: Sequence[str] = ()
    ids_not_listed: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """A kind's totals; `platform` None when it does not tell."""

    kind: str
    ours: int
    platform: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """The outcome for one account."""

    account: str
    at: datetime
    days: Sequence[Day]
    totals: Sequence[Total]
    exact: bool
    note: str
    notes: Sequence[str]

    @property
    def complete(self) -> bool:
        """Did we hold everything the platform listed before the audit began?"""
        return all(day.captured_now == 0 for day in self.days)


def audit(
    captures: Captures, slug: str, *, tell: Callable[[Progress], None] | None = None
) -> AuditReport:
    """Audit one account.

    Raises: CaptureError when the listing could not be walked to its end.
    """
    entry = captures.approved(slug)
    outcome = _walk(captures, slug, tell)
    with captures.database.read() as connection:
        stored = walk(connection, entry.id, Window.FULL)
        assert stored is not None
        held = audits.holdings(connection, entry.id)
    counts, note = _counts(captures, slug)
    report = AuditReport(
        account=slug,
        at=captures.clock.now(),
        days=_days(held, stored.began, captures.agency.zone),
        totals=_totals(held, counts),
        exact=counts.exact if counts else False,
        note=note,
        notes=[f"{outcome.new_versions} versions were captured by the audit itself"]
        if outcome.new_versions
        else [],
    )
    _keep(captures.database, entry.id, report)
    return report


def _walk(captures: Captures, slug: str, tell: Callable[[Progress], None] | None) -> Outcome:
    """A whole new walk; one that was cut off before is finished first."""
    for _ in range(2):
        with captures.database.read() as connection:
            stored = walk(connection, captures.approved(slug).id, Window.FULL)
        going_on = stored is not None and stored.open
        outcome = (
            captures.capture(slug, Window.FULL, tell=tell)
            if tell
            else captures.capture(slug, Window.FULL)
        )
        if not outcome.finished:
            raise CaptureError(f"the audit of {slug} could not be finished: {outcome.error_text}")
        if not going_on:
            break
    return outcome


def _counts(captures: Captures, slug: str) -> tuple[Counts | None, str]:
    try:
        counts = captures.count(slug)
    except ConnectorError as error:
        return None, f"the platform's own totals could not be read: {error}"
    if counts is None:
        return None, "the platform does not give totals"
    return counts, counts.note


def _days(held: Sequence[Holding], began: datetime, zone: ZoneInfo) -> list[Day]:
    by_day: dict[date | None, list[Holding]] = defaultdict(list)
    for each in held:
        day = each.published_at.astimezone(zone).date() if each.published_at else None
        by_day[day].append(each)
    return [_day(day, by_day[day], began) for day in sorted(by_day, key=lambda d: d or date.min)]


def _day(day: date | None, held: Sequence[Holding], began: datetime) -> Day:
    fresh = [h for h in held if h.first_seen >= began]
    unlisted = [h for h in held if h.last_seen < began and h.presence == "present"]
    return Day(
        day=day,
        held_before=len(held) - len(fresh),
        listed=sum(h.last_seen >= began for h in held),
        captured_now=len(fresh),
        not_listed=len(unlisted),
        vanished=sum(h.presence != "present" for h in held),
        ids_captured_now=[f"{h.kind} {h.platform_id}" for h in fresh],
        ids_not_listed=[f"{h.kind} {h.platform_id}" for h in unlisted],
    )


def _totals(held: Sequence[Holding], counts: Counts | None) -> list[Total]:
    ours = Counter(each.kind for each in held if each.presence == "present")
    theirs: Mapping[Kind, int] = counts.by_kind if counts else {}
    kinds = sorted({*ours, *(kind.value for kind in theirs)})
    return [
        Total(
            kind=kind,
            ours=ours[kind],
            platform=theirs.get(Kind(kind)),
        )
        for kind in kinds
    ]


def _keep(database: Database, account_id: int, report: AuditReport) -> None:
    plain = asdict(report)
    plain["at"] = report.at.isoformat()
    for day in plain["days"]:
        day["day"] = day["day"].isoformat() if day["day"] else None
    with database.write() as connection:
        audits.keep(connection, account_id, at=report.at, report=plain)
