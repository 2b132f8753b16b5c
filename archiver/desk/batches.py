"""A disposition as the law's arithmetic wants it, read from its rows and events.

The route (who must agree, in which order) is that of the schedule at the proposal and is kept
with it: a procedure that changes later does not change a batch that is under way.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from archiver.errors import NotFoundError
from archiver.model.database import Connection
from archiver.model.queries import dispositions
from archiver.model.queries import register as approvals
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

    def all_of(self, action: str) -> list[BatchEvent]:
        """Every act of this kind, oldest first."""
        return [each for each in self.events if each.action == action]


def combined(digests: Mapping[str, str]) -> str:
    """One digest of several schedules' digests."""
    text = json.dumps(dict(digests), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def load(connection: Connection, batch_id: int, *, among: Sequence[int] | None = None) -> Loaded:
    """The batch of that number; `among`: with these of its records only.

    Raises: NotFoundError.
    """
    row = dispositions.find(connection, batch_id)
    if row is None:
        raise NotFoundError(f"there is no disposition {batch_id}; see: archiver dispose list")
    items = tuple(dispositions.items_of(connection, batch_id, among=among))
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
    return _given(event.detail, event.actor)


def approvals_of(loaded: Loaded) -> tuple[Given, ...]:
    """All approvals that an executed batch rests on: its own, and those of the register as
    they stood when the execution began."""
    begun = loaded.event("begun")
    kept = begun.detail["registered"] if begun else ()
    return (*loaded.batch.given, *(_given(each, each["by"]) for each in kept))


def _given(kept: Mapping[str, Any], by: str) -> Given:
    return Given(
        step=Step(kept["step"]),
        by=by,
        on=date.fromisoformat(kept["on"]),
        document=kept["document"],
        whom=kept["whom"],
        series=kept["series"],
        place=kept["place"],
        waived=kept["waived"],
    )


def register(connection: Connection, batch_id: int | None, *, day: date) -> list[Given]:
    """The approvals for a series, and standing ones, that may be used on this agency-local day:
    those in the register, and those that were given with other batches (None: with any) and
    not taken back since."""
    back = approvals.taken_back(connection)
    found = []
    for event in dispositions.earlier_approvals(connection, batch_id):
        if event.detail.get("per") in (PerWhat.SERIES.value, PerWhat.STANDING.value):
            given = replace(given_in(event), place=None)
            taken = back.get((given.step, given.whom, given.series))
            if taken is None or taken < event.at:
                found.append(given)
    return found + [
        Given(
            step=each.step,
            by=each.given_by,
            on=each.given_on,
            document=each.document,
            whom=each.whom,
            series=each.series,
            waived=each.waived,
        )
        for each in approvals.standing(connection, day=day)
    ]


def used_of_register(batch: Batch, known: Iterable[Given]) -> list[Given]:
    """The approvals of the register that steps of the batch's route rest on, the latest of
    each step, party and series."""
    asked = {(each.step, each.whom) for each in batch.route if each.per is not PerWhat.ACT}
    found: dict[tuple[Step, str, str], Given] = {}
    for each in known:
        if (each.step, each.whom) in asked and each.series in ("", *batch.series):
            before = found.get((each.step, each.whom, each.series))
            if before is None or before.on <= each.on:
                found[each.step, each.whom, each.series] = each
    return list(found.values())


def _signed(event: BatchEvent | None) -> Signed | None:
    if event is None:
        return None
    return Signed(by=event.actor, on=date.fromisoformat(event.detail["on"]))
