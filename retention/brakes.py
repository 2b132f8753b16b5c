"""A batch that takes very much needs a person's name on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from retention.batch import Batch, Signed
from retention.errors import IllegalStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Brakes:
    """`totals` counts all records by account, those of the batch included. A batch may take
    at most `percent` of an account or of the archive, and never empty an account."""

    totals: Mapping[str, int]
    percent: int = 50


def brake_reasons(batch: Batch, brakes: Brakes) -> tuple[str, ...]:
    """Why the batch is too large to go just so. An account whose total is not known counts
    as emptied."""
    counts = Counter(batch.records[each] for each in batch.remaining)
    reasons = []
    for account, count in sorted(counts.items()):
        total = brakes.totals.get(account, 0)
        if count >= total:
            reasons.append(f"it would empty account {account}")
        elif count * 100 > brakes.percent * total:
            reasons.append(f"it takes {count} of the {total} records of account {account}")
    everything = sum(brakes.totals.values())
    if counts.total() * 100 > brakes.percent * everything:
        reasons.append(f"it takes {counts.total()} of the archive's {everything} records")
    return tuple(reasons)


def check_brakes(batch: Batch, brakes: Brakes, override: Signed | None) -> None:
    """Raises `IllegalStep` if a brake is on and nobody but the proposer overrides it."""
    reasons = brake_reasons(batch, brakes)
    if not reasons:
        return
    if override is None or not override.by.strip() or not override.reason.strip():
        raise IllegalStep(
            f"Batch {batch.id} is stopped: {'; '.join(reasons)}. Somebody must override this by "
            "name, with a reason."
        )
    if same_person(override.by, batch.proposed.by):
        raise IllegalStep(f"{override.by} proposed batch {batch.id} and cannot override its brake.")


def same_person(one: str, other: str) -> bool:
    """The same name but for case and spaces."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
