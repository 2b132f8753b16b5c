"""How an HTTP/1 message is framed: its head, its chunks, its content encoding.

Pure functions and small state machines over bytes; nothing here reads a socket or a file.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator

PIECE = 1 << 20
DECODABLE = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_LINE = 1 << 16
_INTERIM = re.compile(rb"HTTP/1\.[0-9] 1(?!01)[0-9][0-9]")


def split_message(message: bytes) -> tuple[bytes, bytes]:
    """Head (with its empty line) and body; a head without an end has no body."""
    end = _HEAD_END.search(message)
    return (message, b"") if end is None else (message[: end.end()], message[end.end() :])


def without_interim(head: bytes) -> bytes:
    """The final head, where interim ones ("100 Continue") came before it."""
    while _INTERIM.match(head):
        _, rest = split_message(head)
        if not rest:
            break
        head = rest
    return head


def field(head: bytes, name: str) -> str:
    """The value of a header, several joined by commas; empty when it is missing."""
    pattern = rb"(?im)^" + re.escape(name.encode("ascii")) + rb":[ \t]*([^\r\n]*)"
    values: list[bytes] = re.findall(pattern, head)
    return ", ".join(value.decode("latin-1").strip() for value in values)


def is_chunked(head: bytes) -> bool:
    """Is the body sent in chunks?"""
    return field(head, "Transfer-Encoding").lower() == "chunked"


def content_encoding(head: bytes) -> str:
    """The content encoding, in lower case; empty when there is none."""
    return field(head, "Content-Encoding").lower()


def declared_length(head: bytes) -> int | None:
    """The Content-Length, or None when it is missing or not a number."""
    value = field(head, "Content-Length").split(",")[0].strip()
    return int(value) if value.isascii() and value.isdigit() else None


def has_no_body(method: str, status: int) -> bool:
    """Does an answer to this method with this status never have a body?"""
    return method == "HEAD" or status in (204, 304) or 100 <= status < 200


class Dechunker:
    """Takes a chunked body apart, fed in any pieces.

    `extents` tells where in the wire bytes the content lies: (start, length), in order.
    """

    def __init__(self) -> None:
        self.extents: list[tuple[int, int]] = []
        self.complete = False
        self.broken = False
        self._position = 0
        self._left = 0  # of the current chunk
        self._line = bytearray()
        self._expect = "size"  # size | data | data end | trailer

    def feed(self, data: bytes) -> bytes:
        """The content in the next wire bytes."""
        content = []
        at = 0
        while at < len(data) and not (self.complete or self.broken):
            if self._expect == "data":
                piece = data[at : at + self._left]
                content.append(piece)
                self._note(self._position + at, len(piece))
                at += len(piece)
                self._left -= len(piece)
                if not self._left:
                    self._expect = "data end"
                continue
            end = data.find(b"\n", at) + 1 or len(data)
            self._line += data[at:end]
            at = end
            if self._line.endswith(b"\n"):
                self._line_ends()
            elif len(self._line) > _LONGEST_LINE:
                self.broken = True
        self._position += len(data)
        return b"".join(content)

    def _note(self, start: int, length: int) -> None:
        if self.extents and sum(self.extents[-1]) == start:
            self.extents[-1] = (self.extents[-1][0], self.extents[-1][1] + length)
        else:
            self.extents.append((start, length))

    def _line_ends(self) -> None:
        line = bytes(self._line).strip()
        self._line.clear()
        if self._expect == "data end":
            self._expect = "size"
            self.broken = bool(line)
        elif self._expect == "trailer":
            self.complete = not line
        else:
            try:
                self._left = int(line.split(b";", 1)[0], 16)
            except ValueError:
                self.broken = True
                return
            self._expect = "data" if self._left else "trailer"


def dechunked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The content of a chunked body."""
    dechunker = Dechunker()
    for piece in pieces:
        content = dechunker.feed(piece)
        if content:
            yield content


def inflated(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """The decoded content, in pieces of at most a megabyte whatever the bytes expand to.

    A content that ends early yields what is there.

    Raises: zlib.error when the bytes are not in this encoding.
    """
    if encoding in ("", "identity"):
        yield from pieces
        return
    wbits = {"gzip": 31, "x-gzip": 31, "deflate": 15}[encoding]
    engine = zlib.decompressobj(wbits)
    fresh = True
    for piece in pieces:
        data = piece
        while data:
            try:
                content = engine.decompress(data, PIECE)
            except zlib.error:
                if wbits != 15 or not fresh:
                    raise
                engine, wbits = zlib.decompressobj(-15), -15  # "deflate" without its envelope
                continue
            fresh = False
            if content:
                yield content
            if engine.eof:
                data = engine.unused_data
                if not data.startswith(b"\x1f\x8b"):
                    return
                engine = zlib.decompressobj(wbits)  # another gzip member follows
            else:
                data = engine.unconsumed_tail
                if not content and data == piece:
                    return
