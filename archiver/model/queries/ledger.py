"""Appending to the ledger and reading it. Appending needs the write lock of its caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select

from archiver.ledger.chain import GENESIS, Entry, entry
from archiver.model.tables import ledger


def append(connection: Connection, *, at: datetime, kind: str, body: Mapping[str, object]) -> Entry:
    """Add a line. The caller's transaction decides whether it stands."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE ledger IN EXCLUSIVE MODE")
    last = connection.execute(
        select(ledger.c.seq, ledger.c.hash).order_by(ledger.c.seq.desc()).limit(1)
    ).first()
    line = entry(
        seq=last.seq + 1 if last else 1,
        at=at,
        kind=kind,
        body=body,
        previous=last.hash if last else GENESIS,
    )
    connection.execute(
        insert(ledger).values(
            seq=line.seq,
            at=line.at,
            kind=line.kind,
            body=line.body,
            previous=line.previous,
            hash=line.hash,
        )
    )
    return line


def lines(connection: Connection) -> Iterator[Entry]:
    """All lines, oldest first, a few at a time."""
    query = select(ledger).order_by(ledger.c.seq).execution_options(yield_per=1000)
    for row in connection.execute(query):
        yield Entry(
            seq=row.seq,
            at=row.at,
            kind=row.kind,
            body=row.body,
            previous=row.previous,
            hash=row.hash,
        )
