"""Where a hold stands on a day: does it bind, who was told, who has confirmed, is a review due?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from archiver.model.queries.holds import HoldEntry, HoldEvent, as_facts
from retention.hold import binds, last_bound_day

NOTICE_GIVEN = "notice given"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldStanding:
    """A hold on an agency-local day. `bound_through` is the last day on which it binds, None
    while it is open. A custodian is `untold` until a notice was given, then waited for until
    the newest notice was acknowledged."""

    entry: HoldEntry
    records: int
    binds: bool
    bound_through: date | None
    untold: tuple[str, ...]
    waiting_for: tuple[str, ...]
    review_due: bool

    @property
    def state(self) -> str:
        """In words."""
        if self.bound_through is None:
            return "open"
        return f"binds through {self.bound_through}" if self.binds else "over"


def standing_of(
    entry: HoldEntry, events: Iterable[HoldEvent], *, records: int, today: date
) -> HoldStanding:
    """Where the hold stands; `events` are all of its own, oldest first."""
    told: dict[str, bool] = {}  # custodian -> the newest notice is acknowledged
    for event in events:
        if event.action == NOTICE_GIVEN:
            told.update(dict.fromkeys(event.detail["custodians"], False))
        elif event.action == "acknowledged":
            told[event.detail["custodian"]] = True
    known = as_facts(entry, entry.scopes[0])
    is_open = entry.released_on is None
    return HoldStanding(
        entry=entry,
        records=records,
        binds=binds(known, today),
        bound_through=last_bound_day(known),
        untold=tuple(name for name in entry.custodians if name not in told),
        waiting_for=tuple(name for name in entry.custodians if told.get(name) is False),
        review_due=is_open and entry.review_on is not None and entry.review_on <= today,
    )


def is_custodian(entry: HoldEntry, name: str) -> str | None:
    """The custodian's name as the hold has it; case and blanks make nobody another one."""
    wanted = " ".join(name.split()).casefold()
    return next((each for each in entry.custodians if each.casefold() == wanted), None)
