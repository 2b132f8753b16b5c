"""How the simulated YouTube writes its resources, part by part, as its discovery document says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from archiver.demo.simulators.youtube_world import (
    UPLOADS_ID,
    Caption,
    Comment,
    Playlist,
    Video,
    YouTubeWorld,
)

Json = dict[str, Any]
EMBEDDED_REPLIES = 5
_SIZES = {"default": (120, 90), "medium": (320, 180), "high": (480, 360), "maxres": (1280, 720)}


def written(moment: datetime) -> str:
    """A time as YouTube writes it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


class Rendering:
    """Writes for one reader: the owner or anybody."""

    def __init__(self, world: YouTubeWorld, parts: Sequence[str], *, owner: bool) -> None:
        self._world = world
        self._parts = frozenset(parts)
        self._owner = owner

    def _resource(self, kind: str, name: str, parts: Mapping[str, Json]) -> Json:
        shown = {part: value for part, value in parts.items() if part in self._parts and value}
        etag = sha256(repr((kind, name, shown)).encode()).hexdigest()[:27]
        return {"kind": f"youtube#{kind}", "etag": etag, "id": name, **shown}

    def channel(self) -> Json:
        """The channel."""
        world = self._world
        public = [v for v in world.videos.values() if v.privacy == "public"]
        picture = f"{world.url}/picture/1.png"
        return self._resource(
            "channel",
            world.channel_id,
            {
                "snippet": {
                    "title": world.title,
                    "description": world.description,
                    "customUrl": world.handle,
                    "publishedAt": written(world.created),
                    "thumbnails": {"default": {"url": picture, "width": 88, "height": 88}},
                    "country": "US",
                },
                "contentDetails": {"relatedPlaylists": {"likes": "", "uploads": UPLOADS_ID}},
                "statistics": {
                    "viewCount": "12345",
                    "subscriberCount": "678",
                    "hiddenSubscriberCount": False,
                    "videoCount": str(len(public)),
                },
                "brandingSettings": {
                    "channel": {"title": world.title, "keywords": "police springfield"},
                    "image": {"bannerExternalUrl": f"{world.url}/picture/2.png"},
                },
                "status": {"privacyStatus": "public", "isLinked": True},
            },
        )

    def upload(self, video: Video, position: int) -> Json:
        """A video's entry in the list of uploads."""
        return self.entry(UPLOADS_ID, video.id, position, published=video.at)

    def entry(
        self, playlist: str, video: str, position: int, *, published: datetime | None = None
    ) -> Json:
        """An entry of a playlist."""
        details: Json = {"videoId": video}
        if published is not None:
            details["videoPublishedAt"] = written(published)
        snippet = {
            "playlistId": playlist,
            "position": position,
            "channelId": self._world.channel_id,
        }
        parts = {"contentDetails": details, "snippet": snippet}
        return self._resource("playlistItem", f"{playlist}.{video}", parts)

    def video(self, video: Video) -> Json:
        """A video."""
        world = self._world
        address = f"{world.url}/vi/{video.id}"
        count = sum(1 for c in world.comments.values() if self._counts(c, video))
        statistics = {"viewCount": str(video.views), "likeCount": "1", "favoriteCount": "0"}
        if not video.comments_off:
            statistics["commentCount"] = str(count)
        captions = any(
            c.video == video.id and c.kind == "standard" for c in world.captions.values()
        )
        details: Json = {
            "duration": "PT1M30S",
            "dimension": "2d",
            "definition": "hd",
            "caption": "true" if captions else "false",
            "licensedContent": False,
            "projection": "rectangular",
        }
        if video.blocked:
            details["regionRestriction"] = {"blocked": video.blocked}
        snippet: Json = {
            "publishedAt": written(video.at),
            "channelId": world.channel_id,
            "title": video.title,
            "description": video.description,
            "thumbnails": {
                name: {"url": f"{address}/{name}.jpg", "width": width, "height": height}
                for name, (width, height) in _SIZES.items()
            },
            "channelTitle": world.title,
            "categoryId": "25",
            "liveBroadcastContent": "live" if video.live else "none",
        }
        if video.tags:
            snippet["tags"] = list(video.tags)
        return self._resource(
            "video",
            video.id,
            {
                "snippet": snippet,
                "status": self._status(video),
                "contentDetails": details,
                "statistics": statistics,
                "localizations": video.localizations,
                "liveStreamingDetails": self._live(video),
            },
        )

    def _counts(self, comment: Comment, video: Video) -> bool:
        return comment.video == video.id and comment.status == "published"

    def _status(self, video: Video) -> Json:
        status: Json = {
            "uploadStatus": video.upload_status,
            "privacyStatus": video.privacy,
            "license": video.license,
            "embeddable": video.embeddable,
            "publicStatsViewable": True,
            "madeForKids": False,
        }
        if self._owner:
            status["selfDeclaredMadeForKids"] = False
        if video.rejection:
            status["rejectionReason"] = video.rejection
        if video.publish_at:
            status["publishAt"] = written(video.publish_at)
        return status

    def _live(self, video: Video) -> Json:
        if not video.live:
            return {}
        return {
            "actualStartTime": written(video.at),
            "concurrentViewers": str(video.views),
            "activeLiveChatId": "chat",
        }

    def thread(self, comment: Comment) -> Json:
        """A comment thread with some of its replies."""
        replies = self._world.replies_to(comment.id)
        snippet: Json = {
            "channelId": self._world.channel_id,
            "videoId": comment.video,
            "topLevelComment": self.comment(comment),
            "canReply": self._owner,
            "totalReplyCount": len(replies),
            "isPublic": comment.status == "published",
        }
        embedded = [self.comment(each) for each in replies[-EMBEDDED_REPLIES:]]
        replied: Json = {"comments": embedded} if embedded else {}
        parts = {"snippet": snippet, "replies": replied}
        return self._resource("commentThread", comment.id, parts)

    def comment(self, comment: Comment, *, by_id: bool = False) -> Json:
        """A comment; asked for by id, it does not say what moderation made of it."""
        snippet: Json = {
            "channelId": self._world.channel_id,
            "videoId": comment.video,
            "textDisplay": comment.text,
            "authorDisplayName": comment.name,
            "authorProfileImageUrl": f"{self._world.url}/picture/9.png",
            "authorChannelUrl": f"http://www.youtube.com/{comment.name}",
            "authorChannelId": {"value": comment.author},
            "canRate": True,
            "viewerRating": "none",
            "likeCount": comment.likes,
            "publishedAt": written(comment.at),
            "updatedAt": written(comment.updated),
        }
        if self._owner:
            snippet["textOriginal"] = comment.text
            if not by_id:
                snippet["moderationStatus"] = comment.status
        if comment.parent:
            snippet["parentId"] = comment.parent
        rendered = self._resource("comment", comment.id, {})
        return {**rendered, "snippet": snippet}

    def caption(self, track: Caption) -> Json:
        """A caption track."""
        snippet = {
            "videoId": track.video,
            "lastUpdated": written(track.updated),
            "trackKind": track.kind,
            "language": track.language,
            "name": track.name,
            "audioTrackType": "unknown",
            "isCC": False,
            "isLarge": False,
            "isEasyReader": False,
            "isDraft": track.draft,
            "isAutoSynced": False,
            "status": "serving",
        }
        return self._resource("caption", track.id, {"snippet": snippet})

    def playlist(self, playlist: Playlist) -> Json:
        """A playlist."""
        snippet = {
            "publishedAt": written(playlist.at),
            "channelId": self._world.channel_id,
            "title": playlist.title,
            "description": "",
            "channelTitle": self._world.title,
        }
        return self._resource(
            "playlist",
            playlist.id,
            {
                "snippet": snippet,
                "status": {"privacyStatus": playlist.privacy},
                "contentDetails": {"itemCount": len(playlist.videos)},
            },
        )
