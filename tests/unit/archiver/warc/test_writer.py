"""Segments: what is written, where it lies, and that others can read and check it."""

from __future__ import annotations

import gzip
import hashlib
import re
import subprocess
import sys
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archiver.errors import StoreError, UsageError
from archiver.values import RecordRef
from archiver.warc import members
from archiver.warc.body import Body
from archiver.warc.reader import iterate, read_record
from archiver.warc.recorded import Recorded
from archiver.warc.writer import SegmentWriter
from tests.unit.archiver.warc.conftest import ObedientClock
from tests.unit.archiver.warc.referees import fastwarc_accepts, warcio_accepts

START = datetime(2026, 11, 3, 14, 2, 10, 123456, tzinfo=UTC)


def make_recorded(body: bytes = b'{"id":"1"}', *, mime: str = "application/json") -> Recorded:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {mime}\r\nContent-Length: {len(body)}\r\n\r\n"
    return Recorded(
        id="x",
        method="GET",
        url="https://api.platform.example/posts?page=1",
        status=200,
        started_at=START,
        seconds=0.1,
        ip="203.0.113.7",
        request_head=b"GET /posts?page=1 HTTP/1.1\r\nHost: api.platform.example\r\n\r\n",
        request_body=b"",
        response_head=head.encode(),
        body=Body.of(body),
        protocols=("http/1.1", "tls/1.3"),
    )


@pytest.fixture
def writer(tmp_path: Path, clock: ObedientClock) -> Iterator[SegmentWriter]:
    info = {"software": "Archiver/0.1", "format": "WARC File Format 1.1"}
    made = SegmentWriter(tmp_path / "run.warc.gz", info=info, clock=clock)
    yield made
    made.abandon()


def unpacked(path: Path, ref: RecordRef) -> bytes:
    data = path.read_bytes()[ref.offset : ref.offset + ref.length]
    engine = zlib.decompressobj(31)
    text = engine.decompress(data)
    assert engine.eof
    assert engine.unused_data == b""
    return text


def test_a_segment_passes_both_referees_and_its_seal_is_true(writer: SegmentWriter) -> None:
    writer.exchange(make_recorded())
    request, original = writer.exchange(make_recorded(b"\xff\xd8" + bytes(5000), mime="image/jpeg"))
    assert original is not None
    again = make_recorded(b"\xff\xd8" + bytes(5000), mime="image/jpeg")
    writer.revisit(again, original, original_uri="https://cdn.example/a", original_date=START)
    writer.metadata(b"{}", content_type="application/json", uri="urn:run", concurrent_to=request)
    writer.resource(b"\xe2\x82\xac", content_type="text/plain", uri="urn:archive:\u20ac")
    sha256, size, records = writer.seal()
    data = writer.path.read_bytes()
    assert (sha256, size, records) == (hashlib.sha256(data).hexdigest(), len(data), 9)
    assert warcio_accepts(writer.path)
    assert fastwarc_accepts(writer.path) == 9


def test_each_record_is_one_gzip_member_exactly_where_its_reference_says(
    writer: SegmentWriter,
) -> None:
    refs = [ref for _ in range(3) for ref in writer.exchange(make_recorded()) if ref]
    refs.append(writer.metadata(b"m", content_type="text/plain", uri="urn:x"))
    _, size, _ = writer.seal()
    for ref, following in zip(refs, [*refs[1:], None], strict=True):
        assert f"WARC-Record-ID: <{ref.record_id}>".encode() in unpacked(writer.path, ref)
        assert ref.offset + ref.length == (size if following is None else following.offset)
    assert {ref.segment for ref in refs} == {"run.warc.gz"}


