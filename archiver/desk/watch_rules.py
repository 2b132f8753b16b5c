"""What should be alarmed, and what is a gap: decided over plain data. Pure.

Rules
-----
1. An approved account without a success for more than two `new` intervals is stale. The
   time before its approval does not count.
2. A stale account is a gap from its last success on: an "outage" when captures failed, "not
   running" when none was tried. The kind does not change while the gap is open.
3. A stale account is a "dead connection" once the running program had the chance to reach
   it: it tried, or two intervals went by. What was alarmed stays so until a success.
4. An approval that ends soon is announced; one that ended is a gap, and so is nothing else
   of that account: it may not be captured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from archiver.capture.schedule import HOURLY
from archiver.model.queries.health import State
from archiver.model.queries.registry import AccountEntry
from archiver.model.queries.watch import STOPPED

DEAD = "dead connection"
NOT_RUNNING = "not running"
OUTAGE = "outage"
APPROVAL_ENDS = "approval ends"
APPROVAL_ENDED = "approval ended"
NOT_APPROVED = "not approved"
SUSPENDED = "suspended"
CREDENTIAL = "credential expires"
DISK = "disk"
UNREADABLE = "unreadable file"

ACCOUNT_ALARMS = frozenset({DEAD, APPROVAL_ENDS, APPROVAL_ENDED, CREDENTIAL})
ACCOUNT_GAPS = frozenset({OUTAGE, NOT_RUNNING, NOT_APPROVED, SUSPENDED})
LEAST_PATIENCE = timedelta(seconds=10)  # for intervals of seconds, as in the demo
REVIEW_AHEAD = timedelta(days=30)
CREDENTIAL_AHEAD = timedelta(days=14)
LEAST_FREE_BYTES = 2 * 10**9
LEAST_FREE_SHARE = 0.05

_ADVICE = {
    "credentials refused": "Renew the credential, then run: archiver accounts test {slug}",
    "permission lost": "Give the permissions back on the platform, then run: "
    "archiver accounts test {slug}",
    "account closed": "Look at the account on the platform; if it is closed for good, run: "
    "archiver accounts suspend {slug}",
    "misconfigured": "Put the account's options or credentials right, then run: "
    "archiver accounts test {slug}",
    "address refused": "List the host under capture.allow_addresses if it is the agency's own.",
    "usage capped": "The platform's plan is used up: raise it, or wait for its next period.",
    "rate limited": "Archiver waits as the platform asks; longer intervals ask less of it.",
}
_ADVICE_OTHERWISE = "It is tried again at least hourly; to try now, run: archiver capture {slug}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One account as the watch sees it; `alarms` and `gaps` are the kinds that are open."""

    entry: AccountEntry
    state: State
    credential_expires: datetime | None = None
    alarms: Set[str] = frozenset()
    gaps: Set[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Trouble:
    """An alarm or a gap that should be open: since when, and in words why."""

    since: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What should be open of an account, by kind."""

    alarms: Mapping[str, Trouble] = field(default_factory=dict)
    gaps: Mapping[str, Trouble] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """By what the watch judges: the `new` interval, the agency's zone, when we started."""

    new: timedelta
    zone: ZoneInfo
    running_since: datetime

    @property
    def patience(self) -> timedelta:
        """How long an account may be without a success."""
        return max(2 * self.new, LEAST_PATIENCE)

    def say(self, moment: datetime) -> str:
        """A moment as people of the agency read it."""
        return moment.astimezone(self.zone).strftime("%Y-%m-%d %H:%M %Z")


def wanted(sight: Sight, terms: Terms, now: datetime) -> Wanted:
    """The alarms and gaps that should be open of an account now."""
    entry = sight.entry
    if entry.state != "approved":
        return Wanted()
    alarms, gaps = {}, {}
    if entry.approval_ends is not None and entry.approval_ends <= now:
        told = _approval_ended(entry, entry.approval_ends, terms)
        return Wanted({APPROVAL_ENDED: told}, {NOT_APPROVED: told})
    ending = _approval_ends(entry, terms, now)
    if ending is not None:
        alarms[APPROVAL_ENDS] = ending
    expiring = _credential(sight, terms, now)
    if expiring is not None:
        alarms[CREDENTIAL] = expiring
    if is_stale(sight, terms, now):
        trouble = Trouble(_base(sight), _words(sight, terms, now))
        gaps[_gap_kind(sight, terms, now)] = trouble
        if DEAD in sight.alarms or _had_the_chance(sight, terms, now):
            alarms[DEAD] = trouble
    return Wanted(alarms, gaps)


def is_stale(sight: Sight, terms: Terms, now: datetime) -> bool:
    """No success for longer than an approved account may be without one?"""
    return now - _base(sight) > terms.patience


def not_running(
    sights: Sequence[Sight], found: Sequence[Wanted], terms: Terms, now: datetime
) -> Trouble | None:
    """The alarm for the whole archive: accounts that nothing has tried to capture yet."""
    since = [
        each.gaps[NOT_RUNNING].since
        for sight, each in zip(sights, found, strict=True)
        if NOT_RUNNING in each.gaps and not _tried(sight, terms)
    ]
    if not since:
        return None
    began = min(since)
    return Trouble(
        began,
        f"Archiver did not capture from {terms.say(began)} on "
        f"({in_minutes(began, now)}); accounts not captured since: {len(since)}. They are "
        "captured now; what was edited or removed in between may be missing. The gap "
        "register keeps it.",
    )


def disk_trouble(free: Mapping[Path, tuple[int, int]], now: datetime) -> Trouble | None:
    """The alarm for places that fill up; `free` has free and all bytes of each."""
    low = [
        f"{place} has {left / 10**9:.1f} GB left of {total / 10**9:.1f} GB"
        for place, (left, total) in free.items()
        if left < LEAST_FREE_BYTES or left < total * LEAST_FREE_SHARE
    ]
    if not low:
        return None
    return Trouble(
        now, f"{'; '.join(low)}. Make room: when the disk is full, nothing more can be captured."
    )


def in_minutes(since: datetime, now: datetime) -> str:
    """The time between in whole minutes, in words."""
    whole = int((now - since).total_seconds() // 60)
    if whole <= 0:
        return "less than a minute"
    return "1 minute" if whole == 1 else f"{whole} minutes"


def _base(sight: Sight) -> datetime:
    """From when an account has been without a success; before its approval does not count."""
    known = [t for t in (sight.state.last_success, sight.entry.approved_at) if t is not None]
    return max(known, default=sight.entry.proposed_at)


def _failing(state: State) -> bool:
    return state.failing_since is not None and state.error_code != STOPPED


def _tried(sight: Sight, terms: Terms) -> bool:
    last = sight.state.last_attempt
    return last is not None and last >= terms.running_since


def _had_the_chance(sight: Sight, terms: Terms, now: datetime) -> bool:
    if _tried(sight, terms) and _failing(sight.state):
        return True
    return now - terms.running_since > terms.patience


def _gap_kind(sight: Sight, terms: Terms, now: datetime) -> str:
    if NOT_RUNNING in sight.gaps:
        return NOT_RUNNING
    if OUTAGE in sight.gaps:
        return OUTAGE
    state = sight.state
    if not _failing(state) or state.last_attempt is None:
        return NOT_RUNNING
    waiting = state.not_before is not None and state.not_before > state.last_attempt
    silent = now - state.last_attempt > max(terms.patience, HOURLY)
    return NOT_RUNNING if silent and not waiting else OUTAGE


def _words(sight: Sight, terms: Terms, now: datetime) -> str:
    entry, state = sight.entry, sight.state
    base = _base(sight)
    at_risk = in_minutes(base, now)
    if not _failing(state):
        return (
            f"{entry.slug} was last captured at {terms.say(base)}, {at_risk} ago, and "
            "nothing has failed since: it was not tried. See the log of the service and: "
            "archiver status"
        )
    advice = _ADVICE.get(state.error_code, _ADVICE_OTHERWISE).format(slug=entry.slug)
    wait = ""
    if state.not_before is not None and state.not_before > now:
        wait = f" It is tried again at {terms.say(state.not_before)}."
    error = state.error_text.strip().rstrip(".") or state.error_code
    return (
        f"{entry.slug} has not been captured since {terms.say(base)}, for {at_risk}, "
        f"after {state.failures} failures in a row ({state.error_code}: {error}).{wait} {advice}"
    )


def _approval_ended(entry: AccountEntry, ended: datetime, terms: Terms) -> Trouble:
    return Trouble(
        ended,
        f"The approval of {entry.slug} ended at {terms.say(ended)}: it is not captured any "
        f"more. After the annual review an approver runs: archiver accounts approve {entry.slug} "
        "--by NAME",
    )


def _approval_ends(entry: AccountEntry, terms: Terms, now: datetime) -> Trouble | None:
    ends, began = entry.approval_ends, entry.approved_at
    if ends is None:
        return None
    ahead = REVIEW_AHEAD if began is None else min(REVIEW_AHEAD, (ends - began) / 4)
    if now < ends - ahead:
        return None
    return Trouble(
        ends - ahead,
        f"The approval of {entry.slug} ends at {terms.say(ends)}; without the annual review it "
        f"is not captured after that. An approver runs: archiver accounts approve {entry.slug} "
        "--by NAME",
    )


def _credential(sight: Sight, terms: Terms, now: datetime) -> Trouble | None:
    ends = sight.credential_expires
    if ends is None or now < ends - CREDENTIAL_AHEAD:
        return None
    verb = "expired" if ends <= now else "expires"
    return Trouble(
        ends - CREDENTIAL_AHEAD,
        f"A credential of {sight.entry.slug} {verb} at {terms.say(ends)}. Renew it on the "
        f"platform, then run: archiver accounts test {sight.entry.slug}",
    )
