"""Which of the words that the rules ask for occur in which records: every version of every
record is asked for all words in one pass.

The database leaves out the texts that cannot have any; `retention.words` decides on the rest,
as it does for one record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    String,
    cast,
    collate,
    func,
    literal,
    or_,
    select,
)

from archiver.model.queries.known import AT_ONCE
from archiver.model.tables import versions
from retention.words import needle, normalised


def words_found(
    connection: Connection, words: Sequence[str], *, among: Iterable[int] | None = None
) -> Iterator[tuple[int, set[int]]]:
    """For versions that have any of the words: the number of the record, and the places in
    `words` of those that they have. A record may come more than once. `among`: only versions
    of these records."""
    sought = [(place, found) for place, word in enumerate(words) if (found := needle(word))]
    if not sought:
        return
    query = (
        select(versions.c.record_id, versions.c.title, versions.c.words)
        .where(_possible([each for _, each in sought], connection.dialect.name))
        .execution_options(yield_per=AT_ONCE)
    )
    if among is not None:
        query = query.where(versions.c.record_id.in_(list(among)))
    for record_id, title, text in connection.execute(query):
        hay = normalised(f"{title} {text}")
        places = {place for place, each in sought if each in hay}
        if places:
            yield record_id, places


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
