"""A capture may die anywhere. What was committed stays, what was sealed is committed later,
what was neither is captured again; the end is the same as without the fault."""

from __future__ import annotations

import errno
import os
import random
import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from archiver.capture import step as step_module
from archiver.capture import walk as walk_module
from archiver.capture.recover import recover
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.desk.verify import verify
from archiver.errors import StoreError
from archiver.model.queries.commit import commit as commit_step
from connectors.base import Window
from tests.support.stage import (
    Board,
    Stage,
    boards,  # noqa: F401 - a fixture
    make_stage,
    stage,  # noqa: F401 - a fixture
)

if TYPE_CHECKING:
    pass

STATES = """
    SELECT a.slug, r.family, r.platform_id, v.version_key, v.digest, m.position, m.sha256
    FROM versions v JOIN records r ON r.id = v.record_id JOIN accounts a ON a.id = r.account_id
    LEFT JOIN version_media m ON m.version_id = v.id"""


class CrashError(BaseException):
    """Stands for the end of the process."""


# -- faults at every step of writing ----------------------------------------------------------


def _path_of(handle: int) -> str:
    return str(Path(f"/proc/self/fd/{handle}").readlink())


@contextmanager
def full_disk_while_writing(on: Stage, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """No file may grow over a megabyte: the segment with all its media does not fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def refuse(patch: pytest.MonkeyPatch, name: str, when: Callable[..., bool]) -> None:
    """Let a call of the operating system fail as on a broken disk."""
    real = getattr(os, name)

    def refusing(*arguments: Any, **named: Any) -> Any:
        if when(*arguments):
            raise OSError(errno.EIO, "Input/output error")
        return real(*arguments, **named)

    patch.setattr(os, name, refusing)


@contextmanager
def fsync_of_the_spool_file_fails(on: Stage, patch: pytest.MonkeyPatch) -> Iterator[None]:
    refuse(patch, "fsync", lambda handle: "/spool/" in _path_of(handle))
    yield


@contextmanager
def placing_in_the_vault_fails(on: Stage, patch: pytest.MonkeyPatch) -> Iterator[None]:
    refuse(patch, "link", lambda *_: True)
    yield


@contextmanager
def fsync_of_the_vault_folder_fails(on: Stage, patch: pytest.MonkeyPatch) -> Iterator[None]:
    segment_lies_there = []

    def in_vault(handle: int) -> bool:
        path = _path_of(handle)
        if "/vault/" in path and any(Path(path).glob("*.warc.gz")):
            segment_lies_there.append(path)
            return True
        return False

    refuse(patch, "fsync", in_vault)
    yield
    assert segment_lies_there


@contextmanager
def the_process_ends_before_the_transaction(on: Stage, patch: pytest.MonkeyPatch) -> Iterator[None]:
    def commit(*_: object, **__: object) -> None:
        raise CrashError

    patch.setattr(step_module, "commit", commit)
    yield


@contextmanager
def the_database_is_full(on: Stage, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """SQLite refuses in the middle of the transaction."""

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages}")

    on.database.engine.dispose()
    event.listen(on.database.engine, "connect", limit)
    yield
    event.remove(on.database.engine, "connect", limit)
    on.database.engine.dispose()


@contextmanager
def the_process_ends_inside_the_transaction(on: Stage, patch: pytest.MonkeyPatch) -> Iterator[None]:
    real = commit_step

    def commit(*arguments: Any, **named: Any) -> None:
        real(*arguments, **named)
        raise CrashError

    patch.setattr(step_module, "commit", commit)
    yield


@contextmanager
def the_process_ends_after_the_transaction(on: Stage, patch: pytest.MonkeyPatch) -> Iterator[None]:
    def add(*_: object) -> None:
        raise CrashError

    patch.setattr(walk_module.Outcome, "add", add)
    yield


FAULTS = (
    full_disk_while_writing,
    fsync_of_the_spool_file_fails,
    placing_in_the_vault_fails,
    fsync_of_the_vault_folder_fails,
    the_process_ends_before_the_transaction,
    the_database_is_full,
    the_process_ends_inside_the_transaction,
    the_process_ends_after_the_transaction,
)


def noise(number: int) -> bytes:
    """Half a megabyte that does not compress."""
    return b"\x89PNG" + random.Random(number).randbytes(500_000)


def fill(site: WordPressSimulator) -> None:
    """Posts with pictures, too large together for the small disk."""
    for number in range(4):
        image = site.upload(f"scene-{number}.png", noise(number), "image/png")
        post = site.publish(f"Notice {number}", f"<p>{number}</p>", featured=image)
        site.comment(post, "Thanks")


def begin(on: Stage, site: WordPressSimulator) -> None:
    """A first committed run, and then news."""
    site.publish("The first", "<p>0</p>")
    on.capture("wp", Window.NEW)
    fill(site)


def states(on: Stage) -> list[tuple[object, ...]]:
    """All versions with their media, sorted; a version held twice is in it twice."""
    return sorted((tuple(row) for row in on.rows(STATES)), key=repr)


def assert_only_orphans(on: Stage) -> None:
    """The musts: every row refers to a durable segment that matches, and no cursor is newer
    than the last committed run. At worst a sealed segment waits for its run."""
    problems = verify(on.database, on.archive.vault, processes=1).problems
    assert [p for p in problems if "in the vault but not in the database" not in p] == []
    for cursor in on.rows("SELECT * FROM cursors"):
        assert on.rows("SELECT 1 FROM runs WHERE id = :id", id=cursor.run_id)


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory,
    boards: tuple[Board, ...],  # noqa: F811
) -> list[tuple[object, ...]]:
    with make_stage(tmp_path_factory.mktemp("undisturbed"), boards) as on:
        site = on.wordpress()
        begin(on, site)
        on.capture("wp")
        return states(on)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_a_fault_loses_nothing_that_was_committed_and_the_rest_follows(
    stage: Stage,  # noqa: F811
    fault: Callable[[Stage, pytest.MonkeyPatch], Any],
    undisturbed: list[tuple[object, ...]],
) -> None:
    begin(stage, stage.wordpress())
    before = states(stage)
    with (
        pytest.MonkeyPatch.context() as patch,
        fault(stage, patch),
        pytest.raises((StoreError, CrashError)),
    ):
        stage.archive.captures.capture("wp", Window.FULL)
    assert set(before) <= set(states(stage))
    assert_only_orphans(stage)

    recovered = recover(stage.archive.captures)

    assert recovered.problems == ()
    assert list(stage.archive.settings.spool_path.iterdir()) == []
    assert verify(stage.database, stage.archive.vault, processes=1).problems == []
    assert recover(stage.archive.captures).committed == ()  # once is enough
    assert stage.capture("wp").finished
    assert states(stage) == undisturbed
    assert verify(stage.database, stage.archive.vault, processes=1).problems == []


@pytest.mark.parametrize(
    "fault",
    [
        placing_in_the_vault_fails,
        fsync_of_the_vault_folder_fails,
        the_process_ends_before_the_transaction,
        the_database_is_full,
    ],
    ids=lambda f: f.__name__,
)
def test_a_sealed_file_is_committed_also_when_the_platform_has_forgotten(
    stage: Stage,  # noqa: F811
    fault: Callable[[Stage, pytest.MonkeyPatch], Any],
) -> None:
    site = stage.wordpress()
    fill(site)
    with (
        pytest.MonkeyPatch.context() as patch,
        fault(stage, patch),
        pytest.raises((StoreError, CrashError)),
    ):
        stage.archive.captures.capture("wp", Window.FULL)
    numbers = list(site.posts)
    for number in numbers:
        site.delete(number)
    recovered = recover(stage.archive.captures)
    assert len(recovered.committed) == 1
    for number in numbers:
        family = "media" if site_kind(stage, number) == "media" else "post"
        assert len(stage.versions(str(number), family)) == 1
    assert verify(stage.database, stage.archive.vault, processes=1).problems == []


def site_kind(on: Stage, number: int) -> str:
    """What the archive takes a thing of the site for."""
    return str(on.value(
        "SELECT kind FROM records WHERE platform_id = :id AND family <> 'comment'", id=str(number)
    ))  # fmt: skip


def test_an_orphan_that_comes_late_does_not_turn_back_the_present(stage: Stage) -> None:  # noqa: F811
    """The daemon went on after a failed commit; the orphan is found at its next start."""
    page = stage.facebook().page
    kept, edited = page.publish("Kept"), page.publish("A")
    removed = page.publish("Only in the orphan")
    comments = [page.comment(kept, f"Comment {n}") for n in range(3)]
    with (
        pytest.MonkeyPatch.context() as patch,
        the_process_ends_before_the_transaction(stage, patch),
        pytest.raises(CrashError),
    ):
        stage.archive.captures.capture("fb", Window.FULL)
    stage.later(minutes=10)
    page.edit(edited, "B")
    page.hide(comments[0])
    page.delete(removed)
    stage.capture("fb")
    stage.later(minutes=10)
    stage.capture("fb", Window.NEW)
    cursors = stage.rows("SELECT * FROM cursors ORDER BY window")
    present = stage.record(edited)

    recovered = recover(stage.archive.captures)

    assert len(recovered.committed) == 1
    assert stage.rows("SELECT * FROM cursors ORDER BY window") == cursors
    assert len(stage.versions(kept)) == 1
    assert {v.words for v in stage.versions(edited)} == {"A", "B"}
    now = stage.record(edited)
    assert (now.version_id, now.digest, now.last_seen) == (
        present.version_id,
        present.digest,
        present.last_seen,
    )
    assert stage.record(comments[0], "comment").visibility == "hidden"
    assert "Only in the orphan" in stage.versions(removed)[0].words
    assert verify(stage.database, stage.archive.vault, processes=1).problems == []
    stage.later(minutes=10)
    assert stage.capture("fb").new_versions == 0


def test_a_tampered_orphan_is_reported_and_left_where_it_is(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook().page
    page.publish("Notice")
    with (
        pytest.MonkeyPatch.context() as patch,
        the_process_ends_before_the_transaction(stage, patch),
        pytest.raises(CrashError),
    ):
        stage.archive.captures.capture("fb", Window.FULL)
    [orphan] = stage.segments()
    content = bytearray(orphan.read_bytes())
    content[len(content) // 2] ^= 1
    orphan.chmod(0o600)
    orphan.write_bytes(content)
    recovered = recover(stage.archive.captures)
    assert recovered.committed == ()
    [problem] = recovered.problems
    assert orphan.name in problem
    assert orphan.read_bytes() == content
    assert stage.value("SELECT count(*) FROM versions") == 0
    assert stage.capture("fb").finished  # it stops nobody


def test_an_orphan_under_another_name_is_not_committed(stage: Stage) -> None:  # noqa: F811
    stage.facebook().page.publish("Notice")
    stage.capture("fb")
    [path] = stage.segments()
    copy = path.with_name(path.name.replace("T120000Z", "T120001Z"))
    shutil.copy(path, copy)
    recovered = recover(stage.archive.captures)
    assert recovered.committed == ()
    assert "another name" in recovered.problems[0]


def test_the_spool_file_of_a_living_capture_is_left_alone(stage: Stage) -> None:  # noqa: F811
    stage.facebook().page.publish("Notice")
    spool = stage.archive.settings.spool_path
    spool.mkdir(exist_ok=True)
    begun = spool / "20261124T120000Z-fb-0badcafe.warc.gz"
    begun.write_bytes(b"half a record")
    with stage.archive.captures.lock("fb"):
        assert recover(stage.archive.captures).spool_files == ()
        assert begun.exists()
    assert recover(stage.archive.captures).spool_files == (begun.name,)
    assert not begun.exists()
