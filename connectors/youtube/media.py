"""Pictures of videos and of the channel. The API gives no video files."""

from __future__ import annotations

from urllib.parse import urlsplit

from connectors.base import MediaRef
from connectors.youtube.shapes import Shape


def best_picture(key: str, thumbnails: Shape) -> tuple[MediaRef, ...]:
    """The largest picture that is offered. A new one may come under the same address."""
    offered = [thumbnails.sub(name) for name in thumbnails.data]
    sized = [(each.number("width") or 0, each.text("url")) for each in offered]
    found = [(width, url) for width, url in sized if url]
    return (MediaRef(key=key, url=max(found)[1]),) if found else ()


def channel_pictures(row: Shape) -> tuple[MediaRef, ...]:
    """The channel's picture and banner. A new picture has a new address (unverified)."""
    pictures = list(best_picture("picture", row.sub("snippet").sub("thumbnails")))
    banner = row.sub("brandingSettings").sub("image").text("bannerExternalUrl")
    if banner:
        pictures.append(MediaRef(key="banner", url=banner))
    return tuple(
        MediaRef(key=f"{each.key} {urlsplit(each.url).path}", url=each.url) for each in pictures
    )
