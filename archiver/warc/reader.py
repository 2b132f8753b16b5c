"""Reads records back: one by its place in a segment, or all of a segment in order.

What is read is checked against its block digest on the way; a record that does not hold is
never handed out as if it were whole.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]
from warcio.exceptions import ArchiveLoadFailed  # type: ignore[import-untyped]
from warcio.limitreader import LimitReader  # type: ignore[import-untyped]
from warcio.recordloader import ArcWarcRecord  # type: ignore[import-untyped]

from archiver.errors import EvidenceError, StoreError
from archiver.warc import framing
from archiver.warc.recorded import decoded_pieces

Source = Path | BinaryIO

_PIECE = 1 << 20
_LONGEST_HEAD = 1 << 18


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """One record as it is stored. `date` is aware UTC; `block` all bytes of its block."""

    record_id: str
    kind: str  # warcinfo | request | response | revisit | metadata | resource | conversion
    date: datetime
    uri: str
    content_type: str
    headers: tuple[tuple[str, str], ...]
    block: bytes

    def header(self, name: str) -> str:
        """A WARC header; empty when it is missing."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")

    @property
    def http_head(self) -> bytes:
        """The head of the HTTP message, with its empty line; empty for other records."""
        return framing.split_message(self.block)[0] if self._is_http else b""

    @property
    def payload(self) -> bytes:
        """The stored payload: the HTTP body as the wire had it, or the whole block."""
        return framing.split_message(self.block)[1] if self._is_http else self.block

    @property
    def content(self) -> bytes:
        """The payload without chunk framing and content encoding.

        Raises: EvidenceError when the body is not in the encoding it claims.
        """
        try:
            return b"".join(decoded_pieces(self.http_head, iter((self.payload,))))
        except zlib.error as error:
            raise _undecodable(self.record_id) from error

    @property
    def _is_http(self) -> bool:
        return self.content_type.startswith("application/http")


def read_record(source: Source, offset: int, length: int) -> StoredRecord:
    """The record at this place.

    Raises: EvidenceError when there is no record, or its block digest does not hold;
        StoreError when the file cannot be read.
    """
    with _opened(source) as file:
        return _whole(_record_at(file, offset, length), f"offset {offset} of {_name(file)}")


def iterate(source: Source) -> Iterator[tuple[StoredRecord, int, int]]:
    """All records in order, each with the offset and length of its gzip member.

    Raises: EvidenceError at the first one that does not hold, StoreError.
    """
    with _opened(source) as file:
        reader = ArchiveIterator(file, no_record_parse=True)
        number = 0
        while (record := _next(reader, f"{_name(file)}, after {number} records")) is not None:
            number += 1
            stored = _whole(record, f"record {number} of {_name(file)}")
            offset = reader.get_record_offset()
            yield stored, offset, reader.get_record_length()


def last_metadata(source: Source, content_type: str) -> bytes | None:
    """The block of the last metadata record of this type, or None when there is none.

    Raises: EvidenceError, StoreError.
    """
    found = None
    for record, _, _ in iterate(source):
        if record.kind == "metadata" and record.content_type == content_type:
            found = record.block
    return found


@contextmanager
def open_content(source: Source, offset: int, length: int) -> Iterator[Iterator[bytes]]:
    """The decoded content of a large record, a megabyte at a time.

    Raises: EvidenceError, at the latest after the last piece, when the record does not hold;
        StoreError when the file cannot be read.
    """
    with _opened(source) as file:
        place = f"offset {offset} of {_name(file)}"
        record = _record_at(file, offset, length)
        content_type = record.rec_headers.get_header("Content-Type") or ""
        pieces = _checked_block(record, place)
        head = b""
        if content_type.startswith("application/http"):
            head, pieces = _split_head(pieces)
        yield _decoded(head, pieces, place)


def _decoded(head: bytes, pieces: Iterator[bytes], place: str) -> Iterator[bytes]:
    try:
        yield from decoded_pieces(head, pieces)
    except zlib.error as error:
        raise _undecodable(place) from error
    for _ in pieces:  # what follows the content counts for the digest
        pass


def _split_head(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    start = b""
    for piece in pieces:
        start += piece
        head, body = framing.split_message(start)
        if body or len(start) > _LONGEST_HEAD:
            return head, _prepended(body, pieces)
    return start, iter(())


def _prepended(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _record_at(file: BinaryIO, offset: int, length: int) -> ArcWarcRecord:
    file.seek(offset)
    reader = ArchiveIterator(LimitReader(file, length), no_record_parse=True)
    record = _next(reader, f"offset {offset} of {_name(file)}")
    if record is None:
        raise EvidenceError(f"there is no record at offset {offset} of {_name(file)}")
    return record


def _next(reader: ArchiveIterator, place: str) -> ArcWarcRecord | None:
    try:
        return next(reader, None)
    except (ArchiveLoadFailed, zlib.error, ValueError, EOFError) as error:
        raise EvidenceError(f"{place} is not a readable WARC record: {error}") from error


def _checked_block(record: ArcWarcRecord, place: str) -> Iterator[bytes]:
    """The block; its digest is compared when all of it has been read."""
    digest = hashlib.sha256()
    size = 0
    while True:
        try:
            piece = record.raw_stream.read(_PIECE)
        except (zlib.error, EOFError) as error:
            raise EvidenceError(f"the record at {place} is damaged: {error}") from error
        if not piece:
            break
        digest.update(piece)
        size += len(piece)
        yield piece
    stated = record.rec_headers.get_header("WARC-Block-Digest") or ""
    if stated.startswith("sha256:") and len(stated) == 71 and stated[7:] != digest.hexdigest():
        raise EvidenceError(f"the record at {place} is not what was stored: its digest differs")
    if str(size) != record.rec_headers.get_header("Content-Length"):
        raise EvidenceError(f"the record at {place} is cut off after {size} bytes")


def _whole(record: ArcWarcRecord, place: str) -> StoredRecord:
    headers = tuple((str(key), str(value)) for key, value in record.rec_headers.headers)
    named = {key.lower(): value for key, value in headers}
    block = b"".join(_checked_block(record, place))
    try:
        date = datetime.fromisoformat(named["warc-date"]).astimezone(UTC)
    except (KeyError, ValueError) as error:
        raise EvidenceError(f"the record at {place} has no readable WARC-Date") from error
    return StoredRecord(
        record_id=named.get("warc-record-id", "").strip("<>"),
        kind=named.get("warc-type", ""),
        date=date,
        uri=named.get("warc-target-uri", ""),
        content_type=named.get("content-type", ""),
        headers=headers,
        block=block,
    )


def _undecodable(what: str) -> EvidenceError:
    return EvidenceError(f"the body of {what} is not in the encoding that its head claims")


def _name(file: BinaryIO) -> str:
    return str(getattr(file, "name", "the segment"))


@contextmanager
def _opened(source: Source) -> Iterator[BinaryIO]:
    if not isinstance(source, Path):
        yield source
        return
    try:
        file = source.open("rb")
    except OSError as error:
        raise StoreError(f"cannot read {source}: {error.strerror}") from error
    with file:
        yield file
