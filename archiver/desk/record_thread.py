"""A record among what it answers and what answers it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from archiver.model.queries.record_page import Spoken
from connectors.base import Kind

Key = tuple[str, str]  # family and id of the platform: posts and comments are numbered apart
_ON_POSTS = ("post", "story", "media", "profile", "comment")
_ON_ANYTHING = ("comment", "post", "story", "message", "media")


@dataclass(frozen=True, slots=True)
class Answer:
    """A record below another; `depth` 1 answers it directly."""

    spoken: Spoken
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """`above` leads from the beginning down to the record; `below` are its answers, each under
    what it answers, oldest first. `more`: how many answers are not listed. `beside`: how many
    others are in the same thread. `missing`: the platform's id of what it answers, where that
    is not held; empty otherwise."""

    above: tuple[Spoken, ...]
    below: tuple[Answer, ...]
    more: int
    beside: int
    missing: str


def arranged(lines: Sequence[Spoken], record_id: int, *, most: int) -> Thread:
    """The thread around one of these lines, with at most so many answers below it."""
    known: dict[Key, Spoken] = {(each.family, each.platform_id): each for each in lines}
    own = next(each for each in lines if each.id == record_id)
    above = _above(own, known)
    answers = list(_below(own, lines, known))
    told = {own.id, *(each.id for each in above), *(each.spoken.id for each in answers)}
    top = above[0] if above else own
    return Thread(
        above=tuple(above),
        below=tuple(answers[:most]),
        more=max(0, len(answers) - most),
        beside=sum(each.id not in told for each in lines),
        missing=top.parent_id if top.parent_id and _parent(top, known) is None else "",
    )


def _parent(line: Spoken, known: Mapping[Key, Spoken]) -> Spoken | None:
    if not line.parent_id:
        return None
    families = _ON_POSTS if line.kind == Kind.COMMENT else _ON_ANYTHING
    for each in families:
        found = known.get((each, line.parent_id))
        if found is not None and found.id != line.id:
            return found
    return None


def _above(own: Spoken, known: Mapping[Key, Spoken]) -> list[Spoken]:
    chain: list[Spoken] = []
    passed = {own.id}
    here = _parent(own, known)
    while here is not None and here.id not in passed:  # two may claim to answer each other
        passed.add(here.id)
        chain.append(here)
        here = _parent(here, known)
    return chain[::-1]


def _below(own: Spoken, lines: Iterable[Spoken], known: Mapping[Key, Spoken]) -> Iterator[Answer]:
    answers: dict[int, list[Spoken]] = defaultdict(list)
    for each in lines:
        parent = _parent(each, known)
        if parent is not None:
            answers[parent.id].append(each)
    passed = {own.id}
    waiting = [Answer(each, 1) for each in reversed(answers[own.id])]
    while waiting:
        here = waiting.pop()
        if here.spoken.id in passed:
            continue
        passed.add(here.spoken.id)
        yield here
        waiting += [Answer(each, here.depth + 1) for each in reversed(answers[here.spoken.id])]
