"""Writes one WARC/1.1 file: a spool file that nobody sees before `seal`, fixed after it.

Each record is a gzip member of its own, so that records can be read, checked and copied
without touching their neighbours. Every record has a SHA-256 block digest; one with an HTTP
body also a payload digest, over the body as stored (chunk framing and content encoding
included), which is what every WARC reader checks. In other records the block is the payload.

Extension fields, which the standard tells other readers to ignore:
    WARC-Archiver-Masked    the places in this record that hold masks instead of secrets
    WARC-Archiver-Failure   on a request that brought no answer: the error
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from archiver.clock import Clock
from archiver.errors import StoreError, UsageError
from archiver.files import sync_folder
from archiver.values import RecordRef
from archiver.warc import members
from archiver.warc.body import Body
from archiver.warc.recorded import Recorded

_REVISIT = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_REQUEST = "application/http; msgtype=request"
_RESPONSE = "application/http; msgtype=response"
_END = b"\r\n\r\n"
_BUFFER = 1 << 17


class SegmentWriter:
    """One WARC file being written. Used by one thread.

    `path` is the spool file and must not exist. `info` is the content of the warcinfo record;
    `name` is the file's final name, that of `path` unless given.

    Raises: StoreError when the file exists or cannot be made.
    """

    def __init__(
        self, path: Path, *, info: Mapping[str, str], clock: Clock, name: str | None = None
    ) -> None:
        self.path = path
        self.name = name or path.name
        self._clock = clock
        self._offset = 0
        self._records = 0
        self._hash = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        try:
            self._file: BinaryIO = path.open("xb", buffering=0)
        except FileExistsError as error:
            raise StoreError(f"{path} exists already; a segment is never written twice") from error
        except OSError as error:
            raise StoreError(f"cannot write {path}: {error.strerror}") from error
        self._open = True
        lines = "".join(f"{key}: {_one_line(value)}\r\n" for key, value in info.items())
        self._record(
            "warcinfo",
            record_id=_new_id(),
            content_type="application/warc-fields",
            date=clock.now(),
            body=lines.encode("utf-8"),
            extra=f"WARC-Filename: {_one_line(self.name)}\r\n",
        )

    @property
    def size(self) -> int:
        """Bytes written so far."""
        return self._offset

    def exchange(self, recorded: Recorded) -> tuple[RecordRef | None, RecordRef | None]:
        """Write the request and the response that it brought.

        The request is None when no connection came about, the response when no complete
        answer head came.
        """
        answer_id = _new_id() if recorded.status else ""
        request = self._request(recorded, answer_id) if recorded.request_head else None
        if not answer_id:
            return request, None
        extra = f"WARC-Truncated: {recorded.truncated}\r\n" if recorded.truncated else ""
        response = self._record(
            "response",
            record_id=answer_id,
            content_type=_RESPONSE,
            uri=recorded.url,
            date=recorded.started_at,
            head=recorded.response_head,
            body=recorded.body,
            payload_sha256=recorded.payload_sha256,
            extra=extra + _connection(recorded) + _masks(recorded, "response"),
            stored=members.is_packed_already(recorded.mime),
        )
        return request, response

    def _request(self, recorded: Recorded, answer_id: str) -> RecordRef:
        if answer_id:
            extra = f"WARC-Concurrent-To: <{answer_id}>\r\n"
        else:
            extra = f"WARC-Archiver-Failure: {recorded.failure}\r\n" + _connection(recorded)
        body = recorded.request_body
        return self._record(
            "request",
            record_id=_new_id(),
            content_type=_REQUEST,
            uri=recorded.url,
            date=recorded.started_at,
            head=recorded.request_head,
            body=body,
            payload_sha256=hashlib.sha256(body).hexdigest() if body else None,
            extra=extra + _masks(recorded, "request"),
        )

    def revisit(
        self,
        recorded: Recorded,
        refers_to: RecordRef,
        *,
        original_uri: str,
        original_date: datetime,
    ) -> tuple[RecordRef | None, RecordRef]:
        """Write the request, and instead of the response a note that its payload is stored.

        Raises: UsageError when the stored payloads are not the same byte for byte.
        """
        payload = recorded.payload_sha256
        if payload != refers_to.payload_sha256 or recorded.truncated:
            raise UsageError(
                f"the answer of {recorded.url} is not byte for byte the one in "
                f"{refers_to.record_id}; write it as an exchange"
            )
        answer_id = _new_id()
        request = self._request(recorded, answer_id) if recorded.request_head else None
        extra = (
            f"WARC-Profile: {_REVISIT}\r\nWARC-Refers-To: <{refers_to.record_id}>\r\n"
            f"WARC-Refers-To-Target-URI: {_one_line(original_uri)}\r\n"
            f"WARC-Refers-To-Date: {_date(original_date)}\r\n"
        )
        revisit = self._record(
            "revisit",
            record_id=answer_id,
            content_type=_RESPONSE,
            uri=recorded.url,
            date=recorded.started_at,
            head=recorded.response_head,
            payload_sha256=payload,
            extra=extra + _connection(recorded) + _masks(recorded, "response"),
        )
        return request, revisit

    def metadata(
        self,
        payload: bytes,
        *,
        content_type: str,
        uri: str,
        concurrent_to: RecordRef | None = None,
    ) -> RecordRef:
        """Write what is known about `uri`, or about the record it is concurrent to."""
        extra = f"WARC-Concurrent-To: <{concurrent_to.record_id}>\r\n" if concurrent_to else ""
        now = self._clock.now()
        return self._plain(
            "metadata", payload, content_type=content_type, uri=uri, date=now, extra=extra
        )

    def resource(
        self, payload: bytes, *, content_type: str, uri: str, date: datetime | None = None
    ) -> RecordRef:
        """Write a file that did not come over HTTP; `date` (aware UTC) is when it was got."""
        moment = date or self._clock.now()
        return self._plain("resource", payload, content_type=content_type, uri=uri, date=moment)

    def _plain(
        self,
        kind: str,
        payload: bytes,
        *,
        content_type: str,
        uri: str,
        date: datetime,
        extra: str = "",
    ) -> RecordRef:
        return self._record(
            kind,
            record_id=_new_id(),
            content_type=content_type,
            uri=uri,
            date=date,
            body=payload,
            payload_sha256=hashlib.sha256(payload).hexdigest(),
            extra=extra,
            stored=members.is_packed_already(content_type.split(";", 1)[0].strip().lower()),
        )

    def _record(
        self,
        kind: str,
        *,
        record_id: str,
        content_type: str,
        date: datetime,
        uri: str = "",
        head: bytes = b"",
        body: bytes | Body = b"",
        payload_sha256: str | None = None,
        extra: str = "",
        stored: bool = False,
    ) -> RecordRef:
        content = body.content if isinstance(body, Body) else body
        if content is not None:
            block = head + content
            size, digest = len(block), hashlib.sha256(block).hexdigest()
        else:
            assert isinstance(body, Body)
            size, digest = len(head) + body.size, _digest(chain((head,), body.pieces()))
        target = f"WARC-Target-URI: {_one_line(uri)}\r\n" if uri else ""
        payload = ""
        if payload_sha256 and content_type.startswith("application/http"):
            payload = f"WARC-Payload-Digest: sha256:{payload_sha256}\r\n"
        header = (
            f"WARC/1.1\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <{record_id}>\r\n{target}"
            f"WARC-Date: {_date(date)}\r\n{extra}WARC-Block-Digest: sha256:{digest}\r\n{payload}"
            f"Content-Type: {content_type}\r\nContent-Length: {size}\r\n\r\n"
        ).encode()
        offset = self._offset
        if content is not None:
            self._write((members.member(header + block + _END, stored=stored),))
        else:
            assert isinstance(body, Body)
            whole = chain((header, head), body.pieces(), (_END,))
            self._write(members.member_pieces(whole, stored=stored))
        self._records += 1
        return RecordRef(
            record_id=record_id,
            segment=self.name,
            offset=offset,
            length=self._offset - offset,
            block_sha256=digest,
            payload_sha256=payload_sha256,
        )

    def _write(self, pieces: Iterable[bytes]) -> None:
        if not self._open:
            raise StoreError(f"{self.path} is closed; nothing can be added to a sealed segment")
        for piece in pieces:
            self._offset += len(piece)
            self._waiting.append(piece)
            self._waiting_bytes += len(piece)
            if self._waiting_bytes > _BUFFER:
                self._flush()

    def _flush(self) -> None:
        data = self._waiting[0] if len(self._waiting) == 1 else b"".join(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        self._hash.update(data)
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            raise StoreError(f"cannot write {self.path}: {error.strerror}") from error

    def seal(self) -> tuple[str, int, int]:
        """Make the file durable and close it: hex SHA-256, bytes, number of records. Once only.

        Raises: StoreError when the disk refuses; the file must then be abandoned.
        """
        if self._waiting:
            self._flush()
        try:
            os.fsync(self._file.fileno())
            self._file.close()
            sync_folder(self.path.parent)
        except OSError as error:
            raise StoreError(f"cannot make {self.path} durable: {error.strerror}") from error
        self._open = False
        return self._hash.hexdigest(), self._offset, self._records

    def abandon(self) -> None:
        """Delete the spool file; after `seal` this does nothing."""
        if not self._open:
            return
        self._open = False
        self._file.close()
        self.path.unlink(missing_ok=True)


def _masks(recorded: Recorded, side: str) -> str:
    if not recorded.scrubbed:
        return ""
    places = ", ".join(each for each in recorded.scrubbed if each.startswith(side))
    return f"WARC-Archiver-Masked: {places}\r\n" if places else ""


def _connection(recorded: Recorded) -> str:
    lines = f"WARC-IP-Address: {recorded.ip}\r\n" if recorded.ip else ""
    for each in recorded.protocols:
        lines += f"WARC-Protocol: {each}\r\n"
    return lines


def _digest(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


def _new_id() -> str:
    """A random UUID (version 4) as a URN."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return (
        f"urn:uuid:{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-"
        f"{variant}{digits[17:20]}-{digits[20:]}"
    )


def _date(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds, as WARC/1.1 allows."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


def _one_line(text: str) -> str:
    return " ".join(text.split()) if "\n" in text or "\r" in text else text
