"""A held picture as a browser may show it to a reviewer: the kinds that are only pixels, told by
their bytes and not by what a platform called them.

Regions are drawn on what is shown, so it must be the very picture that is cut: what a browser
might turn another way than `archiver.export.redaction_picture` does is made anew by that.
"""

from __future__ import annotations

from collections.abc import Iterable

import filetype

from archiver.export.redaction_picture import PictureError, Region, redacted
from archiver.values import Mark

_PLAIN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
_TURNS = {"image/png": b"eXIf", "image/webp": b"EXIF"}  # how a file of this kind says that it lies


def shown(data: bytes) -> tuple[str, bytes] | None:
    """MIME type and bytes to show; None for what is no picture that can be redacted."""
    mime = filetype.guess_mime(data) or ""
    if mime in _PLAIN and (mime not in _TURNS or _TURNS[mime] not in data):
        return mime, data
    if not mime.startswith("image/"):
        return None
    return without(data, ())


def without(data: bytes, marks: Iterable[Mark]) -> tuple[str, bytes] | None:
    """The picture as it is released with these regions of it covered; None for what is no
    such picture, or does not have such regions."""
    regions = [
        Region(x=each.x, y=each.y, width=each.width, height=each.height, blur=each.style == "blur")
        for each in marks
    ]
    try:
        made = redacted(data, regions)
    except PictureError:
        return None
    return made.mime, made.data
