"""What a walk remembers between its steps and between walks."""

from __future__ import annotations

from dataclasses import dataclass

from connectors.base import Cursor
from connectors.bluesky.shapes import mapping, number, text, texts

WATCHED = 50  # own posts whose count of replies is looked at in every walk for news


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """The account that the cursor is about, so that a handle given away leads nowhere else."""

    address: str
    did: str

    def cursor(self) -> dict[str, object]:
        """As JSON."""
        return {"address": self.address, "did": self.did}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweeping:
    """Where a sweep stands: the collection, the key after which it goes on, the threads of
    listed posts that are not read yet, and how much was listed."""

    collection: str = ""
    after: str = ""
    threads: tuple[str, ...] = ()
    done: int = 0

    def cursor(self, whose: Whose) -> Cursor:
        """As JSON."""
        return {
            **whose.cursor(),
            "collection": self.collection,
            "after": self.after,
            "threads": list(self.threads),
            "done": self.done,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """The revision up to which changes are known, the handle of then, and of the newest own
    posts how many replies they had."""

    rev: str = ""
    handle: str = ""
    replies: tuple[tuple[str, int], ...] = ()

    def cursor(self, whose: Whose) -> Cursor:
        """As JSON."""
        counts = dict(self.replies[:WATCHED])
        return {**whose.cursor(), "rev": self.rev, "handle": self.handle, "replies": counts}


def known_did(cursor: Cursor | None, address: str) -> str:
    """The DID that earlier walks found for this address; empty when there were none."""
    stored = cursor or {}
    return text(stored, "did") if text(stored, "address") == address else ""


def sweeping_of(cursor: Cursor | None) -> Sweeping:
    """Where a sweep goes on."""
    stored = cursor or {}
    return Sweeping(
        collection=text(stored, "collection"),
        after=text(stored, "after"),
        threads=tuple(texts(stored.get("threads"))),
        done=number(stored, "done") or 0,
    )


def news_of(cursor: Cursor | None) -> News:
    """What is known of the walk for news before."""
    stored = cursor or {}
    counts = mapping(stored.get("replies"))
    return News(
        rev=text(stored, "rev"),
        handle=text(stored, "handle"),
        replies=tuple((uri, number(counts, uri) or 0) for uri in counts),
    )
