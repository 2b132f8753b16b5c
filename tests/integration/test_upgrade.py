"""An archive of an earlier version, with records in it, is opened by this one and still searched.

The rows are written as that version wrote them: in SQL, not through the tables of today.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text

import archiver.model
from archiver.desk.search import Search
from archiver.model.database import Database, open_database
from archiver.model.queries import browse
from config.settings import Agency
from tests.support.clock import FakeClock
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)

BEFORE_SEARCH = "0006"
BEFORE_ACCENTS = "0008"
MIGRATIONS = Path(archiver.model.__file__).parent / "migrations"
FIRST = 1_767_225_600_000  # the start of 2026 in milliseconds, as ids of versions have it

ROWS = """
INSERT INTO accounts (id, slug, platform, address, options, name, department, custodian,
  business_case, basis, basis_detail, terms_reviewed_by, terms_reviewed_on, state, proposed_by,
  proposed_at) VALUES (1, 'police', 'x', 'springfieldpd', '{}', 'Police', 'Police', 'Lou', 'News',
  'official', '', 'Lou', '2026-01-01', 'approved', 'Lou', :at);
INSERT INTO segments (name, sha256, size, records, sealed_at) VALUES ('s', '00', 1, 1, :at);
INSERT INTO runs (id, account_id, "window", started_at, ended_at, outcome, segment, pages, items,
  new_records, new_versions, new_findings, new_media, notes, exchanges)
  VALUES ('r', 1, 'full', :at, :at, 'news', 's', 1, 3, 3, 4, 0, 1, '[]', '[]');
INSERT INTO exchanges (id, run_id, segment, method, url, status, at, truncated)
  VALUES ('e', 'r', 's', 'GET', 'https://x.example/', 200, :at, '');
INSERT INTO media (sha256, size, mime, exchange_id) VALUES ('aa', 1, 'image/png', 'e');
INSERT INTO media_texts (sha256, source, language, text, engine, at)
  VALUES ('aa', 'ocr', 'eng', 'Boil water notice', 'tesseract', :at)
"""
RECORD = text("""
INSERT INTO records (id, account_id, family, platform_id, kind, parent_id, thread_id, author_id,
  author_handle, author_name, permalink, published_at, first_seen, last_seen, visibility,
  presence, version_id, versions, digest) VALUES (:id, 1, 'post', :name, 'post', '', '', '',
  'spd', 'Springfield PD', '', :at, :at, :at, 'public', 'present', :version, :versions, '00')
""")
VERSION = text("""
INSERT INTO versions (id, record_id, number, run_id, exchange_id, captured_at, digest, leaf,
  version_key, superseded, visibility, language, title, words, canonical, native, salt) VALUES
  (:id, :record, :number, 'r', 'e', :at, '00', '00', '', :superseded, 'public', :language, '',
  :words, '{}', '{}', '')
""")
MEDIUM = text("""
INSERT INTO version_media (version_id, position, key, url, kind, alt_text, token, status, sha256,
  etag) VALUES (:version, 0, 'k', 'u', 'image', '', '', 'captured', 'aa', '')
