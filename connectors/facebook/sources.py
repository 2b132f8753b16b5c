"""The edges of a Page that list posts, and how far back a listing of one reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from connectors.facebook.shapes import Shape

BEGINNING = datetime.min.replace(tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_ALL = {"include_hidden": "true", "show_expired": "true"}


@dataclass(frozen=True, slots=True)
class Source:
    """An edge that lists posts. `dated`: newest first, so that a walk may stop early."""

    edge: str
    title: str
    params: Mapping[str, str] = field(default_factory=dict)
    dated: bool = True
    comments: bool = True


PUBLISHED = Source("published_posts", "the Page's posts", _ALL)
VISITORS = Source("visitor_posts", "the visitors' posts", _ALL)
TAGGED = Source("tagged", "the posts that name the Page")
SCHEDULED = Source("scheduled_posts", "the scheduled posts", dated=False, comments=False)


def created(row: Shape) -> datetime | None:
    """When the post was made, aware UTC; None where Facebook does not tell."""
    stamp = row.stamp("created_time")
    return stamp.utc if stamp is not None else None


class Reach:
    """How far back one source has been listed, and whether newest first all the way."""

    def __init__(self) -> None:
        self.newest: datetime | None = None
        self.ended = False
        self._oldest: datetime | None = None
        self._sorted = True

    def take(self, rows: Sequence[Shape], *, ended: bool) -> None:
        """Note a page of the listing; `ended` when it was the last."""
        self.ended = ended
        for moment in filter(None, map(created, rows)):
            if self._oldest is not None and moment > self._oldest:
                self._sorted = False
            self._oldest = moment if self._oldest is None else min(self._oldest, moment)
            self.newest = moment if self.newest is None else max(self.newest, moment)

    def passed(self, rows: Sequence[Shape], floor: datetime) -> bool:
        """Has the listing gone back behind `floor` with this page, its newest?

        In an orderly listing one older post shows it. In a disorderly one the whole page
        must be older. An empty page says nothing.
        """
        moments = [moment for moment in map(created, rows) if moment is not None]
        if not moments:
            return False
        return (min(moments) if self._sorted else max(moments)) < floor

    def back_to(self) -> datetime | None:
        """Everything published from then on was listed; None when that cannot be said."""
        if self.ended:
            return BEGINNING
        if not self._sorted or self._oldest is None:
            return None
        return self._oldest + _SECOND  # others of the same second may be on the next page
