"""Lists the channel's videos page by page, each with all that YouTube tells of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.base import Item
from connectors.youtube.api import Api
from connectors.youtube.faults import NotThere
from connectors.youtube.items import VIDEO_PARTS, video_item
from connectors.youtube.shapes import Shape

AT_ONCE = 50
LISTED_AT_MOST = 20_000
"""Where the list of uploads is said to end (unverified)."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of uploads. `unread`: listed, but not given when asked for by id."""

    rows: tuple[Shape, ...]
    items: tuple[Item, ...]
    exchanges: tuple[str, ...]
    unread: tuple[str, ...]
    token: str  # of the page behind it; empty at the end
    total: int | None


class Reach:
    """How far a listing, newest first, has come."""

    def __init__(self) -> None:
        self.newest: datetime | None = None
        self._oldest: datetime | None = None
        self._ordered = True
        self._ended = False

    def take(self, listing: Listing) -> None:
        """Note a page that was read."""
        for moment in _times(listing.items):
            if self._oldest is not None and moment > self._oldest:
                self._ordered = False
            self._oldest = moment
            self.newest = moment if self.newest is None else max(self.newest, moment)
        self._ended = self._ended or not listing.token

    def passed(self, listing: Listing, floor: datetime) -> bool:
        """Is the whole page older than that?"""
        times = _times(listing.items)
        return bool(times) and max(times) < floor

    def back_to(self) -> datetime | None:
        """Since when every video was listed; None when that cannot be said."""
        if self._ended:
            return BEGINNING
        return self._oldest if self._ordered else None


def uploads(api: Api, playlist_id: str, *, token: str = "") -> Iterator[Listing]:
    """The uploads, newest first, from the page `token` on. Raises: ConnectorError."""
    params = {"part": "contentDetails", "playlistId": playlist_id, "maxResults": str(AT_ONCE)}
    if token:
        params["pageToken"] = token
    try:
        for page in api.pages("playlistItems", params, asked="the list of uploads"):
            yield _listing(api, page)
    except NotThere as error:
        if token:
            raise
        # A channel that never had a video has no list of uploads (unverified).
        yield Listing((), (), (error.exchange,), (), "", 0)


def _listing(api: Api, page: Shape) -> Listing:
    ids = [row.sub("contentDetails").needed("videoId") for row in page.rows("items")]
    ids = list(dict.fromkeys(ids))
    rows: tuple[Shape, ...] = ()
    exchanges = [page.exchange]
    if ids:
        answer = videos(api, ids)
        exchanges.append(answer.exchange)
        given = {row.needed("id"): row for row in answer.rows("items")}
        rows = tuple(given[each] for each in ids if each in given)
    # The owner may be shown what was deleted a moment ago; that is no longer a listing of it.
    rows = tuple(row for row in rows if row.sub("status").text("uploadStatus") != "deleted")
    there = {row.needed("id") for row in rows}
    return Listing(
        rows,
        tuple(video_item(row) for row in rows),
        tuple(exchanges),
        tuple(each for each in ids if each not in there),
        page.text("nextPageToken"),
        page.sub("pageInfo").number("totalResults"),
    )


def videos(api: Api, ids: Sequence[str]) -> Shape:
    """Up to 50 videos by id; what YouTube does not show is left out. Raises: ConnectorError."""
    params = {"part": VIDEO_PARTS, "id": ",".join(ids)}
    return api.get("videos", params, asked=f"{len(ids)} videos by id")


def _times(items: Sequence[Item]) -> list[datetime]:
    return [item.published.utc for item in items if item.published is not None]
