"""X's pages keep beside the posts what they refer to: quoted posts, files, authors. What only
posts refer to that go must go with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any

from archiver.warc.cutting import Found

_BESIDE = {"tweets": "id", "posts": "id", "media": "media_key", "users": "id", "polls": "id",
           "places": "id"}  # fmt: skip


def orphans(
    page: Mapping[str, Any], doomed: Callable[[Found], bool], staying: Set[str]
) -> Iterator[str]:
    """JSON pointers of what is beside the posts and has lost all who referred to it. What
    nobody referred to before, and records that stay (their ids are given), are left."""
    beside = page.get("includes")
    if not isinstance(beside, dict):
        return
    lists = {name: beside[name] for name in _BESIDE if isinstance(beside.get(name), list)}
    data = page.get("data")
    posts = data if isinstance(data, list) else [data]
    by_id = {
        str(each.get(_BESIDE[name], "")): each
        for name, listed in lists.items()
        for each in listed
        if isinstance(each, dict)
    }
    kept: list[dict[str, Any]] = []
    gone: list[dict[str, Any]] = []
    for each in posts:
        if isinstance(each, dict):
            (gone if doomed(_as_found(each)) else kept).append(each)
    lost = _reached(gone, by_id) - _reached(kept, by_id)
    for name, listed in lists.items():
        for index, each in enumerate(listed):
            key = str(each.get(_BESIDE[name], "")) if isinstance(each, dict) else ""
            if key in lost and key not in staying:
                yield f"/includes/{name}/{index}"


def _as_found(post: Mapping[str, Any]) -> Found:
    ids = {str(post[name]) for name in ("id", "id_str") if post.get(name)}
    return Found(pointer="/data", ids=frozenset(ids), fields=post)


def _reached(posts: Sequence[Mapping[str, Any]], by_id: Mapping[str, Any]) -> set[str]:
    """The ids of all that these posts refer to, and what that refers to in turn."""
    found: set[str] = set()
    waiting: list[object] = list(posts)
    while waiting:
        for value in _values(waiting.pop()):
            if value in by_id and value not in found:
                found.add(value)
                waiting.append(by_id[value])
    return found


def _values(thing: object) -> Iterator[str]:
    """Every text and number in it, to whatever depth."""
    stack = [thing]
    while stack:
        each = stack.pop()
        if isinstance(each, dict):
            stack.extend(each.values())
        elif isinstance(each, list):
            stack.extend(each)
        elif isinstance(each, str | int) and not isinstance(each, bool):
            yield str(each)
