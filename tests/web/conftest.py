"""The filled archive, made once for each process; a copy behind the application for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browser import chromium, served
from tests.support.clock import FakeClock
from tests.support.stage import Board, boards  # noqa: F401
from tests.support.web import Web, fill, web_of


@pytest.fixture(scope="session")
def filled(
    tmp_path_factory: pytest.TempPathFactory,
    boards: tuple[Board, ...],  # noqa: F811
) -> Path:
    """The folder that the filled archive is in."""
    folder = tmp_path_factory.mktemp("filled")
    fill(folder, boards)
    return folder


@pytest.fixture
def web(filled: Path, tmp_path: Path) -> Iterator[Web]:
    """The web page of a filled archive."""
    with web_of(filled, tmp_path, FakeClock()) as made:
        yield made


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser."""
    with chromium() as made:
        yield made


@pytest.fixture
def address(web: Web) -> Iterator[str]:
    """Where the web page of the filled archive is served."""
    with served(web.app) as made:
        yield made
