"""One finished exchange, masked, ready to be written or only noted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from archiver.values import ExchangeRef
from archiver.warc import framing
from archiver.warc.body import Body


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """An exchange as it went over the wire, with every secret masked.

    `url` is without fragment and user information. `status` is 0 and `response_head` empty
    when no complete answer head came; `failure` then names the error. `started_at` is aware
    UTC. `ip` and `request_head` are empty when no connection could be made. `body` has the
    chunk framing and content encoding of the wire. `truncated` is a WARC-Truncated reason,
    empty when the body is whole. `scrubbed` names the places that hold masks.
    """

    id: str
    method: str
    url: str
    status: int
    started_at: datetime
    seconds: float
    ip: str
    request_head: bytes
    request_body: bytes
    response_head: bytes
    body: Body
    truncated: str = ""
    scrubbed: tuple[str, ...] = ()
    protocols: tuple[str, ...] = ()
    failure: str = ""

    @cached_property
    def payload_sha256(self) -> str:
        """Hex SHA-256 of the body as it is stored."""
        return self.body.sha256()

    @cached_property
    def decoded(self) -> tuple[str, int]:
        """Hex SHA-256 and size of the decoded content.

        Raises: zlib.error when the body is not in the encoding it claims.
        """
        digest = hashlib.sha256()
        size = 0
        for piece in self.payload_chunks():
            digest.update(piece)
            size += len(piece)
        return digest.hexdigest(), size

    def payload_chunks(self) -> Iterator[bytes]:
        """The content without chunk framing and content encoding, a megabyte at a time.

        Raises: zlib.error when the body is not in the encoding it claims.
        """
        return decoded_pieces(self.response_head, self.body.pieces())

    def header(self, name: str) -> str:
        """A header of the answer, several joined by commas; empty when it is missing."""
        return framing.field(self.response_head, name)

    @property
    def mime(self) -> str:
        """The media type that the answer claims, lower case, without parameters."""
        return self.header("Content-Type").split(";", 1)[0].strip().lower()

    def ref(self) -> ExchangeRef:
        """The line of the run log; the record references are added when it is written."""
        return ExchangeRef(
            id=self.id,
            method=self.method,
            url=self.url,
            status=self.status,
            started_at=self.started_at,
            seconds=self.seconds,
            payload_sha256=self.payload_sha256,
            payload_size=self.body.size,
            truncated=self.truncated,
        )


def decoded_pieces(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The content of a stored answer, given its head and its stored body.

    Raises: zlib.error when the body is not in the encoding it claims.
    """
    if framing.is_chunked(head):
        pieces = framing.dechunked(pieces)
    return framing.inflated(pieces, framing.content_encoding(head))
