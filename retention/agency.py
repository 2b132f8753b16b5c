"""What the agency itself has decided, on top of the law. It can only lengthen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from retention.calendars import FiscalYearEnd
from retention.facts import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """The agency's minimum for a series whose schedule leaves the period blank. Without the
    written policy that sets it, it counts as not filled (North Carolina)."""

    period: Period
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """A longer period of the agency's own. It counts from the cutoff of the series, or, with
    `added`, from the end of the schedule's period (New York's three months). Where the
    schedule keeps longer, it does nothing."""

    series: str  # key
    period: Period
    authority: str
    added: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """A minimum that the statute sets for every record (California, two years for cities).
    It counts from the day on which the record was created or received, the later."""

    period: Period
    citation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgencySettings:
    """`blanks` by the key of the series. No fiscal years given: nothing that is counted in
    them ever ends."""

    fiscal_years: tuple[FiscalYearEnd, ...] = ()
    blanks: Mapping[str, Fill] = field(default_factory=dict)
    overlays: tuple[Overlay, ...] = ()
    floors: tuple[Floor, ...] = ()
