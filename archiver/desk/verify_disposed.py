"""Was disposed of what the ledger says, and nothing else?

A destroyed version has no text to compute its digest from; instead its leaf must be on a
tombstone, and the tombstones of each part of a disposition must have the Merkle root that the
ledger gave in the transaction that destroyed them, after a line that had announced it. The
same line names the hash of every segment that was replaced, and of the one that took its place.
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
    faults += _tombstones(buried, told)
    faults += _segments(erasure.all_replaced(connection), told, segments.segment_hashes(connection))
    return Disposed(
        leaves={record_id: frozenset(leaves) for record_id, _, leaves in buried},
        faults=tuple(faults),
    )


def _told(lines: Sequence[Entry]) -> tuple[list[Mapping[str, Any]], list[str]]:
    """What the ledger says was destroyed, a line for each part of a disposition."""
    announced: set[tuple[int, int]] = set()
    told = []
    faults = []
    for line in lines:
        if line.kind not in ("disposition will", "disposition destroyed"):
            continue
        said = json.loads(line.body)
        part = (said["batch"], said.get("part", 1))
        if line.kind == "disposition will":
            announced.add(part)
        else:
            told.append(said)
            if part not in announced:
                faults.append(f"disposition {said['batch']} destroyed without announcing it")
    return told, faults


def _tombstones(
    buried: Iterable[tuple[int, int, Sequence[str]]], told: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    left: dict[int, dict[int, Sequence[str]]] = {}
    for record_id, batch_id, leaves in buried:
        left.setdefault(batch_id, {})[record_id] = leaves
    for said in told:
        mine = left.get(said["batch"], {})
        leaves = [leaf for each in said["records"] for leaf in mine.pop(each, ())]
        if merkle.root(sorted(leaves)) != said["root"]:
            yield (
                f"the tombstones of disposition {said['batch']} are not what the ledger says it "
                "destroyed"
            )
    for batch_id in sorted(each for each in left if left[each]):
        yield f"the ledger knows nothing of what disposition {batch_id} destroyed"


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
