"""Own JSON and ActivityStreams: validated with jsonschema, opened with the json module."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from pyld import jsonld  # type: ignore[import-untyped]
from pyld.documentloader.frozen import FrozenDocumentLoader  # type: ignore[import-untyped]

from archiver.export.base import Production, Released
from archiver.export.item_json import item_json
from archiver.export.native import JsonExporter, schema
from tests.support import staged_scene
from tests.support.staged import CANARY, PRIVATE, crowd, released, staged

VALID = Draft202012Validator(json.loads(schema()), format_checker=FormatChecker())


def _write(production: Production, folder: Path) -> Path:
    folder.mkdir()
    told: list[int] = []
    JsonExporter().write(production, folder, told.append)
    assert told == list(range(1, production.released + 1))
    return folder


def _items(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "items.jsonl").read_bytes().split(b"\n")
    assert lines.pop() == b""
    return [json.loads(line) for line in lines]


def _stream(folder: Path) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((folder / "activitystreams.jsonld").read_bytes())
    return made


def test_every_item_is_as_the_schema_in_the_package_says(tmp_path: Path) -> None:
    folder = _write(staged(tmp_path / "staging"), tmp_path / "json")
    copied = json.loads((folder / "item.schema.json").read_bytes())
    Draft202012Validator.check_schema(copied)
    validator = Draft202012Validator(copied, format_checker=FormatChecker())
    items = _items(folder)
    assert len(items) > 30
    for item in items:
        validator.validate(item)


@pytest.mark.parametrize(
    ("member", "wrong"),
    [("bates", ""), ("published", "yesterday"), ("text", None), ("digest", "short"),
     ("version", 0), ("files", [{}]), ("more", 1)],
)  # fmt: skip
def test_the_schema_refuses_what_is_wrong(member: str, wrong: object) -> None:
    item = item_json(released(1))
    VALID.validate(item)
    with pytest.raises(ValidationError):
        VALID.validate(item | {member: wrong})


def test_the_schema_refuses_a_redacted_item_with_its_native_form() -> None:
    item = item_json(released(1, cuts=(PRIVATE,)))
    VALID.validate(item)
    for member in ("native", "canonical"):
        with pytest.raises(ValidationError):
            VALID.validate(item | {member: "{}"})


def test_nothing_of_an_item_is_left_out(tmp_path: Path) -> None:
    """Every field of the seam changes the line; the proof alone lies in a folder of its own."""
    folder = tmp_path / "staging"
    production = staged(folder)
    item = next(each for each in production.items() if each.files and not each.cuts)
    told = json.dumps(item_json(item))
    others: dict[str, Any] = {"str": "other", "int": 99, "bool": False}
    for field in fields(Released):
        if field.name in ("place", "unproved") or field.type not in others:
            continue
        facts = {each.name: getattr(item, each.name) for each in fields(Released)}
        changed = Released(**{**facts, field.name: others[str(field.type)]})
        assert json.dumps(item_json(changed)) != told, field.name


@pytest.mark.parametrize(
    "text", [staged_scene.HOSTILE, staged_scene.EMOJI, "\r\n\t\x00\x14\xfe\u2028\ufffe"]
)
def test_text_is_exact_to_the_character(tmp_path: Path, text: str) -> None:
    production = staged(tmp_path / "staging", items=[released(1, text=text, title=text)])
    folder = _write(production, tmp_path / "json")
    (item,) = _items(folder)
    assert (item["text"], item["title"]) == (text, text)
    assert _stream(folder)["orderedItems"][0]["content"] == text


def test_the_digest_is_that_of_the_canonical_form(tmp_path: Path) -> None:
    folder = _write(staged(tmp_path / "staging"), tmp_path / "json")
    whole = [item for item in _items(folder) if not item["redactions"]]
    assert whole
    for item in whole:
        assert hashlib.sha256(item["canonical"].encode()).hexdigest() == item["digest"]


def test_the_activity_stream_is_a_collection_with_all_items_in_order(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging")
    stream = _stream(_write(production, tmp_path / "json"))
    assert stream["@context"][0] == "https://www.w3.org/ns/activitystreams"
    assert stream["type"] == "OrderedCollection"
    assert stream["totalItems"] == len(stream["orderedItems"]) == production.released
    items = list(production.items())
    assert [each["archiver:bates"] for each in stream["orderedItems"]] == [
        item.bates for item in items
    ]
    assert {each["type"] for each in stream["orderedItems"]} == {"Note", "Article"}
    assert len({each["id"] for each in stream["orderedItems"]}) == len(items)
    assert all(each["id"].startswith("urn:uuid:") for each in stream["orderedItems"])
    assert all(each["mediaType"] == "text/plain" for each in stream["orderedItems"])


def test_a_json_ld_processor_understands_every_member(tmp_path: Path) -> None:
    """PyLD drops what the context does not define, so no member may be missing afterwards."""
    stream = _stream(_write(staged(tmp_path / "staging"), tmp_path / "json"))
    options = {"documentLoader": FrozenDocumentLoader(), "base": "file:///data/json/a.jsonld"}
    (expanded,) = jsonld.expand(stream, options)
    vocabulary = "https://www.w3.org/ns/activitystreams#"
    assert expanded["@type"] == [f"{vocabulary}OrderedCollection"]
    (listed,) = expanded[f"{vocabulary}items"]
    for read, item in zip(listed["@list"], stream["orderedItems"], strict=True):
        assert read["@id"] == item["id"]
        assert read["@type"] == [vocabulary + item["type"]]
        assert len(read) == len(item)
        assert read[f"{vocabulary}content"] == [{"@value": item["content"]}]
        for whole, told in zip(
            read.get(f"{vocabulary}attachment", ()), item.get("attachment", ()), strict=True
        ):
            assert len(whole) == len(told)


def test_an_answer_refers_to_what_it_answers(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging")
    stream = _stream(_write(production, tmp_path / "json"))["orderedItems"]
    by_platform = {each["archiver:platformId"]: each for each in stream}
    assert by_platform["r1"]["inReplyTo"] == by_platform["c1"]["id"]
    assert by_platform["c1"]["inReplyTo"] == by_platform["t1"]["id"]
    assert by_platform["c1"]["context"] == by_platform["t1"]["context"]
    assert "inReplyTo" not in by_platform["t1"]
    assert by_platform["f1"]["archiver:visibility"] == "hidden"
    lost = staged(tmp_path / "other", items=[released(1, parent_id="far", thread_id="")])
    (only,) = _stream(_write(lost, tmp_path / "lost"))["orderedItems"]
    assert "context" not in only
    assert only["inReplyTo"] == {"type": "Note", "archiver:platformId": "far"}


def test_attachments_have_a_type_an_address_and_a_digest(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging")
    stream = _stream(_write(production, tmp_path / "json"))["orderedItems"]
    attached = [each for item in stream for each in item.get("attachment", ())]
    assert {each["type"] for each in attached} == {"Image", "Video"}
    for each in attached:
        if "url" in each:
            file = production.staging / "files" / each["url"]["href"].removeprefix("../media/")
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            assert digest == each["archiver:sha256"]
        else:
            assert each["archiver:whyMissing"]


def test_only_web_addresses_become_addresses(tmp_path: Path) -> None:
    stream = _stream(_write(staged(tmp_path / "staging"), tmp_path / "json"))
    for each in stream["orderedItems"]:
        assert each.get("url", "https://").startswith("https://")


def test_an_empty_production_is_valid_too(tmp_path: Path) -> None:
    stream = _stream(_write(staged(tmp_path / "staging", items=[]), tmp_path / "json"))
    assert stream["orderedItems"] == []


def test_the_same_staging_gives_the_same_bytes_and_no_canary(tmp_path: Path) -> None:
    production = crowd(tmp_path / "staging", items=40)
    first, second = (_write(production, tmp_path / name) for name in ("one", "two"))
    for path in first.iterdir():
        content = path.read_bytes()
        assert content == (second / path.name).read_bytes()
        assert CANARY.encode() not in content