def test_the_headers_of_an_exchange_are_those_of_the_standard(writer: SegmentWriter) -> None:
    recorded = replace(make_recorded(), scrubbed=("request-line", "response-body"))
    request, response = writer.exchange(recorded)
    assert request is not None
    assert response is not None
    writer.seal()
    asked, answered = (unpacked(writer.path, ref).decode() for ref in (request, response))
    body_digest = hashlib.sha256(b'{"id":"1"}').hexdigest()
    block = recorded.response_head + b'{"id":"1"}'
    for line in (
        "WARC/1.1",
        "WARC-Type: response",
        "WARC-Target-URI: https://api.platform.example/posts?page=1",
        "WARC-Date: 2026-11-03T14:02:10.123456Z",
        "WARC-IP-Address: 203.0.113.7",
        "WARC-Protocol: tls/1.3",
        "WARC-Archiver-Masked: response-body",
        f"WARC-Payload-Digest: sha256:{body_digest}",
        f"WARC-Block-Digest: sha256:{hashlib.sha256(block).hexdigest()}",
        "Content-Type: application/http; msgtype=response",
        f"Content-Length: {len(block)}",
    ):
        assert line in answered.split("\r\n")
    assert "WARC-Truncated" not in answered
    assert f"WARC-Concurrent-To: <{response.record_id}>" in asked
    assert "WARC-Archiver-Masked: request-line" in asked.split("\r\n")
    assert (response.payload_sha256, request.payload_sha256) == (body_digest, None)
    pattern = r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(pattern, response.record_id)


def test_the_first_record_says_what_wrote_the_file(writer: SegmentWriter) -> None:
    writer.seal()
    (record, offset, _), *rest = iterate(writer.path)
    assert (record.kind, offset, rest) == ("warcinfo", 0, [])
    assert record.header("WARC-Filename") == "run.warc.gz"
    assert record.block == b"software: Archiver/0.1\r\nformat: WARC File Format 1.1\r\n"


def test_a_truncated_body_says_why(writer: SegmentWriter) -> None:
    _, response = writer.exchange(replace(make_recorded(), truncated="disconnect"))
    assert response is not None
    writer.seal()
    assert read_record(writer.path, response.offset, response.length).header("WARC-Truncated") == (
        "disconnect"
    )


def test_a_request_without_an_answer_is_written_with_its_failure(writer: SegmentWriter) -> None:
    failed = replace(
        make_recorded(b""), status=0, response_head=b"", failure="ReadTimeout", protocols=()
    )
    request, response = writer.exchange(failed)
    assert request is not None
    assert response is None
    assert writer.exchange(replace(failed, request_head=b"")) == (None, None)
    writer.seal()
    record = read_record(writer.path, request.offset, request.length)
    assert record.header("WARC-Archiver-Failure") == "ReadTimeout"
    assert warcio_accepts(writer.path)


def test_a_large_body_is_written_without_being_held_in_memory(
    writer: SegmentWriter, spool: Path
) -> None:
    content = bytes(range(256)) * 12_000
    body = Body(spool)
    for at in range(0, len(content), 50_000):
        body.append(content[at : at + 50_000])
    assert body.content is None
    for mime in ("application/json", "video/mp4"):
        recorded = make_recorded(content, mime=mime)
        _, large = writer.exchange(replace(recorded, body=body))
        _, small = writer.exchange(recorded)
        assert large is not None
        assert small is not None
        assert (large.block_sha256, large.payload_sha256) == (
            small.block_sha256,
            small.payload_sha256,
        )
    writer.seal()
    assert warcio_accepts(writer.path)
    assert fastwarc_accepts(writer.path) == 9


def test_media_are_stored_and_texts_are_packed(writer: SegmentWriter) -> None:
    content = b"springfield " * 1000
    sizes = {}
    for mime in ("image/jpeg", "video/mp4", "application/zip", "text/html", "image/svg+xml"):
        _, response = writer.exchange(make_recorded(content, mime=mime))
        assert response is not None
        sizes[mime] = response.length
    writer.seal()
    assert {mime for mime, size in sizes.items() if size > len(content)} == {
        "image/jpeg",
        "video/mp4",
        "application/zip",
    }
    assert warcio_accepts(writer.path)


