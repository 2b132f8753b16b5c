"""Small charts, drawn here: shapes for SVG, without style and without a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

GAP = 2.0  # between bars
LEAST = 2.0  # what is not nothing is seen
NOTHING = 1.0  # the height of a day without anything: a base line


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar, in units of the view box."""

    x: float
    y: float
    width: float
    height: float
    day: date
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarChart:
    """Bars from left to right; `width` and `height` are those of the view box."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    total: int
    highest: int


def bars(days: Sequence[tuple[date, int]], *, width: int = 168, height: int = 32) -> BarChart:
    """A bar for each day, in proportion to the highest one."""
    highest = max((value for _, value in days), default=0)
    room = width / max(len(days), 1)
    drawn = []
    for place, (day, value) in enumerate(days):
        tall = max(value / highest * height, LEAST) if value else NOTHING
        drawn.append(
            Bar(
                x=round(place * room, 2),
                y=round(height - tall, 2),
                width=round(room - GAP, 2),
                height=round(tall, 2),
                day=day,
                value=value,
            )
        )
    return BarChart(
        width=width,
        height=height,
        bars=tuple(drawn),
        total=sum(value for _, value in days),
        highest=highest,
    )
