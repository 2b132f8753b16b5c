"""The simulated YouTube answers, and the connector asks, as the discovery document says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from jsonschema import Draft202012Validator

from archiver.demo.simulators.youtube import YouTubeSimulator
from connectors.base import Kind, Target, Window
from connectors.removals import Removal
from connectors.youtube.items import CHANNEL_PARTS, PLAYLIST_PARTS, VIDEO_PARTS
from tests.support.plain_http import PlainHttp
from tests.unit.connectors.youtube.stage import connector

SPEC = Path(__file__).parents[3] / "specs" / "youtube" / "youtube-v3.json"


@cache
def specification() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = json.loads(SPEC.read_text())
    return loaded


@cache
def definitions() -> Mapping[str, Any]:
    """The schemas as JSON Schema; a property that they do not name is not allowed."""
    named: Mapping[str, Any] = converted(specification()["schemas"])
    return named


def converted(value: Any) -> Any:
    if isinstance(value, list):
        return [converted(each) for each in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str):
        return {"$ref": f"#/$defs/{value['$ref']}"}
    left_out = {"id", "format", "deprecated"} if isinstance(value.get("type"), str) else set()
    made = {key: converted(each) for key, each in value.items() if key not in left_out}
    if made.get("type") == "object" and "properties" in made:
        made.setdefault("additionalProperties", False)
    return made


class Listening(PlainHttp):
    """Keeps every answer."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[requests.Response] = []

    def session(self, *, rewrite: Mapping[str, str] | None = None) -> requests.Session:
        session = super().session(rewrite=rewrite)
        session.hooks["response"].append(lambda response, **_: self.answers.append(response))
        return session


@pytest.fixture
def answers(youtube: YouTubeSimulator) -> list[requests.Response]:
    """All that is said in walks, look-ups and removals on a busy channel."""
    ids = youtube.seed(20)
    youtube.page_size = 7
    youtube.videos[ids[0]].live = True
    youtube.videos[ids[1]].blocked = ["DE"]
    youtube.videos[ids[2]].tags = ["a"]
    top = youtube.comment(ids[3], "Hello")
    for number in range(9):
        youtube.comment(ids[3], f"Hi {number}", to=top)
    held = youtube.comment(ids[3], "Hm")
    youtube.moderate(held, "heldForReview")
    youtube.caption(ids[4], "Text")
    youtube.playlist("List", ids[:10])
    http = Listening()
    made = connector(youtube, http, by="remover")
    for window in Window:
        items = [i for p in made.poll(window, cursor=None, since=None) for i in p.items]
    made.count()
    made.check()
    targets = [Target(kind=i.kind, id=i.id, thread_id=i.thread_id) for i in items]
    list(made.lookup(targets))
    list(made.lookup([Target(kind=Kind.COMMENT, id="UgxGone", thread_id=ids[0])]))
    made.remove(Target(kind=Kind.COMMENT, id=top), Removal.HIDE)
    made.remove(Target(kind=Kind.POST, id=ids[5]), Removal.HIDE)
    made.remove(Target(kind=Kind.POST, id=ids[6]), Removal.DELETE)
    return http.answers


def method_of(response: requests.Response) -> Mapping[str, Any] | None:
    """The method of the discovery document that was called; None for the token endpoint."""
    path = urlsplit(response.url).path.removeprefix("/")
    if path == "token":
        return None
    found = [
        method
        for method in specification()["methods"].values()
        if method["httpMethod"] == response.request.method
        and (
            method["path"] == path
            or method["path"].partition("{")[0] == path[: len("youtube/v3/captions/")]
        )
    ]
    assert len(found) == 1, f"{response.request.method} {path} is no published method"
    method: Mapping[str, Any] = found[0]
    return method


def test_every_answer_has_the_published_form(answers: list[requests.Response]) -> None:
    checked = set()
    for response in answers:
        method = method_of(response)
        if method is None or response.status_code == 204 or "response" not in method:
            continue
        name = method["response"]["$ref"]
        checked.add(name)
        schema = {"$ref": f"#/$defs/{name}", "$defs": definitions()}
        found = list(Draft202012Validator(schema).iter_errors(response.json()))
        assert [f"{e.json_path}: {e.message}" for e in found] == []
    assert checked == {
        "ChannelListResponse",
        "PlaylistItemListResponse",
        "PlaylistListResponse",
        "VideoListResponse",
        "CommentThreadListResponse",
        "CommentListResponse",
        "CaptionListResponse",
        "Video",
    }


def test_every_question_uses_published_parameters_and_values(
    answers: list[requests.Response],
) -> None:
    for response in answers:
        method = method_of(response)
        if method is None:
            continue
        asked = dict(parse_qsl(urlsplit(response.url).query))
        assert asked.keys() <= method["parameters"].keys(), response.url
        for name, value in asked.items():
            parameter = method["parameters"][name]
            assert value in parameter.get("enum", [value])
            if "maximum" in parameter:
                assert int(value) <= int(parameter["maximum"])
        required = {
            name
            for name, each in method["parameters"].items()
            if each.get("required") and each.get("location") == "query"
        }
        assert required <= asked.keys(), response.url


@pytest.mark.parametrize(
    ("name", "parts"),
    [("Video", VIDEO_PARTS), ("Channel", CHANNEL_PARTS), ("Playlist", PLAYLIST_PARTS)],
)
def test_every_part_asked_for_is_published(name: str, parts: str) -> None:
    assert set(parts.split(",")) <= specification()["schemas"][name]["properties"].keys()
