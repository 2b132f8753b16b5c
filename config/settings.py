"""Every setting, its default and its unit. How they are found and read: `config.load`."""

from __future__ import annotations

import re
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
    field_validator,
    model_validator,
)

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZES = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def _duration(value: object) -> object:
    """ "90s", "15m", "1h 30m", "7d", "2w" to a timedelta; other forms are left to pydantic."""
    if not isinstance(value, str):
        return value
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhdw])", value.strip().lower())
    if not parts or re.sub(r"(\d+(?:\.\d+)?)\s*([smhdw])\s*", "", value.strip().lower()):
        raise ValueError('write a duration as "90s", "15m", "1h 30m", "7d" or "2w"')
    try:
        return timedelta(seconds=sum(float(n) * _UNITS[u] for n, u in parts))
    except OverflowError as error:
        raise ValueError("this duration is too long") from error


def _written(value: timedelta) -> str:
    """As an operator writes it: "1h 30m"."""
    rest, parts = value.total_seconds(), []
    for unit in ("d", "h", "m"):
        whole, rest = divmod(rest, _UNITS[unit])
        if whole:
            parts.append(f"{whole:.0f}{unit}")
    if rest or not parts:
        parts.append(f"{rest:g}s")
    return " ".join(parts)


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta():
        raise ValueError("this duration must be longer than nothing")
    return value


def _not_negative(value: timedelta) -> timedelta:
    if value < timedelta():
        raise ValueError("this duration must not be negative")
    return value


def _size(value: object) -> object:
    """ "500 MB", "2GiB" to bytes; numbers are bytes."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]?i?b?)", value.strip().lower())
    if match is None or match[2] not in _SIZES:
        raise ValueError('write a size as "500 MB", "2 GiB" or a number of bytes')
    return int(float(match[1]) * _SIZES[match[2]])


_AS_WRITTEN = PlainSerializer(_written, when_used="json")
_TEXT_OR_SECONDS = WithJsonSchema(
    {"type": ["string", "number"], "examples": ["90s", "15m", "1h 30m", "7d", "2w"]}
)
_TEXT_OR_BYTES = WithJsonSchema(
    {"type": ["string", "integer"], "examples": ["500 MB", "2 GiB", 1048576]}
)
Duration = Annotated[
    timedelta, BeforeValidator(_duration), AfterValidator(_positive), _AS_WRITTEN, _TEXT_OR_SECONDS
]
Delay = Annotated[
    timedelta,
    BeforeValidator(_duration),
    AfterValidator(_not_negative),
    _AS_WRITTEN,
    _TEXT_OR_SECONDS,
]
Size = Annotated[int, BeforeValidator(_size), Field(gt=0), _TEXT_OR_BYTES]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Agency(_Section):
    """Who keeps the records."""

    name: str = "Unnamed agency"
    """As it stands in reports and mails."""
    timezone: str = "UTC"
    """IANA name; days in reports and retention are counted here."""
    approvers: tuple[str, ...] = ()
    """Names of those who may approve accounts. Nobody else can."""
    approval_lasts: Duration = timedelta(days=365)
    """An approval ends after this, for the annual review."""
    records_officers: tuple[str, ...] = ()
    """Names of those who may adopt retention schedules and confirm the clock. Nobody else can."""
    hold_release_needs_other: bool = True
    """A hold is released by somebody else than the person who issued it."""

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
    """local: a folder on this machine."""
    path: Path | None = None
    """Folder; empty means `vault` in the home folder."""


class Intervals(_Section):
    """How often each window of an account is walked."""

    new: Duration = timedelta(minutes=15)
    """What appeared since the last walk."""
    recent: Duration = timedelta(hours=1)
    """What is young enough to be edited, commented or removed often."""
    full: Duration = timedelta(days=7)
    """Everything that the platform still lists."""
    watch: Duration = timedelta(minutes=2)
    """Instead of `new`, while the newest post is younger than `watch_for`."""
    watch_for: Delay = timedelta(hours=2)
    """How long a new post is watched closely, since edits come early; 0s: never."""
    recent_reaches_back: Duration = timedelta(days=14)
    """The window `recent` walks over what was published in this time."""

    @model_validator(mode="after")
    def _not_too_often(self) -> Intervals:
        for name in ("new", "recent", "full", "watch"):
            if getattr(self, name) < timedelta(seconds=1):
                raise ValueError(f"{name} must be at least one second")
        return self


class Capture(_Section):
    """How accounts are captured."""

    intervals: Intervals = Intervals()
    """How often each window of an account is walked."""
    workers: int = Field(4, ge=1, le=64)
    """Accounts captured side by side."""
    keep_all: bool = False
    """Store also the exchanges that brought nothing new."""
    step_pages: int = Field(50, ge=1)
    """A walk is committed at the latest after so many pages, ..."""
    step_bytes: Size = 64 * 2**20
    """... or so many bytes of WARC."""
    media: bool = True
    """Fetch pictures, films, sound and documents too."""
    media_max: Size = 2 * 2**30
    """Larger media files are noted as a gap, not fetched."""
    answer_max: Size = 64 * 2**20
    """Larger API answers are cut off and refused."""
    connect_timeout: Duration = timedelta(seconds=10)
    """Until a platform's server takes a connection."""
    read_timeout: Duration = timedelta(seconds=30)
    """Between two pieces of an answer."""
    exchange_timeout: Duration = timedelta(minutes=5)
    """For one API answer as a whole; media get as long as bytes keep coming."""
    retries: int = Field(3, ge=0, le=10)
    """How often a request that met a passing fault is sent again, within one capture."""
    allow_addresses: tuple[str, ...] = ()
    """Hosts or networks that are not public but may be captured ("10.1.2.0/24")."""
    confirm_after: Delay = timedelta(minutes=10)
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
    """Name of the mail server."""
    port: int = Field(587, ge=1, le=65535)
    """Its port for submission."""
    sender: str
    """Address in From."""
    recipients: tuple[str, ...] = Field(min_length=1)
    """Who is told of every alarm."""
    escalate_to: tuple[str, ...] = ()
    """Who is told as well after `escalate_after`."""
    user: str = ""
    """Login at the mail server; empty: without one."""
    starttls: bool = True
    """Refuse to send without encryption."""


class Webhook(_Section):
    """Alarms by POST. The signing key is the credential `webhook-secret`."""

    url: str
    """Where alarms are posted to, as JSON."""

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError('write a web address that begins with "https://"')
        return value


class Alarms(_Section):
    """How a fault gets to people."""

    repeat_every: Duration = timedelta(hours=4)
    """An open alarm is told again after this."""
    escalate_after: Duration = timedelta(hours=24)
    """An alarm that is open for so long goes to further people."""
    mail: Mail | None = None
    """Alarms by mail; empty: none."""
    webhook: Webhook | None = None
    """Alarms by POST; empty: none."""


class Log(_Section):
    """What the log says."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important lines that are told."""
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
