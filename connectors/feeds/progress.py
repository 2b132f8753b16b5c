"""What a walk has met so far, and what may be concluded from it.

What is covered: a feed is a window on the newest entries, and an entry that has aged out
of it was not removed. So a walk covers only what is newer than the oldest entry it read,
and only when the feed is in date order and its XML was whole. The oldest entry's edit time
counts too: in a feed that is ordered by edits, everything that aged out was last edited
before it, and so published before it. A walk that goes on from a cursor covers nothing,
since it did not see the beginning. Only a feed that calls itself complete (RFC 5005)
covers everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from connectors.base import Coverage, Item, Kind
from connectors.feeds.document import Document
from connectors.feeds.items import Identities, digest

_MAX_KNOWN = 500  # entries remembered to notice a gap between two polls


@dataclass(slots=True)
class Progress:
    """`continuous`: read from the head on, in date order, and nothing had to be guessed.

    `bound` (aware UTC) is the moment up to which older entries may have aged out.
    """

    identities: Identities
    documents: int = 0
    barren: int = 0  # documents in a row without anything new
    continuous: bool = True
    seen: set[str] = field(default_factory=set)
    visited: set[str] = field(default_factory=set)
    known: list[str] = field(default_factory=list)  # digests of ids, for the cursor
    _oldest: datetime | None = None
    _bound: datetime | None = None

    def note(self, url: str, document: Document, found: Sequence[Item]) -> None:
        """Take in one document, found at `url`, with its items."""
        self.documents += 1
        self.visited.add(url)
        new = {item.id for item in found} - self.seen
        self.seen |= new
        self.barren = 0 if new else self.barren + 1
        current = [item for item in found if not item.superseded]
        room = _MAX_KNOWN - len(self.known)
        self.known += [digest(item.id) for item in current[:room]]
        self.continuous = self.continuous and document.whole
        for item in current:
            self._step(item)

    def _step(self, item: Item) -> None:
        moment = item.published.utc if item.published else None
        if moment is None or (self._oldest is not None and moment > self._oldest):
            self.continuous = False
            return
        self._oldest = moment
        self._bound = max(moment, item.edited.utc) if item.edited else moment

    def covers(
        self, document: Document, kind: Kind, *, thread_id: str = ""
    ) -> tuple[Coverage, ...]:
        """What has been listed completely by now."""
        kinds = frozenset({kind})
        if document.complete and document.whole and self.documents == 1:
            return (Coverage(kinds=kinds, thread_id=thread_id),)
        if not self.continuous or self._bound is None:
            return ()
        # Entries of the very moment of the oldest one may have aged out already.
        since = self._bound + timedelta(microseconds=1)
        return (Coverage(kinds=kinds, thread_id=thread_id, since=since),)
