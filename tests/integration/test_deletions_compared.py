"""Guarded deletion: what goes is what was archived, or nothing is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.deletions import (
    delete,
    page_with_remover,
    refused,
    site_with_remover,
    taken,
    told,
    writes,
    x_with_remover,
)
from tests.support.stage import (
    Stage,
    boards,  # noqa: F401 - a fixture
    stage,  # noqa: F401 - a fixture
)

Edit = Callable[[str], object]
TWICE = ["asked", "cleared", "sent", "failed", "asked", "cleared", "sent"]


def on_facebook(on: Stage) -> tuple[Any, str, object, Edit]:
    sim = page_with_remover(on)
    post = sim.page.publish("First words", photos=["A road"])
    sim.page.publish("Another")
    return sim, "fb", post, lambda words: sim.page.edit(post, words)


def on_x(on: Stage) -> tuple[Any, str, object, Edit]:
    sim = x_with_remover(on)
    post = sim.publish("First words")
    sim.publish("Another")
    return sim, "spd-x", post, lambda words: sim.edit(post, words)


def on_wordpress(on: Stage) -> tuple[Any, str, object, Edit]:
    sim = site_with_remover(on)
    post = sim.publish("Title", "First words")
    sim.publish("Another", "x")
    return sim, "wp", post, lambda words: sim.edit(post, content=words)


PLATFORMS = [on_facebook, on_x, on_wordpress]


class AfterEachAnnouncement:
    """Edits the post when everything is cleared, before the connector is asked to act."""

    def __init__(self, edit: Edit, times: int) -> None:
        self._edit = edit
        self._left = times
        self.made = 0

    def install(self, patch: pytest.MonkeyPatch, on: Stage) -> None:
        desk = type(on.archive.deletions)
        sent = desk._sent

        def act(*args: Any, **named: Any) -> Any:
            if self.made < self._left:
                self.made += 1
                self._edit(f"Words {self.made}")
            return sent(*args, **named)

        patch.setattr(desk, "_sent", act)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_an_edit_after_the_last_walk_is_archived_and_the_deletion_asked_once_more(
    stage: Stage,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    platform: Callable[[Stage], tuple[Any, str, object, Edit]],
) -> None:
    sim, account, post, edit = platform(stage)
    stage.capture(account)
    stage.later(minutes=20)
    AfterEachAnnouncement(edit, 1).install(monkeypatch, stage)
    done = delete(stage, post)
    assert done.step == "done"
    assert "right before, it showed the content of the newest archived version" in done.statement
    assert taken(stage) == [*TWICE, "done"]
    assert told(stage) == ["removal will", "removal failed", "removal will", "removal did"]
    assert any("Words 1" in version.words for version in stage.versions(str(post)))
    assert len(writes(sim)) == 1
    [failed] = stage.rows("SELECT statement FROM removals WHERE step = 'failed'")
    assert "it shows another text than version" in failed.statement
    stage.assert_verifies()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_what_is_edited_before_each_deletion_stays(
    stage: Stage,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    platform: Callable[[Stage], tuple[Any, str, object, Edit]],
) -> None:
    sim, account, post, edit = platform(stage)
    stage.capture(account)
    stage.later(minutes=20)
    AfterEachAnnouncement(edit, 2).install(monkeypatch, stage)
    assert "nothing was sent" in refused(lambda: delete(stage, post))
    assert taken(stage) == [*TWICE, "failed"]
    assert writes(sim) == []
    assert stage.findings() == []
