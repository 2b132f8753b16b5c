"""A disposition as values: what it is about, how far it is, who did what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from retention.approvals import Given
from retention.facts import Approval


class Stage(StrEnum):
    """How far a batch is. Withdrawn and certified are the ends."""

    PROPOSED = "proposed"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    EXECUTING = "executing"
    EXECUTED = "executed"
    CERTIFIED = "certified"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A person who did something on a day; `reason` may also name a document."""

    by: str
    on: date
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """`records` gives the account of each proposed record; it never grows. `dropped` gives
    the reason of each that will not be disposed of after all; `gone` are those that are.
    `digest` is that of the schedules it was made with."""

    id: str
    digest: str
    proposed: Signed
    records: Mapping[int, str]
    series: tuple[str, ...]  # keys
    route: tuple[Approval, ...]
    stage: Stage = Stage.PROPOSED
    reviewed: Signed | None = None
    given: tuple[Given, ...] = ()
    dropped: Mapping[int, str] = field(default_factory=dict)
    gone: frozenset[int] = frozenset()
    override: Signed | None = None  # of the brakes
    certified: Signed | None = None

    @property
    def remaining(self) -> frozenset[int]:
        """The records that are to go, or have gone."""
        return frozenset(self.records) - frozenset(self.dropped)
