"""Guarded deletion: killed at any moment, or with its answer lost, it is settled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from archiver.capture import step as step_module
from archiver.capture.recover import recover
from archiver.capture.step import Step
from archiver.demo.simulators.base import Fault
from archiver.desk.deletion_act import Act
from archiver.desk.deletion_steps import Steps
from archiver.desk.deletions import Deletions
from archiver.errors import BusyError, CaptureError
from archiver.model.queries.commit import commit as write_step
from archiver.wiring import initialise, opened
from connectors.base import Window
from tests.support.archive import make_settings
from tests.support.clock import FakeClock
from tests.support.deletions import (
    READS,
    delete,
    hide,
    hold,
    page_with_remover,
    refused,
    taken,
    told,
    writes,
    x_with_remover,
)
from tests.support.postgresql import postgresql  # noqa: F401 - a fixture
from tests.support.stage import (
    Board,
    Stage,
    boards,  # noqa: F401 - a fixture
    stage,  # noqa: F401 - a fixture
)


def die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


class DyingStep(Step):
    """Dies with what the platform answered still unwritten."""

    def commit(self, *_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt


def before_it_is_written(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("archiver.desk.deletion_act.Step", DyingStep)


def between_vault_and_database(patch: pytest.MonkeyPatch) -> None:
    def commit(connection: Any, manifest: Any, **named: Any) -> Any:
        if manifest.window == "removal":
            raise KeyboardInterrupt
        return write_step(connection, manifest, **named)

    patch.setattr(step_module, "commit", commit)


def before_its_end_is_told(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Steps, "end", die)


@pytest.mark.parametrize(
    "moment", [before_it_is_written, between_vault_and_database, before_its_end_is_told]
)
def test_a_removal_killed_after_it_was_sent_is_settled_by_a_look_up(
    stage: Stage,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    moment: Callable[[pytest.MonkeyPatch], None],
) -> None:
    page = page_with_remover(stage)
    post, other = page.page.publish("One"), page.page.publish("Two")
    comment = page.page.comment(post, "Why?")
    stage.capture("fb")
    stage.later(hours=1)
    with monkeypatch.context() as patch:
        moment(patch)
        with pytest.raises(KeyboardInterrupt):
            delete(stage, post)
    assert set(page.page.posts) == {other}
    assert taken(stage) == ["asked", "cleared", "sent"]
    stage.later(minutes=10)
    page.remover_scopes.clear()  # to settle it takes only what reads
    assert recover(stage.archive.captures).problems == ()
    [settled] = stage.archive.deletions.resume()
    assert settled.step == "done"
    assert taken(stage)[-1] == "done"
    assert told(stage) == ["removal will", "removal did"]
    for name, kind in ((post, "post"), (comment, "comment")):
        [finding] = stage.findings(name, kind)
        assert (finding.stage, finding.evidence) == ("confirmed", "own deletion")
        assert str(finding.not_before)[11:16] == "13:00"
    assert stage.archive.deletions.resume() == []
    assert len([row for row in writes(page) if row.startswith("DELETE")]) == 1
    stage.assert_verifies()


def test_a_removal_that_is_under_way_is_left_alone(stage: Stage) -> None:  # noqa: F811
    page = page_with_remover(stage)
    post = page.page.publish("One")
    stage.capture("fb")
    stage.later(hours=1)
    page.page.comment(post, "Meanwhile")
    with stage.archive.captures.lock("fb"):
        with pytest.raises(BusyError):
            delete(stage, post)
        assert stage.archive.deletions.resume() == []
    assert taken(stage) == []


def test_a_removal_killed_before_it_was_sent_has_failed_and_can_be_asked_again(
    stage: Stage,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = page_with_remover(stage)
    post = page.page.publish("One")
    stage.capture("fb")
    stage.later(hours=1)

    with monkeypatch.context() as patch:
        patch.setattr(Act, "_sent_once", die)
        with pytest.raises(KeyboardInterrupt):
            delete(stage, post)
    with monkeypatch.context() as patch:
        patch.setattr(Deletions, "_examined", die)
        with pytest.raises(KeyboardInterrupt):
            delete(stage, post)
    assert taken(stage) == ["asked", "cleared", "sent", "failed", "asked"]
    stage.later(minutes=1)
    delete(stage, post)
    assert taken(stage)[4:] == ["asked", "failed", "asked", "cleared", "sent", "done"]
    assert [row for row in writes(page) if row.startswith("DELETE")] == [writes(page)[0]]
    stage.assert_verifies()


def test_an_answer_that_was_lost_is_settled_at_once(stage: Stage) -> None:  # noqa: F811
    x = x_with_remover(stage)
    posts = [x.publish(f"Notice {n}") for n in range(3)]
    stage.capture("spd-x")
    stage.later(hours=1)
    _after_a_change(x, Fault(status=500, body="lost"))
    done = delete(stage, posts[0])
    assert done.step == "done"
    assert "was sent, but" in done.statement or "500" in done.statement
    assert x.world.chain(posts[0]) is None
    [finding] = stage.findings(posts[0])
    assert finding.evidence == "own deletion"
    assert len(writes(x)) == 1
    stage.assert_verifies()


def _after_a_change(platform: Any, fault: Fault) -> None:
    """The platform does what it is told, and its answer to a change is this one."""
    respond = platform.respond

    def answer(request: Any) -> Any:
        response = respond(request)
        if request.method not in READS:
            response.status_code = fault.status
            response.set_data(fault.body)
        return response

    platform.respond = answer


def test_an_outcome_that_cannot_be_looked_up_stays_open_until_it_can(
    stage: Stage,  # noqa: F811
) -> None:
    x = x_with_remover(stage)
    posts = [x.publish(f"Notice {n}") for n in range(3)]
    stage.capture("spd-x")
    stage.later(hours=1)
    respond = x.respond

    def answer(request: Any) -> Any:
        response = respond(request)
        if writes(x):
            response.status_code = 500
            response.set_data("lost")
        return response

    x.respond = answer  # type: ignore[method-assign]
    with pytest.raises(CaptureError, match="it is not known whether the platform did delete post"):
        delete(stage, posts[0])
    assert taken(stage) == ["asked", "cleared", "sent"]
    [still] = stage.archive.deletions.resume()
    assert still.step == "sent"
    x.respond = respond  # type: ignore[method-assign]
    stage.later(hours=1)
    [settled] = stage.archive.deletions.resume()
    assert settled.step == "done"
    assert len(writes(x)) == 1
    stage.assert_verifies()


# -- where no look-up tells ---------------------------------------------------------------------


def _reply_on(x: Any, stage: Stage) -> str:  # noqa: F811
    reply: str = x.comment(x.publish("Road closed"), "I know where you live", by="nelson")
    stage.capture("spd-x", Window.RECENT)
    stage.later(hours=1)
    return reply


def test_a_hiding_whose_answer_was_lost_is_sent_again_and_known(
    stage: Stage,  # noqa: F811
) -> None:
    x = x_with_remover(stage)
    reply = _reply_on(x, stage)
    respond, lost = x.respond, list[str]()

    def answer(request: Any) -> Any:
        response = respond(request)
        if request.method not in READS and not lost:
            lost.append(request.method)
            response.status_code = 500
            response.set_data("lost")
        return response

    x.respond = answer  # type: ignore[method-assign]
    done = hide(stage, reply)
    assert done.step == "done"
    assert "its answer was lost, so it was sent again" in done.statement
    assert len(writes(x)) == 2
    [finding] = stage.findings(reply, "comment")
    assert finding.evidence == "hidden"
    stage.assert_verifies()


def test_a_hiding_that_stays_unknown_is_settled_by_a_moderator_and_not_by_the_daemon(
    stage: Stage,  # noqa: F811
) -> None:
    x = x_with_remover(stage)
    reply = _reply_on(x, stage)
    respond = x.respond
    _after_a_change(x, Fault(status=500, body="lost"))
    with pytest.raises(CaptureError, match="it is not known whether the platform did hide"):
        hide(stage, reply)
    assert taken(stage) == ["asked", "cleared", "sent"]
    x.respond = respond  # type: ignore[method-assign]
    sent = len(writes(x))
    [still] = stage.archive.deletions.resume()  # as the daemon does, with what reads
    assert (still.step, len(writes(x))) == ("sent", sent)
    assert "archiver removals settle" in still.statement
    name = hold(stage, stage.record(reply, "comment").id)
    [held] = stage.archive.deletions.resume(again=True)
    assert (held.step, len(writes(x))) == ("sent", sent)
    assert f"while hold {name}" in held.statement
    stage.archive.holds.release(name, actor="Chief", reason="settled")
    stage.later(days=1)
    [settled] = stage.archive.deletions.resume(again=True)
    assert (settled.step, len(writes(x))) == ("done", sent + 1)
    assert told(stage) == ["removal will", "removal did"]
    stage.assert_verifies()


def test_a_hiding_of_what_is_gone_meanwhile_ends_as_failed(stage: Stage) -> None:  # noqa: F811
    x = x_with_remover(stage)
    reply = _reply_on(x, stage)
    respond = x.respond
    _after_a_change(x, Fault(status=500, body="lost"))
    with pytest.raises(CaptureError):
        hide(stage, reply)
    x.respond = respond  # type: ignore[method-assign]
    x.delete(reply)
    [settled] = stage.archive.deletions.resume(again=True)
    assert settled.step == "failed"
    assert "there is nothing to hide" in settled.statement


# -- on PostgreSQL ----------------------------------------------------------------------------


@pytest.fixture
def stage_on_postgresql(
    postgresql: str,  # noqa: F811
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[Stage]:
    admin = create_engine(postgresql, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text("CREATE DATABASE deletions"))
    admin.dispose()
    url = make_url(postgresql).set(database="deletions").render_as_string(hide_password=False)
    settings = make_settings(tmp_path, sections={"database": {"url": url}})
    initialise(settings)
    clock = FakeClock()
    with opened(settings, clock=clock) as archive:
        yield Stage(archive, clock, boards)
    for board in boards:
        board.current = None


@pytest.mark.xdist_group("postgresql")
def test_on_postgresql_a_hold_refuses_and_its_release_lets_the_post_go(
    stage_on_postgresql: Stage,
) -> None:
    on = stage_on_postgresql
    page = page_with_remover(on)
    post = page.page.publish("One", photos=["A road"])
    page.page.publish("Two")
    comment = page.page.comment(post, "Held words")
    on.capture("fb")
    on.later(hours=1)
    name = hold(on, on.record(comment, "comment").id)
    assert f"Hold {name}" in refused(lambda: delete(on, post))
    on.archive.holds.release(name, actor="Chief", reason="settled")
    with pytest.MonkeyPatch.context() as patch:
        before_it_is_written(patch)
        with pytest.raises(KeyboardInterrupt):
            delete(on, post)
    on.later(minutes=1)
    [settled] = on.archive.deletions.resume()
    assert settled.step == "done"
    assert taken(on) == ["asked", "refused", "asked", "cleared", "sent", "done"]
    assert [f.evidence for f in on.findings(comment, "comment")] == ["own deletion"]
    on.assert_verifies()
