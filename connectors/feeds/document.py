"""What a feed document says, the same for every format: the feed, its entries, its way on.

No judgement is made here; `items` turns entries into items, `walk` decides what is covered.
Addresses are absolute where the document allowed to make them so. Dates are as given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from connectors.base import Author, Markup, MediaRef

NOBODY = Author()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as written. `given_id` is empty when the feed gives none.

    `inherits` says that an entry without an author has the feed's (Atom, JSON Feed).
    """

    given_id: str
    native: Mapping[str, object]
    link: str = ""
    title: str = ""
    text: str = ""
    markup: Markup = Markup.HTML
    author: Author = NOBODY
    published: str = ""
    updated: str = ""
    language: str = ""
    base: str = ""  # what relative addresses in `text` refer to
    media: tuple[MediaRef, ...] = ()
    in_reply_to: str = ""
    comments_feed: str = ""
    comment_count: int | None = None
    extra: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tombstone:
    """A statement of the feed that an entry was removed (RFC 6721)."""

    ref: str
    when: str
    by: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One feed document.

    `whole` is False when the XML was broken and had to be guessed: then nothing may be
    concluded from what is not in it. `complete` means that the feed says it has everything
    (RFC 5005, section 2). `next` leads to older entries, empty at the end. `states` says
    that equal ids are states of one entry, as Atom rules.
    """

    format: str  # "rss20", "atom10", "json" and so on
    title: str
    entries: tuple[Entry, ...]
    native: Mapping[str, object]
    text: str = ""
    markup: Markup = Markup.PLAIN
    link: str = ""
    language: str = ""
    author: Author = NOBODY
    image: str = ""
    next: str = ""
    complete: bool = False
    whole: bool = True
    states: bool = False
    tombstones: tuple[Tombstone, ...] = ()
    extra: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
