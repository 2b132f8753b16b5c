"""Which things on a page are a record: its own states, not what only refers to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from archiver.desk.page_things import Find, Thing, Things
from archiver.warc.conversion import without_items
from archiver.warc.reader import StoredRecord

POST = {
    "id": 17, "type": "post", "slug": "snow", "title": {"raw": "Snow"}, "author": 2, "parent": 0,
    "content": {"raw": "Snow routes"}, "link": "https://city.example/snow", "status": "publish",
}  # fmt: skip
TWEET = {
    "id": "1450000000000000017", "text": "Snow routes", "author_id": "9", "lang": "en",
    "conversation_id": "1450000000000000017", "created_at": "2023-11-01T00:00:00Z",
}  # fmt: skip


def page(body: object, mime: str = "application/json") -> StoredRecord:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {mime}\r\nContent-Length: {len(content)}\r\n\r\n"
    return StoredRecord(
        record_id="urn:uuid:page",
        kind="response",
        date=datetime(2026, 11, 3, tzinfo=UTC),
        uri="https://api.platform.example/posts",
        content_type="application/http; msgtype=response",
        headers=(),
        block=head.encode() + content,
    )


def things(platform: str, native: Any, **named: Any) -> Things:
    key = ("post", str(native.get("id", "")))
    return Things(platform, [Thing(key=key, native=json.dumps(native))], **named)


def left(looking: Things, body: object) -> Any:
    """The page without them; None when nothing was found, "whole" when all of it goes."""
    record = page(body)
    find, doomed = looking.look(record)
    if find is not Find.PARTS:
        return None if find is Find.NOTHING else "whole"
    assert doomed is not None
    made = without_items(doomed)(record, {})
    assert made is not None
    return json.loads(made.block.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize(
    "other",
    [
        {**POST, "id": 18},
        {"id": 17, "name": "Chief", "link": "x", "slug": "chief", "description": "d", "url": "u"},
        {**POST, "type": "comment", "post": 3},
        {"id": 4, "type": "post", "slug": "17-and-more", "parent": 17, "title": {"raw": "x"}},
    ],
    ids=["another post", "a user of the same number", "a comment of the same number", "a child"],
)
def test_numbers_that_only_look_alike_stay(other: dict[str, Any]) -> None:
    looking = things("wordpress", POST)
    assert left(looking, [other]) is None
    assert left(looking, [POST, other]) == [other]


def test_a_later_state_of_the_same_post_goes_too() -> None:
    changed = {**POST, "content": {"raw": "other words"}, "new_field": 1}
    assert left(things("wordpress", POST), [changed, {"id": 2}]) == [{"id": 2}]


@pytest.mark.parametrize("slug", ["17-revision-v1", "17-autosave-v1"])
def test_saved_states_go_with_their_post(slug: str) -> None:
    saved = {"id": 90, "parent": 17, "slug": slug, "content": {"raw": "Snow"}}
    other = {**saved, "id": 91, "parent": 18, "slug": slug.replace("17", "18")}
    assert left(things("wordpress", POST), [saved, other]) == [other]


def test_a_reference_to_it_stays() -> None:
    answer = {**TWEET, "id": "99", "referenced_tweets": [{"type": "replied_to", "id": TWEET["id"]}]}
    assert left(things("x", TWEET), {"data": [TWEET, answer]}) == {"data": [answer]}
    assert left(things("x", TWEET), {"data": [answer]}) is None


def test_what_stands_beside_an_x_post_goes_when_nobody_else_refers_to_it() -> None:
    mine = {**TWEET, "attachments": {"media_keys": ["3_1", "3_2"]}, "author_id": "9"}
    other = {**TWEET, "id": "77", "attachments": {"media_keys": ["3_2"]}, "author_id": "8",
             "conversation_id": "77"}  # fmt: skip
    beside = {
        "media": [{"media_key": "3_1"}, {"media_key": "3_2"}, {"media_key": "3_3"}],
        "users": [{"id": "9", "name": "Ned"}, {"id": "8", "name": "Lou"}],
    }
    found = left(things("x", mine), {"data": [mine, other], "includes": beside})
    assert found == {
        "data": [other],
        "includes": {"media": beside["media"][1:], "users": beside["users"][1:]},
    }


def test_what_stands_beside_stays_if_it_is_a_record_that_stays() -> None:
    mine = {**TWEET, "referenced_tweets": [{"type": "quoted", "id": "55"}]}
    quoted = {**TWEET, "id": "55", "conversation_id": "55"}
    other = {**TWEET, "id": "77", "conversation_id": "77"}
    body = {"data": [mine, other], "includes": {"tweets": [quoted]}}
    kept = {"data": [other], "includes": {"tweets": [quoted]}}
    assert left(things("x", mine, staying=frozenset({"55"})), body) == kept
    assert left(things("x", mine), body) == {"data": [other], "includes": {"tweets": []}}


def test_a_page_that_is_the_post_goes_whole() -> None:
    assert left(things("wordpress", POST), POST) == "whole"


def test_a_page_in_another_form_goes_whole_if_it_mentions_the_post() -> None:
    thing = Thing(
        key=("post", "17"), native=json.dumps(POST), permalink="https://city.example/snow"
    )
    looking = Things("wordpress", [thing])
    assert looking.look(page(b"<p>https://city.example/snow</p>", "text/html"))[0] is Find.WHOLE
    assert looking.look(page(b"<p>17 inches of it</p>", "text/html"))[0] is Find.NOTHING


def test_a_file_that_only_it_has_is_cut_out_where_it_is_described() -> None:
    looking = things("facebook", TWEET, media_keys=frozenset({"12345678901"}))
    nodes = {"12345678901": {"id": "12345678901", "alt_text": "snow"}, "2": {"id": "2"}}
    assert left(looking, nodes) == {"2": {"id": "2"}}
