"""How the X connector walks everything: what is covered, where it ends, how it goes on."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from archiver.demo.simulators.base import Fault
from connectors.base import (
    Coverage,
    Kind,
    Page,
    Window,
)
from connectors.errors import (
    Permanent,
    Transient,
)
from connectors.x.reach import Listing, covered, limits
from tests.support.x_stage import (
    NOW,
    OAUTH1,
    Stage,
    Switchboard,
    collect,
    items,
    newest,
    switchboard,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
ALL = (*OAUTH1, "bearer_token")
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


def test_full_lists_everything_and_covers_it_without_a_hole(stage: Stage) -> None:
    posted = stage.sim.seed(250)
    pages = stage.poll(Window.FULL)
    assert ids(pages) == posted[::-1]
    covers = [cover for page in pages for cover in page.covers]
    assert [c.until for c in covers] == [None, covers[0].since, covers[1].since]
    assert covers[-1].since is None
    assert all(c.kinds == frozenset(OWN) for c in covers)
    assert [page.done for page in pages] == [None, 100, 200, None]
    assert pages[1].total == 250
    again = stage.poll(Window.FULL, cursor=pages[-1].cursor)
    assert ids(again) == ids(pages)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_covered_was_listed_whatever_happened(board: Switchboard, seed: int) -> None:
    """Posts, replies, reposts, edits and deletions at random; resumed at a random page."""
    chance = random.Random(seed)
    stage = Stage(board, vocabulary=chance.choice(["classic", "new"]))
    sim = stage.sim
    alive: dict[str, datetime] = {}
    sim.time.advance(days=-30)
    for number in range(330):
        sim.time.advance(minutes=chance.choice([0, 0, 1, 45, 90]))
        now = sim.time.now()
        match chance.choice(["post", "post", "reply", "repost", "edit", "delete"]):
            case "reply" if alive:
                new = sim.publish("re", reply_to=chance.choice(list(alive)))
            case "repost":
                new = sim.repost(sim.publish(f"public {number}", by="lisa"))
            case "delete" if alive:
                gone = chance.choice(list(alive))
                sim.delete(gone)
                del alive[gone]
                continue
            case "edit" if alive and now - max(alive.values()) < HOUR:
                last = max(alive, key=int)
                chain = sim.world.chain(last)
                if chain and not chain.repost_of and len(chain.versions) < 5:
                    sim.edit(last, f"edit {number}")
                continue
            case _:
                new = sim.publish(f"post {number}")
        alive[new] = now
    for window in (Window.FULL, Window.RECENT):
        since = sim.time.now() - 2 * DAY
        walk = stage.connector().poll(window, cursor=None, since=since)
        pages = [page for page, _ in zip(walk, range(chance.randint(1, 4)), strict=False)]
        pages += stage.poll(window, cursor=pages[-1].cursor, since=since)
        listed = set(ids(pages))
        covers = [cover for page in pages for cover in page.covers]
        assert covers
        assert listed <= set(alive)
        for item_id, published in alive.items():
            if any(
                (c.since is None or c.since <= published)
                and (c.until is None or published <= c.until)
                for c in covers
            ):
                assert item_id in listed


def test_a_full_walk_goes_on_where_it_was_cut_off(stage: Stage) -> None:
    posted = stage.sim.seed(350)
    stage.sim.plan("/501/tweets", Fault(status=503, body="over capacity"), skip=2)
    pages: list[Page] = []
    walk = stage.connector().poll(Window.FULL, cursor=None, since=None)
    with pytest.raises(Transient):
        collect(walk, pages, after_each=stage.sim.time.now)
    assert len(ids(pages)) == 200
    pages += stage.poll(Window.FULL, cursor=json.loads(json.dumps(pages[-1].cursor)))
    assert ids(pages) == posted[::-1]


def test_a_full_walk_of_one_page_a_run_comes_to_its_end(stage: Stage) -> None:
    posted = stage.sim.seed(350)
    cursor = None
    pages: list[Page] = []
    for _ in range(4):
        walk = stage.connector().poll(Window.FULL, cursor=cursor, since=None)
        next(walk)  # the profile, read anew by every run
        pages.append(next(walk))
        cursor = json.loads(json.dumps(pages[-1].cursor))
    assert ids(pages) == posted[::-1]
    assert "phase" not in pages[-1].cursor
    covers = [cover for page in pages for cover in page.covers]
    assert [c.until for c in covers] == [None, *(c.since for c in covers[:-1])]


def test_a_full_walk_may_begin_anew_in_the_middle(stage: Stage) -> None:
    posted = stage.sim.seed(800)
    walk = stage.connector().poll(Window.FULL, cursor=None, since=None)
    pages = [next(walk) for _ in range(8)]
    stage.sim.forget_continuations()
    again = list(walk)
    assert ids(again) == posted[::-1]
    assert again[0].covers[0].until is None
    assert len(pages) == 8


def test_continuations_that_never_hold_end_the_walk(stage: Stage) -> None:
    stage.sim.seed(250)
    walk = stage.connector().poll(Window.FULL, cursor=None, since=None)
    with pytest.raises(Permanent, match="continuation"):
        collect(walk, [], after_each=stage.sim.forget_continuations)
    assert len(stage.asked("/501/tweets")) == 4


def test_the_limit_of_3200_is_noted_and_not_covered(stage: Stage) -> None:
    posted = stage.sim.seed(3_230)
    pages = stage.poll(Window.FULL)
    assert len(ids(pages)) == 3_200
    oldest = newest(pages, posted[30]).published
    last = pages[-1].covers[0]
    assert oldest is not None
    assert last.since == oldest.utc
    assert "3,200 were listed of 3230" in " ".join(pages[-1].notes)


def test_the_full_archive_goes_on_behind_the_limit_and_claims_nothing(stage: Stage) -> None:
    posted = stage.sim.seed(3_330)
    pages = stage.poll(Window.FULL, using=ALL, full_archive="yes")
    assert set(ids(pages)) == set(posted)
    own = [query for query in stage.asked("search/all") if query["query"].startswith("from:")]
    [oldest] = {i.published.utc for i in items(pages) if i.id == posted[130] and i.published}
    assert timedelta(0) <= datetime.fromisoformat(own[0]["end_time"]) - oldest <= 1 * SECOND
    assert len({query["end_time"] for query in own}) == 1
    searched = [page for page in pages if any("come from search" in n for n in page.notes)]
    assert len(searched) == 1
    behind = pages[pages.index(searched[0]) :]
    assert [page.covers for page in behind if page.covers] == []
    comments = {c.newest.id for c in stage.sim.world.chains if c.reply_to}
    assert set(ids(pages, Kind.COMMENT)) == comments
    assert "phase" not in pages[-1].cursor


@pytest.mark.parametrize(
    ("since", "total", "listed", "cut_short"),
    [
        (None, 3_150, 3_150, False),
        (None, 3_201, 3_150, True),  # deleted posts count towards the limit
        (None, None, 3_200, True),
        (None, None, 3_199, False),
        (NOW - DAY, 90_000, 40, False),
        (NOW - DAY, 90_000, 3_200, True),
    ],
)
def test_where_the_timeline_may_end_short(
    since: datetime | None, total: int | None, listed: int, cut_short: bool
) -> None:
    listing = Listing(since=since, total=total, listed=listed, ended=True)
    oldest = NOW - timedelta(days=3)
    [cover] = covered(listing, [NOW, oldest], None)
    assert cover.since == (oldest if cut_short else since)
    assert bool(limits(listing)) is cut_short


def test_an_empty_list_against_a_count_proves_nothing(stage: Stage) -> None:
    stage.sim.seed(5)
    body = json.dumps({"meta": {"result_count": 0}})
    stage.sim.plan("/501/tweets", Fault(status=200, body=body))
    pages = stage.poll(Window.FULL)
    assert pages[-1].covers == ()
    assert pages[-1].notes == ("X lists no posts but counts 5; nothing is concluded from that",)


def test_an_account_without_posts_is_covered(stage: Stage) -> None:
    assert stage.poll(Window.FULL)[-1].covers == (Coverage(kinds=frozenset(OWN)),)


def test_a_deleted_quoted_post_does_not_spoil_the_coverage(both: Stage) -> None:
    gone = both.sim.publish("gone", by="moe")
    both.sim.publish("quote", quotes=gone)
    both.sim.delete(gone)
    assert both.poll(Window.FULL)[-1].covers == (Coverage(kinds=frozenset(OWN)),)


def test_an_unexplained_omission_takes_the_coverage_away(stage: Stage) -> None:
    post = stage.sim.publish("post")
    stage.poll(Window.FULL)
    body = stage.http.responses[-1].json()
    body["errors"] = [{"title": "Forbidden", "type": "about:blank", "detail": "One is missing."}]
    stage.sim.plan("/501/tweets", Fault(status=200, body=json.dumps(body)))
    pages = stage.poll(Window.FULL)
    assert ids(pages) == [post]
    assert pages[-1].covers == ()
    assert pages[-1].notes == ("X left something out: Forbidden: One is missing.",)
