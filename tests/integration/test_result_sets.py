"""Frozen sets name versions, are the same however they were found, and can be compared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.wiring import Archive
from tests.support.postgresql import postgresql  # noqa: F401 - a fixture
from tests.support.review_scene import (
    CLERK,
    REQUEST,
    Filling,
    add_request,
    desk_of,
    review_archive,
)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    with review_archive(tmp_path, request.param, request) as made:
        yield made


@pytest.fixture
def filling(archive: Archive) -> Filling:
    made = Filling(archive)
    for number in range(1, 6):
        made.add(f"Post {number}")
    return made


def test_a_set_is_the_same_however_its_versions_were_found(filling: Filling) -> None:
    sets = desk_of(filling.archive).sets
    first = sets.freeze(REQUEST, "fair", filling.ids[:3], by=CLERK)
    again = sets.freeze(REQUEST, "fair", [*reversed(filling.ids[:3]), filling.ids[0]], by=CLERK)
    other = sets.freeze(REQUEST, "fair", filling.ids[:2], by=CLERK)
    assert (first, again, other) == (1, 2, 3)
    assert sets.get(REQUEST, first).digest == sets.get(REQUEST, again).digest
    assert sets.get(REQUEST, first).digest != sets.get(REQUEST, other).digest
    assert [each.size for each in sets.all(REQUEST)] == [3, 3, 2]


def test_two_sets_are_compared(filling: Filling) -> None:
    sets = desk_of(filling.archive).sets
    sets.freeze(REQUEST, "one", filling.ids[:3], by=CLERK)
    sets.freeze(REQUEST, "two", filling.ids[1:5], by=CLERK)
    told = sets.compare(REQUEST, 1, 2)
    assert told.new == tuple(filling.ids[3:5])
    assert told.gone == (filling.ids[0],)


def test_a_set_still_holds_and_the_database_refuses_to_change_it(filling: Filling) -> None:
    sets = desk_of(filling.archive).sets
    number = sets.freeze(REQUEST, "fair", filling.ids, by=CLERK)
    assert sets.still_holds(REQUEST, number)
    for statement in ("UPDATE result_sets SET size = 1", "DELETE FROM result_items"):
        with pytest.raises(DBAPIError, match="evidence"), filling.archive.database.write() as at:
            at.execute(text(statement))
    assert sets.still_holds(REQUEST, number)


def test_freezing_is_in_the_requests_history(filling: Filling) -> None:
    sets = desk_of(filling.archive).sets
    sets.freeze(REQUEST, "fair", filling.ids, by=CLERK)
    with filling.archive.database.read() as connection:
        row = connection.execute(text("SELECT day, actor, action FROM request_events")).one()
    assert tuple(row) == ("2026-11-24", CLERK, "result set frozen")


def test_what_cannot_be_frozen_is_refused_and_leaves_nothing(filling: Filling) -> None:
    sets = desk_of(filling.archive).sets
    add_request(filling.archive, "2026-0002", state="closed")
    record, version = filling.ids[0]
    with pytest.raises(UsageError, match="nothing was found"):
        sets.freeze(REQUEST, "fair", [], by=CLERK)
    with pytest.raises(UsageError, match="not a version of the record"):
        sets.freeze(REQUEST, "fair", [(record + 1, version)], by=CLERK)
    with pytest.raises(UsageError, match="not a version of the record"):
        sets.freeze(REQUEST, "fair", [(record, 17)], by=CLERK)
    with pytest.raises(UsageError, match="who"):
        sets.freeze(REQUEST, "fair", filling.ids, by=" ")
    with pytest.raises(RefusedError, match="closed"):
        sets.freeze("2026-0002", "fair", filling.ids, by=CLERK)
    with pytest.raises(NotFoundError, match="2030-1"):
        sets.freeze("2030-1", "fair", filling.ids, by=CLERK)
    assert sets.all(REQUEST) == []
    with pytest.raises(NotFoundError, match="no result set 1"):
        sets.get(REQUEST, 1)
