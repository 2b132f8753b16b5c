"""How an HTTP/1 message is framed: its head, its chunks, its content encoding.

Pure functions and small state machines over bytes; nothing here reads a socket or a file.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain

PIECE = 1 << 20
DECODABLE = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LONGEST_LINE = 1 << 16
_GZIP = 31  # as zlib calls it
_MAGIC = b"\x1f\x8b\x08"
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
    values: list[bytes] = _field_pattern(name).findall(head)
    return b", ".join(values).decode("latin-1")


@lru_cache(maxsize=64)
def _field_pattern(name: str) -> re.Pattern[bytes]:
    return re.compile(
        rb"(?im)^" + re.escape(name.encode("ascii")) + rb":[ \t]*([^\r\n]*?)[ \t]*\r?$"
    )


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
    wbits = _GZIP
    if encoding == "deflate":
        wbits, pieces = _kind_of_deflate(iter(pieces))
    engine = zlib.decompressobj(wbits)
    between = b""  # after the end of a member: possibly the start of another one
    for piece in pieces:
        data = between + piece
        between = b""
        while data:
            if engine.eof:
                if wbits == _GZIP and data == _MAGIC[: len(data)]:
                    between = data
                    break
                if wbits != _GZIP or not data.startswith(_MAGIC):
                    return
                engine = zlib.decompressobj(wbits)
            content = engine.decompress(data, PIECE)
            if content:
                yield content
            data = engine.unused_data if engine.eof else engine.unconsumed_tail
    rest = b"" if engine.eof else engine.flush()
    if rest:
        yield rest


def _kind_of_deflate(pieces: Iterator[bytes]) -> tuple[int, Iterator[bytes]]:
    """ "deflate" is meant to have zlib's envelope; some servers leave it out."""
    start = b""
    for piece in pieces:
        start += piece
        if len(start) > 1:
            break
    enveloped = start[:1] != b"" and start[0] & 15 == 8 and int.from_bytes(start[:2]) % 31 == 0
    return (15 if enveloped else -15), chain((start,), pieces)