def test_a_revisit_names_its_original_and_leaves_the_payload_out(writer: SegmentWriter) -> None:
    _, original = writer.exchange(make_recorded(b"j" * 9000, mime="image/jpeg"))
    assert original is not None
    _, revisit = writer.revisit(
        make_recorded(b"j" * 9000, mime="image/jpeg"),
        original,
        original_uri="https://cdn.example/a.jpg",
        original_date=START,
    )
    writer.seal()
    record = read_record(writer.path, revisit.offset, revisit.length)
    assert record.header("WARC-Profile").endswith("/revisit/identical-payload-digest")
    assert record.header("WARC-Refers-To") == f"<{original.record_id}>"
    assert record.header("WARC-Refers-To-Target-URI") == "https://cdn.example/a.jpg"
    assert record.header("WARC-Refers-To-Date") == "2026-11-03T14:02:10.123456Z"
    assert record.header("WARC-Payload-Digest") == f"sha256:{original.payload_sha256}"
    assert record.payload == b""
    assert revisit.length < 1000


@pytest.mark.parametrize("change", ["other bytes", "cut off"])
def test_what_is_not_the_same_cannot_be_a_revisit(writer: SegmentWriter, change: str) -> None:
    _, original = writer.exchange(make_recorded(b"one"))
    assert original is not None
    other = make_recorded(b"two" if change == "other bytes" else b"one")
    if change == "cut off":
        other = replace(other, truncated="length")
    with pytest.raises(UsageError, match="write it as an exchange"):
        writer.revisit(other, original, original_uri="https://x/", original_date=START)


def test_a_segment_is_never_written_over_another(
    writer: SegmentWriter, clock: ObedientClock
) -> None:
    with pytest.raises(StoreError, match="exists already"):
        SegmentWriter(writer.path, info={}, clock=clock)


def test_a_missing_folder_is_a_clear_error(tmp_path: Path, clock: ObedientClock) -> None:
    with pytest.raises(StoreError, match="cannot write"):
        SegmentWriter(tmp_path / "none" / "x.warc.gz", info={}, clock=clock)


def test_a_sealed_segment_takes_nothing_more_and_is_not_abandoned(writer: SegmentWriter) -> None:
    writer.seal()
    size = writer.path.stat().st_size
    with pytest.raises(StoreError, match="closed"):
        writer.exchange(make_recorded())
    writer.abandon()
    assert writer.path.stat().st_size == size


def test_abandoning_leaves_nothing_behind(writer: SegmentWriter) -> None:
    writer.exchange(make_recorded(bytes(range(256)) * 2000))
    writer.abandon()
    assert not writer.path.exists()


def test_a_full_disk_is_a_clear_error(clock: ObedientClock, tmp_path: Path) -> None:
    path = tmp_path / "full.warc.gz"
    writer = SegmentWriter(path, info={}, clock=clock)
    with Path("/dev/full").open("wb", buffering=0) as full:
        writer._file.close()
        writer._file = full
        with pytest.raises(StoreError, match="No space left"):
            writer.exchange(make_recorded(bytes(300_000), mime="image/jpeg"))
        writer.abandon()


def test_line_ends_in_values_cannot_forge_headers(writer: SegmentWriter) -> None:
    ref = writer.resource(b"x", content_type="text/plain", uri="urn:x\r\nWARC-Type: request")
    writer.seal()
    assert read_record(writer.path, ref.offset, ref.length).kind == "resource"


def test_pieces_make_the_same_member_as_the_whole() -> None:
    pieces = [b"abc" * 1000, b"def" * 1000]
    for stored in (False, True):
        joined = b"".join(members.member_pieces(pieces, stored=stored))
        assert gzip.decompress(joined) == b"".join(pieces)
        assert gzip.decompress(members.member(b"".join(pieces), stored=stored)) == b"".join(pieces)


def test_without_isal_members_are_made_by_zlib() -> None:
    code = (
        "import gzip, sys; sys.modules['isal'] = None\n"
        "from archiver.warc import members\n"
        "assert gzip.decompress(members.member(b'abc', stored=False)) == b'abc'\n"
        "assert gzip.decompress(b''.join(members.member_pieces([b'abc'], stored=False))) == b'abc'"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)
