"""Cuts single things out of a stored page, so that the others on it can stay.

JSON loses whole objects with one comma, a feed whole items or entries; every other byte stays
as the platform sent it. Pages of any other form, or that cannot be read without doubt, are
not cut: who asks must then drop them whole.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, AnyStr, NamedTuple

from archiver.errors import EvidenceError
from archiver.warc import framing
from archiver.warc.feed_entries import FeedEntry, entries
from archiver.warc.reader import StoredRecord

Span = tuple[int, int]

_IDS = ("id", "id_str", "media_key", "guid", "url")
# X: each edit of a post has an id of its own.
_FORMER_IDS = ("edit_history_tweet_ids", "edit_history_post_ids")
_MAX_DEPTH = 200
_WHITE = " \t\r\n"
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A thing on a page.

    `pointer` is its JSON pointer (RFC 6901), or its path in a feed like "/rss/channel/item[3]".
    `fields` are an object's own, or the text of an entry's children by local name.
    """

    pointer: str
    ids: frozenset[str]
    fields: Mapping[str, Any]


Doomed = Callable[[Found], bool]


def with_ids(ids: Set[str]) -> Doomed:
    """Tells the things that go by one of these ids, wherever they stand.

    Not for pages on which the ids of different kinds can be equal, as WordPress's numbers.
    """
    return lambda found: not ids.isdisjoint(found.ids)


def at_pointers(pointers: Set[str]) -> Doomed:
    """Tells the things that stand at these places."""
    return lambda found: found.pointer in pointers


def cut_items(record: StoredRecord, doomed: Doomed) -> bytes | None:
    """The decoded body without the doomed things; None when it cannot be cut, or when the
    page as a whole is doomed.

    Raises: EvidenceError when the body cannot be decoded, or holds nothing that is doomed:
        what should go is then on it in another form, and must not stay by mistake.
    """
    body = record.content
    if body.removeprefix(_BOM).lstrip()[:1] in (b"{", b"["):
        return _cut_json(body, doomed, record.record_id)
    charset = framing.field(record.http_head, "Content-Type").lower().partition("charset=")[2]
    found = entries(body, charset.split(";", 1)[0].strip(" \"'"))
    if found is None:
        return None
    gone = [each for each in found if doomed(_as_found(each))]
    if any(each.is_root for each in gone):
        return None
    return _without(body, [(each.start, each.end) for each in gone], record.record_id)


def says(body: bytes, words: Collection[str]) -> bool:
    """Is one of these texts on a decoded page, however JSON or XML write it?"""
    try:
        texts = list(_strings(json.loads(body)))
    except (ValueError, RecursionError):
        texts = [body.decode("utf-8", "replace")]
    texts += [html.unescape(each) for each in texts]
    wanted = [" ".join(each.split()) for each in words]
    return any(one and one in " ".join(each.split()) for each in texts for one in wanted)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each)


def _as_found(entry: FeedEntry) -> Found:
    ids = (entry.fields.get(name, "") for name in ("guid", "id", "link", "about"))
    return Found(
        pointer=entry.path, ids=frozenset(each for each in ids if each), fields=entry.fields
    )


def _cut_json(body: bytes, doomed: Doomed, record_id: str) -> bytes | None:
    page = _JsonPage(doomed)
    start = _BOM if body.startswith(_BOM) else b""
    try:
        text = body[len(start) :].decode("utf-8")
        json.loads(text)
        page.read(text)
    except (ValueError, RecursionError):
        return None
    if page.is_doomed:
        return None
    return start + _without(text, page.spans, record_id).encode("utf-8")


def _without(whole: AnyStr, spans: Sequence[Span], record_id: str) -> AnyStr:
    """What is left; spans may lie within each other."""
    if not spans:
        raise EvidenceError(
            f"nothing that is to be cut out was found in the record {record_id}; "
            "drop it whole, or name what is to go as it stands there"
        )
    kept = []
    at = 0
    for start, end in sorted(spans):
        kept.append(whole[at : max(at, start)])
        at = max(at, end)
    kept.append(whole[at:])
    return whole[:0].join(kept)


class _Child(NamedTuple):
    """An element of an array, or a member of an object from its name on."""

    start: int
    end: int
    doomed: bool


class _JsonPage:
    """Finds the spans of the doomed objects in a text that is known to be JSON."""

    def __init__(self, doomed: Doomed) -> None:
        self._doomed = doomed
        self._text = ""
        self._plain = json.JSONDecoder().raw_decode
        self.spans: list[Span] = []
        self.is_doomed = False

    def read(self, text: str) -> None:
        """Go through all of it.

        Raises: RecursionError when it is nested deeper than any platform does.
        """
        self._text = text
        _, _, self.is_doomed = self._value(self._white(0), "", 0)

    def _white(self, at: int) -> int:
        while self._text[at] in _WHITE:
            at += 1
        return at

    def _value(self, at: int, pointer: str, depth: int) -> tuple[Any, int, bool]:
        """The value at this place, where it ends, and whether it must go."""
        if depth > _MAX_DEPTH:
            raise RecursionError
        first = self._text[at]
        if first == "[":
            found, end = self._array(at + 1, pointer, depth)
            return found, end, False
        if first == "{":
            fields, end = self._object(at + 1, pointer, depth)
            thing = Found(pointer=pointer, ids=_ids(fields), fields=fields)
            return fields, end, self._doomed(thing)
        value, end = self._plain(self._text, at)
        return value, end, False

    def _array(self, at: int, pointer: str, depth: int) -> tuple[list[Any], int]:
        values: list[Any] = []
        children: list[_Child] = []
        at = self._white(at)
        while self._text[at] != "]":
            value, end, doomed = self._value(at, f"{pointer}/{len(values)}", depth + 1)
            values.append(value)
            children.append(_Child(at, end, doomed))
            at = self._next(end)
        self.spans += _spans(children)
        return values, at + 1

    def _object(self, at: int, pointer: str, depth: int) -> tuple[dict[str, Any], int]:
        fields: dict[str, Any] = {}
        children: list[_Child] = []
        at = self._white(at)
        while self._text[at] != "}":
            name, end = self._plain(self._text, at)
            colon = self._white(end)
            place = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
            value, end, doomed = self._value(self._white(colon + 1), place, depth + 1)
            fields[name] = value
            children.append(_Child(at, end, doomed))
            at = self._next(end)
        self.spans += _spans(children)
        return fields, at + 1

    def _next(self, end: int) -> int:
        """Where the next child begins, or the container ends."""
        at = self._white(end)
        return self._white(at + 1) if self._text[at] == "," else at


def _ids(fields: Mapping[str, Any]) -> frozenset[str]:
    values = [fields.get(name) for name in _IDS]
    for name in _FORMER_IDS:
        former = fields.get(name)
        values += former if isinstance(former, list) else []
    return frozenset(
        str(value).strip()
        for value in values
        if isinstance(value, str | int | float) and not isinstance(value, bool)
    )


def _spans(children: Sequence[_Child]) -> Iterator[Span]:
    """The doomed children, each with the comma that goes with it."""
    if all(child.doomed for child in children):
        if children:
            yield children[0].start, children[-1].end
        return
    kept_before = not children[0].doomed
    for child, following in pairwise(children):
        if kept_before and following.doomed:
            yield child.end, following.end
        elif not kept_before:
            yield child.start, following.start
            kept_before = not following.doomed
