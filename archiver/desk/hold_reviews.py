"""The alarm for holds whose review is due: a forgotten hold keeps records that should go, and
nobody notices that custodians have left. The daemon's watch calls `settle` in its round."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from archiver.model.database import Connection
from archiver.model.queries import health, holds

HOLD_REVIEW = "hold review"


def settle(connection: Connection, *, now: datetime, zone: ZoneInfo) -> None:
    """Open the alarm, refresh it or close it, as the holds of the agency-local day ask."""
    today = now.astimezone(zone).date()
    due = sorted(
        (entry.review_on, entry.name, entry.matter)
        for entry in holds.all_holds(connection)
        if entry.released_on is None and entry.review_on is not None and entry.review_on <= today
    )
    if not due:
        health.close_alarms(connection, account_id=None, kinds=(HOLD_REVIEW,), at=now)
        return
    listed = "; ".join(f"{name} ({matter}) since {day}" for day, name, matter in due)
    health.open_alarm(
        connection,
        account_id=None,
        kind=HOLD_REVIEW,
        text=f"Holds wait for their review: {listed}. Counsel decides whether each is still "
        "needed, then runs: archiver holds review NAME --by WHO --note TEXT, or: archiver holds "
        "release NAME --help",
        since=datetime.combine(due[0][0], time.min, zone).astimezone(UTC),
        at=now,
    )
