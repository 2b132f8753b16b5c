"""The simulated Graph keeps to the published shape of the real one.

Every answer is validated against the structural schemas shipped in tests/specs/facebook.
Meta's own definitions may not be shipped; where they are at hand, ARCHIVER_SPECS names the
folder that holds them (as meta/Page.json ...), and field names, types and parameters are
held against them. Without it, field names are held against the shipped schemas.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import timedelta
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from jsonschema import Draft202012Validator

from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.facebook_fields import Field, parse
from connectors.base import Kind, Target, Window
from connectors.facebook import fields, sources
from tests.support.plain_http import PlainHttp
from tests.unit.connectors.facebook.stage import START, connector

SHIPPED = Path(__file__).parents[3] / "specs" / "facebook" / "graph.schema.json"
SPECS = os.environ.get("ARCHIVER_SPECS", "")
META = {
    "page": "Page",
    "post": "PagePost",
    "comment": "Comment",
    "photo": "Photo",
    "video": "AdVideo",
}
ASKED = {
    "page": [fields.PROFILE, fields.PAGE_STATE],
    "post": [fields.POST, fields.POST_STATE],
    "comment": [fields.COMMENT, fields.COMMENT_STATE],
    "photo": [fields.PHOTO],
    "video": [fields.VIDEO],
}
META_TYPES = {
    "bool": "boolean",
    "string": "string",
    "datetime": "string",
    "unsigned int": "integer",
    "float": "number",
    "list": "array",
    "Object": "object",
}
GENERIC = {"fields", "limit", "after", "summary"}  # parameters of every edge


@cache
def shipped() -> Mapping[str, Mapping[str, Mapping[str, object]]]:
    loaded: Mapping[str, Mapping[str, Mapping[str, object]]] = json.loads(SHIPPED.read_text())[
        "$defs"
    ]
    return loaded


@cache
def definition(node: str) -> Mapping[str, list[Mapping[str, object]]]:
    path = Path(SPECS) / "meta" / f"{META[node]}.json"
    loaded: Mapping[str, list[Mapping[str, object]]] = json.loads(path.read_text())
    return loaded


def schema_names(node: str) -> set[str]:
    return set(json.loads(json.dumps(shipped()[node]["properties"])))


def known_names(node: str) -> set[str]:
    """Fields and readable edges of a node: Meta's definition, else the shipped schema."""
    if not SPECS:
        return schema_names(node)
    edges = {str(api.get("endpoint")) for api in definition(node)["apis"] if reads(api)}
    return {str(field["name"]) for field in definition(node)["fields"]} | edges


def reads(api: Mapping[str, object]) -> bool:
    return api["method"] == "GET"


def validate(name: str, answer: object) -> None:
    schema = {"$ref": f"#/$defs/{name}", "$defs": shipped()}
    errors = [
        f"{error.json_path}: {error.message}"
        for error in Draft202012Validator(schema).iter_errors(answer)
    ]
    assert errors == [], name


