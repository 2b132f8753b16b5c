"""A data subject's hold has an end: it lapses in the decision, and is kept until its release.

Every test but the last runs on SQLite and on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from archiver import wiring
from archiver.desk.hold_order import HoldOrder
from archiver.desk.hold_reviews import HOLD_REVIEW, settle
from archiver.desk.hold_standing import HoldStanding
from archiver.desk.holds import refuse_if_held
from archiver.errors import RefusedError, UsageError
from archiver.model.queries.hold_checks import disagreements
from archiver.model.queries.holds import open_holds_on
from archiver.model.queries.orders import unsaid_limits
from connectors.base import Window
from retention.facts import HoldKind, Scope, Standing
from tests.support.archive import PROPOSER, make_archive
from tests.support.clock import FakeClock
from tests.support.disposal import OFFICER, OWN, SECOND, SERIES, adopt, executed, write_law
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

CLERK, CHIEF = "Records Clerk", "Chief Wiggum"
LAW = "Minn. Stat. 13.825 subd. 3(c)"
END = date(2026, 12, 10)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[Stage]:
    """A captured site with one post that is due; it is 25 November 2026."""
    clock = FakeClock()
    with fresh_database(request.param, request) as url:
        sections: dict[str, dict[str, Any]] = {
            "database": {"url": url},
            "agency": {"records_officers": [OFFICER, SECOND], "approval_lasts": "36500d"},
        }
        with make_archive(tmp_path, clock=clock, sections=sections) as archive:
            write_law(archive, OWN)
            adopt(archive, clock.now().date())
            made = Stage(archive, clock, boards)
            made.x().publish("The stop of Bart", at=clock.now() - timedelta(days=1500))
            made.capture("spd-x")
            clock.advance(days=1)
            archive.retention.evaluate(confirmed_by=OFFICER)
            yield made
    for board in boards:
        board.current = None


def asked(on: Stage, **changed: Any) -> str:
    """The subject has asked for the post to be kept; the name of the hold."""
    fields: dict[str, Any] = {
        "matter": "Request of Bart",
        "issuer": CLERK,
        "scope": Scope(accounts=("spd-x",)),
        "kind": HoldKind.DATA_SUBJECT,
        "review_on": date(2027, 12, 1),
        **changed,
    }
    return on.archive.holds.place(HoldOrder(**fields)).entry.name


def limit(on: Stage, name: str, lapses: date | None = END, **changed: Any) -> HoldStanding:
    fields: dict[str, Any] = {"actor": CLERK, "citation": LAW, **changed}
    return on.archive.holds.limits.limit(name, lapses=lapses, **fields)


def told(on: Stage, name: str) -> HoldStanding:
    """The requester is told today."""
    return on.archive.holds.limits.told(name, actor=CLERK, on=on.archive.holds.today())


def go_to(on: Stage, day: date) -> None:
    on.later(days=(day - on.archive.holds.today()).days)


def standing(on: Stage) -> str:
    """Of the old post, by a new evaluation."""
    on.archive.retention.evaluate(confirmed_by=OFFICER)
    return str(
        on.value(
            "SELECT s.standing FROM standings s JOIN records r ON r.id = s.record_id "
            "WHERE s.series = :series AND r.kind = 'post' AND r.published_at < '2024-01-01'",
            series=SERIES,
        )
    )


def held_back(on: Stage) -> list[str]:
    """The holds that whoever destroys the old post meets today."""
    number = on.value("SELECT id FROM records WHERE kind = 'post' AND published_at < '2024-01-01'")
    with on.database.read() as connection:
        found = open_holds_on(connection, [number], day=on.archive.holds.today())
    return [hold.id for hold in found.get(number, [])]


def test_it_binds_through_its_last_day_and_frees_the_decision_the_day_after(stage: Stage) -> None:
    name = asked(stage)
    limit(stage, name)
    assert told(stage, name).bound_through == END
    go_to(stage, END)
    assert standing(stage) == Standing.HELD
    assert stage.archive.holds.get(name).state == "binds through 2026-12-10"
    stage.later(days=1)
    assert standing(stage) == Standing.ELIGIBLE
    now = stage.archive.holds.get(name)
    assert (now.binds, now.lapsed) == (False, True)
    assert now.state == "lapsed on 2026-12-10, to be released"


def test_it_does_not_lapse_before_the_requester_was_told(stage: Stage) -> None:
    name = asked(stage)
    limit(stage, name)
    go_to(stage, END + timedelta(days=20))
    assert standing(stage) == Standing.HELD
    assert stage.archive.holds.get(name).bound_through is None
    assert told(stage, name).bound_through == END + timedelta(days=20)
    assert standing(stage) == Standing.HELD  # also on the day of the telling
    stage.later(days=1)
    assert standing(stage) == Standing.ELIGIBLE


def test_a_lapsed_hold_still_keeps_everything_until_somebody_releases_it(stage: Stage) -> None:
    name = asked(stage)
    limit(stage, name)
    told(stage, name)
    go_to(stage, END + timedelta(days=1))
    assert standing(stage) == Standing.ELIGIBLE
    batch = _approved(stage)
    refused = executed(stage.archive, batch)
    assert {item.state for item in refused.items} == {"held"}
    assert held_back(stage) == [name]
    with (
        pytest.raises(RefusedError, match="Only counsel can release"),
        stage.database.write() as connection,
    ):
        refuse_if_held(connection, "spd-x", day=stage.archive.holds.today())

    stage.archive.holds.release(name, actor=CHIEF, reason="lapsed, no more time was asked for")
    stage.later(days=1)
    assert held_back(stage) == []
    assert standing(stage) == Standing.ELIGIBLE
    done = executed(stage.archive, _approved(stage))
    assert (done.row.state, {item.state for item in done.items}) == ("executed", {"done"})
    stage.assert_verifies()


def _approved(on: Stage) -> int:
    """Everything that is due, proposed and approved."""
    batch = on.archive.dispositions.propose(by=PROPOSER).batch
    on.archive.dispositions.review(batch, by=PROPOSER)
    on.archive.dispositions.approve(batch, by=SECOND)
    return batch


def test_the_database_itself_keeps_what_a_lapsed_hold_has_caught(stage: Stage) -> None:
    name = asked(stage)
    limit(stage, name)
    told(stage, name)
    go_to(stage, END + timedelta(days=1))
    with (
        pytest.raises(DBAPIError, match="refused by the database"),
        stage.database.write() as connection,
    ):
        connection.execute(text("UPDATE accounts SET state = 'closed' WHERE slug = 'spd-x'"))


def test_more_time_that_is_asked_for_late_finds_everything(stage: Stage) -> None:
    """What was captured after the lapse is caught as well, and a new end needs a new telling."""
    name = asked(stage)
    limit(stage, name)
    told(stage, name)
    go_to(stage, END + timedelta(days=5))
    x = stage.archive.holds.get(name).records
    site = stage.wordpress()  # another account: outside of the scope
    site.publish("Other", "<p>Other.</p>")
    stage.capture("wp")
    assert stage.archive.holds.get(name).records == x
    again = limit(stage, name, END + timedelta(days=180))
    assert (again.state, again.binds) == ("open", True)
    assert standing(stage) == Standing.HELD
    go_to(stage, END + timedelta(days=200))
    assert standing(stage) == Standing.HELD  # the first telling was about the first end


def test_what_is_captured_after_the_lapse_is_caught_until_the_release(
    stage: Stage,
) -> None:
    site = stage.wordpress()
    name = asked(stage, scope=Scope(accounts=("wp",)))
    limit(stage, name)
    told(stage, name)
    go_to(stage, END + timedelta(days=5))
    site.publish("Late", "<p>Late.</p>")
    stage.capture("wp", Window.NEW)
    caught = stage.archive.holds.get(name).records
    assert caught > 0
    stage.archive.holds.release(name, actor=CHIEF, reason="lapsed")
    stage.later(days=1)
    site.publish("Later", "<p>Later.</p>")
    stage.capture("wp", Window.NEW)
    assert stage.archive.holds.get(name).records == caught


def test_it_can_be_given_no_end_again(stage: Stage) -> None:
    name = asked(stage)
    with pytest.raises(UsageError, match="has no end; name the last day"):
        limit(stage, name, None)
    limit(stage, name)
    told(stage, name)
    limit(stage, name, None)
    go_to(stage, END + timedelta(days=30))
    assert standing(stage) == Standing.HELD


def test_what_cannot_be_an_end_or_a_telling_is_refused(stage: Stage) -> None:
    suit = asked(stage, kind=HoldKind.LITIGATION, name="suit")
    with pytest.raises(RefusedError, match="suit is a litigation hold, which ends by its release"):
        limit(stage, suit)
    name = asked(stage)
    with pytest.raises(UsageError, match="name the law"):
        limit(stage, name, citation=" ")
    with pytest.raises(UsageError, match="2026-11-24 is over"):
        limit(stage, name, date(2026, 11, 24))
    with pytest.raises(UsageError, match="has no end to tell of"):
        told(stage, name)
    limit(stage, name)
    with pytest.raises(RefusedError, match="no hold is made shorter"):
        limit(stage, name, END - timedelta(days=1))
    tell = stage.archive.holds.limits.told
    with pytest.raises(UsageError, match="is ahead"):
        tell(name, actor=CLERK, on=END)
    with pytest.raises(UsageError, match="was entered on 2026-11-25"):
        tell(name, actor=CLERK, on=date(2026, 11, 24))
    told(stage, name)
    with pytest.raises(UsageError, match="was told on 2026-11-25 already"):
        told(stage, name)
    stage.archive.holds.release(name, actor=CHIEF, reason="withdrawn")
    with pytest.raises(RefusedError, match="was released"):
        limit(stage, name)


def test_people_are_told_of_an_end_that_comes_and_of_a_hold_that_lapsed(stage: Stage) -> None:
    def alarm() -> str:
        with stage.database.write() as connection:
            settle(
                connection,
                now=stage.clock.now(),
                zone=stage.archive.settings.sections.agency.zone,
            )
        if HOLD_REVIEW not in stage.alarms():
            return ""
        return str(stage.value("SELECT text FROM alarms WHERE closed_at IS NULL"))

    name = asked(stage)
    limit(stage, name)
    assert alarm() == ""
    go_to(stage, END - timedelta(days=14))
    assert "Requesters must be told that their hold ends" in alarm()
    assert f"{name} (Request of Bart), which ends on 2026-12-10" in alarm()
    told(stage, name)
    assert alarm() == ""
    go_to(stage, END + timedelta(days=1))
    assert f"Holds have lapsed and are still to be released, or extended: {name}" in alarm()
    stage.archive.holds.release(name, actor=CHIEF, reason="lapsed")
    assert alarm() == ""


def test_every_end_is_in_the_history_and_the_ledger_and_a_forged_one_is_found(
    stage: Stage,
) -> None:
    name = asked(stage)
    limit(stage, name)
    told(stage, name)
    acts = [event.action for event in stage.archive.holds.history(name)]
    assert acts == ["placed", "limited", "requester told"]
    with stage.database.read() as connection:
        assert list(disagreements(connection)) == []
        assert list(unsaid_limits(connection)) == []
    with stage.database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO hold_limits (hold_id, lapses_on, notice_on, citation, actor, at) "
                "SELECT id, '2020-01-01', '2020-01-01', 'x', 'root', placed_at FROM holds"
            )
        )
    with stage.database.read() as connection:
        [problem] = unsaid_limits(connection)
    assert problem == f"the hold {name} has an end (2020-01-01) of which its history does not know"
    with (
        pytest.raises(DBAPIError, match="refused by the database"),
        stage.database.write() as connection,
    ):
        connection.execute(text("DELETE FROM hold_limits"))


@pytest.mark.parametrize("stage", ["sqlite"], indirect=True)
def test_the_command_line_sets_an_end_and_keeps_the_telling(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "SystemClock", lambda: stage.clock)
    type_ = Terminal(stage.archive.settings.home, capsys, monkeypatch)
    name = asked(stage)
    by = ("--by", CLERK)
    far = "2999-12-31"
    said = type_("holds", "limit", name, "--lapses", far, "--citation", LAW, *by)
    assert (said.code, said.err) == (0, "")
    assert f"{name} lapses after {far}, once the requester was told" in said.out
    shown = type_("holds", "show", name).out
    assert f"lapses on {far} ({LAW}), requester not yet told" in shown
    early = type_("holds", "told", name, "--on", "2020-01-01", *by)
    assert early.code == 2
    assert "nobody can have been told of it" in early.sentence()
    neither = type_("holds", "limit", name, "--citation", LAW, *by)
    assert neither.sentence() == "say on which day it lapses, or --no-end"
    freed = type_("holds", "limit", name, "--no-end", "--citation", LAW, *by)
    assert f"{name} has no end any more." in freed.out
    assert "by its release" in type_("holds", "show", name).out
