"""What the Facebook connector makes of posts, comments, the profile and their media."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.facebook_world import NEIGHBOURS, PAGE_ID
from connectors.base import Kind, Stamp, Visibility, Window
from connectors.facebook.items import post_item, post_visibility
from connectors.facebook.media import attachments_of
from connectors.facebook.shapes import Shape
from tests.support.plain_http import PlainHttp
from tests.unit.connectors.facebook.stage import START, connector, items_of, poll

# What comes out


def test_posts_comments_replies_and_profile_come_with_their_places(
    facebook: FacebookSimulator,
) -> None:
    post = facebook.page.publish("Coffee with a Cop, Saturday 9:00  \n")
    comment = facebook.page.comment(post, "See you there", NEIGHBOURS[1])
    reply = facebook.page.comment(comment, "Me too", NEIGHBOURS[2])
    visit = facebook.page.visit("Thanks for finding my dog", NEIGHBOURS[0])
    items = items_of(poll(facebook, Window.NEW))

    assert items.keys() == {PAGE_ID, post, comment, reply, visit}
    assert items[post].kind is Kind.POST
    assert items[post].text == "Coffee with a Cop, Saturday 9:00  \n"
    assert items[post].published == Stamp("2026-11-24T12:00:00+0000", START)
    assert items[post].permalink.endswith("/posts/1001")
    assert items[comment].kind is Kind.COMMENT
    assert (items[comment].parent_id, items[comment].thread_id) == (post, post)
    assert items[comment].author.name == NEIGHBOURS[1].name
    assert items[reply].kind is Kind.REPLY
    assert (items[reply].parent_id, items[reply].thread_id) == (comment, post)
    assert items[visit].author.id == NEIGHBOURS[0].id
    profile = items[PAGE_ID]
    assert profile.kind is Kind.PROFILE
    assert profile.title == "Springfield Police Department"
    assert profile.text.startswith("The official Page")
    assert profile.extra["phone"] == "+1 555 0100"
    assert profile.metrics == {"fans": 12000, "followers": 12850}
    assert not {"fan_count", "followers_count"} & set(profile.extra)
    assert {ref.key for ref in profile.media} == {"cover/880001", "picture"}


def test_native_json_is_what_the_graph_answered(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed")
    item = items_of(poll(facebook, Window.NEW))[post]
    assert item.native["message"] == "Road closed"
    assert item.native["updated_time"] == "2026-11-24T12:00:00+0000"
    assert item.native["admin_creator"] == {"id": "5001", "name": "Kent B."}


def test_every_item_names_the_exchange_that_brought_it(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed", photos=["A sign"])
    facebook.page.comment(post, "Which road?")
    http = PlainHttp()
    pages = list(connector(facebook, http).poll(Window.NEW, cursor=None, since=None))
    named = {name for page in pages for name in page.exchanges}
    assert named == {f"exchange-{n + 1}" for n in range(len(http.exchanges))}
    assert {item.exchange for page in pages for item in page.items} <= named


def test_metrics_stay_apart_from_content(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed")
    before = items_of(poll(facebook, Window.NEW))[post]
    facebook.page.react(post, reactions=7, shares=2)
    after = items_of(poll(facebook, Window.NEW))[post]
    assert after.metrics == {"comments": 0, "reactions": 7, "shares": 2}
    assert (after.text, after.extra, after.media) == (before.text, before.extra, before.media)


def test_an_edit_shows_as_another_text_without_an_edit_time(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Saturday 9:00")
    comment = facebook.page.comment(post, "Great")
    facebook.time.advance(hours=1)
    facebook.page.edit(post, "Saturday 10:00")
    facebook.page.edit(comment, "Grate")
    items = items_of(poll(facebook, Window.RECENT, since=START - timedelta(days=1)))
    assert (items[post].text, items[post].edited) == ("Saturday 10:00", None)
    assert (items[comment].text, items[comment].edited) == ("Grate", None)


def test_who_can_see_it(facebook: FacebookSimulator) -> None:
    page = facebook.page
    post, hidden, visit = page.publish("Public"), page.publish("Hidden"), page.visit("Rude")
    page.hide(hidden)
    page.hide(visit)
    rude, private = page.comment(post, "Spam"), page.comment(post, "To you only", private=True)
    page.hide(rude)
    draft = page.schedule("Parade", START + timedelta(days=3))
    items = items_of(poll(facebook, Window.NEW, scheduled="yes"))
    seen = {name: items[name].visibility for name in (post, hidden, visit, rude, private, draft)}
    assert seen == {
        post: Visibility.PUBLIC,
        hidden: Visibility.HIDDEN,
        visit: Visibility.HIDDEN,
        rude: Visibility.HIDDEN,
        private: Visibility.PRIVATE,
        draft: Visibility.DRAFT,
    }
    assert items[draft].published is None
    assert items[draft].extra["scheduled_publish_time"] == 1795780800


def test_optional_sources_are_read_only_when_asked_for(facebook: FacebookSimulator) -> None:
    tagged = facebook.page.tag("Thanks to the police")
    draft = facebook.page.schedule("Parade", START + timedelta(days=3))
    visit = facebook.page.visit("Hello")
    assert items_of(poll(facebook, Window.FULL)).keys() == {PAGE_ID, visit}
    wanted = items_of(
        poll(facebook, Window.FULL, tagged="yes", scheduled="yes", visitor_posts="no")
    )
    assert wanted.keys() == {PAGE_ID, tagged, draft}


def test_a_shared_post_is_a_repost_of_its_original(facebook: FacebookSimulator) -> None:
    original = facebook.page.publish("Storm warning")
    share = facebook.page.publish("Please read", shares=original)
    item = items_of(poll(facebook, Window.NEW))[share]
    assert (item.kind, item.parent_id) == (Kind.REPOST, original)


def test_replies_outlive_a_removed_comment(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed")
    comment = facebook.page.comment(post, "Rude")
    reply = facebook.page.comment(comment, "Please be kind")
    facebook.page.delete(comment, keep_replies=True)
    items = items_of(poll(facebook, Window.NEW))
    assert comment not in items
    assert (items[reply].kind, items[reply].parent_id) == (Kind.REPLY, comment)


# Media


def test_a_photo_comes_as_its_largest_file_with_its_alternative_text(
    facebook: FacebookSimulator,
) -> None:
    post = facebook.page.publish("Found", photos=["A brown dog on a red blanket"])
    (ref,) = items_of(poll(facebook, Window.NEW))[post].media
    assert ref.key == facebook.page.posts[post].files[0].id
    assert ref.alt_text == "A brown dog on a red blanket"
    assert "stp=" not in ref.url  # not the small size
    answer = requests.get(ref.url, timeout=5)
    assert answer.content == facebook.page.posts[post].files[0].content


def test_signed_addresses_change_while_keys_and_content_stay(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Found", photos=["One", "Two"], link="")
    link = facebook.page.publish("Read", link="https://police.springfield.example/news")
    first = items_of(poll(facebook, Window.NEW))
    facebook.time.advance(hours=5)
    second = items_of(poll(facebook, Window.NEW))
    for name in (post, link, PAGE_ID):
        before, after = first[name], second[name]
        assert [ref.url for ref in before.media] != [ref.url for ref in after.media]
        assert [(ref.key, ref.change_token) for ref in before.media] == [
            (ref.key, ref.change_token) for ref in after.media
        ]
        assert before.extra == after.extra


def test_a_link_is_kept_with_its_real_address_and_preview(facebook: FacebookSimulator) -> None:
    link = facebook.page.publish("Read", link="https://police.springfield.example/news")
    item = items_of(poll(facebook, Window.NEW))[link]
    assert item.extra["attachments"] == [
        {
            "media_type": "link",
            "type": "share",
            "title": "Springfield Police",
            "description": "News of the department",
            "url": "https://police.springfield.example/news",
        }
    ]
    assert [ref.key for ref in item.media] == [f"{link}/0/preview"]


@pytest.mark.parametrize("in_post", [True, False])
def test_a_video_comes_as_its_file(facebook: FacebookSimulator, in_post: bool) -> None:
    post = facebook.page.publish("Parade", video=True)
    facebook.page.posts[post].files[0].in_post = in_post
    (ref,) = items_of(poll(facebook, Window.NEW))[post].media
    assert (ref.kind, ref.key) == ("video", facebook.page.posts[post].files[0].id)
    assert requests.get(ref.url, timeout=5).headers["Content-Type"] == "video/mp4"


def test_a_video_that_facebook_withholds_is_kept_as_its_still(
    facebook: FacebookSimulator,
) -> None:
    post = facebook.page.publish("Parade", video=True)
    film = facebook.page.posts[post].files[0]
    film.in_post = False
    facebook.unseen.add(film.id)
    (ref,) = items_of(poll(facebook, Window.NEW))[post].media
    assert (ref.kind, ref.key) == ("image", f"{post}/0/preview")


def test_a_comments_picture_is_kept(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Any news?")
    comment = facebook.page.comment(post, "Look", photo=True)
    (ref,) = items_of(poll(facebook, Window.NEW))[comment].media
    found = facebook.page.find_comment(comment)
    assert found is not None
    assert found.file is not None
    assert ref.key == found.file.id


@pytest.mark.parametrize("number", [13, 100, 101, 230])
def test_albums_come_whole(facebook: FacebookSimulator, number: int) -> None:
    post = facebook.page.publish("Open day", photos=[f"Stand {n}" for n in range(number)])
    item = items_of(poll(facebook, Window.NEW))[post]
    assert [ref.alt_text for ref in item.media] == [f"Stand {n}" for n in range(number)]
    assert (
        len([seen for seen in facebook.seen if seen.path.endswith("/attachments")])
        == (number - 1) // 100
    )


def test_an_unreadable_photo_does_not_take_the_others_along(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Open day", photos=["One", "Two", "Three"])
    files = facebook.page.posts[post].files
    facebook.unseen.add(files[1].id)
    refs = items_of(poll(facebook, Window.NEW))[post].media
    assert [ref.key for ref in refs] == [file.id for file in files]
    assert [ref.alt_text for ref in refs] == ["One", "", "Three"]
    assert "stp=p720" in refs[1].url  # what the post shows


# Single fields


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"is_published": False}, Visibility.UNLISTED),
        ({"is_published": False, "scheduled_publish_time": 1795780800}, Visibility.DRAFT),
        ({"timeline_visibility": "hidden"}, Visibility.HIDDEN),
        ({"privacy": {"value": "SELF"}}, Visibility.PRIVATE),
        ({"privacy": {"value": "CUSTOM"}}, Visibility.PUBLIC),
        ({}, Visibility.PUBLIC),
    ],
)
def test_visibility_follows_what_facebook_says(
    given: dict[str, object], expected: Visibility
) -> None:
    assert post_visibility(Shape(given, "the post", "exchange-1")) is expected


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        (
            "https://l.facebook.com/l.php?u=https%3A%2F%2Fa.example%2F%3Fb%3Dc&h=AT0",
            "https://a.example/?b=c",
        ),
        ("https://l.facebook.com/l.php?h=AT0", "https://l.facebook.com/l.php?h=AT0"),
        ("https://a.example/l.php?u=x", "https://a.example/l.php?u=x"),
    ],
)
def test_the_redirector_is_taken_off_a_link(url: str, kept: str) -> None:
    (attachment,) = attachments_of([Shape({"type": "share", "url": url}, "the link", "exchange-1")])
    assert attachment.url == kept


def test_a_post_without_an_author_in_sight_is_kept() -> None:
    item = post_item(Shape({"id": "742001_1", "from": None}, "the post", "exchange-1"), {})
    assert (item.author.id, item.author.name, item.text) == ("", "", "")
