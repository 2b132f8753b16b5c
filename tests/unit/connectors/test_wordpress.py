"""The WordPress connector's walks, against the simulated site."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from archiver.demo.simulators.base import Loopback
from archiver.demo.simulators.wordpress_files import picture
from connectors.base import Kind, Page, Stamp, Visibility, Window
from connectors.errors import BadAnswer
from tests.unit.connectors.wordpress_stage import START, Stage, covered, items_of, staged

ALL_KINDS = frozenset({Kind.POST, Kind.PAGE, Kind.MEDIA, Kind.COMMENT, Kind.REPLY})


@pytest.fixture(scope="module")
def loopback() -> Iterator[Loopback]:
    with Loopback() as made:
        yield made


@pytest.fixture
def stage(loopback: Loopback) -> Stage:
    return staged(loopback)


def test_a_full_walk_brings_every_kind_and_covers_each(stage: Stage) -> None:
    post = stage.site.publish("Road closed", "<p>Elm Street</p>")
    page = stage.site.publish("About us", "<p>Who we are</p>", type="page")
    file = stage.site.upload("map.png", picture(1), "image/png", alt_text="A map")
    comment = stage.site.comment(post, "Thanks")
    reply = stage.site.comment(post, "Indeed", parent=comment)

    pages = stage.walk()

    found = {(item.kind, item.id) for item in items_of(pages)}
    assert found == {
        (Kind.POST, str(post)),
        (Kind.PAGE, str(page)),
        (Kind.MEDIA, str(file)),
        (Kind.COMMENT, str(comment)),
        (Kind.REPLY, str(reply)),
    }
    assert covered(pages) == ALL_KINDS
    profile = pages[0].items[0]
    assert (profile.kind, profile.title) == (Kind.PROFILE, "Springfield Police Department")
    assert pages[-1].done == pages[-1].total == 5


def test_every_item_names_an_exchange_of_its_page_and_cursors_are_plain_json(stage: Stage) -> None:
    post = stage.site.publish("One", "first")
    stage.site.edit(post, content="second")
    stage.site.edit(post, content="third")
    for page in stage.walk():
        assert json.loads(json.dumps(page.cursor)) == page.cursor
        assert {item.exchange for item in page.items} <= set(page.exchanges)


def test_comments_hang_on_their_post_and_replies_on_their_comment(stage: Stage) -> None:
    post = stage.site.publish("Road closed", "x")
    comment = stage.site.comment(post, "Thanks", name="Maude")
    stage.site.comment(post, "Indeed", parent=comment)

    first, second = sorted(items_of(stage.walk(), Kind.COMMENT, Kind.REPLY), key=lambda i: i.id)

    assert (first.parent_id, first.thread_id, first.author.name) == (str(post), str(post), "Maude")
    assert (second.parent_id, second.thread_id) == (str(comment), str(post))
    assert first.text == "Thanks"
    assert first.edited is None


def test_every_status_has_its_visibility(stage: Stage) -> None:
    site = stage.site
    wanted = {
        site.publish("Public", "x"): Visibility.PUBLIC,
        site.publish("Locked", "x", password="pass"): Visibility.PRIVATE,
        site.publish("Private", "x", status="private"): Visibility.PRIVATE,
        site.draft("Draft", "x"): Visibility.DRAFT,
        site.publish("Pending", "x", status="pending"): Visibility.PENDING,
        site.schedule("Later", "x", START + timedelta(days=9)): Visibility.PENDING,
    }
    trashed = site.publish("Trashed", "x")
    site.trash(trashed)
    wanted[trashed] = Visibility.TRASHED
    found = {int(i.id): i.visibility for i in items_of(stage.walk(), Kind.POST)}
    assert found == wanted


def test_comments_of_every_status_are_read_also_those_trashed_with_their_post(
    stage: Stage,
) -> None:
    site = stage.site
    post, other = site.publish("Stays", "x"), site.publish("Goes", "x")
    wanted = {
        site.comment(post, "a"): Visibility.PUBLIC,
        site.comment(post, "b", status="hold"): Visibility.PENDING,
        site.comment(post, "c", status="spam"): Visibility.SPAM,
        site.comment(post, "d", status="trash"): Visibility.TRASHED,
        site.comment(other, "e"): Visibility.TRASHED,
    }
    site.trash(other)
    found = {int(i.id): i.visibility for i in items_of(stage.walk(), Kind.COMMENT)}
    assert found == wanted


def test_an_edit_has_its_true_time_and_an_unpublished_post_no_time_of_publication(
    stage: Stage,
) -> None:
    edited, plain = stage.site.publish("Edited", "x"), stage.site.publish("Plain", "x")
    draft = stage.site.draft("Draft", "x")
    stage.time.advance(hours=2)
    stage.site.edit(edited, content="y")
    found = {int(i.id): i for i in items_of(stage.walk(), Kind.POST) if not i.superseded}
    assert found[edited].published == Stamp("2026-11-20T15:00:00", START)
    assert found[edited].edited == Stamp("2026-11-20T17:00:00", START + timedelta(hours=2))
    assert found[plain].edited is None
    assert found[draft].published is None


def test_revisions_become_superseded_versions_and_the_newest_names_the_present_one(
    stage: Stage,
) -> None:
    post = stage.site.publish("One", "first")
    for text in ("second", "third"):
        stage.time.advance(hours=1)
        stage.site.edit(post, content=text)
    third, second = stage.site.posts[post].revisions

    current, earlier = items_of(stage.walk(), Kind.POST)

    assert (current.text, current.superseded, current.version_key) == (
        "third",
        False,
        f"rev-{third.id}",
    )
    assert (earlier.text, earlier.superseded, earlier.version_key) == (
        "second",
        True,
        f"rev-{second.id}",
    )
    assert earlier.id == current.id
    assert earlier.edited is not None
    assert earlier.edited.utc == START + timedelta(hours=1)


def test_a_change_past_wordpress_makes_the_newest_revision_an_earlier_version(
    stage: Stage,
) -> None:
    post = stage.site.publish("One", "first")
    stage.site.edit(post, content="second")
    stage.site.change_past_wordpress(post, "third")
    current, earlier = items_of(stage.walk(), Kind.POST)
    assert (current.text, current.version_key) == ("third", "")
    assert (earlier.text, earlier.superseded) == ("second", True)


def test_autosaves_are_no_versions_and_pruned_revisions_are_no_fault(stage: Stage) -> None:
    post = stage.site.publish("One", "v0")
    for number in range(1, 5):
        stage.site.edit(post, content=f"v{number}")
    stage.site.prune_revisions(post, 2)
    stage.site.autosave(post, "half a sent")
    texts = [(i.text, i.superseded) for i in items_of(stage.walk(), Kind.POST)]
    assert texts == [("v4", False), ("v3", True)]


def test_states_saved_before_publication_were_drafts(stage: Stage) -> None:
    post = stage.site.draft("One", "first")
    stage.site.edit(post, content="second")
    stage.time.advance(hours=3)
    stage.site.posts[post].date = stage.time.now()
    stage.site.posts[post].status = "publish"
    stage.site.edit(post, content="third")
    current, earlier = items_of(stage.walk(), Kind.POST)
    assert current.visibility is Visibility.PUBLIC
    assert (earlier.text, earlier.visibility) == ("second", Visibility.DRAFT)


def test_a_later_full_walk_reads_only_the_revisions_of_what_was_saved_since(stage: Stage) -> None:
    old = stage.site.publish("Old", "x")
    stage.site.edit(old, content="y")
    stage.time.advance(days=2)
    new = stage.site.publish("New", "x")
    stage.site.edit(new, content="y")
    stage.time.advance(days=1)
    first = stage.walk()
    stage.http.exchanges.clear()
    stage.walk(cursor=first[-1].cursor)
    assert not stage.asked(f"/posts/{old}/revisions")
    assert stage.asked(f"/posts/{new}/revisions")


def test_a_walk_that_was_cut_off_goes_on_and_then_starts_afresh(stage: Stage) -> None:
    ids = {str(stage.site.publish(f"Post {n}", "x")) for n in range(25)}
    connector = stage.connector(per_page="10")
    begun: list[Page] = []
    for page in connector.poll(Window.FULL, cursor=None, since=None):
        begun.append(page)
        if len(begun) == 3:
            break
    stage.site.publish("Meanwhile", "x")

    rest = stage.walk(cursor=begun[-1].cursor, per_page="10")

    seen = [item.id for item in items_of(begun + rest, Kind.POST)]
    assert ids <= set(seen)
    assert len(seen) == len(set(seen))
    assert Kind.POST in covered(rest)
    again = stage.walk(cursor=rest[-1].cursor, per_page="10")
    assert len(items_of(again, Kind.POST)) == 26


def test_an_undisturbed_walk_asks_for_each_stretch_of_a_list_once(stage: Stage) -> None:
    for number in range(25):
        stage.site.publish(f"Post {number}", "x")
    stage.walk(per_page="10")
    asked = [url for url in stage.asked("/wp/v2/posts?") if "per_page=10" in url]
    assert [url.rpartition("offset=")[2] for url in asked] == ["0", "9", "18"]


def test_posts_deleted_during_a_walk_do_not_make_it_skip_others(stage: Stage) -> None:
    ids = [stage.site.publish(f"Post {n}", "x") for n in range(60)]
    seen: set[str] = set()
    doomed = ids[45:]
    for page in stage.connector(per_page="10").poll(Window.FULL, cursor=None, since=None):
        seen.update(item.id for item in page.items)
        if page.items and doomed and str(ids[-1]) in seen:
            for post in doomed:
                stage.site.delete(post)
            doomed = []
    assert {str(each) for each in ids[:45]} <= seen


def test_a_site_that_sorts_as_it_likes_is_read_whole_but_nothing_is_covered(stage: Stage) -> None:
    ids = {str(stage.site.publish(f"Post {n}", "x")) for n in range(25)}
    stage.site.keep_order = False
    pages = stage.walk(per_page="10")
    assert {item.id for item in items_of(pages, Kind.POST)} == ids
    assert Kind.POST not in covered(pages)
    assert any("order" in note for page in pages for note in page.notes)


def test_without_totals_nothing_is_covered(stage: Stage) -> None:
    stage.site.publish("One", "x")
    stage.site.show_totals = False
    pages = stage.walk()
    assert len(items_of(pages)) == 1
    assert covered(pages) == set()


def test_a_list_that_goes_in_circles_ends_with_an_error(stage: Stage) -> None:
    for number in range(30):
        stage.site.publish(f"Post {number}", "x")
    stage.site.ignore_offset = True
    with pytest.raises(BadAnswer, match="goes in circles"):
        stage.walk(per_page="10")


def test_custom_types_count_as_posts_and_one_that_vanishes_takes_the_coverage(
    stage: Stage,
) -> None:
    stage.site.types["notice"] = "notices"
    notice = stage.site.publish("Boil water", "x", type="notice")
    first = stage.walk()
    [item] = items_of(first, Kind.POST)
    assert (item.id, item.extra["type"]) == (str(notice), "notice")
    assert Kind.POST in covered(first)

    del stage.site.types["notice"]
    del stage.site.posts[notice]  # as if its plug-in was switched off
    second = stage.walk(cursor=first[-1].cursor)
    assert Kind.POST not in covered(second)
    assert "no longer offers the content type notice" in second[0].notes[0]
    third = stage.walk(cursor=second[-1].cursor)
    assert Kind.POST not in covered(third)


def test_the_option_types_limits_the_walk(stage: Stage) -> None:
    stage.site.publish("Post", "x")
    stage.site.publish("Page", "x", type="page")
    assert [i.kind for i in items_of(stage.walk(types="page"))] == [Kind.PAGE]
