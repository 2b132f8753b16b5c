"""What a rewriting needs to know of each record of a segment: its place and its references.

Only the start of each gzip member is unpacked, for its WARC header; that the blocks hold is
the business of `check_segment`, whose list of records this begins with.
"""

from __future__ import annotations

import mmap
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from archiver.errors import EvidenceError, StoreError
from archiver.warc import framing
from archiver.warc.check import CheckedRecord

_PIECE = 1 << 20
_GZIP = 31
_HEADER_ROOM = 1 << 10
_LONGEST_HEADER = 1 << 18
_HEADER_END = b"\r\n\r\n"
_FIELDS = re.compile(
    rb"(?im)^(WARC-(?:Record-ID|Block-Digest|Payload-Digest|Concurrent-To|Refers-To)|Content-Type)"
    rb":[ \t]*([^\r\n]*?)[ \t]*\r?$"
)


class Member(NamedTuple):
    """One record: its place, its digests (hex SHA-256, empty when it states none), and the
    ids that it refers to. `payload_sha256` is None for a record without a payload."""

    record_id: str
    kind: str
    offset: int
    length: int
    block_sha256: str
    payload_sha256: str | None
    refers: tuple[str, ...]


def survey(source: Path, records: Sequence[CheckedRecord]) -> tuple[Member, ...]:
    """All records of a segment that was found to hold; `records` is the check's list.

    Raises: EvidenceError when the file is not the one that was checked; StoreError when it
        cannot be read.
    """
    with opened(source) as file:
        size = file.seek(0, 2)
        ends = [*(each.offset for each in records[1:]), size]
        tiled = [each.offset + each.length for each in records]
        if not records or records[0].offset or tiled != ends:
            raise EvidenceError(f"{source} is not the file that was checked: its size differs")
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return tuple(_member(data, each, source) for each in records)


def _member(data: mmap.mmap, record: CheckedRecord, source: Path) -> Member:
    header = _header(data, record.offset, record.length, source)
    stated: dict[bytes, bytes] = {}
    refers = []
    for name, value in _FIELDS.findall(header):
        if name[5:] in (b"Concurrent-To", b"Refers-To"):
            refers.append(value.strip(b"<>").decode("latin-1"))
        else:
            stated[name.lower()] = value
    record_id = stated.get(b"warc-record-id", b"").strip(b"<>").decode("latin-1")
    if record_id != record.record_id:
        raise EvidenceError(
            f"{source} is not the file that was checked: at offset {record.offset} lies "
            f"{record_id or 'a record without id'} instead of {record.record_id}"
        )
    block = _sha256(stated.get(b"warc-block-digest"))
    payload = _sha256(stated.get(b"warc-payload-digest")) or None
    if payload is None and record.kind in ("metadata", "resource"):
        payload = block
    return Member(
        record_id, record.kind, record.offset, record.length, block, payload, tuple(refers)
    )


def _header(data: mmap.mmap, offset: int, length: int, source: Path) -> bytes:
    """The record's WARC header; more is unpacked only when the first piece does not hold it."""
    room = _HEADER_ROOM
    while room <= _LONGEST_HEADER:
        start = data[offset : offset + min(length, room)]
        try:
            text = zlib.decompressobj(_GZIP).decompress(start, room)
        except zlib.error as error:
            raise EvidenceError(
                f"{source} has no gzip member at offset {offset}: {error}"
            ) from error
        end = text.find(_HEADER_END)
        if end >= 0:
            return text[: end + 2]
        room *= 8
    raise EvidenceError(f"{source} has no WARC record at offset {offset}")


def _sha256(stated: bytes | None) -> str:
    return stated[7:].decode("latin-1") if stated and stated.startswith(b"sha256:") else ""


def stored_payload(source: Path, offset: int, length: int) -> Iterator[bytes]:
    """The payload of an HTTP record as it is stored, a megabyte at a time. Whether it is the
    right one, its hash must tell.

    Raises: EvidenceError when there is no such record; StoreError when the file cannot be read.
    """
    with opened(source) as file:
        place = f"the record at offset {offset} of {source}"
        pieces = framing.inflated(_raw(file, offset, length), "gzip")
        try:
            header, rest = _until_empty_line(pieces, place)
            block = _limited(rest, framing.declared_length(header) or 0)
            _, payload = _until_empty_line(block, place)
            yield from payload
        except zlib.error as error:
            raise EvidenceError(f"{place} is damaged: {error}") from error


def raw_member(source: Path, offset: int, length: int) -> Iterator[bytes]:
    """The bytes of a file from `offset` on, `length` of them, a megabyte at a time: a gzip
    member as it lies there.

    Raises: EvidenceError when the file ends before; StoreError when it cannot be read.
    """
    left = length
    with opened(source) as file:
        for piece in _raw(file, offset, length):
            left -= len(piece)
            yield piece
    if left:
        raise EvidenceError(f"{source} ends within the record at offset {offset}")


def _raw(file: BinaryIO, offset: int, length: int) -> Iterator[bytes]:
    file.seek(offset)
    while length > 0:
        piece = file.read(min(_PIECE, length))
        if not piece:
            return
        length -= len(piece)
        yield piece


def _until_empty_line(pieces: Iterator[bytes], place: str) -> tuple[bytes, Iterator[bytes]]:
    start = b""
    for piece in pieces:
        start += piece
        head, rest = framing.split_message(start)
        if rest or head.endswith((b"\n\n", b"\n\r\n")):
            return head, _prepended(rest, pieces)
        if len(start) > _LONGEST_HEADER:
            break
    raise EvidenceError(f"{place} has no header that ends")


def _prepended(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _limited(pieces: Iterator[bytes], size: int) -> Iterator[bytes]:
    for piece in pieces:
        yield piece[:size]
        size -= min(size, len(piece))


@contextmanager
def opened(source: Path) -> Iterator[BinaryIO]:
    """The file, for reading.

    Raises: StoreError when it cannot be opened.
    """
    try:
        file = source.open("rb")
    except OSError as error:
        raise StoreError(f"cannot read {source}: {error.strerror}") from error
    with file:
        yield file
