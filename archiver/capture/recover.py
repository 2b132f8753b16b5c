"""At the start: commit what a crash left between the vault and the database.

Invariant: a row refers only to a sealed, durable segment. So a crash can leave
(1) a spool file that was never sealed: no row and no cursor speaks of it, what it held is
    captured again, and it is removed under its account's lock, so no living writer loses it;
(2) a segment in the vault without a run: its own manifest is committed now, so nothing that
    it proves is lost;
(3) nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from archiver.capture.run import Captures
from archiver.errors import BusyError, EvidenceError
from archiver.model.database import Database
from archiver.model.manifest import CONTENT_TYPE, RunManifest, from_json
from archiver.model.queries import registry
from archiver.model.queries.commit import commit
from archiver.model.queries.segments import segment_names
from archiver.values import SegmentRef
from archiver.vault.base import Vault
from archiver.warc.check import check_segment
from archiver.warc.reader import last_metadata

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What was put right, and what could not be: one sentence for each problem."""

    committed: tuple[str, ...]
    spool_files: tuple[str, ...]
    problems: tuple[str, ...]


def recover(captures: Captures) -> Recovered:
    """Put right what a crash left. Safe to run at any time, by several processes."""
    committed, problems = [], []
    for name in list(_orphans(captures.vault, captures.database)):
        try:
            if _commit_orphan(captures, name):
                committed.append(name)
                log.warning("committed a segment left by a crash", extra={"segment": name})
        except EvidenceError as error:
            problems.append(f"{name}: {error}")
    return Recovered(
        committed=tuple(committed),
        spool_files=tuple(_sweep(captures)),
        problems=tuple(problems),
    )


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
    path = captures.vault.path(name)
    manifest, sealed = _read(path, name)
    with captures.database.read() as connection:
        entry = registry.find(connection, manifest.account)
    if entry is None:
        raise EvidenceError(f'it is of the account "{manifest.account}", which is not here')
    try:
        with captures.lock(entry.slug):
            with captures.database.write() as connection:
                done = commit(
                    connection,
                    manifest,
                    account_id=entry.id,
                    segment=sealed,
                    zone=captures.agency.zone,
                )
            return done.fresh
    except BusyError:
        return False  # a running capture is about to commit it itself


def _read(path: Path, name: str) -> tuple[RunManifest, SegmentRef]:
    report = check_segment(path)
    if report.problems:
        raise EvidenceError(report.problems[0])
    with path.open("rb") as handle:
        found = last_metadata(handle, CONTENT_TYPE)
    if found is None:
        raise EvidenceError("it holds no run manifest")
    manifest = from_json(found)
    return manifest, SegmentRef(
        name=name,
        sha256=report.sha256,
        size=report.size,
        records=len(report.records),
        sealed_at=manifest.ended_at,
    )


def _sweep(captures: Captures) -> Iterator[str]:
    """Remove unsealed spool files of accounts that nobody is capturing."""
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
                path.unlink(missing_ok=True)
                yield path.name
        except BusyError:
            continue
