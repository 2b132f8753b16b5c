"""Approvals that are given once, serve every disposition, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from archiver.desk.approvals_register import ApprovalsRegister, NewApproval
from archiver.errors import NotFoundError, RefusedError, UsageError
from retention.facts import Step
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
    write_law,
)
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.stage import Board, Stage, boards  # noqa: F401 - a fixture
from tests.support.terminal import Terminal

PROCEDURE = """\
procedure:
  text: The city attorney agrees to a series, the council to everything, once.
  steps:
    - {step: governing-body, per: standing, whom: council}
    - {step: attorney, per: series, whom: city attorney}
    - {step: attorney, per: series, whom: county attorney}
  confidence: from-memory
"""


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[Stage]:
    """Three posts that are due one year after the other, under a procedure that asks the
    council once for all and two attorneys per series."""
    with (
        fresh_database(request.param, request) as url,
        make_disposal(tmp_path, boards, sections={"database": {"url": url}}) as made,
    ):
        write_law(made.archive, OWN + PROCEDURE)
        adopt(made.archive, made.clock.now().date())
        made.later(days=1)
        site = made.wordpress()
        for age in (1000, 500, 200):
            at = made.clock.now() - timedelta(days=age)
            site.publish(f"Old {age}", f"<p>Words of {age} days ago.</p>", at=at)
        future = made.clock.now() + timedelta(days=3000)
        for number in range(9):
            site.publish(f"Notice {number}", "<p>New.</p>", at=future)
        made.capture("wp")
        evaluated(made)
        yield made


def register(stage: Stage) -> ApprovalsRegister:
    return stage.archive.dispositions.register


def today(stage: Stage) -> date:
    return stage.clock.now().date()


def attorney(stage: Stage, whom: str, **changed: object) -> NewApproval:
    fields = {
        "step": Step.ATTORNEY, "by": f"The {whom}", "on": today(stage), "series": SERIES,
        "whom": whom, "document": "Letter 7", **changed,
    }  # fmt: skip
    return NewApproval(**fields)  # type: ignore[arg-type]


def all_given(stage: Stage) -> None:
    council = NewApproval(
        step=Step.GOVERNING_BODY, by="Mayor Quimby", on=today(stage), document="Resolution 12"
    )
    assert register(stage).give(council, actor=OFFICER) == []
    for whom in ("city attorney", "county attorney"):
        assert register(stage).give(attorney(stage, whom), actor=OFFICER) == []


def reviewed(stage: Stage) -> int:
    """A batch that was proposed, reviewed, and agreed to by a second person."""
    desk = stage.archive.dispositions
    proposed = desk.propose(by=PROPOSER)
    assert proposed.records == 1
    desk.review(proposed.batch, by=PROPOSER)
    desk.approve(proposed.batch, by=SECOND)
    return proposed.batch


def a_year_passes(stage: Stage) -> None:
    stage.later(days=310)
    evaluated(stage)


# -- giving and taking back -------------------------------------------------------------------


def test_given_once_it_serves_two_batches_and_taken_back_the_third_asks(stage: Stage) -> None:
    desk = stage.archive.dispositions
    all_given(stage)
    for _ in range(2):
        batch = reviewed(stage)
        assert desk.get(batch).row.state == "approved"
        desk.execute(batch, by=OFFICER)
        names = [each["by"] for each in desk.certify(batch, by=OFFICER)["approvals"]]
        assert sorted(names) == sorted(
            [SECOND, "Mayor Quimby", "The city attorney", "The county attorney"]
        )
        a_year_passes(stage)
    register(stage).take_back(
        Step.ATTORNEY, series=SERIES, whom="city attorney", actor=OFFICER, reason="a new attorney"
    )
    batch = reviewed(stage)
    assert desk.get(batch).row.state == "reviewed"
    missing = desk.missing(batch)
    assert missing is not None
    assert (missing.step, missing.whom) == (Step.ATTORNEY, "city attorney")
    with pytest.raises(RefusedError, match="only an approved one"):
        desk.execute(batch, by=OFFICER)
    assert register(stage).give(attorney(stage, "city attorney"), actor=OFFICER) == [batch]
    desk.execute(batch, by=OFFICER)
    assert problems(stage.archive) == []


def test_taken_back_before_the_execution_it_stops_an_approved_batch(stage: Stage) -> None:
    desk = stage.archive.dispositions
    all_given(stage)
    batch = reviewed(stage)
    register(stage).take_back(Step.GOVERNING_BODY, actor=OFFICER, reason="rescinded")
    with pytest.raises(RefusedError, match="governing-body is missing"):
        desk.execute(batch, by=OFFICER)
    assert desk.get(batch).row.state == "approved"


def test_after_its_last_day_it_serves_no_batch(stage: Stage) -> None:
    all_given(stage)
    last = today(stage) + timedelta(days=30)
    new = attorney(stage, "city attorney", ends_on=last)
    register(stage).give(new, actor=OFFICER)
    batch = reviewed(stage)
    assert stage.archive.dispositions.get(batch).row.state == "approved"
    stage.later(days=30)
    assert len(register(stage).all()) == 3
    stage.later(days=1)
    evaluated(stage)
    assert len(register(stage).all()) == 2  # the earlier one without an end does not come back
    with pytest.raises(RefusedError, match="attorney is missing"):
        stage.archive.dispositions.execute(batch, by=OFFICER)


def test_an_approval_given_with_a_batch_can_be_taken_back_as_well(stage: Stage) -> None:
    desk = stage.archive.dispositions
    council = NewApproval(
        step=Step.GOVERNING_BODY, by="Mayor Quimby", on=today(stage), document="Resolution 12"
    )
    register(stage).give(council, actor=OFFICER)
    first = reviewed(stage)
    for name in ("Burns", "Hutz"):
        desk.approve(first, by=name, document="Letter 7", series=SERIES)
    assert desk.get(first).row.state == "approved"
    assert [each.by for each in register(stage).all()] == ["Burns", "Hutz", "Mayor Quimby"]
    register(stage).take_back(
        Step.ATTORNEY, series=SERIES, whom="county attorney", actor=OFFICER, reason="left"
    )
    desk.execute(first, by=OFFICER)  # its own approval is its own
    a_year_passes(stage)
    second = reviewed(stage)
    missing = desk.missing(second)
    assert missing is not None
    assert missing.whom == "county attorney"
    desk.approve(second, by="Gutman", document="Letter 8", series=SERIES)
    assert desk.get(second).row.state == "approved"
    desk.execute(second, by=OFFICER)
    assert problems(stage.archive) == []


def test_each_act_stands_in_the_ledger(stage: Stage) -> None:
    all_given(stage)
    register(stage).take_back(Step.GOVERNING_BODY, actor=SECOND, reason="rescinded")
    rows = stage.rows("SELECT kind, body FROM ledger WHERE kind LIKE 'approval%' ORDER BY seq")
    assert [row.kind for row in rows] == ["approval registered"] * 3 + ["approval taken back"]
    assert all(f'"actor":"{OFFICER}"' in row.body for row in rows[:3])
    assert '"reason":"rescinded"' in rows[3].body
    assert problems(stage.archive) == []


# -- what is refused --------------------------------------------------------------------------


def test_only_records_officers_keep_the_register(stage: Stage) -> None:
    with pytest.raises(RefusedError, match="records_officers"):
        register(stage).give(attorney(stage, "city attorney"), actor="Mayor Quimby")
    all_given(stage)
    with pytest.raises(RefusedError, match="records_officers"):
        register(stage).take_back(Step.GOVERNING_BODY, actor="Mayor Quimby", reason="no")
    assert len(register(stage).all()) == 3


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"by": " "}, "name the person"),
        ({"document": ""}, "needs its document"),
        ({"whom": ""}, "several parties agree as attorney per series"),
        ({"series": ""}, "no procedure asks for attorney"),
        ({"step": Step.AUDITOR, "whom": ""}, "no procedure asks for auditor per series"),
        ({"on": date(2099, 1, 1)}, "is ahead"),
        ({"ends_on": date(2020, 1, 1)}, "serves no disposition"),
    ],
)
def test_an_approval_that_no_procedure_asks_for_is_refused(
    stage: Stage, changed: dict[str, object], said: str
) -> None:
    fields = {"whom": "city attorney", **changed}
    with pytest.raises(UsageError, match=said):
        register(stage).give(attorney(stage, **fields), actor=OFFICER)  # type: ignore[arg-type]
    assert register(stage).all() == []


def test_what_is_not_there_is_not_found(stage: Stage) -> None:
    with pytest.raises(NotFoundError, match='no series "nothing/here"'):
        register(stage).give(attorney(stage, "city attorney", series="nothing/here"), actor=OFFICER)
    with pytest.raises(NotFoundError, match="no approval by attorney stands"):
        register(stage).take_back(Step.ATTORNEY, series=SERIES, actor=OFFICER, reason="left")
    all_given(stage)
    with pytest.raises(UsageError, match="several parties have agreed"):
        register(stage).take_back(Step.ATTORNEY, series=SERIES, actor=OFFICER, reason="left")
    with pytest.raises(UsageError, match="say why"):
        register(stage).take_back(Step.GOVERNING_BODY, actor=OFFICER, reason=" ")


# -- the command ------------------------------------------------------------------------------


def test_the_register_is_kept_from_the_command_line(
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ARCHIVER_HOME", "ARCHIVER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    with make_disposal(tmp_path, boards) as stage:
        write_law(stage.archive, OWN + PROCEDURE)
        terminal = Terminal(stage.archive.settings.home, capsys, monkeypatch)
        said = terminal("dispose", "register", "list")
        assert "No approval stands" in said.out
        given = (
            "dispose", "register", "give", "attorney", "--series", SERIES, "--whom",
            "city attorney", "--given-by", "Hutz", "--on", "2020-03-01", "--document", "Letter 7",
            "--by", OFFICER,
        )  # fmt: skip
        said = terminal(*given)
        assert (said.code, "The approval by Hutz stands" in said.out) == (0, True), said.err
        [entry] = terminal("dispose", "register", "list", "--json").json
        assert (entry["step"], entry["by"], entry["document"]) == ("attorney", "Hutz", "Letter 7")
        said = terminal(
            "dispose", "register", "take-back", "attorney", "--series", SERIES, "--by", OFFICER,
            "--reason", "a new attorney",
        )  # fmt: skip
        assert "The approval by Hutz of 2020-03-01 stands no more." in said.out
        assert terminal("dispose", "register", "list", "--json").json == []
