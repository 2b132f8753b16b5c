"""Which of the words that the rules ask for occur in which records: every version of every
record is asked for all words in one pass.

The database leaves out the texts that cannot have any; `retention.words` decides on the rest,
as it does for one record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    String,
    cast,
    collate,
    func,
    literal,
    or_,
    select,
)

from archiver.model.database import Connection, Database
from archiver.model.queries.known import AT_ONCE
from archiver.model.queries.together import together
from archiver.model.tables import records, versions
from retention.words import needle, normalised


def words_found(database: Database, words: Sequence[str]) -> dict[int, str]:
    """The records that have any of the words, by their numbers: the places in `words` of
    those that they have, between commas.

    Raises: StoreError when the database cannot be used.
    """
    if not any(map(needle, words)):
        return {}
    with database.read() as connection:
        first, last = connection.execute(
            select(func.min(records.c.id), func.max(records.c.id))
        ).one()
    if first is None:
        return {}
    middle = (first + last) // 2
    halves = [versions.c.record_id <= middle, versions.c.record_id > middle]
    found = together(database, [partial(_found, words=words, where=each) for each in halves])
    return {record_id: places for half in found for record_id, places in half.items()}


def words_of(
    connection: Connection, words: Sequence[str], *, among: Iterable[int]
) -> dict[int, str]:
    """The same of a few records, given by their numbers."""
    return _found(connection, words=words, where=versions.c.record_id.in_(list(among)))


def _found(
    connection: Connection, *, words: Sequence[str], where: ColumnElement[bool]
) -> dict[int, str]:
    sought = [(place, sign) for place, word in enumerate(words) if (sign := needle(word))]
    if not sought:
        return {}
    query = (
        select(versions.c.record_id, versions.c.title, versions.c.words)
        .where(where, _possible([each for _, each in sought], connection.dialect.name))
        .execution_options(yield_per=AT_ONCE)
    )
    found: dict[int, set[int]] = {}
    for record_id, title, text in connection.execute(query):
        hay = normalised(f"{title} {text}")
        places = {place for place, each in sought if each in hay}
        if places:
            found.setdefault(record_id, set()).update(places)
    return {each: ",".join(map(str, sorted(places))) for each, places in found.items()}


def _possible(sought: Sequence[str], dialect: str) -> ColumnElement[bool]:
    """Could a version have one of these needles? Of a plain ASCII text this is sure: it has
    the longest token of the needle, which is plain too. Other texts are left to Python."""
    pieces = sorted({max(each.split(), key=len) for each in sought if each.isascii()})
    columns = (versions.c.title, versions.c.words)
    return or_(*(test for column in columns for test in _tests(column, pieces, dialect)))


def _tests(
    column: ColumnElement[str], pieces: Sequence[str], dialect: str
) -> Iterator[ColumnElement[bool]]:
    """A token is in the title or in the words, never across both."""
    if dialect == "sqlite":  # whose LIKE takes no notice of the case of ASCII letters
        yield func.length(cast(column, LargeBinary)) != func.length(column)
        for piece in pieces:
            yield column.like(literal(f"%{_escaped(piece)}%", String), escape="\\")
    else:  # in "C" no language has its own small letters
        yield func.octet_length(column) != func.length(column)
        for piece in pieces:
            yield func.strpos(func.lower(collate(column, "C")), piece) > 0


def _escaped(piece: str) -> str:
    for each in "\\%_":
        piece = piece.replace(each, f"\\{each}")
    return piece
