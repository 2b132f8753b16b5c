"""Checks whole segments: every block and payload digest, the gzip members, the file's hash.

A segment that was damaged or cut anywhere yields problems in plain words, never an exception.
What the file cannot tell by itself (a whole record missing at its end, a changed byte in a
gzip header) is found by comparing with what was noted when it was sealed.
"""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from fastwarc.warc import ArchiveIterator, WarcRecord

from archiver.errors import StoreError
from archiver.values import SegmentRef

_PIECE = 1 << 20
_HASHED = 1 << 20


class CheckedRecord(NamedTuple):
    """Where a record lies: byte offset and length of its gzip member.

    Not a dataclass, because making those would be a tenth of the work of a check.
    """

    record_id: str
    kind: str
    offset: int
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """What a segment is. `sha256` is hex over the file; no problems: everything holds."""

    name: str
    sha256: str
    size: int
    records: tuple[CheckedRecord, ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Does everything hold?"""
        return not self.problems


def check_segment(source: Path | BinaryIO, *, expected: SegmentRef | None = None) -> CheckReport:
    """Read a segment (a path, or a seekable file) and check all of it.

    Raises: StoreError when it cannot be read at all.
    """
    if not isinstance(source, Path):
        return _check(source, source, str(getattr(source, "name", "the segment")), expected)
    try:
        with source.open("rb") as file:
            return _check(file, str(source), str(source), expected)
    except FileNotFoundError as error:
        raise StoreError(f"{source} is not there") from error


def check_many(
    paths: Sequence[Path],
    *,
    expected: Sequence[SegmentRef | None] | None = None,
    processes: int = 2,
) -> Iterator[CheckReport]:
    """Check segments side by side; the reports come in the order of `paths`.

    Raises: StoreError when one cannot be read at all.
    """
    wanted = expected if expected is not None else [None] * len(paths)
    if processes < 2 or len(paths) < 2:
        for path, each in zip(paths, wanted, strict=True):
            yield check_segment(path, expected=each)
        return
    # Not forked: the caller may have threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        yield from pool.map(_check_one, paths, wanted)


def _check_one(path: Path, expected: SegmentRef | None) -> CheckReport:
    return check_segment(path, expected=expected)


def _check(
    file: BinaryIO, walked: BinaryIO | str, name: str, expected: SegmentRef | None
) -> CheckReport:
    """`walked` is the path where there is one: fastwarc reads faster by itself."""
    digest = hashlib.sha256()
    buffer = memoryview(bytearray(_HASHED))
    file.seek(0)
    while count := cast(io.BufferedIOBase, file).readinto(buffer):
        digest.update(buffer[:count])
    sha256 = digest.hexdigest()
    size = file.tell()
    problems: list[str] = []
    file.seek(0)
    records = _walk(walked, size, problems)
    if records:
        problems += _end_of(file, records[-1], size)
    elif not problems:
        problems.append("there is no record in it")
    if expected is not None:
        problems += _compared(expected, sha256, size, len(records))
    return CheckReport(
        name=name, sha256=sha256, size=size, records=tuple(records), problems=tuple(problems)
    )


def _walk(source: BinaryIO | str, size: int, problems: list[str]) -> list[CheckedRecord]:
    """All records that can be reached; what is wrong with them is added to `problems`."""
    found: list[tuple[str, str, int]] = []
    try:
        for record in ArchiveIterator(source, parse_http=False, inplace=True):
            record_id = (record.record_id or "").strip("<>")
            kind = str(record.record_type)
            found.append((record_id, kind, record.stream_pos))
            for fault in _faults(record, kind):
                problems.append(
                    f"record {record_id or 'without id'} ({kind}, offset {found[-1][2]}): {fault}"
                )
    except (OSError, ValueError) as error:
        where = f"after record {found[-1][0]}" if found else "at its start"
        problems.append(f"cannot be read on {where}: {error}")
    ends = [*(offset for _, _, offset in found[1:]), size][: len(found)]
    problems += [
        f"record {record_id} (offset {offset}) shares its gzip member with the next one"
        for (record_id, _, offset), end in zip(found, ends, strict=True)
        if end <= offset
    ]
    return [
        CheckedRecord(record_id, kind, offset, end - offset)
        for (record_id, kind, offset), end in zip(found, ends, strict=True)
    ]


def _faults(record: WarcRecord, kind: str) -> list[str]:
    headers = record.headers
    faults = [] if record.record_id else ["it has no id"]
    # The payload of a revisit is elsewhere; where there is no HTTP the block is the payload.
    has_payload = record.is_http and kind != "revisit" and "WARC-Payload-Digest" in headers
    if "WARC-Block-Digest" not in headers:
        faults.append("it has no block digest")
    elif not record.verify_block_digest(not has_payload):
        faults.append("its block is not what was stored")
    if has_payload:
        record.parse_http()
        if not record.verify_payload_digest(True):
            faults.append("its payload is not what was stored")
    elif kind == "response":
        faults.append("it has no payload digest")
    return faults


def _end_of(file: BinaryIO, last: CheckedRecord, size: int) -> Iterator[str]:
    """Does the file end exactly where its last gzip member ends?"""
    file.seek(last.offset)
    start = file.read(2)
    if start != b"\x1f\x8b":
        return  # an uncompressed file from elsewhere
    engine = zlib.decompressobj(31)
    data = start + file.read(_PIECE)
    try:
        while data and not engine.eof:
            engine.decompress(data, _PIECE)
            data = engine.unconsumed_tail or file.read(_PIECE)
    except zlib.error as error:
        yield f"its last record is damaged: {error}"
        return
    if not engine.eof:
        yield "it is cut off within its last record"
    elif engine.unused_data or file.tell() != size:
        yield "something follows its last record that is no record"


def _compared(expected: SegmentRef, digest: str, size: int, records: int) -> Iterator[str]:
    if size != expected.size:
        yield f"it has {size} bytes, {expected.size} when it was sealed"
    if records != expected.records:
        yield f"it has {records} records, {expected.records} when it was sealed"
    if digest != expected.sha256:
        yield f"its SHA-256 is {digest}, {expected.sha256} when it was sealed"
