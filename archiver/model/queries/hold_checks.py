"""Does the history of the holds agree with the ledger? A row that somebody put in past the
program stands in the one and not in the other."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator

from sqlalchemy import Connection, select

from archiver.model.queries.holds import RELEASED
from archiver.model.queries.orders import unsaid_limits
from archiver.model.tables import ledger
from archiver.model.tables_retention import hold_events, holds

_KIND = "hold "
_KEPT = ("kind", "matter", "reason", "issuer", "custodians", "scope", "notice", "placed_on",
         "anticipated_on", "review_on")  # fmt: skip


def disagreements(connection: Connection) -> Iterator[str]:
    """One sentence for each hold or act that is not as the ledger has it."""
    rows = {row.id: row for row in connection.execute(select(holds).order_by(holds.c.id))}
    said: Counter[str] = Counter()
    placed, released = {}, {}
    query = select(ledger.c.kind, ledger.c.body).where(ledger.c.kind.startswith(_KIND))
    for kind, body in connection.execute(query.order_by(ledger.c.seq)):
        act = kind.removeprefix(_KIND)
        parsed = json.loads(body)
        said[_line(act, parsed)] += 1
        if act == "placed":
            placed[parsed["hold"]] = parsed
        elif act == RELEASED:
            released[parsed["hold"]] = parsed
    done: Counter[str] = Counter()
    for event in connection.execute(select(hold_events).order_by(hold_events.c.id)):
        name = rows[event.hold_id].name
        done[_line(event.action, {"hold": name, "actor": event.actor, **event.detail})] += 1
    for missing in (done - said).elements():
        yield f"the history of the holds has what the ledger does not know: {missing}"
    for missing in (said - done).elements():
        yield f"the ledger has what the history of the holds lacks: {missing}"
    for row in rows.values():
        first = placed.pop(row.name, None)
        if first is None or any(first[name] != getattr(row, name) for name in _KEPT):
            yield f"the hold {row.name} is not as the ledger says that it was placed"
        end = released.get(row.name, {})
        if (row.released_on, row.released_by) != (end.get("released_on"), end.get("actor")):
            yield f"the hold {row.name} is not released as the ledger says"
        elif end and end["tail_days"] != row.tail_days:
            yield f"the hold {row.name} has not the tail that the ledger says"
    for name in placed:
        yield f"the hold {name} of the ledger is missing"
    yield from unsaid_limits(connection)


def _line(act: str, body: dict[str, object]) -> str:
    return f"{act} {json.dumps(body, sort_keys=True, ensure_ascii=False)}"
