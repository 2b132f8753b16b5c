"""Waiting times in working days: which days count, and that New Jersey's ends on the right one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from archiver.desk.working_days import UNKNOWN, calendar, is_known
from archiver.errors import RefusedError, UsageError
from config.errors import ConfigError
from config.settings import Agency
from retention.calendars import WorkingCalendar, working_days_after
from tests.support.archive import PROPOSER, make_archive, make_settings
from tests.support.clock import FakeClock
from tests.support.disposal import OFFICER, SECOND
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.stage import (
    Board,
    Stage,
    boards,  # noqa: F401 - a fixture
)
from tests.support.terminal import Terminal

FIRST, LAST = date(2026, 1, 1), date(2028, 12, 31)
CLOSED = "2026-11-27"  # the day after Thanksgiving, by the agency's own resolution
LAW = """\
form: 1
overlay: true
jurisdiction: NJ
name: City of Springfield
schedules:
  - id: city
    title: City
    edition: "1"
    level: local
    series:
      - id: posts
        title: Posts
        status: verified
        verified: {how: agency-document, source: Resolution 1, seen: 2026-11}
        citation: Resolution 1, item 1
        rules:
          - {cutoff: created, period: 3 years, disposition: destroy}
classification:
  - {id: all, series: [city/posts], everything: true}
