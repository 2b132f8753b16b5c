"""Puts the dispositions of an archive together from its parts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

from archiver.clock import Clock
from archiver.desk.disposition_law import in_force
from archiver.desk.dispositions import PERCENT, Dispositions
from archiver.desk.execution import Execution
from archiver.desk.schedules import Library, library
from archiver.model.database import Database
from archiver.vault.base import Vault
from config.settings import Agency
from retention.calendars import WorkingCalendar

# Without the agency's holidays a waiting time in working days never ends.
_NO_CALENDAR = WorkingCalendar(first=date.max, last=date.min)


def made(
    database: Database,
    vault: Vault,
    clock: Clock,
    agency: Agency,
    *,
    home: Path,
    spool: Path,
    lock: Callable[[str], AbstractContextManager[None]],
) -> Dispositions:
    """The dispositions of an archive. `lock` keeps captures of an account away."""

    def law() -> Library:
        return library(home)

    execution = Execution(
        database=database,
        vault=vault,
        clock=clock,
        zone=agency.zone,
        spool=spool / "dispositions",
        lock=lock,
        in_force=lambda connection, names: in_force(law(), connection, names),
        calendar=_NO_CALENDAR,
        percent=PERCENT,
    )
    return Dispositions(database, execution, law, agency)
