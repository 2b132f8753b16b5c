"""What the home page, the findings and the audit log ask, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from archiver.desk.access import Role, Viewer
from archiver.desk.findings import LOOKED, Filter, Findings
from archiver.desk.ledger_reading import Asked, LedgerReading
from archiver.desk.requests import Intake
from archiver.desk.review_rules import Outcome
from archiver.desk.today import HomeDesk
from archiver.desk.today_tasks import Need, Weight
from archiver.errors import NotFoundError, UsageError
from archiver.model.queries import health
from archiver.model.queries.found import Sort
from archiver.model.queries.review import Pick
from tests.support.archive import make_archive
from tests.support.clock import FakeClock
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.review_scene import REQUEST, add_request, desk_of
from tests.support.stage import Board, Stage, boards  # noqa: F401 - a fixture

ALL = Viewer(name="Lisa Simpson", roles=frozenset(Role))
AUDITOR = Viewer(name="Waylon Smithers", roles=frozenset({Role.AUDITOR}))
NOBODYS = Viewer(name="Clancy", roles=frozenset(Role), departments=frozenset({"Parks"}))


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[Stage]:
    """A site on which a post vanished, another one is in the trash, a third one was announced as
    edited, and a comment was edited in silence; captured, with a gap that is over."""
    clock = FakeClock()
    agency = {
        "name": "Springfield",
        "timezone": "America/Chicago",
        "state": "IL",
        "approvers": ["Chief Wiggum"],
    }
    with (
        fresh_database(request.param, request) as url,
        make_archive(
            tmp_path, clock=clock, sections={"database": {"url": url}, "agency": agency}
        ) as archive,
    ):
        made = Stage(archive, clock, boards)
        site = made.wordpress()
        gone, trashed, edited = (site.publish(word, f"<p>{word}.</p>") for word in "ABC")
        comment = site.comment(edited, "Thank you")
        made.capture("wp")
        began = clock.now()
        made.later(minutes=5)
        site.delete(gone)
        site.trash(trashed)
        site.edit(edited, content="<p>C, corrected.</p>")
        site.edit_comment(comment, "Thank you, not")
        site.publish("D", "<p>Published in the gap.</p>")
        made.later(minutes=5)
        account = archive.accounts.get("wp").id
        with archive.database.write() as connection:
            health.open_gap(
                connection, account_id=account, kind="outage", began=began, reason="was down"
            )
            health.close_gaps(connection, account_id=account, kinds=("outage",), ended=clock.now())
        made.capture("wp")
        made.later(minutes=15)
        made.capture("wp")
        yield made
    for board in boards:
        board.current = None


def findings_of(stage: Stage) -> Findings:
    """The use cases of findings."""
    archive = stage.archive
    return Findings(archive.database, archive.clock, archive.settings.sections.agency.zone)


def home_of(stage: Stage) -> HomeDesk:
    """The home page's."""
    archive = stage.archive
    return HomeDesk(archive.database, archive.clock, archive.settings.sections, archive.requests)


def test_what_vanished_is_listed_without_settled_suspicions(stage: Stage) -> None:
    desk = findings_of(stage)
    listed = desk.presence(ALL, Filter(), Sort.VANISHED)
    assert sorted((each.words, each.stage) for each in listed.rows) == [
        ("A.", "confirmed"),
        ("B.", "state"),
    ]
    assert desk.presence(ALL, Filter(), Sort.HIDDEN).rows == []
    assert desk.presence(ALL, Filter(), Sort.RETURNED).rows == []
    assert desk.presence(NOBODYS, Filter(), Sort.VANISHED).rows == []
    assert desk.presence(ALL, Filter(since=date(2026, 11, 25)), Sort.VANISHED).rows == []
    with pytest.raises(UsageError, match="no account"):
        desk.presence(ALL, Filter(account="nobody"), Sort.VANISHED)


def test_a_look_is_a_line_of_the_ledger_and_ends_the_waiting(stage: Stage) -> None:
    desk, home = findings_of(stage), home_of(stage)
    first, second = desk.presence(ALL, Filter(), Sort.VANISHED, unseen=True).rows
    [task] = [each for each in home.look(ALL).tasks if each.need is Need.VANISHED]
    assert (task.count, task.weight) == (2, Weight.SOON)
    assert desk.look(first.id, ALL, note=" seen ") == first.record_id
    rest = desk.presence(ALL, Filter(), Sort.VANISHED, unseen=True).rows
    assert [each.id for each in rest] == [second.id]
    [task] = [each for each in home.look(ALL).tasks if each.need is Need.VANISHED]
    assert task.count == 1
    desk.look(second.id, ALL)
    assert Need.VANISHED not in {each.need for each in home.look(ALL).tasks}
    # Another process knows it from the ledger.
    assert Need.VANISHED not in {each.need for each in home_of(stage).look(ALL).tasks}
    assert stage.value("SELECT count(*) FROM ledger WHERE kind = :kind", kind=LOOKED) == 2
    with pytest.raises(NotFoundError):
        desk.look(999, ALL)


def test_a_finding_is_no_longer_told_after_two_weeks(stage: Stage) -> None:
    stage.later(days=15)
    assert Need.VANISHED not in {each.need for each in home_of(stage).look(ALL).tasks}


