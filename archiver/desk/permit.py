"""The one place that gives leave to destroy: it asks the guard again, where nothing can change.

Verdicts are asked for inside the transaction that acts on them; from `keep_still` on no hold
can be placed before it ends. A permit names segments of the vault and is given only when no
row of the database lies in them any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date

from archiver.desk.batches import Loaded, combined
from archiver.errors import RefusedError
from archiver.model.database import Connection
from archiver.model.queries import dispositions, due, erasure, holds
from archiver.model.queries.dispositions import Item
from archiver.model.queries.due import Candidate
from archiver.model.queries.segments import segment_names
from archiver.values import Permit
from retention.facts import Action, Decision, Manner, Reason, RecordFacts, Standing
from retention.guard import Custody, Verdict, may_dispose


def verdicts(
    connection: Connection,
    loaded: Loaded,
    record_ids: Sequence[int],
    *,
    day: date,
    in_force: Mapping[str, str],
    verified: Set[int],
) -> dict[int, Verdict]:
    """The guard's answer for each record, on this agency-local day. `in_force` gives the
    digests of the schedules that are adopted now, `verified` the records whose newest state
    was just read back from the vault."""
    holds.keep_still(connection)
    binding = holds.open_holds_on(connection, record_ids, day=day)
    standing = due.standing_of(connection, record_ids)
    items = {each.record_id: each for each in loaded.items}
    now = combined({name: in_force.get(name, "") for name in loaded.row.digests})
    found = {}
    for record_id in record_ids:
        item = items[record_id]
        found[record_id] = may_dispose(
            RecordFacts(record_id=record_id, account=item.account, platform="", kind=item.kind),
            _decision(record_id, standing.get(record_id), item, day),
            day=day,
            holds=binding.get(record_id, []),
            plan_digest=combined(loaded.row.digests),
            adopted_digest=now,
            custody=Custody(archived=True, newest_version_verified=record_id in verified),
        )
    return found


def _decision(record_id: int, known: Candidate | None, item: Item, day: date) -> Decision:
    """The last evaluation's answer; a record that it does not know, or that it now puts into
    another series, stays."""
    same = known is not None and (known.schedule, known.series) == (item.schedule, item.series)
    if known is None or not same:
        return Decision(
            record_id=record_id,
            day=day,
            standing=Standing.UNSCHEDULED,
            series=(),
            eligible_on=None,
            must_go_by=None,
            action=Action.KEEP,
            manner=Manner.ORDINARY,
            holds=(),
            reasons=(),
        )
    return Decision(
        record_id=record_id,
        day=known.evaluated_on,
        standing=known.standing,
        series=(known.key,),
        eligible_on=known.eligible_on,
        must_go_by=None,
        action=known.action,
        manner=Manner(known.manner),
        holds=(),
        reasons=(Reason(text=f"{known.title} ({known.key})", citation=known.citation),),
    )


def for_replaced(connection: Connection, batch_id: int) -> Permit:
    """Leave to remove the segments that this disposition replaced.

    Raises: RefusedError when it is not being executed, or when a row still lies in one of
    them.
    """
    _executing(connection, batch_id)
    names = erasure.replaced_by(connection, batch_id).keys()
    used = erasure.still_in_use(connection, names)
    if used:
        raise RefusedError(f"the segment {min(used)} is still in use; nothing was removed")
    return Permit(batch=batch_id, segments=frozenset(names))


def for_copies(connection: Connection, batch_id: int, names: Iterable[str]) -> Permit:
    """Leave to remove rewritten copies that no transaction took over.

    Raises: RefusedError when one of them is a segment of the archive.
    """
    _executing(connection, batch_id)
    wanted = frozenset(names)
    known = wanted & segment_names(connection)
    if known:
        raise RefusedError(f"{min(known)} is a segment of the archive; nothing was removed")
    return Permit(batch=batch_id, segments=wanted)


def _executing(connection: Connection, batch_id: int) -> None:
    row = dispositions.find(connection, batch_id)
    if row is None or row.state != "executing":
        raise RefusedError(f"disposition {batch_id} is not being executed")
