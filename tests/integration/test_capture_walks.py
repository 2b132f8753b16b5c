"""Walks that are stopped, that fail half-way, and that would never end."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path

import pytest

from archiver.demo.simulators.base import Fault
from connectors import registry
from connectors.base import Account, Check, Credentials, Cursor, Finding, Page, Target, Window
from connectors.capabilities import Capabilities
from connectors.recorded_http import Http
from tests.support.archive import approved
from tests.support.stage import (
    Board,
    Stage,
    boards,  # noqa: F401 - a fixture
    make_stage,
    stage,  # noqa: F401 - a fixture
)

# -- walks that are cut off -------------------------------------------------------------------


def stop_after(pages: int):  # type: ignore[no-untyped-def]
    """A stop callback that says yes after so many pages."""
    left = [pages]

    def stop() -> bool:
        left[0] -= 1
        return left[0] <= 0

    return stop


def held(on: Stage) -> set[tuple[object, ...]]:
    """What identifies every version, with its media."""
    return {
        tuple(row)
        for row in on.rows(
            "SELECT r.family, r.platform_id, v.version_key, v.digest, m.position, m.sha256 "
            "FROM versions v JOIN records r ON r.id = v.record_id "
            "LEFT JOIN version_media m ON m.version_id = v.id"
        )
    }


def test_a_full_walk_goes_on_where_it_was_stopped(
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> None:
    with make_stage(tmp_path, boards, step_pages=2) as on:
        site = on.wordpress(per_page="5")
        site.seed(24)
        outcome = on.capture("wp", stop=stop_after(3))
        assert not outcome.finished
        [cursor] = on.rows("SELECT * FROM cursors")
        assert cursor.open == 1
        assert cursor.walk_ended is None
        first = len(held(on))
        assert first > 0
        before = len(site.seen)
        on.later(minutes=1)
        outcome = on.capture("wp")
        assert outcome.finished
        assert outcome.new_versions > 0
        [cursor] = on.rows("SELECT * FROM cursors")
        assert (cursor.open, json.loads(cursor.coverage)) == (0, [])
        asked = [s.query.get("offset") for s in site.seen[before:] if s.path.endswith("/posts")]
        assert "0" not in asked  # it did not begin anew
        in_pieces = held(on)
        on.assert_verifies()
    other = tmp_path / "other"
    other.mkdir()
    with make_stage(other, boards) as on:
        fresh = on.wordpress(per_page="5")
        fresh.seed(24)
        on.capture("wp")
        assert held(on) == in_pieces


@pytest.mark.parametrize("platform", ["x", "facebook"])
def test_a_walk_in_many_pieces_ends_with_the_same_versions(
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
    platform: str,
) -> None:
    results = []
    chance = random.Random(2)
    for place, most in (("whole", 10_000), ("pieces", 5)):
        (tmp_path / place).mkdir()
        with make_stage(tmp_path / place, boards, step_pages=1) as on:
            if platform == "x":
                slug = "spd-x"
                on.x().seed(150)
            else:
                slug = "fb"
                on.facebook(posts_at_once="5").page.seed(30)
            for _ in range(100):
                if on.capture(slug, stop=stop_after(chance.randint(most // 2, most))).finished:
                    break
            assert on.value("SELECT open FROM cursors") == 0
            on.assert_verifies()
            results.append(held(on))
    assert results[0] == results[1]


def test_an_error_keeps_what_was_read_before_it_and_the_walk_goes_on(
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> None:
    with make_stage(tmp_path, boards) as on:
        site = on.wordpress(per_page="5")
        site.seed(20)
        site.plan("/posts", Fault(status=403, body="Forbidden"), skip=3, times=1)
        outcome = on.archive.captures.capture("wp", Window.FULL)
        assert outcome.error is not None
        assert outcome.new_versions > 5
        run = on.last_run()
        assert (run.outcome, run.error_code) == ("failed", outcome.error.code)
        assert on.value("SELECT failures FROM account_state") == 1
        on.later(minutes=5)
        outcome = on.capture("wp")
        assert outcome.finished
        assert on.value("SELECT failures FROM account_state") == 0
        assert len(on.rows("SELECT 1 FROM records WHERE kind = 'post'")) == 20
        on.assert_verifies()


def test_an_error_on_the_first_page_leaves_the_next_walk_to_begin_afresh(stage: Stage) -> None:  # noqa: F811
    for slug, simulator in (
        ("wp", stage.wordpress()),
        ("spd-x", stage.x()),
        ("fb", stage.facebook()),
    ):
        simulator.plan("/", Fault(status=500), times=40)
        for window in (Window.NEW, Window.FULL):
            outcome = stage.archive.captures.capture(slug, window)
            assert outcome.error is not None
        simulator._faults.clear()
        stage.later(minutes=5)
        for window in (Window.NEW, Window.FULL):
            assert stage.capture(slug, window).finished


def test_a_walk_that_lists_the_same_for_ever_is_ended(stage: Stage) -> None:  # noqa: F811
    site = stage.wordpress(per_page="5")
    site.seed(40)
    site.ignore_offset = True
    outcome = stage.archive.captures.capture("wp", Window.FULL)
    assert len(site.seen) < 300
    if outcome.error is not None:
        assert outcome.error.code in {"bad answer", "refused"}
    assert stage.findings() == []


class Endless:
    """A platform whose list goes on for ever without an entry."""

    platform = "endless"
    title = "Endless"
    capabilities = Capabilities(comments=False, edits="compare", hidden_state=False, counts=False)
    credentials = ()
    options = ()

    def __init__(self, account: Account, http: Http, credentials: Credentials) -> None:
        del account, http, credentials

    def check(self) -> Check:
        return Check(ok=True, identity="nobody")

    def poll(
        self, window: Window, *, cursor: Cursor | None, since: datetime | None
    ) -> Iterator[Page]:
        for number in count():
            yield Page(items=(), exchanges=(), cursor={"page": number})

    def lookup(self, targets: Sequence[Target]) -> Iterator[Finding]:
        yield from ()

    def count(self) -> None:
        return None


def test_a_list_of_nothing_without_an_end_is_ended(
    stage: Stage,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = {**registry.BUILT_IN, "endless": f"{__name__}:Endless"}
    monkeypatch.setattr(registry, "BUILT_IN", known)
    approved(stage.archive, "endless", "nowhere", slug="endless")
    outcome = stage.archive.captures.capture("endless", Window.FULL)
    assert outcome.error is not None
    assert "were empty" in outcome.error_text
