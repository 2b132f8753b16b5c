"""One entry of an XML feed: from feedparser's reading and the exact one to an Entry."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.base import Author, Markup, MediaRef
from connectors.feeds import raw
from connectors.feeds.document import Entry
from connectors.feeds.media import absolute, merged, reference

DUBLIN = "http://purl.org/dc/elements/1.1/"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
_MAIL_FORM = re.compile(r"\S+@\S+\s*\((?P<name>.+)\)|(?P<other>.+?)\s*<\S+@\S+>")
_ITUNES_NOISE = frozenset({"itunes_image"})


def plain(value: object) -> Any:
    """JSON values of what feedparser built, without its own reading of dates."""
    if isinstance(value, dict):
        return {
            str(key): plain(each)
            for key, each in dict.items(value)
            if not isinstance(each, time.struct_time) and not str(key).endswith("_parsed")
        }
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


class EntryReader:
    """Reads the entries of one document of format `version` that was found at `address`."""

    def __init__(self, version: str, address: str, feed: Mapping[str, Any]) -> None:
        self._atom = version.startswith("atom")
        self._address = address
        self._feed = feed

    def read(self, entry: Mapping[str, Any], node: raw.Node | None) -> Entry:
        """`entry` is feedparser's, `node` the exact one where the XML is well-formed."""
        base = absolute(node.base, self._address) if node and node.base else ""
        base = base or self._address
        text, markup, summary = self._texts(entry, node)
        native: dict[str, object] = {"parsed": plain(entry)}
        if node is not None:
            native["xml"] = node.source
        link = self._link(entry, base)
        return Entry(
            given_id=str(entry.get("id") or "").strip(),
            native=native,
            link=link,
            title=self._title(entry, node),
            text=text,
            markup=markup,
            author=self._author(entry, node),
            published=str(entry.get("published") or entry.get("created") or ""),
            updated=str(entry.get("updated") or ""),
            language=self._language(entry, node),
            base=self._text_base(node, base, link),
            media=self._media(entry, node, base),
            in_reply_to=self._reply(entry, node),
            comments_feed=self._comments_feed(entry, base),
            comment_count=self._comment_count(entry, node),
            extra=self._extra(entry, node, summary),
        )

    def _link(self, entry: Mapping[str, Any], base: str) -> str:
        link = str(entry.get("link") or "")
        if not link:
            others = [each for each in entry.get("links", []) if each.get("rel") == "alternate"]
            link = str(others[0].get("href") or "") if others else ""
        if entry.get("guidislink") and not re.match(r"https?://", link, re.IGNORECASE):
            return ""  # a bare number as guid, wrongly taken for an address
        return absolute(link, base)

    def _text_base(self, node: raw.Node | None, base: str, link: str) -> str:
        """xml:base of the text, of the entry, or (RSS has none) the entry's own page."""
        bodies = [] if node is None else _bodies(node)
        if bodies and bodies[0].base:
            return absolute(bodies[0].base, self._address) or base
        return base if self._atom else link or base

    def _title(self, entry: Mapping[str, Any], node: raw.Node | None) -> str:
        found = node.first((*raw.PLAIN_RSS, *raw.ATOM), "title") if node else None
        if found is not None and not found.children and not _encoded(found):
            return found.text.strip()
        return str(entry.get("title") or "")

    def _texts(self, entry: Mapping[str, Any], node: raw.Node | None) -> tuple[str, Markup, str]:
        """Text, its markup, and a summary when it says something else."""
        found = [] if node is None else [self._exact(each, entry) for each in _bodies(node)]
        if not found:
            found = list(_parsed_texts(entry))
        found = [each for each in found if each[0]]
        if not found:
            return "", Markup.PLAIN, ""
        text, markup = found[0]
        summary = next((each for each, _ in found[1:] if each != text), "")
        return text, markup, summary

    def _exact(self, node: raw.Node, entry: Mapping[str, Any]) -> tuple[str, Markup]:
        kind = node.attributes.get("type", "").lower()
        if _encoded(node):
            return next(_parsed_texts(entry), ("", Markup.HTML))
        if "xhtml" in kind or node.children:
            elements = node.children
            wrapped = len(elements) == 1 and elements[0].name == "div" and not node.text.strip()
            return (elements[0].inner if wrapped else node.inner).strip(), Markup.HTML
        markup = Markup.HTML
        if node.space in raw.ATOM and "html" not in kind:
            markup = Markup.PLAIN
        return node.text.strip(), markup

    def _author(self, entry: Mapping[str, Any], node: raw.Node | None) -> Author:
        if node is not None and not self._atom:
            for each in node.all((*raw.PLAIN_RSS, DUBLIN, ITUNES), "creator", "author"):
                if each.text.strip():
                    return Author(name=_name(each.text.strip()))
        found = [a for a in entry.get("authors", []) if a.get("name") or a.get("email")]
        detail = found[0] if found else entry.get("author_detail") or {}
        if not detail and self._atom:
            detail = self._feed.get("author_detail") or {}
        name = str(detail.get("name") or entry.get("author") or detail.get("email") or "")
        return Author(id=str(detail.get("href") or ""), name=name)

    def _language(self, entry: Mapping[str, Any], node: raw.Node | None) -> str:
        if node is not None and node.language:
            return node.language
        return str(entry.get("language") or self._feed.get("language") or "")

    def _media(
        self, entry: Mapping[str, Any], node: raw.Node | None, base: str
    ) -> tuple[MediaRef, ...]:
        found: list[MediaRef | None] = []
        for link in entry.get("links", []):
            if link.get("rel") == "enclosure" and link.get("href"):
                found.append(
                    reference(
                        link["href"],
                        base,
                        mime=str(link.get("type") or ""),
                        size=link.get("length"),
                        alt=str(link.get("title") or ""),
                    )
                )
        for body in entry.get("content", []):
            if body.get("src"):
                found.append(reference(body["src"], base, mime=str(body.get("type") or "")))
        found += _media_rss(entry, node, base)
        image = (entry.get("image") or {}).get("href")
        if image:
            found.append(reference(image, base, kind="image"))
        for each in node.all(raw.PODCAST, "transcript", "chapters") if node else ():
            mime = each.attributes.get("type", "")
            found.append(
                reference(each.attributes.get("url", ""), base, mime=mime, kind="document")
            )
        return merged(found)

    def _reply(self, entry: Mapping[str, Any], node: raw.Node | None) -> str:
        found = node.first(raw.THREAD, "in-reply-to") if node else None
        attributes = found.attributes if found is not None else entry.get("thr_in-reply-to")
        return str(attributes.get("ref") or "") if isinstance(attributes, Mapping) else ""

    def _comments_feed(self, entry: Mapping[str, Any], base: str) -> str:
        given = str(entry.get("wfw_commentrss") or "")
        for link in entry.get("links", []):
            if not given and link.get("rel") == "replies" and "xml" in str(link.get("type")):
                given = str(link.get("href") or "")
        return absolute(given, base)

    def _comment_count(self, entry: Mapping[str, Any], node: raw.Node | None) -> int | None:
        total = node.first(raw.THREAD, "total") if node else None
        counted = [total.text if total else "", str(entry.get("slash_comments") or "")]
        counted += [str(link.get("thr:count") or "") for link in entry.get("links", [])]
        digits = next((each.strip() for each in counted if each.strip().isdecimal()), "")
        return int(digits) if digits else None

    def _extra(
        self, entry: Mapping[str, Any], node: raw.Node | None, summary: str
    ) -> dict[str, object]:
        extra: dict[str, object] = {}
        if summary:
            extra["summary"] = summary
        if "html" in str((entry.get("title_detail") or {}).get("type", "")) and self._atom:
            extra["title_markup"] = "html"
        tags = [tag.get("term") for tag in entry.get("tags", []) if tag.get("term")]
        if tags:
            extra["tags"] = tags
        for name in ("rights", "source", "contributors"):
            if entry.get(name):
                extra[name] = plain(entry[name])
        for name, value in entry.items():
            if name.startswith("itunes_") and name not in _ITUNES_NOISE and value is not None:
                extra[name] = plain(value)
        podcast = (
            [_as_json(each) for each in node.children if each.space in raw.PODCAST] if node else []
        )
        if podcast:
            extra["podcast"] = podcast
        return extra


