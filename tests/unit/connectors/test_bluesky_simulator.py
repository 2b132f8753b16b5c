"""What the simulated Bluesky answers has the form that the lexicons publish."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.base import Kind, Target, Window
from connectors.removals import Removal
from tests.support.bluesky_stage import Stage, comment
from tests.support.lexicon import check_output, check_record, lexicons, parameters
from tests.support.x_stage import NOW, Switchboard


def test_every_answer_to_the_connector_is_as_published(board: Switchboard) -> None:
    stage = Stage(board)
    sky = stage.sky
    blob = sky.file(b"\x89PNG", "image/png")
    images = {"$type": "app.bsky.embed.images", "images": [{"alt": "A map", "image": blob}]}
    facet = {"index": {"byteStart": 0, "byteEnd": 4},
             "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "road"}]}  # fmt: skip
    post = sky.publish("road closed", embed=images, facets=[facet], langs=["en"])
    reply = sky.reply(post, "Which road?", by="lisa")
    sky.labels[reply] = ["spam"]
    sky.repost(reply)
    sky.gate(post, reply)
    connector = stage.connector(password=sky.app_password)
    connector.check()
    for window in Window:
        stage.walk(window, since=NOW)
    list(connector.lookup([comment(reply, post), Target(kind=Kind.POST, id=post)]))
    assert connector.remove(comment(reply, post), Removal.UNHIDE).done
    assert connector.remove(Target(kind=Kind.POST, id=post), Removal.DELETE).done
    checked = set()
    for response in stage.http.responses:
        parts = urlsplit(response.url)
        method = parts.path.removeprefix("/xrpc/")
        if method not in lexicons() or response.status_code != 200:
            continue
        check_output(method, response.json())
        checked.add(method)
        if response.request.method == "GET":
            assert {name for name, _ in parse_qsl(parts.query)} <= set(parameters(method))
    assert checked == {
        name for name in lexicons() if "output" in lexicons()[name]["defs"].get("main", {})
    }


def test_the_check_finds_what_is_not_as_published() -> None:
    good = {"$type": "app.bsky.feed.post", "text": "x", "createdAt": "2026-11-24T12:00:00.000Z"}
    check_record(good)
    for wrong in ({"text": 1}, {"createdAt": "today"}, {"edited": True}, {"langs": ["en"] * 4}):
        with pytest.raises(AssertionError):
            check_record({**good, **wrong})
