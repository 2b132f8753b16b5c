"""The standings that the database writes are those that the law gives record by record."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from archiver.desk.retention_judge import Grounds
from archiver.desk.retention_law import Lawbook, needs_of
from archiver.model.database import Connection
from archiver.model.queries import registry, standing_rare, standing_words, standings
from archiver.model.queries.holds import as_facts, binding_on
from archiver.model.queries.standing_keys import Keys
from archiver.model.queries.standings import JudgeKey
from archiver.model.tables_retention import standings as standings_table
from archiver.wiring import Archive
from retention.facts import Scope
from retention.today import Today
from tests.support.archive import make_archive
from tests.support.clock import FakeClock
from tests.support.held_records import make_accounts
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.standing_law import ZONE, books, expected
from tests.support.standing_world import COUNT, DAY, World, make_world, write_world


@pytest.fixture(
    scope="module",
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))],
)
def archive(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Archive]:
    sections: dict[str, dict[str, Any]] = {"agency": {"timezone": "America/Chicago"}}
    folder: Path = tmp_path_factory.mktemp(request.param)
    with fresh_database(request.param, request) as url:
        sections["database"] = {"url": url}
        with make_archive(folder, clock=FakeClock(), sections=sections) as made:
            yield made


def written(archive: Archive) -> dict[int, Any]:
    with archive.database.read() as connection:
        return {row.record_id: row for row in connection.execute(select(standings_table))}


def grounds_of(connection: Connection, book: Lawbook, today: Today, world: World) -> Grounds:
    accounts = registry.all_accounts(connection)
    return Grounds(
        book=book,
        needs=needs_of(accounts, book),
        today=today,
        days=standing_rare.calendar(connection, ZONE),
        accounts=accounts,
        holds={
            each.id: as_facts(each, Scope(everything=True))
            for each in binding_on(connection, today.day)
        },
        answers=world.answers,
    )


def evaluate(archive: Archive, book: Lawbook, today: Today, world: World, *, stretch: int) -> None:
    with archive.database.read() as connection:
        grounds = grounds_of(connection, book, today, world)
    words = standing_words.words_found(archive.database, grounds.needs.words)

    def prepare(connection: Connection) -> tuple[Keys, JudgeKey]:
        keys = grounds.keys(connection, words)
        return keys, grounds.judge(keys).verdict

    standings.rewrite(archive.database, prepare, day=today.day, stretch=stretch)


class Scene:
    """An archive with a world in it; a class of its own so that a failure shows no rows."""

    def __init__(self, archive: Archive) -> None:
        accounts = make_accounts(archive, "pd", "fire")
        chance = random.Random(26)
        self.archive = archive
        self.world = make_world(chance, accounts, 1)
        self.slugs = {number: slug for slug, number in accounts.items()}
        write_world(archive, self.world, chance, ["s/a", "s/b", "s/c"])


@pytest.fixture(scope="module")
def scene(archive: Archive) -> Scene:
    return Scene(archive)


@settings(deadline=None, max_examples=40)
@given(book=books(), believed=st.booleans(), stretch=st.sampled_from((11, 80, COUNT * 2)))
def test_the_standings_of_all_records_are_what_the_law_says_of_each(
    scene: Scene, book: Lawbook, believed: bool, stretch: int
) -> None:
    archive, made, slugs = scene.archive, scene.world, scene.slugs
    today = Today(day=DAY, last_known=DAY if believed else None)
    evaluate(archive, book, today, made, stretch=stretch)
    found = written(archive)
    wanted = expected(made, book, slugs, today)
    assert found.keys() == wanted.keys()
    for record_id, decision in wanted.items():
        row = found[record_id]
        told = (row.standing, row.eligible_on, row.must_go_by, row.action, row.manner)
        assert told == (
            decision.standing.value,
            decision.eligible_on.isoformat() if decision.eligible_on else None,
            decision.must_go_by.isoformat() if decision.must_go_by else None,
            decision.action.value,
            decision.manner.value,
        ), record_id
        assert row.series in decision.series or (row.series == "" and not decision.series)
        assert row.evaluated_on == DAY.isoformat()
