"""The simulated Pinboard answers in the documented structure."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import requests

from tests.support.x_stage import Switchboard
from tests.unit.connectors.pinboard_stage import ROADS, PinboardStage

SCHEMA = json.loads(
    (Path(__file__).parents[2] / "specs/pinboard/pinboard.schema.json").read_text("utf-8")
)


@pytest.fixture
def stage(board: Switchboard) -> PinboardStage:
    return PinboardStage(board)


def ask(stage: PinboardStage, method: str, **params: str) -> requests.Response:
    query = {"auth_token": stage.sim.token, "format": "json", **params}
    return requests.get(f"{stage.sim.url}/v1/{method}", params=query, timeout=5)


@pytest.mark.parametrize("filled", [True, False])
@pytest.mark.parametrize(
    "method", ["posts/update", "posts/all", "posts/get", "posts/dates", "tags/get", "posts/delete"]
)
def test_every_answer_keeps_to_the_schema(stage: PinboardStage, method: str, filled: bool) -> None:
    if filled:
        stage.sim.add(ROADS, "Roads", tags=["a"])
    body = ask(stage, method, url=ROADS).json()
    schema = {**SCHEMA, "$ref": f"#/$defs/{method.replace('/', '~1')}"}
    jsonschema.Draft202012Validator(schema).validate(body)


def test_the_schema_refuses_what_is_not_documented() -> None:
    schema = {**SCHEMA, "$ref": "#/$defs/posts~1all"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate([{"href": "x"}])


def test_the_list_is_given_once_in_five_minutes(stage: PinboardStage) -> None:
    assert [ask(stage, "posts/all").status_code for _ in range(2)] == [200, 429]
    stage.sim.time.advance(minutes=5)
    assert ask(stage, "posts/all").status_code == 200


def test_a_former_token_is_refused(stage: PinboardStage) -> None:
    former = stage.sim.token
    stage.sim.new_token("0123456789ABCDEF")
    assert ask(stage, "posts/update", auth_token=former).status_code == 401
