"""Deadlines of requests: each counted as its statute says, and never made up."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.desk.request_law import OWN, deadline_rules
from archiver.errors import UsageError
from retention.calendars import WorkingCalendar
from retention.deadlines import Deadline, DeadlineRule, Pause, Unit, deadlines, next_due

THANKSGIVING = date(2026, 11, 26)
DAY_AFTER = date(2026, 11, 27)
CALENDAR = WorkingCalendar(
    first=date(2026, 1, 1), last=date(2028, 12, 31), holidays=frozenset({THANKSGIVING, DAY_AFTER})
)
UNKNOWN = WorkingCalendar(first=date.max, last=date.min)
TUESDAY = date(2026, 11, 24)


def of(
    state: str, tmp_path: Path, received: date = TUESDAY, **more: object
) -> tuple[Deadline, ...]:
    rules = deadline_rules(state, tmp_path)
    return deadlines(rules, received, calendar=CALENDAR, **more)  # type: ignore[arg-type]


def test_washington_rcw_42_56_520_five_business_days(tmp_path: Path) -> None:
    (found,) = of("WA", tmp_path)
    assert found.due == date(2026, 12, 3)  # Wed, Mon, Tue, Wed, Thu: two holidays, a weekend
    assert found.rule.citation == "RCW 42.56.520"
    assert found.rule.verified
    assert len(found.rule.answers) == 5


def test_california_gov_code_7922_535_ten_calendar_days_and_fourteen_more(tmp_path: Path) -> None:
    first = of("CA", tmp_path)
    assert [each.due for each in first] == [date(2026, 12, 4)]
    assert [each.due for each in of("CA", tmp_path, extended_by=14)] == [date(2026, 12, 18)]


def test_california_force_records_have_a_deadline_of_their_own(tmp_path: Path) -> None:
    found = of("CA", tmp_path, kind="force-and-misconduct")
    assert [each.due for each in found][-1] == TUESDAY + timedelta(days=45)
    assert not found[-1].rule.verified


def test_oregon_counts_the_second_deadline_from_the_first(tmp_path: Path) -> None:
    """ORS 192.324(2) and 192.329(5): ten business days after the acknowledgement is due."""
    acknowledge, complete = of("OR", tmp_path)
    assert acknowledge.due == date(2026, 12, 3)
    assert complete.due == date(2026, 12, 17)


def test_minnesota_13_04_ten_business_days_only_for_the_data_subject(tmp_path: Path) -> None:
    assert of("MN", tmp_path, kind="public") == ()
    (found,) = of("MN", tmp_path, kind="data-subject")
    assert found.due == date(2026, 12, 10)


@pytest.mark.parametrize("state", ["FL", "NC", "OH", "AZ"])
def test_where_the_law_gives_no_number_no_day_is_made_up(state: str, tmp_path: Path) -> None:
    found = of(state, tmp_path)
    assert [each.due for each in found] == [None]
    assert next_due(found) is None


def test_without_known_working_days_a_deadline_in_working_days_has_no_day(tmp_path: Path) -> None:
    (found,) = deadlines(deadline_rules("WA", tmp_path), TUESDAY, calendar=UNKNOWN)
    assert found.due is None
    assert "agency.state" in found.why


def test_a_pause_moves_the_day_and_an_open_one_hides_it(tmp_path: Path) -> None:
    paused = Pause(since=date(2026, 11, 25), until=date(2026, 12, 1))
    (moved,) = of("WA", tmp_path, pauses=[paused])
    assert moved.due == date(2026, 12, 8)
    (stands,) = of("WA", tmp_path, pauses=[Pause(since=date(2026, 11, 30))])
    assert stands.due is None


def test_only_verified_numbers_say_so(tmp_path: Path) -> None:
    verified = {
        state
        for state in ("WA", "OR", "CA", "VA", "NY", "TX", "NJ", "MI", "IL", "PA", "CO", "GA", "TN")
        if any(each.verified for each in deadline_rules(state, tmp_path))
    }
    assert verified == {"WA", "OR", "CA"}


def test_the_agencys_own_file_replaces_its_state_and_no_other(tmp_path: Path) -> None:
    (tmp_path / OWN).write_text(
        "TX: [{kind: produce, unit: working, days: 10, citation: by counsel, source: memo 7,"
        " verified: true}]\n"
    )
    (own,) = deadline_rules("TX", tmp_path)
    assert (own.citation, own.verified) == ("by counsel", True)
    assert deadline_rules("WA", tmp_path)[0].citation == "RCW 42.56.520"


def test_a_faulty_own_file_is_named(tmp_path: Path) -> None:
    (tmp_path / OWN).write_text("TX: [{kind: produce, unit: fortnights}]\n")
    with pytest.raises(UsageError, match=r"deadlines\.yaml"):
        deadline_rules("TX", tmp_path)


@given(
    days=st.integers(1, 60),
    start=st.dates(date(2026, 1, 2), date(2027, 12, 1)),
    first=st.integers(0, 40),
    length=st.integers(0, 20),
    unit=st.sampled_from([Unit.WORKING, Unit.CALENDAR]),
)
def test_a_pause_never_makes_a_deadline_earlier(
    days: int, start: date, first: int, length: int, unit: Unit
) -> None:
    rule = DeadlineRule(kind="respond", unit=unit, days=days)
    since = start + timedelta(days=first)
    pause = Pause(since=since, until=since + timedelta(days=length))
    (plain,) = deadlines([rule], start, calendar=CALENDAR)
    (paused,) = deadlines([rule], start, calendar=CALENDAR, pauses=[pause])
    assert plain.due is not None
    assert paused.due is not None
    assert paused.due >= plain.due > start
    if unit is Unit.WORKING:
        assert paused.due.weekday() < 5
        assert paused.due not in CALENDAR.holidays
