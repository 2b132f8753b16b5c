"""Checkpoints of the ledger: Merkle roots over the hashes of its lines, and their time stamps."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, Select, func, insert, select

from archiver.ledger.chain import Entry
from archiver.ledger.merkle import Growing, Tree
from archiver.model.tables import ledger
from archiver.model.tables_requests import checkpoint_tokens, checkpoints

FORM = "archiver-checkpoint-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The Merkle `root` over the hashes of the ledger's lines 1 to `seq`; `head` is the hash
    of the last of them. `at` is when it was made, aware UTC."""

    id: int
    seq: int
    head: str
    root: str
    at: datetime

    def statement(self) -> bytes:
        """What an authority stamps: canonical JSON (sorted keys, no spaces, ASCII)."""
        said = {
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "form": FORM,
            "head": self.head,
            "root": self.root,
            "seq": self.seq,
        }
        return json.dumps(said, sort_keys=True, separators=(",", ":")).encode("ascii")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """An authority's stamp on a checkpoint. `stamped_at` is the authority's time."""

    checkpoint_id: int
    authority: str
    answer: bytes
    stamped_at: datetime
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedLine:
    """A line of the ledger with its inclusion path to a checkpoint; `index` counts from 0."""

    entry: Entry
    index: int
    size: int
    path: tuple[str, ...]


def last_line(connection: Connection) -> int:
    """The number of the ledger's last line, 0 when it is empty."""
    return connection.execute(select(func.max(ledger.c.seq))).scalar_one() or 0


def root_at(connection: Connection, seq: int) -> tuple[str, str]:
    """The hash of line `seq`, and the Merkle root over the hashes of the lines up to it."""
    growing, head = Growing(), ""
    for head in _hashes(connection, seq):
        growing.append(head)
    return head, growing.root


def add(connection: Connection, *, seq: int, head: str, root: str, at: datetime) -> Checkpoint:
    """Write a checkpoint down, or take the one that somebody else has written meanwhile. The
    caller's transaction holds the write lock."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("LOCK TABLE checkpoints IN EXCLUSIVE MODE")
    there = connection.execute(select(checkpoints).where(checkpoints.c.seq == seq)).first()
    if there is None:
        connection.execute(insert(checkpoints).values(seq=seq, head=head, root=root, at=at))
    return _one(connection, select(checkpoints).where(checkpoints.c.seq == seq))


def newest(connection: Connection) -> Checkpoint | None:
    """The checkpoint over the most lines."""
    query = select(checkpoints).order_by(checkpoints.c.seq.desc()).limit(1)
    return next(iter(_many(connection, query)), None)


def by_seq(connection: Connection) -> list[Checkpoint]:
    """All checkpoints, oldest first."""
    return _many(connection, select(checkpoints).order_by(checkpoints.c.seq))


def without_token(connection: Connection, authority: str, *, limit: int) -> list[Checkpoint]:
    """Checkpoints that have no stamp of this authority, newest first."""
    query = _without(authority).order_by(checkpoints.c.seq.desc()).limit(limit)
    return _many(connection, query)


def count_without_token(connection: Connection, authority: str) -> tuple[int, datetime | None]:
    """How many checkpoints have no stamp of this authority, and when the first was made."""
    lacking = _without(authority).subquery()
    row = connection.execute(select(func.count(), func.min(lacking.c.at))).one()
    return row[0], row[1]


def add_token(connection: Connection, token: Token) -> None:
    """Keep a verified stamp."""
    connection.execute(
        insert(checkpoint_tokens).values(
            checkpoint_id=token.checkpoint_id,
            authority=token.authority,
            token=base64.b64encode(token.answer).decode("ascii"),
            stamped_at=token.stamped_at,
            at=token.at,
        )
    )


def tokens(connection: Connection, *, checkpoint_id: int | None = None) -> Iterator[Token]:
    """The stamps of a checkpoint, or all, in the order in which they came.

    Raises: ValueError when a stored stamp is not base64.
    """
    query = select(checkpoint_tokens).order_by(checkpoint_tokens.c.id)
    if checkpoint_id is not None:
        query = query.where(checkpoint_tokens.c.checkpoint_id == checkpoint_id)
    for row in connection.execute(query.execution_options(yield_per=500)):
        yield Token(
            checkpoint_id=row.checkpoint_id,
            authority=row.authority,
            answer=base64.b64decode(row.token, validate=True),
            stamped_at=row.stamped_at,
            at=row.at,
        )


def stamped_by(connection: Connection) -> Mapping[int, list[str]]:
    """The authorities whose stamps each checkpoint has, by its id."""
    query = select(checkpoint_tokens.c.checkpoint_id, checkpoint_tokens.c.authority)
    found: dict[int, list[str]] = {}
    for row in connection.execute(query.order_by(checkpoint_tokens.c.id)):
        found.setdefault(row.checkpoint_id, []).append(row.authority)
    return found


def proved_lines(
    connection: Connection, seqs: Iterable[int], *, checkpoint: Checkpoint
) -> Iterator[ProvedLine]:
    """Lines of the ledger with their paths to the checkpoint, in their order; each number once.

    Raises: IndexError when a line is not under the checkpoint.
    """
    tree = Tree(_hashes(connection, checkpoint.seq))
    wanted = sorted(set(seqs))
    for start in range(0, len(wanted), 500):
        chosen = wanted[start : start + 500]
        query = select(ledger).where(ledger.c.seq.in_(chosen)).order_by(ledger.c.seq)
        for row in connection.execute(query):
            entry = Entry(
                seq=row.seq,
                at=row.at,
                kind=row.kind,
                body=row.body,
                previous=row.previous,
                hash=row.hash,
            )
            index = row.seq - 1
            yield ProvedLine(entry=entry, index=index, size=tree.size, path=tree.path(index))


def _hashes(connection: Connection, seq: int) -> Iterator[str]:
    query = select(ledger.c.hash).where(ledger.c.seq <= seq).order_by(ledger.c.seq)
    yield from connection.execute(query.execution_options(yield_per=5000)).scalars()


def _without(authority: str) -> Select[tuple[object, ...]]:
    have = select(checkpoint_tokens.c.checkpoint_id).where(
        checkpoint_tokens.c.authority == authority
    )
    return select(checkpoints).where(checkpoints.c.id.not_in(have))


def _many(connection: Connection, query: Select[tuple[object, ...]]) -> list[Checkpoint]:
    return [
        Checkpoint(id=row.id, seq=row.seq, head=row.head, root=row.root, at=row.at)
        for row in connection.execute(query)
    ]


def _one(connection: Connection, query: Select[tuple[object, ...]]) -> Checkpoint:
    return _many(connection, query)[0]
