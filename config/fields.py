"""Kinds of settings: durations and sizes as an operator writes them, and what a section is."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZES = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def _duration(value: object) -> object:
    """ "90s", "15m", "1h 30m", "7d", "2w" to a timedelta; other forms are left to pydantic."""
    if not isinstance(value, str):
        return value
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([smhdw])", value.strip().lower())
    if not parts or re.sub(r"(\d+(?:\.\d+)?)\s*([smhdw])\s*", "", value.strip().lower()):
        raise ValueError('write a duration as "90s", "15m", "1h 30m", "7d" or "2w"')
    try:
        return timedelta(seconds=sum(float(n) * _UNITS[u] for n, u in parts))
    except OverflowError as error:
        raise ValueError("this duration is too long") from error


def _written(value: timedelta) -> str:
    """As an operator writes it: "1h 30m"."""
    rest, parts = value.total_seconds(), []
    for unit in ("d", "h", "m"):
        whole, rest = divmod(rest, _UNITS[unit])
        if whole:
            parts.append(f"{whole:.0f}{unit}")
    if rest or not parts:
        parts.append(f"{rest:g}s")
    return " ".join(parts)


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta():
        raise ValueError("this duration must be longer than nothing")
    return value


def _not_negative(value: timedelta) -> timedelta:
    if value < timedelta():
        raise ValueError("this duration must not be negative")
    return value


def _size(value: object) -> object:
    """ "500 MB", "2GiB" to bytes; numbers are bytes."""
    if not isinstance(value, str):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmg]?i?b?)", value.strip().lower())
    if match is None or match[2] not in _SIZES:
        raise ValueError('write a size as "500 MB", "2 GiB" or a number of bytes')
    return int(float(match[1]) * _SIZES[match[2]])


_AS_WRITTEN = PlainSerializer(_written, when_used="json")
_TEXT_OR_SECONDS = WithJsonSchema(
    {"type": ["string", "number"], "examples": ["90s", "15m", "1h 30m", "7d", "2w"]}
)
_TEXT_OR_BYTES = WithJsonSchema(
    {"type": ["string", "integer"], "examples": ["500 MB", "2 GiB", 1048576]}
)
Duration = Annotated[
    timedelta, BeforeValidator(_duration), AfterValidator(_positive), _AS_WRITTEN, _TEXT_OR_SECONDS
]
Delay = Annotated[
    timedelta,
    BeforeValidator(_duration),
    AfterValidator(_not_negative),
    _AS_WRITTEN,
    _TEXT_OR_SECONDS,
]
Size = Annotated[int, BeforeValidator(_size), Field(gt=0), _TEXT_OR_BYTES]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
