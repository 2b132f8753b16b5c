"""What the X connector reads of posts, profiles and edits, in both vocabularies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from archiver.demo.simulators.base import Fault
from connectors.base import (
    Author,
    Item,
    Kind,
    Visibility,
    Window,
)
from tests.support.x_stage import NOW, Stage, Switchboard, items, newest, switchboard

DAY = timedelta(days=1)


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


def test_a_post_is_read_with_all_that_belongs_to_it(both: Stage) -> None:
    sim = both.sim
    at = NOW - 2 * DAY
    link = "https://springfield.example/road"
    post = sim.publish(f"Road closed, see {link} today", at=at, media=[sim.photo("A bridge")])
    sim.like(post, 4)

    item = newest(both.poll(Window.FULL), post)

    assert item.kind is Kind.POST
    assert item.author == Author("501", "springfieldpd", "Springfield Police Department")
    assert item.text.startswith("Road closed, see https://t.co/")
    assert item.published is not None
    assert item.published.given == "2026-11-22T12:00:00.000Z"
    assert item.published.utc == at
    assert item.edited is None
    assert item.language == "en"
    assert item.thread_id == post
    assert item.parent_id == ""
    assert item.permalink == f"https://x.com/springfieldpd/status/{post}"
    assert item.visibility is Visibility.PUBLIC
    assert item.metrics == {
        "reposts": 0,
        "replies": 0,
        "likes": 4,
        "quotes": 0,
        "bookmarks": 0,
        "views": 40,
    }
    assert item.extra["links"] == [{"url": item.text.split()[3], "leads_to": link}]
    assert item.native["id"] == post
    assert [(m.kind, m.alt_text) for m in item.media] == [("image", "A bridge")]
    assert item.media[0].url.endswith("/media/1.png?name=orig")
    assert item.media[0].key.startswith("3_")


def test_a_long_post_and_a_repost_are_read_in_full(both: Stage) -> None:
    sim = both.sim
    words = "Flood warning. " * 60
    post = sim.publish(words)
    shown = sim.publish(words + "!", by="lisa", media=[sim.photo("River")])
    repost = sim.repost(shown)

    pages = both.poll(Window.FULL)

    assert newest(pages, post).text == words
    item = newest(pages, repost)
    assert item.kind is Kind.REPOST
    assert item.text == words + "!"
    assert item.author.handle == "springfieldpd"
    assert item.extra["repost_of"] == shown
    assert str(item.extra["repost_line"]).startswith("RT @lisa: Flood")
    assert [m.alt_text for m in item.media] == ["River"]
    assert "media_without_file" not in item.extra


def test_the_best_video_file_is_chosen_and_a_gif_is_a_video(stage: Stage) -> None:
    sim = stage.sim
    post = sim.publish("Two", media=[sim.video("Traffic"), sim.gif("Dance")])
    media = newest(stage.poll(Window.FULL), post).media
    assert [m.url.rpartition("/video/")[2] for m in media] == ["1/2176000.mp4", "2/0.mp4"]
    assert {(m.kind, m.mime) for m in media} == {("video", "video/mp4")}
    assert [m.alt_text for m in media] == ["Traffic", "Dance"]


def test_an_attachment_without_a_file_and_a_place_are_kept_as_facts(stage: Stage) -> None:
    post = {
        "id": "17",
        "text": "Live",
        "created_at": "2026-01-01T00:00:00Z",
        "attachments": {"media_keys": ["13_1", "3_2", "3_3"]},
        "geo": {"place_id": "p1"},
        "article": {"title": "Annual report"},
        "conversation_id": "9",
        "entities": {"urls": [{"url": "https://t.co/a", "media_key": "3_2"}]},
    }
    playlist = {"content_type": "application/x-mpegURL", "url": "https://video.twimg.com/a.m3u8"}
    photo = "https://pbs.twimg.com/media/a?format=jpg&name=small"
    media = [
        {"media_key": "13_1", "type": "video", "variants": [playlist]},
        {"media_key": "3_2", "type": "photo", "url": photo},
        {"media_key": "3_3", "type": "photo"},
    ]
    includes = {"media": media, "places": [{"id": "p1", "full_name": "Springfield, OR"}]}
    body = json.dumps({"data": [post], "includes": includes})
    stage.sim.plan("/501/tweets", Fault(status=200, body=body))
    item = newest(stage.poll(Window.FULL), "17")
    assert item.extra["media_without_file"] == ["13_1", "3_3"]
    assert item.extra["place"] == "Springfield, OR"
    assert "links" not in item.extra  # the only one is that of the photo
    assert (item.kind, item.thread_id) == (Kind.REPLY, "9")
    assert item.extra["article"] == {"title": "Annual report"}
    assert [m.url for m in item.media] == [
        "https://pbs.twimg.com/media/a?format=jpg&name=orig",
    ]


def test_votes_of_a_poll_are_metrics_and_its_options_are_content(both: Stage) -> None:
    sim = both.sim
    post = sim.publish("Which day?", poll=["Monday", "Tuesday"])
    before = newest(both.poll(Window.FULL), post)
    sim.world.chains[-1].votes[:] = [3, 1]
    sim.time.advance(days=2)
    after = newest(both.poll(Window.FULL), post)
    assert after.metrics["poll votes 1"] == 3
    assert before.metrics["poll votes 1"] == 0
    assert before.extra == after.extra
    assert before.extra["polls"] == [
        {"options": ["Monday", "Tuesday"], "ends": "2026-11-25T12:00:00.000Z"}
    ]


def test_an_edit_chain_is_one_record_with_true_times(both: Stage) -> None:
    sim = both.sim
    first = sim.publish("Evergren", media=[sim.photo("Map")])
    sim.time.advance(minutes=4)
    second = sim.edit(first, "Evergreen")
    sim.time.advance(minutes=4)
    third = sim.edit(first, "Evergreen Terrace")

    found = [i for i in items(both.poll(Window.FULL)) if i.kind is Kind.POST]

    assert [(i.id, i.version_key, i.text, i.superseded) for i in found] == [
        (first, first, "Evergren", True),
        (first, second, "Evergreen", True),
        (first, third, "Evergreen Terrace", False),
    ]
    assert [i.edited.utc if i.edited else None for i in found] == [
        None,
        NOW + timedelta(minutes=4),
        NOW + timedelta(minutes=8),
    ]
    assert {i.published.utc for i in found if i.published} == {NOW}
    assert {len(i.media) for i in found} == {1}
    assert {i.native["id"] for i in found} == {first, second, third}


def test_earlier_versions_that_an_answer_leaves_out_are_looked_up(both: Stage) -> None:
    sim = both.sim
    sim.left_out = frozenset({"edit_history_tweet_ids", "edit_history_post_ids"})
    first = sim.publish("one")
    second = sim.edit(first, "two")
    [superseded, current] = items(both.poll(Window.FULL), Kind.POST)
    assert (superseded.version_key, superseded.superseded) == (first, True)
    assert (current.version_key, current.superseded) == (second, False)
    assert both.asked("/2/tweets")[-1]["ids"] == first
    assert superseded.exchange != current.exchange


def test_an_earlier_version_that_is_not_given_is_noted(stage: Stage) -> None:
    sim = stage.sim
    sim.left_out = frozenset({"edit_history_tweet_ids"})
    first = sim.publish("one")
    second = sim.edit(first, "two")
    problem = {
        "resource_type": "tweet",
        "resource_id": first,
        "parameter": "ids",
        "title": "Not Found Error",
        "type": "https://api.twitter.com/2/problems/resource-not-found",
    }
    reply = json.dumps({"errors": [problem]})
    sim.plan("/2/tweets", Fault(status=200, body=reply))
    pages = stage.poll(Window.FULL)
    [item] = items(pages, Kind.POST)
    assert (item.id, item.version_key) == (first, second)
    assert "X no longer gives 1 earlier version(s) of edited posts" in pages[-1].notes


def test_what_x_says_it_cannot_give_is_not_asked_again(stage: Stage) -> None:
    post = {
        "id": "17",
        "text": "two",
        "created_at": "2026-01-01T00:00:00Z",
        "edit_history_tweet_ids": ["16", "17"],
    }
    said = {"title": "Not Found", "parameter": "edit_history_tweet_ids", "resource_id": "16"}
    body = json.dumps({"data": [post], "errors": [said]})
    stage.sim.plan("/501/tweets", Fault(status=200, body=body))
    assert newest(stage.poll(Window.FULL), "16").version_key == "17"
    assert [seen for seen in stage.sim.seen if seen.path == "/2/tweets"] == []


def test_both_vocabularies_and_mixtures_give_the_same_items(board: Switchboard) -> None:
    def read(takes: str, gives: str) -> list[Item]:
        stage = Stage(board, vocabulary=takes)
        sim = stage.sim
        sim.answer_vocabulary = gives
        post = sim.publish("Long. " * 80 + "https://springfield.example/", media=[sim.photo("x")])
        sim.edit(post, "Short.")
        gone = sim.publish("gone", by="moe")
        sim.publish("Look", quotes=gone)
        sim.repost(sim.publish("Cat", by="lisa", media=[sim.video("cat")]))
        sim.publish("Answer", reply_to=sim.comment(post, "Hm?", by="bart"))
        sim.publish("Vote", poll=["a", "b"])
        sim.withhold(post, ["FR", "DE"])
        sim.agency.pinned = post
        sim.delete(gone)
        pages = stage.poll(Window.RECENT, since=NOW - DAY)
        pages += stage.poll(Window.NEW)
        return [replace(item, native={}, exchange="") for item in items(pages)]

    plain = read("classic", "classic")
    assert len(plain) > 8
    assert read("new", "new") == plain
    assert read("classic", "new") == plain
    assert read("new", "classic") == plain


def test_a_withheld_post_is_there_but_withheld(both: Stage) -> None:
    post = both.sim.publish("Mugshot")
    both.sim.withhold(post, ["FR", "DE"])
    item = newest(both.poll(Window.FULL), post)
    assert item.visibility is Visibility.WITHHELD
    assert item.extra["withheld"] == {
        "countries": ["DE", "FR"],
        "copyright": False,
        "whole_account": False,
    }


def test_the_profile_is_an_item(both: Stage) -> None:
    sim = both.sim
    sim.agency.pinned = sim.publish("Welcome")
    [profile] = items(both.poll(Window.NEW), Kind.PROFILE)
    assert profile.id == "501"
    assert profile.title == "Springfield Police Department"
    assert profile.text == sim.agency.description
    assert profile.extra["location"] == "Springfield"
    assert profile.extra["verified"] == "government"
    assert profile.extra["pinned"] == sim.agency.pinned
    assert profile.metrics["posts"] == 1
    assert [m.url.removeprefix(sim.url) for m in profile.media] == [
        "/profile/1.png",
        "/banner/1.png",
    ]
    assert profile.permalink == "https://x.com/springfieldpd"


def test_posts_of_a_protected_account_are_private(stage: Stage) -> None:
    stage.sim.agency.protected = True
    post = stage.sim.publish("For followers")
    assert newest(stage.poll(Window.FULL), post).visibility is Visibility.PRIVATE


def test_an_own_reply_stays_a_reply_when_its_parent_is_deleted(both: Stage) -> None:
    sim = both.sim
    post = sim.publish("Post")
    comment = sim.comment(post, "Hm?", by="bart")
    reply = sim.publish("@bart Yes", reply_to=comment)
    before = newest(both.poll(Window.FULL), reply)
    sim.delete(comment)
    after = newest(both.poll(Window.FULL), reply)
    assert before.kind is after.kind is Kind.REPLY
    assert before.parent_id == after.parent_id == comment
    assert before.thread_id == after.thread_id == post
