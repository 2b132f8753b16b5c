"""What the Pinboard connector reads, how its walks go on, and what it says of one bookmark."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from archiver.demo.simulators.base import Fault
from connectors.base import Evidence, Item, Kind, Page, Presence, Target, Visibility, Window
from connectors.errors import (
    AuthFailed,
    BadAnswer,
    ConnectorError,
    Misconfigured,
    Permanent,
    PermissionLost,
    RateLimited,
    Transient,
    Unsettled,
)
from connectors.removals import Removal
from tests.support.x_stage import Switchboard
from tests.unit.connectors.pinboard_stage import NOW, ROADS, PinboardStage

DAY = timedelta(days=1)


@pytest.fixture
def stage(board: Switchboard) -> PinboardStage:
    return PinboardStage(board)


def bookmarks(pages: list[Page]) -> list[Item]:
    return [i for page in pages for i in page.items if i.kind is Kind.POST]


def target(address: str, hash_: str) -> Target:
    return Target(kind=Kind.POST, id=hash_, permalink=address)


# --- items


def test_a_bookmark_is_read_with_all_that_belongs_to_it(stage: PinboardStage) -> None:
    hash_ = stage.sim.add(
        ROADS, "Closures", note="Until <May>", tags=["roads", ".own"], toread=True, at=NOW - DAY
    )
    [item] = bookmarks(stage.poll())
    assert (item.id, item.permalink, item.title, item.text) == (
        hash_, ROADS, "Closures", "Until <May>",
    )  # fmt: skip
    assert item.extra == {"address": ROADS, "tags": ["roads", ".own"], "toread": True}
    assert item.published is not None
    assert (item.published.given, item.published.utc) == ("2026-11-23T12:00:00Z", NOW - DAY)
    assert item.author.id == "springfieldpd"
    assert item.visibility is Visibility.PUBLIC
    assert len(item.version_key) == 32


def test_an_edit_has_another_version_key_and_a_private_one_is_private(stage: PinboardStage) -> None:
    stage.sim.add(ROADS, "Closures")
    [before] = bookmarks(stage.poll())
    stage.sim.edit(ROADS, shared=False)
    stage.sim.time.advance(minutes=6)
    [after] = bookmarks(stage.poll())
    assert after.visibility is Visibility.PRIVATE
    assert (before.id, before.published) == (after.id, after.published)
    assert before.version_key != after.version_key


def test_the_account_with_its_tags_is_an_item(stage: PinboardStage) -> None:
    stage.sim.add(ROADS, "Closures", tags=["roads", "city"])
    [profile] = [i for page in stage.poll() for i in page.items if i.kind is Kind.PROFILE]
    assert profile.extra == {"handle": "springfieldpd", "tags": ["city", "roads"]}
    assert profile.metrics == {"tags": 2}


def test_what_php_writes_for_empty_texts_is_empty(stage: PinboardStage) -> None:
    row = {"href": ROADS, "description": False, "extended": None, "time": "soon", "tags": ""}
    stage.sim.plan("/posts/all", Fault(status=200, body=json.dumps([row])))
    [item] = bookmarks(stage.poll())
    assert (item.title, item.text, item.published, item.version_key) == ("", "", None, "")
    assert item.id == stage.sim.add(ROADS, "")  # the MD5 of the address


# --- walks


def test_without_news_only_the_time_of_change_is_asked_for(stage: PinboardStage) -> None:
    stage.sim.seed(3)
    cursor = stage.poll(Window.NEW)[-1].cursor
    stage.sim.seen.clear()
    [page] = stage.poll(Window.NEW, cursor=cursor)
    assert (page.items, page.covers, page.cursor) == ((), (), cursor)
    assert stage.methods() == ["posts/update"]


def test_with_news_everything_is_listed_and_covered(stage: PinboardStage) -> None:
    addresses = stage.sim.seed(3)
    cursor = stage.poll(Window.NEW)[-1].cursor
    stage.sim.time.advance(minutes=6)
    stage.sim.delete(addresses[0])
    pages = stage.poll(Window.NEW, cursor=cursor)
    assert [i.permalink for i in bookmarks(pages)] == [addresses[2], addresses[1]]
    [covered] = pages[-1].covers
    assert (covered.kinds, covered.since) == (frozenset({Kind.POST}), None)
    assert (pages[-1].done, pages[-1].total) == (2, 2)


def test_a_refused_call_goes_on_where_it_was(stage: PinboardStage) -> None:
    stage.sim.seed(250)
    walk = stage.connector(per_call="100").poll(Window.FULL, cursor=None, since=None)
    with pytest.raises(RateLimited) as caught:
        list(walk)
    assert caught.value.after == 300
    cursor: object = None
    found: list[str] = []
    for _ in range(6):
        stage.sim.time.advance(minutes=6)
        try:
            assert cursor is None or isinstance(cursor, dict)
            connector = stage.connector(per_call="100")
            for page in connector.poll(Window.FULL, cursor=cursor, since=None):
                cursor = dict(page.cursor)
                found += [i.id for i in page.items if i.kind is Kind.POST]
                covers = page.covers
            break
        except RateLimited:
            continue
    assert covers
    assert len(set(found)) == 250
    assert len(found) == 250 + 2 * 20
    assert stage.methods().count("posts/update") == 2  # the resumed walk did not begin anew


def test_what_moves_up_between_two_calls_is_not_passed_over(stage: PinboardStage) -> None:
    addresses = stage.sim.seed(150)
    stage.sim.limits = False
    walk = stage.connector(per_call="100").poll(Window.FULL, cursor=None, since=None)
    pages = [next(walk) for _ in range(4)]
    for address in addresses[-5:]:  # five of the newest
        stage.sim.delete(address)
    pages += list(walk)
    assert {i.permalink for i in bookmarks(pages)} == set(addresses)


def test_a_server_with_a_lower_limit_is_read_to_the_end(stage: PinboardStage) -> None:
    stage.sim.seed(120)
    stage.sim.limits, stage.sim.most = False, 50
    assert len({i.id for i in bookmarks(stage.poll())}) == 120


def test_a_count_that_the_list_does_not_reach_is_noted_and_ends(stage: PinboardStage) -> None:
    stage.sim.seed(2)
    stage.sim.limits = False
    body = json.dumps({"user": "springfieldpd", "tag": "", "dates": {"2026-01-01": "5"}})
    stage.sim.plan("/posts/dates", Fault(status=200, body=body))
    pages = stage.poll()
    assert pages[-1].notes == ("posts/dates counts 5 bookmarks, posts/all lists 2",)


def test_recent_reads_what_was_made_since(stage: PinboardStage) -> None:
    addresses = stage.sim.seed(10)  # a day apart, the newest a day old
    since = NOW - 3 * DAY
    [page] = stage.poll(Window.RECENT, since=since)
    assert [i.permalink for i in page.items] == addresses[:-4:-1]
    assert [c.since for c in page.covers] == [since]
    assert stage.methods() == ["posts/all"]


def test_an_empty_account_is_walked(stage: PinboardStage) -> None:
    pages = stage.poll()
    assert bookmarks(pages) == []
    assert pages[-1].covers


def test_a_foreign_cursor_starts_afresh(stage: PinboardStage) -> None:
    stage.sim.add(ROADS, "x")
    cursor = {"form": 9, "phase": "posts", "start": 500}
    assert len(bookmarks(stage.poll(cursor=cursor))) == 1


def test_strict_pace_still_ends_in_so_many_runs(stage: PinboardStage) -> None:
    stage.sim.seed(2)
    stage.sim.pace = timedelta(seconds=3)
    waits: list[float | None] = []
    cursor: dict[str, object] | None = None
    pages: list[Page] = []
    for _ in range(4):
        stage.sim.time.advance(minutes=1)
        try:
            for page in stage.connector().poll(Window.FULL, cursor=cursor, since=None):
                pages.append(page)
                cursor = dict(page.cursor)
        except RateLimited as error:
            waits.append(error.after)
    assert len(bookmarks(pages)) == 2
    assert waits == [60, 60, 300]


# --- one bookmark


def test_lookups_tell_what_is_there_from_what_is_gone(stage: PinboardStage) -> None:
    kept = target(ROADS, stage.sim.add(ROADS, "x", shared=False))
    gone = target("https://gone.example/", stage.sim.add("https://gone.example/", "y"))
    stage.sim.delete("https://gone.example/")
    account = Target(kind=Kind.PROFILE, id="springfieldpd")
    found = list(stage.connector().lookup([kept, gone, account]))
    assert [(f.presence, f.evidence) for f in found] == [
        (Presence.PRESENT, None),
        (Presence.GONE, Evidence.UNKNOWN),
        (Presence.PRESENT, None),
    ]


def test_an_address_that_was_masked_proves_nothing(stage: PinboardStage) -> None:
    hash_ = stage.sim.add("https://x.example/?api_key=sesame", "y")
    asked = target("https://x.example/?api_key=******", hash_)
    [finding] = stage.connector().lookup([asked])
    assert finding.presence is Presence.UNREACHABLE
    why = stage.connector(removing=True).can_remove(asked, Removal.DELETE)
    assert "delete it on the site" in why


def test_counting_and_checking(stage: PinboardStage) -> None:
    stage.sim.seed(120)
    counts = stage.connector().count()
    assert counts is not None
    assert (counts.by_kind, counts.exact) == ({Kind.POST: 120}, False)
    check = stage.connector(per_call="100").check()
    assert (check.ok, check.identity) == (True, "springfieldpd")
    assert "120 bookmarks" in check.statements[0]
    assert "2 calls" in check.statements[-1]


# --- faults


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=401), AuthFailed),
        (Fault(status=403), PermissionLost),
        (Fault(status=404), Permanent),
        (Fault(status=500), Transient),
        (Fault(status=503, headers={"Retry-After": "120"}), RateLimited),
        (Fault(status=302, headers={"Location": "https://elsewhere.example/"}), BadAnswer),
        (Fault(status=200, body="<?xml version='1.0'?><posts/>"), BadAnswer),
        (Fault(status=200, body='{"posts": 1}'), BadAnswer),
        (Fault(status=200, body='[{"description": "no address"}]'), BadAnswer),
        (Fault(status=200, body="[" * 100_000), BadAnswer),
        (Fault(break_json=True), BadAnswer),
        (Fault(cut_after=30), Transient),
    ],
)
def test_every_fault_has_its_error_and_no_token_in_it(
    stage: PinboardStage, fault: Fault, error: type[ConnectorError]
) -> None:
    stage.sim.seed(2)
    stage.sim.plan("/posts/all", fault)
    with pytest.raises(error) as caught:
        stage.poll()
    assert stage.sim.key not in str(caught.value)
    assert stage.methods().count("posts/all") == 1


@pytest.mark.parametrize(
    ("token", "address", "says"),
    [
        ("5D41402ABC4B2A76B971", "springfieldpd", ""),  # another server may have no name in it
        ("short", "springfieldpd", "not whole"),
        ("shelbyville:5D41402ABC4B2A76B971", "springfieldpd", "belongs to another user"),
        ("", "https://pinboard.in/u:springfieldpd/", ""),
        ("", "https://elsewhere.example/springfieldpd", "must be the user's name"),
    ],
)
def test_names_and_tokens_are_looked_at_before_anything_is_asked(
    stage: PinboardStage, token: str, address: str, says: str
) -> None:
    if not says:
        stage.connector(token=token, address=address)
        assert stage.http.masked == ["5D41402ABC4B2A76B971"]
        return
    with pytest.raises(Misconfigured, match=says) as caught:
        stage.connector(token=token, address=address)
    assert "5D41402" not in str(caught.value)


def test_the_token_of_another_user_is_refused_by_the_answer(stage: PinboardStage) -> None:
    body = json.dumps({"user": "shelbyville", "tag": "", "dates": []})
    stage.sim.plan("/posts/dates", Fault(status=200, body=body))
    with pytest.raises(Misconfigured, match="shelbyville"):
        stage.poll()


# --- removals


def test_a_bookmark_is_deleted_once_and_proven(stage: PinboardStage) -> None:
    hash_ = stage.sim.add(ROADS, "x")
    compared: list[Item] = []
    remover = stage.connector(removing=True)

    def same(item: Item) -> str:
        compared.append(item)
        return ""

    removed = remover.remove(target(ROADS, hash_), Removal.DELETE, compare=same)
    assert (removed.done, removed.already, removed.compared) == (True, False, True)
    assert '"done"' in removed.statement
    assert not stage.sim.has(ROADS)
    assert [i.permalink for i in compared] == [ROADS]
    assert stage.methods() == ["posts/get", "posts/delete", "posts/get"]
    again = remover.remove(target(ROADS, hash_), Removal.DELETE)
    assert (again.done, again.already) == (True, True)
    assert stage.methods().count("posts/delete") == 1


def test_what_is_not_what_was_archived_stays(stage: PinboardStage) -> None:
    hash_ = stage.sim.add(ROADS, "x")
    with pytest.raises(Permanent, match="it was edited"):
        stage.connector(removing=True).remove(
            target(ROADS, hash_), Removal.DELETE, compare=lambda _: "it was edited"
        )
    assert stage.sim.has(ROADS)


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(status=502), Unsettled),
        (Fault(cut_after=3), Unsettled),
        (Fault(status=200, body="{}"), Unsettled),
        (Fault(status=429), RateLimited),
        (Fault(status=200, body='{"result_code": "something went wrong"}'), Permanent),
    ],
)
def test_a_deletion_without_a_clear_answer_is_unsettled(
    stage: PinboardStage, fault: Fault, error: type[ConnectorError]
) -> None:
    hash_ = stage.sim.add(ROADS, "x")
    stage.sim.plan("/posts/delete", fault)
    with pytest.raises(error):
        stage.connector(removing=True).remove(target(ROADS, hash_), Removal.DELETE)
    assert stage.methods().count("posts/delete") == 1


def test_hiding_is_refused_with_a_reason(stage: PinboardStage) -> None:
    why = stage.connector(removing=True).can_remove(target(ROADS, "0" * 32), Removal.HIDE)
    assert "private on the site" in why
