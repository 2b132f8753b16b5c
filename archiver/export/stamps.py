"""Times as tables and machines read them: ISO 8601, never without a zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def utc(at: datetime | None) -> str:
    """A moment in UTC, "2025-11-03T16:00:00Z"; empty for none."""
    return "" if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def local(at: datetime | None, zone: ZoneInfo) -> str:
    """The same moment on the agency's clock, "2025-11-03T10:00:00-06:00"; empty for none."""
    return "" if at is None else at.astimezone(zone).isoformat()


def day(at: datetime | None, zone: ZoneInfo) -> str:
    """The agency's day, "2025-11-03"; empty for none."""
    return "" if at is None else at.astimezone(zone).date().isoformat()
