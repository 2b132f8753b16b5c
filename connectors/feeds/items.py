"""From entries to items: identity, dates, author, media.

Identity is the entry's own id (Atom id, RSS guid), else its link, else a digest of what
does not change in an edit. Feeds misuse ids: an id that several entries of one document
share is qualified by link and date. Which ids are shared is remembered in the cursor, so
that an entry keeps its id when it is the only one left in the window.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from connectors.base import (
    Evidence,
    Finding,
    Item,
    Kind,
    Markup,
    MediaRef,
    Presence,
    Stamp,
    Target,
)
from connectors.feeds.dates import stamp
from connectors.feeds.document import NOBODY, Document, Entry
from connectors.feeds.media import in_html, merged, reference

_MAX_SHARED = 500  # remembered ids; a feed with more is hopeless
_MAX_SCANNED = 1 << 20  # characters of HTML searched for images


def digest(*parts: str) -> str:
    """A short stable name for a text."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


class Identities:
    """Gives each entry its id. `shared` are the digests of ids known to be misused."""

    def __init__(self, shared: Iterable[str]) -> None:
        self._shared = list(dict.fromkeys(shared))

    @property
    def shared(self) -> list[str]:
        """What the cursor must remember."""
        return self._shared[-_MAX_SHARED:]

    def of(self, document: Document) -> list[str]:
        """The ids of the document's entries, in order; equal ids are states of one item."""
        groups: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for entry in document.entries:
            date = "" if document.states else entry.published
            groups[_base_id(entry)].add((entry.link, date))
        known = set(self._shared)
        for base, variants in groups.items():
            home = bool(document.link) and base == document.link
            name = digest(base)
            if name not in known and (len(variants) > 1 or home):
                self._shared.append(name)
                known.add(name)
        return [self._id(entry, known) for entry in document.entries]

    def _id(self, entry: Entry, shared: set[str]) -> str:
        base = _base_id(entry)
        if digest(base) not in shared:
            return base
        return f"{base}#{digest(entry.link, entry.published)}"


def _base_id(entry: Entry) -> str:
    if entry.given_id or entry.link:
        return entry.given_id or entry.link
    steady = (entry.title, entry.published) if entry.title or entry.published else (entry.text,)
    files = tuple(each.key for each in entry.media[:1])
    return "hash:" + digest(*steady, *files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Where a document was read and how: dates without a zone are in `zone`; with a
    `thread_id` the entries are comments on that post."""

    exchange: str
    zone: tzinfo
    thread_id: str = ""


def items(document: Document, ids: Sequence[str], reading: Reading) -> list[Item]:
    """The items of a document, in its order; each id has one that is not superseded."""
    made = [
        _item(document, entry, id_, reading)
        for entry, id_ in zip(document.entries, ids, strict=True)
    ]
    return _without_repetition(made)


def _item(document: Document, entry: Entry, id_: str, reading: Reading) -> Item:
    published, edited, unread = _dates(document, entry, reading.zone)
    thread = reading.thread_id or entry.in_reply_to
    author = entry.author
    if author == NOBODY and document.format == "json":
        author = document.author
    shown: tuple[MediaRef, ...] = ()
    if entry.markup is Markup.HTML:
        shown = in_html(entry.text[:_MAX_SCANNED], entry.base)
    return Item(
        kind=Kind.COMMENT if thread else Kind.POST,
        id=id_,
        exchange=reading.exchange,
        native=entry.native,
        author=author,
        title=entry.title,
        text=entry.text,
        markup=entry.markup,
        language=entry.language or document.language,
        parent_id=entry.in_reply_to or thread,
        thread_id=thread,
        published=published,
        edited=edited,
        permalink=entry.link,
        media=merged((*entry.media, *shown)),
        metrics={} if entry.comment_count is None else {"comments": entry.comment_count},
        extra={**entry.extra, **unread},
    )


def _dates(
    document: Document, entry: Entry, zone: tzinfo
) -> tuple[Stamp | None, Stamp | None, dict[str, object]]:
    """Published, edited, and what could not be read of them.

    A feed that gives only one date is dated by it; then an edit is seen by comparing.
    """
    published = stamp(entry.published, zone)
    updated = stamp(entry.updated, zone)
    unread: dict[str, object] = {}
    if entry.published and published is None:
        unread["published_given"] = entry.published
    if entry.updated and updated is None:
        unread["updated_given"] = entry.updated
    if updated is None:
        return published, None, unread
    if not entry.published:
        return updated, None, {**unread, "dated_by": "updated"} if document.states else unread
    if published is None or updated.utc > published.utc:
        return published, updated, unread
    return published, None, unread


def _without_repetition(made: list[Item]) -> list[Item]:
    """One current state per id: the one updated last, else the one listed first.

    Other states that differ are kept as superseded ones, identical ones are dropped.
    """
    kept: dict[str, list[Item]] = defaultdict(list)
    for item in made:
        same = kept[item.id]
        if all(_content(item) != _content(other) for other in same):
            same.append(item)
    result = []
    for states in kept.values():
        states.sort(key=_moment, reverse=True)
        result.append(states[0])
        result.extend(_superseded(each) for each in states[1:])
    return result


def _content(item: Item) -> tuple[object, ...]:
    return (item.title, item.text, item.edited, item.published, item.media, item.permalink)


def _moment(item: Item) -> datetime:
    found = item.edited or item.published
    return found.utc if found else datetime.min.replace(tzinfo=UTC)


def _superseded(item: Item) -> Item:
    return replace(item, superseded=True)


def profile(document: Document, address: str, exchange: str) -> Item:
    """What the feed says of itself. Its build date is no content and left to the native JSON."""
    picture = reference(document.image, address, kind="image") if document.image else None
    return Item(
        kind=Kind.PROFILE,
        id=address,
        exchange=exchange,
        native=document.native,
        author=document.author,
        title=document.title,
        text=document.text,
        markup=document.markup,
        language=document.language,
        permalink=document.link or address,
        media=merged((picture,)),
        extra=document.extra,
    )


def tombstone_findings(document: Document, exchange: str, listed: set[str]) -> tuple[Finding, ...]:
    """RFC 6721 statements, except where the entry stands in the same document again."""
    found = []
    for each in document.tombstones:
        if each.ref in listed:
            continue
        words = [f"deleted-entry {each.ref}", f"when {each.when}" if each.when else ""]
        words += [f"by {each.by}" if each.by else "", each.comment]
        found.append(
            Finding(
                target=Target(kind=Kind.POST, id=each.ref),
                presence=Presence.GONE,
                exchange=exchange,
                evidence=Evidence.PLATFORM,
                statement="; ".join(word for word in words if word),
            )
        )
    return tuple(found)
