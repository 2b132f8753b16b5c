"""HTTP framing: heads, chunks and encodings, also those that others get wrong."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.warc import framing
from archiver.warc.framing import Dechunker, dechunked, field, inflated, split_message


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def test_a_message_is_split_after_its_empty_line() -> None:
    assert split_message(b"A: b\r\n\r\nbody\r\n\r\n") == (b"A: b\r\n\r\n", b"body\r\n\r\n")
    assert split_message(b"A: b\n\nbody") == (b"A: b\n\n", b"body")
    assert split_message(b"A: b\r\n") == (b"A: b\r\n", b"")


def test_only_interim_heads_are_left_out() -> None:
    final = b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n"
    assert framing.without_interim(b"HTTP/1.1 100 Continue\r\n\r\n" + final) == final
    assert framing.without_interim(b"HTTP/1.1 103 Early\r\nX: y\r\n\r\n" + final) == final
    assert framing.without_interim(final) == final
    alone = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
    assert framing.without_interim(alone) == alone


def test_headers_are_found_whatever_their_case_and_number() -> None:
    head = b"HTTP/1.1 200 OK\r\nvia: one\r\nX-Via: no\r\nVIA:\ttwo \r\nEmpty:\r\nLast: x\n\n"
    assert field(head, "Via") == "one, two"
    assert (field(head, "Empty"), field(head, "Missing"), field(head, "last")) == ("", "", "x")


@pytest.mark.parametrize(
    ("value", "length"), [("5", 5), ("5, 5", 5), ("-1", None), ("five", None), ("", None)]
)
def test_a_length_is_a_number_or_nothing(value: str, length: int | None) -> None:
    assert framing.declared_length(f"X: y\r\nContent-Length: {value}\r\n\r\n".encode()) == length


@pytest.mark.parametrize(
    ("method", "status", "none"),
    [("HEAD", 200, True), ("GET", 204, True), ("GET", 304, True), ("GET", 404, False)],
)
def test_some_answers_never_have_a_body(method: str, status: int, *, none: bool) -> None:
    assert framing.has_no_body(method, status) is none


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6), st.integers(1, 50))
def test_chunks_come_apart_however_they_arrive(pieces: list[bytes], size: int) -> None:
    body = b"".join(b"%X ;x=y\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    body += b"0\r\nTrailer: z\r\n\r\n"
    dechunker = Dechunker()
    content = b"".join(dechunker.feed(piece) for piece in cut(body, size))
    assert content == b"".join(pieces)
    assert (dechunker.complete, dechunker.broken) == (True, False)
    placed = b"".join(body[start : start + length] for start, length in dechunker.extents)
    assert placed == content


@pytest.mark.parametrize(
    "body", [b"zz\r\nx", b"3\r\nabcdef\r\n", b"\r\n\r\n", b"1" * 70_000, b"3\r\nabc!\r\n0\r\n\r\n"]
)
def test_what_is_not_chunked_is_broken_and_never_complete(body: bytes) -> None:
    dechunker = Dechunker()
    dechunker.feed(body)
    assert (dechunker.complete, dechunker.broken) == (False, True)
    assert dechunker.feed(b"3\r\nabc\r\n0\r\n\r\n") == b""


def test_chunks_that_end_early_are_not_complete() -> None:
    body = b"3\r\nabc\r\n0\r\n\r\n"
    for end in range(len(body)):
        dechunker = Dechunker()
        assert b"abc".startswith(dechunker.feed(body[:end]))
        assert not dechunker.complete
    assert list(dechunked([body[:5], body[5:]])) == [b"ab", b"c"]


@given(st.binary(max_size=3000), st.integers(1, 400))
def test_every_encoding_is_undone_however_it_arrives(content: bytes, size: int) -> None:
    raw_deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    for encoding, packed in (
        ("", content),
        ("identity", content),
        ("gzip", gzip.compress(content)),
        ("x-gzip", gzip.compress(content[:100]) + gzip.compress(content[100:])),
        ("deflate", zlib.compress(content)),
        ("deflate", raw_deflate.compress(content) + raw_deflate.flush()),
    ):
        assert b"".join(inflated(cut(packed, size), encoding)) == content


def test_content_comes_in_bounded_pieces() -> None:
    pieces = list(inflated([gzip.compress(bytes(5_000_000))], "gzip"))
    assert sum(map(len, pieces)) == 5_000_000
    assert max(map(len, pieces)) <= framing.PIECE


def test_a_cut_off_content_yields_what_is_there() -> None:
    packed = gzip.compress(b"springfield " * 1000, 0)
    assert b"".join(inflated([packed[:500]], "gzip")).startswith(b"springfield ")


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_what_is_not_in_its_encoding_is_an_error(encoding: str) -> None:
    with pytest.raises(zlib.error):
        list(inflated([b"\xff\xff plain text"], encoding))


def test_damage_behind_a_good_start_is_an_error() -> None:
    packed = zlib.compress(bytes(range(256)) * 300, 1)
    damaged = packed[:300] + bytes(byte ^ 0xFF for byte in packed[300:])
    with pytest.raises(zlib.error):
        list(inflated(cut(damaged, 100), "deflate"))
