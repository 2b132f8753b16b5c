"""Typed reading of YouTube's JSON: a missing or misshapen field is a `BadAnswer`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from connectors.base import Stamp
from connectors.errors import BadAnswer


@dataclass(frozen=True, slots=True)
class Shape:
    """A JSON object of an answer: what it is called in errors, and in which exchange it came."""

    data: Mapping[str, object]
    where: str
    exchange: str

    @classmethod
    def of(cls, value: object, where: str, exchange: str) -> Shape:
        """`value` as an object. Raises: BadAnswer when it is something else."""
        if not isinstance(value, Mapping):
            raise BadAnswer(
                f"YouTube's answer has no object where {where} should be", exchange=exchange
            )
        return cls(value, where, exchange)

    def wrong(self, name: str, expected: str) -> BadAnswer:
        """The error that says what was expected where."""
        return BadAnswer(
            f'YouTube\'s answer should have {expected} as "{name}" of {self.where}',
            exchange=self.exchange,
        )

    def text(self, name: str) -> str:
        """The string, exactly as given; empty when absent."""
        value = self.data.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise self.wrong(name, "a string")
        return value

    def needed(self, name: str) -> str:
        """The string, which must be there."""
        value = self.text(name)
        if not value:
            raise self.wrong(name, "a string")
        return value

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

    def flag(self, name: str) -> bool | None:
        """The truth value, or None when absent."""
        value = self.data.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise self.wrong(name, "true or false")

    def sub(self, name: str) -> Shape:
        """The object below; an empty one when absent."""
        value = self.data.get(name)
        if value is None:
            return Shape({}, f"{name} of {self.where}", self.exchange)
        if not isinstance(value, Mapping):
            raise self.wrong(name, "an object")
        return Shape(value, f"{name} of {self.where}", self.exchange)

    def rows(self, name: str) -> tuple[Shape, ...]:
        """The list of objects below; empty when absent."""
        value = self.data.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.wrong(name, "a list")
        where = f"{name} of {self.where}"
        return tuple(Shape.of(row, f"an entry in {where}", self.exchange) for row in value)

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