"""


def days_of(**settings: Any) -> WorkingCalendar:
    return calendar(Agency(**settings), first=FIRST, last=LAST)


# -- which days -------------------------------------------------------------------------------


def test_a_states_calendar_has_the_nations_holidays_its_own_and_the_observed_days() -> None:
    new_jersey = days_of(state="NJ").holidays
    assert date(2026, 11, 26) in new_jersey  # Thanksgiving
    assert date(2026, 4, 3) in new_jersey  # Good Friday, a holiday of the state
    assert date(2026, 4, 3) not in days_of(state="WA").holidays
    assert date(2026, 7, 3) in new_jersey  # the 4th is a Saturday
    assert date(2027, 7, 5) in new_jersey  # the 4th is a Sunday
    assert date(2027, 12, 31) in days_of(state="NJ").holidays  # New Year's Day of 2028


def test_the_agencys_own_days_are_added_and_those_on_which_it_works_taken_out() -> None:
    own = days_of(state="NJ", holidays=[CLOSED], open_days=["2026-10-12"]).holidays
    assert own - days_of(state="NJ").holidays == {date(2026, 11, 27)}
    assert days_of(state="NJ").holidays - own == {date(2026, 10, 12)}


def test_nothing_is_known_without_a_state_and_days_of_its_own() -> None:
    assert days_of() == UNKNOWN
    assert not is_known(Agency())
    assert working_days_after(date(2026, 11, 24), 1, days_of()) is None


def test_days_of_its_own_alone_tell_of_their_years_only() -> None:
    own = days_of(holidays=["2026-11-26", "2027-01-01"])
    assert (own.first, own.last) == (FIRST, date(2027, 12, 31))
    assert working_days_after(date(2026, 11, 25), 1, own) == date(2026, 11, 27)
    assert working_days_after(date(2027, 12, 31), 1, own) is None
    broken = days_of(holidays=["2026-11-26", "2028-11-23"])
    assert working_days_after(date(2026, 11, 25), 1, broken) is None
    assert working_days_after(date(2028, 11, 22), 1, broken) == date(2028, 11, 24)


def test_a_calendar_without_days_is_refused() -> None:
    with pytest.raises(UsageError, match="no day lies between 2028-12-31 and 2026-01-01"):
        calendar(Agency(state="NJ"), first=LAST, last=FIRST)


@pytest.mark.parametrize(
    ("agency", "sentence"),
    [
        ({"state": "New Jersey"}, '"New Jersey" is no postal code of a state'),
        ({"holidays": [CLOSED], "open_days": [CLOSED]}, "stands in holidays and in open_days"),
        ({"holidays": ["Thanksgiving"]}, "agency.holidays"),
    ],
)
def test_settings_that_cannot_be_meant_are_named(
    tmp_path: Path, agency: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ConfigError, match=sentence):
        make_settings(tmp_path, sections={"agency": agency})


def test_a_state_is_read_in_small_letters() -> None:
    assert Agency(state=" nj ").state == "NJ"


def test_a_states_procedure_says_that_its_waiting_time_does_not_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "set agency.state, or agency.holidays"
    terminal = Terminal(make_settings(tmp_path).home, capsys, monkeypatch)
    assert said in terminal("retention", "show", "NJ").out
    assert said not in terminal("retention", "show", "WA").out
    make_settings(tmp_path, sections={"agency": {"state": "NJ"}})
    assert said not in terminal("retention", "show", "NJ").out


# -- New Jersey -------------------------------------------------------------------------------


class NewJersey:
    """Archives of New Jersey's agency with one post that is due; every call makes another."""

    def __init__(
        self, request: pytest.FixtureRequest, servers: tuple[Board, ...], stack: ExitStack
    ) -> None:
        self._request, self._servers, self._stack = request, servers, stack

    def __call__(self, folder: Path, **agency: Any) -> Stage:
        url = self._stack.enter_context(fresh_database(self._request.param, self._request))
        folder.mkdir()
        sections: dict[str, dict[str, Any]] = {
            "database": {"url": url},
            "agency": {
                "timezone": "America/New_York",
                "records_officers": [OFFICER, SECOND],
                "approval_lasts": "36500d",
                **agency,
            },
        }
        clock = FakeClock()
        archive = self._stack.enter_context(make_archive(folder, clock=clock, sections=sections))
        stage = Stage(archive, clock, self._servers)
        laws = archive.settings.home / "schedules"
        laws.mkdir()
        (laws / "springfield.yaml").write_text(LAW, encoding="utf-8")
        archive.retention.adoptions.adopt(
            "city", officer=OFFICER, on=date(2026, 11, 24), document="Resolution 1"
        )
        stage.x().publish("Old", at=clock.now() - timedelta(days=1500))
        stage.capture("spd-x")
        stage.later(days=1)
        archive.retention.evaluate(confirmed_by=OFFICER)
        return stage


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def new_jersey(
    request: pytest.FixtureRequest,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[NewJersey]:
    with ExitStack() as stack:
        yield NewJersey(request, boards, stack)
    for board in boards:
        board.current = None


def filed(on: Stage) -> int:
    """The officer's request, filed with the state on Wednesday, 25 November 2026."""
    dispositions = on.archive.dispositions
    batch = dispositions.propose(by=PROPOSER, series="city/posts").batch
    dispositions.review(batch, by=PROPOSER)
    dispositions.approve(batch, by=SECOND)
    dispositions.approve(batch, by=OFFICER)
    dispositions.approve(batch, by="Clerk", document="Request 118")
    return batch


def signed(on: Stage, batch: int) -> None:
    """The state's director signs today."""
    on.archive.dispositions.approve(batch, by="Director", document="Authorization 118")


def test_new_jerseys_twenty_three_working_days_end_on_the_right_day(
    new_jersey: NewJersey, tmp_path: Path
) -> None:
    """Thanksgiving, the day after it, and Christmas are no working days: the last day is
    31 December 2026."""
    stage = new_jersey(tmp_path / "nj", state="NJ", holidays=[CLOSED])
    batch = filed(stage)
    stage.later(days=36)
    assert stage.archive.retention.today().day == date(2026, 12, 31)
    with pytest.raises(RefusedError, match="the time after notice ends before 2027-01-01"):
        signed(stage, batch)
    stage.later(days=1)
    signed(stage, batch)
    stage.archive.dispositions.approve(batch, by="Clerk", document="Copy to the auditor")
    stage.archive.retention.evaluate(confirmed_by=OFFICER)
    done = stage.archive.dispositions.execute(
        batch, by=OFFICER, override_by=SECOND, override_reason="all of it is due"
    )
    assert done.row.state == "executed"
    assert [item.state for item in done.items].count("done") == len(done.items)


def test_without_a_calendar_the_waiting_time_does_not_end(
    new_jersey: NewJersey, tmp_path: Path
) -> None:
    stage = new_jersey(tmp_path / "nowhere")
    batch = filed(stage)
    stage.later(days=400)
    with pytest.raises(RefusedError, match=r"set agency\.state"):
        signed(stage, batch)
