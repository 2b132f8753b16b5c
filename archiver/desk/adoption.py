"""Adopting an edition of a schedule: the records officer's act, after a look at what it moves.

Nothing is ever disposed of under an edition that was not adopted as it is loaded, and nothing
on the very day of its adoption.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

from pydantic import TypeAdapter

from archiver.clock import Clock
from archiver.desk.officers import records_officer
from archiver.desk.retention_judge import Judge
from archiver.desk.retention_law import (
    Lawbook,
    as_adopted,
    branches_of,
    content_of,
    if_adopted,
    lawbook,
    needs_of,
    rules_of,
)
from archiver.desk.schedules import (
    FOLDER,
    Library,
    check_file,
    counted_by,
    digest_of,
    library,
    own_files,
    parsed,
)
from archiver.errors import RefusedError, UsageError
from archiver.model.database import Database
from archiver.model.queries import (
    ledger,
    orders,
    registry,
    standing_keys,
    standing_rare,
    standing_words,
    standings,
)
from archiver.model.queries import retention as acts
from archiver.model.queries.holds import as_facts, binding_on
from archiver.model.queries.retention import AdoptionEntry
from archiver.model.queries.standings import Verdict
from config.settings import Agency
from retention.agency import Floor
from retention.calendars import FiscalYearEnd
from retention.facts import Scope
from retention.schedule_values import Schedule, ScheduleFile
from retention.today import Today

_ENDS = (".yaml", ".yml")
_COUNTED = TypeAdapter(tuple[FiscalYearEnd | Floor, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """So many records of which the adoption changes the standing, or the day. `direction`:
    earlier, later, or other (the day stays or is not known)."""

    series: str
    before: str
    after: str
    direction: str
    records: int
    first: date | None  # on which one of them may go by the new edition


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an adoption would change. `loaded` is False for a file that is not in use: it must
    be put into the folder `schedules` first. `day` is the first on which it would count."""

    schedules: tuple[Schedule, ...]
    digests: tuple[str, ...]
    loaded: bool
    day: date
    records: int
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    library: Library
    file: ScheduleFile
    schedules: tuple[Schedule, ...]
    loaded: bool


