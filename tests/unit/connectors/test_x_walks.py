"""How the X connector walks: what each window brings, covers and remembers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from archiver.demo.simulators.base import Fault
from connectors.base import (
    Author,
    Coverage,
    Kind,
    Page,
    Window,
)
from connectors.errors import (
    PermissionLost,
)
from tests.support.x_stage import (
    NOW,
    Stage,
    Switchboard,
    items,
    switchboard,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OWN = (Kind.POST, Kind.REPLY, Kind.REPOST)


@pytest.fixture(scope="module")
def board() -> Iterator[Switchboard]:
    with switchboard() as running:
        yield running


@pytest.fixture
def stage(board: Switchboard) -> Stage:
    return Stage(board)


@pytest.fixture(params=["classic", "new"])
def both(request: pytest.FixtureRequest, board: Switchboard) -> Stage:
    """A stage in each vocabulary."""
    return Stage(board, vocabulary=request.param)


def ids(pages: list[Page], *kinds: Kind) -> list[str]:
    return [item.id for item in items(pages, *(kinds or OWN))]


def test_new_brings_only_what_came_since_the_last_finished_walk(stage: Stage) -> None:
    sim = stage.sim
    old = sim.publish("old")
    first = stage.poll(Window.NEW)
    assert ids(first) == [old]
    sim.time.advance(minutes=5)
    fresh = sim.publish("fresh")
    second = stage.poll(Window.NEW, cursor=first[-1].cursor)
    assert ids(second) == [fresh]
    third = stage.poll(Window.NEW, cursor=second[-1].cursor)
    assert ids(third) == []
    assert stage.asked("/501/tweets")[-1]["since_id"] == fresh


def test_an_edit_shows_up_in_the_next_new_walk(stage: Stage) -> None:
    post = stage.sim.publish("teh road")
    cursor = stage.poll(Window.NEW)[-1].cursor
    stage.sim.time.advance(minutes=10)
    stage.sim.edit(post, "the road")
    found = items(stage.poll(Window.NEW, cursor=cursor), Kind.POST)
    assert [(i.id, i.text) for i in found] == [(post, "teh road"), (post, "the road")]


def test_a_new_walk_that_is_cut_off_loses_nothing(stage: Stage) -> None:
    """Cut after each possible number of pages, with posts coming in between."""
    everything = [stage.sim.publish("before")]
    cursor = stage.poll(Window.NEW)[-1].cursor
    for number in range(250):
        stage.sim.time.advance(seconds=10)
        everything.append(stage.sim.publish(f"post {number}"))
    seen = {everything[0]}
    for pages_until_cut in (1, 2, 1, 3, 2, 2, 1, 2, 9):
        stage.sim.time.advance(seconds=10)
        everything.append(stage.sim.publish("meanwhile"))
        walk = stage.connector().poll(Window.NEW, cursor=cursor, since=None)
        for page, _ in zip(walk, range(pages_until_cut), strict=False):
            cursor = page.cursor
            seen.update(item.id for item in page.items if item.kind is Kind.POST)
    pages = stage.poll(Window.NEW, cursor=cursor)
    seen.update(ids(pages))
    assert seen == set(everything)
    assert ids(stage.poll(Window.NEW, cursor=pages[-1].cursor)) == []


def test_a_continuation_that_x_has_forgotten_starts_the_walk_again(stage: Stage) -> None:
    posted = [stage.sim.publish(str(n), at=NOW + timedelta(seconds=n)) for n in range(150)]
    walk = stage.connector().poll(Window.NEW, cursor=None, since=None)
    pages = [next(walk), next(walk)]
    stage.sim.forget_continuations()
    again = stage.poll(Window.NEW, cursor=pages[-1].cursor)
    assert set(ids(again)) == set(posted)


def test_mentions_by_the_public_come_with_new(stage: Stage) -> None:
    sim = stage.sim
    post = sim.publish("Road closed. Questions to @springfieldpd")
    comment = sim.comment(post, "Which?", by="bart")
    cry = sim.publish("@SpringfieldPD my cat is gone", by="lisa", media=[sim.photo("cat")])
    pages = stage.poll(Window.NEW)
    found = {item.id: item for item in items(pages, Kind.COMMENT)}
    assert set(found) == {comment, cry}
    assert ids(pages) == [post]  # which mentions itself, but comes with the timeline
    assert found[comment].parent_id == post
    assert found[comment].thread_id == post
    assert found[comment].author == Author("502", "bart", "Bart")
    assert found[cry].author.handle == "lisa"
    assert [m.alt_text for m in found[cry].media] == ["cat"]
    assert ids(stage.poll(Window.NEW, cursor=pages[-1].cursor), Kind.COMMENT) == []


def test_new_claims_no_coverage(stage: Stage) -> None:
    stage.sim.seed(120)
    assert [page.covers for page in stage.poll(Window.NEW) if page.covers] == []


def test_recent_covers_own_posts_down_to_since_and_searches_their_threads(both: Stage) -> None:
    sim = both.sim
    sim.publish("too old", at=NOW - 3 * DAY)
    post = sim.publish("Road closed", at=NOW - DAY)
    quiet = sim.publish("Good night", at=NOW - DAY)
    comment = sim.comment(post, "Which?", by="bart", at=NOW - HOUR)
    answer = sim.publish("@bart Evergreen", reply_to=comment, at=NOW - HOUR)
    nested = sim.comment(answer, "Thanks", by="bart", at=NOW - HOUR)

    pages = both.poll(Window.RECENT, since=NOW - 2 * DAY)

    assert set(ids(pages)) == {post, quiet, answer}
    comments = {item.id: item for item in items(pages, Kind.COMMENT)}
    assert set(comments) == {comment, nested}
    assert comments[nested].parent_id == answer
    assert {item.thread_id for item in comments.values()} == {post}
    covers = [cover for page in pages for cover in page.covers]
    assert covers == [Coverage(kinds=frozenset(OWN), since=NOW - 2 * DAY)]
    queries = [query["query"] for query in both.asked("search/recent")]
    assert f"conversation_id:{post}" in queries[-1]
    assert quiet not in " ".join(queries)


def test_comments_keep_their_thread_when_the_post_is_edited(stage: Stage) -> None:
    post = stage.sim.publish("teh road")
    edited = stage.sim.edit(post, "the road")
    stage.sim.world.chains[-1].conversation = edited  # X may name it by any version
    stage.sim.comment(post, "typo gone", by="bart")
    pages = stage.poll(Window.RECENT, since=NOW - DAY)
    [comment] = items(pages, Kind.COMMENT)
    assert (comment.thread_id, comment.parent_id) == (post, post)


def test_a_recent_walk_that_was_cut_off_begins_anew(stage: Stage) -> None:
    posted = [stage.sim.publish(str(n), at=NOW - DAY) for n in range(150)]
    walk = stage.connector().poll(Window.RECENT, cursor=None, since=NOW - 2 * DAY)
    pages = [next(walk), next(walk)]
    again = stage.poll(Window.RECENT, cursor=pages[-1].cursor, since=NOW - 2 * DAY)
    assert ids(again) == posted[::-1]


def test_many_threads_are_searched_in_queries_that_x_takes(stage: Stage) -> None:
    comments = set()
    for number in range(130):
        post = stage.sim.publish(f"post {number}", at=NOW - DAY)
        comments.add(stage.sim.comment(post, "reply", by="bart", at=NOW - HOUR))
    pages = stage.poll(Window.RECENT, since=NOW - 2 * DAY)
    assert set(ids(pages, Kind.COMMENT)) == comments
    queries = [query["query"] for query in stage.asked("search/recent")]
    assert max(map(len, queries)) <= 512
    assert len(queries) == 12  # nine for the first page of a hundred posts, three for the rest


def test_a_busy_thread_is_paged(stage: Stage) -> None:
    post = stage.sim.publish("busy", at=NOW - DAY)
    comments = {stage.sim.comment(post, str(n), by="bart", at=NOW - HOUR) for n in range(230)}
    pages = stage.poll(Window.RECENT, since=NOW - 2 * DAY)
    assert set(ids(pages, Kind.COMMENT)) == comments
    assert len(stage.asked("search/recent")) == 3


def test_a_forgotten_continuation_of_a_thread_starts_the_thread_again(stage: Stage) -> None:
    post = stage.sim.publish("busy", at=NOW - DAY)
    comments = {stage.sim.comment(post, str(n), by="bart", at=NOW - HOUR) for n in range(130)}
    walk = stage.connector().poll(Window.RECENT, cursor=None, since=NOW - 2 * DAY)
    pages = [next(walk), next(walk), next(walk)]
    stage.sim.forget_continuations()
    pages += walk
    assert set(ids(pages, Kind.COMMENT)) == comments


def test_replies_are_left_alone_when_not_wanted(stage: Stage) -> None:
    stage.sim.comment(stage.sim.publish("post"), "hm", by="bart")
    for window in (Window.NEW, Window.RECENT):
        pages = stage.poll(window, since=NOW - DAY, replies="no")
        assert items(pages, Kind.COMMENT) == []
    assert stage.asked("search") == stage.asked("mentions") == []


@pytest.mark.parametrize(("window", "path"), [(Window.NEW, "mentions"), (Window.RECENT, "search")])
def test_without_access_to_replies_own_posts_come_and_the_option_is_named(
    stage: Stage, window: Window, path: str
) -> None:
    post = stage.sim.publish("post")
    stage.sim.comment(post, "hm", by="bart")
    body = json.dumps({"title": "Client Forbidden", "type": "https://x/client-forbidden"})
    stage.sim.plan(path, Fault(status=403, body=body))
    walk = stage.connector().poll(window, cursor=None, since=NOW - DAY)
    got = [next(walk), next(walk)]
    assert post in ids(got)
    with pytest.raises(PermissionLost, match="replies=no"):
        next(walk)
