"""Which window of an account is to be walked next, and when. Pure: no clock, no database.

Rules
-----
1. NEW comes each `new`, or each `watch` while the newest post is younger than `watch_for`:
   edits come early.
2. RECENT comes each `recent`, FULL each `full`; the first FULL walk, the backfill, comes as
   soon as NEW went through once, the first RECENT one `recent` after the backfill began.
3. A walk that was cut off goes on at once.
4. Of several windows that are due, NEW goes before RECENT before FULL; but a window that
   had its turn while another one waited stands back, so none starves.
5. A window that fails is tried again after `new`, then after twice as long, and so on, but
   at least hourly. While NEW fails, the account is taken for dead: NEW alone is tried.
6. When the platform named a time to come back, nothing is tried before it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from archiver.model.queries.browse import WalkLine
from archiver.model.queries.health import State
from archiver.model.queries.watch import Steps
from config.settings import Intervals
from connectors.base import Window

HOURLY = timedelta(hours=1)
LONGEST_WAIT = timedelta(minutes=54)  # with jitter, a dead account is still tried hourly
NO_WAIT = timedelta(0)
LOOK_BACK = timedelta(days=1)  # older steps say nothing about how an account is doing
LEAST_PAUSE = timedelta(minutes=1)  # between two tries, whatever short wait a platform names
SHARE = 0.1  # of an interval: how late jitter may make a walk
_RANK = {Window.NEW: 0, Window.RECENT: 1, Window.FULL: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is behind a window; times aware UTC.

    `began` is the start of the walk that is open, or of the last one; `ended` the end of the
    last whole walk; `last_run` the end of its last step of any outcome. `failures` counts
    the failed steps since the last good one.
    """

    open: bool
    began: datetime
    ended: datetime | None
    last_run: datetime | None
    failures: int = 0


@dataclass(frozen=True, slots=True)
class Due:
    """The next turn: `interval` is what it was counted by, zero when it comes at once."""

    window: Window
    at: datetime
    interval: timedelta = NO_WAIT


def past_of(walks: Sequence[WalkLine], steps: Mapping[str, Steps]) -> Mapping[Window, Past]:
    """What is behind each window, from its walk and its steps of the last `LOOK_BACK`."""
    found = {}
    for line in walks:
        step = steps.get(line.window)
        found[Window(line.window)] = Past(
            open=line.open,
            began=line.began,
            ended=line.ended,
            last_run=step.last if step else line.ended,
            failures=step.failures if step else 0,
        )
    return found


def next_due(
    state: State, walks: Mapping[Window, Past], intervals: Intervals, now: datetime
) -> Due:
    """The account's next turn. `at` may be in the past: then it is overdue."""
    offered = all_due(state, walks, intervals, now)
    ready = [due for due in offered.values() if due.at <= now]
    if not ready:
        return min(offered.values(), key=lambda due: (due.at, _RANK[due.window]))
    ready.sort(key=lambda due: _RANK[due.window])
    for due in ready:
        past = walks.get(due.window)
        had = past.last_run if past else None
        if had is None or not any(other.at <= had for other in ready if other is not due):
            return due
    return ready[0]


def all_due(
    state: State, walks: Mapping[Window, Past], intervals: Intervals, now: datetime
) -> Mapping[Window, Due]:
    """The next turn of each window that may have one; NEW always has."""
    return {due.window: due for due in _offers(state, walks, intervals, now)}


def jitter(slug: str, interval: timedelta, chance: float) -> timedelta:
    """How much later than due a walk starts, so that accounts do not all start at once.

    Half of it is the account's own, half is `chance` (0 to 1). At most a tenth of the
    interval, and never more than an hour.
    """
    own = int.from_bytes(hashlib.sha256(slug.encode()).digest()[:4], "big") / 2**32
    return min(interval * SHARE, HOURLY) * ((own + chance) / 2)


def backoff(failures: int, intervals: Intervals) -> timedelta:
    """The wait after so many failures in a row."""
    if failures <= 0:
        return NO_WAIT
    return min(intervals.new * (1 << min(failures - 1, 20)), LONGEST_WAIT)


def _offers(
    state: State, walks: Mapping[Window, Past], intervals: Intervals, now: datetime
) -> Iterator[Due]:
    past = walks.get(Window.NEW)
    stray = _stray_failures(state, walks)
    new = _new(state, past, intervals, now)
    if stray and state.last_attempt is not None:
        new = _after_failures(new, stray, state.last_attempt, state, intervals)
    yield new
    if past is None or past.ended is None:
        return  # nothing else before NEW went through once
    dead = stray > 0 or past.failures > 0
    for due in _others(state, walks, intervals, first=past.ended):
        yield Due(due.window, max(due.at, new.at), due.interval) if dead else due


def _new(state: State, past: Past | None, intervals: Intervals, now: datetime) -> Due:
    if past is None:
        due = Due(Window.NEW, now)
    elif past.ended is None or past.open:
        due = Due(Window.NEW, past.last_run or past.began)
    else:
        interval = _pace(state.newest_item, past.ended, intervals)
        due = Due(Window.NEW, past.ended + interval, interval)
    return _held_back(due, past, state, intervals)


def _pace(newest: datetime | None, ended: datetime, intervals: Intervals) -> timedelta:
    """The distance of two NEW walks: by the newest item's age when the next one comes."""
    soon = min(intervals.watch, intervals.new)
    if newest is not None and abs(ended + soon - newest) < intervals.watch_for:
        return soon
    return intervals.new


def _others(
    state: State, walks: Mapping[Window, Past], intervals: Intervals, *, first: datetime
) -> Iterator[Due]:
    """The turns of RECENT and FULL; `first` is when NEW went through."""
    recent, full = walks.get(Window.RECENT), walks.get(Window.FULL)
    if recent is not None or full is not None:
        started = full.began if full is not None else first
        due = _regular(Window.RECENT, recent, intervals.recent, first=started + intervals.recent)
        yield _held_back(due, recent, state, intervals)
    due = _regular(Window.FULL, full, intervals.full, first=first)
    yield _held_back(due, full, state, intervals)


def _regular(window: Window, past: Past | None, interval: timedelta, *, first: datetime) -> Due:
    if past is None:
        return Due(window, first)
    if past.open or past.ended is None:
        return Due(window, past.last_run or past.began)
    return Due(window, past.ended + interval, interval)


def _held_back(due: Due, past: Past | None, state: State, intervals: Intervals) -> Due:
    """The same turn, not before the end of a wait that a fault or the platform asks for."""
    if past is not None and past.failures and past.last_run is not None:
        return _after_failures(due, past.failures, past.last_run, state, intervals)
    if state.not_before is not None and state.not_before > due.at:
        return Due(due.window, state.not_before)
    return due


def _after_failures(
    due: Due, failures: int, last: datetime, state: State, intervals: Intervals
) -> Due:
    if state.not_before is not None:
        pause = min(LEAST_PAUSE, intervals.new)
        return Due(due.window, max(due.at, state.not_before, last + pause))
    wait = backoff(failures, intervals)
    return Due(due.window, last + wait, wait)


def _stray_failures(state: State, walks: Mapping[Window, Past]) -> int:
    """Failures that left no step behind, such as a missing credential; they count as NEW's."""
    if state.last_attempt is None or state.error_code in ("", "stopped"):
        return 0
    steps = [past.last_run for past in walks.values() if past.last_run is not None]
    return state.failures if all(step < state.last_attempt for step in steps) else 0
