"""Serves a fresh simulated Page to every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archiver.demo.simulators.base import Loopback
from archiver.demo.simulators.facebook import FacebookSimulator
from tests.unit.connectors.facebook.stage import Stage, fresh


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Loopback() as loopback:
        stage = Stage()
        loopback.serve(stage)
        yield stage


@pytest.fixture
def facebook(stage: Stage) -> FacebookSimulator:
    return stage.enter(fresh())
