"""The plain values that the law is computed over. No SQL, no clock, no files.

Terms
-----
series      what a schedule says of one class of records: rules with citation and edition
rule        one branch of a series: when it applies, from which cutoff, for how long, what then
cutoff      the event from whose day a period is counted
maximum     a period after which the law demands destruction; it never beats a hold
hold        an order of counsel (or a pending request, an audit) that stops every disposition
adoption    the named records officer's decision that the agency follows an edition; without
            it nothing is ever disposed of under that edition
decision    what follows for one record on one day, with every reason and its citation

All days are agency-local `date`s. A record becomes eligible on the day *after* the last day
of its period. Unknown facts are None and make nothing eligible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Event(StrEnum):
    """What a cutoff can be counted from. The first group is known from the capture; the
    others a person or a case system must state."""

    CREATED = "created"  # on the platform: posted
    RECEIVED = "received"  # by the agency: for what the public wrote, when it was posted
    WITHDRAWN = "withdrawn"  # no longer to be seen by the public (removed from view)
    SUPERSEDED = "superseded"  # by a newer state
    READ = "read"
    ANSWERED = "answered"
    PURPOSE_FULFILLED = "purpose-fulfilled"
    LAST_ACTION = "last-action"
    FINAL_ACTION = "final-action"
    FINAL_ENTRY = "final-entry"
    CLOSED = "closed"  # the event, matter or case
    EVENT_DATE = "event-date"
    CASE_OVER = "case-over"  # disposition of the case and all appeals exhausted
    LIMITATION_EXPIRED = "limitation-expired"
    FINAL_TERM_ENDED = "final-term-ended"  # of the official, who was not elected again
    NO_LONGER_NEEDED = "no-longer-needed"  # a person declares it
    REPRODUCED = "reproduced"  # in a trusted system
    MINUTES_APPROVED = "minutes-approved"
    AUDITED = "audited"


class Roll(StrEnum):
    """To which day the cutoff moves before the period starts."""

    NONE = "none"
    MONTH_END = "month-end"
    CALENDAR_YEAR_END = "calendar-year-end"
    FISCAL_YEAR_END = "fiscal-year-end"


class PeriodKind(StrEnum):
    """How long."""

    LENGTH = "length"  # days, months or years from the rolled cutoff
    PERMANENT = "permanent"
    OPEN = "open"  # until a person declares the cutoff event; then at once
    AGENCY_SET = "agency-set"  # a blank that the agency must fill first
    UNVERIFIED = "unverified"  # nobody read it at the source: never disposes of anything


class YearUnit(StrEnum):
    """In which years a length of years is counted (Florida knows all three)."""

    ANNIVERSARY = "anniversary"
    CALENDAR = "calendar"  # whole calendar years after the year of the cutoff
    FISCAL = "fiscal"  # whole fiscal years after the one of the cutoff


class Action(StrEnum):
    """What happens when the period is over."""

    DESTROY = "destroy"
    REVIEW = "review"  # appraisal: a state of waiting, not a destruction
    TRANSFER = "transfer"  # to the state archives
    KEEP = "keep"
    REPLACE = "replace"  # destroy the original, keep the trusted reproduction
    HOLD_UNTIL_SCHEDULED = "hold-until-scheduled"


class Manner(StrEnum):
    """How a destruction must be done."""

    ORDINARY = "ordinary"
    CONFIDENTIAL = "confidential"
    COURT_ORDERED = "court-ordered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutoff:
    """The later (or earlier) of one or more events, then rolled."""

    events: tuple[Event, ...]
    later: bool = True  # False: the earlier of them
    roll: Roll = Roll.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A length in whole days, months or years; only one of the three is set."""

    kind: PeriodKind
    years: int = 0
    months: int = 0
    days: int = 0
    unit: YearUnit = YearUnit.ANNIVERSARY


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A branch of a series. `condition` names a fact of the record that must be true
    ("historical value"); empty applies to all. `or_period` is a second term of which the
    later (or, with `earlier`, the earlier) counts. `maximum` counts from the same cutoff,
    or, with `maximum_after_minimum`, from the end of the minimum."""

    cutoff: Cutoff
    period: Period
    action: Action
    manner: Manner = Manner.ORDINARY
    condition: str = ""
    or_event: Event | None = None
    earlier: bool = False
    maximum: Period | None = None
    maximum_after_minimum: bool = False
    then: str = ""  # in words: what follows the action


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One entry of one edition of a schedule."""

    schedule: str  # id of the schedule
    edition: str
    id: str
    title: str
    citation: str
    source: str  # address where it was read
    verified: bool
    rules: tuple[Rule, ...]
    applies_to: str = ""
    renegotiated: bool = False  # being changed: stops its own dispositions (Virginia)

    @property
    def key(self) -> str:
        """The name under which rules, overlays and records speak of it, in every edition."""
        return f"{self.schedule}/{self.id}"


