"""What the walks remember between runs, written as JSON and read back without trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.base import Cursor


@dataclass(frozen=True, slots=True)
class NewestSeen:
    """Memory of NEW: per source the newest post listed (aware UTC), and per post listed
    last time what its comments looked like."""

    newest: Mapping[str, datetime] = field(default_factory=dict)
    threads: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, cursor: Cursor | None) -> NewestSeen:
        newest = _strings((cursor or {}).get("newest"))
        return cls(
            {source: datetime.fromisoformat(given) for source, given in newest.items()},
            _strings((cursor or {}).get("threads")),
        )

    def cursor(self) -> Cursor:
        return {
            "newest": {source: moment.isoformat() for source, moment in self.newest.items()},
            "threads": dict(self.threads),
        }


@dataclass(frozen=True, slots=True)
class Reached:
    """Memory of FULL: the source being listed, the cursor of the page being read, the posts
    on that page whose comments are already stored, and how many posts came before."""

    source: str = ""
    after: str = ""
    read: tuple[str, ...] = ()
    listed: int = 0

    @classmethod
    def read_from(cls, cursor: Cursor | None) -> Reached:
        given = cursor or {}
        source, after = given.get("source"), given.get("after")
        read, listed = given.get("read"), given.get("listed")
        return cls(
            source if isinstance(source, str) else "",
            after if isinstance(after, str) else "",
            tuple(str(each) for each in read) if isinstance(read, list) else (),
            listed if isinstance(listed, int) else 0,
        )

    def cursor(self) -> Cursor:
        return {
            "source": self.source,
            "after": self.after,
            "read": list(self.read),
            "listed": self.listed,
        }


def _strings(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        return {}
    return {str(key): text for key, text in value.items() if isinstance(text, str)}
