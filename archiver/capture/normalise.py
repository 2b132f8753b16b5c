"""From a platform's item to the canonical form whose digest tells one state from another.

In the form: what the thing says and is (kind, author's id, text, title, language, parent,
thread, published time, visibility, media by key with alternative text, everything in
`extra`). Not in it: counts, signed addresses, the author's display name, the permalink and
the edit time, which change without the record changing. The form is ASCII JSON with sorted
keys, so that every text a platform may send, lone surrogates and zero bytes included, has
exactly one spelling.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from secrets import token_hex

import orjson

from archiver.model.manifest import MediaDraft, VersionDraft
from connectors.base import Item, Markup, family

# Encoders are kept: making one for every item would cost as much as encoding it.
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"))
_NATIVE = json.JSONEncoder(separators=(",", ":"), default=str)
_BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li",
        "main", "nav", "ol", "option", "p", "pre", "section", "table", "tbody", "td", "tfoot",
        "th", "thead", "tr", "ul", "video", "audio", "img",
    }
)  # fmt: skip
_SILENT = frozenset({"script", "style", "template", "noscript"})


def canonical(item: Item) -> str:
    """The canonical form of an item."""
    return _CANONICAL.encode(
        {
            "author": item.author.id,
            "extra": item.extra,
            "id": item.id,
            "kind": item.kind.value,
            "language": item.language,
            "markup": item.markup.value,
            "media": [
                {"alt": m.alt_text, "key": m.key, "kind": m.kind, "token": m.change_token}
                for m in item.media
            ],
            "parent": item.parent_id,
            "published": _iso(item.published.utc) if item.published else "",
            "text": item.text,
            "thread": item.thread_id,
            "title": item.title,
            "visibility": item.visibility.value,
        }
    )


def digest_of(form: str) -> str:
    """Hex SHA-256 of a canonical form."""
    return hashlib.sha256(form.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Reading:
    """An item as read, with its canonical form: enough to tell whether it is new."""

    item: Item
    key: tuple[str, str]  # family, platform id
    form: str
    digest: str
    version_key: str
    superseded: bool
    seen_at: datetime
    scrub: Callable[[str], str] | None


def read(item: Item, *, seen_at: datetime, scrub: Callable[[str], str] | None = None) -> Reading:
    """Bring an item into its canonical form. `scrub` masks credentials that the platform
    may have echoed inside it."""
    form = canonical(item)
    if scrub is not None:
        form = scrub(form)
    return Reading(
        item,
        (family(item.kind), storable(item.id)),
        form,
        digest_of(form),
        storable(item.version_key),
        item.superseded,
        seen_at,
        scrub,
    )


def draft(
    reading: Reading,
    *,
    not_before: datetime | None,
    not_after: datetime | None,
    media: tuple[MediaDraft, ...] = (),
) -> VersionDraft:
    """The version that a reading makes, with its time bounds and its media."""
    item = reading.item
    clean = reading.scrub or _as_it_is
    return VersionDraft(
        family=reading.key[0],
        platform_id=reading.key[1],
        kind=item.kind.value,
        parent_id=storable(item.parent_id),
        thread_id=storable(item.thread_id),
        author_id=storable(item.author.id),
        author_handle=storable(item.author.handle),
        author_name=storable(item.author.name),
        permalink=storable(clean(item.permalink)),
        published_at=item.published.utc if item.published else None,
        digest=reading.digest,
        version_key=reading.version_key,
        superseded=item.superseded,
        edited_at=item.edited.utc if item.edited else None,
        not_before=not_before,
        not_after=not_after,
        captured_at=reading.seen_at,
        visibility=item.visibility.value,
        language=storable(item.language),
        title=storable(clean(item.title)),
        words=clean(words(item)),
        canonical=reading.form,
        native=clean(native_json(item)),
        exchange=item.exchange,
        media=media,
        salt=token_hex(16),
    )


def _as_it_is(text: str) -> str:
    return text


def native_json(item: Item) -> str:
    """The platform's JSON as text; what orjson cannot write exactly goes the slow way."""
    try:
        return orjson.dumps(item.native).decode("utf-8")
    except (TypeError, ValueError):
        return _NATIVE.encode(item.native)


def words(item: Item) -> str:
    """Plain text for search: the text without its markup, and the alternative texts."""
    text = plain(item.text) if item.markup is Markup.HTML else item.text
    extra = [m.alt_text for m in item.media if m.alt_text]
    return storable(unicodedata.normalize("NFC", "\n".join([text, *extra]) if extra else text))


def storable(text: str) -> str:
    """The text with what no database takes (zero bytes, lone surrogates) replaced; the
    canonical form keeps the original."""
    if text.isascii():
        return text.replace("\0", "\ufffd") if "\0" in text else text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")


def plain(html: str) -> str:
    """The words of an HTML text, block by block."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    return " ".join("".join(reader.parts).split())


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag in _BLOCKS:
            self.parts.append(" ")
        self.parts.extend(f" {value} " for name, value in attrs if name == "alt" and value)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1
        if tag in _BLOCKS:
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
