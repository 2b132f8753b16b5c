"""Typed reading of AT Protocol JSON: names of records, times, and fields of a wrong type."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.base import Stamp

Json = Mapping[str, object]

POST = "app.bsky.feed.post"
REPOST = "app.bsky.feed.repost"
PROFILE = "app.bsky.actor.profile"
THREADGATE = "app.bsky.feed.threadgate"
POSTGATE = "app.bsky.feed.postgate"

_NAME = re.compile(r"at://(did:[a-z]+:[A-Za-z0-9._:%-]+)/([A-Za-z0-9.-]+)/([A-Za-z0-9._:~-]+)")
_TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
_TID_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Name:
    """The parts of a record's address, at://DID/COLLECTION/KEY."""

    did: str
    collection: str
    key: str

    def __str__(self) -> str:
        return f"at://{self.did}/{self.collection}/{self.key}"


def name_of(uri: str) -> Name | None:
    """The parts of a record's address, or None when it is none."""
    found = _NAME.fullmatch(uri)
    return Name(*found.groups()) if found else None


def mapping(value: object) -> Json:
    """The object, or an empty one for anything else."""
    return value if isinstance(value, Mapping) else {}


def text(row: Json, name: str) -> str:
    """A text field; empty when it is missing or of another type."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def number(row: Json, name: str) -> int | None:
    """A whole number; None when it is missing or of another type."""
    value = row.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def objects(value: object) -> list[Json]:
    """The objects of a list; empty for anything else."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """The texts of a list; empty for anything else."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def stamp(given: str) -> Stamp | None:
    """A time as its writer claims it (RFC 3339); None when it cannot be read."""
    try:
        found = datetime.fromisoformat(given)
        utc = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Stamp(given, utc)


def tid_time(key: str) -> datetime | None:
    """When a record key says that it was made (aware UTC); None for keys that are no TIDs."""
    if not _TID.fullmatch(key):
        return None
    value = 0
    for sign in key:
        value = value * 32 + _TID_DIGITS.index(sign)
    try:
        return _EPOCH + timedelta(microseconds=value >> 10)
    except OverflowError:
        return None
