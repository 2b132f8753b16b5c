"""At the start: commit what a crash left between the vault and the database.

Invariant: a row refers only to a sealed, durable segment. So a crash can leave
(1) a spool file that was never finished: no row and no cursor speaks of it, what it held is
    captured again, and it is removed under its account's lock, so no living writer loses it;
(2) a finished spool file, manifest and all: it is placed in the vault now;
(3) a segment in the vault without a run: its own manifest is committed now, so nothing that
    it proves is lost;
(4) nothing else.
What is damaged is reported and left where it is.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archiver.capture.run import Captures
from archiver.capture.sealed import manifest_in
from archiver.errors import BusyError, EvidenceError
from archiver.model.database import Database
from archiver.model.manifest import RunManifest
from archiver.model.queries import registry
from archiver.model.queries.commit import commit
from archiver.model.queries.segments import segment_names
from archiver.values import SegmentRef
from archiver.vault.base import Vault
from archiver.warc.check import check_segment

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What was put right, and what could not be: one sentence for each problem."""

    committed: tuple[str, ...]
    spool_files: tuple[str, ...]
    problems: tuple[str, ...]


def recover(captures: Captures) -> Recovered:
    """Put right what a crash left. Safe to run at any time, by several processes."""
    removed = tuple(_sweep(captures))
    committed, problems = [], []
    for name in sorted(_orphans(captures.vault, captures.database)):  # oldest first
        try:
            if _commit_orphan(captures, name):
                committed.append(name)
                log.warning("committed a segment left by a crash", extra={"segment": name})
        except EvidenceError as error:
            problems.append(f"{name}: {error}")
    return Recovered(committed=tuple(committed), spool_files=removed, problems=tuple(problems))


def _orphans(vault: Vault, database: Database) -> Iterator[str]:
    with database.read() as connection:
        known = segment_names(connection)
    for name in vault.names():
        if name not in known:
            yield name


def _commit_orphan(captures: Captures, name: str) -> bool:
    """Commit the segment under its account's lock; False when somebody else is at it.

    Raises: EvidenceError when the file does not hold or belongs to no account here.
    """
    manifest, sealed = _read(captures.vault.path(name), name)
    with captures.database.read() as connection:
        entry = registry.find(connection, manifest.account)
    if entry is None:
        raise EvidenceError(f'it is of the account "{manifest.account}", which is not here')
    try:
        with captures.lock(entry.slug), captures.database.write() as connection:
            done = commit(
                connection,
                manifest,
                account_id=entry.id,
                segment=sealed,
                zone=captures.agency.zone,
                orphan=True,
            )
            return done.fresh
    except BusyError:
        return False  # a running capture is about to commit it itself


def _read(path: Path, name: str) -> tuple[RunManifest, SegmentRef]:
    report = check_segment(path)
    if report.problems:
        raise EvidenceError(report.problems[0])
    manifest = manifest_in(path, report)
    if f"{manifest.run_id}.warc.gz" != name:
        raise EvidenceError(f"it is the segment of the run {manifest.run_id} under another name")
    return manifest, SegmentRef(
        name=name,
        sha256=report.sha256,
        size=report.size,
        records=len(report.records),
        sealed_at=manifest.ended_at,
    )


def _sweep(captures: Captures) -> Iterator[str]:
    """Place finished spool files of accounts that nobody is capturing, remove the others."""
    if not captures.spool.is_dir():
        return
    with captures.database.read() as connection:
        slugs = {entry.slug for entry in registry.all_accounts(connection)}
    for path in sorted(captures.spool.glob("*.warc.gz")):
        slug = "-".join(path.name.split("-")[1:-1])
        if slug not in slugs:
            continue
        try:
            with captures.lock(slug):
                if path.exists() and not _placed(captures.vault, path):
                    path.unlink(missing_ok=True)
                    yield path.name
        except BusyError:
            continue


def _placed(vault: Vault, path: Path) -> bool:
    """Bring a spool file into the vault, if it is finished and not there already."""
    try:
        _read(path, path.name)
    except EvidenceError:
        return False
    if path.name in set(vault.names()):
        return False  # a crash between the two names of one file
    with path.open("rb") as handle:
        os.fsync(handle.fileno())
    vault.put(path.name, path)
    return True
