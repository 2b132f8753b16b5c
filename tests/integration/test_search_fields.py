"""Search on both databases: accents, common and rare words, and the fields of a question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, text

from archiver.desk.query_language import parse
from archiver.desk.result_sets import ResultSets
from archiver.errors import UsageError
from archiver.model.queries import search
from archiver.model.tables import version_media
from archiver.model.tables_retention import standings, tags
from archiver.wiring import Archive
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
from tests.support.review_scene import add_request
from tests.support.search_scene import desk, fill_town, post, put, records
from tests.support.stage import Board, Stage, boards, stage  # noqa: F401 - fixtures

UTC = ZoneInfo("UTC")


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
        ("pena", [1, 2, 3]),  # one word in all its forms
        ("PEÑA", [1, 2, 3]),
        ('"la señora pena"', [1]),
        ('"la senora Peña"', [1]),
        ("penas", [1, 2, 3]),
        ('"pena"', [1, 2]),
        ('"peñas"', [3]),
        ("pen*", [1, 2, 3]),
        ("pena -senora", [2, 3]),
        ("cafe", [4]),
        ("cafés", [4]),
        ("#arbol", [5]),
        ("ed*", [6]),
        ("en*", [1]),  # no mark and no stem is a word
        ("x*", [7]),
        ("springfield", [7]),  # a word of an address is a word
        ("covid-19", [8]),
        ("COVID", [8]),
        ("(pena OR cafe) -kind:reply", [1, 2, 3, 4]),
    ],
)
def test_accents_do_not_matter_and_words_are_split_alike(
    archive: Archive, query: str, expected: list[int]
) -> None:
    make_accounts(archive, "police")
    put(
        archive,
        post(1, "La señora Peña vive en la calle, con los niños.", language="es"),
        post(2, "Pena y gloria para todos los vecinos", language="es"),
        post(3, "Las Peñas del río", language="es"),
        post(4, "Two CAFÉS"),
        post(5, "Poda #Árbol"),
        post(6, "Édith"),
        post(7, "xylophone https://springfield.gov/roads"),
        post(8, "COVID-19"),
    )
    assert records(archive, query) == expected


def test_a_text_of_more_than_a_megabyte_is_taken_in_and_found(archive: Archive) -> None:
    make_accounts(archive, "police")
    put(archive, post(1, "beginning " + " ".join(f"word{n:07d}" for n in range(100_000))))
    assert records(archive, "beginning word0000007") == [1]


def test_a_common_word_is_found_like_a_rare_one(archive: Archive) -> None:
    """PostgreSQL goes another way for what it has counted to be common."""
    make_accounts(archive, "police", "library")
    many = [
        post(n, "siren " + ("flood" if n % 400 == 7 else "heard"), 1 + n % 2)
        for n in range(1, 2_001)
    ]
    put(archive, *many)
    if archive.database.engine.dialect.name == "postgresql":
        with archive.database.write() as connection:
            connection.exec_driver_sql("ANALYZE search_texts")
            plans = [search.plan(connection, parse(word), UTC) for word in ("siren", "flood")]
        assert [plan.source.partition(" ")[0] for plan in plans] == ["search_texts", "(SELECT"]
    for query, first, total in (
        ("siren", 2_000, 2_000),
        ("siren account:library", 1_999, 1_000),
        ("siren before:2026-02-01", 31, 31),
        ("siren -flood", 2_000, 1_995),
        ("siren flood", 1_607, 5),
        ('"siren flood" account:library', 1_607, 5),
        ("flood after:2027-01-01", 1_607, 4),
    ):
        page = desk(archive).page(query, size=3)
        assert (page.hits[0].record_id, page.total) == (first, total), query
        assert [h.record_id for h in page.hits] == sorted(
            (h.record_id for h in page.hits), reverse=True
        )


def test_series_languages_and_requests_are_asked_for(town: Archive) -> None:
    with town.database.write() as connection:
        for number, series in ((1, "tx-lg/GR1000-26b"), (2, "GR1000-26b"), (4, "tx-lg/GR1000-26")):
            connection.execute(
                insert(standings).values(
                    record_id=number, standing="keep", action="", manner="", series=series,
                    evaluated_on="2026-11-24",
                )
            )  # fmt: skip
    put(
        town,
        post(11, "Uno", language="es_MX"),
        post(12, "Dos", language="es-419"),
        post(13, "Trzy", language="esx"),
    )
    assert records(town, "series:GR1000-26b") == [1, 2]
    assert records(town, "series:gr1000-26B") == [1, 2]
    assert records(town, "series:tx-lg/GR1000-26b") == [1]
    assert records(town, "series:GR1000*") == [1, 2, 4]
    assert records(town, "series:tx*") == [1, 4]
    assert records(town, "series:GR1000_26b OR series:%") == []
    assert records(town, "pothole -series:tx-lg/GR1000-26b") == [2]
    assert records(town, "lang:es") == [3, 11, 12]
    assert records(town, "lang:ES-mx") == records(town, "lang:es_MX") == [11]
    assert records(town, "lang:es*") == [3, 11, 12, 13]
    assert records(town, "lang:e%") == []
    add_request(town, "2026-0001")
    add_request(town, "2026-0002")
    sets = ResultSets(town.database, town.settings.sections.agency, town.clock)
    for query in ("open is:superseded", "snow"):
        sets.freeze("2026-0001", query, desk(town).all_ids(query), by="Lisa")
    assert records(town, "request:2026-0001") == [4, 5, 6, 8]
    assert records(town, "bridge request:2026-0001") == [8]  # that state only
    assert [h.current for h in desk(town).page("bridge request:2026-0001").hits] == [False]
    assert records(town, "snow -request:2026-0001") == []
    assert records(town, "request:2026-0002") == []
    with pytest.raises(UsageError, match='there is no request "2026-0003"'):
        desk(town).page("snow request:2026-0003")


def test_beginnings_of_tags_and_names_and_kinds_of_media_are_asked_for(town: Archive) -> None:
    with town.database.write() as connection:
        for number, tag in ((1, "case 26-1"), (2, "case 26-2"), (4, "staircase"), (5, "c_se")):
            connection.execute(
                insert(tags).values(record_id=number, tag=tag, attached=True, actor="L", at=START)
            )
        query = text("SELECT id FROM versions WHERE record_id = :record")
        for number, kind in ((1, "video"), (2, "image"), (7, "animated_gif"), (4, "document")):
            connection.execute(
                insert(version_media).values(
                    version_id=connection.execute(query, {"record": number}).scalar(), position=0,
                    key="k", url="u", kind=kind, alt_text="", token="", status="failed", etag="",
                )
            )  # fmt: skip
    assert records(town, 'tag:"case"*') == [1, 2]
    assert records(town, "tag:c_se*") == [5]
    assert records(town, 'pothole -tag:"case 26-1"') == [2]
    assert records(town, "has:media") == [1, 2, 4, 7]
    assert records(town, "has:video") == [1, 7]
    assert records(town, "has:picture") == [2]
    assert records(town, "is:public snow") == [4, 5]
    assert records(town, "published:2026-01-02..2026-01-03") == [2, 3]
    assert records(town, "account:lib*") == [4, 7]
    assert records(town, "from:town*") == [1]
