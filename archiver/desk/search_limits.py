"""What a question becomes for the person who asks it, and when it is narrowed by a click."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from archiver.desk.access import Permission, Viewer
from archiver.desk.query_language import parse
from archiver.model.search_query import And, Departments, Field, Name, Node, Not, Or

_TOLD_BY: dict[tuple[Name, str], Permission] = {
    (Name.HOLD, ""): Permission.HOLDS,
    (Name.IS, "held"): Permission.HOLDS,
    (Name.REQUEST, ""): Permission.REQUESTS,
    (Name.SERIES, ""): Permission.RETENTION,
}


def limited(query: Node, viewer: Viewer | None) -> Node:
    """The question as this person may ask it: of their departments only, and of nothing that
    would tell of holds, requests or retention to who may not look at those.

    Raises: RefusedError.
    """
    if viewer is None:
        return query
    for each in _fields(query):
        needed = _TOLD_BY.get((each.name, "")) or _TOLD_BY.get((each.name, each.value.lower()))
        if needed is not None:
            viewer.require(needed)
    if not viewer.departments:
        return query
    only = Departments(viewer.departments)
    parts = query.parts if isinstance(query, And) else (query,)
    return And((*parts, only))


def narrowed(query_text: str, narrow: Iterable[str]) -> str:
    """The question with what it was narrowed by (`Value.narrow`) as one question.

    Raises: UsageError when the question by itself cannot be read.
    """
    more = " ".join(narrow)
    if not more:
        return query_text
    own = f"({query_text})" if isinstance(parse(query_text), Or) else query_text
    return f"{own} {more}".strip()


def _fields(node: Node) -> Iterator[Field]:
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from _fields(part)
    elif isinstance(node, Not):
        yield from _fields(node.part)
    elif isinstance(node, Field):
        yield node
