"""Connector tests speak to simulators without the recorder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archiver import outbound
from tests.support.x_stage import Switchboard, switchboard


@pytest.fixture(autouse=True)
def _open_door() -> Iterator[None]:
    """Another test of the same process may have closed the door to the network for good."""
    with outbound.permitted("recorder"):
        yield


@pytest.fixture(scope="module")
def board() -> Iterator[Switchboard]:
    """A running server without a platform yet, for all tests of a module."""
    with switchboard() as running:
        yield running
