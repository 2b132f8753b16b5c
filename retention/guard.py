"""May this go? Every fence, every reason, and who can lift it.

Two doors, both shut unless everything is shown to be in order. What is not known (None, an
empty digest) refuses. The guard decides nothing about time and law itself: it is handed a
decision made on the same day, and asks about holds once more.

Not here: who may ask (roles), and the deed itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from retention.decide import may_be_proposed
from retention.facts import Decision, Hold, Reason, RecordFacts
from retention.hold import binding, binds, could_reach

COUNSEL = "counsel, by releasing the hold"
OFFICER = "the records officer"
NOBODY = "nobody, before a capture has put it into the vault and verified it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`who_can_lift` has one entry for each reason of a refusal, in the same order."""

    allowed: bool
    reasons: tuple[Reason, ...]
    who_can_lift: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Custody:
    """What the vault says of the record just now; None: it was not asked."""

    archived: bool | None = None  # captured, and the run is committed
    newest_version_verified: bool | None = None  # read back and equal to its digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderation:
    """Why somebody else's post is deleted or hidden. `reason_code` is one of the policy's,
    `rule` the published rule that was broken."""

    reason_code: str
    rule: str
    moderator: str


_Fence = tuple[str, str]  # what stops it, who can lift it


def may_dispose(
    facts: RecordFacts,
    decision: Decision,
    *,
    day: date,
    holds: Iterable[Hold],
    plan_digest: str,
    adopted_digest: str,
    custody: Custody,
) -> Verdict:
    """May the archive dispose of its own copy? `plan_digest` is the one of the schedules that
    the batch was made with, `adopted_digest` of those that are adopted now."""
    fences = [*_hold_fences(facts, holds, day)]
    if decision.record_id != facts.record_id or decision.day != day:
        fences.append(("The decision is about another record or another day.", OFFICER))
    if not may_be_proposed(decision):
        fences.append(
            (f"The record stands as {decision.standing}; its time has not come.", OFFICER)
        )
    if not plan_digest or plan_digest != adopted_digest:
        fences.append(
            ("The schedule is not the one that the plan was made with; propose it again.", OFFICER)
        )
    fences += _custody_fences(custody)
    return _verdict(fences, decision.reasons)


def may_remove_outside(
    facts: RecordFacts,
    *,
    day: date,
    holds: Iterable[Hold],
    custody: Custody,
    policy_codes: frozenset[str],
    moderation: Moderation | None = None,
) -> Verdict:
    """May it be deleted or hidden on the platform? Whatever the agency did not write itself
    also takes a reason under the agency's published rules: viewpoint is none."""
    fences = [*_hold_fences(facts, holds, day), *_custody_fences(custody)]
    if facts.author_role != "agency":
        fences += _moderation_fences(moderation, policy_codes)
    return _verdict(fences, ())


def may_remove_whole(
    *,
    day: date,
    holds: Iterable[Hold],
    held_records: Mapping[str, int],
    account: str = "",
    department: str = "",
) -> Verdict:
    """May a whole account, department or (both empty) archive be removed? Not while a hold
    reaches a record of it, or could reach one to come. `held_records` counts, by the id of
    the hold, the records of it that are held now; a hold that was not counted refuses."""
    fences = [
        (f"{_name(hold)} reaches it, or could reach a record to come.", COUNSEL)
        for hold in sorted(holds, key=lambda each: each.id)
        if binds(hold, day)
        and (
            held_records.get(hold.id, 1) > 0
            or could_reach(hold.scope, account=account, department=department)
        )
    ]
    return _verdict(fences, ())


def _verdict(fences: list[_Fence], otherwise: tuple[Reason, ...]) -> Verdict:
    """A refusal with its reasons, or leave with the reasons of the decision."""
    if not fences:
        return Verdict(allowed=True, reasons=otherwise)
    return Verdict(
        allowed=False,
        reasons=tuple(Reason(text=text) for text, _ in fences),
        who_can_lift=tuple(who for _, who in fences),
    )


def _hold_fences(facts: RecordFacts, holds: Iterable[Hold], day: date) -> list[_Fence]:
    return [(f"{_name(hold)} reaches it.", COUNSEL) for hold in binding(holds, facts, day)]


def _name(hold: Hold) -> str:
    return f"Hold {hold.id} ({hold.kind}, {hold.matter})"


def _custody_fences(custody: Custody) -> list[_Fence]:
    fences = []
    if not custody.archived:
        fences.append(("It is not shown to be in the archive.", NOBODY))
    if not custody.newest_version_verified:
        fences.append(("Its newest version was not read back from the vault and verified.", NOBODY))
    return fences


def _moderation_fences(moderation: Moderation | None, codes: frozenset[str]) -> list[_Fence]:
    if moderation is None:
        return [("Somebody else wrote it: say why it goes, by which rule, and who decides.",
                 "a moderator, by giving the reason")]  # fmt: skip
    fences = []
    if moderation.reason_code not in codes:
        listed = ", ".join(sorted(codes)) or "none are set"
        fences.append(
            (f'"{moderation.reason_code}" is no reason of the agency\'s policy ({listed}).',
             "whoever sets the moderation policy")
        )  # fmt: skip
    if not moderation.rule.strip() or not moderation.moderator.strip():
        fences.append(("The rule that was broken and the moderator's name must be recorded.",
                       "the moderator"))  # fmt: skip
    return fences
