"""Reads comment threads: of one video, or of the whole channel, with all replies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.base import Item
from connectors.youtube.api import Api
from connectors.youtube.items import comment_item
from connectors.youtube.shapes import Shape

HELD = ("heldForReview", "likelySpam")
"""What moderation keeps from the public and YouTube lists; what was rejected it does not."""
_LISTED = {"part": "snippet,replies", "maxResults": "100", "textFormat": "plainText"}


@dataclass(frozen=True, slots=True)
class Threads:
    """One page of threads: their comments and replies, and what it was read from."""

    items: tuple[Item, ...]
    exchanges: tuple[str, ...]
    tops: tuple[Item, ...]  # the comments that began the threads


def threads_of_video(api: Api, video_id: str) -> Iterator[Threads]:
    """The published threads below a video. Raises: CommentsOff, NotThere, ConnectorError."""
    asked = f"the comments of the video {video_id}"
    params = {**_LISTED, "videoId": video_id, "order": "time"}
    for page in api.pages("commentThreads", params, asked=asked, comments=True):
        yield _read(api, page, video_id)


def threads_of_channel(api: Api, channel_id: str, *, status: str = "") -> Iterator[Threads]:
    """All threads below all videos, newest first; with `status` those that moderation holds.

    Raises: CommentsOff, PermissionLost, ConnectorError.
    """
    params = {**_LISTED, "allThreadsRelatedToChannelId": channel_id, "order": "time"}
    if status:
        params["moderationStatus"] = status
    asked = f"the {status or 'published'} comments of the channel"
    for page in api.pages("commentThreads", params, asked=asked, comments=True):
        yield _read(api, page, "")


def _read(api: Api, page: Shape, video_id: str) -> Threads:
    items: list[Item] = []
    tops: list[Item] = []
    exchanges = {page.exchange: None}
    for row in page.rows("items"):
        snippet = row.sub("snippet")
        video = snippet.text("videoId") or video_id
        public = snippet.flag("isPublic")
        top = comment_item(snippet.sub("topLevelComment"), video, is_public=public)
        tops.append(top)
        items.append(top)
        for reply in _replies(api, row, top.id):
            items.append(comment_item(reply, video, is_public=public))
            exchanges[reply.exchange] = None
    return Threads(tuple(items), tuple(exchanges), tuple(tops))


def _replies(api: Api, row: Shape, thread_id: str) -> Iterator[Shape]:
    """The embedded replies are only some of them; the others are asked for."""
    embedded = row.sub("replies").rows("comments")
    total = row.sub("snippet").number("totalReplyCount") or 0
    if len(embedded) >= total:
        yield from embedded
        return
    params = {"part": "snippet", "parentId": thread_id, "maxResults": "100"}
    asked = f"the replies to the comment {thread_id}"
    pages = api.pages("comments", {**params, "textFormat": "plainText"}, asked=asked, comments=True)
    for page in pages:
        yield from page.rows("items")
