"""What was covered by a walk and not seen: is it gone?

Rules, in this order (pure functions; the walk does the asking):
1. Not being listed proves nothing. Every missing record is looked up by its id.
2. When all that the account held is missing at once, or more than half of a larger part of
   it, the account or its credential is in trouble: an alarm is raised and nothing is marked.
   A post that went with its whole thread counts as one.
3. A look-up counts only when a control record, known to exist, is found with the same
   credential; else the answer may mean a lost permission.
4. A bare "not found" makes a record *suspected*; a second one, later, confirms it. A
   statement of the platform (hidden, withheld, removed by its author) counts at once.
5. A finding names its kind of evidence and both bounds: after it was last seen, not later
   than it was first missed. Who removed it is only said when the platform says it.
6. A suspicion that a look-up refutes is taken back by a finding of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from archiver.capture.normalise import storable
from archiver.model.manifest import FindingDraft
from archiver.model.queries.known import Holding, Key
from connectors.base import Evidence, Finding, Kind, Presence, Target

FEW = 10  # up to so many missing ones are looked up even when they are more than half


def emptied(*, missing: int, covered: int, held: int) -> bool:
    """Is so much missing that the account, not its items, is the question?

    `covered` of `held` records of these kinds should have been listed.
    """
    if held >= 2 and missing >= held:
        return True
    return missing > FEW and missing * 2 > covered


def with_their_post(missing: Mapping[Key, str]) -> int:
    """How many of the missing records (with their threads) went along with a missing post."""
    posts = {platform_id for name, platform_id in missing if name == "post"}
    return sum(1 for (name, _), thread in missing.items() if name != "post" and thread in posts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a look-up means: a finding to write, or that the record was seen."""

    draft: FindingDraft | None
    seen: bool


_AT_ONCE = frozenset(
    {Evidence.OWN_DELETION, Evidence.AUTHOR, Evidence.PLATFORM, Evidence.ACCOUNT_CLOSED}
)


def judge(
    finding: Finding,
    held: Holding,
    *,
    controls_hold: bool,
    at: datetime,
    missed_at: datetime | None = None,
) -> Judged:
    """Turn the platform's answer about one record into a finding, or into nothing.

    `missed_at` is when the record was first missed, if that was before now.
    """
    if finding.presence is Presence.PRESENT:
        if held.presence == "present":
            return Judged(draft=None, seen=True)
        found = f"found by its id after it was {held.presence}"
        return Judged(draft=_draft(finding, held, "back again", at, None, "", found), seen=True)
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
    evidence = (finding.evidence or Evidence.UNKNOWN).value
    draft = _draft(finding, held, stage, at, missed_at, evidence, finding.statement)
    return Judged(draft=draft, seen=False)


def _draft(
    finding: Finding,
    held: Holding,
    stage: str,
    at: datetime,
    missed_at: datetime | None,
    evidence: str,
    statement: str,
) -> FindingDraft:
    return FindingDraft(
        family=held.family,
        platform_id=held.platform_id,
        stage=stage,
        presence=finding.presence.value,
        evidence=evidence,
        statement=storable(statement),
        exchange=finding.exchange,
        at=at,
        not_before=held.last_seen,
        not_after=missed_at or at,
    )


def target_of(held: Holding) -> Target:
    """The record as a connector can look it up."""
    return Target(
        kind=Kind(held.kind),
        id=held.platform_id,
        permalink=held.permalink,
        parent_id=held.parent_id,
        thread_id=held.thread_id,
    )
