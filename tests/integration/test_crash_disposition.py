"""An execution may die anywhere. Nothing is ever half destroyed without a record: it is whole
until the transaction, and gone with a tombstone after it; going on ends the same way."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archiver.capture.recover import recover
from archiver.desk.hold_order import HoldOrder
from archiver.wiring import Archive, opened
from config.load import load
from retention.facts import Scope
from tests.support.canaries import Search
from tests.support.disposal import (
    OFFICER,
    approved_batch,
    evaluated,
    make_disposal,
    problems,
    states,
)
from tests.support.disposing import POINTS, ends_at
from tests.support.stage import Board, Stage, boards  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]
CANARY = "QuebrachoZwiebackMenagerie"
OUTSIDE = (
    "is in the vault but not in the database",
    "was replaced by a disposition and is still in the vault",
)


class CrashError(BaseException):
    """Stands for the end of the process."""


def crash() -> None:
    raise CrashError


@pytest.fixture
def stage(tmp_path: Path, boards: tuple[Board, ...]) -> Iterator[Stage]:  # noqa: F811
    """Two segments with one record that is due, and many that are not; the batch is approved."""
    with make_disposal(tmp_path, boards) as made:
        site = made.wordpress()
        long_ago = made.clock.now() - timedelta(days=365 * 3)
        post = site.publish("Old", f"<p>First {CANARY}.</p>", at=long_ago)
        for number in range(5):
            site.publish(f"Notice {number}", f"<p>The pool opens at {number}.</p>")
        made.capture("wp")
        site.comment(post, f"I miss the {CANARY}", at=long_ago + timedelta(days=1))
        made.capture("wp")
        evaluated(made)
        assert approved_batch(made.archive).batch == 1
        yield made


def sings(home: Path) -> bool:
    return bool(Search({"destroyed": CANARY}).home(home))


def kept(archive: Archive) -> list[tuple[object, ...]]:
    with archive.database.read() as connection:
        return [
            tuple(row)
            for row in connection.exec_driver_sql(
                "SELECT r.platform_id, v.canonical, v.native, v.leaf FROM versions v "
                "JOIN records r ON r.id = v.record_id WHERE r.presence = 'present' "
                f"AND v.words NOT LIKE '%{CANARY}%' ORDER BY v.id"
            )
        ]


def assert_whole_or_buried(archive: Archive) -> None:
    """All that may be amiss is a file that no row speaks of, or an old one not yet removed."""
    found = problems(archive)
    assert [each for each in found if not any(known in each for known in OUTSIDE)] == []
    with archive.database.read() as connection:
        blank, buried = (
            connection.exec_driver_sql(query).scalar_one()
            for query in (
                "SELECT count(DISTINCT record_id) FROM versions WHERE canonical = ''",
                "SELECT count(*) FROM tombstones",
            )
        )
    assert blank == buried


def assert_ended(archive: Archive, before: list[tuple[object, ...]]) -> None:
    loaded = archive.dispositions.get(1)
    assert (loaded.row.state, states(loaded)) == ("executed", {"done": 2})
    assert not sings(archive.settings.home)
    assert problems(archive) == []
    assert kept(archive) == before
    acts = [event.action for event in loaded.events]
    assert [acts.count(each) for each in ("begun", "will", "destroyed", "did", "executed")] == [
        1
    ] * 5
    spool = archive.settings.spool_path
    assert [path for path in spool.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("point", POINTS)
def test_it_goes_on_at_the_next_start(stage: Stage, point: str) -> None:
    before = kept(stage.archive)
    put_back = ends_at(point, crash)
    try:
        with pytest.raises(CrashError):
            stage.archive.dispositions.execute(1, by=OFFICER)
    finally:
        put_back()
    assert_whole_or_buried(stage.archive)
    with opened(stage.archive.settings, clock=stage.clock) as again:
        assert again.dispositions.resume() == []
        assert recover(again.captures).problems == ()
        assert_ended(again, before)
        assert again.dispositions.resume() == []


def test_a_hold_that_comes_between_crash_and_start_keeps_its_record(stage: Stage) -> None:
    put_back = ends_at("in the transaction, late", crash)
    try:
        with pytest.raises(CrashError):
            stage.archive.dispositions.execute(1, by=OFFICER)
    finally:
        put_back()
    order = HoldOrder(matter="Jones", issuer="Attorney", scope=Scope(words=(f"First {CANARY}",)))
    stage.archive.holds.place(order)
    assert stage.archive.dispositions.resume() == []
    assert states(stage.archive.dispositions.get(1)) == {"held": 1, "done": 1}
    assert problems(stage.archive) == []


def test_killed_at_every_point_it_ends_the_same(stage: Stage, tmp_path: Path) -> None:
    home, moment = stage.archive.settings.home, stage.clock.now()
    before = kept(stage.archive)
    stage.archive.database.close()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.disposing"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    with server, server.stdin, server.stdout:
        for number, point in enumerate(POINTS):
            copy = tmp_path / str(number) / "home"
            shutil.copytree(home, copy)
            server.stdin.write(f"{copy} {moment.isoformat()} 1 {point}\n")
            server.stdin.flush()
            assert server.stdout.readline() == "-9\n", point
            settings = load(home=copy, file=copy / "archiver.yaml")
            with opened(settings, clock=stage.clock) as again:
                assert_whole_or_buried(again)
                assert again.dispositions.resume() == []
                assert_ended(again, before)
