"""The schedules in force here: those that are shipped, and the agency's own laid over them.

The agency's own files lie in the folder `schedules` of the home folder, one or several. A file
with a mistake stops everything that needs the law: to go on without it could dispose of what
the agency has decided to keep longer.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path

from archiver.errors import ArchiverError, NotFoundError, UsageError
from retention.agency import Floor
from retention.calendars import FiscalYearEnd
from retention.facts import EditionFacts
from retention.schedule import digest, parse, read
from retention.schedule_changes import lay_over
from retention.schedule_values import (
    Confidence,
    Entry,
    Problem,
    Schedule,
    ScheduleError,
    ScheduleFile,
)

FOLDER = "schedules"  # below the home folder
_ENDS = (".yaml", ".yml")


class ScheduleFileError(ArchiverError):
    """A schedule file of the agency has mistakes."""

    exit_code = 2
    http_status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """All jurisdictions by their abbreviation, the agency's files worked in. `own` are those
    files, in the order in which they were laid over."""

    files: Mapping[str, ScheduleFile]
    own: tuple[Path, ...] = ()
    overlaid: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)

    def of(self, jurisdiction: str) -> ScheduleFile:
        """The law of one jurisdiction. Raises: NotFoundError."""
        found = self.files.get(jurisdiction.upper())
        if found is not None:
            return found
        named = {file.name.lower(): file for file in self.files.values()}
        if jurisdiction.lower() in named:
            return named[jurisdiction.lower()]
        close = difflib.get_close_matches(jurisdiction.lower(), named, n=1)
        hint = f"did you mean {named[close[0]].jurisdiction}" if close else "known are "
        known = "" if close else ", ".join(sorted(self.files))
        raise NotFoundError(f'no schedules of "{jurisdiction}" are shipped; {hint}{known}')

    def schedule(self, name: str) -> tuple[ScheduleFile, Schedule]:
        """A schedule by its id, and the file that it stands in. Raises: NotFoundError."""
        for file in self.files.values():
            for schedule in file.schedules:
                if schedule.id == name:
                    return file, schedule
        raise NotFoundError(f'there is no schedule "{name}"; see: archiver retention states STATE')

    def entries(self, jurisdiction: str, series: str) -> Sequence[tuple[Schedule, Entry]]:
        """The series of that id in a jurisdiction, one a schedule. Raises: NotFoundError."""
        file = self.of(jurisdiction)
        found = [
            (schedule, entry)
            for schedule in file.schedules
            for entry in schedule.entries
            if entry.series.id == series
        ]
        if found:
            return found
        ids = [entry.series.id for schedule in file.schedules for entry in schedule.entries]
        close = difflib.get_close_matches(series, ids, n=1, cutoff=0.5)
        hint = (
            f'did you mean "{close[0]}"?'
            if close
            else f"see: archiver retention show {file.jurisdiction}"
        )
        raise NotFoundError(f'{file.name} has no series "{series}" here; {hint}')


def shipped() -> dict[str, ScheduleFile]:
    """What comes with the program, by jurisdiction; a dict of the caller's own."""
    return {file.jurisdiction: file for file in _shipped_files()}


@cache
def _shipped_files() -> tuple[ScheduleFile, ...]:
    """Read once for the process: they do not change while it runs."""
    folder = files("config") / "schedules"
    texts = [each.read_text(encoding="utf-8") for each in folder.iterdir() if _is_yaml(each.name)]
    return tuple(sorted((parse(text) for text in texts), key=lambda file: file.name))


def _is_yaml(name: str) -> bool:
    return name.endswith(_ENDS) and not name.startswith(".")


def library(home: Path) -> Library:
    """The law as it holds for the archive in `home`. Raises: ScheduleFileError."""
    made = shipped()
    overlaid: dict[str, tuple[Path, ...]] = {}
    own = own_files(home)
    for path in own:
        file, problems = _laid_over(path, read_file(path), made)
        if problems or file is None:
            raise _faulty(path, problems)
        made[file.jurisdiction] = file
        overlaid[file.jurisdiction] = (*overlaid.get(file.jurisdiction, ()), path)
    return Library(files=_with_elsewhere(made, overlaid), own=own, overlaid=overlaid)


def _with_elsewhere(
    made: Mapping[str, ScheduleFile], overlaid: Iterable[str]
) -> dict[str, ScheduleFile]:
    """Each file knows what the agency's files of other jurisdictions set: that counts for all
    records, so what is adopted is bound to it."""
    own = {name: counted_by(made[name]) for name in sorted(overlaid)}
    return {
        name: replace(
            file,
            elsewhere=tuple(each for other in own if other != name for each in own[other]),
        )
        for name, file in made.items()
    }


def own_files(home: Path) -> tuple[Path, ...]:
    """The agency's own schedule files, in the order of their names."""
    folder = home / FOLDER
    if not folder.is_dir():
        return ()
    return tuple(sorted(path for path in folder.iterdir() if _is_yaml(path.name)))


