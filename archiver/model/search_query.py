"""A question to the archive as a tree: what the query language is read into, and SQL made from.

The leaves are plain values; `column` says where in the question a leaf stands (1 is the first
character), so that an answer such as "there is no such account" can point at it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from archiver.model.search_words import MarkKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A word in all its forms; `exact`: these words, in this order, as they are written.
    `prefix`: the last of them is a beginning."""

    text: str
    exact: bool = False
    prefix: bool = False
    column: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A hashtag, handle, web address or emoji; of an address also everything below it."""

    kind: MarkKind
    text: str
    prefix: bool = False
    column: int = 1


class Which(StrEnum):
    """Which date of a version is meant."""

    PUBLISHED = "published"
    CAPTURED = "captured"
    EDITED = "edited"
    VANISHED = "vanished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """From the first day to the last, both included, agency-local; None: open."""

    which: Which
    first: date | None
    last: date | None
    column: int = 1


class Name(StrEnum):
    """What a field asks for."""

    FROM = "from"
    ACCOUNT = "account"
    PLATFORM = "platform"
    DEPARTMENT = "department"
    KIND = "kind"
    HAS = "has"
    IS = "is"
    SERIES = "series"
    HOLD = "hold"
    REQUEST = "request"
    TAG = "tag"
    LANGUAGE = "lang"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """`account:spd-x` and its like. `prefix`: the value is a beginning."""

    name: Name
    value: str
    prefix: bool = False
    column: int = 1


@dataclass(frozen=True, slots=True)
class Departments:
    """Only of accounts of these departments: not asked for, but all that the asker may see."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class And:
    """All of these."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of these."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not this."""

    part: Node


Node = Words | Mark | Dates | Field | Departments | And | Or | Not
EVERYTHING = And(())
