"""What the simulated X answers has the form that X publishes, in both vocabularies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from jsonschema import Draft202012Validator

from archiver.demo.simulators.x_fields import VOCABULARIES
from connectors.base import Kind, Target, Window
from tests.support.x_stage import NOW, OAUTH1, Stage, Switchboard, switchboard

SPECS = Path(__file__).parents[2] / "specs" / "x"
ALL = (*OAUTH1, "bearer_token")


@pytest.fixture(scope="module")
def board() -> Iterator[Switchboard]:
    with switchboard() as running:
        yield running


@pytest.fixture(params=["classic", "new"])
def stage(request: pytest.FixtureRequest, board: Switchboard) -> Stage:
    return Stage(board, vocabulary=request.param)


@cache
def specification(vocabulary: str) -> Mapping[str, Any]:
    """The published schemas; a property that they do not name is not allowed."""
    spec: dict[str, Any] = json.loads((SPECS / f"{vocabulary}.json").read_text())
    extended = set(_extended(spec))
    for name, schema in spec["components"]["schemas"].items():
        if name not in extended:
            _close(schema)
    return spec


def _extended(schema: Any) -> Iterator[str]:
    """The schemas on which others build by allOf; these alone must stay open."""
    if isinstance(schema, list):
        for each in schema:
            yield from _extended(each)
    elif isinstance(schema, dict):
        for part in schema.get("allOf", ()):
            yield part.get("$ref", "").rpartition("/")[2]
        for each in schema.values():
            yield from _extended(each)


def _close(schema: Any) -> None:
    if isinstance(schema, list):
        for each in schema:
            _close(each)
    elif isinstance(schema, dict) and "allOf" not in schema:
        if schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)
        for each in schema.values():
            _close(each)


def check(spec: Mapping[str, Any], reference: str, value: object) -> None:
    schema = {"$ref": reference, "components": spec["components"]}
    Draft202012Validator(schema).validate(value)


def discriminated(spec: Mapping[str, Any], name: str, value: Mapping[str, Any]) -> None:
    """OpenAPI's discriminator, which JSON Schema does not know."""
    schemas = spec["components"]["schemas"]
    mapping = schemas[name].get("discriminator", {}).get("mapping", {})
    check(spec, mapping.get(value["type"], f"#/components/schemas/{name}"), value)


def check_answer(response: requests.Response, vocabulary: str) -> None:
    spec = specification(vocabulary)
    body = response.json()
    if response.status_code != 200:
        check(spec, "#/components/schemas/Problem", _as_problem(body, vocabulary))
        return
    parts = urlsplit(response.url).path.split("/")
    path = next(
        path
        for path in spec["responses"]
        if len(path.split("/")) == len(parts)
        and all(a.startswith("{") or a == b for a, b in zip(path.split("/"), parts, strict=True))
        and not (path == "/2/users/{id}" and parts[-1] == "me")
    )
    check(spec, spec["responses"][path], body)
    for medium in body.get("includes", {}).get("media", []):
        discriminated(spec, "Media", medium)
    for problem in body.get("errors", []):
        discriminated(spec, "Problem", problem)
    for name, _ in parse_qsl(urlsplit(response.url).query):
        assert name in spec["parameters"][path]


def _as_problem(body: Mapping[str, Any], vocabulary: str) -> Mapping[str, Any]:
    """The new document lists only the problems that come in `errors`; others are generic."""
    if vocabulary == "new" and not body["type"].endswith("invalid-request"):
        return {**body, "type": "https://api.x.com/2/problems/invalid-request"}
    return body


def populate(stage: Stage) -> dict[str, str]:
    """One of everything."""
    sim = stage.sim
    sim.seed(40, years=1)
    early = NOW - timedelta(minutes=50)
    ids = {
        "plain": sim.publish("Road closed.", at=early),
        "long": sim.publish("Long. " * 100 + "https://springfield.example/a", at=early),
        "photos": sim.publish("Two photos", media=[sim.photo("A bridge"), sim.photo()], at=early),
        "video": sim.publish("A video", media=[sim.video("Traffic")], at=early),
        "gif": sim.publish("A gif", media=[sim.gif()], at=early),
        "poll": sim.publish("Which day?", poll=["Monday", "Tuesday"], at=early),
    }
    ids["citizen"] = sim.publish(
        "@springfieldpd thank you", by="lisa", media=[sim.photo("Dog")], at=early
    )
    ids["comment"] = sim.comment(ids["plain"], "Which road?", by="bart")
    ids["answer"] = sim.publish("@bart Evergreen Terrace.", reply_to=ids["comment"])
    ids["repost"] = sim.repost(ids["citizen"])
    ids["quote"] = sim.publish("See this", quotes=ids["citizen"])
    ids["orphan"] = sim.publish("Quoting", quotes=sim.publish("gone soon", by="moe"))
    sim.delete(sim.world.chains[-2].newest.id)
    ids["edited"] = sim.edit(ids["plain"], "Road closed at 7th.")
    sim.withhold(ids["gif"], ["DE"])
    sim.agency.pinned = ids["plain"]
    sim.agency.withheld = ("FR",)
    return ids


