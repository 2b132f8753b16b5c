"""The alarm for holds that wait for a person: a review is due, a custodian has not confirmed,
a hold that lapses is to be told of or released. A forgotten hold keeps records that should go,
and nobody notices that custodians have left. The daemon's watch calls `settle` in its round."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from archiver.desk.hold_standing import HoldStanding, standing_of
from archiver.model.database import Connection
from archiver.model.queries import health, holds

HOLD_REVIEW = "hold review"
REMIND_AFTER = timedelta(days=7)  # between two letters to one who has not confirmed
CONFIRM_WITHIN = timedelta(days=14)  # after that people are told of it
TELL_AHEAD = timedelta(days=14)  # so long before it lapses the requester is to be told

_REVIEW = (
    "Holds wait for their review: {holds}. Counsel decides whether each is still needed, then "
    "runs: archiver holds review NAME --by WHO --note TEXT, or: archiver holds release NAME --help"
)
_CONFIRM = (
    "Custodians have not confirmed a notice: {holds}. Ask them, then run: archiver holds "
    "acknowledge NAME CUSTODIAN --by WHO, or: archiver holds remind NAME --by WHO"
)
_TELL = (
    "Requesters must be told that their hold ends: {holds}. Until then it does not lapse. Once "
    "they were told: archiver holds told NAME --on DAY --by WHO; if they ask for more time: "
    "archiver holds limit NAME --help"
)
_RELEASE = (
    "Holds have lapsed and are still to be released, or extended: {holds}. Nothing of them is "
    "destroyed before that: archiver holds release NAME --help, archiver holds limit NAME --help"
)


def settle(connection: Connection, *, now: datetime, zone: ZoneInfo) -> None:
    """Open the alarm, refresh it or close it, as the holds of the agency-local day ask."""
    today = now.astimezone(zone).date()
    waits: dict[str, list[tuple[date, str]]] = {}
    for entry in holds.all_holds(connection):
        if entry.released_on is None:
            events = holds.events(connection, entry.id)
            standing = standing_of(entry, events, records=0, today=today)
            for sentence, since, what in _waits(standing, now, zone):
                waits.setdefault(sentence, []).append((since, what))
    if not waits:
        health.close_alarms(connection, account_id=None, kinds=(HOLD_REVIEW,), at=now)
        return
    told = [
        sentence.format(holds="; ".join(f"{what} since {since}" for since, what in sorted(found)))
        for sentence, found in waits.items()
    ]
    first = min(since for found in waits.values() for since, _ in found)
    health.open_alarm(
        connection,
        account_id=None,
        kind=HOLD_REVIEW,
        text=" ".join(told),
        since=datetime.combine(first, time.min, zone).astimezone(UTC),
        at=now,
    )


def _waits(
    standing: HoldStanding, now: datetime, zone: ZoneInfo
) -> Iterator[tuple[str, date, str]]:
    """For what one open hold waits: the sentence, since when, and which hold it is."""
    entry = standing.entry
    named = f"{entry.name} ({entry.matter})"
    today = now.astimezone(zone).date()
    if standing.review_due and entry.review_on is not None:
        yield _REVIEW, entry.review_on, named
    late = [each for each in standing.waiting_for if standing.told_at[each] <= now - CONFIRM_WITHIN]
    if late:
        since = min(standing.told_at[each] for each in late).astimezone(zone).date()
        yield _CONFIRM, since, f"{named}: {', '.join(late)}"
    if standing.lapsed and standing.bound_through is not None:
        yield _RELEASE, standing.bound_through, named
    limit = entry.limit
    if limit is not None and limit.lapses is not None and limit.notice is None:
        begin = limit.lapses - TELL_AHEAD
        if begin <= today:
            yield _TELL, begin, f"{named}, which ends on {limit.lapses},"
