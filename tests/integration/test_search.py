"""Search from index to answer, on both databases; what one finds the other must find."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from archiver.cli.main import run
from archiver.desk.hold_order import HoldOrder
from archiver.desk.search import MOST_COUNTED, Search
from archiver.errors import NotFoundError, UsageError
from archiver.model.queries import search_index
from archiver.model.tables import version_media
from archiver.model.tables_retention import tags
from archiver.wiring import Archive
from connectors.base import Window
from retention.facts import Scope
from tests.support.archive import make_archive
from tests.support.clock import FakeClock
from tests.support.held_records import (
    START,
    make_accounts,
)
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.search_scene import DAY, EDITED, desk, fill_town, post, put, records
from tests.support.stage import Board, Stage, boards, stage  # noqa: F401 - fixtures


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    sections = {"agency": {"timezone": "America/Chicago"}}
    with (
        fresh_database(request.param, request) as url,
        make_archive(
            tmp_path, clock=FakeClock(), sections={**sections, "database": {"url": url}}
        ) as made,
    ):
        yield made


@pytest.fixture
def town(archive: Archive) -> Archive:
    return fill_town(archive)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("pothole", [1, 2]),
        ("potholes street", [1]),
        ('"potholes"', [1]),
        ('"pothole is"', [2]),
        ('"is pothole"', []),
        ("poth*", [1, 2]),
        ("snow plow", [4, 5]),
        ('"snow plow"', [5]),
        ("snow -plow", [6]),
        ("pothole OR storm", [1, 2, 6]),
        ("(pothole OR storm) -main", [2, 6]),
        ("inundación", [3]),
        ("inundacion*", [3]),
        ("calles", [3]),
        ("#streetsfirst", [2]),
        ("#streets*", [2]),
        ("#pothole", []),
        ("@Mayor_Q", [2]),
        ("https://www.springfield.gov/roads", [2]),
        ("https://springfield.gov", [2]),
        ("https://springfield.go", []),
        ("🚧", [4]),
        ("🚒", [4]),
        ("🔥", []),
        ("snow 🚧", [4]),
        ("account:library", [4, 7]),
        ("snow account:library", [4]),
        ("snow OR account:library", [4, 5, 6, 7]),
        ("from:SPD", [1]),
        ('from:"town pd"', [1]),
        ("from:sp*", [1]),
        ("pothole -from:spd", [2]),
        ("platform:x pothole", [1, 2]),
        ("department:police storm", [6]),
        ("kind:reply", [4]),
        ("is:reply", [4]),
        ("is:deleted", [5]),
        ("is:vanished", [5]),
        ("is:hidden", [6]),
        ("snow is:present", [4, 6]),
        ("bridge", [8, 8]),
        ("bridge is:current", [8]),
        ("open is:superseded", [8]),
        ("is:edited", [8, 8]),
        ("lang:es", [3]),
        ("has:link", [2]),
        ("has:hashtag", [2]),
        ("on:2026-01-02", [2]),  # midnight UTC of the third is the second in Chicago
        ("before:2026-01-03", [1, 2]),
        ("after:2026-01-07 before:2026-01-09", [7, 8, 8]),
        ("bridge on:2026-01", [8, 8]),
        ("edited:2026-02..2026-03", [8]),
        ("vanished:2026-02", [5]),
        ("vanished:2026-03", []),
        ("captured:2025-12-31", [1, 2, 3, 4, 5, 6, 7, 8, 8]),
        ("captured:2026", []),
        ("NOT (snow OR pothole OR bridge)", [3, 7]),
        ("", [1, 2, 3, 4, 5, 6, 7, 8, 8]),
    ],
)
def test_a_question_finds_what_it_means(town: Archive, query: str, expected: list[int]) -> None:
    assert records(town, query) == expected


def test_holds_tags_media_and_requests_are_asked_for(town: Archive) -> None:
    town.holds.place(
        HoldOrder(
            matter="Smith v. Springfield", issuer="City Attorney", name="smith",
            scope=Scope(words=("pothole",)),
        )
    )  # fmt: skip
    with town.database.write() as connection:
        for attached in (True, False, True):
            connection.execute(
                insert(tags).values(
                    record_id=7, tag="case 26-1", attached=attached, actor="Lou", at=START
                )
            )
        connection.execute(
            insert(tags).values(record_id=6, tag="case 26-1", attached=True, actor="Lou", at=START)
        )
        connection.execute(
            insert(tags).values(record_id=6, tag="case 26-1", attached=False, actor="Lou", at=START)
        )
        version = connection.execute(text("SELECT id FROM versions WHERE record_id = 1")).scalar()
        connection.execute(
            insert(version_media).values(
                version_id=version, position=0, key="k", url="u", kind="image", alt_text="",
                token="", status="captured", etag="",
            )
        )  # fmt: skip
    assert records(town, "hold:smith") == [2]
    assert records(town, "is:held pothole") == [2]
    assert records(town, 'tag:"case 26-1"') == [7]
    assert records(town, "has:picture") == [1]
    for query in ("hold:jones", "request:2026-0001", "account:nobody", "kind:poem"):
        with pytest.raises(UsageError, match="column 1 of the question"):
            desk(town).page(query)


def test_a_hit_tells_what_it_is_and_shows_why(town: Archive) -> None:
    [hit] = desk(town).page("potholes street").hits
    assert [piece.text for piece in hit.snippet if piece.marked] == ["Potholes", "Street"]
    assert "".join(piece.text for piece in hit.snippet) == "Potholes on Main Street were filled."
    assert (hit.account, hit.platform, hit.author, hit.number) == ("police", "x", "Town PD", 1)
    assert hit.published_at == START + DAY
    assert hit.current
    assert not hit.has_media
    old, new = sorted(desk(town).page("bridge").hits, key=lambda each: each.current)
    assert (old.current, new.current, new.edited_at) == (False, True, EDITED)


def test_pages_go_on_where_they_ended_whatever_comes_in_between(archive: Archive) -> None:
    make_accounts(archive, "police")
    put(archive, *(post(n, "siren") for n in range(1, 12)))
    first = desk(archive).page("siren", size=4)
    assert [hit.record_id for hit in first.hits] == [11, 10, 9, 8]
    put(archive, post(50, "siren"))
    second = desk(archive).page("siren", size=4, after=first.following)
    third = desk(archive).page("siren", size=4, after=second.following)
    assert [hit.record_id for hit in (*second.hits, *third.hits)] == [7, 6, 5, 4, 3, 2, 1]
    assert (third.following, third.total, third.more) == ("", 12, False)
    oldest = desk(archive).page("siren", size=3, oldest_first=True)
    after = desk(archive).page("siren", size=3, oldest_first=True, after=oldest.following)
    assert [hit.record_id for hit in (*oldest.hits, *after.hits)] == [1, 2, 3, 4, 5, 6]
    with pytest.raises(UsageError, match="no cursor"):
        desk(archive).page("siren", after="third")


def test_facets_count_and_their_words_narrow_to_just_that(town: Archive) -> None:
    facets = desk(town).page("").facets
    assert facets is not None
    assert (facets.complete, facets.counted, facets.label) == (True, 9, "of all hits")
    assert {v.value: v.count for v in facets.account} == {"police": 7, "library": 2}
    assert {v.value: v.count for v in facets.year} == {"2026": 9}
    assert {v.value: v.count for v in facets.state} == {"public": 7, "deleted": 1, "hidden": 1}
    for values in (facets.account, facets.platform, facets.kind, facets.author, facets.year):
        for value in values:
            assert desk(town).page(value.narrow).total == value.count, value.narrow


def test_what_is_too_many_to_count_is_said_to_be(archive: Archive) -> None:
    make_accounts(archive, "police")
    many = [post(n, "siren", published_at=START + timedelta(seconds=n)) for n in range(10_005)]
    put(archive, *many)
    page = desk(archive).page("siren", size=1)
    assert (page.total, page.more, page.found) == (MOST_COUNTED, True, "more than 10,000")
    assert page.facets is not None
    assert page.facets.label == "of the newest 200 hits only"
    ids = list(desk(archive).all_ids("siren"))
    assert len(set(ids)) == 10_005
    assert [version for _, version in ids] == sorted((v for _, v in ids), reverse=True)


def test_saved_searches_are_kept_recalled_and_taken_back(town: Archive) -> None:
    search = desk(town)
    search.save("roads", "pothole", by="Lisa")
    search.save("roads", "pothole OR bridge", by="Lou")
    [saved] = search.saved()
    assert (saved.query, saved.actor) == ("pothole OR bridge", "Lou")
    with pytest.raises(UsageError, match="column 1"):
        search.save("bad", "form:x", by="Lisa")
    with pytest.raises(UsageError, match="--by"):
        search.save("nobody's", "snow", by="")
    search.forget("roads", by="Lisa")
    assert search.saved() == []
    with pytest.raises(NotFoundError):
        search.recall("roads")


def test_who_asks_by_name_is_in_the_ledger(town: Archive) -> None:
    desk(town).page("snow")
    desk(town).page("snow", by="Clerk Lisa")
    with town.database.read() as connection:
        rows = connection.execute(text("SELECT body FROM ledger WHERE kind = 'search'")).all()
    assert [row.body for row in rows] == ['{"by":"Clerk Lisa","query":"snow"}']


def test_a_thread_is_shown_whole(town: Archive) -> None:
    assert [line.id for line in desk(town).thread(4)] == [4]
    with pytest.raises(NotFoundError):
        desk(town).thread(999)


def test_the_index_made_anew_finds_the_same(town: Archive) -> None:
    """As the migrations make it, from the rows alone."""
    asked = ("pothole", "inundación", "#streetsfirst", "🚒", "on:2026-01-02", "bridge on:2026-01")
    before = [records(town, query) for query in asked]
    with town.database.write() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DELETE FROM search_stems")
            connection.exec_driver_sql(
                "INSERT INTO versions_search (versions_search) VALUES ('delete-all')"
            )
        search_index.rebuild(connection)
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("DELETE FROM search_texts")
            search_index.fill_texts(connection)
    assert [records(town, query) for query in asked] == before


def test_what_is_captured_is_found_in_all_its_states(
    stage: Stage,  # noqa: F811
) -> None:
    site = stage.wordpress()
    number = site.publish("Bridge", "<p>The bridge is open. #bridge</p>")
    stage.capture("wp")
    stage.later(minutes=5)
    site.edit(number, content="<p>The bridge is closed. #bridge</p>")
    stage.later(minutes=5)
    stage.capture("wp", Window.NEW)
    search = Search(stage.database, stage.archive.settings.sections.agency, stage.clock)
    assert {hit.current for hit in search.page("#bridge").hits} == {True, False}
    assert [hit.current for hit in search.page('"is open"').hits] == [False]
    assert search.page("bridges after:2026-01-01 is:current").total == 1


def test_the_command_line_searches_and_keeps_searches(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with make_archive(tmp_path, clock=FakeClock()) as archive:
        make_accounts(archive, "police")
        put(archive, post(1, "One pothole"), post(2, "Two potholes"))
        home = str(archive.settings.home)

    def said(*arguments: str, code: int = 0) -> str:
        assert run(["--home", home, "--config", f"{home}/archiver.yaml", *arguments]) == code
        captured = capsys.readouterr()
        return captured.out + captured.err

    assert "2 hits" in said("search", "pothole", "--facets")
    assert '"found": "1"' in said("search", "two", "potholes", "--json")
    following = said("search", "pothole", "--limit", "1").rpartition("--after ")[2].strip()
    assert "One" in said("search", "pothole", "--limit", "1", "--after", following)
    assert "column 1" in said("search", "form:x", code=2)
    said("search", "saved", "save", "roads", "two", "--by", "Lisa")
    assert "roads" in said("search", "saved", "list")
    assert "Two" in said("search", "saved", "run", "roads")
    said("search", "saved", "forget", "roads", "--by", "Lisa")
    assert "No search is saved" in said("search", "saved", "list")