""")
FTS = text("INSERT INTO versions_search (rowid, title, words) VALUES (:id, '', :words)")
STATES = (  # record, number, words, language; of the second record two
    (1, 1, "Potholes on Main Street were filled. #StreetsFirst", ""),
    (2, 1, "The bridge is open. 🚧", ""),
    (2, 2, "The bridge is closed: https://springfield.gov/roads/12", ""),
    (3, 1, "La señora Peña habla de las inundaciones del río", "es"),
)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with fresh_database(request.param, request) as url:
        yield url or f"sqlite:///{tmp_path / 'archiver.db'}"


def at_revision(address: str, revision: str) -> None:
    """Bring a database to a schema of the past, or from there to a later one."""
    engine = create_engine(address)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["engine"] = engine
    command.upgrade(config, revision)
    engine.dispose()


def fill(address: str) -> None:
    """Three records in four states, and a picture that was read, as schema 0006 has them."""
    engine = create_engine(address)
    with engine.begin() as connection:
        sqlite = connection.dialect.name == "sqlite"
        at = "2026-01-01 00:00:00.000000" + ("" if sqlite else "+00")
        for statement in ROWS.split(";"):
            given = {"at": at} if ":at" in statement else {}
            connection.execute(text(statement), given)
        _fill_states(connection, at, sqlite=sqlite)
    engine.dispose()


def _fill_states(connection: Connection, at: str, *, sqlite: bool) -> None:
    ids = {state[:2]: (FIRST + n) << 20 | n for n, state in enumerate(STATES)}
    newest = {record: number for record, number, _, _ in STATES}
    for record, number in newest.items():
        version = ids[record, number]
        named = {"id": record, "name": f"p{record}", "version": version, "versions": number}
        connection.execute(RECORD, {**named, "at": at})
    for record, number, words, language in STATES:
        state = {"id": ids[record, number], "record": record, "number": number, "at": at}
        old = number < newest[record]
        connection.execute(
            VERSION, {**state, "words": words, "language": language, "superseded": old}
        )
        if sqlite:
            connection.execute(FTS, {"id": ids[record, number], "words": words})
    connection.execute(MEDIUM, {"version": ids[1, 1]})


def found(database: Database, query: str) -> list[tuple[int, int]]:
    """Record and number of the states that a question finds."""
    desk = Search(database, Agency(timezone="America/Chicago"), FakeClock())
    return sorted((hit.record_id, hit.number) for hit in desk.page(query).hits)


ASKED = {
    "pothole": [(1, 1)],
    '"potholes"': [(1, 1)],
    '"pothole"': [],
    "bridge": [(2, 1), (2, 2)],
    "bridge is:superseded": [(2, 1)],
    '"is closed"': [(2, 2)],
    "#streetsfirst": [(1, 1)],
    "🚧": [(2, 1)],
    "https://springfield.gov/roads": [(2, 2)],
    "inundación": [(3, 1)],
    "pena": [(3, 1)],
    "boil water": [(1, 1)],
    "has:text-in-picture": [(1, 1)],
    "bridge on:2025-12-31": [(2, 1), (2, 2)],
    "from:spd -bridge": [(1, 1), (3, 1)],
    "": [(1, 1), (2, 1), (2, 2), (3, 1)],
}


@pytest.mark.parametrize("passing", [(), (BEFORE_ACCENTS,)], ids=["at once", "by way of 0008"])
def test_what_was_archived_before_there_was_search_is_found_after_the_upgrade(
    address: str, passing: tuple[str, ...]
) -> None:
    at_revision(address, BEFORE_SEARCH)
    fill(address)
    for revision in passing:
        at_revision(address, revision)
    database = open_database(address)
    assert {query: found(database, query) for query in ASKED} == ASKED
    with database.read() as connection:
        assert [r.id for r in browse.list_records(connection, words="senora habla")] == [3]
    database.close()


def test_nothing_of_the_records_is_changed_by_the_upgrade(address: str) -> None:
    tables = ("accounts", "segments", "runs", "exchanges", "media", "media_texts", "records",
              "version_media")  # fmt: skip
    own = "id, record_id, number, captured_at, digest, leaf, language, title, words, canonical"
    queries = [f"SELECT * FROM {name} ORDER BY 1" for name in tables]
    queries.append(f"SELECT {own} FROM versions ORDER BY id")

    def content() -> list[list[tuple[object, ...]]]:
        engine = create_engine(address)
        with engine.connect() as connection:
            rows = [[tuple(row) for row in connection.execute(text(query))] for query in queries]
        engine.dispose()
        return rows

    at_revision(address, BEFORE_SEARCH)
    fill(address)
    before = content()
    open_database(address).close()
    after = content()
    assert after == before
