"""Builds the values of `retention` from plain YAML: golden cases, and builders for tests."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

import yaml

from retention.facts import (
    Action,
    Adoption,
    Cutoff,
    EditionFacts,
    Event,
    Period,
    PeriodKind,
    RecordFacts,
    Rule,
    Series,
)
from retention.today import Today

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "retention"
Case = dict[str, Any]
T = TypeVar("T")


def cases(kind: str) -> list[Case]:
    """Every golden case of this kind ("cases" or "procedures"), with the file it stands in."""
    found = []
    for path in sorted(GOLDEN.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [{**each, "file": path.name} for each in content.get(kind, [])]
    return found


def build(kind: type[T], raw: Mapping[str, Any]) -> T:
    """A dataclass from plain data; an unknown name is an error."""
    hints = typing.get_type_hints(kind)
    unknown = set(raw) - {each.name for each in fields(kind)}  # type: ignore[arg-type]
    assert not unknown, f"{kind.__name__} knows no {sorted(unknown)}"
    return kind(**{name: convert(hints[name], value) for name, value in raw.items()})


def convert(hint: Any, value: Any) -> Any:
    """The value as its annotation wants it."""
    origin, inside = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return None if value is None else convert(inside[0], value)
    if origin is tuple:
        return tuple(convert(inside[0], each) for each in value)
    if origin is frozenset:
        return frozenset(convert(inside[0], each) for each in value)
    if origin is not None and issubclass(origin, Mapping):
        return {convert(inside[0], k): convert(inside[1], v) for k, v in value.items()}
    if is_dataclass(hint):
        return build(typing.cast("type[Any]", hint), value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(value)
    assert isinstance(value, hint), f"{value!r} is no {hint}"
    return value


def make_facts(**changes: Any) -> RecordFacts:
    """A plain post of 10 March 2024."""
    plain: dict[str, Any] = {
        "record_id": 1,
        "account": "pd",
        "platform": "x",
        "kind": "post",
        "author_role": "agency",
        "events": {Event.CREATED: date(2024, 3, 10)},
    }
    return RecordFacts(**{**plain, **changes})


def length(years: int = 0, months: int = 0, days: int = 0) -> Period:
    return Period(kind=PeriodKind.LENGTH, years=years, months=months, days=days)


def make_rule(**changes: Any) -> Rule:
    """Two years from creation, then destroy."""
    plain: dict[str, Any] = {
        "cutoff": Cutoff(events=(Event.CREATED,)),
        "period": length(years=2),
        "action": Action.DESTROY,
    }
    return Rule(**{**plain, **changes})


def make_series(*rules: Rule, **changes: Any) -> Series:
    plain: dict[str, Any] = {
        "schedule": "s",
        "edition": "1",
        "id": "general",
        "title": "General",
        "citation": "Code 1",
        "source": "example.gov",
        "verified": True,
        "rules": rules or (make_rule(),),
    }
    return Series(**{**plain, **changes})


def edition_of(series: Series) -> EditionFacts:
    return EditionFacts(schedule=series.schedule, edition=series.edition, digest="d")


def adoption_of(series: Series, **changes: Any) -> Adoption:
    plain: dict[str, Any] = {
        "schedule": series.schedule,
        "edition": series.edition,
        "digest": "d",
        "officer": "R. Officer",
        "adopted": date(1990, 1, 1),
        "document": "Resolution 1",
    }
    return Adoption(**{**plain, **changes})


def on(day: date) -> Today:
    """A day that can be believed."""
    return Today(day=day, last_known=day)
