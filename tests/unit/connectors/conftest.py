"""Connector tests speak to simulators without the recorder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archiver import outbound


@pytest.fixture(autouse=True)
def _open_door() -> Iterator[None]:
    """Another test of the same process may have closed the door to the network for good."""
    with outbound.permitted("recorder"):
        yield
