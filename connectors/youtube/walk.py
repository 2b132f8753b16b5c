"""The three walks over a channel: what is new, what is young, everything.

A video's comments are covered once all pages of its threads were read in one go. Videos are
covered once the list of uploads was read far enough, in one go and in order; a FULL walk that
was cut off claims no coverage of videos.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.base import Coverage, Cursor, Kind, Page
from connectors.errors import PermissionLost
from connectors.youtube.api import Api
from connectors.youtube.batch import Batch
from connectors.youtube.channel import Channel
from connectors.youtube.cursors import PLAYLISTS, NewestSeen, Reached
from connectors.youtube.faults import CommentsOff, NotThere, StalePage
from connectors.youtube.items import PLAYLIST_PARTS, caption_item, channel_item, playlist_item
from connectors.youtube.shapes import Shape
from connectors.youtube.threads import HELD, Threads, threads_of_channel, threads_of_video
from connectors.youtube.uploads import BEGINNING, LISTED_AT_MOST, Listing, Reach, uploads

OVERLAP = timedelta(days=3)
"""How far NEW goes back behind the newest video it knows: a private one may be published late."""
COMMENT_OVERLAP = timedelta(hours=6)
_NEAR_THE_END = LISTED_AT_MOST - 100
_COMMENTS = frozenset({Kind.COMMENT, Kind.REPLY})
_VIDEOS = frozenset({Kind.POST})


class Walk:
    """One walk; made anew for every poll. `batch` holds what is read but not handed over."""

    def __init__(
        self, api: Api, channel: Channel, *, comments: bool, captions: bool, playlists: bool
    ) -> None:
        self.batch = Batch()
        self._api = api
        self._channel = channel
        self._comments = comments
        self._captions = captions and channel.owned and api.moderates
        self._playlists = playlists

    def new(self, cursor: Cursor | None) -> Iterator[Page]:
        """What appeared since the last time; the first time the newest page of each list."""
        before = NewestSeen.read(cursor)
        self.batch.cursor = before.cursor()
        self._profile()
        reach = Reach()
        for listing in self._listed(reach):
            yield self.batch.take()
            if before.video is None or reach.passed(listing, before.video - OVERLAP):
                break
        comment = yield from self._newest_comments(before.comment)
        yield from self._held(newest_only=True)
        self._cover_videos(reach)
        video = max((m for m in (before.video, reach.newest) if m is not None), default=None)
        self.batch.cursor = NewestSeen(video, comment).cursor()
        yield self._last()

    def recent(self, since: datetime | None) -> Iterator[Page]:
        """All videos published since then (aware UTC), with all their comments."""
        floor = since or BEGINNING
        self._profile()
        yield from self._held(newest_only=False)
        reach = Reach()
        for listing in self._listed(reach):
            for row, item in zip(listing.rows, listing.items, strict=True):
                if item.published is None or item.published.utc >= floor:
                    yield from self._thread(row)
            yield self.batch.take()
            if reach.passed(listing, floor):
                break
        self._cover_videos(reach)
        yield self._last()

    def full(self, cursor: Cursor | None) -> Iterator[Page]:
        """Everything YouTube lists, going on where the last walk was cut off."""
        here = Reached.read_from(cursor)
        whole = not here.resumed
        self.batch.cursor = here.cursor()
        self._profile()
        yield from self._held(newest_only=False)
        if here.phase != PLAYLISTS:
            for listing in self._resumed(here):
                for row in listing.rows:
                    if row.needed("id") not in here.read:
                        yield from self._thread(row)
                        here = replace(here, captions=self._with_captions(row, here))
                        here = replace(here, read=(*here.read, row.needed("id")))
                        self.batch.cursor = here.cursor()
                here = _behind(here, listing)
                self.batch.cursor = here.cursor()
                self.batch.done, self.batch.total = here.listed, listing.total
                yield self.batch.take()
        if whole:
            self._cover_everything(here.listed)
        if self._playlists:
            self._read_playlists()
        self.batch.cursor = Reached(captions=here.captions).cursor()
        yield self._last()

    def _last(self) -> Page:
        self.batch.note(f"{self._api.spent} units of the project's daily YouTube quota were used")
        return self.batch.take()

    def _profile(self) -> None:
        row = self._channel.row
        self.batch.add([channel_item(row)], row.exchange)

    # -- videos ---------------------------------------------------------------------------

    def _listed(self, reach: Reach, token: str = "") -> Iterator[Listing]:
        """The pages of uploads, put into the batch."""
        for listing in uploads(self._api, self._channel.uploads, token=token):
            reach.take(listing)
            self.batch.add(listing.items, *listing.exchanges)
            if listing.unread:
                self.batch.note(
                    f"YouTube listed {len(listing.unread)} videos without giving them: "
                    f"{', '.join(listing.unread[:5])}"
                )
            yield listing

    def _resumed(self, here: Reached) -> Iterator[Listing]:
        """The uploads from the page on; from the start when YouTube refuses the continuation."""
        reach = Reach()
        try:
            yield from self._listed(reach, here.token)
        except StalePage as error:
            if not here.token or reach.newest is not None:
                raise
            self.batch.add((), error.exchange)
            self.batch.note(
                "YouTube no longer knows where the last walk stopped; the list begins anew"
            )
            yield from self._listed(reach)

    def _cover_videos(self, reach: Reach) -> None:
        since = reach.back_to()
        if since is None:
            self.batch.note("YouTube did not list videos newest first; no coverage is claimed")
            return
        self.batch.cover(Coverage(kinds=_VIDEOS, since=None if since == BEGINNING else since))

    def _cover_everything(self, listed: int) -> None:
        if listed < _NEAR_THE_END:
            self.batch.cover(Coverage(kinds=_VIDEOS))
            return
        self.batch.note(
            f"YouTube listed {listed} videos, about the {LISTED_AT_MOST} that it lists at most; "
            "older ones may exist, and nothing is concluded from their absence"
        )

    # -- comments -------------------------------------------------------------------------

    def _thread(self, row: Shape) -> Iterator[Page]:
        """Read a video's comments into the batch, which is handed over when it gets large."""
        video_id, statistics = row.needed("id"), row.sub("statistics")
        if not self._comments:
            return
        if row.sub("status").text("privacyStatus") == "private" and not self._api.moderates:
            self.batch.note(f"the comments of the private video {video_id} cannot be read by key")
            return
        if statistics.number("commentCount") != 0:
            try:
                for threads in threads_of_video(self._api, video_id):
                    self.batch.add(threads.items, *threads.exchanges)
                    if self.batch.full:
                        yield self.batch.take()
            except CommentsOff as error:
                self.batch.add((), error.exchange)
                self.batch.note(f"the comments of the video {video_id} are switched off")
                return
            except NotThere as error:
                self.batch.add((), error.exchange)
                self.batch.note(f"{video_id} could no longer be read when its comments were asked")
                return
        self.batch.cover(Coverage(kinds=_COMMENTS, thread_id=video_id))

    def _newest_comments(self, last: datetime | None) -> Generator[Page, None, datetime | None]:
        """Threads of all videos until known ones; returns the time of the newest."""
        newest = last
        for threads in self._channel_threads(""):
            self.batch.add(threads.items, *threads.exchanges)
            times = [top.published.utc for top in threads.tops if top.published is not None]
            newest = max((*times, *((newest,) if newest else ())), default=None)
            yield self.batch.take()
            if last is None or (times and max(times) < last - COMMENT_OVERLAP):
                break
        return newest

    def _held(self, *, newest_only: bool) -> Iterator[Page]:
        """What moderation holds; only the channel's owner is shown it."""
        if not (self._channel.owned and self._api.moderates):
            return
        for status in HELD:
            for threads in self._channel_threads(status):
                self.batch.add(threads.items, *threads.exchanges)
                if self.batch.full:
                    yield self.batch.take()
                if newest_only:
                    break

    def _channel_threads(self, status: str) -> Iterator[Threads]:
        if not self._comments:
            return
        try:
            yield from threads_of_channel(self._api, self._channel.id, status=status)
        except CommentsOff as error:
            self.batch.add((), error.exchange)
            self.batch.note("YouTube says that the comments of the channel are switched off")

    # -- captions and playlists -----------------------------------------------------------

    def _with_captions(self, row: Shape, here: Reached) -> dict[str, str]:
        """Fetch the caption tracks that are new or changed; returns what is known then."""
        known, video_id = dict(here.captions), row.needed("id")
        if not self._captions or row.sub("contentDetails").text("caption") != "true":
            return known
        answer = self._api.get(
            "captions",
            {"part": "snippet", "videoId": video_id},
            asked=f"the caption tracks of the video {video_id}",
        )
        self.batch.add((), answer.exchange)
        for track in answer.rows("items"):
            track_id, snippet = track.needed("id"), track.sub("snippet")
            changed = snippet.text("lastUpdated")
            if snippet.text("status") != "serving" or known.get(track_id) == changed:
                continue
            try:
                text, exchange = self._api.caption(track_id)
            except (NotThere, PermissionLost) as error:
                self.batch.add((), error.exchange)
                self.batch.note(f"the caption track {track_id} cannot be fetched: {error}")
                continue
            self.batch.add([caption_item(track, text, exchange)], exchange)
            known[track_id] = changed
        return known

    def _read_playlists(self) -> None:
        whose = {"mine": "true"} if self._channel.owned else {"channelId": self._channel.id}
        params = {"part": PLAYLIST_PARTS, "maxResults": "50", **whose}
        for page in self._api.pages("playlists", params, asked="the playlists"):
            self.batch.add((), page.exchange)
            for row in page.rows("items"):
                self._read_playlist(row)
        self.batch.cover(Coverage(kinds=frozenset({Kind.PAGE})))

    def _read_playlist(self, row: Shape) -> None:
        params = {
            "part": "contentDetails",
            "playlistId": row.needed("id"),
            "maxResults": "50",
        }
        listed: list[str] = []
        try:
            asked = f"the playlist {row.needed('id')}"
            for page in self._api.pages("playlistItems", params, asked=asked):
                self.batch.add((), page.exchange)
                rows = page.rows("items")
                listed += [each.sub("contentDetails").needed("videoId") for each in rows]
        except NotThere as error:
            self.batch.add((), error.exchange)
            self.batch.note(f"the playlist {row.needed('id')} went away while it was read")
            return
        self.batch.add([playlist_item(row, listed)], row.exchange)


def _behind(here: Reached, listing: Listing) -> Reached:
    """Where the walk goes on when this page is stored."""
    listed = here.listed + len(listing.rows)
    if listing.token:
        return replace(here, token=listing.token, read=(), listed=listed)
    return replace(here, phase=PLAYLISTS, token="", read=(), listed=listed)
