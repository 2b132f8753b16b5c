"""What the watch alarms and writes down as a gap: the rules, then on a real database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from archiver.desk.watch_rules import (
    APPROVAL_ENDED,
    APPROVAL_ENDS,
    CREDENTIAL,
    DEAD,
    NOT_APPROVED,
    NOT_RUNNING,
    OUTAGE,
    Sight,
    Terms,
    Wanted,
    disk_trouble,
    is_stale,
    not_running,
    wanted,
)
from archiver.model.queries.health import State
from archiver.model.queries.registry import AccountEntry
from tests.support.clock import NOON

CHICAGO = ZoneInfo("America/Chicago")
TERMS = Terms(
    new=timedelta(minutes=15), zone=CHICAGO, running_since=NOON - timedelta(days=10)
)  # runs for long
JUST_STARTED = replace(TERMS, running_since=NOON - timedelta(seconds=5))


def ago(**units: float) -> datetime:
    return NOON - timedelta(**units)


ENTRY = AccountEntry(
    id=1,
    slug="x-springfieldpd",
    platform="x",
    address="springfieldpd",
    options={},
    name="Springfield Police",
    department="Police",
    custodian="Records Clerk",
    business_case="Public safety notices",
    basis="official",
    basis_detail="",
    terms_reviewed_by="City Attorney",
    terms_reviewed_on="2026-01-05",
    state="approved",
    proposed_by="Officer Lou",
    proposed_at=ago(days=100),
    approved_by="Chief Wiggum",
    approved_at=ago(days=99),
    approval_ends=NOON + timedelta(days=266),
)


def state(
    *,
    success: datetime | None,
    attempt: datetime | None = None,
    failures: int = 0,
    code: str = "transient",
    not_before: datetime | None = None,
) -> State:
    """An account's condition; `attempt` is that of the last success unless given."""
    last = attempt or success
    return State(
        account_id=1,
        last_attempt=last,
        last_success=success,
        failing_since=last if failures else None,
        failures=failures,
        error_code=code if failures else "",
        error_text="the platform answered 503." if failures else "",
        not_before=not_before,
        newest_item=None,
    )


def sight(condition: State, **changed: object) -> Sight:
    return replace(Sight(entry=ENTRY, state=condition), **changed)  # type: ignore[arg-type]


DOWN = state(success=ago(minutes=47), attempt=ago(minutes=2), failures=3)


@pytest.mark.parametrize(
    ("minutes", "stale"), [(0, False), (29, False), (30, False), (31, True), (6000, True)]
)
def test_an_account_is_stale_after_two_intervals(minutes: int, stale: bool) -> None:
    assert is_stale(sight(state(success=ago(minutes=minutes))), TERMS, NOON) is stale


def test_the_time_before_the_approval_does_not_count() -> None:
    fresh = replace(ENTRY, approved_at=ago(minutes=5))
    never = state(success=None)
    long_ago = state(success=ago(days=90))
    assert not is_stale(Sight(entry=fresh, state=never), TERMS, NOON)
    assert not is_stale(Sight(entry=fresh, state=long_ago), TERMS, NOON)
    late = replace(ENTRY, approved_at=ago(minutes=31))
    assert is_stale(Sight(entry=late, state=never), TERMS, NOON)


def test_intervals_of_seconds_leave_some_patience() -> None:
    terms = replace(TERMS, new=timedelta(seconds=1))
    assert not is_stale(sight(state(success=ago(seconds=9))), terms, NOON)
    assert is_stale(sight(state(success=ago(seconds=11))), terms, NOON)


def test_a_healthy_account_needs_nothing() -> None:
    assert wanted(sight(state(success=ago(minutes=3))), TERMS, NOON) == Wanted()


def test_a_dead_connection_is_an_alarm_and_an_outage_since_the_last_success() -> None:
    found = wanted(sight(DOWN), TERMS, NOON)
    assert set(found.alarms) == {DEAD}
    assert set(found.gaps) == {OUTAGE}
    assert found.alarms[DEAD].since == found.gaps[OUTAGE].since == ago(minutes=47)


def test_the_alarm_says_the_minutes_the_error_and_what_to_do() -> None:
    refused = state(success=ago(minutes=47), attempt=NOON, failures=3, code="credentials refused")
    text = wanted(sight(refused), TERMS, NOON).alarms[DEAD].text
    assert "for 47 minutes" in text
    assert "2026-11-24 05:13 CST" in text
    assert "3 failures in a row (credentials refused: the platform answered 503)" in text
    assert text.endswith("Renew the credential, then run: archiver accounts test x-springfieldpd")


def test_the_first_minute_is_told_in_words() -> None:
    terms = replace(TERMS, new=timedelta(seconds=1))
    late = state(success=ago(seconds=15), attempt=NOON, failures=2)
    assert "for less than a minute" in wanted(sight(late), terms, NOON).alarms[DEAD].text


def test_the_alarm_says_until_when_the_platform_makes_us_wait() -> None:
    limited = state(
        success=ago(hours=1),
        attempt=ago(minutes=20),
        failures=1,
        code="rate limited",
        not_before=NOON + timedelta(minutes=40),
    )
    found = wanted(sight(limited), TERMS, NOON)
    assert "tried again at 2026-11-24 06:40 CST" in found.alarms[DEAD].text
    assert set(found.gaps) == {OUTAGE}


def test_an_account_that_nobody_tried_is_a_gap_of_its_own_kind() -> None:
    found = wanted(sight(state(success=ago(days=2))), JUST_STARTED, NOON)
    assert set(found.gaps) == {NOT_RUNNING}
    assert found.gaps[NOT_RUNNING].since == ago(days=2)
    assert found.alarms == {}


