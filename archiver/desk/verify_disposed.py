"""Was disposed of what the ledger says, and nothing else?

A destroyed version has no text to compute its digest from; instead its leaf must be on a
tombstone, and the tombstones of a disposition must have the Merkle root that the ledger gave
in the transaction that destroyed them, after a line that had announced it. The same line
names the hash of every segment that was replaced, and of the one that took its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archiver.ledger import merkle
from archiver.ledger.chain import Entry
from archiver.model.database import Connection
from archiver.model.queries import erasure, segments


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposed:
    """The tombstones; `faults` has one sentence for each thing that is wrong with them."""

    leaves: Mapping[int, frozenset[str]]
    faults: tuple[str, ...]

    def buried(self, record_id: int, leaf: str) -> bool:
        """Is the version of this leaf on the record's tombstone?"""
        return leaf in self.leaves.get(record_id, ())


def read_disposed(connection: Connection, lines: Sequence[Entry]) -> Disposed:
    """Hold tombstones and replaced segments against the ledger."""
    buried = erasure.all_tombstones(connection)
    told, faults = _told(lines)
    by_batch: dict[int, list[str]] = {}
    for _, batch_id, leaves in buried:
        by_batch.setdefault(batch_id, []).extend(leaves)
    for batch_id in sorted(by_batch.keys() | told.keys()):
        faults += _tombstones(batch_id, by_batch.get(batch_id), told.get(batch_id))
    faults += _segments(
        erasure.all_replaced(connection), told.values(), segments.segment_hashes(connection)
    )
    return Disposed(
        leaves={record_id: frozenset(leaves) for record_id, _, leaves in buried},
        faults=tuple(faults),
    )


def _told(lines: Sequence[Entry]) -> tuple[dict[int, Mapping[str, Any]], list[str]]:
    announced: set[int] = set()
    told: dict[int, Mapping[str, Any]] = {}
    faults = []
    for line in lines:
        if line.kind == "disposition will":
            announced.add(json.loads(line.body)["batch"])
        elif line.kind == "disposition destroyed":
            said = json.loads(line.body)
            told[said["batch"]] = said
            if said["batch"] not in announced:
                faults.append(f"disposition {said['batch']} destroyed without announcing it")
    return told, faults


def _tombstones(
    batch_id: int, leaves: Sequence[str] | None, said: Mapping[str, Any] | None
) -> Iterator[str]:
    if said is None:
        yield f"the ledger knows nothing of what disposition {batch_id} destroyed"
    elif leaves is None or merkle.root(sorted(leaves)) != said["root"]:
        yield f"the tombstones of disposition {batch_id} are not what the ledger says it destroyed"


def _segments(
    replaced: Mapping[str, str], told: Iterable[Mapping[str, Any]], hashes: Mapping[str, str]
) -> Iterator[str]:
    said = {each["old"]: each for line in told for each in line["segments"]}
    for old in sorted(replaced.keys() | said.keys()):
        new, pair = replaced.get(old), said.get(old)
        if pair is None:
            yield f"the ledger knows nothing of the segment that replaces {old}"
        elif new is None or new != pair["new"]:
            yield f"the segment {old} is not replaced by the one that the ledger says"
        elif (hashes.get(old), hashes.get(new)) != (pair["old_sha256"], pair["new_sha256"]):
            yield f"the hash of {old} or of {new}, which replaces it, is not as the ledger says"
