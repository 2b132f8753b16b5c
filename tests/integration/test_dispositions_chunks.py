"""A batch that is executed in parts: each is whole or gone, and all of it ends, whatever comes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from archiver.demo.simulators.wordpress_files import picture
from archiver.desk import execution_parts
from archiver.desk.hold_order import HoldOrder
from archiver.errors import RefusedError
from archiver.wiring import opened
from retention.facts import Scope
from tests.support.canaries import Search
from tests.support.disposal import (
    OFFICER,
    approved_batch,
    evaluated,
    everything_in,
    executed,
    make_disposal,
    problems,
    states,
)
from tests.support.disposing import ends_at
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.stage import Board, Stage, boards  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[2]
CANARY = "QuebrachoZwiebackMenagerie"
LONG_AGO = timedelta(days=365 * 3)
OLD = 4
ALL = OLD + 1  # with the picture, which is a record of its own
# Each run goes on where the one before was killed, so that every part meets some of them.
KILLS = (
    "after the announcement",
    "when the first copy is placed",
    "in the transaction, late",
    "before what a part replaced is removed",
    "when the first old segment is removed",
    "while a segment is written anew",
    "before what a part replaced is removed",
    "before the database is compacted",
    "before the last word of what was resumed",
)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stage]:
    """An archive whose executions take one record at a time."""
    monkeypatch.setattr(execution_parts, "RECORDS", 1)
    with (
        fresh_database(request.param, request) as url,
        make_disposal(tmp_path, boards, sections={"database": {"url": url}}) as made,
    ):
        yield made


def old_posts(stage: Stage) -> list[str]:
    """Old posts with a picture that all share, each captured alone, among new ones; the page
    that a later capture keeps shows the earlier posts as well."""
    site = stage.wordpress()
    long_ago = stage.clock.now() - LONG_AGO
    file = site.upload("shared.png", picture(1), "image/png")
    site.posts[file].date = site.posts[file].modified = long_ago
    for number in range(7):
        site.publish(f"Notice {number}", f"<p>The pool opens at {number}.</p>")
    found = []
    for number in range(OLD):
        words = f"<p>Old {number}: {CANARY}.</p>"
        at = long_ago + timedelta(hours=number)
        found.append(str(site.publish(f"Old {number}", words, featured=file, at=at)))
        stage.capture("wp")
        stage.later(minutes=1)
    evaluated(stage)
    return found


def sings(stage: Stage) -> bool:
    search = Search({"destroyed": CANARY})
    found: list[object] = [*search.home(stage.archive.settings.home)]
    for where, cell in everything_in(stage):
        found += search.data(cell, where)
    return bool(found)


def kept(stage: Stage) -> list[tuple[object, ...]]:
    query = (
        "SELECT r.platform_id, v.canonical, v.native, v.leaf FROM versions v "
        "JOIN records r ON r.id = v.record_id "
        "WHERE r.id NOT IN (SELECT record_id FROM batch_items) ORDER BY v.id"
    )
    return [tuple(row) for row in stage.rows(query)]


def acts(stage: Stage, batch: int) -> list[str]:
    events = stage.archive.dispositions.get(batch).events
    told = [event.action for event in events]
    return told[told.index("begun") :]


# -- part after part --------------------------------------------------------------------------


def test_each_part_is_announced_destroyed_and_told_and_all_of_it_verifies(stage: Stage) -> None:
    posts = old_posts(stage)
    batch = approved_batch(stage.archive).batch
    before = kept(stage)
    loaded = executed(stage.archive, batch)
    assert (loaded.row.state, states(loaded)) == ("executed", {"done": ALL})
    assert acts(stage, batch) == ["begun", *["will", "destroyed", "did"] * ALL, "executed"]
    assert not sings(stage)
    assert kept(stage) == before
    assert {stage.record(post).presence for post in posts} == {"destroyed"}
    assert problems(stage.archive) == []
    made = stage.archive.dispositions.certify(batch, by=OFFICER)
    assert [part["part"] for part in made["parts"]] == list(range(1, ALL + 1))
    assert [part["records"] for part in made["parts"]] == [1] * ALL
    assert len(made["ledger"]["destroyed"]) == ALL
    assert (made["records"], made["excluded"], made["media_files"]) == (ALL, [], 1)


def test_a_picture_goes_with_the_last_part_that_names_it(stage: Stage) -> None:
    old_posts(stage)
    assert stage.value("SELECT count(*) FROM media") == 1
    batch = approved_batch(stage.archive).batch
    executed(stage.archive, batch)
    told = stage.archive.dispositions.get(batch).all_of("destroyed")
    assert [len(each.detail["payloads"]) for each in told] == [0] * (ALL - 1) + [1]
    assert stage.value("SELECT count(*) FROM media") == 0


def test_a_segment_that_several_parts_write_anew_keeps_a_short_name(stage: Stage) -> None:
    old_posts(stage)
    before = {path.name for path in stage.segments()}
    batch = approved_batch(stage.archive).batch
    executed(stage.archive, batch)
    after = {path.name for path in stage.segments()}
    assert after.isdisjoint(before)
    assert len(after) == len(before)
    assert max(len(name) for name in after) <= max(len(n) for n in before) + len(f"-d{batch}.{ALL}")


def test_parts_are_bounded_by_records_and_by_segments(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts = old_posts(stage)
    ids = [stage.record(post).id for post in posts]
    with stage.database.read() as connection:
        assert execution_parts.parts(connection, ids) == [(each,) for each in ids]
        monkeypatch.setattr(execution_parts, "RECORDS", 3)
        assert execution_parts.parts(connection, ids) == [tuple(ids[:3]), tuple(ids[3:])]
        monkeypatch.setattr(execution_parts, "SEGMENTS", 2)
        assert execution_parts.parts(connection, ids) == [tuple(ids[:2]), tuple(ids[2:])]
        assert execution_parts.parts(connection, []) == []


def test_records_on_a_page_that_only_goes_whole_go_in_one_part(stage: Stage) -> None:
    feed = stage.feed()
    for number in range(OLD):
        at = stage.clock.now() - LONG_AGO + timedelta(hours=number)
        feed.publish(f"Old {number}", f"<p>The {CANARY} of day {number}</p>", at=at)
    stage.capture("feed")
    evaluated(stage)
    batch = approved_batch(stage.archive).batch
    loaded = executed(stage.archive, batch)
    assert set(states(loaded)) == {"done"}
    assert not sings(stage)
    assert problems(stage.archive) == []


# -- what comes between -----------------------------------------------------------------------


def test_a_hold_between_two_parts_keeps_what_is_left_and_the_certificate_says_so(
    stage: Stage,
) -> None:
    posts = old_posts(stage)
    held = stage.record(posts[-1])
    batch = approved_batch(stage.archive).batch

    def place() -> None:
        scope = Scope(picks=frozenset({held.id}))
        stage.archive.holds.place(
            HoldOrder(matter="Jones v. Springfield", issuer="City Attorney", scope=scope)
        )

    put_back = ends_at("before what a part replaced is removed", place)
    try:
        loaded = executed(stage.archive, batch)
    finally:
        put_back()
    assert (loaded.row.state, states(loaded)) == ("executed", {"done": ALL - 1, "held": 1})
    assert stage.record(posts[-1]).presence == "present"
    assert stage.versions(posts[-1])[0].canonical
    assert stage.payload(stage.media(stage.versions(posts[-1])[0].id)[0].sha256)
    assert problems(stage.archive) == []
    made = stage.archive.dispositions.certify(batch, by=OFFICER)
    [left] = made["excluded"]
    assert (left["record"], left["state"]) == (held.id, "held")
    assert "Jones v. Springfield" in left["reason"]
    assert made["records"] == ALL - 1


def test_past_midnight_it_waits_for_the_evaluation_and_drops_nothing(stage: Stage) -> None:
    old_posts(stage)
    batch = approved_batch(stage.archive).batch
    put_back = ends_at("before what a part replaced is removed", lambda: stage.later(days=1))
    try:
        with pytest.raises(RefusedError, match="evaluated last on"):
            executed(stage.archive, batch)
    finally:
        put_back()
    loaded = stage.archive.dispositions.get(batch)
    assert (loaded.row.state, states(loaded)) == ("executing", {"done": 1, "going": ALL - 1})
    [problem] = stage.archive.dispositions.resume()
    assert "evaluate it and try again" in problem
    evaluated(stage)
    assert stage.archive.dispositions.resume() == []
    assert states(stage.archive.dispositions.get(batch)) == {"done": ALL}
    assert not sings(stage)
    assert problems(stage.archive) == []


def test_killed_in_one_part_after_the_other_it_goes_on_and_destroys_each_once(
    stage: Stage,
) -> None:
    old_posts(stage)
    batch = approved_batch(stage.archive).batch
    before = kept(stage)
    settings, moment = stage.archive.settings, stage.clock.now()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.support.disposing", "1"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdin is not None
    assert server.stdout is not None
    with server, server.stdin, server.stdout:
        for point in KILLS:
            server.stdin.write(f"{settings.home} {moment.isoformat()} {batch} {point}\n")
            server.stdin.flush()
            assert server.stdout.readline() == "-9\n", point
            loaded = stage.archive.dispositions.get(batch)
            buried = stage.value("SELECT count(*) FROM tombstones")
            assert loaded.row.state == "executing", point
            assert states(loaded).get("done", 0) == buried, point
    with opened(settings, clock=stage.clock) as again:
        assert again.dispositions.resume() == []
    loaded = stage.archive.dispositions.get(batch)
    assert (loaded.row.state, states(loaded)) == ("executed", {"done": ALL})
    told = acts(stage, batch)
    assert [told.count(act) for act in ("begun", "will", "destroyed", "did", "executed")] == [
        1, ALL, ALL, ALL, 1,
    ]  # fmt: skip
    gone = [each for e in loaded.all_of("destroyed") for each in e.detail["records"]]
    assert sorted(gone) == loaded.ids("done")
    assert kept(stage) == before
    assert not sings(stage)
    assert problems(stage.archive) == []
