"""Typed reading of Graph JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from connectors import shapes
from connectors.base import Stamp


class Shape(shapes.Shape):
    """A JSON object of an answer."""

    __slots__ = ()
    service: ClassVar[str] = "Facebook"

    def stamp(self, name: str) -> Stamp | None:
        """The moment as written ("2026-11-02T13:00:00+0000") and in UTC, or None."""
        given = self.text(name)
        if not given:
            return None
        try:
            moment = datetime.strptime(given, "%Y-%m-%dT%H:%M:%S%z")
        except ValueError as error:
            raise self.wrong(name, "a time") from error
        return Stamp(given, moment.astimezone(UTC))
