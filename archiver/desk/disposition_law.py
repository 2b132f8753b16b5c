"""Under which law a disposition stands: the schedules in force, and whose procedure it is."""

from __future__ import annotations

from collections.abc import Iterable

from archiver.desk.schedules import Library, digest_of
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.database import Connection
from archiver.model.queries import due
from retention.facts import Approval
from retention.schedule_values import AdoptionKind


def in_force(held: Library, connection: Connection, schedules: Iterable[str]) -> dict[str, str]:
    """The digests of those schedules that are adopted as they stand now. A floating adoption
    takes in each new edition; every other one is bound to what the officer saw."""
    adopted = due.adopted_digests(connection, schedules)
    found = {}
    for name, digest in adopted.items():
        try:
            file, schedule = held.schedule(name)
        except NotFoundError:
            continue
        now = digest_of(file, schedule)
        floats = schedule.adoption is not None and schedule.adoption.kind is AdoptionKind.FLOATING
        if now == digest or floats:
            found[name] = now
    return found


def adopted(held: Library, connection: Connection, schedules: Iterable[str]) -> dict[str, str]:
    """The same, for schedules that something is to be disposed of under.

    Raises: RefusedError when one of them is not adopted as it stands.
    """
    wanted = sorted(schedules)
    found = in_force(held, connection, wanted)
    for name in wanted:
        if not found.get(name):
            raise RefusedError(
                f"the schedule {name} is not adopted as it stands now; the records officer must "
                "adopt it before anything is disposed of under it"
            )
    return found


def procedure(held: Library, schedules: Iterable[str]) -> tuple[Approval, ...]:
    """Who must agree, by the procedure of the schedules' jurisdiction, in order.

    Raises: UsageError when they are of several.
    """
    files = {held.schedule(name)[0].jurisdiction for name in schedules}
    if len(files) > 1:
        raise UsageError(
            f"the records are under the laws of {' and '.join(sorted(files))}, each with its own "
            "procedure; propose one series at a time"
        )
    asked = held.of(files.pop()).procedure
    return asked.steps if asked else ()
