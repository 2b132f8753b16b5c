"""Are the checkpoints those of this ledger, and do their time stamps hold?

All roots are computed in one pass over the ledger. A stamp of an authority that is no longer in
the settings cannot be verified, for want of its certificates; it is counted as such.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archiver.ledger import timestamp
from archiver.ledger.chain import Entry
from archiver.ledger.merkle import Growing
from archiver.ledger.timestamp import TimestampError
from archiver.model.database import Connection
from archiver.model.queries import checkpoints
from archiver.model.queries.checkpoints import Checkpoint, Token
from config.settings import Authority


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedPoints:
    """How many checkpoints and stamps were verified, how many stamps could not be for want of
    their authority's certificates, and a sentence for each thing that is wrong."""

    checkpoints: int
    stamps: int
    unverifiable: int
    faults: tuple[str, ...]


def check(
    connection: Connection, lines: Sequence[Entry], authorities: Sequence[Authority]
) -> CheckedPoints:
    """Compute all checkpoints again and verify all stamps."""
    made = checkpoints.by_seq(connection)
    faults = list(_roots(made, lines))
    known = {each.url: each for each in authorities}
    points = {each.id: each for each in made}
    stamps = unverifiable = 0
    try:
        for token in checkpoints.tokens(connection):
            if token.authority not in known:
                unverifiable += 1
                continue
            stamps += 1
            faults += _stamp(token, points, known)
    except ValueError:
        faults.append(
            "a stored time stamp is not readable; the table checkpoint_tokens was changed"
        )
    return CheckedPoints(
        checkpoints=len(made), stamps=stamps, unverifiable=unverifiable, faults=tuple(faults)
    )


def _roots(made: Sequence[Checkpoint], lines: Sequence[Entry]) -> Iterator[str]:
    growing = Growing()
    for point in made:
        for line in lines[growing.size : point.seq]:
            growing.append(line.hash)
        if growing.size != point.seq:
            yield f"the ledger has not the {point.seq} lines that a checkpoint was made over"
        elif growing.root != point.root or lines[point.seq - 1].hash != point.head:
            yield f"the checkpoint over ledger lines 1 to {point.seq} is not that of this ledger"


def _stamp(
    token: Token, points: Mapping[int, Checkpoint], known: Mapping[str, Authority]
) -> Iterator[str]:
    point = points.get(token.checkpoint_id)
    if point is None:
        yield f"a time stamp of {token.authority} belongs to no checkpoint"
        return
    where = f"the time stamp of {token.authority} on the checkpoint over {point.seq} lines"
    try:
        stamp = timestamp.verify(
            token.answer, point.statement(), ca_file=known[token.authority].ca_file
        )
    except TimestampError as error:
        yield f"{where}: {error}"
        return
    if abs((stamp.at - token.stamped_at).total_seconds()) >= 1:
        yield f"{where}: it does not have the time that the database says"
