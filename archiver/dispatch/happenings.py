"""What a running archive tells to whoever watches it: the demo, a status line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from archiver.capture.walk import Outcome, Progress
from archiver.notify.base import Notice
from connectors.base import Window


@dataclass(frozen=True, slots=True)
class Started:
    """A capture of a window began."""

    slug: str
    window: Window


@dataclass(frozen=True, slots=True)
class Ended:
    """A capture ended, well or not; `outcome.error` says which."""

    slug: str
    window: Window
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Broke:
    """A capture ended by a fault of our own: disk, database, or a bug. `text` is masked."""

    slug: str
    window: Window
    text: str


Happening = Started | Progress | Ended | Broke | Notice
Tell = Callable[[Happening], None]


def silent(happening: Happening) -> None:
    """Tell nobody."""
    del happening
