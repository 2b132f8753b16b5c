"""Which records a hold's scope reaches, asked of the database: the same answer as
`retention.hold.reaches` gives for one record, for all of them at once.

Accounts, departments, authors and days are SQL. Words are looked for in every version, also
superseded ones and those of records that have vanished, in two steps: SQL leaves out the
texts that cannot contain them, `retention.words` decides on the rest. The full-text index is
not asked: stemming, stop words and its idea of a word would miss what a hold must catch
(a word inside an address, `Jose` for `José`, letters in mathematical bold).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from unicodedata import normalize
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    and_,
    cast,
    collate,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from archiver.model.queries.known import AT_ONCE
from archiver.model.tables import accounts, records, versions
from retention.facts import Scope
from retention.hold import limited
from retention.words import needles, normalised


def reached(
    connection: Connection,
    scope: Scope,
    *,
    zone: ZoneInfo,
    among: ColumnElement[bool] | None = None,
) -> Iterator[ColumnElement[bool]]:
    """Conditions on `records`: together they are what the scope reaches, and no record meets
    two of them. `among`: only of the records that meet this. `zone` is the agency's, for its
    days.

    The words are looked up when the first condition is asked for.
    """
    here = true() if among is None else among
    rest = _by_limits(scope, zone)
    wanted = _Words(scope.words)
    if wanted.needles and not scope.everything:
        found = _containing(connection, wanted, and_(here, rest)) - scope.picks
        yield from (records.c.id.in_(chosen) for chosen in _chunks(sorted(found)))
        rest = false()
    else:
        yield and_(here, rest)
    for chosen in _chunks(sorted(scope.picks)):
        yield and_(records.c.id.in_(chosen), here, not_(rest))


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def _by_limits(scope: Scope, zone: ZoneInfo) -> ColumnElement[bool]:
    """All limits but the words. What is not known of a record cannot take it out."""
    if scope.everything:
        return true()
    if not limited(scope):
        return false()
    clauses: list[ColumnElement[bool]] = [true()]
    if scope.accounts:
        named = select(accounts.c.id).where(accounts.c.slug.in_(scope.accounts))
        clauses.append(records.c.account_id.in_(named))
    if scope.departments:
        named = select(accounts.c.id).where(accounts.c.department.in_(("", *scope.departments)))
        clauses.append(records.c.account_id.in_(named))
    if scope.authors:
        clauses.append(records.c.author_id.in_(("", *scope.authors)))
    published = records.c.published_at
    if (first := _begin(scope.since, zone)) is not None:
        clauses.append(or_(published.is_(None), published >= first))
    if (after := _end(scope.until, zone)) is not None:
        clauses.append(or_(published.is_(None), published < after))
    return and_(*clauses)


def _begin(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The first moment of an agency-local day; None where time has none."""
    if day is None or day.year == date.min.year:
        return None
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _end(day: date | None, zone: ZoneInfo) -> datetime | None:
    """The first moment after it."""
    if day is None or day.year == date.max.year:
        return None
    return _begin(day + timedelta(days=1), zone)


def _containing(connection: Connection, wanted: _Words, condition: ColumnElement[bool]) -> set[int]:
    """The records of the condition with a version that has one of the words."""
    query = (
        select(versions.c.record_id, versions.c.title, versions.c.words)
        .join(records, records.c.id == versions.c.record_id)
        .where(condition, wanted.possible(connection.dialect.name))
        .execution_options(yield_per=AT_ONCE)
    )
    found: set[int] = set()
    for record_id, title, words in connection.execute(query):
        if record_id not in found and wanted.occur_in(f"{title} {words}"):
            found.add(record_id)
    return found


class _Words:
    """Words to look for. `needles` as `retention.words` makes them; `_pieces` holds for each
    one that is plain ASCII its longest token, without which no plain text contains it."""

    def __init__(self, words: Sequence[str]) -> None:
        self.needles = needles(words)
        self._pieces = [max(n.split(), key=len) for n in self.needles if n.isascii()]
        self._plain_only = len(self._pieces) == len(self.needles)

    def possible(self, dialect: str) -> ColumnElement[bool]:
        """Could the text of a version contain one? Sure of plain ASCII only: other texts are
        left to `occur_in`."""
        text = versions.c.title + " " + versions.c.words
        if dialect == "sqlite":
            size: ColumnElement[int] = func.length(cast(text, LargeBinary))
            has = [func.instr(func.lower(text), piece) > 0 for piece in self._pieces]
        else:  # in "C" no language has its own small letters
            size = func.octet_length(text)
            has = [func.strpos(func.lower(collate(text, "C")), p) > 0 for p in self._pieces]
        return or_(size != func.length(text), *has)

    def occur_in(self, text: str) -> bool:
        """Does a text contain one of them?"""
        if self._plain_only and not any(piece in _plain(text) for piece in self._pieces):
            return False
        hay = normalised(text)
        return any(each in hay for each in self.needles)


def _plain(text: str) -> str:
    """What ASCII letters the text has once compatible forms are written out, small. A plain
    token of the normalised text is in it; ten times as quick to have as that text."""
    if text.isascii():
        return text.lower()
    folded = normalize("NFKD", normalize("NFKD", text).casefold())
    return folded.encode("ascii", "ignore").decode("ascii")
