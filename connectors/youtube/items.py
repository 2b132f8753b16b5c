"""Turns YouTube's resources into items: videos, comments, playlists, captions, the channel.

A video has no time of its last change and its etag moves with every view, so that an edit is
seen by comparing what is said here. A comment has a true edit time (`updatedAt`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors.base import Author, Item, Kind, Stamp, Visibility
from connectors.youtube.media import best_picture, channel_pictures
from connectors.youtube.shapes import Shape

VIDEO_PARTS = (
    "snippet,status,contentDetails,statistics,localizations,liveStreamingDetails,"
    "recordingDetails,paidProductPlacementDetails"
)
CHANNEL_PARTS = "snippet,contentDetails,statistics,brandingSettings,status,localizations"
PLAYLIST_PARTS = "snippet,status,contentDetails,localizations"

_SNIPPET = ("tags", "categoryId", "defaultAudioLanguage", "liveBroadcastContent")
_STATUS = (
    "license", "embeddable", "publicStatsViewable", "madeForKids", "selfDeclaredMadeForKids",
    "containsSyntheticMedia", "publishAt", "rejectionReason", "failureReason",
)  # fmt: skip
_CONTENT = ("duration", "caption", "contentRating", "countryRestriction", "regionRestriction")
_LIVE = ("scheduledStartTime", "scheduledEndTime", "actualStartTime", "actualEndTime")
_RECORDING = ("location", "locationDescription", "recordingDate")
_BRANDING = ("keywords", "unsubscribedTrailer", "moderateComments", "featuredChannelsUrls")
_CHANNEL_STATUS = ("privacyStatus", "isLinked", "madeForKids", "selfDeclaredMadeForKids")
_CAPTION = (
    "trackKind", "audioTrackType", "isCC", "isLarge", "isEasyReader", "isAutoSynced", "status",
)  # fmt: skip
_PRIVACY: Mapping[str, Visibility] = {
    "public": Visibility.PUBLIC,
    "unlisted": Visibility.UNLISTED,
    "private": Visibility.PRIVATE,
}
_MODERATION: Mapping[str, Visibility] = {
    "published": Visibility.PUBLIC,
    "heldForReview": Visibility.PENDING,
    "likelySpam": Visibility.SPAM,
    "rejected": Visibility.HIDDEN,
}


def video_item(row: Shape) -> Item:
    """A video: title, description and everything that its owner sets on it."""
    video_id, snippet = row.needed("id"), row.sub("snippet")
    extra = {
        **snippet.chosen(_SNIPPET),
        **row.sub("status").chosen(_STATUS),
        **row.sub("contentDetails").chosen(_CONTENT),
        **row.sub("recordingDetails").chosen(_RECORDING),
    }
    if live := row.sub("liveStreamingDetails").chosen(_LIVE):
        extra["live"] = live
    if row.data.get("localizations"):
        extra["localizations"] = row.data["localizations"]
    if row.sub("paidProductPlacementDetails").flag("hasPaidProductPlacement"):
        extra["paid_product_placement"] = True
    if comments_off(row):
        extra["comments"] = "off"
    return Item(
        kind=Kind.POST,
        id=video_id,
        exchange=row.exchange,
        native=row.data,
        author=Author(id=snippet.text("channelId"), name=snippet.text("channelTitle")),
        title=snippet.text("title"),
        text=snippet.text("description"),
        language=snippet.text("defaultLanguage"),
        published=snippet.stamp("publishedAt"),
        permalink=f"https://www.youtube.com/watch?v={video_id}",
        media=best_picture("thumbnail", snippet.sub("thumbnails")),
        visibility=video_visibility(row),
        metrics=_metrics(
            row.sub("statistics"),
            {"viewCount": "views", "likeCount": "likes", "commentCount": "comments"},
        ),
        extra=extra,
    )


def video_visibility(row: Shape) -> Visibility:
    """Who can see it: what YouTube rejected, or shows in no country, is withheld."""
    status = row.sub("status")
    allowed = row.sub("contentDetails").sub("regionRestriction").data.get("allowed")
    if status.text("uploadStatus") == "rejected" or allowed == []:
        return Visibility.WITHHELD
    return _PRIVACY.get(status.text("privacyStatus"), Visibility.PUBLIC)


def comments_off(row: Shape) -> bool:
    """Are the comments switched off? YouTube then leaves the number of comments out
    (unverified); a listing of the comments says it for certain."""
    statistics = row.sub("statistics")
    return bool(statistics.data) and statistics.number("commentCount") is None


def comment_item(row: Shape, video_id: str, *, is_public: bool | None = None) -> Item:
    """A comment on a video, or a reply to one. `is_public` is what its thread says."""
    comment_id, snippet = row.needed("id"), row.sub("snippet")
    parent = snippet.text("parentId")
    video = snippet.text("videoId") or video_id
    published, updated = snippet.stamp("publishedAt"), snippet.stamp("updatedAt")
    address = f"https://www.youtube.com/watch?v={video}&lc={comment_id}" if video else ""
    return Item(
        kind=Kind.REPLY if parent else Kind.COMMENT,
        id=comment_id,
        exchange=row.exchange,
        native=row.data,
        author=Author(
            id=snippet.sub("authorChannelId").text("value"),
            name=snippet.text("authorDisplayName"),
        ),
        # The original is given only to some readers; what is displayed, to all.
        text=snippet.text("textOriginal") or snippet.text("textDisplay"),
        parent_id=parent or video,
        thread_id=video,
        published=published,
        edited=_edited(published, updated),
        permalink=address,
        visibility=_moderated(snippet.text("moderationStatus"), is_public),
        metrics=_metrics(snippet, {"likeCount": "likes"}),
        extra=snippet.chosen(("imageUrl",)),
    )


def _edited(published: Stamp | None, updated: Stamp | None) -> Stamp | None:
    same = published is not None and updated is not None and updated.utc <= published.utc
    return None if same else updated


def _moderated(status: str, is_public: bool | None) -> Visibility:
    if not status and is_public is False:
        return Visibility.HIDDEN
    return _MODERATION.get(status, Visibility.PUBLIC)


def playlist_item(row: Shape, videos: Sequence[str]) -> Item:
    """A playlist with the ids of its videos in their order."""
    playlist_id, snippet = row.needed("id"), row.sub("snippet")
    extra: dict[str, object] = {"videos": list(videos), **snippet.chosen(("tags",))}
    if row.data.get("localizations"):
        extra["localizations"] = row.data["localizations"]
    extra.update(row.sub("status").chosen(("podcastStatus",)))
    return Item(
        kind=Kind.PAGE,
        id=playlist_id,
        exchange=row.exchange,
        native=row.data,
        author=Author(id=snippet.text("channelId"), name=snippet.text("channelTitle")),
        title=snippet.text("title"),
        text=snippet.text("description"),
        language=snippet.text("defaultLanguage"),
        published=snippet.stamp("publishedAt"),
        permalink=f"https://www.youtube.com/playlist?list={playlist_id}",
        visibility=_PRIVACY.get(row.sub("status").text("privacyStatus"), Visibility.PUBLIC),
        metrics=_metrics(row.sub("contentDetails"), {"itemCount": "videos"}),
        extra=extra,
    )


def caption_item(row: Shape, text: str, exchange: str) -> Item:
    """A caption track with its text as WebVTT; `exchange` brought the text."""
    snippet = row.sub("snippet")
    video = snippet.needed("videoId")
    return Item(
        kind=Kind.MEDIA,
        id=row.needed("id"),
        exchange=exchange,
        native=row.data,
        title=snippet.text("name") or f"Captions ({snippet.text('language')})",
        text=text,
        language=snippet.text("language"),
        parent_id=video,
        thread_id=video,
        edited=snippet.stamp("lastUpdated"),
        permalink=f"https://www.youtube.com/watch?v={video}",
        visibility=Visibility.DRAFT if snippet.flag("isDraft") else Visibility.PUBLIC,
        extra=snippet.chosen(_CAPTION),
    )


def channel_item(row: Shape) -> Item:
    """The channel's profile with its branding."""
    channel_id, snippet = row.needed("id"), row.sub("snippet")
    branding = row.sub("brandingSettings")
    extra = {
        **snippet.chosen(("customUrl", "country")),
        **branding.sub("channel").chosen(_BRANDING),
        **row.sub("status").chosen(_CHANNEL_STATUS),
    }
    if row.data.get("localizations"):
        extra["localizations"] = row.data["localizations"]
    return Item(
        kind=Kind.PROFILE,
        id=channel_id,
        exchange=row.exchange,
        native=row.data,
        author=Author(channel_id, snippet.text("customUrl"), snippet.text("title")),
        title=snippet.text("title"),
        text=snippet.text("description"),
        language=snippet.text("defaultLanguage"),
        published=snippet.stamp("publishedAt"),
        permalink=f"https://www.youtube.com/channel/{channel_id}",
        media=channel_pictures(row),
        visibility=_PRIVACY.get(row.sub("status").text("privacyStatus"), Visibility.PUBLIC),
        metrics=_metrics(
            row.sub("statistics"),
            {"subscriberCount": "subscribers", "videoCount": "videos", "viewCount": "views"},
        ),
        extra=extra,
    )


def _metrics(row: Shape, names: Mapping[str, str]) -> dict[str, int]:
    found = {ours: row.number(theirs) for theirs, ours in names.items()}
    return {name: count for name, count in found.items() if count is not None}
