"""Productions that are being made behind the pages: how far each step is."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from archiver.export.formats import FORMATS

AFTER = ("proof", "seal", "bag", "check")
"""The steps behind the formats, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """A step as a page shows it. `of` 0: it is not known how much there is to do."""

    name: str
    done: int
    of: int

    @property
    def state(self) -> str:
        """waiting, running or done."""
        if self.of and self.done >= self.of:
            return "done"
        return "running" if self.done or self.of else "waiting"


class Board:
    """What is being made, and where it is. Written by the worker, read by pages."""

    def __init__(
        self,
        *,
        number: str,
        set_number: int = 0,
        formats: Sequence[str] = (),
        form: object = None,
        checked: str = "",
    ) -> None:
        """`checked`: the production that is only read again; then nothing else is told."""
        self.number = number
        self.set_number = set_number
        self.form = form
        self.checked = checked
        chosen = [each for each in FORMATS if each in formats or not formats]
        expected = ("check",) if checked else ("staging", *chosen, *AFTER)
        self._steps = dict.fromkeys(expected, (0, 0))
        self._lock = threading.Lock()

    def tell(self, step: str, done: int, of: int) -> None:
        """Hears how far a step is; see `production_formats.Progress`."""
        with self._lock:
            if step != "staging" and "staging" in self._steps:
                whole = max(1, *self._steps["staging"])
                self._steps["staging"] = (whole, whole)
            self._steps[step] = (done, of) if done or of else (1, 1)  # nothing is to be done

    def steps(self) -> list[StepLine]:
        """Every step, in the order in which they are begun."""
        with self._lock:
            return [StepLine(name=name, done=d, of=of) for name, (d, of) in self._steps.items()]


def key_of(number: str) -> str:
    """The key under which a request's production is made."""
    return f"production {number}"


def check_key(name: str) -> str:
    """The key under which a production is read again."""
    return f"check of production {name}"
