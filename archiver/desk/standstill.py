"""Keeps captures away from accounts for a while. A capture that is running is waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from archiver.clock import Clock
from archiver.errors import BusyError

PATIENCE = 120  # seconds for one account

Lock = Callable[[str], AbstractContextManager[None]]


@contextmanager
def standstill(names: Iterable[str], lock: Lock, clock: Clock) -> Iterator[None]:
    """Hold the locks of all these.

    Raises: BusyError when one of them is not to be had in two minutes.
    """
    with ExitStack() as held:
        for name in sorted(names):
            for second in range(PATIENCE + 1):
                try:
                    held.enter_context(lock(name))
                    break
                except BusyError:
                    if second == PATIENCE:
                        raise
                    clock.sleep(1)
        yield