def read_file(path: Path) -> str:
    """The text of a schedule file. Raises: UsageError."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8; save it as UTF-8") from error


def parsed(path: Path) -> ScheduleFile:
    """The values of a file as it stands. Raises: UsageError, ScheduleFileError."""
    try:
        return parse(read_file(path))
    except ScheduleError as error:
        raise _faulty(path, error.problems) from error


def check_file(path: Path, home: Path) -> tuple[Problem, ...]:
    """Every mistake in a file. An agency's own is also checked against what it lies over: the
    shipped schedules, and its files that come before it in the folder.

    Raises: UsageError where it cannot be read at all; ScheduleFileError for an earlier file.
    """
    made = shipped()
    ours = [each.resolve() for each in own_files(home)]
    here = path.resolve()
    for earlier in ours[: ours.index(here)] if here in ours else ():
        file, problems = _laid_over(earlier, read_file(earlier), made)
        if problems or file is None:
            raise _faulty(earlier, problems)
        made[file.jurisdiction] = file
    text = read_file(path)
    own, problems = read(text)
    if own is None or not own.overlay:
        return problems
    return _laid_over(path, text, made)[1]


def _laid_over(
    path: Path, text: str, made: Mapping[str, ScheduleFile]
) -> tuple[ScheduleFile | None, tuple[Problem, ...]]:
    own, problems = read(text)
    if own is None:
        return None, problems
    base = made.get(own.jurisdiction)
    if base is None:
        known = ", ".join(sorted(made))
        said = f'{path.name}: nothing is shipped for "{own.jurisdiction}"; known are {known}'
        return None, (Problem(line=1, text=said),)
    return lay_over(base, own)


def _faulty(path: Path, problems: Sequence[Problem]) -> ScheduleFileError:
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return ScheduleFileError(
        f"{path}, {problems[0]}{more}; nothing is decided until it is corrected, see: "
        f"archiver retention check {path}"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A series that nobody has read at its source."""

    schedule: str
    series: str
    title: str
    missing: str
    read_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """What is known of one jurisdiction's law, and what is not."""

    jurisdiction: str
    name: str
    schedules: int
    verified: int
    missing: tuple[Missing, ...]
    procedure: Confidence | None
    holds: int
    holds_verified: int
    deadlines: int
    deadlines_verified: int
    default: Confidence | None
    open_questions: tuple[str, ...]
    overlaid_by: tuple[Path, ...]


def coverage(held: Library, jurisdiction: str) -> Coverage:
    """What is verified and what is missing. Raises: NotFoundError."""
    file = held.of(jurisdiction)
    entries = [(s.id, entry) for s in file.schedules for entry in s.entries]
    return Coverage(
        jurisdiction=file.jurisdiction,
        name=file.name,
        schedules=len(file.schedules),
        verified=sum(entry.series.verified for _, entry in entries),
        missing=tuple(
            Missing(
                schedule=schedule,
                series=entry.series.id,
                title=entry.series.title,
                missing=entry.missing,
                read_at=entry.read_at,
            )
            for schedule, entry in entries
            if not entry.series.verified
        ),
        procedure=file.procedure.backing.confidence if file.procedure else None,
        holds=len(file.holds),
        holds_verified=sum(h.backing.confidence is Confidence.VERIFIED for h in file.holds),
        deadlines=len(file.deadlines),
        deadlines_verified=sum(d.backing.confidence is Confidence.VERIFIED for d in file.deadlines),
        default=file.default.backing.confidence if file.default else None,
        open_questions=file.open_questions,
        overlaid_by=held.overlaid.get(file.jurisdiction, ()),
    )


def digest_of(file: ScheduleFile, schedule: Schedule) -> str:
    """What an adoption of this schedule is bound to: its content, the procedure's steps, and
    the fiscal years and minimums that its periods are counted by."""
    steps = file.procedure.steps if file.procedure else ()
    return digest(schedule, steps, (*counted_by(file), *file.elsewhere))


def counted_by(file: ScheduleFile) -> tuple[FiscalYearEnd | Floor, ...]:
    """What the file sets for every record: its fiscal year, if it is sure and there is one
    answer only, and the statute's minimum."""
    years = [
        each.ends[0].partition("-")
        for each in file.fiscal_years
        if each.backing.confidence is Confidence.VERIFIED and len(each.ends) == 1
    ]
    ends = tuple(FiscalYearEnd(month=int(month), day=int(day)) for month, _, day in years)
    return (*ends, *floors(file))


def editions(file: ScheduleFile) -> tuple[EditionFacts, ...]:
    """The editions that are loaded, as the engine wants to know them."""
    return tuple(
        EditionFacts(
            schedule=schedule.id,
            edition=schedule.edition,
            digest=digest_of(file, schedule),
            expires=schedule.expires,
        )
        for schedule in file.schedules
    )


def floors(file: ScheduleFile) -> tuple[Floor, ...]:
    """The statute's own minimum for every record, where it was read (California)."""
    default = file.default
    if default is None or not default.floor or default.minimum is None:
        return ()
    return (Floor(period=default.minimum, citation=default.backing.citation),)
