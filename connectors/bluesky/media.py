"""The files of a record: pictures, videos, captions and preview pictures, by their hashes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connectors.base import MediaRef
from connectors.bluesky.shapes import Json, mapping, number, objects, text

Place = Callable[[str], str]
"""From a CID to the address where the file is."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A file that a record refers to."""

    cid: str
    kind: str
    mime: str
    size: int | None
    alt: str


def media_of(record: Json, place: Place) -> tuple[MediaRef, ...]:
    """The files of a post; the same file twice counts twice, since each has its own text."""
    found: dict[str, MediaRef] = {}
    for blob in _embedded(mapping(record.get("embed"))):
        key, again = blob.cid, 2
        while key in found:
            key, again = f"{blob.cid}#{again}", again + 1
        found[key] = _ref(blob, key, place)
    return tuple(found.values())


def portraits_of(profile: Json, place: Place) -> tuple[MediaRef, ...]:
    """The pictures of a profile."""
    blobs = [_blob(profile.get(name), "image", "") for name in ("avatar", "banner")]
    return tuple(_ref(blob, blob.cid, place) for blob in dict.fromkeys(blobs) if blob is not None)


def _ref(blob: Blob, key: str, place: Place) -> MediaRef:
    return MediaRef(
        key=key,
        url=place(blob.cid),
        kind=blob.kind,
        alt_text=blob.alt,
        mime=blob.mime,
        size=blob.size,
    )


def _embedded(embed: Json) -> Iterator[Blob]:
    for picture in (*objects(embed.get("images")), *objects(embed.get("items"))):
        yield from _some(_blob(picture.get("image"), "image", text(picture, "alt")))
    yield from _some(_blob(embed.get("video"), "video", text(embed, "alt")))
    for caption in objects(embed.get("captions")):
        yield from _some(_blob(caption.get("file"), "document", ""))
    yield from _some(_blob(mapping(embed.get("external")).get("thumb"), "image", ""))
    if "media" in embed:  # beside a quoted record
        yield from _embedded(mapping(embed.get("media")))


def _some(blob: Blob | None) -> tuple[Blob, ...]:
    return () if blob is None else (blob,)


def _blob(value: object, kind: str, alt: str) -> Blob | None:
    blob = mapping(value)
    # Before blobs had a type, a file was {"cid", "mimeType"}.
    cid = text(mapping(blob.get("ref")), "$link") or text(blob, "cid")
    if not cid:
        return None
    return Blob(cid, kind, text(blob, "mimeType"), number(blob, "size"), alt)
