"""The manifest that closes a sealed segment: what its step said, in the file itself."""

from __future__ import annotations

from pathlib import Path

from archiver.errors import EvidenceError
from archiver.model.manifest import CONTENT_TYPE, RunManifest, from_json
from archiver.warc.check import CheckReport
from archiver.warc.reader import read_record


def manifest_in(path: Path, report: CheckReport) -> RunManifest:
    """The manifest at the end of a file that was checked.

    Raises: EvidenceError when the file does not end with one, StoreError when it cannot be
    read.
    """
    last = report.records[-1] if report.records else None
    if last is None or last.kind != "metadata":
        raise EvidenceError("it holds no run manifest")
    record = read_record(path, last.offset, last.length)
    if record.content_type != CONTENT_TYPE:
        raise EvidenceError("it holds no run manifest")
    return from_json(record.block)
