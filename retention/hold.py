"""Whom a hold reaches, and until when it binds.

A scope's limits must all be met (this account *and* these words); within one limit any value
is enough; picks add to what the rest reaches. A record reached by several holds is free only
when all are over. Nothing here asks how a record is classified, so no reclassification frees
it. What is not known of a record (its department, its author, its day) cannot take it out of
a scope.

A hold binds from the moment it is entered, also if its date lies ahead or the clock was set
back: the duty to preserve begins before the paper. It binds through the day of its release
and the tail after it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from retention.calendars import add_days, next_day
from retention.facts import Event, Hold, Reason, RecordFacts, Scope
from retention.words import contains_any, needles


def last_bound_day(hold: Hold) -> date | None:
    """The last day on which it binds; None: its end is not in sight."""
    if hold.released is not None:
        return add_days(hold.released, hold.tail_days)
    if hold.lapses is not None and hold.notice_given is not None:
        return max(hold.lapses, hold.notice_given)
    return None


def binds(hold: Hold, day: date) -> bool:
    """Is it an order to keep on this day?"""
    last = last_bound_day(hold)
    return last is None or day <= last


def reaches(scope: Scope, facts: RecordFacts) -> bool:
    """Is the record in the scope?"""
    if facts.record_id in scope.picks or scope.everything:
        return True
    return limited(scope) and all(
        (
            not scope.accounts or facts.account in scope.accounts,
            _unless_other(facts.department, scope.departments),
            _unless_other(facts.author_id, scope.authors),
            not needles(scope.words) or contains_any(facts.words, scope.words),
            _in_range(scope, facts),
        )
    )


def limited(scope: Scope) -> bool:
    """Does the scope set any limit? One that sets none reaches its picks alone."""
    return bool(
        scope.accounts
        or scope.departments
        or scope.authors
        or needles(scope.words)
        or scope.since is not None
        or scope.until is not None
    )


def binding(holds: Iterable[Hold], facts: RecordFacts, day: date) -> tuple[Hold, ...]:
    """The holds that freeze the record on this day, by id."""
    found = [hold for hold in holds if binds(hold, day) and reaches(hold.scope, facts)]
    return tuple(sorted(found, key=lambda hold: hold.id))


def free_from(holds: Iterable[Hold]) -> date | None:
    """The first day on which none of these binds; None: not in sight. No holds: at once."""
    days = [last_bound_day(hold) for hold in holds]
    known = [day for day in days if day is not None]
    if len(known) < len(days):
        return None
    return max((next_day(day) for day in known), default=date.min)


def could_reach(scope: Scope, *, account: str = "", department: str = "") -> bool:
    """Could a record of this account or department, present or future, be in the scope? Asked
    before a whole account, department or (both empty) archive is removed; picks, which say
    nothing of future records, are asked for one by one."""
    if scope.everything:
        return True
    return limited(scope) and all(
        (
            not account or not scope.accounts or account in scope.accounts,
            not department or not scope.departments or department in scope.departments,
        )
    )


def release_refusal(*, issuer: str, by: str, reason: str, other_person: bool) -> Reason | None:
    """Why this person may not release the hold. `other_person`: the agency wants it to be
    somebody else than the issuer."""
    if not by.strip() or not reason.strip():
        return Reason(text="A hold is released by a named person, with a reason.")
    if other_person and by.strip().casefold() == issuer.strip().casefold():
        return Reason(
            text=f"{by} issued this hold; somebody else must release it, as the agency's "
            "settings ask."
        )
    return None


def _unless_other(value: str, limit: tuple[str, ...]) -> bool:
    return not limit or not value or value in limit


def _in_range(scope: Scope, facts: RecordFacts) -> bool:
    """On the day of creation or of receipt; a record without either is not left out."""
    days = [facts.events[each] for each in (Event.CREATED, Event.RECEIVED) if each in facts.events]
    since, until = scope.since or date.min, scope.until or date.max
    return not days or any(since <= day <= until for day in days)
