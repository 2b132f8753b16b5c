"""The form in which a request for records is taken in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from archiver.desk.requests import Channel, Intake, RequestKind
from archiver.errors import UsageError
from archiver.web.typed import require_sensible

MINUTE = "%Y-%m-%dT%H:%M"  # as a browser's field for day and time has it


class IntakeForm(BaseModel):
    """What was typed. `received` is agency-local, to the minute; empty: now."""

    requester: str = ""
    organisation: str = ""
    contact: str = ""
    text: str = ""
    kind: str = RequestKind.PUBLIC.value
    channel: str = Channel.MAIL.value
    received: str = ""
    press_deadline: str = ""

    def intake(self, zone: ZoneInfo, now: datetime) -> Intake:
        """The request as the desk takes it. Raises: UsageError."""
        return Intake(
            requester=self.requester,
            text=self.text,
            received_at=self.moment(zone, now),
            kind=self.whose(),
            channel=self._channel(),
            organisation=self.organisation,
            contact=self.contact,
            press_deadline=self.press_deadline,
        )

    def whose(self) -> RequestKind:
        """The kind. Raises: UsageError for another word."""
        try:
            return RequestKind(self.kind)
        except ValueError as error:
            raise UsageError("choose who asks") from error

    def moment(self, zone: ZoneInfo, now: datetime) -> datetime:
        """When it was received, aware UTC. Raises: UsageError."""
        given = self.received.strip()
        if not given:
            return now
        try:
            local = datetime.fromisoformat(given)
        except ValueError as error:
            raise UsageError(
                f'"{given}" is no day and time; write it as 2026-11-24T16:30'
            ) from error
        require_sensible(local.date(), "Received")
        aware = local if local.tzinfo else local.replace(tzinfo=zone)
        return aware.astimezone(UTC)

    def day(self, zone: ZoneInfo, now: datetime) -> date:
        """The agency-local day of receipt. Raises: UsageError."""
        return self.moment(zone, now).astimezone(zone).date()

    def _channel(self) -> Channel:
        try:
            return Channel(self.channel)
        except ValueError as error:
            raise UsageError("choose how it came") from error
