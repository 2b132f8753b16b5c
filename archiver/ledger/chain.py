"""The hash chain: each entry's hash covers its place, time, kind, text and predecessor."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger. `body` is canonical JSON; `at` aware UTC."""

    seq: int
    at: datetime
    kind: str
    body: str
    previous: str
    hash: str


def entry(*, seq: int, at: datetime, kind: str, body: Mapping[str, object], previous: str) -> Entry:
    """The next line of the chain after the line whose hash is `previous`."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return Entry(
        seq=seq,
        at=at,
        kind=kind,
        body=text,
        previous=previous,
        hash=_hash(seq, at, kind, text, previous),
    )


def faults(entries: Iterable[Entry]) -> Iterator[str]:
    """One sentence for every place where the chain does not hold; nothing when it does."""
    seq, previous = 0, GENESIS
    for line in entries:
        seq += 1
        if line.seq != seq:
            yield f"ledger line {seq} is missing; line {line.seq} follows"
            seq = line.seq
        if line.previous != previous:
            yield f"ledger line {line.seq} does not follow from the line before it"
        if line.hash != _hash(line.seq, line.at, line.kind, line.body, line.previous):
            yield f"ledger line {line.seq} was changed"
        previous = line.hash


def _hash(seq: int, at: datetime, kind: str, body: str, previous: str) -> str:
    stamp = at.astimezone(UTC).isoformat(timespec="microseconds")
    text = "\n".join([previous, str(seq), stamp, kind, body])
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
