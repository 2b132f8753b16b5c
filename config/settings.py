"""Every setting, its default and its unit. How they are found and read: `config.load`."""

from __future__ import annotations

from datetime import date, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from config.fields import Delay, Duration, Section, Size
from config.settings_web import PortalSettings, WebSettings


class Agency(Section):
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
    state: str = ""
    """Postal code such as "NJ"; its holidays and those of the United States are no working
    days. Empty: none."""
    holidays: tuple[date, ...] = ()
    """Further days on which the agency is closed, such as 2026-11-27."""
    open_days: tuple[date, ...] = ()
    """Holidays of the nation or the state on which the agency works."""

    @field_validator("state")
    @classmethod
    def _known_state(cls, value: str) -> str:
        code = value.strip().upper()
        if not code:
            return ""
        # Here and not above: it takes a tenth of a second, for those who have set a state only.
        from holidays.countries.united_states import UnitedStates  # noqa: PLC0415

        if code not in UnitedStates.subdivisions:
            raise ValueError(
                f'"{value}" is no postal code of a state, the District or a territory, such as "NJ"'
            )
        return code

    @model_validator(mode="after")
    def _open_or_closed(self) -> Agency:
        both = sorted(set(self.holidays) & set(self.open_days))
        if both:
            raise ValueError(f"{both[0]} stands in holidays and in open_days; take one of them out")
        return self

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


class Database(Section):
    """Where the working copy is kept."""

    url: str = ""
    """SQLAlchemy address; empty means SQLite in the home folder."""


class VaultSettings(Section):
    """Where the sealed WARC files are kept."""

    kind: Literal["local"] = "local"
    """local: a folder on this machine."""
    path: Path | None = None
    """Folder; empty means `vault` in the home folder."""


class Intervals(Section):
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


class Capture(Section):
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


class Mail(Section):
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


class Webhook(Section):
    """Alarms by POST. The signing key is the credential `webhook-secret`."""

    url: str
    """Where alarms are posted to, as JSON."""

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError('write a web address that begins with "https://"')
        return value


class Alarms(Section):
    """How a fault gets to people."""

    repeat_every: Duration = timedelta(hours=4)
    """An open alarm is told again after this."""
    escalate_after: Duration = timedelta(hours=24)
    """An alarm that is open for so long goes to further people."""
    mail: Mail | None = None
    """Alarms by mail; empty: none."""
    webhook: Webhook | None = None
    """Alarms by POST; empty: none."""


class Authority(Section):
    """A time-stamping authority (RFC 3161)."""

    url: str
    """Where requests for time stamps are posted to."""
    ca_file: Path
    """PEM file with its root certificate and those in between; also goes into productions."""

    @field_validator("url")
    @classmethod
    def _web_address(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError('write a web address that begins with "https://" or "http://"')
        return value


class Proof(Section):
    """Checkpoints of the ledger, stamped with the time by others."""

    every: Duration = timedelta(hours=1)
    """How often a checkpoint is made when there is news; missing stamps are fetched then too."""
    authorities: tuple[Authority, ...] = ()
    """Time-stamping authorities; each checkpoint gets a stamp of each. Empty: no stamps."""

    @model_validator(mode="after")
    def _each_once(self) -> Proof:
        if len({each.url for each in self.authorities}) != len(self.authorities):
            raise ValueError("an authority stands twice in authorities")
        return self


class Signing(Section):
    """The agency's signature on productions (CMS, X.509); empty: not configured."""

    certificate: Path | None = None
    """PEM file with the agency's certificate, then those in between up to the root."""
    key: Path | None = None
    """PEM file with its private key, outside of the archive and readable by nobody else;
    empty: the credential `signing-key`. Its password: the credential `signing-key-password`."""
    command: tuple[str, ...] = ()
    """Instead of a key: a program, with its arguments, that gets the file on standard input and
    answers with the detached CMS signature in DER, as for a hardware security module."""

    @model_validator(mode="after")
    def _one_way(self) -> Signing:
        if (self.key or self.command) and self.certificate is None:
            raise ValueError("certificate is missing; a signature needs it besides the key")
        if self.key and self.command:
            raise ValueError("key and command exclude each other; take one of them out")
        return self


class Log(Section):
    """What the log says."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least important lines that are told."""
    form: Literal["auto", "json", "text"] = "auto"
    """auto: text on a terminal, JSON elsewhere."""


class PostingRule(Section):
    """One rule of the posted policy."""

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,29}$")
    """Short name of the rule, as `--rule` takes it."""
    text: str = Field(min_length=1, max_length=500)
    """The rule in the words of the policy; kept with each removal."""


# In the words of the model policy for law enforcement agencies, "Specific Restrictions when
# using social media", which it wrote for the agency's own staff. What it says there about
# beliefs and about discrimination is left out: a rule that turns on what somebody thinks is
# none that an agency may enforce against the public.
_POSTED = {
    "unlawful": "Social media must not be used to transmit information or knowingly connect to "
    "sites for an unlawful or prohibited purpose.",
    "harassment": "Sexual harassment or sites containing sexual content.",
    "obscene": "Transmission of obscene materials.",
    "private": "Transmission of protected or private information.",
    "copyright": "Infringement on any copyright.",
    "business": "Conduct of a personal, outside business, or other financial benefit or gain.",
}


class Moderation(Section):
    """Under which rules comments by the public are deleted or hidden."""

    rules: tuple[PostingRule, ...] = tuple(
        PostingRule(code=code, text=text) for code, text in _POSTED.items()
    )
    """The rules of the posted policy. The agency's own replace all of these; a viewpoint is no
    reason, and counsel reads them first."""

    @field_validator("rules")
    @classmethod
    def _each_once(cls, value: tuple[PostingRule, ...]) -> tuple[PostingRule, ...]:
        codes = [rule.code for rule in value]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f'the code "{twice[0]}" stands for two rules')
        return value


class Requests(Section):
    """Who handles requests for records, and how they are reviewed and produced."""

    records_clerk: str = "records clerk"
    """To whom a public-records request goes."""
    data_practices_authority: str = "data practices authority"
    """To whom a person's request for data about themselves goes."""
    communications_director: str = "communications director"
    """To whom a request of the media goes."""
    second_review: bool = True
    """A withheld or redacted item is looked at by a second person before it is produced."""
    bates_prefix: str = Field("REC", pattern=r"^[A-Z][A-Z0-9-]{0,19}$")
    """What stands before the numbers of produced items."""


Language = Annotated[str, Field(pattern=r"^[a-z]{3}(_[a-z]+)*$", max_length=30)]


class SearchSettings(Section):
    """What search finds beside the words of the records."""

    ocr: bool = False
    """The service reads text in pictures, and captions, each hour; needs tesseract."""
    ocr_languages: tuple[Language, ...] = Field(("eng", "spa"), min_length=1)
    """Languages that pictures are read in, as tesseract names them."""


class Sections(Section):
    """All settings."""

    agency: Agency = Agency()
    database: Database = Database()
    vault: VaultSettings = VaultSettings()
    capture: Capture = Capture()
    alarms: Alarms = Alarms()
    proof: Proof = Proof()
    signing: Signing = Signing()
    log: Log = Log()
    moderation: Moderation = Moderation()
    requests: Requests = Requests()
    search: SearchSettings = SearchSettings()
    web: WebSettings = WebSettings()
    portal: PortalSettings = PortalSettings()
