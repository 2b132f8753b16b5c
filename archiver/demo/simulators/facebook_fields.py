"""Field expansion as the Graph API knows it: `id,from{name},comments.limit(0).summary(true)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_TOKEN = re.compile(r"([A-Za-z_]+)|(\.([a-z_]+)\(([^()]*)\))|([{},])")


@dataclass(frozen=True, slots=True)
class Field:
    """One field that is asked for, with its modifiers and the fields below it."""

    name: str
    args: Mapping[str, str]
    below: tuple[Field, ...]


Edge = Callable[[Field], object]
"""Builds what hangs below a field, from the modifiers and subfields that were asked for."""

Node = Mapping[str, object]
"""All fields that a node type has; None where this node has no value."""


class NoSuchFieldError(Exception):
    """A field was asked for that the node type does not have."""


class BadSyntaxError(Exception):
    """The list of fields cannot be parsed."""


def parse(text: str) -> tuple[Field, ...]:
    """The fields asked for. Raises: BadSyntaxError."""
    tokens = [match.groups() for match in _TOKEN.finditer(text)]
    if "".join(name or modifier or sign for name, modifier, _, _, sign in tokens) != text:
        raise BadSyntaxError(text)
    found, rest = _fields(tokens)
    if rest:
        raise BadSyntaxError(text)
    return found


_Token = tuple[str | None, ...]


def _fields(tokens: list[_Token]) -> tuple[tuple[Field, ...], list[_Token]]:
    found: list[Field] = []
    while tokens and tokens[0][0]:
        name, tokens = str(tokens[0][0]), tokens[1:]
        args: dict[str, str] = {}
        while tokens and tokens[0][1]:
            args[str(tokens[0][2])] = str(tokens[0][3])
            tokens = tokens[1:]
        below: tuple[Field, ...] = ()
        if tokens and tokens[0][4] == "{":
            below, tokens = _fields(tokens[1:])
            if not tokens or tokens[0][4] != "}":
                raise BadSyntaxError("a brace is not closed")
            tokens = tokens[1:]
        found.append(Field(name, args, below))
        if not tokens or tokens[0][4] != ",":
            break
        tokens = tokens[1:]
        if not tokens or not tokens[0][0]:
            raise BadSyntaxError("a comma is followed by no field")
    return tuple(found), tokens


def project(node: Node, fields: tuple[Field, ...]) -> dict[str, object]:
    """The part of a node that was asked for; absent values are left out, as Facebook does.

    Raises: NoSuchFieldError.
    """
    answer: dict[str, object] = {}
    for field in fields:
        if field.name not in node:
            raise NoSuchFieldError(field.name)
        value = node[field.name]
        if callable(value):
            value = value(field)
        elif field.below and isinstance(value, Mapping):
            value = project(value, field.below)
        if value is not None:
            answer[field.name] = value
    if node.get("id") is not None:
        answer.setdefault("id", node["id"])  # the id always comes along
    return answer
