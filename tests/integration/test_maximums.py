"""A maximum that is over: who may answer it, and what follows from the answer.

Every test but the last runs on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from archiver import wiring
from archiver.desk.hold_order import HoldOrder
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.queries import ledger, orders
from retention.facts import Scope, Standing
from tests.support.archive import PROPOSER, make_archive
from tests.support.clock import FakeClock
from tests.support.disposal import OFFICER, SECOND, executed
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

SHORT, LONG = "city/drones", "city/cases"
SERIES = """\
      - id: {id}
        title: {id}
        status: verified
        verified: {{how: agency-document, source: Resolution 1, seen: 2026-11}}
        citation: Resolution 1, item {id}
        rules:
          - {{cutoff: created, period: {period}, {more}disposition: destroy}}
"""
LAW = (
    "form: 1\noverlay: true\njurisdiction: TX\nname: City of Springfield\nschedules:\n"
    '  - id: city\n    title: City\n    edition: "1"\n    level: local\n    series:\n'
    + SERIES.format(
        id="drones", period="2 years", more="maximum: {period: 3 years, after: cutoff}, "
    )
    + SERIES.format(id="cases", period="9 years", more="")
    + f"classification:\n  - {{id: all, series: [{SHORT}, {LONG}], everything: true}}\n"
)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[Stage]:
    """Two posts of four years, under a series with a maximum of three and one that keeps nine;
    it is evaluated on 25 November 2026."""
    clock = FakeClock()
    with fresh_database(request.param, request) as url:
        sections: dict[str, dict[str, Any]] = {
            "database": {"url": url},
            "agency": {"records_officers": [OFFICER, SECOND], "approval_lasts": "36500d"},
        }
        with make_archive(tmp_path, clock=clock, sections=sections) as archive:
            made = Stage(archive, clock, boards)
            laws = archive.settings.home / "schedules"
            laws.mkdir()
            (laws / "springfield.yaml").write_text(LAW, encoding="utf-8")
            archive.retention.adoptions.adopt(
                "city", officer=OFFICER, on=clock.now().date(), document="Resolution 1"
            )
            site = made.wordpress()
            for words in ("First", "Second"):
                site.publish(words, f"<p>{words}.</p>", at=clock.now() - timedelta(days=1461))
            made.capture("wp")
            clock.advance(days=1)
            archive.retention.evaluate(confirmed_by=OFFICER)
            yield made
    for board in boards:
        board.current = None


def posts(on: Stage) -> list[int]:
    """The numbers of the two posts."""
    rows = on.rows(
        "SELECT id FROM records WHERE kind = 'post' AND published_at < '2024-01-01' ORDER BY id"
    )
    return [row.id for row in rows]


def say(on: Stage, record: int, *, destroy: bool = True, **changed: Any) -> None:
    fields: dict[str, Any] = {
        "series": SHORT, "who": OFFICER, "document": "Order 7", "reason": "no case", **changed,
    }  # fmt: skip
    on.archive.maximums.answer(str(record), destroy=destroy, **fields)


def standing(on: Stage, record: int) -> str:
    """By a new evaluation."""
    on.archive.retention.evaluate(confirmed_by=OFFICER)
    return str(on.value("SELECT standing FROM standings WHERE record_id = :id", id=record))


def test_overdue_records_are_listed_with_the_day_by_which_they_had_to_go(stage: Stage) -> None:
    found = stage.archive.maximums.overdue(limit=10)
    assert [each.record.record_id for each in found] == posts(stage)
    assert {each.record.must_go_by for each in found} == {date(2025, 11, 24)}
    assert {each.answers for each in found} == {()}
    assert len(stage.archive.maximums.overdue(limit=1)) == 1
    assert stage.archive.dispositions.due() == []


def test_an_answer_to_destroy_lets_this_record_go_and_no_other(stage: Stage) -> None:
    first, second = posts(stage)
    say(stage, first)
    assert standing(stage, first) == Standing.ELIGIBLE
    assert standing(stage, second) == Standing.OVERDUE
    assert [each.record_id for each in stage.archive.dispositions.due()] == [first]

    batch = stage.archive.dispositions.propose(by=PROPOSER).batch
    stage.archive.dispositions.review(batch, by=PROPOSER)
    stage.archive.dispositions.approve(batch, by=SECOND)
    done = executed(stage.archive, batch)

    assert done.row.state == "executed"
    assert [(item.record_id, item.state) for item in done.items] == [(first, "done")]
    stage.assert_verifies()


def test_an_answer_destroys_nothing_under_a_hold(stage: Stage) -> None:
    first, _ = posts(stage)
    order = HoldOrder(matter="Smith", issuer="City Attorney", scope=Scope(accounts=("wp",)))
    name = stage.archive.holds.place(order).entry.name
    done = stage.archive.maximums.answer(
        str(first), series=SHORT, destroy=True, who=OFFICER, document="Order 7", reason="no case"
    )
    assert done.holds == (name,)
    assert standing(stage, first) == Standing.HELD
    assert stage.archive.dispositions.due() == []
    stage.archive.holds.release(name, actor="Chief Wiggum", reason="settled")
    stage.later(days=1)
    assert standing(stage, first) == Standing.ELIGIBLE


def test_a_hold_after_the_proposal_keeps_the_record_all_the_same(stage: Stage) -> None:
    first, _ = posts(stage)
    say(stage, first)
    standing(stage, first)
    batch = stage.archive.dispositions.propose(by=PROPOSER).batch
    stage.archive.dispositions.review(batch, by=PROPOSER)
    stage.archive.dispositions.approve(batch, by=SECOND)
    order = HoldOrder(matter="Smith", issuer="City Attorney", scope=Scope(accounts=("wp",)))
    stage.archive.holds.place(order)
    done = executed(stage.archive, batch)
    assert [item.state for item in done.items] == ["held"]


def test_an_answer_to_keep_leaves_it_overdue_with_the_officers_name(stage: Stage) -> None:
    first, _ = posts(stage)
    say(stage, first, destroy=False)
    assert standing(stage, first) == Standing.OVERDUE
    listed = stage.archive.maximums.overdue(limit=10)[0]
    assert [(a.destroy, a.who, a.document) for a in listed.answers] == [(False, OFFICER, "Order 7")]


def test_the_newest_answer_counts_and_one_that_was_taken_back_does_not(stage: Stage) -> None:
    first, second = posts(stage)
    say(stage, first)
    say(stage, second)
    say(stage, second, destroy=False)
    take_back = stage.archive.maximums.take_back
    take_back(str(first), series=SHORT, who=SECOND, reason="the wrong record")
    with stage.database.read() as connection:
        given = orders.answers(connection)
    assert {number: [a.destroy for a in each] for number, each in given.items()} == {
        second: [False]
    }
    assert standing(stage, first) == Standing.OVERDUE
    with pytest.raises(UsageError, match="has no answer to a maximum"):
        take_back(str(first), series=SHORT, who=SECOND, reason="again")
    say(stage, first)
    assert standing(stage, first) == Standing.ELIGIBLE


def test_a_look_at_another_edition_starts_from_what_the_answers_made_of_the_records(
    stage: Stage, tmp_path: Path
) -> None:
    first, _ = posts(stage)
    say(stage, first)
    other = LAW.replace('edition: "1"', 'edition: "2"')
    other = other.replace("maximum: {period: 3 years, after: cutoff}, ", "")
    file = tmp_path / "springfield.yaml"
    file.write_text(other, encoding="utf-8")
    moves = stage.archive.retention.adoptions.preview(str(file)).moves
    assert {(each.before, each.after): each.records for each in moves} == {
        (Standing.ELIGIBLE, Standing.RUNNING): 1,
        (Standing.OVERDUE, Standing.RUNNING): 1,
    }


def test_only_a_records_officer_answers_and_only_what_is_asked(stage: Stage) -> None:
    first, _ = posts(stage)
    with pytest.raises(RefusedError, match='"Lunchlady Doris" may not answer a maximum'):
        say(stage, first, who="Lunchlady Doris")
    with pytest.raises(UsageError, match=f"sets no maximum to record {first}; these do: {SHORT}"):
        say(stage, first, series=LONG)
    with pytest.raises(UsageError, match="name the document"):
        say(stage, first, document=" ")
    with pytest.raises(NotFoundError):
        say(stage, 999_999)
    say(stage, first)
    with pytest.raises(RefusedError, match="may not take an answer"):
        stage.archive.maximums.take_back(str(first), series=SHORT, who="Doris", reason="no")
    assert stage.value("SELECT count(*) FROM maximum_decisions") == 1


def test_every_answer_is_in_the_ledger_and_stays_as_it_was(stage: Stage) -> None:
    first, _ = posts(stage)
    say(stage, first, who=" records officer  MARGE ")
    stage.archive.maximums.take_back(str(first), series=SHORT, who=OFFICER, reason="mistaken")
    with stage.database.read() as connection:
        lines = list(ledger.lines(connection))[-2:]
    assert [line.kind for line in lines] == ["maximum answered", "maximum answer taken back"]
    body = json.loads(lines[0].body)
    assert (body["actor"], body["record"], body["series"], body["destroy"], body["document"]) == (
        OFFICER, first, SHORT, True, "Order 7",
    )  # fmt: skip
    with (
        pytest.raises(DBAPIError, match="refused by the database"),
        stage.database.write() as connection,
    ):
        connection.execute(text("UPDATE maximum_decisions SET who = 'me'"))
    stage.assert_verifies()


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_the_command_line_lists_and_answers(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "SystemClock", lambda: stage.clock)
    type_ = Terminal(stage.archive.settings.home, capsys, monkeypatch)
    first, second = posts(stage)
    shown = type_("retention", "overdue").out
    assert "2025-11-24" in shown
    assert "none" in shown
    command = ("retention", "answer", str(first), "--series", SHORT, "--by", OFFICER)
    said = type_(*command, "--destroy", "--document", "Order 7", "--reason", "no case")
    assert (said.code, said.err) == (0, "")
    assert f"Record {first} under {SHORT}: destroy, {OFFICER} on" in said.out
    back = type_(*command, "--take-back", "--reason", "mistaken")
    assert "is taken back" in back.out
    neither = type_(*command, "--reason", "no case")
    assert (neither.code, neither.sentence()) == (2, "say --destroy or --keep, or --take-back")
    listed = type_("retention", "overdue", "--json").json
    assert [each["record"]["record_id"] for each in listed] == [first, second]