def test_edits_are_silent_where_the_platform_did_not_announce_them(stage: Stage) -> None:
    desk = findings_of(stage)
    [silent] = desk.edits(ALL, Filter()).rows
    assert (silent.before, silent.words) == ("Thank you", "Thank you, not")
    assert silent.edited_at is None
    every = {each.words for each in desk.edits(ALL, Filter(), silent=False).rows}
    assert {"Thank you, not", "C, corrected."} <= every
    assert desk.edits(ALL, Filter(since=date(2026, 11, 25)), silent=False).rows == []
    assert desk.edits(NOBODYS, Filter(), silent=False).rows == []


def test_a_gap_counts_what_was_published_in_it_and_recovered(stage: Stage) -> None:
    [gap] = findings_of(stage).gaps(ALL, Filter()).rows
    assert (gap.kind, gap.recovered) == ("outage", 1)
    assert findings_of(stage).gaps(ALL, Filter(), only_open=True).rows == []


def test_files_and_alarms_are_listed(stage: Stage) -> None:
    desk = findings_of(stage)
    assert desk.files(ALL, Filter()).rows == []
    account = stage.archive.accounts.get("wp").id
    with stage.database.write() as connection:
        for number, kind in ((account, "emptied"), (None, "disk")):
            health.open_alarm(
                connection,
                account_id=number,
                kind=kind,
                text="look",
                since=stage.clock.now(),
                at=stage.clock.now(),
            )
        health.close_alarms(
            connection, account_id=account, kinds=("emptied",), at=stage.clock.now()
        )
    assert [each.kind for each in desk.alarms(ALL, Filter()).rows] == ["disk", "emptied"]
    assert [each.kind for each in desk.alarms(ALL, Filter(account="wp")).rows] == ["emptied"]
    needs = [each for each in home_of(stage).look(AUDITOR).tasks if each.need is Need.ALARM]
    assert [(each.name, each.weight) for each in needs] == [("disk", Weight.NOW)]


def test_the_home_page_counts_again_when_the_ledger_has_news(stage: Stage) -> None:
    home = home_of(stage)
    before = home.look(ALL)
    [account] = before.accounts
    assert account.records == stage.value("SELECT count(*) FROM records")
    assert account.days[-1] == (date(2026, 11, 24), stage.value("SELECT count(*) FROM versions"))
    assert before.vault_bytes == stage.value("SELECT sum(size) FROM segments")
    stage.archive.requests.open(
        Intake(
            requester="Ned Flanders",
            text="All about D",
            received_at=stage.clock.now() - timedelta(days=40),
        ),
        by="Lisa Simpson",
    )
    [late] = [each for each in home.look(ALL).tasks if each.need is Need.REQUEST_LATE]
    assert (late.subject, late.name) == ("2026-0001", "Ned Flanders")
    assert home.look(ALL).tasks[0] == late


def test_lines_of_the_ledger_are_narrowed_and_paged(stage: Stage) -> None:
    archive = stage.archive
    reading = LedgerReading(archive.database, archive.clock, archive.settings.sections.agency.zone)
    page = reading.page(Asked())
    seqs = [each.entry.seq for each in page.lines]
    assert seqs == sorted(seqs, reverse=True)
    assert page.length == seqs[0]
    assert page.head == page.lines[0].entry.hash
    [approved] = reading.page(Asked(person="Chief Wiggum")).lines
    assert (approved.who, approved.things) == ("Chief Wiggum", {"account": "wp"})
    assert {each.entry.kind for each in reading.page(Asked(group="captures")).lines} == {"run"}
    below = reading.page(Asked(before=seqs[0])).lines
    assert [each.entry.seq for each in below] == seqs[1:]
    assert reading.page(Asked(since=date(2026, 11, 25))).lines == ()
    report = reading.verify_chain()
    assert (report.problems, report.length, report.head) == ((), page.length, page.head)


def test_a_second_look_waits_for_those_who_did_not_decide(stage: Stage) -> None:
    archive = stage.archive
    (archive.settings.home / "exemptions.yaml").write_text(
        "form: 1\nexemptions:\n"
        "  - {code: IL-2, confirmed_by: City Attorney, confirmed_on: 2026-11-02}\n",
        encoding="utf-8",
    )
    add_request(archive, REQUEST)
    desk = desk_of(archive)
    rows = stage.rows("SELECT record_id, id FROM versions ORDER BY id LIMIT 3")
    desk.sets.freeze(REQUEST, "all", [(row.record_id, row.id) for row in rows], by="Lisa Simpson")
    desk.reviews.decide(REQUEST, 1, 1, Outcome.WITHHOLD, by="Lisa Simpson", code="IL-2")
    desk.reviews.decide(REQUEST, 1, 2, Outcome.RELEASE, by="Lisa Simpson")
    desk.reviews.decide(REQUEST, 1, 3, Outcome.WITHHOLD, by="Agnes Skinner", code="IL-2")
    desk.reviews.decide(REQUEST, 1, 3, Outcome.RELEASE, by="Agnes Skinner")
    home = home_of(stage)

    def waiting(viewer: Viewer) -> list[tuple[str, int]]:
        return [
            (each.subject, each.count)
            for each in home.look(viewer).tasks
            if each.need is Need.SECOND_LOOK
        ]

    other = Viewer(name="Lionel Hutz", roles=frozenset({Role.LEGAL}))
    assert waiting(other) == [(REQUEST, 1)]
    assert waiting(ALL) == [], "nobody looks a second time at what they decided"
    assert waiting(AUDITOR) == []
    desk.reviews.check(REQUEST, 1, Pick(position=1), agrees=True, by=other.name)
    assert waiting(other) == []
