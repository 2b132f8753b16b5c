"""Typed reading of JSON: a missing or misshapen field is a `BadAnswer`, never a KeyError.

Each platform has a `Shape` of its own that says whose answer it is and how times are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

from connectors.errors import BadAnswer


@dataclass(frozen=True, slots=True)
class Shape:
    """A JSON object of an answer: what it is called in errors, and in which exchange it came."""

    service: ClassVar[str]
    data: Mapping[str, object]
    where: str
    exchange: str

    @classmethod
    def of(cls, value: object, where: str, exchange: str) -> Self:
        """`value` as an object. Raises: BadAnswer when it is something else."""
        if not isinstance(value, Mapping):
            raise BadAnswer(
                f"{cls.service}'s answer has no object where {where} should be", exchange=exchange
            )
        return cls(value, where, exchange)

    def wrong(self, name: str, expected: str) -> BadAnswer:
        """The error that says what was expected where."""
        return BadAnswer(
            f'{self.service}\'s answer should have {expected} as "{name}" of {self.where}',
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
        """The whole number, or None when absent."""
        value = self.data.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(name, "a whole number")
        return value

    def flag(self, name: str) -> bool | None:
        """The truth value, or None when absent."""
        value = self.data.get(name)
        if value is None or isinstance(value, bool):
            return value
        raise self.wrong(name, "true or false")

    def sub(self, name: str) -> Self:
        """The object below; an empty one when absent."""
        value = self.data.get(name)
        if value is None:
            return type(self)({}, f"{name} of {self.where}", self.exchange)
        if not isinstance(value, Mapping):
            raise self.wrong(name, "an object")
        return type(self)(value, f"{name} of {self.where}", self.exchange)

    def rows(self, name: str) -> tuple[Self, ...]:
        """The list of objects below; empty when absent."""
        value = self.data.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise self.wrong(name, "a list")
        where = f"{name} of {self.where}"
        return tuple(self.of(row, f"an entry in {where}", self.exchange) for row in value)
