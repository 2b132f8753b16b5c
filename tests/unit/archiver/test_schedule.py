"""When each window of an account comes, over plain data."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.schedule import (
    HOURLY,
    Due,
    Past,
    backoff,
    jitter,
    next_due,
    past_of,
)
from archiver.model.queries.browse import WalkLine
from archiver.model.queries.health import State
from archiver.model.queries.watch import Steps
from config.settings import Intervals
from connectors.base import Window
from tests.support.clock import NOON

USUAL = Intervals()
MINUTE = timedelta(minutes=1)
FRESH = State(
    account_id=1,
    last_attempt=None,
    last_success=None,
    failing_since=None,
    failures=0,
    error_code="",
    error_text="",
    not_before=None,
    newest_item=None,
)


def ago(**units: float) -> datetime:
    return NOON - timedelta(**units)


def whole(ended: datetime) -> Past:
    """A walk that went through."""
    return Past(open=False, began=ended - MINUTE, ended=ended, last_run=ended)


def cut_off(last_run: datetime, *, ended: datetime | None = None) -> Past:
    """A walk that was cut off."""
    return Past(open=True, began=last_run - MINUTE, ended=ended, last_run=last_run)


def failing(past: Past, failures: int, last_run: datetime) -> Past:
    """The same window after failed steps."""
    return replace(past, open=True, failures=failures, last_run=last_run)


def well(*, newest_item: datetime | None = None) -> State:
    """An account without faults."""
    moment = ago(minutes=1)
    return replace(FRESH, last_attempt=moment, last_success=moment, newest_item=newest_item)


def failed(failures: int, at: datetime, code: str = "transient") -> State:
    """An account with faults in a row."""
    return replace(
        FRESH,
        last_attempt=at,
        last_success=ago(days=2),
        failing_since=at,
        failures=failures,
        error_code=code,
    )


def test_a_fresh_account_starts_with_new_at_once() -> None:
    assert next_due(FRESH, {}, USUAL, NOON) == Due(Window.NEW, NOON)


def test_the_backfill_follows_at_once_after_the_first_new() -> None:
    due = next_due(well(), {Window.NEW: whole(ago(seconds=1))}, USUAL, NOON)
    assert due == Due(Window.FULL, ago(seconds=1))


def test_nothing_else_comes_before_new_went_through_once() -> None:
    walks = {Window.NEW: failing(cut_off(ago(hours=3)), 1, ago(hours=3))}
    assert next_due(failed(1, ago(hours=3)), walks, USUAL, NOON).window is Window.NEW


def test_recent_comes_first_one_interval_after_the_backfill_began() -> None:
    full = Past(open=True, began=ago(minutes=59), ended=None, last_run=NOON)
    walks = {Window.NEW: whole(ago(minutes=2)), Window.FULL: full}
    assert next_due(well(), walks, USUAL, NOON).window is Window.FULL
    assert next_due(well(), walks, USUAL, NOON + MINUTE).window is Window.RECENT


@pytest.mark.parametrize(
    ("new", "recent", "full", "expected"),
    [
        (ago(minutes=5), ago(minutes=5), ago(days=1), (Window.NEW, 10)),
        (ago(minutes=5), ago(minutes=58), ago(days=1), (Window.RECENT, 2)),
        (ago(minutes=5), ago(minutes=5), ago(days=6, hours=23, minutes=55), (Window.FULL, 5)),
        (ago(minutes=20), ago(minutes=5), ago(days=6), (Window.NEW, -5)),
        (ago(minutes=1), ago(hours=2), ago(days=7), (Window.RECENT, -60)),
    ],
)
def test_each_window_keeps_its_interval(
    new: datetime, recent: datetime, full: datetime, expected: tuple[Window, int]
) -> None:
    walks = {
        Window.NEW: whole(new),
        Window.RECENT: whole(recent),
        Window.FULL: whole(full),
    }
    due = next_due(well(), walks, USUAL, NOON)
    assert (due.window, due.at) == (expected[0], NOON + expected[1] * MINUTE)


def settled(new: datetime) -> dict[Window, Past]:
    """Walks of an account on which only NEW comes soon."""
    return {
        Window.NEW: whole(new),
        Window.RECENT: whole(ago(minutes=1)),
        Window.FULL: whole(ago(hours=1)),
    }


@pytest.mark.parametrize(
    ("newest", "minutes"),
    [
        (ago(minutes=3), 2),
        (ago(hours=1, minutes=57), 2),
        (ago(hours=1, minutes=58), 15),
        (ago(days=3), 15),
        (NOON + timedelta(days=300), 15),  # an event that is announced ahead
    ],
)
def test_an_account_that_just_posted_is_watched_closely(newest: datetime, minutes: int) -> None:
    due = next_due(well(newest_item=newest), settled(NOON), USUAL, NOON)
    assert due == Due(Window.NEW, NOON + minutes * MINUTE, minutes * MINUTE)


def test_watching_never_makes_new_come_later() -> None:
    hasty = Intervals(new=timedelta(seconds=30), watch=timedelta(minutes=2))
    due = next_due(well(newest_item=NOON), settled(NOON), hasty, NOON)
    assert due.at == NOON + timedelta(seconds=30)


def test_a_walk_that_was_cut_off_goes_on_at_once() -> None:
    walks = settled(ago(minutes=1)) | {Window.FULL: cut_off(ago(seconds=1), ended=ago(days=1))}
    assert next_due(well(), walks, USUAL, NOON) == Due(Window.FULL, ago(seconds=1))
    walks = settled(ago(minutes=1)) | {Window.NEW: cut_off(ago(seconds=1), ended=ago(days=1))}
    assert next_due(well(), walks, USUAL, NOON) == Due(Window.NEW, ago(seconds=1))


def test_new_goes_before_a_backfill_that_is_under_way() -> None:
    walks = {Window.NEW: whole(ago(minutes=16)), Window.FULL: cut_off(ago(seconds=1))}
    assert next_due(well(), walks, USUAL, NOON).window is Window.NEW


def test_after_a_long_downtime_new_comes_first() -> None:
    walks = {
        Window.NEW: whole(ago(days=3, minutes=10)),
        Window.RECENT: whole(ago(days=3, minutes=30)),
        Window.FULL: cut_off(ago(days=3)),
    }
    assert next_due(well(), walks, USUAL, NOON).window is Window.NEW


def test_no_window_starves_when_all_are_always_due() -> None:
    hasty = Intervals(
        new=timedelta(seconds=1), recent=timedelta(seconds=1), full=timedelta(seconds=1)
    )
    walks: dict[Window, Past] = {}
    turns: Counter[Window] = Counter()
    now = NOON
    for _ in range(60):
        due = next_due(well(), walks, hasty, now)
        now = max(now, due.at) + timedelta(seconds=5)  # each walk takes longer than all intervals
        turns[due.window] += 1
        began = walks[due.window].began if due.window in walks else now
        if due.window is Window.FULL:  # a backfill without an end
            walks[Window.FULL] = Past(open=True, began=began, ended=None, last_run=now)
        else:
            walks[due.window] = whole(now)
    assert min(turns[window] for window in Window) >= 19


@pytest.mark.parametrize(
    ("failures", "minutes"), [(1, 15), (2, 30), (3, 54), (4, 54), (50, 54), (5000, 54)]
)
def test_failures_are_tried_again_ever_later_but_at_least_hourly(
    failures: int, minutes: int
) -> None:
    walks = settled(ago(days=1)) | {Window.NEW: failing(whole(ago(days=1)), failures, NOON)}
    due = next_due(failed(failures, NOON), walks, USUAL, NOON)
    assert due == Due(Window.NEW, NOON + minutes * MINUTE, minutes * MINUTE)
    assert due.at + jitter("any", due.interval, 1.0) - NOON <= HOURLY


def test_an_interval_over_an_hour_does_not_delay_the_next_try() -> None:
    assert backoff(1, Intervals(new=timedelta(hours=6))) < HOURLY


def test_while_new_fails_nothing_else_is_tried() -> None:
    walks = {
        Window.NEW: failing(whole(ago(days=1)), 3, ago(minutes=10)),
        Window.RECENT: whole(ago(days=2)),
        Window.FULL: cut_off(ago(days=2)),
    }
    state = failed(3, ago(minutes=10))
    assert next_due(state, walks, USUAL, NOON) == Due(Window.NEW, NOON + 44 * MINUTE, 54 * MINUTE)
    assert next_due(state, walks, USUAL, NOON + HOURLY).window is Window.NEW


def test_a_failing_backfill_delays_neither_new_nor_recent() -> None:
    walks = settled(ago(minutes=14)) | {Window.FULL: failing(cut_off(NOON), 2, NOON)}
    state = failed(2, NOON, "bad answer")
    assert next_due(state, walks, USUAL, NOON) == Due(Window.NEW, NOON + MINUTE, USUAL.new)
    walks[Window.NEW] = whole(NOON)
    after = next_due(well(), walks, USUAL, NOON + 30 * MINUTE)
    assert after.window is Window.NEW
    walks[Window.NEW] = whole(NOON + 30 * MINUTE)
    assert next_due(well(), walks, USUAL, NOON + 31 * MINUTE).window is Window.FULL


def test_a_fault_that_left_no_step_counts_as_one_of_new() -> None:
    state = failed(2, NOON, "misconfigured")
    walks = {Window.NEW: whole(ago(hours=2)), Window.FULL: cut_off(ago(hours=1))}
    assert next_due(state, walks, USUAL, NOON) == Due(Window.NEW, NOON + 30 * MINUTE, 30 * MINUTE)
    assert next_due(state, {}, USUAL, NOON) == Due(Window.NEW, NOON + 30 * MINUTE, 30 * MINUTE)


def test_being_stopped_is_no_failure() -> None:
    state = failed(1, ago(seconds=1), "stopped")
    walks = settled(ago(minutes=1)) | {Window.FULL: cut_off(ago(seconds=1))}
    assert next_due(state, walks, USUAL, NOON) == Due(Window.FULL, ago(seconds=1))


def test_nothing_is_tried_before_the_platform_allows() -> None:
    state = replace(failed(1, ago(minutes=1), "rate limited"), not_before=NOON + 7 * MINUTE)
    walks = settled(ago(hours=5)) | {Window.RECENT: failing(whole(ago(hours=5)), 1, ago(minutes=1))}
    due = next_due(state, walks, USUAL, NOON)
    assert due == Due(Window.NEW, NOON + 7 * MINUTE)


def test_a_named_wait_replaces_the_growing_one_but_a_short_one_is_made_a_minute() -> None:
    walks = settled(ago(days=1)) | {Window.NEW: failing(whole(ago(days=1)), 9, NOON)}
    state = replace(failed(9, NOON, "rate limited"), not_before=NOON + 20 * MINUTE)
    assert next_due(state, walks, USUAL, NOON).at == NOON + 20 * MINUTE
    state = replace(state, not_before=NOON + timedelta(seconds=1))
    assert next_due(state, walks, USUAL, NOON).at == NOON + MINUTE


@given(
    st.text(min_size=1),
    st.floats(0, 1, allow_nan=False),
    st.timedeltas(timedelta(0), timedelta(days=400)),
)
def test_jitter_is_never_more_than_a_tenth(slug: str, chance: float, interval: timedelta) -> None:
    late = jitter(slug, interval, chance)
    assert timedelta(0) <= late <= min(interval / 10, HOURLY)


def test_jitter_is_the_same_for_an_account_and_spreads_accounts() -> None:
    assert jitter("a", USUAL.new, 0.5) == jitter("a", USUAL.new, 0.5)
    assert len({jitter(f"account-{n}", USUAL.new, 0.5) for n in range(50)}) == 50


def test_the_past_joins_walks_with_their_steps() -> None:
    line = WalkLine(window="new", open=True, began=ago(hours=1), ended=None, done=3, total=None)
    old = WalkLine(window="full", open=False, began=ago(days=5), ended=ago(days=4), done=9, total=9)
    past = past_of([line, old], {"new": Steps(last=ago(minutes=2), failures=4)})
    assert past == {
        Window.NEW: Past(
            open=True, began=ago(hours=1), ended=None, last_run=ago(minutes=2), failures=4
        ),
        Window.FULL: Past(
            open=False, began=ago(days=5), ended=ago(days=4), last_run=ago(days=4), failures=0
        ),
    }
