"""What there is on a simulated YouTube: one channel with videos, comments, captions, playlists."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from archiver.demo.simulators.base import SimulatedTime, Simulator

CHANNEL_ID = "UCspringfieldpd000000000"
UPLOADS_ID = "UUspringfieldpd000000000"
LISTED_AT_MOST = 20_000


@dataclass
class Video:
    """A video; times are aware UTC. `deleted` keeps its number out of use."""

    id: str
    title: str
    description: str
    at: datetime
    privacy: str = "public"
    upload_status: str = "processed"
    rejection: str = ""
    tags: list[str] = field(default_factory=list)
    localizations: dict[str, dict[str, str]] = field(default_factory=dict)
    comments_off: bool = False
    publish_at: datetime | None = None
    live: bool = False
    blocked: list[str] = field(default_factory=list)
    license: str = "youtube"
    embeddable: bool = True
    picture: int = 0  # another number is another picture under the same address
    views: int = 10


@dataclass
class Comment:
    """A comment, or with `parent` a reply to one."""

    id: str
    video: str
    parent: str
    author: str  # channel id
    name: str
    text: str
    at: datetime
    updated: datetime
    status: str = "published"
    likes: int = 0


@dataclass
class Caption:
    """A caption track of a video."""

    id: str
    video: str
    language: str
    name: str
    text: str
    updated: datetime
    kind: str = "standard"
    draft: bool = False


@dataclass
class Playlist:
    """A playlist and its videos in order."""

    id: str
    title: str
    at: datetime
    videos: list[str]
    privacy: str = "public"


class YouTubeWorld(Simulator):
    """The acts of people and of YouTube, which the API then shows."""

    name = "youtube"

    def __init__(self, time_: SimulatedTime | None = None) -> None:
        super().__init__(time_)
        self.channel_id = CHANNEL_ID
        self.handle = "@springfieldpd"
        self.title = "Springfield Police Department"
        self.description = "Official channel. Not monitored around the clock. Call 911."
        self.closed = False
        self.created = self.time.now() - timedelta(days=365 * 9)
        self.videos: dict[str, Video] = {}
        self.comments: dict[str, Comment] = {}
        self.captions: dict[str, Caption] = {}
        self.playlists: dict[str, Playlist] = {}
        self._made = 0

    def _number(self) -> int:
        self._made += 1
        return self._made

    def publish(
        self,
        title: str,
        *,
        text: str = "",
        at: datetime | None = None,
        privacy: str = "public",
    ) -> str:
        """Upload a video; returns its id."""
        with self.lock:
            number = self._number()
            video = Video(f"SPDvid{number:05}", title, text, at or self.time.now(), privacy)
            video.picture = number
            self.videos[video.id] = video
            return video.id

    def edit(self, thing: str, text: str) -> None:
        """Change a video's description, or a comment's text by its author."""
        with self.lock:
            if thing in self.videos:
                self.videos[thing].description = text
                return
            comment = self.comments[thing]
            comment.text, comment.updated = text, self.time.now()

    def comment(
        self, video: str, text: str, *, by: str = "bart", at: datetime | None = None, to: str = ""
    ) -> str:
        """A comment, or with `to` a reply; `by` "" is the channel itself. Returns its id."""
        with self.lock:
            number, moment = self._number(), at or self.time.now()
            new = f"{to}.9r{number:06}" if to else f"UgxSPD{number:08}AaABAg"
            author = self.channel_id if not by else f"UC{by:_<22}"[:24]
            name = f"@{by}" if by else self.handle
            self.comments[new] = Comment(new, video, to, author, name, text, moment, moment)
            return new

    def caption(
        self, video: str, text: str, *, language: str = "en", kind: str = "standard"
    ) -> str:
        """Add a caption track; returns its id."""
        with self.lock:
            new = f"cap_{self._number():06}="
            self.captions[new] = Caption(new, video, language, "", text, self.time.now(), kind=kind)
            return new

    def playlist(self, title: str, videos: list[str]) -> str:
        """Make a playlist; returns its id."""
        with self.lock:
            new = f"PLspd{self._number():08}"
            self.playlists[new] = Playlist(new, title, self.time.now(), list(videos))
            return new

    def delete(self, thing: str) -> None:
        """Delete a video with its comments, or a comment with its replies."""
        with self.lock:
            self.videos.pop(thing, None)
            self.comments.pop(thing, None)
            gone = [c.id for c in self.comments.values() if thing in (c.video, c.parent)]
            for each in gone:
                del self.comments[each]

    def moderate(self, comment: str, status: str) -> None:
        """Hold, reject or publish a comment."""
        with self.lock:
            self.comments[comment].status = status

    def seed(self, count: int, *, days: float = 900) -> list[str]:
        """`count` older videos, some with comments; returns their ids, oldest first."""
        begin = self.time.now() - timedelta(days=days)
        step = (self.time.now() - timedelta(days=1) - begin) / max(count, 1)
        ids = []
        for number in range(count):
            at = begin + number * step
            ids.append(self.publish(f"Briefing {number}", text="Weekly briefing.", at=at))
            if number % 5 == 2:
                self.comment(ids[-1], "Thank you.", at=at + timedelta(hours=1))
        return ids

    # -- who sees what ----------------------------------------------------------------------

    def seen_videos(self, *, owner: bool) -> list[Video]:
        """The list of uploads, newest first."""
        shown = [v for v in self.videos.values() if owner or v.privacy == "public"]
        return sorted(shown, key=lambda v: (v.at, v.id), reverse=True)[:LISTED_AT_MOST]

    def video_for(self, video: str, *, owner: bool) -> Video | None:
        """A video by id; unlisted ones are shown to everybody."""
        found = self.videos.get(video)
        return found if found is not None and (owner or found.privacy != "private") else None

    def comment_for(self, comment: str, *, owner: bool) -> Comment | None:
        """A comment by id; what is rejected is shown to nobody."""
        found = self.comments.get(comment)
        if found is None or self.video_for(found.video, owner=owner) is None:
            return None
        if self.videos[found.video].comments_off or found.status == "rejected":
            return None
        return found if owner or found.status == "published" else None

    def replies_to(self, comment: str) -> list[Comment]:
        """The published replies, oldest first."""
        found = [c for c in self.comments.values() if c.parent == comment]
        return [c for c in found if c.status == "published"]
