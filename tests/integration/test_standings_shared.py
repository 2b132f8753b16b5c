"""Two connections share the writing of all standings, stretch by stretch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier, get_ident
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from archiver.errors import RefusedError
from archiver.model.database import Connection
from archiver.model.queries import standing_keys, standing_rare, standings
from archiver.model.queries.standing_keys import Keys
from archiver.model.queries.standing_rare import Needs
from archiver.model.queries.standings import JudgeKey, Verdict
from archiver.model.queries.together import together
from archiver.model.tables_retention import standings as standings_table
from archiver.wiring import Archive
from retention.facts import Standing
from tests.support.archive import make_archive
from tests.support.held_records import make_accounts, record_row, version_row, write_rows

DAY = date(2026, 11, 24)
STRETCH = 10
COUNT = 6 * STRETCH
RUNNING = Verdict(
    standing=Standing.RUNNING,
    eligible_on=None,
    must_go_by=None,
    action="destroy",
    manner="ordinary",
    series="s/a",
)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    """With six stretches of posts, each post of a day of its own, so that each has a key."""
    with make_archive(tmp_path) as made:
        account = make_accounts(made, "pd")["pd"]
        first = made.clock.now() - timedelta(days=2000)
        rows = [
            record_row(n, account, published_at=first + timedelta(days=n))
            for n in range(1, COUNT + 1)
        ]
        with made.database.write() as connection:
            write_rows(connection, rows, [version_row(each, words="Snow") for each in rows])
        yield made


def keys_of(connection: Connection) -> Keys:
    zone = ZoneInfo("America/Chicago")
    days = standing_rare.calendar(connection, zone)
    return standing_keys.prepare(connection, Needs(), days=days, holds=(), words={})


def days_written(archive: Archive) -> Counter[str]:
    """On how many rows which day is."""
    with archive.database.read() as connection:
        return Counter(connection.scalars(select(standings_table.c.evaluated_on)))


def test_both_connections_take_stretches_and_every_record_is_written(archive: Archive) -> None:
    met = Barrier(standings.WORKERS, timeout=60)
    judged: Counter[int] = Counter()

    def prepare(connection: Connection) -> tuple[Keys, JudgeKey]:
        keys = keys_of(connection)
        met.wait()  # which one connection alone would never get past
        return keys, judge

    def judge(_: str) -> Verdict:
        judged[get_ident()] += 1
        return RUNNING

    standings.rewrite(archive.database, prepare, day=DAY, stretch=STRETCH)
    assert judged.total() == COUNT
    assert days_written(archive) == {DAY.isoformat(): COUNT}


def test_what_fails_on_one_connection_ends_the_work_of_both(archive: Archive) -> None:
    asked: list[str] = []

    def judge(key: str) -> Verdict:
        asked.append(key)
        raise RefusedError("no law")

    with pytest.raises(RefusedError, match="no law"):
        standings.rewrite(archive.database, lambda c: (keys_of(c), judge), day=DAY, stretch=STRETCH)
    assert 1 <= len(asked) <= standings.WORKERS
    assert days_written(archive) == {}


def test_the_standing_of_a_record_from_before_is_moved_and_not_doubled(archive: Archive) -> None:
    def judge(_: str) -> Verdict:
        return RUNNING

    for day in (DAY, DAY + timedelta(days=1)):
        standings.rewrite(archive.database, lambda c: (keys_of(c), judge), day=day, stretch=STRETCH)
    assert days_written(archive) == {(DAY + timedelta(days=1)).isoformat(): COUNT}


def test_jobs_that_run_together_answer_in_their_order(archive: Archive) -> None:
    met = Barrier(2, timeout=60)

    def job(_: Connection) -> int:
        met.wait()
        return get_ident()

    first, second = together(archive.database, [job, job])
    assert first == get_ident() != second
    assert together(archive.database, []) == []
