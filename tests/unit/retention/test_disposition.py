"""The legal steps of a disposition, and no others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from retention.approvals import Given, free_from, next_place, route, states
from retention.batch import Batch, Signed, Stage
from retention.brakes import Brakes, brake_reasons
from retention.calendars import WorkingCalendar
from retention.disposition import (
    approve,
    certify,
    drop,
    finish,
    mark_gone,
    propose,
    review,
    settle,
    start,
    withdraw,
)
from retention.errors import IllegalStep, RetentionError, Unnamed
from retention.facts import Approval, PerWhat, Reason, Step
from retention.guard import Verdict
from retention.today import Today
from tests.unit.retention.reading import on

DAY = date(2026, 3, 2)
CALENDAR = WorkingCalendar(first=date(2026, 1, 1), last=date(2026, 12, 31))
ANNA, BERT = Signed(by="Anna", on=DAY), Signed(by="Bert", on=DAY, reason="old account, closed")
YES = Verdict(allowed=True, reasons=())
SECOND = Given(step=Step.SECOND_PERSON, by="Bert", on=DAY)
ROOM = Brakes(totals={"pd": 100, "fire": 100})


def proposed(**changes: Any) -> Batch:
    plain: dict[str, Any] = {
        "digest": "d",
        "by": ANNA,
        "records": {1: "pd", 2: "pd", 3: "fire"},
        "series": ("s/general",),
        "steps": (),
    }
    return propose("B-1", **{**plain, **changes})


def approved(**changes: Any) -> Batch:
    return approve(review(proposed(**changes), ANNA), SECOND, today=DAY, calendar=CALENDAR)


def started(batch: Batch | None = None, **changes: Any) -> Batch:
    plain: dict[str, Any] = {
        "today": on(DAY),
        "digest": "d",
        "verdicts": {1: YES, 2: YES, 3: YES},
        "brakes": ROOM,
        "calendar": CALENDAR,
    }
    return start(batch or approved(), **{**plain, **changes})


def executed() -> Batch:
    batch = started()
    for record_id in (1, 2, 3):
        batch = mark_gone(batch, record_id)
    return finish(batch)


def test_a_batch_goes_from_proposal_to_certificate() -> None:
    batch = certify(executed(), Signed(by="Anna", on=DAY, reason="certificate 7"))
    assert batch.stage is Stage.CERTIFIED
    assert batch.gone == {1, 2, 3}
    assert batch.route == (Approval(step=Step.SECOND_PERSON),)
    # The log outlives the records: who, what, under which schedules.
    assert (batch.proposed, batch.given[0].by, batch.digest) == (ANNA, "Bert", "d")


STAGES: dict[Stage, Callable[[], Batch]] = {
    Stage.PROPOSED: proposed,
    Stage.REVIEWED: lambda: review(proposed(), ANNA),
    Stage.APPROVED: approved,
    Stage.EXECUTING: started,
    Stage.EXECUTED: executed,
    Stage.CERTIFIED: lambda: certify(executed(), ANNA),
    Stage.WITHDRAWN: lambda: withdraw(proposed()),
}
MOVES: dict[str, tuple[Callable[[Batch], Batch], set[Stage]]] = {
    "review": (lambda b: review(b, ANNA), {Stage.PROPOSED}),
    "approve": (
        lambda b: approve(b, SECOND, today=DAY, calendar=CALENDAR),
        {Stage.REVIEWED},
    ),
    "settle": (lambda b: settle(b, calendar=CALENDAR), {Stage.REVIEWED}),
    "start": (started, {Stage.APPROVED}),
    "mark gone": (lambda b: mark_gone(b, 1), {Stage.EXECUTING}),
    "finish": (
        lambda b: finish(replace(b, gone=frozenset({1, 2, 3}))),
        {Stage.EXECUTING},
    ),
    "certify": (lambda b: certify(b, ANNA), {Stage.EXECUTED}),
    "drop": (
        lambda b: drop(b, 1, "a doubt"),
        {Stage.PROPOSED, Stage.REVIEWED, Stage.APPROVED, Stage.EXECUTING},
    ),
    "withdraw": (withdraw, {Stage.PROPOSED, Stage.REVIEWED, Stage.APPROVED}),
}


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("name", MOVES)
def test_every_step_is_possible_only_in_its_place(stage: Stage, name: str) -> None:
    """So a batch executes once: started, it cannot be started, executed, it cannot be undone."""
    move, allowed = MOVES[name]
    batch = STAGES[stage]()
    assert batch.stage is stage
    if stage in allowed:
        assert move(batch).id == "B-1"
    else:
        with pytest.raises(IllegalStep, match=f"B-1 is {stage}"):
            move(batch)


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (lambda: proposed(records={}), "needs records"),
        (lambda: proposed(digest=""), "needs records"),
        (lambda: proposed(series=()), "needs records"),
        (lambda: proposed(by=Signed(by=" ", on=DAY)), "named person"),
        (lambda: review(proposed(), Signed(by="", on=DAY)), "named person"),
        (lambda: certify(executed(), Signed(by="", on=DAY)), "named person"),
        (lambda: drop(proposed(), 9, "a doubt"), "9 is not in batch B-1"),
        (lambda: drop(drop(proposed(), 1, "a"), 1, "b"), "1 is not in batch B-1"),
        (lambda: drop(proposed(), 1, " "), "needs a reason"),
        (lambda: drop(mark_gone(started(), 1), 1, "a hold"), "destroyed already"),
        (lambda: mark_gone(started(), 9), "not to go"),
        (lambda: mark_gone(drop(started(), 1, "a hold"), 1), "not to go"),
        (lambda: finish(mark_gone(started(), 1)), "2 records are still there"),
    ],
)
def test_what_lacks_a_name_a_reason_or_a_record_is_refused(
    step: Callable[[], Batch], error: str
) -> None:
    with pytest.raises(RetentionError, match=error):
        step()


def test_an_empty_list_is_withdrawn_not_reviewed() -> None:
    batch = proposed(records={1: "pd"})
    with pytest.raises(IllegalStep, match="withdraw it"):
        review(drop(batch, 1, "a doubt"), ANNA)


def test_the_proposer_cannot_be_the_second_person() -> None:
    reviewed = review(proposed(), ANNA)
    with pytest.raises(IllegalStep, match="a second person must approve"):
        approve(reviewed, replace(SECOND, by=" anna"), today=DAY, calendar=CALENDAR)


def test_an_edition_that_changed_mid_batch_stops_it() -> None:
    with pytest.raises(IllegalStep, match="The schedules have changed"):
        started(digest="new")


@pytest.mark.parametrize(
    "today",
    [
        Today(day=DAY, last_known=date(2027, 3, 2)),
        Today(day=DAY, last_known=date(2025, 3, 2)),
        Today(day=DAY, last_known=None),
    ],
)
def test_a_day_that_cannot_be_believed_stops_the_execution(today: Today) -> None:
    with pytest.raises(IllegalStep, match="nothing becomes eligible"):
        started(today=today)


def test_a_hold_one_minute_before_the_execution_takes_its_record_out() -> None:
    held = Verdict(allowed=False, reasons=(Reason(text="Hold L-1 reaches it."),))
    batch = started(verdicts={1: YES, 2: held, 3: YES})
    assert batch.stage is Stage.EXECUTING
    assert batch.remaining == {1, 3}
    assert batch.dropped == {2: "Hold L-1 reaches it."}


def test_a_record_that_the_guard_was_not_asked_about_stays() -> None:
    silent = Verdict(allowed=False, reasons=())
    batch = started(verdicts={1: YES, 3: silent})
    assert batch.dropped == {2: "the guard was not asked", 3: "the guard refused it"}


def test_a_hold_in_the_middle_of_the_execution_takes_out_what_is_still_there() -> None:
    batch = drop(mark_gone(started(), 1), 2, "Hold L-2 reaches it.")
    done = finish(mark_gone(mark_gone(batch, 3), 3))
    assert done.gone == {1, 3}
    assert set(done.dropped) == {2}


def test_a_batch_of_which_nothing_remains_is_withdrawn() -> None:
    assert started(verdicts={}).stage is Stage.WITHDRAWN


def test_a_batch_that_takes_too_much_is_stopped_until_another_person_overrides_it() -> None:
    small = Brakes(totals={"pd": 2, "fire": 100})
    with pytest.raises(IllegalStep, match="would empty account pd"):
        started(brakes=small)
    for nobody in (Signed(by="", on=DAY, reason="r"), Signed(by="Bert", on=DAY)):
        with pytest.raises(IllegalStep, match="override this by name"):
            started(brakes=small, override=nobody)
    with pytest.raises(IllegalStep, match="cannot override its brake"):
        started(brakes=small, override=Signed(by="ANNA", on=DAY, reason="mine"))
    batch = started(brakes=small, override=BERT)
    assert batch.override == BERT


@pytest.mark.parametrize(
    ("brakes", "reasons"),
    [
        (ROOM, ()),
        (Brakes(totals={"pd": 4, "fire": 100}), ()),
        (Brakes(totals={"pd": 3, "fire": 97}), ("it takes 2 of the 3 records of account pd",)),
        (Brakes(totals={"pd": 100}), ("it would empty account fire",)),
        (
            Brakes(totals={"pd": 100, "fire": 100}, percent=1),
            (
                "it takes 2 of the 100 records of account pd",
                "it takes 3 of the archive's 200 records",
            ),
        ),
        (
            Brakes(totals={}),
            (
                "it would empty account fire",
                "it would empty account pd",
                "it takes 3 of the archive's 0 records",
            ),
        ),
    ],
)
def test_the_brakes_look_at_each_account_and_at_the_archive(
    brakes: Brakes, reasons: tuple[str, ...]
) -> None:
    assert brake_reasons(proposed(), brakes) == reasons


def test_dropped_records_do_not_count_for_the_brakes() -> None:
    small = Brakes(totals={"pd": 10, "fire": 1})
    assert brake_reasons(drop(proposed(), 3, "a doubt"), small) == ()


NOTICE = Approval(step=Step.NOTICE, whom="society", wait_days=60)


def test_an_execution_waits_for_the_last_day_of_a_notice() -> None:
    batch = review(proposed(steps=(NOTICE,)), ANNA)
    batch = approve(batch, SECOND, today=DAY, calendar=CALENDAR)
    given = Given(step=Step.NOTICE, by="Clerk", on=DAY, document="letter", whom="society")
    batch = approve(batch, given, today=DAY, calendar=CALENDAR)
    assert batch.stage is Stage.APPROVED
    with pytest.raises(IllegalStep, match="the time after notice ends before 2026-05-02"):
        started(batch, today=on(date(2026, 5, 1)))
    assert started(batch, today=on(date(2026, 5, 2))).stage is Stage.EXECUTING


def test_a_standing_approval_that_was_revoked_stops_what_it_had_approved() -> None:
    standing = Approval(step=Step.STATE_ARCHIVES, per=PerWhat.STANDING)
    signed = Given(step=Step.STATE_ARCHIVES, by="Archivist", on=DAY, document="signed")
    batch = review(proposed(steps=(standing,)), ANNA)
    batch = approve(batch, SECOND, today=DAY, register=[signed], calendar=CALENDAR)
    assert batch.stage is Stage.APPROVED
    with pytest.raises(IllegalStep, match="state-archives is missing"):
        started(batch)
    assert started(batch, register=[signed]).stage is Stage.EXECUTING


def test_a_waiting_time_without_a_calendar_has_no_end() -> None:
    working = Approval(step=Step.NOTICE, whom="society", wait_days=3, working_days=True)
    given = Given(step=Step.NOTICE, by="C", on=DAY, document="letter", whom="society")
    batch = review(proposed(steps=(working,)), ANNA)
    short = replace(CALENDAR, last=date(2026, 3, 4))
    batch = approve(batch, SECOND, today=DAY, calendar=short)
    batch = approve(batch, given, today=DAY, calendar=short)
    with pytest.raises(IllegalStep, match=r"set agency\.state"):
        started(batch, calendar=short)


def test_what_came_into_the_register_meanwhile_settles_the_batch() -> None:
    standing = Approval(step=Step.GOVERNING_BODY, per=PerWhat.STANDING)
    batch = approve(review(proposed(steps=(standing,)), ANNA), SECOND, today=DAY, calendar=CALENDAR)
    assert batch.stage is Stage.REVIEWED
    assert settle(batch, calendar=CALENDAR) == batch
    ordinance = Given(step=Step.GOVERNING_BODY, by="Council", on=DAY, document="Ordinance 1")
    assert settle(batch, register=[ordinance], calendar=CALENDAR).stage is Stage.APPROVED
    with pytest.raises(IllegalStep, match="settle it"):
        approve(batch, ordinance, today=DAY, register=[ordinance], calendar=CALENDAR)


def test_a_series_approval_counts_for_every_series_of_the_batch_and_the_latest_of_each() -> None:
    steps = route([Approval(step=Step.SECOND_PERSON), Approval(
        step=Step.AUDITOR, per=PerWhat.SERIES, wait_days=10)])  # fmt: skip
    old, new = date(2020, 1, 1), date(2026, 1, 1)
    register = [
        Given(step=Step.AUDITOR, by="A", on=day, document="x", series=key)
        for day, key in ((old, "s/a"), (new, "s/a"), (old, "s/b"))
    ]
    mine = [replace(SECOND, place=0)]
    found = states(steps, mine, register, series=("s/a", "s/b"), calendar=CALENDAR)
    assert next_place(found) is None
    assert free_from(found) == DAY
    assert found[1].free_from == date(2026, 1, 12)
    missing = states(steps, mine, register, series=("s/a", "s/c"), calendar=CALENDAR)
    assert next_place(missing) == 1
    assert free_from(missing) is None
    assert free_from(()) == date.min


def test_a_second_person_for_each_act_is_asked_even_where_the_law_asks_none() -> None:
    standing = Approval(step=Step.SECOND_PERSON, per=PerWhat.STANDING)
    assert route([standing])[0] == Approval(step=Step.SECOND_PERSON)
    once = Approval(step=Step.SECOND_PERSON, citation="COV 42.1-86.1")
    assert route([once]) == (once,)


def test_an_approval_without_a_name_is_none() -> None:
    with pytest.raises(Unnamed, match="name of a person"):
        approve(review(proposed(), ANNA), replace(SECOND, by=""), today=DAY, calendar=CALENDAR)


def test_a_waived_notice_needs_no_waiting() -> None:
    batch = review(proposed(steps=(NOTICE,)), ANNA)
    batch = approve(batch, SECOND, today=DAY, calendar=CALENDAR)
    waiver = Given(
        step=Step.NOTICE, by="Society", on=DAY, document="waiver", whom="society", waived=True
    )
    batch = approve(batch, waiver, today=DAY, calendar=CALENDAR)
    assert started(batch).stage is Stage.EXECUTING


def test_what_was_approved_for_one_series_is_no_standing_approval() -> None:
    standing = Approval(step=Step.GOVERNING_BODY, per=PerWhat.STANDING)
    for_one = Given(
        step=Step.GOVERNING_BODY, by="Council", on=DAY, document="R 1", series="s/general"
    )
    found = states((standing,), [], [for_one], series=("s/general",), calendar=CALENDAR)
    assert next_place(found) == 0
