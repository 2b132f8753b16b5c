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
from datetime import UTC, datetime
from html.parser import HTMLParser

from archiver.model.manifest import VersionDraft
from connectors.base import Item, Markup, family

_SILENT = frozenset({"script", "style", "template", "noscript"})


def canonical(item: Item) -> str:
    """The canonical form of an item."""
    return json.dumps(
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
        },
        sort_keys=True,
        separators=(",", ":"),
    )


def digest_of(form: str) -> str:
    """Hex SHA-256 of a canonical form."""
    return hashlib.sha256(form.encode("ascii")).hexdigest()


def draft(item: Item, *, form: str, digest: str, seen_at: datetime) -> VersionDraft:
    """The version that this item would be; bounds and media are added by the step."""
    return VersionDraft(
        family=family(item.kind),
        platform_id=item.id,
        kind=item.kind.value,
        parent_id=item.parent_id,
        thread_id=item.thread_id,
        author_id=item.author.id,
        author_handle=storable(item.author.handle),
        author_name=storable(item.author.name),
        permalink=storable(item.permalink),
        published_at=item.published.utc if item.published else None,
        digest=digest,
        version_key=item.version_key,
        superseded=item.superseded,
        edited_at=item.edited.utc if item.edited else None,
        not_before=None,
        not_after=None,
        captured_at=seen_at,
        visibility=item.visibility.value,
        language=item.language,
        title=storable(item.title),
        words=words(item),
        canonical=form,
        native=json.dumps(item.native, separators=(",", ":"), default=str),
        exchange=item.exchange,
    )


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
        self.parts.append(" ")
        self.parts.extend(f" {value} " for name, value in attrs if name == "alt" and value)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1
        self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
