"""What the simulated Mastodon answers has the form that Mastodon publishes."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from jsonschema import Draft202012Validator

from connectors.base import Kind, Target, Window
from connectors.removals import Removal
from tests.support.mastodon_stage import NOW, Stage
from tests.support.removal_scene import mastodon_scene, put_up
from tests.support.x_stage import ListeningHttp, Switchboard

SPEC = Path(__file__).parents[2] / "specs" / "mastodon" / "mastodon.json"


@cache
def specification() -> dict[str, Any]:
    spec: dict[str, Any] = json.loads(SPEC.read_text())
    for schema in spec["components"]["schemas"].values():
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
    return spec


def check_answer(response: requests.Response) -> str:
    """Hold an answer to the document; returns the endpoint."""
    spec = specification()
    parts = urlsplit(response.url)
    for endpoint in spec["responses"]:
        method, _, path = endpoint.partition(" ")
        pattern = path.replace("{id}", r"(?!lookup$|verify_credentials$)\w+")
        if method == response.request.method and re.fullmatch(pattern, parts.path):
            break
    else:
        raise AssertionError(f"{parts.path} is not in the document")
    schema = spec["responses"][endpoint]
    if response.status_code != 200:
        schema = {"$ref": "#/components/schemas/Error"}
    Draft202012Validator({**schema, "components": spec["components"]}).validate(response.json())
    names = {name.removesuffix("[]") for name, _ in parse_qsl(parts.query)}
    assert names <= set(spec["parameters"][endpoint]), endpoint
    return str(endpoint)


def test_every_answer_to_the_connector_is_as_published(board: Switchboard) -> None:
    stage = Stage(board)
    sim = stage.sim
    sim.seed(50)
    post = sim.publish("Vote", poll=["a", "b"], warning="Careful", media=[sim.photo("Map")])
    sim.comment(post, "Hm?", by="lisa@elsewhere.example")
    sim.repost(sim.publish("River", by="lisa"))
    sim.publish("For followers", visibility="private")
    sim.publish("@springfieldpd", by="moe", mention=True)
    sim.time.advance(minutes=1)
    sim.edit(post, "Vote now")
    sim.world.pins = [post]
    sim.agency.moved_to = sim.who("police@new.example").id
    for signed in (True, False):
        connector = stage.connector(signed=signed)
        connector.check()
        connector.count()
        first = None
        for window in (*Window, Window.NEW):
            first = stage.poll(window, since=NOW, signed=signed)
        assert first
        stage.poll(Window.NEW, after=first, signed=signed)
        targets = [Target(kind=Kind.POST, id=each) for each in (post, "1", "2")]
        list(connector.lookup([*targets, Target(kind=Kind.PROFILE, id=sim.agency.id)]))
    sim.tokens = []
    assert requests.get(f"{sim.url}/api/v1/statuses/1", timeout=5).status_code == 404
    scene, http = put_up(board, mastodon_scene()), ListeningHttp()
    for case in scene.cases.values():
        assert scene.connect(http).remove(case.target, Removal.DELETE).done
    seen = {
        check_answer(each)
        for each in (*stage.http.responses, *http.responses)
        if not each.url.endswith("/instance")
    }
    assert seen == set(specification()["responses"])


@pytest.mark.parametrize("header", ["Bearer wrong", "Basic abc"])
def test_it_refuses_unknown_tokens(board: Switchboard, header: str) -> None:
    url = f"{Stage(board).sim.url}/api/v1/accounts/verify_credentials"
    answer = requests.get(url, headers={"Authorization": header}, timeout=5)
    assert (answer.status_code, answer.json()) == (401, {"error": "The access token is invalid"})


def test_rate_limits_count_down_and_name_the_time_they_end(board: Switchboard) -> None:
    sim = Stage(board).sim
    sim.manners.limits["api"] = 2
    url = f"{sim.url}/api/v1/accounts/lookup?acct=springfieldpd"
    answers = [requests.get(url, timeout=5) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert [a.headers["X-RateLimit-Remaining"] for a in answers] == ["1", "0", "0"]
    assert answers[-1].headers["X-RateLimit-Reset"] == "2026-11-24T12:05:00.000Z"
    sim.time.advance(minutes=5)
    assert requests.get(url, timeout=5).status_code == 200


def test_the_31st_deletion_in_half_an_hour_has_to_wait(board: Switchboard) -> None:
    sim = Stage(board).sim
    posts = [sim.publish(f"Notice {number}") for number in range(31)]
    bearer = {"Authorization": f"Bearer {sim.remover.value}"}
    url = f"{sim.url}/api/v1/statuses/"
    answers = [requests.delete(url + each, headers=bearer, timeout=5) for each in posts]
    assert [a.status_code for a in answers] == [200] * 30 + [429]
    assert list(sim.world.statuses) == posts[-1:]
