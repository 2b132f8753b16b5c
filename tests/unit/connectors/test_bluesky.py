"""The Bluesky connector's walks and look-ups, against the simulated network."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.bluesky import PROFILE
from connectors.base import Evidence, Kind, Page, Presence, Target, Visibility, Window
from connectors.bluesky import car
from connectors.errors import AccountGone, BadAnswer, ConnectorError, Misconfigured, RateLimited
from tests.support.bluesky_stage import Stage, comment, found
from tests.support.x_stage import NOW, Switchboard, collect

_PNG = b"\x89PNG\r\n\x1a\n a picture"


@pytest.fixture
def stage(board: Switchboard) -> Stage:
    return Stage(board)


def test_a_full_walk_brings_everything_and_covers_it(stage: Stage) -> None:
    sky = stage.sky
    post, quiet = sky.publish("Road closed", langs=["en"]), sky.publish("Quiet")
    asked = sky.reply(post, "Which road?", by="lisa")
    answer = sky.reply(asked, "Main St.")
    deeper = sky.reply(answer, "Thanks", by="lisa")
    repost = sky.repost(asked)
    sky.put(PROFILE, {"$type": PROFILE, "displayName": "Springfield PD"}, key="self")
    pages = stage.walk()
    items = found(pages)
    assert {uri: item.kind for uri, item in items.items()} == {
        post: Kind.POST,
        quiet: Kind.POST,
        answer: Kind.REPLY,
        asked: Kind.COMMENT,
        deeper: Kind.COMMENT,
        repost: Kind.REPOST,
        sky.agency.did: Kind.PROFILE,
    }
    assert (items[deeper].parent_id, items[deeper].thread_id) == (answer, post)
    assert items[post].metrics == {"replies": 1, "likes": 3}
    assert items[sky.agency.did].title == "Springfield PD"
    covers = [c for page in pages for c in page.covers]
    assert {c.thread_id for c in covers if Kind.COMMENT in c.kinds} == {post, quiet}
    assert {k for c in covers if not c.thread_id for k in c.kinds} == {
        Kind.POST, Kind.REPLY, Kind.REPOST,
    }  # fmt: skip
    for page in pages:
        assert json.loads(json.dumps(page.cursor)) == page.cursor
        assert {item.exchange for item in page.items} <= set(page.exchanges)


def test_files_have_their_hash_as_key_and_their_alternative_text(stage: Stage) -> None:
    blob = stage.sky.file(_PNG, "image/png")
    embed = {"$type": "app.bsky.embed.images", "images": [{"alt": "A map", "image": blob}] * 2}
    post = stage.sky.publish("Twice", embed=embed)
    first, again = found(stage.walk())[post].media
    assert (first.key, first.alt_text, first.mime) == (blob["ref"]["$link"], "A map", "image/png")  # type: ignore[index]
    assert (again.key, again.url) == (f"{first.key}#2", first.url)


def test_without_news_one_question_about_the_repository_is_enough(stage: Stage) -> None:
    stage.sky.publish("Road closed")
    cursor = stage.walk(Window.NEW, replies="no")[-1].cursor
    stage.sky.seen.clear()
    [page] = stage.walk(Window.NEW, cursor=cursor, replies="no")
    assert page.items == []
    assert [seen.path.rpartition(".")[2] for seen in stage.sky.seen[1:]] == ["getLatestCommit"]


def test_an_edit_of_whatever_age_is_news_with_a_new_hash(stage: Stage) -> None:
    sky = stage.sky
    old = sky.publish("Raod closed")
    sky.time.advance(days=400)
    for number in range(120):
        sky.publish(f"Post {number}")
    before = stage.walk(Window.NEW)
    sky.edit(old, text="Road closed")
    [item] = found(stage.walk(Window.NEW, cursor=before[-1].cursor)).values()
    assert (item.id, item.text) == (old, "Road closed")
    assert item.version_key == sky.strong(old)["cid"]
    listed = found(stage.walk())[old]
    assert (item.extra, item.media, item.published) == (
        listed.extra, listed.media, listed.published,
    )  # fmt: skip


def test_new_reply_rules_are_a_change_of_their_post(stage: Stage) -> None:
    sky = stage.sky
    post = sky.publish("Road closed")
    rude = sky.reply(post, "Idiots", by="moe")
    before = stage.walk(Window.NEW)
    sky.gate(post, rude)
    item = found(stage.walk(Window.NEW, cursor=before[-1].cursor), Kind.POST)[post]
    assert rude in str(item.extra["threadgate"])
    full = found(stage.walk())
    assert full[post].extra == item.extra
    assert full[rude].visibility is Visibility.HIDDEN


def test_a_new_reply_is_seen_by_the_count_of_its_post_alone(stage: Stage) -> None:
    post = stage.sky.publish("Road closed")
    before = stage.walk(Window.NEW)
    threads = stage.asked("getPostThread")
    reply = stage.sky.reply(post, "Which road?", by="lisa")
    after = stage.walk(Window.NEW, cursor=before[-1].cursor)
    assert set(found(after)) == {reply}
    stage.walk(Window.NEW, cursor=after[-1].cursor)
    assert stage.asked("getPostThread") == threads + 1


def test_what_moderation_labels_is_withheld(stage: Stage) -> None:
    post = stage.sky.publish("Road closed")
    reply = stage.sky.reply(post, "Spam", by="moe")
    stage.sky.labels[reply] = ["!hide"]
    assert found(stage.walk())[reply].visibility is Visibility.WITHHELD


def test_a_recent_walk_ends_behind_the_day_it_reaches_back_to(stage: Stage) -> None:
    for number in range(250):
        stage.sky.publish(f"Old {number}")
    stage.sky.time.advance(days=30)
    new = stage.sky.publish("New")
    since = stage.sky.time.now() - timedelta(days=7)
    pages = stage.walk(Window.RECENT, since=since)
    items = found(pages, Kind.POST)
    assert new in items
    assert len(items) == 200  # the page that shows that all that follows is too old is the last
    assert {c.since for page in pages for c in page.covers if not c.thread_id} == {since}


def test_a_walk_that_was_cut_off_goes_on_where_it_stood(stage: Stage) -> None:
    for number in range(230):
        post = stage.sky.publish(f"Post {number}")
        if number % 50 == 0:
            stage.sky.reply(post, "Yes", by="lisa")
    pages = stage.walk()
    whole = set(found(pages))
    assert len(whole) == 230 + 5 + 1
    for cut in range(len(pages) - 1):
        rest = stage.walk(cursor=pages[cut].cursor)
        assert len(rest) <= len(pages) - cut + 1  # the profile and the counts come again
        assert set(found([*pages[: cut + 1], *rest])) == whole


def test_own_posts_are_kept_before_a_fault_of_the_app_view_is_told(stage: Stage) -> None:
    post = stage.sky.publish("Road closed")
    stage.sky.plan("app.bsky", Fault(status=502), times=9)
    walk = stage.connector().poll(Window.FULL, cursor=None, since=None)
    kept: list[Page] = []
    with pytest.raises(ConnectorError):
        collect(walk, kept, after_each=lambda: None)
    assert post in found(kept)
    assert post in str(kept[-1].cursor["threads"])


def test_lookups_tell_gone_hidden_withheld_and_closed_apart(stage: Stage) -> None:
    sky = stage.sky
    post, lost = sky.publish("Road closed"), sky.publish("Lost")
    there, rude, gone, unseen, closed = (
        sky.reply(post, name, by=name) for name in ("lisa", "moe", "bart", "nelson", "sideshow")
    )
    sky.gate(post, rude)
    sky.delete(gone)
    sky.delete(lost)
    sky.unseen.add(unseen)
    sky.who("sideshow").status = "deactivated"
    own = [Target(kind=Kind.POST, id=each) for each in (post, lost)]
    others = [comment(each, post) for each in (there, rude, gone, unseen, closed)]
    answers = {f.target.id: f for f in stage.connector().lookup([*own, *others])}
    assert {uri: finding.presence for uri, finding in answers.items()} == {
        post: Presence.PRESENT,
        lost: Presence.GONE,
        there: Presence.PRESENT,
        rude: Presence.HIDDEN,
        gone: Presence.GONE,
        unseen: Presence.WITHHELD,
        closed: Presence.UNREACHABLE,
    }
    assert "RecordNotFound" in answers[lost].statement
    assert answers[closed].evidence is Evidence.ACCOUNT_CLOSED


@pytest.mark.parametrize("window", list(Window))
@pytest.mark.parametrize("status", ["deactivated", "takendown"])
def test_a_closed_account_is_called_so(stage: Stage, window: Window, status: str) -> None:
    stage.sky.publish("x")
    stage.sky.agency.status = status
    with pytest.raises(AccountGone, match=status):
        stage.walk(window, since=NOW)
    assert not stage.connector().check().ok


def test_a_wait_is_taken_from_the_servers_header(stage: Stage) -> None:
    connector = stage.connector()
    connector.check()
    stage.sky.limited = True
    with pytest.raises(RateLimited) as caught:
        connector.count()
    assert caught.value.until == NOW + timedelta(minutes=2)


def test_a_renamed_account_is_followed_and_a_handle_given_away_is_not(stage: Stage) -> None:
    sky = stage.sky
    post = sky.publish("Road closed")
    new, full = stage.walk(Window.NEW)[-1].cursor, stage.walk()[-1].cursor
    sky.agency.handle = "pd.springfield.example"
    [page, *_] = stage.walk(Window.NEW, cursor=new)
    assert page.items[0].extra["handle"] == "pd.springfield.example"
    assert "now calls itself @pd.springfield.example" in page.notes[0]
    sky.who(sky.handle)
    with pytest.raises(Misconfigured, match="now leads to"):
        stage.walk(cursor=full)
    assert post in found(stage.walk(address=sky.agency.did))


@pytest.mark.parametrize("address", ["springfield pd", "did:key:abc", "https://bsky.app/"])
def test_an_address_that_is_none_is_refused(stage: Stage, address: str) -> None:
    with pytest.raises(Misconfigured, match="neither a handle"):
        stage.connector(address=address)


@pytest.mark.parametrize("path", ["getLatestCommit", "listRecords", "getPosts", "did:plc"])
@pytest.mark.parametrize("fault", [Fault(break_json=True), Fault(status=200, body="[]")])
def test_damaged_answers_are_never_taken_for_data(stage: Stage, path: str, fault: Fault) -> None:
    stage.sky.publish("Road closed")
    stage.sky.plan(path, fault, times=50)
    with pytest.raises(BadAnswer):
        stage.walk()


def test_an_export_that_was_tampered_with_is_refused(stage: Stage) -> None:
    stage.sky.publish("Road closed")
    data = stage.sky.agency.repo.export()
    assert len(list(car.read(data).entries(whole=True))) == 1
    with pytest.raises(car.DamagedError, match="is not what its name"):
        car.read(data.replace(b"Road closed", b"Road opened"))
    for length in range(0, len(data) - 1, 7):
        with pytest.raises(car.DamagedError):
            list(car.read(data[:length]).entries(whole=True))


def test_counts_are_those_of_the_repository(stage: Stage) -> None:
    posts = [stage.sky.publish(str(number)) for number in range(130)]
    stage.sky.reply(posts[0], "More")
    stage.sky.reply(posts[0], "Thanks", by="lisa")
    stage.sky.repost(posts[1])
    counts = stage.connector().count()
    assert counts is not None
    assert counts.by_kind == {Kind.POST: 130, Kind.REPLY: 1, Kind.REPOST: 1, Kind.PROFILE: 1}
