"""What an execution says of itself: in the ledger, and by the names of its files.

It says "begun" once, and "executed" once when all is over; in between, for each part of it,
"will", "destroyed" and "did". Parts are counted from one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from archiver.desk.batches import Loaded, given_as_json
from archiver.desk.destruction_plan import Plan, Surgery
from archiver.ledger import merkle
from archiver.values import SegmentRef
from archiver.warc.rewrite import Rewritten
from retention.approvals import Given
from retention.batch import Signed
from retention.guard import Verdict

_MARK = r"-d{}(\.[0-9]+)?\.warc\.gz$"  # the part is missing where there was one only


def begun(
    going: Iterable[int],
    override: Signed | None,
    *,
    on: date,
    registered: Iterable[Given],
) -> dict[str, object]:
    """Which records will go, in however many parts, and by which approvals of the register."""
    return {
        "on": on.isoformat(),
        "records": sorted(going),
        "override": override.by if override else "",
        "override_reason": override.reason if override else "",
        "registered": [{**given_as_json(each), "by": each.by} for each in registered],
    }


def announced(plan: Plan, *, part: int, on: date) -> dict[str, object]:
    """What will go in this part, before anything of it has."""
    leaves = _leaves(plan)
    return {
        "on": on.isoformat(),
        "part": part,
        "records": sorted(each.id for each in plan.subjects),
        "versions": len(leaves),
        "root": merkle.root(leaves),
        "segments": [each.name for each in plan.surgeries],
    }


def is_announced(loaded: Loaded, plan: Plan, *, part: int) -> bool:
    """Does the ledger know already that these records will go in this part? Then an earlier
    attempt was cut off."""
    said = loaded.event("will")
    if said is None or said.detail.get("part", 1) != part:
        return False
    return {each.id for each in plan.subjects} <= set(said.detail["records"])


def part_of(loaded: Loaded) -> int:
    """The part that is next."""
    return 1 + len(loaded.all_of("destroyed"))


def unremoved(loaded: Loaded) -> list[tuple[int, list[str]]]:
    """The parts whose old segments nobody said to be removed, with the names of those."""
    told = {each.detail.get("part", 1) for each in loaded.all_of("did")}
    return [
        (part, sorted(pair["old"] for pair in each.detail["segments"]))
        for each in loaded.all_of("destroyed")
        if (part := each.detail.get("part", 1)) not in told
    ]


def _leaves(plan: Plan) -> list[str]:
    return sorted(state.leaf for each in plan.subjects for state in each.states)


def destroyed(
    plan: Plan, copies: Sequence[tuple[Surgery, SegmentRef, Rewritten]], *, part: int
) -> dict[str, object]:
    """What the ledger says in the transaction: which leaves have gone, which file replaces
    which, by its hashes."""
    leaves = _leaves(plan)
    return {
        "part": part,
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


def mark(batch_id: int, part: int) -> str:
    """How the names of a disposition's new segments end."""
    return f"-d{batch_id}.{part}.warc.gz"


def is_marked(name: str, batch_id: int) -> bool:
    """Did this disposition give the segment its name?"""
    return re.search(_MARK.format(batch_id), name) is not None


def successor_name(name: str, batch_id: int, part: int) -> str:
    """The name of the segment that takes another's place in a part of a disposition. One that
    an earlier part has written gets no longer name."""
    plain = re.sub(_MARK.format(batch_id), "", name).removesuffix(".warc.gz")
    return plain + mark(batch_id, part)


def refusals(verdicts: Mapping[int, Verdict]) -> dict[int, str]:
    """The reason for each record that the guard refuses."""
    return {
        record_id: " ".join(reason.text for reason in verdict.reasons)
        for record_id, verdict in verdicts.items()
        if not verdict.allowed
    }
