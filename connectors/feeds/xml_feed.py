"""RSS, RDF and Atom, podcasts included: from the bytes to a Document.

feedparser does the reading; its sanitising and its resolving of addresses are off, and it
is told no address, so that ids stay as written. Where the XML is well-formed, texts and
repeated elements come from the exact reading in `raw`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import feedparser  # type: ignore[import-untyped]

from connectors.base import Author, Markup
from connectors.errors import BadAnswer
from connectors.feeds import raw
from connectors.feeds.charset import Decoded, as_utf8
from connectors.feeds.document import Document, Tombstone
from connectors.feeds.media import absolute
from connectors.feeds.xml_entry import EntryReader, plain

_CLOSING = re.compile(rb"</\s*(?:[\w.-]+:)?(?:rss|feed|rdf)\s*>", re.IGNORECASE)
_ENTRY_CLOSING = re.compile(rb"</\s*(?:[\w.-]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_FEED_EXTRA = (
    "rights", "generator", "itunes_type", "itunes_explicit", "itunes_complete",
    "itunes_new-feed-url", "itunes_block", "podcast_guid", "podcast_locked", "newlocation",
)  # fmt: skip


def read_xml(decoded: Decoded, address: str) -> Document:
    """The document.

    Raises: BadAnswer when it is no feed, is cut off, or declares dangerous entities.
    """
    document = as_utf8(decoded)
    raw.refuse_entities(document)
    tree = raw.read(document)
    if tree is None:
        document = _without_trailer(document)
        tree = raw.read(document)
    parsed: dict[str, Any] = feedparser.parse(
        io.BytesIO(document),
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,
        resolve_relative_uris=False,
    )
    version = str(parsed.get("version") or "")
    entries = parsed["entries"]
    if not version:
        raise BadAnswer(_not_a_feed(decoded.text))
    if tree is None and _is_cut_off(document):
        raise BadAnswer(
            "the feed is cut off: its closing tag is missing; nothing of it is kept, because the "
            "last entry may be a fragment"
        )
    nodes = _entry_nodes(tree)
    exact = len(nodes) == len(entries)
    reader = EntryReader(version, address, parsed["feed"])
    feed = dict.copy(parsed["feed"])
    notes = [decoded.note] if decoded.note else []
    if tree is None or not exact:
        notes.append("the feed's XML is broken; it was read as well as it could be")
    return replace(
        _feed_level(feed, version, address, tree),
        entries=tuple(
            reader.read(dict.copy(entry), nodes[place] if exact else None)
            for place, entry in enumerate(entries)
        ),
        whole=tree is not None and exact,
        states=version.startswith("atom"),
        tombstones=_tombstones(tree),
        notes=tuple(notes),
    )


def _without_trailer(document: bytes) -> bytes:
    """Servers append warnings and counters behind the feed; they are no part of it."""
    closing = [found.end() for found in _CLOSING.finditer(document)]
    return document[: closing[-1]] if closing else document


def _not_a_feed(text: str) -> str:
    if not text.strip():
        return "the answer is empty; a feed was expected"
    if re.search(r"<html[\s>]|<!doctype\s+html", text[:4096], re.IGNORECASE):
        return "the answer is a web page, not a feed; check the feed's address"
    return "the answer is neither RSS nor Atom nor JSON Feed; check the feed's address"


def _is_cut_off(document: bytes) -> bool:
    closing = [found.start() for found in _CLOSING.finditer(document)]
    last = [found.start() for found in _ENTRY_CLOSING.finditer(document)]
    return not closing or bool(last and closing[-1] < last[-1] and b"<rdf" not in document.lower())


def _entry_nodes(tree: raw.Node | None) -> list[raw.Node]:
    if tree is None:
        return []
    spaces = (*raw.PLAIN_RSS, *raw.ATOM)
    return [n for n in tree.walk() if n.name in {"item", "entry"} and n.space in spaces]


def _feed_level(
    feed: Mapping[str, Any], version: str, address: str, tree: raw.Node | None
) -> Document:
    links = [link for link in feed.get("links", []) if link.get("href")]
    detail = feed.get("subtitle_detail") or {}
    image = feed.get("image") or {}
    picture = image.get("href") or feed.get("logo") or feed.get("icon") or ""
    author = feed.get("author_detail") or {}
    extra: dict[str, object] = {name: feed[name] for name in _FEED_EXTRA if feed.get(name)}
    tags = [tag.get("term") for tag in feed.get("tags", []) if tag.get("term")]
    if tags:
        extra["tags"] = tags
    return Document(
        format=version,
        title=str(feed.get("title") or ""),
        text=str(feed.get("subtitle") or ""),
        markup=Markup.HTML if "html" in str(detail.get("type", "")) else Markup.PLAIN,
        link=absolute(str(feed.get("link") or ""), address),
        language=str(feed.get("language") or ""),
        author=Author(id=author.get("href") or "", name=author.get("name") or ""),
        image=absolute(picture, address),
        entries=(),
        native={"feed": plain(feed)},
        next=_way_on(links, address),
        complete=_says_complete(tree),
        extra=extra,
    )


def _way_on(links: list[Mapping[str, Any]], address: str) -> str:
    """Archives (RFC 5005, section 4) do not shift while they are walked; pages do."""
    for wanted in ("prev-archive", "next"):
        for link in links:
            if str(link.get("rel", "")).lower() == wanted:
                return absolute(link["href"], address)
    return ""


def _says_complete(tree: raw.Node | None) -> bool:
    holders = [] if tree is None else [tree, *tree.all(raw.PLAIN_RSS, "channel")]
    return any(holder.first(raw.HISTORY, "complete") is not None for holder in holders)


def _tombstones(tree: raw.Node | None) -> tuple[Tombstone, ...]:
    if tree is None:
        return ()
    found = []
    for node in tree.walk():
        if node.space != raw.TOMBSTONE or node.name != "deleted-entry":
            continue
        by = node.first(raw.TOMBSTONE, "by")
        name = by.first(raw.ATOM, "name") if by else None
        comment = node.first(raw.TOMBSTONE, "comment")
        found.append(
            Tombstone(
                ref=node.attributes.get("ref", "").strip(),
                when=node.attributes.get("when", "").strip(),
                by=name.text.strip() if name else "",
                comment=comment.text.strip() if comment else "",
            )
        )
    return tuple(each for each in found if each.ref)