class Step(StrEnum):
    """Who must say yes, or what must happen, before a disposition is carried out."""

    RECORDS_OFFICER = "records-officer"
    SECOND_PERSON = "second-person"
    DEPARTMENT_HEAD = "department-head"
    ATTORNEY = "attorney"
    GOVERNING_BODY = "governing-body"  # a resolution of the council or board
    STATE_ARCHIVES = "state-archives"
    RECORDS_COMMISSION = "records-commission"
    AUDITOR = "auditor"
    NOTICE = "notice"  # to somebody named in `whom`, then a waiting time


class PerWhat(StrEnum):
    """For what an approval is given."""

    ACT = "act"
    SERIES = "series"
    STANDING = "standing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One step of a procedure, in its place. Waiting times are counted after it."""

    step: Step
    per: PerWhat = PerWhat.ACT
    whom: str = ""
    wait_days: int = 0
    working_days: bool = False
    citation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFacts:
    """What is known of one record. Days are agency-local.

    `events` gives the day of every event that happened; a missing event has not happened or
    is not known, which is the same to the rules. `version_superseded` concerns older states
    of the record only. `assertions` are facts that a person stated ("historical value").
    """

    record_id: int
    account: str
    platform: str
    kind: str
    department: str = ""
    author_role: str = ""  # agency | public | official
    author_id: str = ""
    words: str = ""
    thread_id: str = ""
    parent_series: tuple[str, ...] = ()  # keys of the series of the post it is a comment on
    tags: frozenset[str] = frozenset()
    events: Mapping[Event, date] = field(default_factory=dict)
    assertions: frozenset[str] = frozenset()
    visible: bool = True


class HoldKind(StrEnum):
    """Where a hold comes from; all freeze alike."""

    LITIGATION = "litigation"
    REQUEST = "records-request"
    AUDIT = "audit"
    INVESTIGATION = "investigation"
    SCHEDULE = "schedule-change"
    DATA_SUBJECT = "data-subject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which records a hold reaches, present and future. Empty tuples set no limit; a scope
    with nothing set reaches nothing unless `everything` is true. Picks add to the rest."""

    accounts: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    picks: frozenset[int] = frozenset()
    everything: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """An order to keep. `released` None: still open. After the release it binds for
    `tail_days` more (Wisconsin: sixty after a denial). `lapses` is the last day of one that
    the law limits unless it is asked for again (Minnesota); it lapses only after
    `notice_given`, the day on which the requester was told."""

    id: str
    kind: HoldKind
    matter: str
    scope: Scope
    placed: date
    anticipated: date | None = None
    released: date | None = None
    tail_days: int = 0
    lapses: date | None = None
    notice_given: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFacts:
    """What is known of an edition that is loaded now. `expires` is the last day on which it
    may be used."""

    schedule: str
    edition: str
    digest: str
    expires: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MaximumDecision:
    """A named person's answer to a maximum: destroy the record although another period
    still runs, or keep it although the law says that it must go. `series` is a key."""

    record_id: int
    series: str
    who: str
    on: date
    document: str
    destroy: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """The records officer's decision for one edition of one schedule. `expires` is the last
    day on which the agency may use it."""

    schedule: str
    edition: str
    digest: str  # of the edition as adopted
    officer: str
    adopted: date
    document: str
    expires: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One step of the reasoning, with its authority where there is one."""

    text: str
    citation: str = ""
    source: str = ""


class Standing(StrEnum):
    """Where a record stands on a day."""

    UNSCHEDULED = "unscheduled"  # no series claims it: keep
    RUNNING = "running"  # the period is not over
    WAITING = "waiting"  # for an event that a person must state
    HELD = "held"
    NOT_ADOPTED = "not adopted"
    PERMANENT = "permanent"
    ELIGIBLE = "eligible"  # may be proposed for disposition
    REVIEW = "review"  # eligible for appraisal only
    OVERDUE = "overdue"  # a maximum is over and nothing stops it: a person must decide


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows for one record on `day`. `eligible_on` None: not foreseeable."""

    record_id: int
    day: date
    standing: Standing
    series: tuple[str, ...]
    eligible_on: date | None
    must_go_by: date | None
    action: Action
    manner: Manner
    holds: tuple[str, ...]
    reasons: tuple[Reason, ...]