class Listening(PlainHttp):
    """Keeps every answer for validation."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: list[requests.Response] = []

    def session(self, *, rewrite: Mapping[str, str] | None = None) -> requests.Session:
        session = super().session(rewrite=rewrite)
        session.hooks["response"].append(lambda response, **_: self.answers.append(response))
        return session


def schema_of(response: requests.Response) -> str:
    """Which shipped schema an answer must satisfy, from what was asked."""
    address = urlsplit(response.url)
    parts = address.path.strip("/").split("/")[1:]
    asked = parse_qs(address.query).get("fields", [""])[0]
    if response.status_code >= 400:
        return "error"
    if parts == ["debug_token"]:
        return "token"
    if len(parts) == 2:
        return parts[1] if parts[1] in ("comments", "attachments") else "posts"
    for name, lists in ASKED.items():
        if asked in lists:
            return name
    raise AssertionError(f"an answer that no schema is known for: {response.url}")


def busy_page(facebook: FacebookSimulator) -> None:
    """A Page with everything the simulator can show."""
    page = facebook.page
    page.seed(60)
    post = page.publish("Open day", photos=[f"Stand {n}" for n in range(120)])
    film = page.publish("Parade", video=True)
    page.posts[film].files[0].in_post = False
    page.publish("Read", link="https://police.springfield.example/news")
    page.publish("Again", shares=post)
    page.hide(page.publish("Hidden"))
    page.react(post, reactions=3, shares=2)
    comment = page.comment(post, "Nice", photo=True)
    page.hide(page.comment(comment, "Rude"))
    page.comment(post, "To you", private=True)
    page.visit("Hello", photos=1)
    page.tag("Thanks")
    page.schedule("Soon", START + timedelta(days=2))


def test_every_answer_satisfies_the_shipped_schemas(facebook: FacebookSimulator) -> None:
    busy_page(facebook)
    http = Listening()
    made = connector(facebook, http, tagged="yes", scheduled="yes", posts_at_once="7")
    pages = list(made.poll(Window.FULL, cursor=None, since=None))
    targets = [Target(kind=item.kind, id=item.id) for page in pages[:3] for item in page.items]
    list(made.lookup([*targets, Target(kind=Kind.POST, id="742001_999999")]))
    made.check()
    made.count()
    kinds = set()
    for response in http.answers:
        kind = schema_of(response)
        kinds.add(kind)
        answer = response.json()
        for part in answer.values() if kind in ("photo", "video") else [answer]:
            validate(kind, part)
    assert kinds >= {"page", "post", "comment", "posts", "comments", "attachments", "photo"}
    assert kinds >= {"error", "token", "video"}


# What the connector asks for, against Meta's definitions (or the shipped names)


@pytest.mark.parametrize("node", sorted(META))
def test_every_field_asked_for_is_defined(node: str) -> None:
    asked = {field.name for text in ASKED[node] for field in parse(text)}
    assert asked <= known_names(node)


@pytest.mark.parametrize("node", sorted(META))
def test_every_field_of_the_schemas_is_defined(node: str) -> None:
    assert schema_names(node) <= known_names(node)


def test_attachment_fields_are_the_ones_of_the_schema() -> None:
    (whole,) = [field for field in parse(fields.POST) if field.name == "attachments"]
    assert below(whole) <= set(json.loads(json.dumps(shipped()["attachment"]["properties"])))


def below(field: Field) -> set[str]:
    return {each.name for each in field.below}


@pytest.mark.parametrize("node", sorted(META))
def test_types_agree_with_the_definitions(node: str) -> None:
    given = {str(f["name"]): str(f["type"]) for f in definition(node)["fields"]} if SPECS else {}
    for name, schema in shipped()[node]["properties"].items():
        kind = resolved(schema).get("type", "string")
        expected = META_TYPES.get(given.get(name, "").partition("<")[0])
        assert kind in ("string", "boolean", "integer", "number", "array", "object")
        assert expected in (None, kind), name


def resolved(schema: object) -> Mapping[str, object]:
    assert isinstance(schema, Mapping)
    reference = schema.get("$ref")
    return shipped()[str(reference).rpartition("/")[2]] if reference else schema


def test_parameters_of_the_edges_are_defined(facebook: FacebookSimulator) -> None:
    busy_page(facebook)
    made = connector(facebook, None, tagged="yes", scheduled="yes", posts_at_once="7")
    list(made.poll(Window.FULL, cursor=None, since=None))
    used: dict[str, set[str]] = {}
    for seen in facebook.seen:
        parts = seen.path.strip("/").split("/")
        if len(parts) == 3:
            used.setdefault(parts[2], set()).update(seen.query)
    expected = {source.edge for source in ALL_SOURCES} | {"comments", "attachments"}
    assert used.keys() == expected
    for edge, names in used.items():
        assert names <= GENERIC | parameters(edge), edge


ALL_SOURCES = (sources.PUBLISHED, sources.VISITORS, sources.TAGGED, sources.SCHEDULED)


def parameters(edge: str) -> set[str]:
    """The parameters that Meta defines for reading an edge; else the shipped list."""
    if not SPECS:
        listing = {"include_hidden", "show_expired"}
        return {"filter", "order"} if edge == "comments" else listing
    node = "post" if edge in ("comments", "attachments") else "page"
    found = [api for api in definition(node)["apis"] if reads(api) and api.get("endpoint") == edge]
    assert found, edge
    params = json.loads(json.dumps(found[0]["params"]))
    return {str(param["name"]) for param in params}
