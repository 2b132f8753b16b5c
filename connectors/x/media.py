"""Where the files of a post or profile are, in the best form that X keeps."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from connectors.base import MediaRef
from connectors.x.answers import Json, numbers_of, object_of, objects_of, text_of, texts_of


def media_keys_of(post: Json) -> list[str]:
    """The media keys attached to a post, in their order."""
    return texts_of(object_of(post, "attachments"), "media_keys")


def media_of(post: Json, known: Mapping[str, Json]) -> tuple[tuple[MediaRef, ...], list[str]]:
    """The files of a post, and the keys of attachments for which X names no file."""
    found: list[MediaRef] = []
    fileless: list[str] = []
    for key in media_keys_of(post):
        ref = _file(key, known.get(key, {}))
        if ref is None:
            fileless.append(key)
        else:
            found.append(ref)
    return tuple(found), fileless


def _file(key: str, media: Json) -> MediaRef | None:
    alt_text = text_of(media, "alt_text")
    if text_of(media, "type") == "photo":
        url = text_of(media, "url")
        return MediaRef(key=key, url=_original(url), alt_text=alt_text) if url else None
    videos = [
        (dict(numbers_of(variant)).get("bit_rate", 0), text_of(variant, "url"))
        for variant in objects_of(media, "variants")
        if text_of(variant, "content_type") == "video/mp4" and text_of(variant, "url")
    ]
    if not videos:
        return None
    return MediaRef(key=key, url=max(videos)[1], kind="video", alt_text=alt_text, mime="video/mp4")


def _original(url: str) -> str:
    """A photo's address names a reduced size unless it asks for the original."""
    parts = urlsplit(url)
    query = {**dict(parse_qsl(parts.query)), "name": "orig"}
    return urlunsplit(parts._replace(query=urlencode(query)))


def profile_pictures(user: Json) -> tuple[MediaRef, ...]:
    """The profile image in full size and the banner; a new picture has a new address, so the
    path is the key."""
    pictures: list[MediaRef] = []
    image = text_of(user, "profile_image_url").replace("_normal.", ".")
    for what, url in (("image", image), ("banner", text_of(user, "profile_banner_url"))):
        if url:
            pictures.append(MediaRef(key=f"profile {what} {urlsplit(url).path}", url=url))
    return tuple(pictures)
