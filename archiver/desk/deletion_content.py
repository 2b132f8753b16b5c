"""Is what the platform shows right before a deletion what was archived?

Compared is the content: title, text and media by key, and of the rest (links, attachments,
terms) whatever the platform gave this time, since credentials for removals may be shown less
than those that read. Not compared is what only says where a thing hangs and who may see it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from archiver.capture.normalise import canonical, digest_of
from archiver.model.queries.removal_copies import Copy
from connectors.base import Item
from connectors.removals import Compare

_ALWAYS = ("title", "text", "markup")
_SHOWN = 12  # characters of a digest, enough to tell two apart


def comparison(archived: Copy, scrub: Callable[[str], str]) -> Compare:
    """Compares an item with this version. `scrub` masks credentials that the platform echoes,
    as they are masked in the version."""

    def compare(item: Item) -> str:
        shown = json.loads(scrub(canonical(item)))
        held = json.loads(archived.canonical)
        names = frozenset(shown["extra"])
        mine, theirs = _content(held, names), _content(shown, names)
        if mine == theirs:
            return ""
        different = ", ".join(name for name in theirs if mine[name] != theirs[name])
        return (
            f"it shows another {different} than version {archived.number}, the newest that is "
            f"archived (content {_digest(theirs)}, archived {_digest(mine)}); nothing was sent"
        )

    return compare


def _content(form: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    content = {name: form[name] for name in _ALWAYS}
    content["media"] = [[each["key"], each["token"]] for each in form["media"]]
    content |= {name: form["extra"].get(name) for name in sorted(names - content.keys())}
    return content


def _digest(content: Mapping[str, Any]) -> str:
    return digest_of(json.dumps(content, sort_keys=True))[:_SHOWN]
