"""What an execution says of itself: in the ledger, and by the names of its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from archiver.desk.destruction_plan import Plan, Surgery
from archiver.ledger import merkle
from archiver.values import SegmentRef
from archiver.warc.rewrite import Rewritten
from retention.batch import Signed
from retention.guard import Verdict


def announced(
    plan: Plan, going: Sequence[int], override: Signed | None, *, on: date
) -> dict[str, object]:
    """What will go, before anything has."""
    chosen = [each for each in plan.subjects if each.id in set(going)]
    leaves = sorted(state.leaf for each in chosen for state in each.states)
    return {
        "on": on.isoformat(),
        "records": sorted(going),
        "versions": len(leaves),
        "root": merkle.root(leaves),
        "segments": [each.name for each in plan.surgeries],
        "override": override.by if override else "",
        "override_reason": override.reason if override else "",
    }


def destroyed(
    plan: Plan, copies: Sequence[tuple[Surgery, SegmentRef, Rewritten]]
) -> dict[str, object]:
    """What the ledger says in the transaction: which leaves have gone, which file replaces
    which, by its hashes."""
    leaves = sorted(state.leaf for each in plan.subjects for state in each.states)
    return {
        "records": sorted(each.id for each in plan.subjects),
        "versions": len(leaves),
        "root": merkle.root(leaves),
        "payloads": sorted(plan.payloads),
        "bytes": plan.volume,
        "segments": [
            {
                "old": surgery.name,
                "old_sha256": surgery.sha256,
                "new": new.name,
                "new_sha256": new.sha256,
                "dropped": len(made.dropped),
                "replaced": len(made.replaced),
            }
            for surgery, new, made in copies
        ],
    }


def mark(batch_id: int) -> str:
    """How the names of a disposition's new segments end."""
    return f"-d{batch_id}.warc.gz"


def successor_name(name: str, batch_id: int) -> str:
    """The name of the segment that takes another's place in a disposition."""
    return name.removesuffix(".warc.gz") + mark(batch_id)


def refusals(verdicts: Mapping[int, Verdict]) -> dict[int, str]:
    """The reason for each record that the guard refuses."""
    return {
        record_id: " ".join(reason.text for reason in verdict.reasons)
        for record_id, verdict in verdicts.items()
        if not verdict.allowed
    }
