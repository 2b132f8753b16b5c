"""What was covered by a walk and not seen: is it gone?

Rules, in this order (pure functions; the walk does the asking):
1. Not being listed proves nothing. Every missing record is looked up by its id.
2. When all that should be there is missing at once, or more than half of a larger holding,
   the account or its credential is in trouble: an alarm is raised and nothing is marked.
3. A look-up counts only when a control record, known to exist, is found with the same
   credential; else the answer may mean a lost permission.
4. A bare "not found" makes a record *suspected*; a second one, later, confirms it. A
   statement of the platform (hidden, withheld, removed by its author) counts at once.
5. A finding names its kind of evidence and both bounds: after it was last seen, not later
   than it was first missed. Who removed it is only said when the platform says it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from archiver.model.manifest import FindingDraft
from archiver.model.queries.known import Holding
from connectors.base import Evidence, Finding, Kind, Presence, Target

FEW = 10  # up to so many missing ones are looked up even when they are more than half


def emptied(*, missing: int, covered: int) -> bool:
    """Is so much missing that the account, not its items, is the question?"""
    if covered >= 2 and missing == covered:
        return True
    return missing > FEW and missing * 2 > covered


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a look-up means: a finding to write, or that the record was seen."""

    draft: FindingDraft | None
    seen: bool


_AT_ONCE = frozenset(
    {Evidence.OWN_DELETION, Evidence.AUTHOR, Evidence.PLATFORM, Evidence.ACCOUNT_CLOSED}
)


def judge(finding: Finding, held: Holding, *, controls_hold: bool, at: datetime) -> Judged:
    """Turn the platform's answer about one record into a finding, or into nothing."""
    if finding.presence is Presence.PRESENT:
        return Judged(draft=None, seen=True)
    if finding.presence in (Presence.HIDDEN, Presence.WITHHELD):
        stage = "confirmed"
    elif not controls_hold:
        return Judged(draft=None, seen=False)
    elif finding.presence is Presence.UNREACHABLE or finding.evidence in _AT_ONCE:
        stage = "confirmed"
    else:
        stage = "confirmed" if held.presence == "suspected" else "suspected"
    if held.presence == finding.presence.value:
        return Judged(draft=None, seen=False)  # known already
    draft = FindingDraft(
        family=held.family,
        platform_id=held.platform_id,
        stage=stage,
        presence=finding.presence.value,
        evidence=(finding.evidence or Evidence.UNKNOWN).value,
        statement=finding.statement,
        exchange=finding.exchange,
        at=at,
        not_before=held.last_seen,
        not_after=at,
    )
    return Judged(draft=draft, seen=False)


def target_of(held: Holding) -> Target:
    """The record as a connector can look it up."""
    return Target(
        kind=Kind(held.kind),
        id=held.platform_id,
        permalink=held.permalink,
        parent_id=held.parent_id,
        thread_id=held.thread_id,
    )
