"""Doing several things at the same time, each in a thread and on a connection of its own: the
database's own work needs no turn of Python's, so that two of them take two processors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from archiver.model.database import Connection, Database

Result = TypeVar("Result")


def together(database: Database, jobs: Sequence[Callable[[Connection], Result]]) -> list[Result]:
    """What each job returns, in their order. The first runs in the calling thread; all have
    ended when this returns or raises. A job sees what is committed when it looks: no two see
    the same state of the database for sure.

    Raises: StoreError when the database cannot be used, and whatever a job raises; of several
    the first in their order.
    """
    if not jobs:
        return []

    def on_its_own(job: Callable[[Connection], Result]) -> Result:
        with database.read() as connection:
            return job(connection)

    first, *others = jobs
    if not others:
        return [on_its_own(first)]
    with ThreadPoolExecutor(len(others), thread_name_prefix="together") as threads:
        started = [threads.submit(on_its_own, each) for each in others]
        found = on_its_own(first)
    return [found, *(each.result() for each in started)]
