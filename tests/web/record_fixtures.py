"""The scene of records, captured once for each process, and the page before a copy of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.support.record_scene import Written, fill
from tests.support.stage import Board, boards  # noqa: F401
from tests.support.web import Web, web_of


@pytest.fixture(scope="session")
def written(
    tmp_path_factory: pytest.TempPathFactory,
    boards: tuple[Board, ...],  # noqa: F811
) -> tuple[Path, Written]:
    """The folder that the scene is in, and what the platforms call the things."""
    folder = tmp_path_factory.mktemp("records")
    return folder, fill(folder, boards)


@pytest.fixture
def town(written: tuple[Path, Written], tmp_path: Path) -> Iterator[Web]:
    """The page before a copy of the scene, four days later."""
    clock = FakeClock()
    clock.advance(days=4)
    with web_of(written[0], tmp_path, clock) as made:
        yield made