def test_a_failing_account_that_nobody_tried_for_days_was_not_running_either() -> None:
    left = state(success=ago(days=3), attempt=ago(days=2), failures=2)
    assert set(wanted(sight(left), JUST_STARTED, NOON).gaps) == {NOT_RUNNING}


def test_waiting_as_the_platform_asked_is_not_the_same_as_not_running() -> None:
    waiting = state(
        success=ago(days=3),
        attempt=ago(days=1),
        failures=2,
        not_before=NOON + timedelta(days=1),
    )
    assert set(wanted(sight(waiting), TERMS, NOON).gaps) == {OUTAGE}


def test_a_stop_by_ourselves_is_no_fault_of_the_account() -> None:
    stopped = state(success=ago(days=1), failures=1, code="stopped")
    found = wanted(sight(stopped), JUST_STARTED, NOON)
    assert set(found.gaps) == {NOT_RUNNING}
    assert found.alarms == {}


def test_after_a_start_the_first_failed_try_alarms_at_once() -> None:
    tried = state(success=ago(days=2), attempt=ago(seconds=1), failures=1)
    assert set(wanted(sight(tried), JUST_STARTED, NOON).alarms) == {DEAD}


def test_an_account_that_is_never_tried_alarms_after_two_intervals_of_running() -> None:
    idle = sight(state(success=ago(days=2)))
    early = replace(TERMS, running_since=ago(minutes=30))
    late = replace(TERMS, running_since=ago(minutes=31))
    assert wanted(idle, early, NOON).alarms == {}
    assert "it was not tried" in wanted(idle, late, NOON).alarms[DEAD].text


def test_a_restart_does_not_end_an_alarm_that_is_open() -> None:
    seen = sight(state(success=ago(days=2)), alarms=frozenset({DEAD}))
    assert set(wanted(seen, JUST_STARTED, NOON).alarms) == {DEAD}


@pytest.mark.parametrize("kind", [OUTAGE, NOT_RUNNING])
def test_an_open_gap_keeps_its_kind(kind: str) -> None:
    for condition in (DOWN, state(success=ago(days=2))):
        assert set(wanted(sight(condition, gaps=frozenset({kind})), TERMS, NOON).gaps) == {kind}


@pytest.mark.parametrize("what", ["proposed", "suspended", "closed"])
def test_nothing_is_asked_of_an_account_that_is_not_approved(what: str) -> None:
    there = replace(sight(DOWN), entry=replace(ENTRY, state=what))
    assert wanted(there, TERMS, NOON) == Wanted()


def test_an_approval_that_ended_is_an_alarm_and_a_gap_and_nothing_else() -> None:
    ended = replace(ENTRY, approval_ends=ago(hours=3))
    found = wanted(Sight(entry=ended, state=DOWN), TERMS, NOON)
    assert set(found.alarms) == {APPROVAL_ENDED}
    assert set(found.gaps) == {NOT_APPROVED}
    assert found.gaps[NOT_APPROVED].since == ago(hours=3)
    assert "archiver accounts approve x-springfieldpd" in found.alarms[APPROVAL_ENDED].text


@pytest.mark.parametrize(("days", "told"), [(31, False), (30, True), (1, True)])
def test_an_approval_is_announced_thirty_days_before_it_ends(days: int, told: bool) -> None:
    ending = replace(ENTRY, approval_ends=NOON + timedelta(days=days), approved_at=ago(days=335))
    found = wanted(Sight(entry=ending, state=state(success=NOON)), TERMS, NOON)
    assert (APPROVAL_ENDS in found.alarms) is told
    assert found.gaps == {}


def test_a_short_approval_is_not_announced_from_its_first_day() -> None:
    short = replace(ENTRY, approved_at=ago(days=1), approval_ends=NOON + timedelta(days=19))
    assert wanted(Sight(entry=short, state=state(success=NOON)), TERMS, NOON) == Wanted()


@pytest.mark.parametrize(
    ("days", "word"), [(15, ""), (14, "expires at"), (1, "expires at"), (-1, "expired at")]
)
def test_a_credential_is_announced_before_it_expires(days: int, word: str) -> None:
    seen = sight(state(success=NOON), credential_expires=NOON + timedelta(days=days))
    trouble = wanted(seen, TERMS, NOON).alarms.get(CREDENTIAL)
    assert (trouble is not None) == bool(word)
    assert trouble is None or word in trouble.text


def test_the_archive_was_not_running_until_each_account_was_tried() -> None:
    idle = sight(state(success=ago(hours=5)))
    other = sight(state(success=ago(hours=7)))
    tried = sight(state(success=ago(hours=5), attempt=NOON, failures=1), gaps={NOT_RUNNING})
    sights = [idle, tried, other]
    found = [wanted(each, JUST_STARTED, NOON) for each in sights]
    trouble = not_running(sights, found, JUST_STARTED, NOON)
    assert trouble is not None
    assert trouble.since == ago(hours=7)
    assert "420 minutes" in trouble.text
    assert "not captured since: 2" in trouble.text
    assert not_running([tried], [found[1]], JUST_STARTED, NOON) is None


GB = 10**9


@pytest.mark.parametrize(
    ("free", "total", "low"),
    [
        (3 * GB, 50 * GB, False),
        (1.9 * GB, 10 * GB, True),
        (40 * GB, 1000 * GB, True),
        (60 * GB, 1000 * GB, False),
    ],
)
def test_a_disk_is_low_below_two_gigabytes_or_a_twentieth(
    free: float, total: int, low: bool
) -> None:
    trouble = disk_trouble({Path("/vault"): (int(free), total)}, NOON)
    assert (trouble is not None) is low
    assert trouble is None or f"/vault has {free / GB:.1f} GB left" in trouble.text
