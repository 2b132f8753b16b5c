"""Puts the dispositions of an archive together from its parts."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path

from archiver.clock import Clock
from archiver.desk.disposition_law import in_force
from archiver.desk.dispositions import PERCENT, Dispositions
from archiver.desk.execution import Execution
from archiver.desk.schedules import Library, library
from archiver.desk.working_days import calendar
from archiver.model.database import Database
from archiver.vault.base import Vault
from config.settings import Agency
from retention.calendars import WorkingCalendar

# A waiting time that began longer ago, or that ends later, does not end.
_BACK, _AHEAD = timedelta(days=5 * 366), timedelta(days=3 * 366)


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
        calendar=_around(clock.now().astimezone(agency.zone).date(), agency),
        percent=PERCENT,
    )
    return Dispositions(database, execution, law, agency)


def _around(today: date, agency: Agency) -> WorkingCalendar:
    """The working days that waiting times of today's batches can touch."""
    return calendar(agency, first=today - _BACK, last=today + _AHEAD)
