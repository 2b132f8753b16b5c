"""The ledger as people page through it: newest first, by kind, by person, by time."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, func, or_, select

from archiver.ledger.chain import Entry
from archiver.model.tables import ledger

PERSON = ("actor", "by")  # the names under which a line says who did it


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """Which lines: of kinds that are this one or begin with it and a blank; by this person; from
    `since` on and before `until` (aware UTC); below the line `before`. Empty or 0: all."""

    kinds: tuple[str, ...] = ()
    person: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int = 0


def newest(connection: Connection, which: Which, *, limit: int) -> list[Entry]:
    """These lines, newest first."""
    query = select(ledger).where(*_clauses(which)).order_by(ledger.c.seq.desc()).limit(limit)
    return [
        Entry(
            seq=row.seq,
            at=row.at,
            kind=row.kind,
            body=row.body,
            previous=row.previous,
            hash=row.hash,
        )
        for row in connection.execute(query)
    ]


def extent(connection: Connection) -> tuple[int, str]:
    """How many lines there are, and the hash of the last one; 0 and nothing when it is empty."""
    last = select(func.max(ledger.c.seq)).scalar_subquery()
    row = connection.execute(
        select(ledger.c.seq, ledger.c.hash).where(ledger.c.seq == last)
    ).first()
    return (row.seq, row.hash) if row else (0, "")


def _clauses(which: Which) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if which.before:
        clauses.append(ledger.c.seq < which.before)
    if which.kinds:
        named = [
            (ledger.c.kind == kind) | ledger.c.kind.startswith(f"{kind} ", autoescape=True)
            for kind in which.kinds
        ]
        clauses.append(or_(*named))
    if which.person:
        # The body is canonical JSON: a name stands in it exactly as json.dumps writes it.
        said = json.dumps(which.person)
        pieces = [ledger.c.body.contains(f'"{key}":{said}', autoescape=True) for key in PERSON]
        clauses.append(or_(*pieces))
    if which.since is not None:
        clauses.append(ledger.c.at >= which.since)
    if which.until is not None:
        clauses.append(ledger.c.at < which.until)
    return clauses
