"""Checks JSON against the AT Protocol's lexicons; what they do not name is a fault."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "specs" / "atproto" / "lexicons.json"
_FORMATS = {
    "did": r"did:[a-z]+:[A-Za-z0-9._:%-]+",
    "handle": r"([a-z0-9-]+\.)+[a-z][a-z0-9-]*",
    "at-uri": r"at://did:[a-z]+:[a-z0-9]+/[A-Za-z.]+/[A-Za-z0-9._:~-]+",
    "cid": r"b[a-z2-7]{58}",
    "datetime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
    "tid": r"[234567abcdefghij][234567a-z]{12}",
    "uri": r"[a-z]+:\S+",
    "language": r"[a-z]{2,3}(-[A-Za-z0-9]+)*",
}
_PLAIN = {"string": str, "integer": int, "boolean": bool}


@cache
def lexicons() -> Mapping[str, Any]:
    """The lexicons by their names."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def check_output(method: str, body: object) -> None:
    """Is this what a method answers?"""
    schema = lexicons()[method]["defs"]["main"]["output"]["schema"]
    _check(schema, body, method, method)


def check_record(record: Mapping[str, Any]) -> None:
    """Is this a record of the type that it names?"""
    name = record["$type"]
    _check(lexicons()[name]["defs"]["main"]["record"], record, name, name)


def parameters(method: str) -> Mapping[str, Any]:
    """The parameters that a method takes."""
    found: Mapping[str, Any] = lexicons()[method]["defs"]["main"]["parameters"]["properties"]
    return found


def _check(schema: Mapping[str, Any], value: Any, home: str, where: str) -> None:
    kind = schema["type"]
    if kind in _PLAIN:
        assert isinstance(value, _PLAIN[kind]), f"{where} is {value!r}, not a {kind}"
    if kind == "string":
        _check_string(schema, value, where)
    elif kind == "object":
        _check_object(schema, value, home, where)
    elif kind == "record":
        _check(schema["record"], value, home, where)
    elif kind == "array":
        assert isinstance(value, list), where
        assert len(value) <= schema.get("maxLength", len(value)), f"{where} is too long"
        for number, each in enumerate(value):
            _check(schema["items"], each, home, f"{where}[{number}]")
    elif kind == "ref":
        _follow(schema["ref"], value, home, where)
    elif kind == "union":
        named = value["$type"]
        full = [_full(ref, home) for ref in schema["refs"]]
        assert named in full, f"{where} is a {named}, not one of {full}"
        _follow(named, value, home, where)
    elif kind == "blob":
        assert set(value) == {"$type", "ref", "mimeType", "size"}, where
        assert re.fullmatch(_FORMATS["cid"], value["ref"]["$link"]), where
    elif kind == "unknown" and isinstance(value, dict) and value.get("$type") in lexicons():
        check_record(value)


def _check_string(schema: Mapping[str, Any], value: str, where: str) -> None:
    pattern = _FORMATS.get(schema.get("format", ""))
    assert pattern is None or re.fullmatch(pattern, value), f"{where} is {value!r}"
    assert len(value.encode()) <= schema.get("maxLength", len(value.encode())), where


def _check_object(schema: Mapping[str, Any], value: Any, home: str, where: str) -> None:
    assert isinstance(value, dict), f"{where} is no object"
    missing = set(schema.get("required", ())) - set(value)
    assert not missing, f"{where} lacks {missing}"
    properties = schema.get("properties", {})
    unnamed = set(value) - set(properties) - {"$type"}
    assert not unnamed, f"{where} has {unnamed}, which no lexicon names"
    for name in value.keys() & properties.keys():
        _check(properties[name], value[name], home, f"{where}.{name}")


def _follow(ref: str, value: Any, home: str, where: str) -> None:
    lexicon, _, name = _full(ref, home).partition("#")
    _check(lexicons()[lexicon]["defs"][name or "main"], value, lexicon, where)


def _full(ref: str, home: str) -> str:
    return f"{home}{ref}" if ref.startswith("#") else ref
