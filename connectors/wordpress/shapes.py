"""Typed reading of WordPress's JSON: a wrong shape becomes a clear BadAnswer, never a KeyError."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from connectors.base import Stamp
from connectors.errors import BadAnswer

Row = Mapping[str, object]
"""One JSON object as the site sent it."""


def mapping(value: object) -> Row:
    """The object, or an empty one where WordPress leaves it out or sends [] for it."""
    return value if isinstance(value, Mapping) else {}


def text(row: Row, name: str) -> str:
    """A text field; empty when it is missing or of another type."""
    value = row.get(name)
    return value if isinstance(value, str) else ""


def number(row: Row, name: str) -> int:
    """A whole number; 0 when it is missing, null or of another type."""
    value = row.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def written(row: Row, name: str) -> str:
    """What the author wrote (`raw`, only for signed-in editors), else what visitors get."""
    field = mapping(row.get(name))
    return text(field, "raw") if isinstance(field.get("raw"), str) else text(field, "rendered")


def raw(row: Row, name: str) -> str:
    """The raw text of a field; empty without editor's rights."""
    return text(mapping(row.get(name)), "raw")


def rendered(row: Row, name: str) -> str:
    """The rendered text of a field."""
    return text(mapping(row.get(name)), "rendered")


def moment(given: str) -> datetime | None:
    """A `*_gmt` time, which carries no zone, as aware UTC; None when it is no time."""
    try:
        found = datetime.fromisoformat(given)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def stamp(row: Row, name: str) -> Stamp | None:
    """The named `*_gmt` field as a stamp."""
    given = text(row, name)
    found = moment(given)
    return None if found is None else Stamp(given, found)


def rows(body: object, where: str, exchange: str) -> list[Row]:
    """A list of things that have an id.

    Raises: BadAnswer when it is anything else.
    """
    if not isinstance(body, list):
        raise BadAnswer(f"{where} should bring a list, not {_name(body)}", exchange=exchange)
    for each in body:
        if not isinstance(each, Mapping) or number(each, "id") <= 0:
            raise BadAnswer(f"{where} lists something without an id", exchange=exchange)
    return body


def objects(body: object, where: str, exchange: str) -> dict[str, Row]:
    """An object of objects, by name.

    Raises: BadAnswer when it is anything else.
    """
    if not isinstance(body, Mapping):
        raise BadAnswer(f"{where} should bring an object, not {_name(body)}", exchange=exchange)
    return {str(name): each for name, each in body.items() if isinstance(each, Mapping)}


def _name(body: object) -> str:
    return "nothing" if body is None else f"a {type(body).__name__}"
