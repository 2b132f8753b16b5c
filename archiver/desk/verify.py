"""Verifies everything that is stored, both ways: files against the database and back.

Checked: every segment file against its hash in the database, every WARC record in it against
its own digests; every record that the database refers to lies where it says; every file in
the vault is known; every version's digest is that of its canonical form; every run's Merkle
root in the ledger is that of its versions; the ledger's chain holds. Nothing is changed.

Not checked: whether the platform told the truth, and whether the ledger's last lines were
cut off together with what they speak of (that needs a copy of the last hash elsewhere).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from archiver.ledger import merkle
from archiver.ledger.chain import Entry, faults
from archiver.model.database import Database
from archiver.model.queries import ledger, segments
from archiver.model.queries.segments import StoredVersion
from archiver.vault.base import Vault
from archiver.warc.check import CheckReport, check_many


@dataclass(kw_only=True)
class Verification:
    """What was verified; `problems` has one clear sentence for each thing that is wrong."""

    files: int = 0
    bytes: int = 0
    warc_records: int = 0
    versions: int = 0
    ledger_lines: int = 0
    head: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Does everything hold?"""
        return not self.problems


def verify(
    database: Database,
    vault: Vault,
    *,
    processes: int = 2,
    tell: Callable[[int, int], None] | None = None,
) -> Verification:
    """Read everything again. `tell` hears of files done and files in all."""
    result = Verification()
    _files(database, vault, result, processes, tell)
    _rows(database, result)
    return result


def _files(
    database: Database,
    vault: Vault,
    result: Verification,
    processes: int,
    tell: Callable[[int, int], None] | None,
) -> None:
    with database.read() as connection:
        known = {s.name: s for s in segments.all_segments(connection)}
    there = set(vault.names())
    result.problems += [
        f"the segment {name} is in the database but not in the vault"
        for name in sorted(known.keys() - there)
    ]
    result.problems += [
        f"the segment {name} is in the vault but not in the database; "
        "the next start of Archiver commits it"
        for name in sorted(there - known.keys())
    ]
    paths = {name: vault.path(name) for name in sorted(known.keys() & there)}
    for done, (name, report) in enumerate(_reports(paths, processes), start=1):
        ref = known[name]
        result.files += 1
        result.bytes += report.size
        result.warc_records += len(report.records)
        result.problems += [f"{name}: {problem}" for problem in report.problems]
        if report.sha256 != ref.sha256:
            result.problems.append(f"{name}: the file is not the one that was sealed")
        elif len(report.records) != ref.records:
            result.problems.append(
                f"{name}: it holds {len(report.records)} records, {ref.records} were sealed"
            )
        result.problems += _places(database, name, report)
        if tell is not None:
            tell(done, len(paths))


def _reports(paths: Mapping[str, Path], processes: int) -> Iterator[tuple[str, CheckReport]]:
    names = list(paths)
    yield from zip(names, check_many(list(paths.values()), processes=processes), strict=True)


def _places(database: Database, name: str, report: CheckReport) -> Iterator[str]:
    lies = {record.record_id: (record.offset, record.length) for record in report.records}
    with database.read() as connection:
        for stored in segments.stored_records(connection, name):
            if lies.get(stored.record_id) != (stored.offset, stored.length):
                yield f"{name}: the record {stored.record_id} is not where the database says"


def _rows(database: Database, result: Verification) -> None:
    with database.read() as connection:
        roots: dict[str, str] = {}
        lines: list[Entry] = []
        for line in ledger.lines(connection):
            lines.append(line)
            if line.kind == "run":
                said = json.loads(line.body)
                roots[said["run"]] = said["root"]
        result.problems += faults(lines)
        result.ledger_lines = len(lines)
        result.head = lines[-1].hash if lines else ""
        result.problems += segments.dangling(connection)
        for run_id, group in groupby(segments.stored_versions(connection), lambda v: v.run_id):
            result.problems += _run(run_id, list(group), roots.get(run_id), result)


def _run(
    run_id: str, versions: list[StoredVersion], root: str | None, result: Verification
) -> Iterator[str]:
    result.versions += len(versions)
    for version in versions:
        text = version.canonical.encode("ascii", "replace")
        if hashlib.sha256(text).hexdigest() != version.digest:
            yield f"{version.family} {version.platform_id}: a stored version was changed"
    if root is None:
        yield f"the run {run_id} has versions but no line in the ledger"
    elif merkle.root(sorted(v.leaf for v in versions)) != root:
        yield f"the versions of run {run_id} are not those that the ledger speaks of"
