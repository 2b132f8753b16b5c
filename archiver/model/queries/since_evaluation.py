"""Which records changed after retention was evaluated last: their standing is out of date.

Told by time: a new state, a finding, a tag, a claim, or a stated event that was kept after the
evaluation began. An event stated for a tag may concern any record, so it concerns all.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select, union

from archiver.model.tables import findings, runs, versions
from archiver.model.tables_orders import maximum_decisions
from archiver.model.tables_retention import assignments, evaluations, stated_events, tags

_AT_ONCE = 500


def changed(connection: Connection, record_ids: Sequence[int]) -> set[int]:
    """Those of the records that changed since; all of them if that cannot be told apart."""
    since = connection.execute(select(func.max(evaluations.c.at))).scalar()
    if since is None:
        return set(record_ids)
    general = select(stated_events.c.id).where(
        stated_events.c.record_id.is_(None), stated_events.c.at > since
    )
    if connection.execute(general.limit(1)).first() is not None:
        return set(record_ids)
    found: set[int] = set()
    wanted = sorted(record_ids)
    for start in range(0, len(wanted), _AT_ONCE):
        found |= _changed(connection, wanted[start : start + _AT_ONCE], since)
    return found


def _changed(connection: Connection, chosen: Sequence[int], since: datetime) -> set[int]:
    said = [
        select(table.c.record_id).where(table.c.record_id.in_(chosen), table.c.at > since)
        for table in (findings, tags, assignments, stated_events, maximum_decisions)
    ]
    states = (
        select(versions.c.record_id)
        .join(runs, runs.c.id == versions.c.run_id)
        .where(versions.c.record_id.in_(chosen), runs.c.ended_at > since)
    )
    return set(connection.scalars(union(states, *said)))