def test_every_answer_to_the_connector_is_as_published(stage: Stage) -> None:
    ids = populate(stage)
    everything = [*ids.values(), "12345"]
    connector = stage.connector(using=ALL)
    connector.check()
    connector.count()
    for window in Window:
        stage.poll(window, since=NOW - timedelta(days=30), using=ALL)
    stage.sim.meter.limits["timeline"] = 10_000
    stage.sim.seed(3_200, years=1)
    stage.poll(Window.FULL, using=ALL, full_archive="yes")
    targets = [Target(kind=Kind.POST, id=each) for each in everything]
    list(connector.lookup([*targets, Target(kind=Kind.PROFILE, id=stage.sim.agency.id)]))

    for response in stage.http.responses:
        if response.status_code == 400:
            assert stage.vocabulary == "new"
            continue
        check_answer(response, stage.vocabulary)
    answered = {urlsplit(r.url).path for r in stage.http.responses if r.status_code == 200}
    assert answered >= {
        "/2/users/501",
        "/2/users/501/mentions",
        "/2/users/501/tweets",
        "/2/users/by/username/springfieldpd",
        "/2/users/me",
        "/2/tweets",
        "/2/tweets/search/all",
        "/2/tweets/search/recent",
    }


def test_problems_are_as_published(stage: Stage) -> None:
    populate(stage)
    sim = stage.sim
    spec = specification(stage.vocabulary)
    bearer = {"Authorization": f"Bearer {sim.credentials.bearer_token}"}
    burns = sim.who("burns")
    burns.protected = True
    secret = sim.publish("private", by="burns")
    for path in (f"/2/users/{burns.id}/tweets", f"/2/tweets?ids={secret},77"):
        body = requests.get(sim.url + path, headers=bearer, timeout=5).json()
        assert body["errors"]
        for problem in body["errors"]:
            discriminated(spec, "Problem", problem)
    sim.agency.suspended = True
    body = requests.get(f"{sim.url}/2/users/501", headers=bearer, timeout=5).json()
    assert body["errors"][0]["detail"] == "User has been suspended: [501]."


@pytest.mark.parametrize("vocabulary", ["classic", "new"])
def test_it_takes_exactly_the_fields_that_are_published(vocabulary: str) -> None:
    published = specification(vocabulary)["parameters"]
    taken = VOCABULARIES[vocabulary].parameters
    for name in ("media.fields", "poll.fields", "place.fields", "user.fields"):
        assert taken[name] == set(published["/2/tweets"].get(name) or ()), name
    posts = VOCABULARIES[vocabulary].post_fields
    assert taken[posts] == set(published["/2/tweets"][posts])
    both = {*published["/2/tweets"]["expansions"], *published["/2/users/me"]["expansions"]}
    assert taken["expansions"] == both


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer wrong",
        'OAuth oauth_consumer_key="simulated-consumer-key", '
        'oauth_token="501-simulated-access-token", oauth_signature="AAAA"',
    ],
)
def test_it_asks_for_credentials(board: Switchboard, header: str) -> None:
    sim = Stage(board).sim
    answer = requests.get(f"{sim.url}/2/users/501", headers={"Authorization": header}, timeout=5)
    assert answer.status_code == 401
    check_answer(answer, "classic")


def test_rate_limits_count_down_and_end_with_429(board: Switchboard) -> None:
    sim = Stage(board).sim
    sim.meter.limits["user"] = 2
    bearer = {"Authorization": f"Bearer {sim.credentials.bearer_token}"}
    answers = [requests.get(f"{sim.url}/2/users/501", headers=bearer, timeout=5) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert [a.headers["x-rate-limit-remaining"] for a in answers] == ["1", "0", "0"]
    check_answer(answers[-1], "classic")
    sim.time.advance(minutes=15)
    again = requests.get(f"{sim.url}/2/users/501", headers=bearer, timeout=5)
    assert again.status_code == 200


def test_an_edit_makes_a_new_id_and_deleting_one_version_deletes_all(board: Switchboard) -> None:
    sim = Stage(board).sim
    first = sim.publish("Evergren")
    sim.time.advance(minutes=3)
    second = sim.edit(first, "Evergreen")
    assert int(second) > int(first)
    sim.delete(first)
    bearer = {"Authorization": f"Bearer {sim.credentials.bearer_token}"}
    url = f"{sim.url}/2/tweets?ids={first},{second}"
    body = requests.get(url, headers=bearer, timeout=5).json()
    assert "data" not in body
    assert {problem["resource_id"] for problem in body["errors"]} == {first, second}


def test_edits_end_after_an_hour_and_after_five(board: Switchboard) -> None:
    sim = Stage(board).sim
    post = sim.publish("0")
    for number in range(5):
        sim.edit(post, str(number + 1))
    with pytest.raises(ValueError, match="used up"):
        sim.edit(post, "6")
    late = sim.publish("late")
    sim.time.advance(hours=2)
    with pytest.raises(ValueError, match="used up"):
        sim.edit(late, "too late")


def test_media_are_real_files_in_more_than_one_size(board: Switchboard) -> None:
    sim = Stage(board).sim
    small = requests.get(f"{sim.url}/media/1.png", timeout=5)
    large = requests.get(f"{sim.url}/media/1.png?name=orig", timeout=5)
    clip = requests.get(f"{sim.url}/video/1/256000.mp4", timeout=5)
    assert small.content.startswith(b"\x89PNG")
    assert small.content[16:24] == b"\0\0\0\x10\0\0\0\x10"
    assert large.content[16:24] == b"\0\0\0\x40\0\0\0\x40"
    assert clip.content[4:8] == b"ftyp"
    assert requests.get(f"{sim.url}/media/x.png", timeout=5).status_code == 404
