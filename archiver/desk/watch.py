"""Looks after everything each minute: opens and closes alarms and gaps, and has them told.

What should be open is decided in `watch_rules`; this reads the facts, compares, and writes
only what changes. Alarms that others open (an account that was emptied) are told as well.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from archiver.clock import Clock
from archiver.desk import hold_reviews
from archiver.desk.teller import Teller
from archiver.desk.watch_rules import (
    ACCOUNT_ALARMS,
    ACCOUNT_GAPS,
    DISK,
    NOT_RUNNING,
    OUTAGE,
    Sight,
    Terms,
    Trouble,
    Wanted,
    disk_trouble,
    not_running,
    wanted,
)
from archiver.model.database import Connection, Database
from archiver.model.queries import health, registry, watch
from archiver.model.queries.watch import OpenGap

log = logging.getLogger(__name__)

Free = Mapping[Path, tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Watch:
    """The watch over an archive. `places` are the folders that must not fill up."""

    database: Database
    clock: Clock
    terms: Terms
    places: Sequence[Path]
    teller: Teller

    def round(self) -> None:
        """Look once at everything, and tell.

        Raises: StoreError when the database cannot be used.
        """
        now = self.clock.now()
        facts = self._look()
        found = [wanted(sight, self.terms, now) for sight in facts.sights]
        archive = {
            NOT_RUNNING: not_running(facts.sights, found, self.terms, now),
            DISK: disk_trouble(_free(self.places), now),
        }
        with self.database.write() as connection:
            for kind, trouble in archive.items():
                _alarm(connection, None, kind, trouble, is_open=kind in facts.archive, at=now)
            for sight, each in zip(facts.sights, found, strict=True):
                _settle(connection, sight, each, facts.gaps, now)
            hold_reviews.settle(connection, now=now, zone=self.terms.zone)
        self.teller.round()

    def _look(self) -> _Facts:
        with self.database.read() as connection:
            opened = health.open_alarms(connection)
            gaps = watch.open_gaps(connection)
            expiries = watch.credential_expiries(connection)
            sights = [
                Sight(
                    entry=entry,
                    state=health.state(connection, entry.id),
                    credential_expires=expiries.get(entry.id),
                    alarms=frozenset(a.kind for a in opened if a.account_id == entry.id),
                    gaps=frozenset(g.kind for g in gaps if g.account_id == entry.id),
                )
                for entry in registry.all_accounts(connection)
            ]
        archive = frozenset(a.kind for a in opened if a.account_id is None)
        return _Facts(sights=sights, gaps=gaps, archive=archive)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    sights: Sequence[Sight]
    gaps: Sequence[OpenGap]
    archive: frozenset[str] = field(default_factory=frozenset)  # kinds open for the whole archive


def _settle(
    connection: Connection, sight: Sight, due: Wanted, gaps: Sequence[OpenGap], now: datetime
) -> None:
    """Make the account's open alarms and gaps those that are wanted."""
    account_id = sight.entry.id
    for kind in sorted(ACCOUNT_ALARMS):
        is_open = kind in sight.alarms
        _alarm(connection, account_id, kind, due.alarms.get(kind), is_open=is_open, at=now)
    for kind, trouble in due.gaps.items():
        health.open_gap(
            connection, account_id=account_id, kind=kind, began=trouble.since, reason=trouble.text
        )
    for gap in gaps:
        if gap.account_id == account_id and gap.kind in ACCOUNT_GAPS - due.gaps.keys():
            ended = _end(connection, sight, gap, now)
            if ended is not None:
                health.close_gaps(connection, account_id=account_id, kinds=(gap.kind,), ended=ended)
                log.warning(
                    "the gap is over",
                    extra={"action": "gap ended", "account": sight.entry.slug, "kind": gap.kind},
                )


def _end(connection: Connection, sight: Sight, gap: OpenGap, now: datetime) -> datetime | None:
    """When a gap that is not wanted any more ended; None while nothing was captured since."""
    entry = sight.entry
    if entry.state == "approved":
        after = max(gap.began, entry.approved_at) if entry.approved_at else gap.began
        return watch.first_success(connection, entry.id, after=after)
    return now if gap.kind in (OUTAGE, NOT_RUNNING) else None


def _alarm(
    connection: Connection,
    account_id: int | None,
    kind: str,
    trouble: Trouble | None,
    *,
    is_open: bool,
    at: datetime,
) -> None:
    if trouble is not None:
        health.open_alarm(
            connection,
            account_id=account_id,
            kind=kind,
            text=trouble.text,
            since=trouble.since,
            at=at,
        )
    elif is_open:
        health.close_alarms(connection, account_id=account_id, kinds=(kind,), at=at)


def _free(places: Sequence[Path]) -> Free:
    """Free and all bytes of each place; places on one disk are told once."""
    found: dict[int, tuple[Path, tuple[int, int]]] = {}
    for place in places:
        usage = shutil.disk_usage(place)
        found.setdefault(place.stat().st_dev, (place, (usage.free, usage.total)))
    return dict(found.values())
