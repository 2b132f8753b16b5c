"""JSON Feed 1.0 and 1.1 (jsonfeed.org): from the bytes to a Document."""

from __future__ import annotations

import json
from collections.abc import Mapping

from connectors.base import Author, Markup, MediaRef
from connectors.errors import BadAnswer
from connectors.feeds.document import Document, Entry
from connectors.feeds.media import absolute, merged, reference

_CONTENT = ("external_url", "banner_image", "_microblog")
_MAX_NUMBER = 400  # digits; beyond it a number in a feed is an attack


def read_json(text: str, address: str) -> Document:
    """The document. Entries that are no objects are left out, with a note.

    Raises: BadAnswer when it is no JSON Feed.
    """
    feed = _object(text)
    version = feed.get("version")
    if not isinstance(version, str) or "jsonfeed.org/version/1" not in version:
        raise BadAnswer(
            'the answer is JSON but no JSON Feed: "version" is not https://jsonfeed.org/version/1.x'
        )
    items = feed.get("items")
    if not isinstance(items, list):
        raise BadAnswer('the JSON Feed has no list "items"; it was expected at the top')
    entries = [_entry(item, address) for item in items if isinstance(item, dict)]
    lost = len(items) - len(entries)
    return Document(
        format="json",
        title=_text(feed, "title"),
        text=_text(feed, "description"),
        link=absolute(_text(feed, "home_page_url"), address),
        language=_text(feed, "language"),
        author=_author(feed),
        image=absolute(_text(feed, "icon") or _text(feed, "favicon"), address),
        entries=tuple(entries),
        native={key: value for key, value in feed.items() if key != "items"},
        next=absolute(_text(feed, "next_url"), address),
        whole=not lost,
        extra={"expired": True} if feed.get("expired") is True else {},
        notes=(f'{lost} of the "items" are no objects and were left out',) if lost else (),
    )


def _object(text: str) -> Mapping[str, object]:
    try:
        value = json.loads(text.lstrip("\ufeff"), parse_int=_number)
    except (ValueError, RecursionError) as error:
        raise BadAnswer(f"the JSON Feed is cut off or damaged: {error}") from error
    if not isinstance(value, dict):
        raise BadAnswer("the answer is JSON but no JSON Feed: an object was expected at the top")
    return value


def _number(digits: str) -> int:
    if len(digits) > _MAX_NUMBER:
        raise ValueError("a number is too long")
    return int(digits)


def _entry(item: Mapping[str, object], address: str) -> Entry:
    html, plain = _text(item, "content_html"), _text(item, "content_text")
    text = html or plain or _text(item, "summary")
    extra: dict[str, object] = {key: item[key] for key in _CONTENT if item.get(key)}
    if _text(item, "summary") and text != _text(item, "summary"):
        extra["summary"] = _text(item, "summary")
    if html and plain:
        extra["content_text"] = plain
    tags = item.get("tags")
    if isinstance(tags, list) and tags:
        extra["tags"] = [str(tag) for tag in tags]
    return Entry(
        given_id=_identity(item),
        native=dict(item),
        link=absolute(_text(item, "url"), address),
        title=_text(item, "title"),
        text=text,
        markup=Markup.HTML if html else Markup.PLAIN,
        author=_author(item),
        published=_date(item, "date_published"),
        updated=_date(item, "date_modified"),
        language=_text(item, "language"),
        base=absolute(_text(item, "url"), address) or address,
        media=_media(item, address),
        extra=extra,
    )


def _identity(item: Mapping[str, object]) -> str:
    """Version 1.1: "if an id is presented as a number, coerce it to a string"."""
    value = item.get("id")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value).strip()


def _media(item: Mapping[str, object], address: str) -> tuple[MediaRef, ...]:
    found = [
        reference(_text(item, name), address, kind="image") for name in ("image", "banner_image")
    ]
    attachments = item.get("attachments")
    for each in attachments if isinstance(attachments, list) else []:
        if isinstance(each, dict):
            found.append(
                reference(
                    _text(each, "url"),
                    address,
                    mime=_text(each, "mime_type"),
                    size=each.get("size_in_bytes"),
                    alt=_text(each, "title"),
                )
            )
    return merged(found)


def _author(holder: Mapping[str, object]) -> Author:
    """Version 1.1 has a list `authors`, version 1.0 one `author`."""
    authors = holder.get("authors")
    first = authors[0] if isinstance(authors, list) and authors else holder.get("author")
    if not isinstance(first, dict):
        return Author()
    return Author(id=_text(first, "url"), name=_text(first, "name"))


def _date(item: Mapping[str, object], name: str) -> str:
    """Some write a number where a date belongs; it is kept, though it cannot be read."""
    value = item.get(name)
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if numeric else _text(item, name)


def _text(holder: Mapping[str, object], name: str) -> str:
    value = holder.get(name)
    return value if isinstance(value, str) else ""
