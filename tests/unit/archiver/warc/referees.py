"""The judges of what we write: warcio's own checker and a walk by fastwarc."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fastwarc.warc import ArchiveIterator


def warcio_accepts(path: Path) -> bool:
    """Does `warcio check` find every digest right?"""
    command = [str(Path(sys.executable).with_name("warcio")), "check", "-v", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode == 0 and "fail" not in done.stdout and "no digest" not in done.stdout


def fastwarc_accepts(path: Path) -> int:
    """The number of records, when fastwarc finds every digest right; otherwise -1."""
    count = 0
    for record in ArchiveIterator(str(path), parse_http=False):
        count += 1
        payload = "WARC-Payload-Digest" in record.headers and str(record.record_type) != "revisit"
        if not record.verify_block_digest():
            return -1
        if payload:
            if record.is_http:  # without it, fastwarc takes every payload for damaged
                record.parse_http()
            if not record.verify_payload_digest():
                return -1
    return count
