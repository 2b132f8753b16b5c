"""What is asked before anything goes: the guard, the day of the evaluation, the whole plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import date

from archiver.desk import permit
from archiver.desk.batches import Loaded
from archiver.desk.destruction_plan import Plan, make_plan
from archiver.errors import RefusedError
from archiver.model.database import Connection
from archiver.model.queries import due, since_evaluation
from archiver.vault.base import Vault
from retention.facts import Reason
from retention.guard import Verdict


def refuse_unless_evaluated(
    connection: Connection, record_ids: Sequence[int], *, day: date
) -> None:
    """Raises: RefusedError when none of these records was evaluated on that day."""
    known = due.standing_of(connection, record_ids)
    if known and all(each.evaluated_on != day for each in known.values()):
        last = max(each.evaluated_on for each in known.values())
        raise RefusedError(
            f"retention was evaluated last on {last}, not today; evaluate it and try again"
        )
    refuse_if_changed(connection, record_ids)


def refuse_if_changed(connection: Connection, record_ids: Sequence[int]) -> None:
    """Raises: RefusedError when a record is not any more what the last evaluation saw."""
    changed = since_evaluation.changed(connection, record_ids)
    if changed:
        raise RefusedError(
            f"record {min(changed)} changed after retention was evaluated last (and "
            f"{len(changed) - 1} more); run archiver retention evaluate, then try again"
        )


def verdicts(
    connection: Connection,
    loaded: Loaded,
    record_ids: Sequence[int],
    *,
    day: date,
    in_force: Mapping[str, str],
    verified: Set[int],
    impossible: Mapping[int, str],
) -> dict[int, Verdict]:
    """The guard's answers; what cannot be done provably is refused, too.

    Raises: RefusedError as `refuse_if_changed`.
    """
    refuse_if_changed(connection, record_ids)
    found = permit.verdicts(
        connection, loaded, record_ids, day=day, in_force=in_force, verified=verified
    )
    for record_id, reason in impossible.items():
        found[record_id] = Verdict(allowed=False, reasons=(Reason(text=reason),))
    return found


def whole_plan(
    connection: Connection, vault: Vault, record_ids: Sequence[int], *, batch: str, going: Set[int]
) -> Plan:
    """The plan for these records of a batch, and for those of `going` that must go with them,
    since they stand on a page that only goes as a whole."""
    chosen = set(record_ids)
    while True:
        later = going - chosen
        plan = make_plan(connection, vault, sorted(chosen), batch=batch, later=later)
        if not plan.together:
            return plan
        chosen |= plan.together
