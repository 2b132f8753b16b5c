"""What pages read of holds, retention and dispositions, page by page and counted, on both
databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archiver.desk.disposition_look import DispositionLook
from archiver.desk.hold_order import HoldOrder
from archiver.desk.retention_look import Adopted, RetentionLook, found_in
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.queries.dispositions import EXCLUDED, PROPOSED
from retention.approvals import next_place
from retention.facts import Action, Scope, Standing, Step
from tests.support.archive import PROPOSER
from tests.support.disposal import (
    LONGER,
    OFFICER,
    OWN,
    SCHEDULE,
    SECOND,
    SERIES,
    adopt,
    approved_batch,
    evaluated,
    executed,
    make_disposal,
    write_law,
)
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.stage import Board, Stage, boards  # noqa: F401 - a fixture

OLD, NEW = 7, 5


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[Stage]:
    """Seven posts that are due and five that are not."""
    with (
        fresh_database(request.param, request) as url,
        make_disposal(tmp_path, boards, sections={"database": {"url": url}}) as made,
    ):
        site = made.wordpress()
        for number in range(OLD):
            at = made.clock.now() - timedelta(days=1000 + number)
            site.publish(f"Old {number}", f"<p>Old words {number}.</p>", at=at)
        for number in range(NEW):
            site.publish(f"New {number}", f"<p>New words {number}.</p>")
        made.capture("wp")
        evaluated(made)
        yield made


def dispositions(stage: Stage) -> DispositionLook:
    archive = stage.archive
    agency = archive.settings.sections.agency
    return DispositionLook(archive.database, agency, archive.clock, archive.settings.home)


def retention(stage: Stage) -> RetentionLook:
    archive = stage.archive
    agency = archive.settings.sections.agency
    return RetentionLook(archive.database, agency, archive.clock, archive.settings.home)


def test_what_is_ready_is_what_can_be_proposed(stage: Stage) -> None:
    look = dispositions(stage)
    due = stage.archive.dispositions.due()
    (ready,) = look.ready()
    assert (ready.series, ready.account, ready.action) == (SERIES, "wp", Action.DESTROY)
    assert ready.records == ready.listed == len(due) == OLD
    assert ready.since == min(each.eligible_on for each in due if each.eligible_on)
    seen = look.foresee(series=SERIES, account="wp", limit=3)
    assert seen.records == OLD
    assert [each.record_id for each in seen.examples] == [each.record_id for each in due[:3]]
    assert [each.step for each in seen.route] == [Step.SECOND_PERSON]
    for series, account in (("no/such", ""), (SERIES, "elsewhere")):
        with pytest.raises(UsageError, match="no record of this choice is due"):
            look.foresee(series=series, account=account, limit=3)
    stage.archive.dispositions.propose(by=PROPOSER)
    assert look.ready() == []


def test_nothing_is_foreseen_under_a_schedule_that_changed(stage: Stage) -> None:
    write_law(stage.archive, OWN + LONGER)
    with pytest.raises(RefusedError, match="is not adopted as it stands"):
        dispositions(stage).foresee(series=SERIES, limit=3)


def test_a_disposition_is_counted_and_paged_without_being_read_whole(stage: Stage) -> None:
    look = dispositions(stage)
    desk = stage.archive.dispositions
    batch = desk.propose(by=PROPOSER).batch
    whole = desk.get(batch)
    first = whole.items[0].record_id
    desk.exclude(batch, [first], by=PROPOSER, reason="historical value")
    seen = look.look(batch)
    assert seen.counts == {EXCLUDED: 1, PROPOSED: OLD - 1}
    assert (seen.records, seen.remaining, seen.kept) == (OLD, OLD - 1, 1)
    assert seen.accounts == {"wp": OLD - 1}
    (series,) = seen.series
    assert (series.key, series.records, series.kept) == (SERIES, OLD - 1, 1)
    assert series.first == min(each.eligible_on for each in whole.items)
    assert series.last == max(each.eligible_on for each in whole.items)
    found = look.items(batch, limit=4)
    found += look.items(batch, after=found[-1].record_id, limit=4)
    assert [each.record_id for each in found] == [each.record_id for each in whole.items]
    assert all(each.words.startswith("Old words") for each in found)
    assert [each.record_id for each in look.items(batch, state=EXCLUDED, limit=9)] == [first]
    assert look.lines([whole.row]) == [(whole.row, OLD)]
    assert look.departments(batch) == {"Police"}
    assert look.brakes(batch) == stage.archive.dispositions.preview(batch).brakes
    for asked in (look.look, look.brakes, look.certificate):
        with pytest.raises(NotFoundError):
            asked(99)


def test_the_steps_of_a_disposition_tell_who_is_missing(stage: Stage) -> None:
    desk = stage.archive.dispositions
    batch = desk.propose(by=PROPOSER).batch
    desk.review(batch, by=PROPOSER)
    assert next_place(desk.steps(batch)) == 0
    desk.approve(batch, by=SECOND, entered_by="Clerk Milhouse")
    (step,) = desk.steps(batch)
    assert step.done is not None
    event = desk.get(batch).event("approved")
    assert event is not None
    assert (event.actor, event.detail["entered_by"]) == (SECOND, "Clerk Milhouse")


def test_the_words_of_what_was_destroyed_are_shown_nowhere(stage: Stage) -> None:
    batch = approved_batch(stage.archive).batch
    executed(stage.archive, batch)
    look = dispositions(stage)
    assert {each.words for each in look.items(batch, limit=99)} == {""}
    assert look.certificate(batch) is None
    made = stage.archive.dispositions.certify(batch, by=OFFICER)
    assert look.certificate(batch) == made


def test_the_records_of_a_standing_come_the_longest_due_first(stage: Stage) -> None:
    look = retention(stage)
    found = look.records(Standing.ELIGIBLE, limit=4)
    found += look.records(Standing.ELIGIBLE, offset=4, limit=9)
    assert len(found) == OLD
    days = [each.eligible_on for each in found if each.eligible_on]
    assert days == sorted(days)
    assert {each.series for each in found} == {SERIES}
    assert look.records(Standing.ELIGIBLE, series="no/such", limit=9) == []
    assert look.records(Standing.ELIGIBLE, departments={"Parks"}, limit=9) == []
    assert len(look.records(Standing.ELIGIBLE, departments={"Police"}, limit=99)) == OLD
    evaluation = look.evaluation()
    assert evaluation is not None
    assert (evaluation.day, evaluation.confirmed_by) == (look.today(), OFFICER)
    line, department = look.record(str(found[0].record_id))
    assert (line.id, department) == (found[0].record_id, "Police")
    with pytest.raises(NotFoundError):
        look.record("no such")


def test_a_schedule_tells_how_it_stands_with_the_agency(stage: Stage) -> None:
    look = retention(stage)
    assert look.shelf(look.library(), SCHEDULE).state is Adopted.IN_USE
    assert look.shelf(look.library(), "wa-core").state is Adopted.NOT
    write_law(stage.archive, OWN + LONGER)
    shelf = look.shelf(look.library(), SCHEDULE)
    assert shelf.state is Adopted.CHANGED
    assert [each.schedule.id for each in look.shelves(look.library())] == [SCHEDULE]
    adopt(stage.archive, stage.clock.now().date())
    assert look.shelf(look.library(), SCHEDULE).state is Adopted.TOMORROW
    stage.archive.retention.adoptions.adopt(
        SCHEDULE,
        officer=OFFICER,
        on=stage.clock.now().date() - timedelta(days=1),
        document="Memo",
        expires=stage.clock.now().date(),
    )
    stage.later(days=2)
    assert look.shelf(look.library(), SCHEDULE).state is Adopted.EXPIRED
    hits = found_in(look.shelves(look.library(), "TX"), "GENERAL correspondence")
    assert "GR1000-26b" in {each.entry.series.id for each in hits}
    assert found_in(look.shelves(look.library(), "TX"), "xyzzy") == []


def test_what_a_hold_caught_comes_page_by_page(stage: Stage) -> None:
    holds = stage.archive.holds
    scope = Scope(words=("old words",))
    name = holds.place(HoldOrder(matter="Old things", issuer="Hutz", scope=scope)).entry.name
    found = holds.caught(name, limit=4)
    found += holds.caught(name, before=found[-1].record_id, limit=9)
    numbers = [each.record_id for each in found]
    assert numbers == sorted(set(numbers), reverse=True)
    assert len(numbers) == OLD == holds.get(name).records
    assert all("Old words" in each.words for each in found)
    assert holds.caught(name, departments={"Parks"}, limit=9) == []
    assert len(holds.caught(name, departments={"Police"}, account="wp", limit=9)) == OLD
    assert holds.caught(name, account="elsewhere", limit=9) == []
    assert len(holds.preview(scope).examples) == OLD
    assert holds.preview(scope, departments={"Parks"}).examples == ()
    assert holds.preview(scope, departments={"Parks"}).records == OLD


def test_records_are_picked_by_number_id_or_address(stage: Stage) -> None:
    holds = stage.archive.holds
    found = holds.preview(Scope(words=("old words",))).examples[0]
    assert found.record_id in holds.picked([str(found.record_id)])
    assert found.record_id in holds.picked([found.platform_id])
    with pytest.raises(NotFoundError, match="no record has the number"):
        holds.picked(["no such"])


def test_a_drafted_hold_is_complete_and_not_placed(stage: Stage) -> None:
    holds = stage.archive.holds
    order = HoldOrder(matter="№ 7", issuer="Hutz", scope=Scope(everything=True))
    draft = holds.draft(order)
    assert draft.name == "hold-7"
    assert draft.custodians
    assert "Duty to preserve" in draft.notice
    assert holds.all() == []
