"""What the tests of recording share: a clock that obeys, and recorders on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from archiver.outbound import AddressPolicy
from archiver.secrets import Secrets
from archiver.warc.limits import HttpLimits
from archiver.warc.recorder import Recorder


class ObedientClock:
    """Moves only when told: by `sleep`, and by `step` seconds each time it is asked."""

    def __init__(self, step: float = 0.0) -> None:
        self._now = datetime(2026, 11, 3, 14, 2, 10, 250000, tzinfo=UTC)
        self.step = step
        self.slept: list[float] = []

    def now(self) -> datetime:
        self._now += timedelta(seconds=self.step)
        return self._now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self._now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> ObedientClock:
    return ObedientClock()


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    folder = tmp_path / "spool"
    folder.mkdir()
    return folder


MakeRecorder = Callable[..., Recorder]


@pytest.fixture
def make_recorder(clock: ObedientClock, secrets: Secrets, spool: Path) -> Iterator[MakeRecorder]:
    made: list[Recorder] = []

    def make(
        *,
        limits: HttpLimits | None = None,
        verify: Path | None = None,
        allowed: tuple[str, ...] = ("127.0.0.0/8",),
    ) -> Recorder:
        recorder = Recorder(
            secrets=secrets,
            policy=AddressPolicy(allowed),
            spool=spool,
            clock=clock,
            limits=limits or HttpLimits(),
            verify=verify,
        )
        made.append(recorder)
        return recorder

    yield make
    for recorder in made:
        recorder.close()


@pytest.fixture
def recorder(make_recorder: MakeRecorder) -> Recorder:
    return make_recorder()
