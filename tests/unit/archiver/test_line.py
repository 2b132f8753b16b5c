"""Who comes next when more accounts are due than there are workers."""

from __future__ import annotations

from datetime import timedelta

from archiver.dispatch.line import PATIENCE, Line, Turn
from connectors.base import Window
from tests.support.clock import NOON

SECOND = timedelta(seconds=1)


def turn(slug: str, window: Window, waited: timedelta = timedelta(0)) -> Turn:
    return Turn(slug=slug, window=window, since=NOON - waited)


def line_of(workers: int, *turns: Turn) -> Line:
    line = Line(workers)
    for each in turns:
        line.join(each)
    return line


def order(line: Line) -> list[str]:
    """In which order the turns are taken by a worker that is always free."""
    taken = []
    while (each := line.take({}, NOON)) is not None:
        taken.append(each.slug)
    return taken


def test_new_goes_before_recent_before_full_and_inside_a_rank_the_earlier() -> None:
    line = line_of(
        2,
        turn("f", Window.FULL, 9 * SECOND),
        turn("r", Window.RECENT, 5 * SECOND),
        turn("n2", Window.NEW, 1 * SECOND),
        turn("n1", Window.NEW, 2 * SECOND),
    )
    assert order(line) == ["n1", "n2", "r", "f"]


def test_whoever_waited_long_goes_before_all() -> None:
    line = line_of(
        2, turn("n", Window.NEW, PATIENCE), turn("f", Window.FULL, PATIENCE + 2 * SECOND)
    )
    assert order(line) == ["f", "n"]


def test_full_walks_never_take_the_last_worker() -> None:
    running = {"a": Window.FULL, "b": Window.NEW}
    line = line_of(3, turn("c", Window.FULL))
    taken = line.take(running, NOON)
    assert taken is not None
    line = line_of(3, turn("d", Window.FULL, 2 * PATIENCE), turn("n", Window.NEW))
    running = {"a": Window.FULL, "c": Window.FULL}
    taken = line.take(running, NOON)
    assert taken is not None
    assert taken.slug == "n"
    assert line.take(running, NOON) is None


def test_with_a_single_worker_full_walks_run_as_well() -> None:
    assert order(line_of(1, turn("f", Window.FULL))) == ["f"]


def test_nobody_starts_without_a_free_worker_and_the_line_presses() -> None:
    line = line_of(1, turn("n", Window.NEW))
    busy = {"f": Window.FULL}
    assert line.take(busy, NOON) is None
    assert line.presses(busy)
    assert not line.presses({})


def test_an_account_stands_once_and_keeps_its_place() -> None:
    line = line_of(1, turn("a", Window.NEW, 5 * SECOND), turn("a", Window.FULL))
    assert len(line) == 1
    taken = line.take({}, NOON)
    assert taken is not None
    assert taken.window is Window.NEW


def test_an_account_at_work_is_not_started_again() -> None:
    line = line_of(2, turn("a", Window.NEW))
    assert line.take({"a": Window.FULL}, NOON) is None


def test_who_left_is_not_taken() -> None:
    line = line_of(2, turn("a", Window.NEW), turn("b", Window.NEW))
    line.leave("a")
    line.leave("never there")
    assert order(line) == ["b"]
