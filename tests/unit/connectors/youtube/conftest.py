"""Serves a fresh simulated channel to every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archiver.demo.simulators.base import Loopback
from archiver.demo.simulators.youtube import YouTubeSimulator
from tests.unit.connectors.youtube.stage import Stage


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Loopback() as loopback:
        stage = Stage()
        loopback.serve(stage)
        yield stage


@pytest.fixture
def youtube(stage: Stage) -> YouTubeSimulator:
    return stage.enter()
