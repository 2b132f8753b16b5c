"""From an exchange as it was to one that may be kept: every secret masked, and said so.

Masks have the length of what they cover, so Content-Length and chunk sizes stay true. Only a
compressed body that held a secret is packed anew; its head then carries the new length.
Masking happens when the exchange is taken, not when it ends: a token that a platform hands
out in an answer is registered only after somebody has read that answer.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from urllib.parse import urldefrag, urlsplit, urlunsplit

from archiver.secrets import Secrets
from archiver.warc import framing
from archiver.warc.body import Body
from archiver.warc.recorded import Recorded
from archiver.warc.tape import Exchange

Span = tuple[int, int]

_SECRET_HEADER = re.compile(
    rb"(?i)(?:proxy-)?authorization|cookie2?|set-cookie2?|.*(?:api-?key|access-?token|"
    rb"auth-?token|csrf-?token|session-?id|secret|signature).*"
)


def masked(exchange: Exchange, secrets: Secrets) -> Recorded:
    """What may be kept of a finished exchange. Its body is masked in place."""
    head, body = framing.split_message(bytes(exchange.request))
    request_head, notes = _mask_head(head, secrets, "request")
    request_body = _mask_small(body, head, secrets)
    if request_body != body:
        notes.append("request-body")
    response_head, more = _mask_head(bytes(exchange.head), secrets, "response")
    notes += more
    answer = _Answer(exchange, secrets)
    answer.mask()
    if answer.note:
        notes.append(answer.note)
    if answer.new_length is not None:
        response_head = _with_length(response_head, answer.new_length)
    status = exchange.status
    return Recorded(
        id=exchange.id,
        method=exchange.method,
        url=_masked_url(exchange.url, secrets),
        status=status,
        started_at=exchange.started_at,
        seconds=(exchange.ended_at - exchange.started_at).total_seconds(),
        ip=exchange.ip,
        request_head=request_head,
        request_body=request_body,
        response_head=response_head if status else b"",
        body=answer.body,
        truncated=answer.truncated if status else "",
        scrubbed=tuple(dict.fromkeys(notes)),
        protocols=exchange.protocols,
        failure=exchange.failure,
    )


def _masked_url(url: str, secrets: Secrets) -> str:
    parts = urlsplit(urldefrag(url).url)
    host = parts.netloc.rpartition("@")[2]
    return secrets.scrub_text(urlunsplit(parts._replace(netloc=host)))


def _mask_head(head: bytes, secrets: Secrets, side: str) -> tuple[bytes, list[str]]:
    """The head with masks, and where they are."""
    lines: list[bytes] = []
    notes: list[str] = []
    name = b""
    for number, line in enumerate(head.splitlines(keepends=True)):
        if number and not line.startswith((b" ", b"\t")):  # those continue the header before
            name = line.partition(b":")[0].strip()
        start = len(name) + 1 if number and line.startswith(name + b":") else 0
        if number and _SECRET_HEADER.fullmatch(name):
            kept = line[:start] + re.sub(rb"[^\s]", b"*", line[start:])
        else:
            kept = secrets.scrub_bytes(line)
        if kept != line:
            place = "line" if not number else f"header:{name.decode('latin-1').lower()}"
            notes.append(f"{side}-{place}")
        lines.append(kept)
    return b"".join(lines), notes


def _mask_small(body: bytes, head: bytes, secrets: Secrets) -> bytes:
    """A body that is in memory, chunked or not, with masks."""
    kept = Body.of(body)
    dechunker = framing.Dechunker()
    if framing.is_chunked(head):
        content = dechunker.feed(body)
        kept.mask(_on_the_wire(dechunker.extents, secrets.spans(content)))
    kept.mask(secrets.spans(body))
    return kept.content or b""


def _with_length(head: bytes, length: int) -> bytes:
    return re.sub(rb"(?im)^(content-length:[ \t]*)[^\r\n]*", rb"\g<1>%d" % length, head)


@dataclass
class _Answer:
    """The body of an answer on its way to being masked."""

    exchange: Exchange
    secrets: Secrets
    note: str = ""
    new_length: int | None = None

    def __post_init__(self) -> None:
        self.head = bytes(self.exchange.head)
        self.body = self.exchange.body
        self.chunked = framing.is_chunked(self.head)
        self.encoding = framing.content_encoding(self.head)
        self.dechunker = framing.Dechunker()
        if self.chunked:
            for piece in self.body.pieces():
                self.dechunker.feed(piece)
        self.truncated = self._why_truncated()
        self._cut_off = ""  # why not all of the content could be searched

    def _why_truncated(self) -> str:
        ended = self.exchange
        if framing.has_no_body(ended.method, ended.status):
            return ""
        length = framing.declared_length(self.head)
        if self.chunked:
            whole = self.dechunker.complete
        elif length is not None:
            whole = self.body.size >= length
        else:
            whole = ended.at_end
        if whole:
            return ""
        return ended.stopped or ("disconnect" if ended.broken or ended.at_end else "unspecified")

    def mask(self) -> None:
        """Find the secrets and cover them."""
        if not self.body.size:
            return
        if self.encoding not in ("", "identity") and self._mask_encoded():
            return
        found: list[Span] = []
        if self.chunked:
            found += _on_the_wire(self.dechunker.extents, _scan(self._content(), self.secrets))
        found += _scan(self.body.pieces(), self.secrets)
        if found:
            self.body.mask(found)
            self.note = "response-body"

    def _content(self) -> Iterator[bytes]:
        """The body without chunk framing."""
        if not self.chunked:
            return self.body.pieces()
        return (
            piece
            for start, length in self.dechunker.extents
            for piece in self.body.pieces(start, start + length)
        )

    def _decoded(self) -> Iterator[bytes]:
        """The decoded content, as far as it can be decoded and the limit allows."""
        room = self.exchange.limits.max_body
        try:
            for piece in framing.inflated(self._content(), self.encoding):
                if len(piece) > room:
                    self._cut_off = "length"
                    yield piece[:room]
                    return
                room -= len(piece)
                yield piece
        except zlib.error:
            self._cut_off = "unspecified"

    def _mask_encoded(self) -> bool:
        """Search what the encoding hides; pack anew if it hid a secret, or more than allowed.

        True when it was packed anew. Otherwise the bytes are still to be searched as they are:
        they may not be in that encoding, or something may follow its end.
        """
        found = _scan(self._decoded(), self.secrets)
        if not found and self._cut_off != "length":
            return False
        packed = _pack(
            _masks_applied(self._decoded(), found), self.encoding, whole=not self._cut_off
        )
        body = self.body.another()
        for piece in packed:
            body.append(b"%x\r\n%b\r\n" % (len(piece), piece) if self.chunked else piece)
        self.truncated = self.truncated or self._cut_off
        if self.chunked and not self.truncated:
            body.append(b"0\r\n\r\n")
        if not self.chunked and not self.truncated:
            self.new_length = body.size
        self.body = body
        self.note = "response-body-repacked"
        return True


def _pack(content: Iterable[bytes], encoding: str, *, whole: bool) -> Iterator[bytes]:
    engine = zlib.compressobj(6, zlib.DEFLATED, 15 if encoding == "deflate" else 31)
    for piece in content:
        packed = engine.compress(piece)
        if packed:
            yield packed
    yield engine.flush(zlib.Z_FINISH if whole else zlib.Z_SYNC_FLUSH)


def _scan(pieces: Iterable[bytes], secrets: Secrets) -> list[Span]:
    """Where secrets lie in a stream, also across the borders of its pieces."""
    found: set[Span] = set()
    before = b""
    position = 0
    for piece in pieces:
        window = before + piece
        base = position - len(before)
        found.update((base + start, base + end) for start, end in secrets.spans(window))
        position += len(piece)
        before = window[-secrets.reach :]
    return sorted(found)


def _masks_applied(pieces: Iterable[bytes], spans: list[Span]) -> Iterator[bytes]:
    position = 0
    for piece in pieces:
        masked_piece = bytearray(piece)
        for start, end in spans:
            low, high = max(start - position, 0), min(end - position, len(piece))
            if low < high:
                masked_piece[low:high] = b"*" * (high - low)
        position += len(piece)
        yield bytes(masked_piece)


def _on_the_wire(extents: list[Span], spans: Iterable[Span]) -> list[Span]:
    """Places in the content of a chunked body, as places in the body with its framing."""
    begins = [0, *accumulate(length for _, length in extents)]
    placed = []
    for start, end in spans:
        at = start
        while at < end:
            index = bisect_right(begins, at) - 1
            wire, length = extents[index]
            inside = at - begins[index]
            step = min(end - at, length - inside)
            placed.append((wire + inside, wire + inside + step))
            at += step
    return placed
