"""How the simulated Graph behaves: paging, expansion, refusals, files; seeded worlds."""

from __future__ import annotations

import pytest
import requests

from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.facebook_fields import BadSyntaxError, Field, parse
from archiver.demo.simulators.facebook_world import PAGE_ID
from tests.unit.connectors.facebook.stage import fresh


def ask(facebook: FacebookSimulator, path: str, **params: str) -> requests.Response:
    return requests.get(
        f"{facebook.url}/v26.0/{path}",
        params=params,
        headers={"Authorization": f"Bearer {facebook.token}"},
        timeout=5,
    )


@pytest.mark.parametrize(
    ("provoke", "code", "subcode"),
    [("expired", 190, 463), ("unseen", 100, 33), ("deleted", 100, 33), ("limit", 80001, None)],
)
def test_errors_are_told_by_code(
    facebook: FacebookSimulator, provoke: str, code: int, subcode: int | None
) -> None:
    post = facebook.page.publish("Road closed")
    if provoke == "expired":
        facebook.expire_token()
    elif provoke == "unseen":
        facebook.unseen.add(post)
    elif provoke == "deleted":
        facebook.page.delete(post)
    else:
        facebook.usage = 100
    answer = ask(facebook, post)
    error = answer.json()["error"]
    assert (error["code"], error.get("error_subcode")) == (code, subcode)
    assert 400 <= answer.status_code < 500


def test_deleted_and_unseen_are_not_told_apart(facebook: FacebookSimulator) -> None:
    deleted, unseen = facebook.page.publish("A"), facebook.page.publish("B")
    facebook.page.delete(deleted)
    facebook.unseen.add(unseen)
    first, second = ask(facebook, deleted), ask(facebook, unseen)
    assert first.status_code == second.status_code == 400
    assert first.text.replace(deleted, "X") == second.text.replace(unseen, "X")


def test_next_addresses_carry_the_token_and_work(facebook: FacebookSimulator) -> None:
    ids = facebook.page.seed(5)
    answer = ask(facebook, f"{PAGE_ID}/published_posts", limit="2").json()
    found = [row["id"] for row in answer["data"]]
    while "next" in answer["paging"]:
        assert f"access_token={facebook.token}" in answer["paging"]["next"]
        answer = requests.get(answer["paging"]["next"], timeout=5).json()
        found += [row["id"] for row in answer["data"]]
    assert found == ids[::-1]


def test_a_cursor_survives_removals_and_additions(facebook: FacebookSimulator) -> None:
    ids = facebook.page.seed(6)
    first = ask(facebook, f"{PAGE_ID}/published_posts", limit="3").json()
    facebook.page.delete(ids[3])  # the last of the first page
    facebook.page.publish("Just now")
    after = first["paging"]["cursors"]["after"]
    second = ask(facebook, f"{PAGE_ID}/published_posts", limit="3", after=after).json()
    assert [row["id"] for row in second["data"]] == ids[2::-1]


def test_a_short_page_may_have_a_next_one(facebook: FacebookSimulator) -> None:
    ids = facebook.page.seed(4)
    facebook.page.withhold(ids[3])
    answer = ask(facebook, f"{PAGE_ID}/published_posts", limit="2").json()
    assert [row["id"] for row in answer["data"]] == [ids[2]]
    assert answer["paging"]["next"]


def test_only_what_is_asked_for_comes(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed")
    assert ask(facebook, post, fields="message").json() == {"id": post, "message": "Road closed"}
    refused = ask(facebook, post, fields="edit_actions").json()
    assert refused["error"]["code"] == 100
    comment = facebook.page.comment(post, "Hm")
    assert ask(facebook, comment, fields="updated_time").status_code == 400


def test_updated_time_moves_on_comments_as_well(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed")
    facebook.time.advance(minutes=5)
    facebook.page.comment(post, "Which?")
    answer = ask(facebook, post, fields="created_time,updated_time").json()
    assert answer["created_time"] != answer["updated_time"]


def test_hidden_posts_come_only_when_asked_for(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed")
    facebook.page.hide(post)
    edge = f"{PAGE_ID}/published_posts"
    assert ask(facebook, edge).json()["data"] == []
    shown = ask(facebook, edge, include_hidden="true", fields="is_hidden").json()
    assert shown["data"] == [{"id": post, "is_hidden": True}]


def test_several_ids_fail_as_a_whole(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed")
    assert ask(facebook, "", ids=f"{post},742001_9").status_code == 400
    assert ask(facebook, "", ids=post).json()[post]["message"] == "Road closed"


def test_top_level_comments_are_the_default(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed")
    comment = facebook.page.comment(post, "Which?")
    reply = facebook.page.comment(comment, "Main Street")
    plain = ask(facebook, f"{post}/comments").json()
    stream = ask(facebook, f"{post}/comments", filter="stream").json()
    below_it = ask(facebook, f"{comment}/comments").json()
    assert [row["id"] for row in plain["data"]] == [comment]
    assert [row["id"] for row in stream["data"]] == [comment, reply]
    assert [row["id"] for row in below_it["data"]] == [reply]


def test_removing_a_comment_removes_its_replies(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Road closed")
    comment = facebook.page.comment(post, "Which?")
    facebook.page.comment(comment, "Main Street")
    facebook.page.delete(comment)
    assert ask(facebook, f"{post}/comments", filter="stream").json()["data"] == []


def test_no_token_no_answer(facebook: FacebookSimulator) -> None:
    answer = requests.get(f"{facebook.url}/v26.0/{PAGE_ID}", timeout=5)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 104)


def test_an_address_of_a_file_expires(facebook: FacebookSimulator) -> None:
    post = facebook.page.publish("Found", photos=["A dog"])
    url = ask(facebook, post, fields="full_picture").json()["full_picture"]
    good = requests.get(url, timeout=5)
    assert good.content.startswith(b"\x89PNG")
    assert good.headers["Content-Type"] == "image/png"
    assert requests.get(url.replace("oh=", "oh=0"), timeout=5).status_code == 403
    facebook.time.advance(days=2)
    assert requests.get(url, timeout=5).status_code == 403


@pytest.mark.parametrize("text", ["id,", "a{b", "a}b", "a,,b", "a.limit(3", "a b"])
def test_a_broken_field_list_is_refused(text: str) -> None:
    with pytest.raises(BadSyntaxError):
        parse(text)


def test_field_lists_nest_and_take_modifiers() -> None:
    assert parse("id,a.limit(3).after(x=){b{c}}") == (
        Field("id", {}, ()),
        Field("a", {"limit": "3", "after": "x="}, (Field("b", {}, (Field("c", {}, ()),)),)),
    )


def test_a_seeded_world_is_repeatable() -> None:
    def texts(world: FacebookSimulator) -> list[str]:
        return [
            f"{post.created} {post.message} {[comment.message for comment in post.comments]}"
            for post in world.page.posts.values()
        ]

    first, second = fresh(), fresh()
    first.page.seed(40)
    second.page.seed(40)
    assert texts(first) == texts(second)
    assert any(post.comments for post in first.page.posts.values())
    assert any(post.files for post in first.page.posts.values())
