"""Typed reading of YouTube's JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from connectors import shapes
from connectors.base import Stamp


class Shape(shapes.Shape):
    """A JSON object of an answer."""

    __slots__ = ()
    service: ClassVar[str] = "YouTube"

    def number(self, name: str) -> int | None:
        """The whole number, or None when absent. Counts of 64 bits come as strings."""
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, str) and value.isascii() and value.isdigit():
            return int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(name, "a whole number")
        return value

    def stamp(self, name: str) -> Stamp | None:
        """The moment as written ("2026-11-02T13:00:00Z") and in UTC, or None."""
        given = self.text(name)
        if not given:
            return None
        try:
            moment = datetime.fromisoformat(given)
        except ValueError as error:
            raise self.wrong(name, "a time") from error
        if moment.tzinfo is None:
            raise self.wrong(name, "a time with its zone")
        return Stamp(given, moment.astimezone(UTC))

    def chosen(self, names: tuple[str, ...]) -> dict[str, object]:
        """The values of these names that are there, untouched."""
        return {name: self.data[name] for name in names if self.data.get(name) is not None}