class Adoptions:
    """What was adopted, and adopting."""

    def __init__(self, database: Database, agency: Agency, clock: Clock, home: Path) -> None:
        self._database = database
        self._agency = agency
        self._clock = clock
        self._home = home

    def officer(self, name: str) -> str:
        """The officer's name as the settings spell it. Raises: RefusedError."""
        return records_officer(self._agency, name, may="adopt a retention schedule")

    def all(self) -> list[AdoptionEntry]:
        """Every adoption, oldest first."""
        with self._database.read() as connection:
            return acts.all_adoptions(connection)

    def preview(self, wanted: str) -> Preview:
        """Which records would move, and how, if this were adopted today: a schedule by its id,
        or the schedules of a file. Nothing is written.

        Raises: NotFoundError, UsageError, ScheduleFileError.
        """
        found = self._wanted(wanted)
        zone = self._agency.zone
        now = self._clock.now()
        present = now.astimezone(zone).date()
        day = present + timedelta(days=1)
        with self._database.read() as connection:
            adopted = acts.all_adoptions(connection)
            before = lawbook(library(self._home), adopted, day=day, zone=zone)
            for schedule in found.schedules:
                earlier = [each for each in adopted if each.schedule == schedule.id]
                before = as_adopted(before, earlier[-1]) if earlier else before
            after = lawbook(found.library, adopted, day=day, zone=zone)
            after = if_adopted(after, found.file, found.schedules, on=present)
            entries = binding_on(connection, day)
            holds = {each.id: as_facts(each, Scope(everything=True)) for each in entries}
            accounts = registry.all_accounts(connection)
            answers = orders.answers(connection)
            needs = needs_of(accounts, before, after)
            keys = standing_keys.prepare(
                connection,
                needs,
                days=standing_rare.calendar(connection, zone),
                holds=list(holds),
                words=standing_words.words_found(self._database, needs.words),
                answered=answers,
            )
            counts = standings.count_keys(connection, keys)

        def judge(book: Lawbook) -> Judge:
            today = Today(day=day, last_known=present, confirmed=day)
            return Judge(book, keys, today, accounts=accounts, holds=holds, answers=answers)

        return Preview(
            schedules=found.schedules,
            digests=tuple(digest_of(found.file, each) for each in found.schedules),
            loaded=found.loaded,
            day=day,
            records=counts.total(),
            moves=_moves(counts, judge(before), judge(after), day),
        )

    def adopt(
        self, wanted: str, *, officer: str, on: date, document: str, expires: date | None = None
    ) -> Sequence[AdoptionEntry]:
        """Adopt a schedule by its id, or the schedules of a file in use, as they are loaded.
        `on` is the day of the decision, `document` where it is written down; `expires` is the
        last day on which the agency may use it.

        Raises: RefusedError when the person is no records officer; UsageError.
        """
        name = self.officer(officer)
        now = self._clock.now()
        if not document.strip():
            raise UsageError("name the document of the adoption: a resolution, a signed form")
        if on > now.astimezone(self._agency.zone).date():
            raise UsageError(f"{on} is ahead: enter the adoption once it was decided")
        if expires is not None and expires <= on:
            raise UsageError(f"an adoption of {on} that expires on {expires} would never count")
        found = self._wanted(wanted)
        if not found.loaded:
            folder = self._home / FOLDER
            raise UsageError(
                f"{wanted} is not in use; look at what it moves with --dry-run, put it into "
                f"{folder}, and adopt it then"
            )
        rules = rules_of(found.library)
        with self._database.write() as connection:
            before = acts.all_adoptions(connection)
            for schedule in found.schedules:
                digest = digest_of(found.file, schedule)
                _not_twice(before, schedule, digest, on)
                values = {
                    "schedule": schedule.id,
                    "edition": schedule.edition,
                    "digest": digest,
                    "officer": name,
                    "adopted_on": on.isoformat(),
                    "expires_on": expires.isoformat() if expires else None,
                    "document": document.strip(),
                }
                content = _with_counted(content_of(found.file, schedule, rules), found.file)
                acts.add_adoption(
                    connection,
                    {**values, "content": content, "at": now},
                    branches_of(schedule),
                )
                ledger.append(
                    connection,
                    at=now,
                    kind="schedule adopted",
                    body={"actor": name, **{k: v for k, v in values.items() if k != "officer"}},
                )
            return acts.all_adoptions(connection)[-len(found.schedules) :]

    def _wanted(self, wanted: str) -> _Wanted:
        """The schedules meant, in the law as it is or, for a file not in use, would be."""
        path = Path(wanted)
        if not (path.suffix in _ENDS or path.is_file()):
            held = library(self._home)
            file, schedule = held.schedule(wanted)
            return _Wanted(library=held, file=file, schedules=(schedule,), loaded=True)
        names = [schedule.id for schedule in parsed(path).schedules]
        if not names:
            raise UsageError(f"{path} has no schedule that could be adopted")
        loaded = path.resolve() in [each.resolve() for each in own_files(self._home)]
        held = library(self._home) if loaded else self._as_if_in_use(path)
        found = [held.schedule(name) for name in names]
        schedules = tuple(schedule for _, schedule in found)
        return _Wanted(library=held, file=found[0][0], schedules=schedules, loaded=loaded)

    def _as_if_in_use(self, path: Path) -> Library:
        """The law with this file among the agency's own; one of the same name it replaces."""
        with TemporaryDirectory() as home:
            folder = Path(home) / FOLDER
            folder.mkdir()
            for each in (*own_files(self._home), path):
                copy(each, folder / each.name)
            problems = check_file(folder / path.name, Path(home))
            if problems:
                raise UsageError(f"{path}, {problems[0]}; see: archiver retention check {path}")
            return library(Path(home))


def _with_counted(content: str, file: ScheduleFile) -> str:
    """The kept text with the fiscal years and minimums that the digest covers, too."""
    counted = _COUNTED.dump_python((*counted_by(file), *file.elsewhere), mode="json")
    whole = {**json.loads(content), "counted": counted}
    return json.dumps(whole, sort_keys=True, separators=(",", ":"))


def _not_twice(before: Sequence[AdoptionEntry], schedule: Schedule, digest: str, on: date) -> None:
    for each in before:
        if (each.schedule, each.digest, each.adopted_on) == (schedule.id, digest, on):
            raise RefusedError(
                f"{schedule.id}, edition {schedule.edition}, was adopted on {on} already, by "
                f"{each.officer} ({each.document})"
            )


def _moves(counts: Counter[str], before: Judge, after: Judge, day: date) -> tuple[Move, ...]:
    groups: Counter[tuple[str, str, str, str]] = Counter()
    first: dict[tuple[str, str, str, str], date] = {}
    for key, number in counts.items():
        old, new = before.verdict(key), after.verdict(key)
        if _from(old, day) == _from(new, day):
            continue
        group = (new.series or old.series, old.standing, new.standing, _direction(old, new))
        groups[group] += number
        if new.eligible_on is not None:
            first[group] = min(new.eligible_on, first.get(group, new.eligible_on))
    return tuple(
        Move(
            series=group[0],
            before=group[1],
            after=group[2],
            direction=group[3],
            records=groups[group],
            first=first.get(group),
        )
        for group in sorted(groups)
    )


def _from(verdict: Verdict, day: date) -> Verdict:
    """The verdict as seen from that day: since when something is due moves nothing."""
    if verdict.eligible_on is None or verdict.eligible_on > day:
        return verdict
    return replace(verdict, eligible_on=day)


def _direction(old: Verdict, new: Verdict) -> str:
    before, after = old.eligible_on or date.max, new.eligible_on or date.max
    if after == before:
        return "other"
    return "earlier" if after < before else "later"
