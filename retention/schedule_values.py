"""What a schedule file says, as values. How it is read: `retention.schedule`.

A file is about one jurisdiction. It holds schedules (each in one edition, with its series) and
what else the jurisdiction asks for: who must agree before a disposition, what stops it, how
fast a request must be answered, and what holds for a record that no series claims.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from retention.agency import Floor
from retention.calendars import FiscalYearEnd
from retention.classify import ClassRule
from retention.errors import RetentionError
from retention.facts import Approval, HoldKind, Period, Series


class Confidence(StrEnum):
    """How far a statement about the law can be trusted."""

    VERIFIED = "verified"  # read in the authority's own text, or in a copy of it
    SECONDARY = "secondary"  # read in somebody's description of it
    FROM_MEMORY = "from-memory"  # nobody has read anything


class How(StrEnum):
    """How a series was verified."""

    OFFICIAL_PAGE = "official-page"  # a page of the authority itself
    MIRROR = "mirror-of-official"  # a copy of its text on another site
    AGENCY = "agency-document"  # the agency's own resolution, or its officer's reading


class AdoptionKind(StrEnum):
    """How a schedule comes to bind an agency."""

    FLOATING = "floating"  # once adopted, the newest edition counts as adopted
    SIGNED = "signed"
    STATEWIDE = "statewide"
    OWN_OR_DEFAULT = "own-or-default"  # the agency's own, else the state's
    RESOLUTION = "resolution"
    ORDINANCE_OR_RESOLUTION = "ordinance-or-resolution"
    OPT_IN = "opt-in"
    STATE_APPROVAL = "state-approval"  # the state approves this agency for it
    APPROVED_BY_STATE = "approved-by-state"  # the schedule itself carries the approval
    PER_APPLICATION = "per-application"
    LOCAL = "local"  # each body adopts a schedule of its own
    UNKNOWN = "unknown"


class HoldEffect(StrEnum):
    """What a legal event does to a record."""

    FREEZE = "freeze"
    OFFER_FIRST = "offer-first"  # to the archives, before anything else
    FORCED_DESTRUCTION = "forced-destruction"  # a court orders it


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """What a statement rests on. Empty: nothing was found."""

    confidence: Confidence
    citation: str = ""
    source: tuple[str, ...] = ()  # addresses where it was read
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopting:
    """How the schedule comes to bind an agency."""

    kind: AdoptionKind
    backing: Backing
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A series with what a reader wants to know about it. `line` is where it stands in the
    file; it is no part of the content."""

    series: Series
    summary: str = ""
    how: How | None = None
    seen: str = ""  # month, YYYY-MM
    missing: str = ""  # what must still be read, of an unverified series
    read_at: str = ""  # address of the official text, of an unverified series
    note: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One edition of one schedule. `extends`: an agency's changes to a shipped schedule of
    this id and edition; otherwise it stands by itself."""

    id: str
    title: str
    edition: str
    authority: str = ""
    level: str = ""
    source: tuple[str, ...] = ()
    note: str = ""
    valid_from: date | None = None
    expires: date | None = None  # the last day on which it may be used
    adoption: Adopting | None = None
    entries: tuple[Entry, ...] = ()
    extends: bool = False
    overlaid_by: str = ""  # name of the agency whose changes are worked in
    line: int = 0

    @property
    def series(self) -> tuple[Series, ...]:
        """The series alone."""
        return tuple(entry.series for entry in self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Maximum:
    """Records that must be destroyed so long after the end of their period."""

    period: Period
    applies_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Procedure:
    """Who must agree to a disposition, in order, and what must be kept as proof."""

    text: str
    steps: tuple[Approval, ...]
    backing: Backing
    log: tuple[str, ...] = ()  # what the log of destruction must say
    afterwards: tuple[str, ...] = ()
    maximum: Maximum | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRule:
    """What the law lets stop (or force) a disposition. Days are calendar days."""

    trigger: str
    text: str
    release: str
    effect: HoldEffect
    backing: Backing
    kinds: tuple[HoldKind, ...] = ()
    tail_days: int = 0  # it binds so long after its release
    tail_days_in_custody: int = 0  # the same, where the requester is in custody
    lasts_days: int = 0  # it ends by itself, unless renewed
    adds: Period | None = None  # longer retention instead of a stop
    renewable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """How fast a records request must be answered. `days` None: the law gives no number."""

    what: str
    days: int | None
    unit: str  # business | working | calendar | none
    backing: Backing
    counts_from: str = ""
    applies_to: str = ""
    answers: tuple[str, ...] = ()
    extension_days: int = 0
    extension_confidence: Confidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultRule:
    """What holds for a record that no series claims. It never disposes of anything by itself:
    `minimum` None keeps until scheduled, else it is the least time. `floor`: no local schedule
    may be shorter either."""

    id: str
    text: str
    backing: Backing
    minimum: Period | None = None
    floor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalYear:
    """Last days of the fiscal year, MM-DD; more than one: it differs from body to body."""

    of: str
    ends: tuple[str, ...]
    backing: Backing


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """A classification rule of the agency, and the line where it stands in the file."""

    rule: ClassRule
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleFile:
    """Everything one file says. `overlay`: it is an agency's own and lies over the shipped.
    `elsewhere` is what the agency's files of other jurisdictions set for every record."""

    jurisdiction: str
    name: str
    overlay: bool = False
    note: str = ""
    fiscal_years: tuple[FiscalYear, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    procedure: Procedure | None = None
    holds: tuple[HoldRule, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    default: DefaultRule | None = None
    classification: tuple[Assignment, ...] = ()
    open_questions: tuple[str, ...] = ()
    elsewhere: tuple[FiscalYearEnd | Floor, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One mistake in a file: what, where, what to do. Lines count from one."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


class ScheduleError(RetentionError):
    """A schedule file cannot be used. `problems` holds every mistake."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(str(problem) for problem in problems))
