"""When a whole account fails, empties out or is listed by halves, nothing is called gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from werkzeug.wrappers import Request, Response

from archiver.capture.walk import Walk
from archiver.demo.simulators.base import Fault
from archiver.errors import UsageError
from connectors.base import Window
from tests.support.stage import (
    Board,
    Stage,
    boards,  # noqa: F401 - a fixture
    make_stage,
    stage,  # noqa: F401 - a fixture
)

CONFIRM = 11  # minutes; capture.confirm_after is 10


def stages(rows: Iterable[object]) -> list[tuple[str, str, str]]:
    """Stage, presence and evidence of findings."""
    return [(f.stage, f.presence, f.evidence or "") for f in rows]  # type: ignore[attr-defined]


def minute(stamp: object) -> str:
    """Hours and minutes of a stored time."""
    return str(stamp)[11:16]


# -- the account is in doubt ------------------------------------------------------------------


def test_a_lost_permission_marks_nothing_and_alarms(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook()
    posts = [page.page.publish(f"Notice {n}") for n in range(8)]
    stage.capture("fb")
    stage.later(minutes=20)
    page.page.delete(posts[0])
    answer = page._node

    def nothing_by_id(node_id: str, nodes: object) -> object:
        if "_" in node_id:
            page.unseen.add(node_id)
        try:
            return answer(node_id, nodes)  # type: ignore[arg-type]
        finally:
            page.unseen.clear()

    page._node = nothing_by_id  # type: ignore[assignment, method-assign]
    stage.capture("fb", Window.RECENT)
    assert stage.findings() == []
    assert stage.record(posts[0]).presence == "present"
    assert stage.alarms() == ["control missing"]

    page._node = answer  # type: ignore[method-assign]
    stage.later(minutes=20)
    stage.capture("fb", Window.RECENT)
    assert stages(stage.findings(posts[0])) == [("suspected", "gone", "unknown")]
    assert stage.alarms() == []


def empty_lists(request: Request, answer: Callable[[Request], Response]) -> Response:
    """Every list is empty, and says so with status 200."""
    response = answer(request)
    body = json.loads(response.get_data())
    if isinstance(body, list):
        response.set_data("[]")
        response.headers["X-WP-Total"] = response.headers["X-WP-TotalPages"] = "0"
    return response


@pytest.mark.parametrize("window", [Window.RECENT, Window.FULL])
@pytest.mark.parametrize("posts", [2, 40])
def test_empty_lists_are_an_alarm_and_no_deletion(stage: Stage, window: Window, posts: int) -> None:  # noqa: F811
    site = stage.wordpress()
    for number in range(posts):
        site.comment(site.publish(f"Notice {number}", "<p>x</p>"), "Thanks")
    stage.capture("wp")
    answer = site._rest
    site._rest = lambda request, route: empty_lists(  # type: ignore[method-assign]
        request, lambda r: answer(r, route)
    )
    for _ in range(3):
        stage.later(minutes=CONFIRM)
        stage.capture("wp", window)
    assert stage.findings() == []
    assert stage.value("SELECT count(*) FROM records WHERE presence <> 'present'") == 0
    assert stage.alarms() == ["emptied"]
    assert "nothing was marked as gone" in stage.notes()

    site._rest = answer  # type: ignore[method-assign]
    stage.later(minutes=CONFIRM)
    stage.capture("wp", window)
    assert stage.alarms() == []
    assert stage.findings() == []


def test_when_half_of_a_large_account_is_missing_nothing_is_marked(stage: Stage) -> None:  # noqa: F811
    x = stage.x()
    posts = [x.publish(f"Notice {n}") for n in range(60)]
    stage.capture("spd-x")
    stage.later(minutes=20)
    x.delete(posts[0])
    stage.capture("spd-x")
    assert stage.record(posts[0]).presence == "suspected"
    for post in posts[1:40]:
        x.delete(post)
    for _ in range(2):
        stage.later(minutes=CONFIRM)
        stage.capture("spd-x")
        stage.capture("spd-x", Window.NEW)
    assert stage.alarms() == ["emptied"]
    assert len(stage.findings()) == 1  # what was suspected before stays so
    assert stage.value("SELECT count(*) FROM records WHERE presence = 'gone'") == 0


def test_ten_of_many_are_looked_up_each(stage: Stage) -> None:  # noqa: F811
    x = stage.x()
    posts = [x.publish(f"Notice {n}") for n in range(25)]
    stage.capture("spd-x")
    for post in posts[:10]:
        x.delete(post)
    for _ in range(2):
        stage.later(minutes=CONFIRM)
        stage.capture("spd-x")
    assert stage.alarms() == []
    assert stage.value("SELECT count(*) FROM records WHERE presence = 'gone'") == 10


@pytest.mark.parametrize("how", ["suspended", "closed", "token", "wall"])
def test_an_account_that_fails_as_a_whole_marks_nothing(stage: Stage, how: str) -> None:  # noqa: F811
    slug = "spd-x"
    if how == "suspended":
        x = stage.x()
        x.seed(10)
        stage.capture(slug)
        x.agency.suspended = True
    elif how in ("closed", "token"):
        slug, page = "fb", stage.facebook()
        page.page.seed(10)
        stage.capture(slug)
        if how == "closed":
            page.page_closed = True
        else:
            page.expire_token()
    else:
        slug, site = "wp", stage.wordpress()
        site.seed(10)
        stage.capture(slug)
        site.login_wall = True
    held = stage.value("SELECT count(*) FROM records")
    for window in (Window.NEW, Window.RECENT, Window.FULL):
        stage.later(minutes=CONFIRM)
        outcome = stage.archive.captures.capture(slug, window)
        assert outcome.error is not None
        assert not outcome.finished
        assert stage.last_run().outcome == "failed"
    assert stage.findings() == []
    assert stage.value("SELECT count(*) FROM records WHERE presence = 'present'") == held
    state = stage.rows("SELECT * FROM account_state")[0]
    assert state.failures == 3
    assert state.error_text
    assert minute(state.failing_since) == "12:11"
    stage.assert_verifies()


# -- feeds ------------------------------------------------------------------------------------


def test_what_has_aged_out_of_a_feed_is_never_missed(stage: Stage) -> None:  # noqa: F811
    feed = stage.feed(window=5)
    feed.seed(5)
    stage.capture("feed")
    for number in range(6):
        stage.later(hours=1)
        feed.publish(f"Newer {number}", "<p>x</p>")
        for window in (Window.NEW, Window.RECENT, Window.FULL):
            stage.capture("feed", window)
    assert stage.value("SELECT count(*) FROM records WHERE kind = 'post'") == 11
    assert stage.findings() == []
    assert stage.alarms() == []


def test_a_tombstone_counts_at_once_and_once(stage: Stage) -> None:  # noqa: F811
    feed = stage.feed(form="atom", window=2, paging="archive")
    feed.tombstones = True
    posts = [feed.publish(f"Notice {n}", "<p>x</p>") for n in range(7)]
    never_seen = feed.publish("Published in error", "<p>x</p>")
    feed.delete(never_seen)
    stage.capture("feed")
    assert "never captured" in stage.notes()  # known to have existed: not silence
    stage.later(minutes=20)
    feed.delete(posts[1], comment="Published in error")
    for _ in range(3):
        stage.capture("feed", Window.FULL)
        stage.later(minutes=CONFIRM)
    findings = stage.findings(posts[1])
    assert [f.stage for f in findings] == ["confirmed"]
    assert "Published in error" in findings[0].statement
    assert findings[0].exchange_id


def test_one_page_that_does_not_answer_does_not_hold_up_the_others(stage: Stage) -> None:  # noqa: F811
    feed = stage.feed(window=8)
    posts = []
    for number in range(8):
        posts.append(feed.publish(f"Notice {number}", "<p>x</p>"))
        stage.later(minutes=1)
    stage.capture("feed")
    gone = posts[3:6]
    for post in gone:
        feed.delete(post)
    answer = feed._page
    broken = gone[1].rpartition("-")[2]
    feed._page = lambda number: (  # type: ignore[method-assign]
        Response("out of order", 500) if number == broken else answer(number)
    )
    for _ in range(2):
        stage.later(minutes=CONFIRM)
        stage.capture("feed")
    assert [stage.record(p).presence for p in gone] == ["gone", "present", "gone"]
    assert stage.alarms() == []


# -- walks ------------------------------------------------------------------------------------


@pytest.mark.parametrize("platform", ["x", "wordpress", "feed"])
def test_a_walk_that_states_no_coverage_concludes_nothing(stage: Stage, platform: str) -> None:  # noqa: F811
    if platform == "x":
        x = stage.x()
        posts = x.seed(6)
        stage.capture("spd-x")
        x.delete(posts[-1])
        slug = "spd-x"
    elif platform == "wordpress":
        site = stage.wordpress()
        numbers = site.seed(6)
        stage.capture("wp")
        site.delete(numbers[-1])
        slug = "wp"
    else:
        feed = stage.feed(window=3)
        names = feed.seed(6)
        stage.capture("feed")
        feed.delete(names[0])
        slug = "feed"
    stage.later(minutes=20)
    stage.capture(slug, Window.NEW)
    assert stage.findings() == []
    assert stage.value("SELECT count(*) FROM records WHERE presence <> 'present'") == 0


def test_what_is_deleted_while_the_walk_goes_on_is_found_by_the_next(
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with make_stage(tmp_path, boards, step_pages=1) as on:
        site = on.wordpress(per_page="5")
        posts = site.seed(24)
        on.capture("wp")
        on.later(minutes=20)
        listed = 0
        advance = Walk._advance

        def and_delete(walk: Walk, page: object) -> None:
            nonlocal listed
            advance(walk, page)  # type: ignore[arg-type]
            listed += 1
            if listed == 4:  # the newest posts were listed; now two of them go, and an old one
                for post in (posts[-1], posts[-2], posts[0]):
                    site.delete(post)

        monkeypatch.setattr(Walk, "_advance", and_delete)
        on.capture("wp")
        monkeypatch.undo()
        gone = {str(p) for p in (posts[-1], posts[-2], posts[0])}
        suspected = {r.platform_id for r in on.rows(
            "SELECT platform_id FROM records WHERE presence <> 'present' AND family = 'post'"
        )}  # fmt: skip
        assert suspected <= gone  # shifting pages made nobody suspect another post
        for _ in range(2):
            on.later(minutes=CONFIRM)
            on.capture("wp")
        found = {r.platform_id for r in on.rows(
            "SELECT platform_id FROM records WHERE presence = 'gone' AND family = 'post'"
        )}  # fmt: skip
        assert found == gone
        on.assert_verifies()


def test_a_walk_that_fails_half_way_concludes_nothing(stage: Stage) -> None:  # noqa: F811
    site = stage.wordpress(per_page="5")
    posts = site.seed(20)
    stage.capture("wp")
    stage.later(minutes=20)
    site.delete(posts[-1])
    site.plan("/posts", Fault(status=403, body="no"), skip=3)
    outcome = stage.archive.captures.capture("wp", Window.FULL)
    assert outcome.error is not None
    assert stage.findings() == []


def test_a_real_mass_deletion_is_found_once_a_named_person_confirms_it(stage: Stage) -> None:  # noqa: F811
    x = stage.x()
    posts = [x.publish(f"Notice {n}") for n in range(60)]
    stage.capture("spd-x")
    with pytest.raises(UsageError, match="no alarm"):
        stage.archive.accounts.confirm_emptying("spd-x", actor="Clerk", reason="seen it")
    for post in posts[:40]:
        x.delete(post)
    stage.later(minutes=20)
    stage.capture("spd-x")
    assert stage.alarms() == ["emptied"]

    stage.archive.accounts.confirm_emptying("spd-x", actor="Clerk", reason="The chief ordered it")
    assert stage.alarms() == []
    for _ in range(2):
        stage.later(minutes=CONFIRM)
        stage.capture("spd-x")
    assert stage.value("SELECT count(*) FROM records WHERE presence = 'gone'") == 40
    assert stage.alarms() == []
    assert stage.archive.accounts.history("spd-x")[-1].detail == {"reason": "The chief ordered it"}
