"""Where the files of a status or profile are."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from connectors.base import MediaRef
from connectors.mastodon.answers import Json, id_of, text_of

_KINDS = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}


def media_of(attachments: Iterable[Json]) -> tuple[tuple[MediaRef, ...], list[str]]:
    """The files, and the ids of attachments for which the server names no file.

    The server's own copy comes first; of what another server holds it may have none.
    """
    found: list[MediaRef] = []
    fileless: list[str] = []
    for each in attachments:
        url = text_of(each, "url") or text_of(each, "remote_url")
        if not url:
            fileless.append(id_of(each))
            continue
        found.append(
            MediaRef(
                key=id_of(each),
                url=url,
                kind=_KINDS.get(text_of(each, "type"), "document"),
                alt_text=text_of(each, "description"),
            )
        )
    return tuple(found), fileless


def pictures_of(account: Json) -> tuple[MediaRef, ...]:
    """Avatar and header. A new picture has a new address, so the path is the key."""
    found = []
    for what in ("avatar", "header"):
        url = text_of(account, what)
        if url:
            key = f"profile {what} {urlsplit(url).path}"
            alt_text = text_of(account, f"{what}_description")
            found.append(MediaRef(key=key, url=url, alt_text=alt_text))
    return tuple(found)
