"""The one error of the settings."""

from __future__ import annotations

from collections.abc import Sequence


class ConfigError(Exception):
    """The settings cannot be used. `problems` holds every mistake, one clear sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))
