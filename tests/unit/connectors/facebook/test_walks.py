"""The Facebook connector against the simulated Graph: walks, coverage, lookups, counts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.facebook_world import PAGE_ID
from connectors.base import Coverage, Kind, Page, Visibility, Window
from connectors.errors import BadAnswer, PermissionLost, RateLimited
from tests.unit.connectors.facebook.stage import (
    START,
    connector,
    items_of,
    poll,
    until_error,
)

POSTS = frozenset({Kind.POST, Kind.REPOST})
COMMENTS = frozenset({Kind.COMMENT, Kind.REPLY})


def covers(pages: list[Page]) -> list[Coverage]:
    return [coverage for page in pages for coverage in page.covers]


def post_coverage(pages: list[Page]) -> list[Coverage]:
    return [coverage for coverage in covers(pages) if coverage.kinds == POSTS]


def threads_read(facebook: FacebookSimulator) -> list[str]:
    return [seen.path.split("/")[2] for seen in facebook.seen if seen.path.endswith("/comments")]


def pages_asked(facebook: FacebookSimulator, edge: str) -> list[str]:
    return [seen.query.get("limit", "") for seen in facebook.seen if seen.path.endswith(edge)]


# NEW


def test_new_reads_again_only_the_threads_that_moved(facebook: FacebookSimulator) -> None:
    quiet, busy = facebook.page.publish("Quiet"), facebook.page.publish("Busy")
    for post in (quiet, busy):
        facebook.page.comment(post, "First")
    cursor = json.loads(json.dumps(poll(facebook, Window.NEW)[-1].cursor))
    assert set(threads_read(facebook)) == {quiet, busy}

    facebook.seen.clear()
    pages = poll(facebook, Window.NEW, cursor=cursor)
    assert threads_read(facebook) == []

    facebook.time.advance(minutes=10)
    late = facebook.page.comment(busy, "Second")
    pages = poll(facebook, Window.NEW, cursor=pages[-1].cursor)
    assert threads_read(facebook) == [busy]
    assert late in items_of(pages)
    assert Coverage(kinds=COMMENTS, thread_id=busy) in covers(pages)
    assert Coverage(kinds=COMMENTS, thread_id=quiet) not in covers(pages)


def test_new_does_not_read_again_what_it_read_before_it_was_stopped(
    facebook: FacebookSimulator,
) -> None:
    posts = [facebook.page.publish(f"Post {n}") for n in range(4)]
    for post in posts:
        facebook.page.comment(post, "Words")
    facebook.plan("/comments", Fault(status=500, body="oops"), skip=2)
    stopped, error = until_error(connector(facebook).poll(Window.NEW, cursor=None, since=None))
    assert error is not None
    facebook.seen.clear()
    again = poll(facebook, Window.NEW, cursor=stopped[-1].cursor)
    assert threads_read(facebook) == [posts[1], posts[0]]
    assert len(post_coverage(again)) == 1


def test_new_notices_a_removed_comment(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Busy")
    comment = facebook.page.comment(post, "Only one")
    cursor = poll(facebook, Window.NEW)[-1].cursor
    facebook.page.delete(comment)
    pages = poll(facebook, Window.NEW, cursor=cursor)
    assert comment not in items_of(pages)
    assert Coverage(kinds=COMMENTS, thread_id=post) in covers(pages)


def test_new_stops_behind_what_it_knows_and_covers_only_that(facebook: FacebookSimulator) -> None:
    ids = facebook.page.seed(60, years=1)
    cursor = poll(facebook, Window.NEW, posts_at_once="10")[-1].cursor
    facebook.seen.clear()
    fresh_post = facebook.page.publish("Just now")
    pages = poll(facebook, Window.NEW, cursor=cursor, posts_at_once="10")
    assert fresh_post in items_of(pages)
    assert ids[0] not in items_of(pages)
    assert len(pages_asked(facebook, "/published_posts")) == 1
    (coverage,) = post_coverage(pages)
    listed = sorted(facebook.page.posts[name].created for name in items_of(pages) if name in ids)
    assert coverage.since == listed[0] + timedelta(seconds=1)
    assert coverage.until is None


def test_new_goes_on_until_it_meets_what_it_knows(facebook: FacebookSimulator) -> None:
    facebook.page.publish("Known", when=START - timedelta(days=30))
    cursor = poll(facebook, Window.NEW, posts_at_once="2")[-1].cursor
    missed = [
        facebook.page.publish(f"Missed {n}", when=START - timedelta(days=20 - n)) for n in range(9)
    ]
    assert (
        set(missed) <= items_of(poll(facebook, Window.NEW, cursor=cursor, posts_at_once="2")).keys()
    )


def test_an_empty_page_with_a_continuation_is_not_the_end(facebook: FacebookSimulator) -> None:
    first = facebook.page.publish("First", when=START - timedelta(days=9))
    for number in range(4):
        post = facebook.page.publish(f"Gated {number}", when=START - timedelta(days=8 - number))
        facebook.page.withhold(post)
    for window in (Window.NEW, Window.RECENT, Window.FULL):
        pages = poll(facebook, window, posts_at_once="2", since=START - timedelta(days=30))
        assert first in items_of(pages)


def test_posts_out_of_order_give_no_coverage_but_a_note(facebook: FacebookSimulator) -> None:
    for number in range(4):
        facebook.page.publish(f"Post {number}", when=START - timedelta(days=number))
    good = requests.get(
        f"{facebook.url}/v26.0/{PAGE_ID}/published_posts",
        params={"limit": "2"},
        headers={"Authorization": f"Bearer {facebook.token}"},
        timeout=5,
    ).json()
    good["data"].reverse()
    facebook.plan(
        "published_posts",
        Fault(status=200, body=json.dumps(good), headers={"Content-Type": "application/json"}),
    )
    pages = poll(facebook, Window.NEW, posts_at_once="2")
    assert post_coverage(pages) == []
    assert any("newest first" in note for page in pages for note in page.notes)


# RECENT


def test_recent_reads_all_threads_of_young_posts_only(facebook: FacebookSimulator) -> None:
    young = [facebook.page.publish("Young", when=START - timedelta(days=n)) for n in (1, 5, 12)]
    old = [facebook.page.publish("Old", when=START - timedelta(days=n)) for n in (20, 30, 40)]
    said = {facebook.page.comment(post, "Words"): post for post in young + old}
    facebook.page.visit("Hello")
    facebook.seen.clear()
    since = START - timedelta(days=14)
    pages = poll(facebook, Window.RECENT, since=since, posts_at_once="2")
    found = items_of(pages)
    assert {name for name, post in said.items() if name in found} == {
        name for name, post in said.items() if post in young
    }
    (coverage,) = post_coverage(pages)
    assert coverage.since is not None
    assert coverage.since <= since
    assert old[-1] not in found


def test_a_hidden_comment_is_seen_by_recent(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed")
    comment = facebook.page.comment(post, "Rude")
    cursor = poll(facebook, Window.NEW)[-1].cursor
    facebook.page.hide(comment)
    assert comment not in items_of(poll(facebook, Window.NEW, cursor=cursor))  # nothing moved
    recent = items_of(poll(facebook, Window.RECENT, since=START - timedelta(days=1)))
    assert recent[comment].visibility is Visibility.HIDDEN


# FULL


def test_full_brings_everything_and_covers_all(facebook: FacebookSimulator) -> None:
    facebook.page.seed(45)
    facebook.page.visit("Hello")
    pages = poll(facebook, Window.FULL, posts_at_once="10")
    world = facebook.page.posts.values()
    expected = {post.id for post in world} | {c.id for post in world for c in post.comments}
    assert items_of(pages).keys() == expected | {PAGE_ID}
    assert post_coverage(pages) == [Coverage(kinds=POSTS)]
    threads = {cover.thread_id for cover in covers(pages) if cover.kinds == COMMENTS}
    assert threads == {post.id for post in world}
    assert pages[-1].cursor == {}
    assert pages[-1].done == 46


def test_full_goes_on_where_it_was_cut_off(facebook: FacebookSimulator) -> None:
    facebook.page.seed(30)
    facebook.page.visit("Hello")
    whole = items_of(poll(facebook, Window.FULL, posts_at_once="5")).keys()
    found: set[str] = set()
    cursor: dict[str, object] | None = None
    rounds = 0
    facebook.seen.clear()
    while cursor is None or cursor:
        facebook.plan("/comments", Fault(status=500, body="oops"), skip=4)
        walk = connector(facebook, posts_at_once="5").poll(Window.FULL, cursor=cursor, since=None)
        pages, _ = until_error(walk)
        found |= items_of(pages).keys()
        cursor = json.loads(json.dumps(pages[-1].cursor))
        assert post_coverage(pages) == []  # no walk of these was in one go
        rounds += 1
        assert rounds < 30
    assert rounds > 2
    assert found == whole
    spoken = [post for post in facebook.page.posts.values() if post.comments]
    assert len(threads_read(facebook)) == len(spoken) + rounds - 1  # each failure once more


def test_a_cursor_facebook_forgot_begins_the_source_anew(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed")
    cursor = {"source": "published_posts", "after": "!!!!", "read": [], "listed": 40}
    pages = poll(facebook, Window.FULL, cursor=cursor)
    assert post in items_of(pages)
    assert any("begins anew" in note for page in pages for note in page.notes)
    assert post_coverage(pages) == []


def test_a_year_that_facebook_may_have_cut_is_not_covered(facebook: FacebookSimulator) -> None:
    for number in range(600):
        facebook.page.publish(
            "Call log", when=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(number / 2)
        )
    facebook.page.publish("Now")
    pages = poll(facebook, Window.FULL, posts_at_once="100")
    assert post_coverage(pages) == [Coverage(kinds=POSTS, since=datetime(2025, 1, 1, tzinfo=UTC))]
    assert any("600 posts of 2024" in note for page in pages for note in page.notes)


def test_more_posts_than_the_limit_show_that_it_does_not_apply(facebook: FacebookSimulator) -> None:
    for number in range(700):
        facebook.page.publish(
            "Call log", when=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(number / 2)
        )
    assert post_coverage(poll(facebook, Window.FULL, posts_at_once="100")) == [
        Coverage(kinds=POSTS)
    ]


def test_a_long_thread_is_handed_over_in_steps(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Busy")
    said = {facebook.page.comment(post, f"Word {n}") for n in range(730)}
    pages = poll(facebook, Window.FULL)
    assert said <= items_of(pages).keys()
    assert max(len(page.items) for page in pages) < 700
    covered = [n for n, page in enumerate(pages) for c in page.covers if c.thread_id == post]
    last_words = max(n for n, page in enumerate(pages) if said & {i.id for i in page.items})
    assert covered == [last_words]


def test_a_post_that_goes_away_during_the_walk_is_no_error(facebook: FacebookSimulator) -> None:
    post, other = facebook.page.publish("Going"), facebook.page.publish("Staying")
    for name in (post, other):
        facebook.page.comment(name, "Words")
    gone = {"error": {"message": "Unsupported get request.", "code": 100, "error_subcode": 33}}
    facebook.plan(
        f"{post}/comments",
        Fault(status=400, body=json.dumps(gone), headers={"Content-Type": "application/json"}),
    )
    pages = poll(facebook, Window.FULL)
    assert [c.thread_id for c in covers(pages) if c.thread_id] == [other]
    assert any(post in note for page in pages for note in page.notes)


# Limits on the way


def test_the_walk_stops_at_ninety_percent_and_keeps_what_it_has(
    facebook: FacebookSimulator,
) -> None:
    facebook.page.seed(20)
    facebook.usage, facebook.regain_minutes = 95, 20
    walk = connector(facebook, posts_at_once="5").poll(Window.FULL, cursor=None, since=None)
    pages, error = until_error(walk)
    assert isinstance(error, RateLimited)
    assert error.after == 1200.0
    assert error.exchange
    assert "95 percent" in str(error)
    assert PAGE_ID in items_of(pages)
    assert len(facebook.seen) == 1


def test_three_quarters_are_noted(facebook: FacebookSimulator) -> None:
    facebook.usage = 80
    pages = poll(facebook, Window.NEW)
    assert [note for page in pages for note in page.notes] == [
        "80 percent of Facebook's call allowance is used"
    ]


def test_a_smaller_page_is_asked_for_when_facebook_wants_that(facebook: FacebookSimulator) -> None:
    ids = facebook.page.seed(30)
    facebook.most_at_once = 12
    assert set(ids) <= items_of(poll(facebook, Window.FULL, posts_at_once="50")).keys()
    assert pages_asked(facebook, "/published_posts") == ["50", "25", "12", "12", "12"]


def test_a_missing_permission_stops_after_what_may_be_read(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed")
    facebook.scopes.discard("pages_read_user_content")
    pages, error = until_error(connector(facebook).poll(Window.NEW, cursor=None, since=None))
    assert isinstance(error, PermissionLost)
    assert "pages_read_user_content" in str(error)
    assert post in items_of(pages)
    assert post_coverage(pages) == []


@pytest.mark.parametrize(
    "rows", [[], [{"id": "742001_1", "created_time": "2026-01-01T00:00:00+0000"}]]
)
@pytest.mark.parametrize("turning", [True, False])
def test_endless_pages_end_with_an_error(
    facebook: FacebookSimulator, rows: list[dict[str, str]], turning: bool
) -> None:
    def answer(number: int) -> str:
        after = "same" if turning else f"c{number}"
        paging = {"cursors": {"after": after}, "next": "https://graph.facebook.com/more"}
        return json.dumps({"data": rows, "paging": paging})

    for number in range(40):
        facebook.plan(
            "published_posts",
            Fault(status=200, body=answer(number), headers={"Content-Type": "application/json"}),
        )
    walk = connector(facebook).poll(Window.RECENT, cursor=None, since=None)
    _, error = until_error(walk)
    assert isinstance(error, BadAnswer)
    assert "without bringing anything new" in str(error)
    asked = len(pages_asked(facebook, "/published_posts"))
    assert asked == 2 if turning else asked <= 12
