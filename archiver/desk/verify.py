"""Verifies everything that is stored, both ways: files against the database and back.

Checked: every segment file against its hash in the database and in the ledger, every WARC
record in it against its own digests; every record that the database refers to lies where it
says; every file in the vault is known; every version's digest is that of its canonical form;
every version and finding is as the manifest in its sealed file says; every run's Merkle root
in the ledger is that of its versions; what was disposed of is what the ledger says, and no
more; the ledger's chain holds; checkpoints are its Merkle roots and their time stamps hold.
Nothing is changed.

Not checked: whether the platform told the truth, and whether the ledger's last lines were
cut off together with what they speak of (that needs a copy of the last hash elsewhere).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from archiver.capture.sealed import manifest_in
from archiver.desk import verify_checkpoints
from archiver.desk.verify_disposed import Disposed, read_disposed
from archiver.desk.witness import Witness
from archiver.errors import EvidenceError
from archiver.ledger import merkle
from archiver.ledger.chain import faults
from archiver.model.database import Database
from archiver.model.queries import hold_checks, ledger, segments
from archiver.model.queries.segments import StoredVersion
from archiver.vault.base import Vault
from archiver.warc.check import CheckReport, check_many
from config.settings import Authority


@dataclass(kw_only=True)
class Verification:
    """What was verified; `problems` has one clear sentence for each thing that is wrong."""

    files: int = 0
    bytes: int = 0
    warc_records: int = 0
    versions: int = 0
    ledger_lines: int = 0
    checkpoints: int = 0
    stamps: int = 0
    unverifiable_stamps: int = 0  # their authority is no longer in the settings
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
    authorities: Sequence[Authority] = (),
) -> Verification:
    """Read everything again. `tell` hears of files done and files in all. Time stamps are held
    against the certificates of `authorities`."""
    result = Verification()
    witness = Witness()
    _files(database, vault, result, processes, tell, witness)
    _rows(database, result, witness, authorities)
    return result


def _files(
    database: Database,
    vault: Vault,
    result: Verification,
    processes: int,
    tell: Callable[[int, int], None] | None,
    witness: Witness,
) -> None:
    with database.read() as connection:
        known = {s.name: s for s in segments.all_segments(connection)}
        replaced = segments.segment_names(connection) - known.keys()
    there = set(vault.names())
    result.problems += [
        f"the segment {name} was replaced by a disposition and is still in the vault; "
        "the next start of Archiver removes it"
        for name in sorted(there & replaced)
    ]
    there -= replaced
    result.problems += [
        f"the segment {name} is in the database but not in the vault"
        for name in sorted(known.keys() - there)
    ]
    result.problems += [
        f"the segment {name} is in the vault but not in the database; "
        "the next start of Archiver commits it"
        for name in sorted(there - known.keys())
    ]
    result.problems += [
        f"{path} is no segment that Archiver placed there" for path in sorted(vault.strangers())
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
        else:
            result.problems += _heard(witness, paths[name], report)
        result.problems += _places(database, name, report)
        if tell is not None:
            tell(done, len(paths))


def _reports(paths: Mapping[str, Path], processes: int) -> Iterator[tuple[str, CheckReport]]:
    names = list(paths)
    yield from zip(names, check_many(list(paths.values()), processes=processes), strict=True)


def _heard(witness: Witness, path: Path, report: CheckReport) -> Iterator[str]:
    try:
        witness.hear(manifest_in(path, report))
    except EvidenceError as error:
        yield f"{path.name}: {error}"


def _places(database: Database, name: str, report: CheckReport) -> Iterator[str]:
    lies = {record.record_id: (record.offset, record.length) for record in report.records}
    with database.read() as connection:
        for stored in segments.stored_records(connection, name):
            if lies.get(stored.record_id) != (stored.offset, stored.length):
                yield f"{name}: the record {stored.record_id} is not where the database says"


def _rows(
    database: Database, result: Verification, witness: Witness, authorities: Sequence[Authority]
) -> None:
    with database.read() as connection:
        lines = list(ledger.lines(connection))
        told = {}
        for line in lines:
            if line.kind == "run":
                said = json.loads(line.body)
                told[said["run"]] = said
        result.problems += faults(lines)
        result.ledger_lines = len(lines)
        result.head = lines[-1].hash if lines else ""
        _checkpoints(result, verify_checkpoints.check(connection, lines, authorities))
        result.problems += _ledger(
            told, segments.run_segments(connection), segments.segment_hashes(connection)
        )
        result.problems += segments.dangling(connection)
        result.problems += segments.miscounted(connection)
        result.problems += witness.finding_faults(segments.stored_findings(connection))
        result.problems += hold_checks.disagreements(connection)
        disposed = read_disposed(connection, lines)
        result.problems += disposed.faults
        seen = set()
        for run_id, group in groupby(segments.stored_versions(connection), lambda v: v.run_id):
            seen.add(run_id)
            rows = list(group)
            root = told[run_id]["root"] if run_id in told else None
            result.versions += len(rows)
            result.problems += _run(run_id, rows, root, disposed)
            media = segments.version_media_of(connection, run_id)
            result.problems += witness.faults(run_id, rows, media)
        result.problems += [
            f"the versions of run {run_id} that the ledger speaks of are not there"
            for run_id, said in told.items()
            if said["versions"] and run_id not in seen
        ]


def _checkpoints(result: Verification, checked: verify_checkpoints.CheckedPoints) -> None:
    result.checkpoints = checked.checkpoints
    result.stamps = checked.stamps
    result.unverifiable_stamps = checked.unverifiable
    result.problems += checked.faults


def _ledger(
    told: Mapping[str, Mapping[str, str]],
    run_segments: Mapping[str, str | None],
    hashes: Mapping[str, str],
) -> Iterator[str]:
    """Are the runs and segments in the database those that the ledger speaks of?"""
    for run_id, said in told.items():
        name = said["segment"]
        if run_id not in run_segments:
            yield f"the run {run_id} that the ledger speaks of is not there"
        elif run_segments[run_id] != name:
            yield f"the run {run_id} does not name the segment that the ledger says"
        elif name is not None and hashes.get(name) != said["sha256"]:
            yield f"the hash of the segment {name} is not the one that the ledger says"
    for run_id, segment in run_segments.items():
        if segment is not None and run_id not in told:
            yield f"the run {run_id} has a segment but no line in the ledger"


def _run(
    run_id: str, versions: Sequence[StoredVersion], root: str | None, disposed: Disposed
) -> Iterator[str]:
    for version in versions:
        if not version.canonical and disposed.buried(version.record_id, version.leaf):
            continue
        text = version.canonical.encode("ascii", "replace")
        if hashlib.sha256(text).hexdigest() != version.digest:
            yield f"{version.family} {version.platform_id}: a stored version was changed"
    if root is None:
        yield f"the run {run_id} has versions but no line in the ledger"
    elif merkle.root(sorted(v.leaf for v in versions)) != root:
        yield f"the versions of run {run_id} are not those that the ledger speaks of"
