"""What people typed into forms, as values; and refusals in the words of a page."""

from __future__ import annotations

import re
from datetime import date

from archiver.errors import ArchiverError, UsageError
from archiver.web.sentences import without_commands
from archiver.web.site import Site

_OPTION = re.compile(r"(?:, )?(?:with |say |name one: )?--[a-z-]+")
FIRST_YEAR, LAST_YEAR = 1900, 2200
_EVERYTHING = "for the whole archive say --everything"


def day_of(text: str, what: str) -> date | None:
    """The day that was typed; None when nothing was. Raises: UsageError naming the field."""
    given = text.strip()
    if not given:
        return None
    try:
        day = date.fromisoformat(given)
    except ValueError as error:
        raise UsageError(f'{what}: "{given}" is no day; write it as 2026-11-24') from error
    require_sensible(day, what)
    return day


def require_sensible(day: date, what: str) -> None:
    """Raises: UsageError for a day so far off that it is a slip; nothing could be counted from
    it."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise UsageError(f"{what}: {day.year} cannot be meant; name a year after {FIRST_YEAR - 1}")


def lines_of(text: str) -> tuple[str, ...]:
    """One entry for each line that is not blank."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def number_of(text: str, default: int = 0) -> int:
    """A whole number from an address; the default for anything else."""
    return int(text) if text.isdecimal() and len(text) < 16 else default


def said_by(site: Site, error: ArchiverError | None) -> str:
    """A refusal as a page says it: without secrets, and without the commands and options that it
    names; nothing where nothing was refused."""
    return worded(site.archive.secrets.scrub_text(str(error))) if error else ""


def worded(text: str) -> str:
    """A sentence without commands and options, which lead nowhere at a page."""
    plain = _OPTION.sub("", text.replace(_EVERYTHING, "or the whole archive"))
    return without_commands(plain)
