"""Media of an entry: enclosures and the images, sounds and films inside its HTML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from connectors.base import MediaRef

_SIGNING = re.compile(
    r"(?i)^(x-amz-|x-goog-|utm_)|^(expires|signature|key-pair-id|policy|token|sig|hdnts|hdnea|"
    r"googleaccessid|awsaccesskeyid|se|sp|sv|sr|st|skoid|sktid|ske|sks|skv)$"
)
_KINDS = {  # by the ending of the path, where no type is given
    "image": ("jpg", "jpeg", "png", "gif", "webp", "avif", "svg", "bmp", "tif", "tiff", "heic"),
    "video": ("mp4", "m4v", "mov", "webm", "mpg", "mpeg", "avi", "wmv", "ogv"),
    "audio": ("mp3", "m4a", "ogg", "oga", "opus", "wav", "aac", "flac", "wma"),
}


def absolute(address: str, base: str) -> str:
    """The http(s) address that `address` means in a document at `base`; empty when none."""
    if not address.strip():
        return ""
    try:
        joined = urljoin(base, address.strip())
        parts = urlsplit(joined)
    except ValueError:
        return ""
    return joined if parts.scheme in {"http", "https"} and parts.netloc else ""


def media_key(url: str) -> str:
    """The address without fragment, signatures and campaign marks: the same file, same key."""
    parts = urlsplit(url)
    query = [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True)]
    kept = [(k, v) for k, v in query if not _SIGNING.search(k)]
    text = parts.query if len(kept) == len(query) else urlencode(kept)
    return urlunsplit((parts.scheme, parts.netloc.lower(), parts.path, text, ""))


def kind_of(url: str, mime: str = "", medium: str = "") -> str:
    """image, video, audio or document: by the feed's word, else by the address."""
    for said in (medium.lower(), mime.lower().partition("/")[0]):
        if said in _KINDS:
            return said
    ending = urlsplit(url).path.rpartition(".")[2].lower()
    return next((kind for kind, endings in _KINDS.items() if ending in endings), "document")


def reference(
    address: str,
    base: str,
    *,
    mime: str = "",
    medium: str = "",
    kind: str = "",
    size: object = None,
    alt: str = "",
) -> MediaRef | None:
    """A reference to a file, or None when the address is none that can be fetched."""
    url = absolute(address, base)
    if not url:
        return None
    length = _length(size)
    return MediaRef(
        key=media_key(url),
        url=url,
        kind=kind or kind_of(url, mime, medium),
        alt_text=alt.strip(),
        mime=mime.lower(),
        size=length,
        change_token="" if length is None else f"length:{length}",
    )


def _length(size: object) -> int | None:
    """Feeds write 0, -1, "12,345" or nothing where they do not know."""
    digits = str(size if size is not None else "").strip().replace(",", "")
    return (
        int(digits) if digits.isascii() and digits.isdigit() and 0 < int(digits) < 2**50 else None
    )


def merged(references: Iterable[MediaRef | None]) -> tuple[MediaRef, ...]:
    """Each file once, in order; what a later mention knows more is added to the first."""
    found: dict[str, MediaRef] = {}
    for each in references:
        if each is None:
            continue
        known = found.get(each.key)
        if known is None:
            found[each.key] = each
            continue
        found[each.key] = replace(
            known,
            alt_text=known.alt_text or each.alt_text,
            mime=known.mime or each.mime,
            size=known.size if known.size is not None else each.size,
            change_token=known.change_token or each.change_token,
        )
    return tuple(found.values())


def in_html(text: str, base: str) -> tuple[MediaRef, ...]:
    """The files an HTML text shows. One-pixel images count readers and are left out."""
    reader = _Shown(base)
    reader.feed(text)
    reader.close()
    return merged(reader.found)


class _Shown(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self._base = base
        self._within = ""  # <source> belongs to the video or audio around it
        self.found: list[MediaRef | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in {"video", "audio"}:
            self._within = tag
        if tag == "img":
            if {given.get("width"), given.get("height")} <= {"0", "1", "0px", "1px"}:
                return
            self._add(given.get("src", ""), "image", given.get("alt", ""))
        elif tag in {"video", "audio"} or (tag == "source" and self._within):
            self._add(given.get("src", ""), self._within, given.get("title", ""))
            self._add(given.get("poster", ""), "image", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._within:
            self._within = ""

    def _add(self, address: str, kind: str, alt: str) -> None:
        if address.strip():
            self.found.append(reference(address, self._base, kind=kind, alt=alt))


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name == "id" or (name == "name" and tag == "a")):
                self.names.add(value)


def anchors(page: str) -> frozenset[str]:
    """The names of the places in an HTML page to which a `#fragment` can lead."""
    reader = _Anchors()
    reader.feed(page)
    reader.close()
    return frozenset(reader.names)
