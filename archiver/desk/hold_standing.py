"""Where a hold stands on a day: does it bind, who was told, who has confirmed, is a review due?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from archiver.model.custodians import address_of, name_of
from archiver.model.queries.holds import HoldEntry, HoldEvent, as_facts
from retention.hold import binds, last_bound_day

NOTICE_GIVEN = "notice given"
REMINDED = "reminded"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldStanding:
    """A hold on an agency-local day. `bound_through` is the last day on which it binds, None
    while that is open. A custodian is `untold` until a notice was given, then waited for until
    the newest notice was acknowledged: `told_at` is when it was given, `asked_at` when the
    custodian was last reminded of it or given it. `notice` is its text."""

    entry: HoldEntry
    records: int
    binds: bool
    bound_through: date | None
    untold: tuple[str, ...]
    waiting_for: tuple[str, ...]
    told_at: Mapping[str, datetime]
    asked_at: Mapping[str, datetime]
    notice: str
    review_due: bool

    @property
    def lapsed(self) -> bool:
        """Its last day is over and nobody has released it: nothing is destroyed yet."""
        return self.entry.released_on is None and not self.binds

    @property
    def state(self) -> str:
        """In words."""
        if self.bound_through is None:
            return "open"
        if self.lapsed:
            return f"lapsed on {self.bound_through}, to be released"
        return f"binds through {self.bound_through}" if self.binds else "over"


def standing_of(
    entry: HoldEntry, events: Iterable[HoldEvent], *, records: int, today: date
) -> HoldStanding:
    """Where the hold stands; `events` are all of its own, oldest first."""
    confirmed: dict[str, bool] = {}  # custodian -> the newest notice is acknowledged
    told: dict[str, datetime] = {}
    asked: dict[str, datetime] = {}
    notice = entry.notice
    for event in events:
        if event.action == "acknowledged":
            confirmed[event.detail["custodian"]] = True
            continue
        if event.action not in (NOTICE_GIVEN, REMINDED):
            continue
        people = event.detail["custodians"]
        asked.update(dict.fromkeys(people, event.at))
        if event.action == NOTICE_GIVEN:
            notice = event.detail.get("text", notice)
            told.update(dict.fromkeys(people, event.at))
            confirmed.update(dict.fromkeys(people, False))
    known = as_facts(entry, entry.scopes[0])
    is_open = entry.released_on is None
    return HoldStanding(
        entry=entry,
        records=records,
        binds=binds(known, today),
        bound_through=last_bound_day(known),
        untold=tuple(name for name in entry.custodians if name not in confirmed),
        waiting_for=tuple(name for name in entry.custodians if confirmed.get(name) is False),
        told_at=told,
        asked_at=asked,
        notice=notice,
        review_due=is_open and entry.review_on is not None and entry.review_on <= today,
    )


def is_custodian(entry: HoldEntry, name: str) -> str | None:
    """The custodian as the hold has it, by the whole entry, the address or the name; case and
    blanks make nobody another one. A name that two have is nobody's."""
    wanted = " ".join(name.split()).casefold()
    for known_as in (str, address_of, name_of):
        found = [each for each in entry.custodians if known_as(each).casefold() == wanted]
        if len(found) == 1:
            return found[0]
    return None
