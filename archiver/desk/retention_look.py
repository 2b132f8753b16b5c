"""Looking at retention without judging anew: the last evaluation, lists of records, and which
edition of which schedule the agency has adopted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from archiver.clock import Clock
from archiver.desk.schedules import Library, digest_of, library, shipped
from archiver.errors import NotFoundError
from archiver.model.database import Database
from archiver.model.queries import browse, registry, standing_lists
from archiver.model.queries import retention as acts
from archiver.model.queries.browse import RecordLine
from archiver.model.queries.retention import AdoptionEntry
from archiver.model.queries.standing_lists import Evaluation, StandingLine
from config.settings import Agency
from retention.facts import Standing
from retention.schedule_values import AdoptionKind, Entry, Schedule, ScheduleFile


class Adopted(StrEnum):
    """How a schedule, as it is loaded, stands with the agency."""

    NOT = "not adopted"
    IN_USE = "in use"
    TOMORROW = "counts from tomorrow"
    CHANGED = "changed since"  # another edition, or one letter: nothing goes under it
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A schedule as it is loaded, and its adoptions, oldest first."""

    file: ScheduleFile
    schedule: Schedule
    digest: str
    state: Adopted
    adoptions: tuple[AdoptionEntry, ...]

    @property
    def adoption(self) -> AdoptionEntry | None:
        """The newest adoption."""
        return self.adoptions[-1] if self.adoptions else None

    @property
    def verified(self) -> int:
        """How many of its series were read at their source."""
        return sum(each.verified for each in self.schedule.series)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesHit:
    """A series that a search found, and where it stands."""

    shelf: Shelf
    entry: Entry


class RetentionLook:
    """Looks at the retention of an archive. `home` is where the agency's schedules lie."""

    def __init__(self, database: Database, agency: Agency, clock: Clock, home: Path) -> None:
        self._database = database
        self._agency = agency
        self._clock = clock
        self._home = home

    def today(self) -> date:
        """The agency-local day."""
        return self._clock.now().astimezone(self._agency.zone).date()

    def evaluation(self) -> Evaluation | None:
        """The last evaluation; None: there was none."""
        with self._database.read() as connection:
            return standing_lists.last_evaluation(connection)

    def record(self, wanted: str) -> tuple[RecordLine, str]:
        """A record by its number, platform id or web address, and the department of its
        account. Raises: NotFoundError."""
        with self._database.read() as connection:
            line = browse.find_record(connection, wanted)
            entry = registry.find(connection, line.account) if line else None
        if line is None:
            raise NotFoundError(f'no record has the number, platform id or address "{wanted}"')
        return line, entry.department if entry else ""

    def records(
        self,
        standing: Standing,
        *,
        series: str | None = None,
        departments: Collection[str] = (),
        offset: int = 0,
        limit: int,
    ) -> list[StandingLine]:
        """A page of the records that stand so; see `standing_lists.standing_records`."""
        with self._database.read() as connection:
            return standing_lists.standing_records(
                connection,
                standing.value,
                series=series,
                departments=departments,
                offset=offset,
                limit=limit,
            )

    def library(self) -> Library:
        """The law as it holds here. Raises: ScheduleFileError."""
        return library(self._home)

    def shelves(self, held: Library, jurisdiction: str = "") -> list[Shelf]:
        """The schedules of a jurisdiction, or all that were ever adopted or are the agency's
        own, with their adoptions. Raises: NotFoundError for an unknown jurisdiction."""
        adoptions = self._adoptions()
        if jurisdiction:
            file = held.of(jurisdiction)
            return [self._shelf(file, each, adoptions) for each in file.schedules]
        return [
            self._shelf(file, each, adoptions)
            for file in held.files.values()
            for each in file.schedules
            if each.id in adoptions or each.overlaid_by or self._own(file, each)
        ]

    def shelf(self, held: Library, schedule: str) -> Shelf:
        """A schedule by its id, with its adoptions. Raises: NotFoundError."""
        file, found = held.schedule(schedule)
        return self._shelf(file, found, self._adoptions())

    def _own(self, file: ScheduleFile, schedule: Schedule) -> bool:
        """Does it stand in a file of the agency alone?"""
        return schedule.id not in _shipped_ids(file.jurisdiction)

    def _adoptions(self) -> Mapping[str, tuple[AdoptionEntry, ...]]:
        found: dict[str, list[AdoptionEntry]] = {}
        with self._database.read() as connection:
            for each in acts.all_adoptions(connection):
                found.setdefault(each.schedule, []).append(each)
        return {name: tuple(some) for name, some in found.items()}

    def _shelf(
        self,
        file: ScheduleFile,
        schedule: Schedule,
        adoptions: Mapping[str, tuple[AdoptionEntry, ...]],
    ) -> Shelf:
        digest = digest_of(file, schedule)
        given = adoptions.get(schedule.id, ())
        return Shelf(
            file=file,
            schedule=schedule,
            digest=digest,
            state=self._state(schedule, digest, given),
            adoptions=given,
        )

    def _state(self, schedule: Schedule, digest: str, given: Sequence[AdoptionEntry]) -> Adopted:
        if not given:
            return Adopted.NOT
        newest = given[-1]
        floats = schedule.adoption is not None and schedule.adoption.kind is AdoptionKind.FLOATING
        if newest.digest != digest and not floats:
            return Adopted.CHANGED
        ends = [each for each in (newest.expires_on, schedule.expires) if each is not None]
        if ends and min(ends) < self.today():
            return Adopted.EXPIRED
        entered = newest.at.astimezone(self._agency.zone).date()
        return Adopted.TOMORROW if entered >= self.today() else Adopted.IN_USE


def found_in(shelves: Sequence[Shelf], words: str) -> list[SeriesHit]:
    """The series of which id, title, citation or what it applies to has all the words, without
    regard to case; without words, all."""
    wanted = words.casefold().split()
    return [
        SeriesHit(shelf=shelf, entry=entry)
        for shelf in shelves
        for entry in shelf.schedule.entries
        if all(word in _text(entry) for word in wanted)
    ]


def _text(entry: Entry) -> str:
    series = entry.series
    parts = (series.id, series.title, series.citation, series.applies_to, entry.summary)
    return " ".join(parts).casefold()


def _shipped_ids(jurisdiction: str) -> frozenset[str]:
    file = shipped().get(jurisdiction)
    return frozenset(each.id for each in file.schedules) if file else frozenset()
