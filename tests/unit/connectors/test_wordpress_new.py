"""The WordPress connector's walks for what is new, for what is young, and signed out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from archiver.demo.simulators.base import Loopback
from connectors.base import Kind, Window
from connectors.wordpress.reading import later_mark
from tests.unit.connectors.wordpress_stage import START, Stage, covered, items_of, staged

ALL_KINDS = frozenset({Kind.POST, Kind.PAGE, Kind.MEDIA, Kind.COMMENT, Kind.REPLY})


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as made:
        yield made


@pytest.fixture
def stage(loopback: Loopback) -> Stage:
    return staged(loopback)


def test_new_brings_new_ids_and_edits_and_is_quiet_about_the_rest(stage: Stage) -> None:
    old = [
        stage.site.publish(f"Post {n}", "x", at=START - timedelta(days=99 - n)) for n in range(50)
    ]
    stage.site.comment(old[0], "Early")
    first = stage.walk(Window.NEW)
    stage.time.advance(days=3)
    new = stage.site.publish("Fresh", "x")
    stage.site.edit(old[0], content="changed")
    comment = stage.site.comment(old[5], "Late")

    items = items_of(stage.walk(Window.NEW, cursor=first[-1].cursor))

    ids = {(item.kind, item.id) for item in items}
    assert {(Kind.POST, str(new)), (Kind.POST, str(old[0])), (Kind.COMMENT, str(comment))} <= ids
    assert (Kind.POST, str(old[20])) not in ids


def test_new_is_not_blinded_by_a_scheduled_post_whose_time_of_change_lies_ahead(
    stage: Stage,
) -> None:
    olds = [stage.site.publish(f"Post {n}", "x") for n in range(30)]
    stage.site.schedule("Parade", "x", START + timedelta(days=60))
    first = stage.walk(Window.NEW)
    stage.time.advance(days=1)
    stage.site.edit(olds[0], content="changed")
    second = items_of(stage.walk(Window.NEW, cursor=first[-1].cursor), Kind.POST)
    assert "changed" in [item.text for item in second if item.id == str(olds[0])]


def test_a_mark_takes_no_time_that_lies_ahead() -> None:
    later = {"modified_gmt": "2027-01-01T00:00:00", "status": "future"}
    imported = {"modified_gmt": "2026-12-01T00:00:00", "status": "publish"}
    now = {"modified_gmt": "2026-11-20T15:00:00", "status": "publish"}
    assert later_mark("", [later, now], None) == "2026-11-20T15:00:00"
    assert later_mark("", [imported, now], START) == "2026-11-20T15:00:00"
    assert later_mark("2026-11-21T00:00:00", [now], START) == "2026-11-21T00:00:00"


def test_new_finds_a_post_that_was_dated_back(stage: Stage) -> None:
    stage.site.publish("Today", "x")
    first = stage.walk(Window.NEW)
    stage.time.advance(days=1)
    back = stage.site.publish("From 2012", "x", at=datetime(2012, 1, 1, tzinfo=UTC))
    second = items_of(stage.walk(Window.NEW, cursor=first[-1].cursor), Kind.POST)
    assert str(back) in [item.id for item in second]


def test_new_reads_every_new_comment_however_many(stage: Stage) -> None:
    post = stage.site.publish("Busy", "x")
    first = stage.walk(Window.NEW)
    ids = {str(stage.site.comment(post, f"No. {n}")) for n in range(35)}
    second = stage.walk(Window.NEW, cursor=first[-1].cursor, per_page="10")
    assert ids <= {item.id for item in items_of(second, Kind.COMMENT)}


def test_a_cursor_of_new_moves_only_when_a_list_was_given_out_to_its_end(stage: Stage) -> None:
    first = stage.walk(Window.NEW)
    for number in range(25):
        stage.site.publish(f"Post {number}", "x")
    pages = stage.walk(Window.NEW, cursor=first[-1].cursor, per_page="10")
    with_posts = [page for page in pages if any(i.kind is Kind.POST for i in page.items)]
    assert len(with_posts) > 1
    assert with_posts[0].cursor == first[-1].cursor


def test_a_second_look_at_the_new_brings_the_revisions_only_of_what_was_saved_since(
    stage: Stage,
) -> None:
    post = stage.site.publish("One", "x")
    stage.site.edit(post, content="y")
    stage.time.advance(days=1)
    other = stage.site.publish("Two", "x")
    first = stage.walk(Window.NEW)
    stage.http.exchanges.clear()
    stage.site.edit(other, content="y")
    stage.walk(Window.NEW, cursor=first[-1].cursor)
    assert stage.asked(f"/posts/{other}/revisions")
    assert not stage.asked(f"/posts/{post}/revisions")


# -- recent -----------------------------------------------------------------------------------


def test_recent_covers_from_its_day_on_and_leaves_older_things_alone(stage: Stage) -> None:
    old = stage.site.publish("Old", "x", at=START - timedelta(days=90))
    new = stage.site.publish("New", "x", at=START - timedelta(days=3))
    comment = stage.site.comment(new, "Held", status="hold", at=START - timedelta(days=2))
    since = START - timedelta(days=14)

    pages = stage.walk(Window.RECENT, since=since)

    ids = {item.id for item in items_of(pages)}
    assert {str(new), str(comment)} <= ids
    assert str(old) not in ids
    covers = [cover for page in pages for cover in page.covers]
    assert {kind for cover in covers for kind in cover.kinds} == ALL_KINDS
    assert {cover.since for cover in covers} == {since}


# -- signed out -------------------------------------------------------------------------------


def test_signed_out_only_the_public_view_is_read(stage: Stage) -> None:
    site = stage.site
    post = site.publish("Public", "<p>x</p>")
    site.edit(post, content="<p>y</p>")
    site.draft("Draft", "x")
    site.comment(post, "Seen")
    site.comment(post, "Held", status="hold")
    pages = stage.walk(user=None)
    assert [(i.kind, i.title or i.text) for i in items_of(pages)] == [
        (Kind.POST, "Public"),
        (Kind.COMMENT, "<p>Seen</p>\n"),
    ]
    assert covered(pages) == ALL_KINDS
    assert not stage.asked("revisions")
