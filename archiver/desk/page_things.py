"""Which things on a stored page are a record that is to go.

The platform's own JSON of every state of the record is held in the database until the moment
of its destruction, and says what to look for: an object with the same id that is of the same
make. A mere reference (an object with an id and little else) is no content and stays, so that
what answers a destroyed post still says what it answered.

A page that cannot be read for sure is never called free of a record: see `Find`.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from enum import Enum
from typing import Any

from archiver.desk.page_x import orphans
from archiver.errors import EvidenceError
from archiver.warc.cutting import Doomed, Found, at_pointers, cut_items, says
from archiver.warc.feed_entries import entries
from archiver.warc.reader import StoredRecord

_OWN = ("id", "id_str", "media_key", "guid")
_TELLING = frozenset(
    {"message", "text", "title", "content", "excerpt", "caption", "description", "from"}
)
_LONG_ID = 8  # shorter ones are counted up from 1, for each kind anew
_PLAIN = re.compile(r"[A-Za-z0-9_.:-]+")
_BOM = b"\xef\xbb\xbf"
_QUOTED = 60  # so many characters of a text are not there by chance


class Find(Enum):
    """What a page has of the records."""

    NOTHING = "nothing"
    PARTS = "parts"  # that can be cut out
    WHOLE = "whole"  # it is about nothing else, or cannot be cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A state of a record as the platform gave it. `key`: family and the platform's id."""

    key: tuple[str, str]
    native: str
    permalink: str = ""
    title: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class _Make:
    """What an object of this state looks like."""

    names: frozenset[str]
    type: object
    key: tuple[str, str]
    published: str = ""  # of a feed's entry whose id another entry has, too


class Things:
    """Finds the states of some records of one account.

    `media_keys` are the platform's ids of files that only they have; `staying` tells whether
    an id is one of a record that stays.
    """

    def __init__(
        self,
        platform: str,
        things: Iterable[Thing],
        *,
        media_keys: Set[str] = frozenset(),
        staying: Set[str] = frozenset(),
    ) -> None:
        self._platform = platform
        self._by_id: dict[str, list[_Make]] = defaultdict(list)
        self._without_id: list[_Make] = []
        self._titles: set[str] = set()
        self._media_keys = {key for key in media_keys if len(key) >= _LONG_ID}
        self._staying = staying
        self._addresses: set[str] = set()
        self._texts: set[str] = set()
        for each in things:
            self._learn(each)

    def _learn(self, thing: Thing) -> None:
        if len(thing.permalink) > _LONG_ID:
            self._addresses.add(thing.permalink)
        for text in (thing.title, thing.words):
            if len(text) >= _QUOTED // 2:
                self._texts.add(text[:_QUOTED])
        native: Any = json.loads(thing.native) if thing.native else {}
        if not isinstance(native, dict):
            return
        if isinstance(native.get("parsed"), dict):
            self._learn_entry(thing, native["parsed"])
            return
        make = _Make(frozenset(native), native.get("type"), thing.key)
        ids = {str(native[name]).strip() for name in _OWN if _plain_value(native.get(name))}
        if not ids and _plain_value(native.get("url")):
            ids = {str(native["url"]).strip()}
        for each in ids:
            self._by_id[each].append(make)
        if not ids:
            self._without_id.append(make)

    def _learn_entry(self, thing: Thing, parsed: Mapping[str, Any]) -> None:
        """An entry of an XML feed. Entries that share an id differ in link or date."""
        shared = "#" in thing.key[1] and not thing.key[1].startswith("hash:")
        published = str(parsed.get("published") or parsed.get("updated") or "") if shared else ""
        make = _Make(frozenset(), None, thing.key, published)
        ids = {str(parsed.get(name) or "").strip() for name in ("id", "link")} - {""}
        if shared and parsed.get("link"):
            ids = {str(parsed["link"]).strip()}
        for each in ids:
            self._by_id[each].append(make)
        if not ids and parsed.get("title"):
            self._titles.add(str(parsed["title"]).strip())

    def look(self, record: StoredRecord) -> tuple[Find, Doomed | None]:
        """What the page has of them, and what must be cut out of it."""
        try:
            content = record.content
        except EvidenceError:  # cut off, or not in the encoding that it claims
            return (Find.WHOLE if self._mentioned(record.payload) else Find.NOTHING), None
        if _is_like_json(content) and not self._worth_reading(content):
            return Find.NOTHING, None
        page = _json(content)
        if page is None and entries(content) is None:
            return (Find.WHOLE if self._mentioned(content) else Find.NOTHING), None
        doomed = self._doomed(page)
        try:
            cut = cut_items(record, doomed)
        except EvidenceError:
            return Find.NOTHING, None
        return (Find.WHOLE if cut is None else Find.PARTS), doomed

    def _worth_reading(self, content: bytes) -> bool:
        """No plain id of any of them in the bytes: then they are not there."""
        ids = [*self._by_id, *self._media_keys]
        if self._without_id or self._titles or any(not _PLAIN.fullmatch(each) for each in ids):
            return True
        return any(each.encode() in content for each in ids)

    def _mentioned(self, content: bytes) -> bool:
        ids = [each for each in self._by_id if len(each) > _LONG_ID]
        return says(content, [*self._addresses, *self._texts, *ids])

    def _doomed(self, page: object) -> Doomed:
        if self._platform != "x" or not isinstance(page, dict):
            return self.is_one
        alone = at_pointers(frozenset(orphans(page, self.is_one, self._staying)))
        return lambda found: self.is_one(found) or alone(found)

    def is_one(self, found: Found) -> bool:
        """Is this object, or this entry of a feed, a state of one of the records?"""
        for each in found.ids:
            if each in self._media_keys or any(
                self._same(make, found, each) for make in self._by_id.get(each, ())
            ):
                return True
        if self._titles and str(found.fields.get("title", "")).strip() in self._titles:
            return found.pointer.startswith("/")
        if found.pointer == "" and self._without_id:
            return any(_alike(make.names, found.fields, 0.8) for make in self._without_id)
        return self._platform == "wordpress" and self._is_saved_state(found)

    def _same(self, make: _Make, found: Found, shared_id: str) -> bool:
        if not make.names:  # an entry of an XML feed
            dates = {str(found.fields.get(n, "")) for n in ("pubDate", "published", "date")}
            return not make.published or make.published in dates
        kind = found.fields.get("type")
        if make.type is not None and kind is not None:
            return bool(make.type == kind)
        if _alike(make.names, found.fields, 0.5):
            return True
        long = len(shared_id) >= _LONG_ID and make.key[0] != "profile"
        return long and any(found.fields.get(name) for name in _TELLING)

    def _is_saved_state(self, found: Found) -> bool:
        """WordPress's revisions and autosaves, of which not every one became a version."""
        parent, slug = str(found.fields.get("parent", "")), str(found.fields.get("slug", ""))
        if not re.fullmatch(rf"{re.escape(parent)}-(revision|autosave)-v\d+", slug):
            return False
        return any(make.key[1] == parent for make in self._by_id.get(parent, ()))


def _alike(names: frozenset[str], fields: Mapping[str, Any], share: float) -> bool:
    return len(names & fields.keys()) >= share * len(names)


def _plain_value(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _is_like_json(content: bytes) -> bool:
    return content.removeprefix(_BOM).lstrip()[:1] in (b"{", b"[")


def _json(content: bytes) -> object:
    if not _is_like_json(content):
        return None
    try:
        return json.loads(content.removeprefix(_BOM))
    except (ValueError, RecursionError):
        return None
