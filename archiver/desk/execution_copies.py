"""The new segments of an execution: each written, checked and placed before any row names it."""

from __future__ import annotations

from pathlib import Path

from archiver import __version__
from archiver.clock import Clock
from archiver.desk.destruction_plan import Surgery
from archiver.desk.execution_words import successor_name
from archiver.errors import EvidenceError
from archiver.files import make_folder
from archiver.values import SegmentRef
from archiver.vault.base import Vault
from archiver.warc.check import check_segment
from archiver.warc.rewrite import Rewritten, rewrite
from archiver.warc.survey import survey

Copy = tuple[Surgery, SegmentRef, Rewritten]


def placed_copy(
    surgery: Surgery, vault: Vault, spool: Path, clock: Clock, *, batch_id: int, part: int
) -> Copy:
    """The segment without what goes, placed in the vault; no row speaks of it yet.

    Raises: EvidenceError when what was written does not hold; StoreError.
    """
    make_folder(spool)
    name = successor_name(surgery.name, batch_id, part)
    made = rewrite(
        surgery.path,
        spool / name,
        drop=surgery.drop,
        convert=surgery.convert,
        info={"software": f"Archiver/{__version__}", "format": "WARC File Format 1.1"},
        batch=str(batch_id),
        predecessor=surgery.sha256,
        clock=clock,
        name=name,
        members=survey(surgery.path, surgery.report.records),
    )
    report = check_segment(spool / name)
    if not report.ok or report.sha256 != made.sha256:
        what = report.problems[0] if report.problems else "its hash differs"
        raise EvidenceError(
            f"the new segment {name} does not hold ({what}); nothing of it was destroyed"
        )
    vault.put(name, spool / name)
    new = SegmentRef(
        name=name,
        sha256=made.sha256,
        size=made.size,
        records=len(report.records),
        sealed_at=clock.now(),
    )
    return surgery, new, made
