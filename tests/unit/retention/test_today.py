"""A jump of the clock makes nothing eligible."""

from __future__ import annotations

from datetime import date

import pytest

from retention.today import Today, clock_refusal

KNOWN = date(2026, 11, 24)


@pytest.mark.parametrize("day", [KNOWN, date(2026, 11, 25), date(2026, 12, 1)])
def test_a_day_soon_after_the_last_is_believed(day: date) -> None:
    assert clock_refusal(Today(day=day, last_known=KNOWN)) is None


@pytest.mark.parametrize(
    ("today", "part"),
    [
        (Today(day=KNOWN, last_known=None), "No earlier day is known"),
        (Today(day=date(2025, 11, 24), last_known=KNOWN), "has been seen already"),
        (Today(day=date(2026, 11, 23), last_known=KNOWN), "has been seen already"),
        (Today(day=date(2026, 12, 2), last_known=KNOWN), "8 days at once"),
        (Today(day=date(2026, 11, 26), last_known=KNOWN, max_jump_days=1), "2 days at once"),
        (Today(day=date(2036, 1, 2), last_known=KNOWN, confirmed=date(2036, 1, 1)), "at once"),
    ],
)
def test_a_day_that_jumps_is_refused(today: Today, part: str) -> None:
    refusal = clock_refusal(today)
    assert refusal is not None
    assert part in refusal.text


@pytest.mark.parametrize("last_known", [None, KNOWN, date(2099, 1, 1)])
def test_a_person_can_confirm_that_very_day(last_known: date | None) -> None:
    day = date(2036, 1, 1)
    assert clock_refusal(Today(day=day, last_known=last_known, confirmed=day)) is None
