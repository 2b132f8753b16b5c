"""What the Mastodon connector reads of posts, edits, replies, reposts and the profile."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archiver.capture.normalise import canonical
from connectors.base import Author, Kind, Page, Visibility, Window
from tests.support.mastodon_stage import NOW, Stage, items, newest, notes
from tests.support.x_stage import Switchboard

DAY = timedelta(days=1)


@pytest.fixture
def stage(board: Switchboard) -> Stage:
    return Stage(board)


def test_a_post_is_read_with_all_that_belongs_to_it(stage: Stage) -> None:
    sim = stage.sim
    post = sim.publish(
        "Road <b>closed</b>", at=NOW - DAY, media=[sim.photo("A bridge")], warning="Flood"
    )
    sim.world.statuses[post].likes = 4
    item = newest(stage.poll(), post)
    assert (item.kind, item.text) == (Kind.POST, "<p>Road <b>closed</b></p>")
    assert item.author == Author(sim.agency.id, "springfieldpd", "Springfield Police Department")
    assert item.published is not None
    assert (item.published.given, item.published.utc) == ("2026-11-23T12:00:00.000Z", NOW - DAY)
    assert (item.edited, item.language, item.thread_id) == (None, "en", post)
    assert item.visibility is Visibility.PUBLIC
    assert item.metrics == {"replies": 0, "reposts": 0, "likes": 4, "quotes": 0}
    assert item.extra == {"warning": "Flood", "sensitive": True}
    assert [(m.kind, m.alt_text) for m in item.media] == [("image", "A bridge")]
    assert item.permalink == f"{sim.url}/@springfieldpd/{post}"


def test_every_edit_is_a_version_with_its_true_time(stage: Stage) -> None:
    sim = stage.sim
    post = sim.publish("Evergren", media=[sim.photo("Map")])
    for text in ("Evergreen", "Evergreen Terrace"):
        sim.time.advance(minutes=4)
        sim.edit(post, text)
    found = items(stage.poll(), Kind.POST)
    assert [(i.text, i.superseded) for i in found] == [
        ("<p>Evergren</p>", True),
        ("<p>Evergreen</p>", True),
        ("<p>Evergreen Terrace</p>", False),
    ]
    minutes = timedelta(minutes=4)
    assert [i.edited and i.edited.utc for i in found] == [None, NOW + minutes, NOW + 2 * minutes]
    assert len({i.version_key for i in found}) == 3
    assert {i.published.utc for i in found if i.published} == {NOW}


def test_a_state_reads_the_same_live_and_in_the_history(stage: Stage) -> None:
    sim = stage.sim
    post = sim.publish("Which day?", warning="Vote", poll=["Monday", "Tuesday"])
    other = sim.publish("Map", media=[sim.photo("Old map")])
    live = stage.poll()
    sim.time.advance(minutes=1)
    sim.edit(post, "Which weekday?")
    sim.edit(other, "New map")
    later = stage.poll()
    for each in (post, other):
        [historic] = [i for i in items(later) if i.id == each and i.superseded]
        before = newest(live, each)
        assert canonical(historic) == canonical(before)
        assert historic.version_key == before.version_key


def test_the_history_is_not_read_again_after_a_finished_walk(stage: Stage) -> None:
    sim = stage.sim
    post = sim.publish("One", at=NOW - DAY)
    sim.edit(post, "Two")
    sim.time.advance(minutes=1)
    first = stage.poll()
    assert first[-1].cursor["read_until"]  # the server's own time
    # The server of the tests dates its answers by the machine's clock: set it to the world's.
    cursor = {**first[-1].cursor, "read_until": sim.time.now().isoformat()}

    def again() -> list[Page]:
        return list(stage.connector().poll(Window.FULL, cursor=cursor, since=None))

    assert newest(again(), post).text == "<p>Two</p>"
    assert len(stage.asked("/history")) == 1
    sim.edit(post, "Three")
    assert len(items(again(), Kind.POST)) == 3
    assert len(stage.asked("/history")) == 2


def test_a_server_without_a_history_is_read_all_the_same(stage: Stage) -> None:
    stage.sim.manners.keeps_history = False
    for text in ("One", "Two"):
        stage.sim.edit(stage.sim.publish(text), text + "!")
        stage.sim.time.advance(minutes=1)
    pages = stage.poll()
    assert [i.text for i in items(pages, Kind.POST)] == ["<p>Two!</p>", "<p>One!</p>"]
    assert "does not give the earlier states" in notes(pages)
    assert len(stage.asked("/history")) == 1


def test_options_of_a_poll_are_content_and_votes_are_not(stage: Stage) -> None:
    post = stage.sim.publish("Which day?", poll=["Monday", "Tuesday"])
    before = newest(stage.poll(), post)
    stage.sim.world.statuses[post].votes[:] = [3, 1]
    after = newest(stage.poll(), post)
    assert before.extra == after.extra
    assert before.extra["poll"] == {
        "options": ["Monday", "Tuesday"],
        "ends": "2026-11-25T12:00:00.000Z",
        "several": False,
    }
    assert after.metrics["poll votes 1"] == 3


def test_a_repost_shows_what_it_reposts(stage: Stage) -> None:
    sim = stage.sim
    shown = sim.publish("River", by="lisa@elsewhere.example", media=[sim.photo("River")])
    repost = sim.repost(shown)
    item = newest(stage.poll(), repost)
    assert (item.kind, item.text) == (Kind.REPOST, "<p>River</p>")
    assert item.author.handle == "springfieldpd"
    assert item.extra["repost_by"] == "lisa@elsewhere.example"
    assert [m.alt_text for m in item.media] == ["River"]


def test_replies_of_the_public_come_with_the_thread_they_belong_to(stage: Stage) -> None:
    sim = stage.sim
    post = sim.publish("Post")
    comment = sim.comment(post, "Hm?", by="bart@elsewhere.example")
    answer = sim.publish("Yes", reply_to=comment)
    deeper = sim.comment(answer, "Thanks")
    foreign = sim.publish("Where is my bike?", by="moe")
    own = sim.publish("Here", reply_to=foreign)
    below = sim.comment(own, "Great", by="moe")
    pages = stage.poll()
    threads = {i.id: (i.parent_id, i.thread_id) for i in items(pages, Kind.COMMENT)}
    assert threads == {comment: (post, post), deeper: (answer, post), below: (own, foreign)}
    assert newest(pages, answer).kind is newest(pages, own).kind is Kind.REPLY
    # The agency's answer within its own thread was met there: it is not asked for again.
    assert not stage.asked(f"/{answer}/context")


def test_a_comment_reads_the_same_as_a_mention_and_in_its_thread(stage: Stage) -> None:
    comment = stage.sim.comment(stage.sim.publish("Post"), "Hm?")
    as_mention = newest(stage.poll(Window.NEW), comment)
    in_thread = newest(stage.poll(Window.RECENT, since=NOW - DAY), comment)
    assert canonical(as_mention) == canonical(in_thread)
    assert as_mention.thread_id != ""


def test_private_messages_are_left_out_everywhere(stage: Stage) -> None:
    sim = stage.sim
    post = sim.publish("Post")
    sim.publish("My secret", by="lisa", reply_to=post, visibility="direct")
    sim.publish("Another", by="lisa", visibility="direct", mention=True)
    sim.publish("@lisa between us", visibility="direct")
    sim.comment(post, "Open")
    pages = stage.poll() + stage.poll(Window.NEW)
    assert {i.text for i in items(pages) if i.kind is not Kind.PROFILE} == {
        "<p>Post</p>", "<p>Open</p>"
    }  # fmt: skip
    assert "private mentions were left out" in notes(pages)


def test_who_reads_decides_what_is_seen(stage: Stage) -> None:
    sim = stage.sim
    private = sim.publish("For followers", visibility="private")
    unlisted = sim.publish("Quiet", visibility="unlisted")
    mention = sim.publish("@springfieldpd hello", by="lisa", mention=True)
    own, visitor = stage.poll(), stage.poll(signed=False)
    assert newest(own, private).visibility is Visibility.PRIVATE
    assert newest(own, unlisted).visibility is Visibility.UNLISTED
    assert newest(own, mention).kind is Kind.COMMENT
    assert [i.id for i in items(visitor) if i.kind is not Kind.PROFILE] == [unlisted]


def test_without_replies_nothing_of_the_public_is_asked_for(stage: Stage) -> None:
    stage.sim.comment(stage.sim.publish("Post"), "Hm?")
    assert items(stage.poll(replies="no"), Kind.COMMENT) == []
    assert not stage.asked("/context")
    assert not stage.asked("/notifications")


def test_an_own_reply_stays_a_reply_when_its_parent_is_deleted(stage: Stage) -> None:
    sim = stage.sim
    comment = sim.comment(sim.publish("Post"), "Hm?")
    reply = sim.publish("Yes", reply_to=comment)
    assert newest(stage.poll(), reply).parent_id == comment
    sim.delete(comment)
    assert newest(stage.poll(), reply).kind is Kind.REPLY


def test_the_profile_is_an_item_with_fields_and_pinned_posts(stage: Stage) -> None:
    sim = stage.sim
    sim.publish("Other")
    sim.world.pins = [sim.publish("Welcome")]
    for signed in (True, False):
        [profile] = items(stage.poll(Window.NEW, signed=signed), Kind.PROFILE)
        assert (profile.id, profile.title) == (sim.agency.id, "Springfield Police Department")
        assert profile.extra == {
            "handle": "springfieldpd",
            "fields": [
                {"name": "Website", "value": "https://springfield.example", "verified": False}
            ],
            "pinned": sim.world.pins,
        }
        assert [m.url.startswith(f"{sim.url}/media/") for m in profile.media] == [True, True]
        assert profile.metrics["posts"] == 2


def test_a_moved_account_is_read_and_the_new_one_is_named(stage: Stage) -> None:
    stage.sim.agency.moved_to = stage.sim.who("police@new.example").id
    pages = stage.poll()
    [profile] = items(pages, Kind.PROFILE)
    assert str(profile.extra["moved_to"]).endswith("/@police@new.example")
    assert "has moved to" in notes(pages)
    assert any("has moved" in each for each in stage.connector().check().statements)
