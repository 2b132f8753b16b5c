"""From the API's JSON to items. Pure.

A bookmark is known by the MD5 of the address it points at, which Pinboard gives as `hash`; the
bookmarks file of `connectors.imports` makes the same ids and the same content. Of its own
address the API tells nothing: `permalink` is the address that was saved, and the only thing
that a bookmark can be asked for by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from connectors.base import Author, Item, Kind, Stamp, Visibility
from connectors.pinboard.api import Answer

Row = Mapping[str, object]


def text(row: Row, name: str) -> str:
    """A text field. Empty when missing; PHP has `false` and null for an empty text."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def rows_of(answer: Answer, listed: object) -> list[Row]:
    """A list of bookmarks. Raises: BadAnswer when it is anything else."""
    if not isinstance(listed, list):
        raise answer.odd("a list of bookmarks was expected")
    for row in listed:
        if not isinstance(row, Mapping) or not text(row, "href"):
            raise answer.odd("there is a bookmark without an address")
    return listed


def id_of(row: Row) -> str:
    """The bookmark's identity."""
    return text(row, "hash") or id_of_address(text(row, "href"))


def id_of_address(address: str) -> str:
    """What Pinboard calls the hash of an address."""
    return hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()


def item_of(row: Row, user: str, exchange: str) -> Item:
    """One bookmark as it is now."""
    address = text(row, "href")
    facts: dict[str, object] = {
        "address": address,
        "tags": text(row, "tags").split(),
        "toread": text(row, "toread") == "yes",
    }
    private = text(row, "shared") == "no"
    return Item(
        kind=Kind.POST,
        id=id_of(row),
        exchange=exchange,
        native=row,
        author=Author(id=user, handle=user),
        title=text(row, "description"),
        text=text(row, "extended"),
        published=_stamp(text(row, "time")),
        permalink=address,
        visibility=Visibility.PRIVATE if private else Visibility.PUBLIC,
        extra={name: value for name, value in facts.items() if value},
        version_key=text(row, "meta"),
    )


def profile_of(answer: Answer, user: str, page: str) -> Item:
    """The account itself: its name and the tags it uses, read by `tags/get`."""
    counted = _counted(answer, answer.body)
    return Item(
        kind=Kind.PROFILE,
        id=user,
        exchange=answer.exchange,
        native={"user": user, "tags": counted},
        author=Author(id=user, handle=user),
        title=user,
        permalink=page,
        metrics={"tags": len(counted)},
        extra={"handle": user, "tags": sorted(counted)},
    )


def total_of(answer: Answer) -> int:
    """How many bookmarks `posts/dates` counts."""
    return sum(_counted(answer, answer.thing().get("dates")).values())


def _counted(answer: Answer, given: object) -> dict[str, int]:
    """Numbers by name, which come as texts; PHP writes an empty object as []."""
    if given == []:
        return {}
    if not isinstance(given, Mapping):
        raise answer.odd("numbers by name were expected")
    counted = {}
    for name, value in given.items():
        number = str(value)
        if not (number.isascii() and number.isdigit() and len(number) < 12):
            raise answer.odd(f'"{name}" has no number')
        counted[str(name)] = int(number)
    return counted


def _stamp(given: str) -> Stamp | None:
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return Stamp(given, moment.astimezone(UTC))
    except OverflowError:  # an offset at the edge of what a date can be
        return None
