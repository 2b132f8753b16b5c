"""What the walks remember between runs, written as JSON and read back without trust."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connectors.base import Cursor

UPLOADS = "uploads"
PLAYLISTS = "playlists"


@dataclass(frozen=True, slots=True)
class NewestSeen:
    """Memory of NEW: the newest video and the newest comment (aware UTC)."""

    video: datetime | None = None
    comment: datetime | None = None

    @classmethod
    def read(cls, cursor: Cursor | None) -> NewestSeen:
        """From a cursor; what is not there reads as never seen."""
        return cls(_moment(cursor, "video"), _moment(cursor, "comment"))

    def cursor(self) -> Cursor:
        """As JSON values."""
        given = {"video": self.video, "comment": self.comment}
        return {name: moment.isoformat() for name, moment in given.items() if moment}


@dataclass(frozen=True, slots=True)
class Reached:
    """Memory of FULL: the part being listed, the page, the videos on it that are done, how many
    came before, when the oldest was published; and per caption track when the text was fetched
    last changed."""

    phase: str = UPLOADS
    token: str = ""
    read: tuple[str, ...] = ()
    listed: int = 0
    captions: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read_from(cls, cursor: Cursor | None) -> Reached:
        """From a cursor; what is not there reads as the beginning."""
        given = cursor or {}
        token, read, listed = given.get("token"), given.get("read"), given.get("listed")
        captions = given.get("captions")
        return cls(
            PLAYLISTS if given.get("phase") == PLAYLISTS else UPLOADS,
            token if isinstance(token, str) else "",
            tuple(str(each) for each in read) if isinstance(read, list) else (),
            listed if isinstance(listed, int) else 0,
            {str(k): str(v) for k, v in captions.items()} if isinstance(captions, Mapping) else {},
        )

    @property
    def resumed(self) -> bool:
        """Does a walk from here go on in the middle?"""
        return self.phase != UPLOADS or bool(self.token or self.read)

    def cursor(self) -> Cursor:
        """As JSON values."""
        return {
            "phase": self.phase,
            "token": self.token,
            "read": list(self.read),
            "listed": self.listed,
            "captions": dict(self.captions),
        }


def _moment(cursor: Cursor | None, name: str) -> datetime | None:
    given = (cursor or {}).get(name)
    if not isinstance(given, str):
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
