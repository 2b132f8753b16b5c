"""The view of a record, and search within departments, on both databases."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

from archiver.desk.access import Role, Viewer
from archiver.desk.hold_order import HoldOrder
from archiver.desk.record_check import RecordChecks
from archiver.desk.record_view import RecordView, RecordViews
from archiver.desk.search import Search
from archiver.errors import NotFoundError, RefusedError
from archiver.model.queries import ledger, record_page, search_index
from archiver.model.tables import metrics
from archiver.model.tables_retention import standings
from archiver.wiring import Archive
from retention.facts import Scope
from tests.support.archive import make_archive
from tests.support.clock import FakeClock
from tests.support.held_records import (
    RUN,
    START,
    finding_row,
    make_accounts,
    record_row,
    version_row,
    write_rows,
)
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.review_scene import add_request, canonical, desk_of

DAY = timedelta(days=1)
CLERK = Viewer(name="Lisa Simpson", roles=frozenset({Role.CLERK}))
PRESS = Viewer(name="Kent Brockman", roles=frozenset({Role.COMMUNICATIONS}))
POLICE = Viewer(name="Lou", roles=frozenset({Role.CLERK}), departments=frozenset({"Police"}))
FIRE = Viewer(name="Hans", roles=frozenset({Role.CLERK}), departments=frozenset({"Fire"}))


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    with (
        fresh_database(request.param, request) as url,
        make_archive(tmp_path, clock=FakeClock(), sections={"database": {"url": url}}) as made,
    ):
        _fill(made)
        yield made


def _fill(archive: Archive) -> None:
    """A post of two versions with an answer; a post of another department."""
    ids = make_accounts(archive, "police", "library")
    post = record_row(
        1, ids["police"], author_name="Town PD", versions=2, edited_at=START + 2 * DAY
    )
    first = {**post, "version_id": post["version_id"] - (1 << 40)}
    reply = record_row(
        2, ids["police"], kind="reply", family="comment", parent_id="p1", thread_id="p1",
        presence="gone", published_at=START + DAY,
    )  # fmt: skip
    other = record_row(3, ids["library"], published_at=START + DAY)
    states = [
        _version(first, "Plows start at nine.", number=1),
        {**_version(post, "Plows start at ten.", number=2), "id": post["version_id"]},
        _version(reply, "Thank you for the plows."),
        _version(other, "The library plows on."),
    ]
    states[1] |= {"not_before": START, "not_after": START + 2 * DAY, "superseded": False}
    with archive.database.write() as connection:
        connection.execute(
            text("UPDATE accounts SET department = 'Library' WHERE slug = 'library'")
        )
        write_rows(connection, [post, reply, other], states, [finding_row(reply)])
        entries = [
            search_index.Entry(
                version_id=each["id"], record_id=each["record_id"],
                account_id=ids["library" if each["record_id"] == 3 else "police"], kind="post",
                published_at=START, language="", title="", words=each["words"],
            )
            for each in states
        ]  # fmt: skip
        search_index.add(connection, sorted(entries, key=lambda entry: entry.version_id))
        for day, likes in (("2026-01-01", 1), ("2026-01-02", 7)):
            connection.execute(
                insert(metrics).values(record_id=1, day=day, at=START, counts={"likes": likes})
            )
        connection.execute(
            insert(standings).values(
                record_id=1, standing="running", eligible_on="2028-01-01", must_go_by=None,
                action="destroy", manner="", series="police/GR-1", rule_id=None,
                evaluated_on="2026-11-23",
            )
        )  # fmt: skip
        for number in range(12):
            ledger.append(connection, at=START - DAY, kind="test", body={"number": number})
        ledger.append(connection, at=START, kind="run", body={"run": RUN, "root": "0" * 64})
        for number in range(12):
            ledger.append(connection, at=START + DAY, kind="test", body={"number": number})


def _version(record: dict[str, Any], words: str, *, number: int = 1) -> dict[str, Any]:
    form = canonical(words)
    made = version_row(
        record, words=words, canonical=form, digest=hashlib.sha256(form.encode()).hexdigest()
    )
    return {**made, "number": number}


def views(archive: Archive) -> RecordViews:
    return RecordViews(archive.database, archive.settings.sections.agency, archive.clock)


def look(archive: Archive, record: int, viewer: Viewer = CLERK, **more: Any) -> RecordView:
    return views(archive).look(str(record), viewer, **more)


def test_all_that_is_known_of_a_record_is_in_its_view(archive: Archive) -> None:
    archive.holds.place(
        HoldOrder(matter="Smith", issuer="Hutz", scope=Scope(picks=frozenset({1})), name="smith")
    )
    add_request(archive, "2026-0001")
    view = look(archive, 1)
    desk_of(archive).sets.freeze("2026-0001", "plows", [(1, view.chosen.id)], by="Lisa Simpson")
    view = look(archive, 1)
    assert view.text == "Plows start at ten."
    assert view.current
    assert view.changes is not None
    assert [each.text for each in view.changes.text if each.kind == "new"] == ["ten"]
    assert [each.number for each in view.timeline] == [1, 2]
    assert view.counted is not None
    assert view.counted.counts == {"likes": 7}
    assert [each.spoken.id for each in view.thread.below] == [2]
    assert view.holds is not None
    assert [each.id for each in view.holds] == ["smith"]
    assert view.filed is not None
    assert [(each.request, each.version, each.production) for each in view.filed] == [
        ("2026-0001", 2, None)
    ]
    assert view.standing is not None
    assert (view.standing.series, view.standing.eligible_on) == ("police/GR-1", "2028-01-01")
    with archive.database.read() as connection:
        line = record_page.line(connection, view.place.line or 0)
    assert line is not None
    assert json.loads(line.body)["run"] == RUN


def test_an_earlier_version_is_shown_as_it_was(archive: Archive) -> None:
    view = look(archive, 1, version=1)
    assert view.text == "Plows start at nine."
    assert not view.current
    assert view.changes is None
    assert view.following is not None
    assert view.following.number == 2


def test_an_answer_leads_up_to_what_it_answers(archive: Archive) -> None:
    view = look(archive, 2)
    assert [each.id for each in view.thread.above] == [1]
    assert [each.presence for each in view.findings] == ["gone"]


def test_who_may_not_look_at_holds_requests_and_retention_gets_none(archive: Archive) -> None:
    view = look(archive, 1, PRESS)
    assert (view.holds, view.filed, view.standing) == (None, None, None)
    assert views(archive).held([1], PRESS) == frozenset()


def test_a_record_of_another_department_is_refused(archive: Archive) -> None:
    with pytest.raises(RefusedError, match="Library"):
        look(archive, 3, POLICE)
    with pytest.raises(RefusedError, match="Library"):
        views(archive).file("3", 1, 0, POLICE)
    with pytest.raises(RefusedError, match="Library"):
        RecordChecks(archive.database, archive.vault, archive.clock).check("3", POLICE)
    assert look(archive, 3).subject.department == "Library"


@pytest.mark.parametrize("record", ["4", "p1", "", "-1", "1.0", "9" * 15])
def test_a_record_that_is_not_there_is_told(archive: Archive, record: str) -> None:
    with pytest.raises(NotFoundError):
        views(archive).look(record, CLERK)


def test_the_line_of_a_run_is_found_also_when_a_clock_went_back(archive: Archive) -> None:
    with archive.database.write() as connection:
        for number in range(500):
            ledger.append(connection, at=START + 2 * DAY, kind="test", body={"number": number})
        ledger.append(connection, at=START - DAY, kind="run", body={"run": "late"})
    with archive.database.read() as connection:
        late = record_page.line_of_run(connection, "late", ended=START - DAY)
        none = record_page.line_of_run(connection, "never", ended=START)
    assert late is not None
    assert json.loads(late.body) == {"run": "late"}
    assert none is None


def test_what_cannot_be_proved_is_said(archive: Archive) -> None:
    """These rows were never captured: their digests hold, their evidence does not."""
    checked = RecordChecks(archive.database, archive.vault, archive.clock).check("1", CLERK)
    holds = {each.what: each.holds for each in checked.steps}
    assert holds["The version"]
    assert not holds["Its leaf"]
    assert holds["The ledger"]
    assert not checked.ok


@pytest.mark.parametrize(
    ("question", "viewer", "expected"),
    [
        ("plows", None, [1, 2, 3]),
        ("plows", CLERK, [1, 2, 3]),
        ("plows", POLICE, [1, 2]),
        ("", POLICE, [1, 2]),
        ("nine OR library", POLICE, [1]),
        ("account:library", POLICE, []),
        ("-nine", POLICE, [1, 2]),
        ("plows", FIRE, []),
        ("", FIRE, []),
    ],
)
def test_search_stays_within_the_departments(
    archive: Archive, question: str, viewer: Viewer | None, expected: list[int]
) -> None:
    search = Search(archive.database, archive.settings.sections.agency, archive.clock)
    page = search.page(question, viewer=viewer)
    assert sorted({each.record_id for each in page.hits}) == expected
    assert page.total == len(page.hits)
    assert page.facets is not None
    assert sum(each.count for each in page.facets.account) == len(page.hits)
    found = sorted({record for record, _ in search.all_ids(question, viewer=viewer)})
    assert found == expected


@pytest.mark.parametrize(
    "question", ["hold:x", "is:held", "-is:held", "(a OR request:1)", "series:x"]
)
def test_fields_that_would_tell_more_than_one_may_see_are_refused(
    archive: Archive, question: str
) -> None:
    search = Search(archive.database, archive.settings.sections.agency, archive.clock)
    with pytest.raises(RefusedError, match="it takes one of the roles"):
        search.page(question, viewer=PRESS)
