"""The media files that a post's HTML shows or offers for download.

Only what the author put in: the renditions that WordPress makes for other screen sizes
(`srcset`) show the same picture and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import PurePosixPath
from urllib.parse import urljoin, urlsplit

from connectors.base import MediaRef

UPLOADS = re.compile(r"/(?:wp-content/uploads|uploads|files)/")
_OFFICE = ("pdf", "doc", "docx", "odt", "rtf", "txt", "xls", "xlsx", "ods", "csv", "ppt", "pptx")
DOCUMENTS = frozenset({*_OFFICE, "odp", "zip", "kml", "kmz", "ics", "eml", "msg"})
KINDS = {
    "image": ("jpg", "jpeg", "png", "gif", "webp", "avif", "bmp", "tif", "tiff", "heic", "svg"),
    "video": ("mp4", "m4v", "mov", "webm", "ogv", "avi", "wmv", "mpg", "mpeg", "3gp"),
    "audio": ("mp3", "m4a", "ogg", "oga", "opus", "wav", "flac", "aac", "wma"),
}


def media_in(contents: Iterable[str], base: str) -> tuple[MediaRef, ...]:
    """The media of some HTML texts of one post, each file once, in order of appearance.

    `base` is the post's own address, against which relative links are read.
    """
    finder = _Finder(base)
    for content in contents:
        finder.feed(content)
        finder.close()
        finder.reset()
    return tuple(finder.found.values())


def key_of(url: str) -> str:
    """The file's name on its host: the address without query and fragment."""
    parts = urlsplit(url)
    return parts._replace(scheme="", query="", fragment="").geturl().removeprefix("//")


def kind_of(url: str, mime: str = "") -> str:
    """image, video, audio or document, by MIME type, else by the name's ending."""
    family = mime.partition("/")[0]
    if family in KINDS:
        return family
    ending = _ending(url)
    return next((kind for kind, endings in KINDS.items() if ending in endings), "document")


def _ending(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).suffix.lower().lstrip(".")


class _Finder(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base
        self._host = urlsplit(base).netloc
        self.found: dict[str, MediaRef] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        if tag == "img":
            self._add(given.get("src"), "image", alt=given.get("alt", ""))
        elif tag == "video":
            self._add(given.get("src"), "video")
            self._add(given.get("poster"), "image")
        elif tag == "audio":
            self._add(given.get("src"), "audio")
        elif tag in {"source", "embed"}:
            self._add(given.get("src"), "", mime=given.get("type", ""))
        elif tag == "object":
            self._add(given.get("data"), "", mime=given.get("type", ""))
        elif tag == "a":
            self._add_download(given.get("href"))

    def _add(self, link: str | None, kind: str, *, alt: str = "", mime: str = "") -> None:
        url = self._absolute(link)
        if url is None:
            return
        ref = MediaRef(
            key=key_of(url), url=url, kind=kind or kind_of(url, mime), alt_text=alt, mime=mime
        )
        self.found.setdefault(ref.key, ref)

    def _add_download(self, link: str | None) -> None:
        url = self._absolute(link)
        if url is None or urlsplit(url).netloc != self._host:
            return
        ending = _ending(url)
        known = ending in DOCUMENTS or any(ending in endings for endings in KINDS.values())
        if known or (ending and UPLOADS.search(urlsplit(url).path)):
            self._add(url, "")

    def _absolute(self, link: str | None) -> str | None:
        if link is None:
            return None
        try:
            url = urljoin(self._base, link.strip())
            parts = urlsplit(url)
        except ValueError:  # what somebody typed need not be an address
            return None
        return url if parts.scheme in {"http", "https"} and parts.netloc else None
