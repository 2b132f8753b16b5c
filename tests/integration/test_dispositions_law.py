"""What the agency sets counts only as it was adopted, and originals go only for a trusted copy."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archiver.desk.certificate_pdf import as_pdf
from archiver.errors import RefusedError, UsageError
from retention.facts import Action, Event
from tests.support.archive import PROPOSER
from tests.support.disposal import (
    OFFICER,
    OWN,
    SECOND,
    SERIES,
    adopt,
    evaluated,
    make_disposal,
    problems,
    states,
    write_law,
)
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.stage import Board, Stage, boards  # noqa: F401 - a fixture

HOUSE = "springfield-house"
SCHEDULE = """\
schedules:
  - id: {name}
    title: What the city keeps
    edition: Resolution 2
    level: local
    series:
      - id: S-1
        title: Posts
        applies_to: posts
        status: verified
        verified: {{how: agency-document, source: Resolution 2, seen: 2026-11}}
        citation: Resolution 2, item 1
        rules:
          - {{cutoff: {cutoff}, period: {period}, disposition: {disposition}}}
"""
FISCAL = """\
fiscal_years:
  - of: the city
    ends: "{ends}"
    confidence: verified
    citation: City Charter 7
    source: https://springfield.example/charter
"""
RULES = OWN.replace(SERIES, f"{HOUSE}/S-1")


def law(
    *, cutoff: str = "created", period: str, disposition: str = "destroy", ends: str = ""
) -> str:
    fiscal = FISCAL.format(ends=ends) if ends else ""
    return RULES + fiscal + SCHEDULE.format(
        name=HOUSE, cutoff=cutoff, period=period, disposition=disposition
    )  # fmt: skip


def take_up(stage: Stage, text: str) -> None:
    """Put the file into the folder and adopt it."""
    write_law(stage.archive, text)
    on = stage.clock.now().date()
    stage.archive.retention.adoptions.adopt(HOUSE, officer=OFFICER, on=on, document="Resolution 2")
    adopt(stage.archive, on)  # the rules of that day
    stage.later(days=1)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[Stage]:
    with (
        fresh_database(request.param, request) as url,
        make_disposal(tmp_path, boards, sections={"database": {"url": url}}) as made,
    ):
        yield made


def old_post(stage: Stage, days: int) -> str:
    """A post so many days old, among some that never go in this test."""
    site = stage.wordpress()
    post = site.publish("Old", "<p>Old words.</p>", at=stage.clock.now() - timedelta(days=days))
    for number in range(5):
        site.publish(f"Notice {number}", "<p>New.</p>")
    stage.capture("wp")
    return str(post)


def standing_of(stage: Stage, post: str) -> str:
    evaluated(stage)
    record = stage.record(post).id
    return str(stage.value("SELECT standing FROM standings WHERE record_id = :id", id=record))


# -- adopted again ----------------------------------------------------------------------------


def test_a_shorter_overlay_period_makes_nothing_due_before_it_is_adopted_again(
    stage: Stage,
) -> None:
    take_up(stage, law(period="5 years"))
    post = old_post(stage, 1000)
    assert standing_of(stage, post) == "running"
    write_law(stage.archive, law(period="2 years"))
    assert standing_of(stage, post) == "not adopted"
    assert stage.archive.dispositions.due() == []
    take_up(stage, law(period="2 years"))
    assert standing_of(stage, post) == "eligible"
    assert [each.series for each in stage.archive.dispositions.due()] == ["S-1"]


def test_another_fiscal_year_makes_nothing_due_before_it_is_adopted_again(stage: Stage) -> None:
    later, sooner = (law(period="3 fiscal years", ends=ends) for ends in ("09-30", "10-31"))
    take_up(stage, later)
    post = old_post(stage, 1130)  # of October 2023
    assert standing_of(stage, post) == "running"
    write_law(stage.archive, sooner)
    assert standing_of(stage, post) == "not adopted"
    assert stage.archive.dispositions.due() == []
    take_up(stage, sooner)
    assert standing_of(stage, post) == "eligible"
    adopted = stage.archive.retention.adoptions.all()
    kept = [json.loads(e.content)["counted"] for e in adopted if e.schedule == HOUSE]
    assert [[(end["month"], end["day"]) for end in each] for each in kept] == [
        [(9, 30)],
        [(10, 31)],
    ]


def test_another_fiscal_year_under_a_batch_stops_it(stage: Stage) -> None:
    take_up(stage, law(period="2 fiscal years", ends="09-30"))
    old_post(stage, 1130)
    evaluated(stage)
    desk = stage.archive.dispositions
    batch = desk.propose(by=PROPOSER).batch
    desk.review(batch, by=PROPOSER)
    desk.approve(batch, by=SECOND)
    write_law(stage.archive, law(period="2 fiscal years", ends="12-31"))
    with pytest.raises(RefusedError, match="schedules have changed"):
        desk.execute(batch, by=OFFICER)
    desk.withdraw(batch, by=OFFICER, reason="the law changed")
    with pytest.raises(RefusedError, match="not adopted as it stands now"):
        desk.propose(by=PROPOSER)


def test_what_is_said_of_a_record_after_the_evaluation_stops_its_batch(stage: Stage) -> None:
    take_up(stage, law(period="2 years"))
    post = old_post(stage, 1000)
    evaluated(stage)
    desk = stage.archive.dispositions
    batch = desk.propose(by=PROPOSER).batch
    desk.review(batch, by=PROPOSER)
    desk.approve(batch, by=SECOND)
    stage.clock.advance(minutes=1)  # the same day, so that the evaluation still counts
    record = str(stage.record(post).id)
    stage.archive.retention.acts.tag(record, "case 26-1187", by=OFFICER, reason="A suit is near.")
    with pytest.raises(RefusedError, match="changed after retention was evaluated last"):
        desk.execute(batch, by=OFFICER)
    assert states(desk.get(batch)) == {"proposed": 1}
    evaluated(stage)
    desk.execute(batch, by=OFFICER)
    assert states(desk.get(batch)) == {"done": 1}


def test_a_fiscal_year_from_another_states_file_makes_nothing_due_either(stage: Stage) -> None:
    take_up(stage, law(period="2 fiscal years"))
    post = old_post(stage, 1130)
    assert standing_of(stage, post) == "waiting"  # no fiscal year is known
    other = OWN.replace("jurisdiction: TX", "jurisdiction: WI").partition("classification")[0]
    folder = stage.archive.settings.home / "schedules"
    (folder / "wisconsin.yaml").write_text(other + FISCAL.format(ends="09-30"), encoding="utf-8")
    assert standing_of(stage, post) == "not adopted"
    assert stage.archive.dispositions.due() == []


# -- replaced by a trusted copy ---------------------------------------------------------------

REPLACE = law(cutoff="reproduced", period="until-declared", disposition="replace")


@pytest.mark.filterwarnings("ignore:HarfBuzz-Subset will be required:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning")
def test_an_original_goes_for_a_trusted_copy_that_the_certificate_names(stage: Stage) -> None:
    take_up(stage, REPLACE)
    post = old_post(stage, 10)
    assert standing_of(stage, post) == "waiting"
    assert stage.archive.dispositions.due() == []
    stage.archive.retention.acts.declare(
        Event.REPRODUCED,
        stage.clock.now().date(),
        record=stage.record(post).permalink,
        by=OFFICER,
        reason="reel 12",
    )
    stage.later(days=1)
    assert standing_of(stage, post) == "eligible"
    desk = stage.archive.dispositions
    [due] = desk.due()
    assert due.action is Action.REPLACE
    with pytest.raises(UsageError, match="name the document that says"):
        desk.propose(by=PROPOSER)
    copy = "Vault register 12: reel 12, county archive"
    batch = desk.propose(by=PROPOSER, copy=copy).batch
    desk.review(batch, by=PROPOSER)
    desk.approve(batch, by=SECOND)
    assert states(desk.execute(batch, by=OFFICER)) == {"done": 1}
    made = desk.certify(batch, by=OFFICER)
    assert (made["action"], made["trusted_copy"]) == ("replace", copy)
    assert as_pdf(made).startswith(b"%PDF-")
    gc.collect()  # WeasyPrint leaves a file of its own open
    assert problems(stage.archive) == []


def test_without_the_statement_that_it_was_reproduced_no_original_goes(stage: Stage) -> None:
    take_up(stage, law(period="1 year", disposition="replace"))
    post = old_post(stage, 800)
    assert standing_of(stage, post) == "eligible"
    with pytest.raises(RefusedError, match="nobody has stated that record"):
        stage.archive.dispositions.propose(by=PROPOSER, copy="Register 12")


def test_what_nothing_replaces_names_no_copy(stage: Stage) -> None:
    old_post(stage, 1000)
    evaluated(stage)
    with pytest.raises(UsageError, match="leave it out"):
        stage.archive.dispositions.propose(by=PROPOSER, copy="Register 12")
