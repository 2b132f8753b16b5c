"""Every setting, its default and its unit. How they are found and read: `config.load`."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZES = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def _duration(value: object) -> object:
    """ "90s", "15m", "1h 30m", "7d", "2w" to a timedelta; other forms are left to pydantic."""
    if not isinstance(value, str):
        return value
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhdw])", value.strip().lower())
    if not parts or re.sub(r"(\d+(?:\.\d+)?)\s*([smhdw])\s*", "", value.strip().lower()):
        raise ValueError('write a duration as "90s", "15m", "1h 30m", "7d" or "2w"')
    return timedelta(seconds=sum(float(n) * _UNITS[u] for n, u in parts))


def _size(value: object) -> object:
    """ "500 MB", "2GiB" to bytes; numbers are bytes."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]?i?b?)", value.strip().lower())
    if match is None or match[2] not in _SIZES:
        raise ValueError('write a size as "500 MB", "2 GiB" or a number of bytes')
    return int(float(match[1]) * _SIZES[match[2]])


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Size = Annotated[int, BeforeValidator(_size), Field(gt=0)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Agency(_Section):
    """Who keeps the records."""

    name: str = "Unnamed agency"
    timezone: str = "UTC"
    """IANA name; days in reports and retention are counted here."""
    approvers: tuple[str, ...] = ()
    """Names of those who may approve accounts. Nobody else can."""
    approval_lasts: Duration = timedelta(days=365)
    """An approval ends after this, for the annual review."""

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError(
                f'"{value}" is not an IANA time zone such as "America/Chicago"'
            ) from error
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The agency's time zone."""
        return ZoneInfo(self.timezone)


class Database(_Section):
    """Where the working copy is kept."""

    url: str = ""
    """SQLAlchemy address; empty means SQLite in the home folder."""


class VaultSettings(_Section):
    """Where the sealed WARC files are kept."""

    kind: Literal["local"] = "local"
    path: Path | None = None
    """Folder; empty means `vault` in the home folder."""


class Intervals(_Section):
    """How often each window of an account is walked."""

    new: Duration = timedelta(minutes=15)
    recent: Duration = timedelta(hours=1)
    full: Duration = timedelta(days=7)
    watch: Duration = timedelta(minutes=2)
    """Instead of `new`, while the newest post is younger than `watch_for`."""
    watch_for: Duration = timedelta(hours=2)
    recent_reaches_back: Duration = timedelta(days=14)

    @model_validator(mode="after")
    def _positive(self) -> Intervals:
        for name in type(self).model_fields:
            if getattr(self, name) < timedelta(seconds=1):
                raise ValueError(f"{name} must be at least one second")
        return self


class Capture(_Section):
    """How accounts are captured."""

    intervals: Intervals = Intervals()
    workers: int = Field(4, ge=1, le=64)
    """Accounts captured side by side."""
    keep_all: bool = False
    """Store also the exchanges that brought nothing new."""
    step_pages: int = Field(50, ge=1)
    """A walk is committed at the latest after so many pages, ..."""
    step_bytes: Size = 64 * 2**20
    """... or so many bytes of WARC."""
    media: bool = True
    media_max: Size = 2 * 2**30
    """Larger media files are noted as a gap, not fetched."""
    answer_max: Size = 64 * 2**20
    """Larger API answers are cut off and refused."""
    connect_timeout: Duration = timedelta(seconds=10)
    read_timeout: Duration = timedelta(seconds=30)
    exchange_timeout: Duration = timedelta(minutes=5)
    """For one API answer as a whole; media get as long as bytes keep coming."""
    retries: int = Field(3, ge=0, le=10)
    allow_addresses: tuple[str, ...] = ()
    """Hosts or networks that are not public but may be captured ("10.1.2.0/24")."""
    confirm_after: Duration = timedelta(minutes=10)
    """A vanished item is looked up again after this before it is called gone."""

    @field_validator("allow_addresses")
    @classmethod
    def _hosts_or_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for entry in value:
            if "/" in entry:
                ip_network(entry)
        return value


class Mail(_Section):
    """Alarms by mail. The password is the credential `mail-password`."""

    host: str
    port: int = Field(587, ge=1, le=65535)
    sender: str
    recipients: tuple[str, ...] = Field(min_length=1)
    escalate_to: tuple[str, ...] = ()
    user: str = ""
    starttls: bool = True


class Webhook(_Section):
    """Alarms by POST. The signing key is the credential `webhook-secret`."""

    url: str


class Alarms(_Section):
    """How a fault gets to people."""

    repeat_every: Duration = timedelta(hours=4)
    escalate_after: Duration = timedelta(hours=24)
    mail: Mail | None = None
    webhook: Webhook | None = None


class Log(_Section):
    """What the log says."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    form: Literal["auto", "json", "text"] = "auto"
    """auto: text on a terminal, JSON elsewhere."""


class Sections(_Section):
    """All settings."""

    agency: Agency = Agency()
    database: Database = Database()
    vault: VaultSettings = VaultSettings()
    capture: Capture = Capture()
    alarms: Alarms = Alarms()
    log: Log = Log()