def _name(given: str) -> str:
    """RSS wants "lou@police.example (Officer Lou)"; many write only the name."""
    found = _MAIL_FORM.fullmatch(given)
    return (found["name"] or found["other"]).strip() if found else given


def _bodies(node: raw.Node) -> list[raw.Node]:
    """The elements that hold the text, the fullest first."""
    full = [
        *node.all(raw.CONTENT, "encoded"),
        *node.all(raw.ATOM, "content"),
        *node.all(raw.XHTML, "body"),
    ]
    full.sort(key=lambda each: "html" not in each.attributes.get("type", "html").lower())
    short = [
        *node.all(raw.PLAIN_RSS, "description"),
        *node.all(DUBLIN, "description"),
        *node.all(raw.ATOM, "summary"),
        *node.all(ITUNES, "summary"),
    ]
    return full + short


def _encoded(node: raw.Node) -> bool:
    """Whether the text stands there in base64 (Atom 0.3, or content of a binary type)."""
    kind = node.attributes.get("type", "text").lower()
    if node.attributes.get("mode") == "base64":
        return True
    return "/" in kind and not kind.startswith("text/") and not kind.endswith(("xml", "+xml"))


def _parsed_texts(entry: Mapping[str, Any]) -> Iterator[tuple[str, Markup]]:
    contents = list(entry.get("content", []))
    contents.sort(key=lambda each: "html" not in str(each.get("type")))
    detail = entry.get("summary_detail") or {}
    pairs = [(each.get("value"), each.get("type")) for each in contents]
    pairs.append((entry.get("summary"), detail.get("type", "text/html")))
    for value, kind in pairs:
        if value:
            yield str(value), Markup.HTML if "html" in str(kind) else Markup.PLAIN


def _media_rss(entry: Mapping[str, Any], node: raw.Node | None, base: str) -> list[MediaRef | None]:
    """media:content, with what media:description says of it; else its thumbnails."""
    found: list[MediaRef | None] = []
    if node is not None:
        for each in node.walk():
            if each.space in raw.MEDIA and each.name == "content" and "url" in each.attributes:
                told = each.first(raw.MEDIA, "description") or each.first(raw.MEDIA, "title")
                found.append(_media_content(each.attributes, base, told.text if told else ""))
    else:
        given = entry.get("media_content", [])
        found += [_media_content(each, base, "") for each in given if each.get("url")]
    for each in entry.get("media_thumbnail", []):
        if each.get("url"):
            found.append(reference(str(each["url"]), base, kind="image"))
    return found


def _media_content(attributes: Mapping[str, str], base: str, alt: str) -> MediaRef | None:
    return reference(
        attributes["url"],
        base,
        mime=attributes.get("type", ""),
        medium=attributes.get("medium", ""),
        size=attributes.get("fileSize") or attributes.get("filesize"),
        alt=alt,
    )


def _as_json(node: raw.Node) -> dict[str, object]:
    value: dict[str, object] = {"name": node.name, **node.attributes}
    if node.text.strip():
        value["text"] = node.text.strip()
    if node.children:
        value["children"] = [_as_json(each) for each in node.children]
    return value
