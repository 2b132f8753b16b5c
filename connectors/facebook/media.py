"""Attachments of posts and comments: what they are, and where their files lie now.

Addresses of files are signed and expire, so they never identify anything: a file's key is
the id of the photo or video, or its place in the post.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

from connectors.base import MediaRef
from connectors.facebook.shapes import Shape


@dataclass(frozen=True, slots=True)
class Attachment:
    """One thing attached; `target_id` is the photo, video, event or post it shows."""

    media_type: str
    type: str
    title: str
    description: str
    url: str
    target_id: str
    image: str
    source: str
    album: bool = False  # only the frame around the pictures that follow it

    @property
    def is_photo(self) -> bool:
        return not self.album and bool(self.target_id) and self.media_type == "photo"

    @property
    def is_video(self) -> bool:
        return not self.album and ("video" in self.media_type or "video" in self.type)


@dataclass(frozen=True, slots=True)
class MediaNode:
    """What the photo or video itself tells: its largest file and its alternative text."""

    url: str
    alt_text: str = ""


def attachments_of(rows: Iterable[Shape]) -> list[Attachment]:
    """All attachments in order; an album comes before its pictures."""
    found: list[Attachment] = []
    for row in rows:
        parts = row.sub("subattachments").rows("data")
        found.append(replace(_attachment(row), album=bool(parts)))
        found.extend(_attachment(part) for part in parts)
    return found


def _attachment(row: Shape) -> Attachment:
    media = row.sub("media")
    target = row.sub("target")
    return Attachment(
        media_type=row.text("media_type"),
        type=row.text("type"),
        title=row.text("title"),
        description=row.text("description"),
        url=row.text("unshimmed_url") or _unshimmed(row.text("url")),
        target_id=target.text("id"),
        image=media.sub("image").text("src"),
        source=media.text("source"),
    )


def _unshimmed(url: str) -> str:
    """The address behind Facebook's redirector, whose own address changes at every reading."""
    parts = urlsplit(url)
    if parts.hostname == "l.facebook.com" and parts.path == "/l.php":
        return parse_qs(parts.query).get("u", [url])[0]
    return url


def photo_node(row: Shape) -> MediaNode | None:
    """The photo's largest file: Facebook lists it first. None when no file is listed."""
    images = row.rows("images")
    if not images:
        return None
    alt = row.text("alt_text_custom") or row.text("alt_text")
    return MediaNode(images[0].needed("source"), alt)


def video_node(row: Shape) -> MediaNode | None:
    """The video's file, or None when Facebook does not give it."""
    source = row.text("source")
    return MediaNode(source) if source else None


def media_refs(
    owner_id: str, attachments: Sequence[Attachment], nodes: Mapping[str, MediaNode]
) -> tuple[MediaRef, ...]:
    """The files to fetch for a post or comment, each key once."""
    refs: dict[str, MediaRef] = {}
    for place, attachment in enumerate(attachments):
        ref = _ref(f"{owner_id}/{place}", attachment, nodes.get(attachment.target_id))
        if ref is not None:
            refs.setdefault(ref.key, ref)
    return tuple(refs.values())


def _ref(place: str, attachment: Attachment, node: MediaNode | None) -> MediaRef | None:
    if attachment.album:
        return None
    if attachment.is_video:
        source = attachment.source or (node.url if node else "")
        if source:
            return MediaRef(key=attachment.target_id or place, url=source, kind="video")
    elif attachment.is_photo and node is not None:
        return MediaRef(key=attachment.target_id, url=node.url, alt_text=node.alt_text)
    if not attachment.image:
        return None
    # A link's preview picture, or all that Facebook shows of a file it does not give.
    key = attachment.target_id if attachment.is_photo else f"{place}/preview"
    return MediaRef(key=key, url=attachment.image)


def described(attachments: Sequence[Attachment]) -> list[dict[str, str]]:
    """The attachments as content: without the signed addresses, which are no content."""
    return [
        {
            name: value
            for name, value in (
                ("media_type", attachment.media_type),
                ("type", attachment.type),
                ("title", attachment.title),
                ("description", attachment.description),
                ("url", attachment.url),
                ("target_id", attachment.target_id),
            )
            if value
        }
        for attachment in attachments
    ]
