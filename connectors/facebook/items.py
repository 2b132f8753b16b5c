"""Turns Graph nodes into items: posts, comments at every level, the Page's profile.

Neither posts nor comments have a true edit time: `updated_time` of a post moves with every
comment, and comments have none. `Item.edited` therefore stays empty; an edit is seen by
comparing.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from connectors.base import Author, Item, Kind, MediaRef, Visibility
from connectors.facebook.media import MediaNode, attachments_of, described, media_refs
from connectors.facebook.shapes import Shape

_POST_EXTRA = (
    "story",
    "status_type",
    "message_tags",
    "place",
    "properties",
    "timeline_visibility",
    "scheduled_publish_time",
    "is_expired",
    "targeting",
    "to",
    "via",
    "admin_creator",
    "application",
)
_PROFILE_EXTRA = (
    "description",
    "category",
    "link",
    "username",
    "website",
    "phone",
    "emails",
    "location",
    "hours",
    "verification_status",
)
_NARROW = frozenset({"SELF", "ALL_FRIENDS", "FRIENDS_OF_FRIENDS"})


def post_item(row: Shape, nodes: Mapping[str, MediaNode]) -> Item:
    """A post by the Page, by a visitor, or one that is yet to be published."""
    post_id = row.needed("id")
    attached = attachments_of(row.sub("attachments").rows("data"))
    visibility = post_visibility(row)
    extra = _present(row, _POST_EXTRA)
    if attached:
        extra["attachments"] = described(attached)
    shared = row.text("parent_id")
    return Item(
        kind=Kind.REPOST if shared else Kind.POST,
        id=post_id,
        exchange=row.exchange,
        native=row.data,
        author=_author(row),
        text=row.text("message"),
        parent_id=shared,
        thread_id=post_id,
        published=None if visibility is Visibility.DRAFT else row.stamp("created_time"),
        permalink=row.text("permalink_url"),
        media=media_refs(post_id, attached, nodes),
        visibility=visibility,
        metrics=_metrics(
            comments=comment_total(row),
            reactions=row.sub("reactions").sub("summary").number("total_count"),
            shares=row.sub("shares").number("count"),
        ),
        extra=extra,
    )


def post_visibility(row: Shape) -> Visibility:
    """Who can see a post. Unpublished without a date means: reached by its link only."""
    if row.flag("is_published") is False:
        scheduled = row.data.get("scheduled_publish_time") is not None
        return Visibility.DRAFT if scheduled else Visibility.UNLISTED
    if row.flag("is_hidden") or row.text("timeline_visibility") == "hidden":
        return Visibility.HIDDEN
    if row.sub("privacy").text("value") in _NARROW:
        return Visibility.PRIVATE
    return Visibility.PUBLIC


def comment_total(row: Shape) -> int | None:
    """How many comments of all levels a post has, as far as the listing tells."""
    return row.sub("comments").sub("summary").number("total_count")


def comment_item(row: Shape, post_id: str) -> Item:
    """A comment on the post, or a reply to a comment."""
    comment_id = row.needed("id")
    parent = row.sub("parent").text("id")
    attached = attachments_of([row.sub("attachment")] if row.data.get("attachment") else [])
    extra = _present(row, ("message_tags",))
    if attached:
        extra["attachments"] = described(attached)
    return Item(
        kind=Kind.REPLY if parent else Kind.COMMENT,
        id=comment_id,
        exchange=row.exchange,
        native=row.data,
        author=_author(row),
        text=row.text("message"),
        parent_id=parent or post_id,
        thread_id=post_id,
        published=row.stamp("created_time"),
        permalink=row.text("permalink_url"),
        media=media_refs(comment_id, attached, {}),
        visibility=comment_visibility(row),
        metrics=_metrics(likes=row.number("like_count"), replies=row.number("comment_count")),
        extra=extra,
    )


def comment_visibility(row: Shape) -> Visibility:
    """Hidden comments are still seen by their author and the author's friends."""
    if row.flag("is_hidden"):
        return Visibility.HIDDEN
    return Visibility.PRIVATE if row.flag("is_private") else Visibility.PUBLIC


def profile_item(row: Shape) -> Item:
    """The Page as it presents itself; `text` is its "about" line."""
    page_id = row.needed("id")
    name = row.text("name")
    return Item(
        kind=Kind.PROFILE,
        id=page_id,
        exchange=row.exchange,
        native=row.data,
        author=Author(page_id, row.text("username"), name),
        title=name,
        text=row.text("about"),
        permalink=row.text("link"),
        media=tuple(_profile_media(row)),
        visibility=Visibility.PRIVATE if row.flag("is_published") is False else Visibility.PUBLIC,
        metrics=_metrics(fans=row.number("fan_count"), followers=row.number("followers_count")),
        extra=_present(row, _PROFILE_EXTRA),
    )


def _profile_media(row: Shape) -> list[MediaRef]:
    cover, picture = row.sub("cover"), row.sub("picture").sub("data")
    refs = []
    if cover.text("source"):
        refs.append(MediaRef(key=f"cover/{cover.text('id')}", url=cover.text("source")))
    if picture.text("url"):
        # The picture has no id; the file's name, unlike its signature, changes with it.
        name = urlsplit(picture.text("url")).path.rpartition("/")[2]
        refs.append(MediaRef(key="picture", url=picture.text("url"), change_token=name))
    return refs


def _author(row: Shape) -> Author:
    """Facebook leaves `from` out where the token may not see who it was."""
    author = row.sub("from")
    return Author(id=author.text("id"), name=author.text("name"))


def _present(row: Shape, names: tuple[str, ...]) -> dict[str, object]:
    return {name: row.data[name] for name in names if row.data.get(name) not in (None, "", [])}


def _metrics(**counts: int | None) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count is not None}
