"""The deadlines for requests: those that are shipped, or the agency's own in their place.

`deadlines.yaml` in the home folder replaces the whole of each state that it names, in the
form of the shipped file (`config/deadlines/deadlines.yaml`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from archiver.errors import UsageError
from retention.deadlines import DeadlineRule, Unit

OWN = "deadlines.yaml"


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: str = Field(min_length=1)
    unit: Unit
    days: int = Field(0, ge=0, le=365)
    citation: str
    source: str
    verified: bool = False
    extension_days: int = Field(0, ge=0, le=365)
    extension_note: str = ""
    counts_from: Literal["", "the deadline before it"] = ""
    only_for: str = Field("", alias="for")
    answers: tuple[str, ...] = ()


_file = TypeAdapter(dict[str, list[_Rule]])


def deadline_rules(state: str, home: Path) -> tuple[DeadlineRule, ...]:
    """The rules of a state (postal code), in their order; none if it has none.

    Raises: UsageError when the agency's own file is not readable.
    """
    own = home / OWN
    if own.is_file():
        mine = _read(own.read_text("utf-8"), str(own))
        if state in mine:
            return mine[state]
    return _shipped().get(state, ())


@cache
def _shipped() -> Mapping[str, tuple[DeadlineRule, ...]]:
    """Read once for the process: they do not change while it runs."""
    text = files("config").joinpath("deadlines/deadlines.yaml").read_text("utf-8")
    return MappingProxyType(_read(text, OWN))


def _read(text: str, where: str) -> dict[str, tuple[DeadlineRule, ...]]:
    try:
        parsed = _file.validate_python(yaml.safe_load(text) or {})
    except (yaml.YAMLError, ValidationError) as error:
        first = str(error).splitlines()
        raise UsageError(
            f"{where} does not have the form of deadlines: {' '.join(first[1:3]) or first[0]}"
        ) from error
    return {
        state: tuple(
            DeadlineRule(
                kind=each.kind,
                unit=each.unit,
                days=each.days,
                citation=each.citation,
                source=each.source,
                verified=each.verified,
                extension_days=each.extension_days,
                extension_note=each.extension_note,
                after_previous=bool(each.counts_from),
                only_for=each.only_for,
                answers=each.answers,
            )
            for each in rules
        )
        for state, rules in parsed.items()
    }
