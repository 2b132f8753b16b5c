"""A disposition as the law's arithmetic wants it, read from its rows and events.

The route (who must agree, in which order) is that of the schedule at the proposal and is kept
with it: a procedure that changes later does not change a batch that is under way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from archiver.errors import NotFoundError
from archiver.model.database import Connection
from archiver.model.queries import dispositions
from archiver.model.queries.dispositions import DONE, EXCLUDED, HELD, BatchEvent, BatchRow, Item
from retention.approvals import Given
from retention.batch import Batch, Signed, Stage
from retention.facts import Approval, PerWhat, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A batch: its row, items and events, and the same as the law sees it."""

    row: BatchRow
    items: tuple[Item, ...]
    events: tuple[BatchEvent, ...]
    batch: Batch

    def ids(self, *states: str) -> list[int]:
        """The records whose item is in one of these states."""
        return [each.record_id for each in self.items if each.state in states]

    def event(self, action: str) -> BatchEvent | None:
        """The newest act of this kind."""
        return next((each for each in reversed(self.events) if each.action == action), None)


def combined(digests: Mapping[str, str]) -> str:
    """One digest of several schedules' digests."""
    text = json.dumps(dict(digests), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def load(connection: Connection, batch_id: int) -> Loaded:
    """The batch of that number. Raises: NotFoundError."""
    row = dispositions.find(connection, batch_id)
    if row is None:
        raise NotFoundError(f"there is no disposition {batch_id}; see: archiver dispose list")
    items = tuple(dispositions.items_of(connection, batch_id))
    events = tuple(dispositions.events_of(connection, batch_id))
    proposed = next(each for each in events if each.action == "proposed")
    out = {each.record_id: each.reason for each in items if each.state in (EXCLUDED, HELD)}
    batch = Batch(
        id=str(batch_id),
        digest=combined(row.digests),
        proposed=Signed(by=row.proposed_by, on=date.fromisoformat(proposed.detail["on"])),
        records={each.record_id: each.account for each in items},
        series=tuple(proposed.detail["series"]),
        route=tuple(_approval(each) for each in proposed.detail["route"]),
        stage=Stage(row.state),
        reviewed=_signed(next((e for e in events if e.action == "reviewed"), None)),
        given=tuple(given_in(each) for each in events if each.action == "approved"),
        dropped=out,
        gone=frozenset(each.record_id for each in items if each.state == DONE),
    )
    return Loaded(row=row, items=items, events=events, batch=batch)


def route_as_json(route: Iterable[Approval]) -> list[dict[str, Any]]:
    """As it is kept with the proposal."""
    return [asdict(each) for each in route]


def _approval(kept: Mapping[str, Any]) -> Approval:
    return Approval(**{**kept, "step": Step(kept["step"]), "per": PerWhat(kept["per"])})


def given_as_json(given: Given) -> dict[str, object]:
    """As an approval is kept with its event; the person is the event's actor."""
    return {
        "step": given.step.value,
        "on": given.on.isoformat(),
        "document": given.document,
        "whom": given.whom,
        "series": given.series,
        "place": given.place,
        "waived": given.waived,
    }


def given_in(event: BatchEvent) -> Given:
    """The approval that an event tells of."""
    kept = event.detail
    return Given(
        step=Step(kept["step"]),
        by=event.actor,
        on=date.fromisoformat(kept["on"]),
        document=kept["document"],
        whom=kept["whom"],
        series=kept["series"],
        place=kept["place"],
        waived=kept["waived"],
    )


def register(connection: Connection, batch_id: int) -> list[Given]:
    """Approvals for a series, and standing ones, that were given with other batches."""
    found = []
    for event in dispositions.earlier_approvals(connection, batch_id):
        if event.detail.get("per") in (PerWhat.SERIES.value, PerWhat.STANDING.value):
            given = given_in(event)
            found.append(
                Given(
                    step=given.step,
                    by=given.by,
                    on=given.on,
                    document=given.document,
                    whom=given.whom,
                    series=given.series,
                    waived=given.waived,
                )
            )
    return found


def _signed(event: BatchEvent | None) -> Signed | None:
    if event is None:
        return None
    return Signed(by=event.actor, on=date.fromisoformat(event.detail["on"]))
