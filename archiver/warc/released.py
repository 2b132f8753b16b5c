"""Writes a WARC of what is released: records made from staged content, and whole records of
captures that others found fit to be released, as they stand.

The same calls give the same bytes: record ids are derived from the file's name and the order
of the records, times are given. Captures are written by `archiver/warc/writer.py`; here nothing
came over the network. A field of our own, as the standard allows:

    WARC-Archiver-Original  on an item's record: whether the exchange that it was read from is
                            in this file as well, and if not, why
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

from archiver.warc import members

_END = b"\r\n\r\n"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where a record lies: `offset` and `length` of its gzip member, hex SHA-256 and size of
    its block in bytes."""

    record_id: str
    offset: int
    length: int
    block_sha256: str
    size: int


class ReleasedWarc:
    """A WARC/1.1 file being written; leave the block and it is durable.

    `at` (aware UTC) is the date of the warcinfo record, `info` its content. An existing file is
    begun anew.
    """

    def __init__(self, path: Path, *, info: Mapping[str, str], at: datetime) -> None:
        self._name = path.name
        self._seed = uuid.uuid5(uuid.NAMESPACE_URL, "\n".join([path.name, *info.values()]))
        self._file = path.open("wb")
        self._offset = self._records = 0
        lines = "".join(f"{key}: {_one_line(value)}\r\n" for key, value in info.items())
        self._write(
            "warcinfo",
            lines.encode(),
            content_type="application/warc-fields",
            date=at,
            extra=f"WARC-Filename: {_one_line(path.name)}\r\n",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())

    def resource(
        self,
        content: bytes | Path,
        *,
        content_type: str,
        uri: str,
        date: datetime,
        original: str = "",
    ) -> Placed:
        """A file as it can be replayed; `date` is aware UTC.

        Raises: OSError when it cannot be read or written.
        """
        return self._write(
            "resource",
            content,
            content_type=content_type,
            uri=uri,
            date=date,
            extra=_original(original),
        )

    def conversion(
        self,
        content: bytes,
        *,
        content_type: str,
        uri: str,
        date: datetime,
        refers_to: str,
        original: str = "",
    ) -> Placed:
        """What was made out of an original record, whose id is `refers_to` ("urn:uuid:...").

        WARC/1.1 forbids WARC-Refers-To in resource records; this is its type for that.
        """
        extra = f"WARC-Refers-To: <{refers_to}>\r\n{_original(original)}"
        return self._write(
            "conversion", content, content_type=content_type, uri=uri, date=date, extra=extra
        )

    def copy(self, member: Iterable[bytes]) -> int:
        """A whole record of another file, as it stands: one gzip member, byte for byte.
        Returns the offset at which it lies here.

        Raises: OSError when it cannot be read or written.
        """
        offset = self._offset
        self._append(member)
        return offset

    def _write(
        self,
        kind: str,
        content: bytes | Path,
        *,
        content_type: str,
        date: datetime,
        uri: str = "",
        extra: str = "",
    ) -> Placed:
        self._records += 1
        record_id = uuid.uuid5(self._seed, f"{self._records} {kind} {uri}").urn
        size, digest = _measured(content)
        target = f"WARC-Target-URI: {_one_line(uri)}\r\n" if uri else ""
        header = (
            f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <{record_id}>\r\n{target}"
            f"WARC-Date: {_date(date)}\r\n{extra}WARC-Block-Digest: sha256:{digest}\r\n"
            f"Content-Type: {content_type}\r\nContent-Length: {size}\r\n\r\n"
        ).encode()
        offset = self._offset
        stored = members.is_packed_already(content_type.partition(";")[0].strip().lower())
        whole = chain((header,), _pieces(content), (_END,))
        self._append(members.member_pieces(whole, stored=stored))
        return Placed(
            record_id=record_id,
            offset=offset,
            length=self._offset - offset,
            block_sha256=digest,
            size=size,
        )

    def _append(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self._file.write(piece)
            self._offset += len(piece)


def _original(said: str) -> str:
    return f"WARC-Archiver-Original: {_one_line(said)}\r\n" if said else ""


def _measured(content: bytes | Path) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    for piece in _pieces(content):
        digest.update(piece)
        size += len(piece)
    return size, digest.hexdigest()


def _pieces(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _date(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:26] + "Z"


def _one_line(text: str) -> str:
    return " ".join(text.split())
