"""Are the rules applied alike to everybody? Who removed what under which rule, and what of the
same words was left standing.

The report counts; whether a rule was applied evenly is for people to judge. Compared are the
words in their order, whatever their case and what stands between them; pictures are not.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from archiver.model.database import Connection, Database
from archiver.model.queries import removal_report
from archiver.model.queries.removal_report import Done, Standing
from connectors.removals import Removal

MOST_REMOVALS = 500
MOST_ALIKE = 1_000  # candidates that are looked at for each text


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How often one moderator used one rule on one account."""

    rule: str
    moderator: str
    account: str
    deleted: int
    hidden: int
    shown_again: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A removal and the comments with the same words that stand. `standing` None: it has no
    words to compare. `at_least`: there may be more than were looked at."""

    removal: Done
    standing: tuple[int, ...] | None
    at_least: bool = False

    @property
    def count(self) -> int | None:
        """How many stand."""
        return None if self.standing is None else len(self.standing)


@dataclass(frozen=True, slots=True, kw_only=True)
class NeutralityReport:
    """`cut`: only the newest removals are in it, there were more."""

    tallies: tuple[Tally, ...]
    compared: tuple[Compared, ...]
    cut: bool


def neutrality(
    database: Database, *, since: datetime | None = None, until: datetime | None = None
) -> NeutralityReport:
    """The report over the removals from `since` on and before `until` (aware UTC)."""
    with database.read() as connection:
        found = removal_report.done(connection, since=since, until=until, most=MOST_REMOVALS + 1)
        taken = found[:MOST_REMOVALS]
        alike: dict[tuple[str, ...], list[Standing]] = {}
        compared = [
            _compared(connection, each, alike)
            for each in taken
            if each.removal != Removal.UNHIDE.value
        ]
    return NeutralityReport(
        tallies=_tallies(taken), compared=tuple(compared), cut=len(found) > len(taken)
    )


def normalised(words: str) -> tuple[str, ...]:
    """The words of a text, without case and punctuation."""
    return tuple(re.findall(r"\w+", unicodedata.normalize("NFC", words).casefold()))


def _compared(
    connection: Connection, each: Done, alike: dict[tuple[str, ...], list[Standing]]
) -> Compared:
    wanted = normalised(each.words)
    if not wanted:
        return Compared(removal=each, standing=None)
    if wanted not in alike:
        alike[wanted] = removal_report.standing_like(connection, list(wanted), most=MOST_ALIKE)
    needle = f" {' '.join(wanted)} "
    standing = tuple(
        it.record_id
        for it in alike[wanted]
        if it.record_id != each.record_id and needle in f" {' '.join(normalised(it.words))} "
    )
    return Compared(removal=each, standing=standing, at_least=len(alike[wanted]) == MOST_ALIKE)


def _tallies(taken: list[Done]) -> tuple[Tally, ...]:
    counted = Counter((each.rule, each.actor, each.account, each.removal) for each in taken)
    keys = sorted({key[:3] for key in counted})
    return tuple(
        Tally(
            rule=rule,
            moderator=moderator,
            account=account,
            deleted=counted[rule, moderator, account, Removal.DELETE.value],
            hidden=counted[rule, moderator, account, Removal.HIDE.value],
            shown_again=counted[rule, moderator, account, Removal.UNHIDE.value],
        )
        for rule, moderator, account in keys
    )
