"""The place of versions in the ledger: the Merkle path from a version's leaf to its run's root.

The tree of a run has the leaves of all its versions, sorted; a destroyed version keeps its leaf,
so the paths of its neighbours hold for ever.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from archiver.errors import EvidenceError
from archiver.ledger.merkle import Tree
from archiver.model.manifest import leaf_of
from archiver.model.tables import (
    exchanges,
    ledger,
    media,
    records,
    runs,
    version_media,
    versions,
)
from archiver.values import Place

_AT_ONCE = 500  # values in one list of a query
_TRIES = 100_000  # which of a version's files may have been fetched later


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A media file of a version; `late`: its bytes were fetched by another run."""

    key: str
    sha256: str
    late: bool


def places(connection: Connection, version_ids: Sequence[int]) -> dict[int, Place]:
    """Where each of the versions stands in the ledger, by version id. A version that was
    destroyed has no preimage any more.

    Raises: EvidenceError when a version is not there, its run has no line in the ledger, or
    what is stored gives another leaf or root than what was sealed: run `archiver verify`.
    """
    rows = {row.id: row for row in _versions(connection, version_ids)}
    missing = [each for each in version_ids if each not in rows]
    if missing:
        raise EvidenceError(f"the version {missing[0]} is not there; run: archiver verify")
    run_ids = sorted({row.run_id for row in rows.values()})
    lines = _lines(connection, run_ids)
    leaves = _leaves(connection, run_ids)
    files = _files(connection, list(rows))
    trees = {run_id: Tree(leaves[run_id]) for run_id in run_ids}
    salted = _salted(connection, run_ids)
    found = {}
    for version_id, row in rows.items():
        seq, root = _line_of(lines, row.run_id)
        tree = trees[row.run_id]
        if tree.root != root:
            raise EvidenceError(
                f"the versions of run {row.run_id} are not those that the ledger speaks of; "
                "run: archiver verify"
            )
        index = bisect_left(leaves[row.run_id], row.leaf)
        found[version_id] = Place(
            leaf=row.leaf,
            path=tree.path(index),
            index=index,
            size=tree.size,
            root=root,
            line=seq,
            preimage=_preimage(row, files.get(version_id, ())),
            salted=row.run_id in salted,
        )
    return found


def _versions(connection: Connection, version_ids: Sequence[int]) -> Iterator[Row[Any]]:
    for chosen in _chunks(version_ids):
        query: Select[Any] = (
            select(
                versions.c.id,
                versions.c.run_id,
                versions.c.leaf,
                versions.c.salt,
                versions.c.digest,
                versions.c.version_key,
                versions.c.canonical,
                records.c.family,
                records.c.platform_id,
            )
            .join(records, records.c.id == versions.c.record_id)
            .where(versions.c.id.in_(chosen))
        )
        yield from connection.execute(query)


def _lines(connection: Connection, run_ids: Sequence[str]) -> dict[str, tuple[int, str]]:
    """Number and root of each run's line. A line has the time at which its run ended, which
    spares reading the text of the others."""
    wanted, found = set(run_ids), {}
    for chosen in _chunks(run_ids):
        ended = select(runs.c.ended_at).where(runs.c.id.in_(chosen))
        query = select(ledger.c.seq, ledger.c.body).where(
            ledger.c.kind == "run", ledger.c.at.in_(ended)
        )
        for row in connection.execute(query):
            said = json.loads(row.body)
            if said["run"] in wanted:
                found[said["run"]] = (row.seq, said["root"])
    return found


def _line_of(lines: Mapping[str, tuple[int, str]], run_id: str) -> tuple[int, str]:
    if run_id not in lines:
        raise EvidenceError(
            f"the run {run_id} has versions but no line in the ledger; run: archiver verify"
        )
    return lines[run_id]


def _leaves(connection: Connection, run_ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {run_id: [] for run_id in run_ids}
    for chosen in _chunks(run_ids):
        query = select(versions.c.run_id, versions.c.leaf).where(versions.c.run_id.in_(chosen))
        for row in connection.execute(query.execution_options(yield_per=5000)):
            found[row.run_id].append(row.leaf)
    for each in found.values():
        each.sort()
    return found


def _salted(connection: Connection, run_ids: Sequence[str]) -> set[str]:
    """The runs whose versions were sealed with a salt. A run's are sealed alike; the salt of a
    destroyed one is gone, so a run of which nothing else is left does not count."""
    found: set[str] = set()
    bare: set[str] = set()
    for chosen in _chunks(run_ids):
        query = (
            select(versions.c.run_id, (versions.c.salt != "").label("salted"))
            .where(versions.c.run_id.in_(chosen), versions.c.canonical != "")
            .distinct()
        )
        for row in connection.execute(query):
            (found if row.salted else bare).add(row.run_id)
    return found - bare


def _files(connection: Connection, version_ids: Sequence[int]) -> dict[int, list[_File]]:
    found: dict[int, list[_File]] = {}
    for chosen in _chunks(version_ids):
        query = (
            select(
                version_media.c.version_id,
                version_media.c.key,
                version_media.c.sha256,
                versions.c.run_id,
                exchanges.c.run_id.label("fetched_by"),
                exchanges.c.at,
                versions.c.captured_at,
            )
            .select_from(version_media)
            .join(versions, versions.c.id == version_media.c.version_id)
            .outerjoin(media, media.c.sha256 == version_media.c.sha256)
            .outerjoin(exchanges, exchanges.c.id == media.c.exchange_id)
            .where(version_media.c.version_id.in_(chosen))
            .order_by(version_media.c.version_id, version_media.c.position)
        )
        for row in connection.execute(query):
            by_another = row.fetched_by not in (None, row.run_id)
            late = by_another and row.at is not None and row.at > row.captured_at
            file = _File(key=row.key, sha256=row.sha256 or "", late=late)
            found.setdefault(row.version_id, []).append(file)
    return found


def _preimage(row: Row[Any], files: Sequence[_File]) -> dict[str, Any] | None:
    """What the leaf was computed from when it was sealed."""
    if not row.canonical:  # destroyed: the salt went with the text
        return None
    identity = (row.family, row.platform_id, row.version_key)
    for listed in islice(_as_sealed(files), _TRIES):
        if leaf_of(identity=identity, digest=row.digest, media=listed, salt=row.salt) == row.leaf:
            return {
                "family": row.family,
                "platform_id": row.platform_id,
                "version_key": row.version_key,
                "digest": row.digest,
                "media": [{"key": key, "sha256": sha256} for key, sha256 in listed],
                "salt": row.salt,
            }
    raise EvidenceError(
        f"{row.family} {row.platform_id}: what is stored of a version does not give its leaf; "
        "run: archiver verify"
    )


def _as_sealed(files: Sequence[_File]) -> Iterator[list[tuple[str, str]]]:
    """The media lists that may have been sealed, likeliest first: as they are; without the
    files that another run fetched; without any others."""
    listed = [(each.key, each.sha256) for each in files]
    yield listed
    held = [number for number, each in enumerate(files) if each.sha256]
    late = [number for number, each in enumerate(files) if each.late]
    if late:
        yield _without(listed, late)
    for count in range(1, len(held) + 1):
        for chosen in combinations(held, count):
            yield _without(listed, chosen)


def _without(listed: Sequence[tuple[str, str]], numbers: Sequence[int]) -> list[tuple[str, str]]:
    return [
        (key, "" if number in numbers else sha256) for number, (key, sha256) in enumerate(listed)
    ]


def _chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
