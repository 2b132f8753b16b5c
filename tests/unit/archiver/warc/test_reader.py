"""Reading back: one record by its place, all in order, large ones in pieces."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archiver.errors import EvidenceError, StoreError
from archiver.values import RecordRef
from archiver.warc.body import Body
from archiver.warc.reader import iterate, last_metadata, open_content, read_record
from archiver.warc.writer import SegmentWriter
from tests.unit.archiver.warc.conftest import ObedientClock
from tests.unit.archiver.warc.test_writer import START, make_recorded


@pytest.fixture
def writer(tmp_path: Path, clock: ObedientClock) -> Iterator[SegmentWriter]:
    made = SegmentWriter(tmp_path / "run.warc.gz", info={"software": "x"}, clock=clock)
    yield made
    made.abandon()


def response_of(writer: SegmentWriter, body: bytes, head: bytes) -> RecordRef:
    _, ref = writer.exchange(replace(make_recorded(), body=Body.of(body), response_head=head))
    assert ref is not None
    return ref


def test_a_record_comes_back_as_it_was_written(writer: SegmentWriter) -> None:
    recorded = make_recorded(b'{"id":"1"}')
    _, ref = writer.exchange(recorded)
    assert ref is not None
    writer.seal()
    record = read_record(writer.path, ref.offset, ref.length)
    assert (record.record_id, record.kind, record.uri) == (
        ref.record_id,
        "response",
        recorded.url,
    )
    assert record.date == START
    assert record.http_head == recorded.response_head
    assert record.payload == record.content == b'{"id":"1"}'


def test_an_open_file_can_be_read_as_well_as_a_path(writer: SegmentWriter) -> None:
    ref = writer.metadata(b"one", content_type="text/plain", uri="urn:1")
    writer.seal()
    file = io.BytesIO(writer.path.read_bytes())
    assert read_record(file, ref.offset, ref.length).block == b"one"


def test_content_is_decoded_and_the_payload_is_not(writer: SegmentWriter) -> None:
    packed = gzip.compress(b"text " * 100)
    framed = b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    ref = response_of(writer, framed, head)
    writer.seal()
    record = read_record(writer.path, ref.offset, ref.length)
    assert record.payload == framed
    assert record.content == b"text " * 100
    with open_content(writer.path, ref.offset, ref.length) as pieces:
        assert b"".join(pieces) == b"text " * 100


def test_large_content_comes_in_pieces(writer: SegmentWriter) -> None:
    content = bytes(range(256)) * 12_000
    _, ref = writer.exchange(make_recorded(content, mime="video/mp4"))
    resource = writer.resource(content, content_type="video/mp4", uri="urn:import:1")
    assert ref is not None
    writer.seal()
    for place in (ref, resource):
        with open_content(writer.path, place.offset, place.length) as pieces:
            got = list(pieces)
        assert b"".join(got) == content
        assert max(map(len, got)) <= 1 << 20


@pytest.mark.parametrize("head", [b"HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"])
def test_an_answer_without_a_body_has_no_content(writer: SegmentWriter, head: bytes) -> None:
    ref = response_of(writer, b"", head)
    writer.seal()
    with open_content(writer.path, ref.offset, ref.length) as pieces:
        assert list(pieces) == []
    assert read_record(writer.path, ref.offset, ref.length).content == b""


def test_a_body_that_is_not_in_its_encoding_is_named(writer: SegmentWriter) -> None:
    ref = response_of(writer, b"plain", b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
    writer.seal()
    with pytest.raises(EvidenceError, match="encoding"):
        _ = read_record(writer.path, ref.offset, ref.length).content
    with (
        pytest.raises(EvidenceError, match="encoding"),
        open_content(writer.path, ref.offset, ref.length) as pieces,
    ):
        list(pieces)


def test_all_records_come_in_order_with_their_places(writer: SegmentWriter) -> None:
    refs = [ref for ref in writer.exchange(make_recorded()) if ref]
    refs.append(writer.metadata(b"m", content_type="text/plain", uri="urn:x"))
    writer.seal()
    found = list(iterate(writer.path))[1:]
    assert [(record.record_id, offset, length) for record, offset, length in found] == [
        (ref.record_id, ref.offset, ref.length) for ref in refs
    ]


def test_the_last_metadata_of_a_type_is_found(writer: SegmentWriter) -> None:
    writer.metadata(b"1", content_type="application/x-run+json", uri="urn:x")
    writer.metadata(b"2", content_type="application/x-run+json", uri="urn:x")
    writer.metadata(b"3", content_type="text/plain", uri="urn:x")
    writer.seal()
    assert last_metadata(writer.path, "application/x-run+json") == b"2"
    assert last_metadata(writer.path, "image/png") is None


def test_a_changed_record_is_not_handed_out(writer: SegmentWriter, tmp_path: Path) -> None:
    ref = writer.resource(b"the truth", content_type="text/plain", uri="urn:x")
    writer.seal()
    data = writer.path.read_bytes()
    member = gzip.decompress(data[ref.offset :]).replace(b"the truth", b"the proof")
    forged = gzip.compress(member)
    path = tmp_path / "forged.warc.gz"
    path.write_bytes(data[: ref.offset] + forged)
    with pytest.raises(EvidenceError, match="not what was stored"):
        read_record(path, ref.offset, len(forged))
    with (
        pytest.raises(EvidenceError, match="not what was stored"),
        open_content(path, ref.offset, len(forged)) as pieces,
    ):
        list(pieces)


@pytest.mark.parametrize("keep", [3, 30, 200, 4000])
def test_a_record_that_was_cut_off_is_not_handed_out(writer: SegmentWriter, keep: int) -> None:
    noise = b"".join(number.to_bytes(3) for number in range(2000))
    ref = writer.resource(noise, content_type="image/png", uri="urn:x")
    writer.seal()
    start = io.BytesIO(writer.path.read_bytes()[: ref.offset + keep])
    with pytest.raises(EvidenceError):
        read_record(start, ref.offset, ref.length)


@pytest.mark.parametrize("at", [1, 40, 300])
def test_damaged_bytes_are_named_as_damage(writer: SegmentWriter, at: int) -> None:
    ref = writer.resource(bytes(range(256)) * 4, content_type="text/plain", uri="urn:x")
    writer.seal()
    data = bytearray(writer.path.read_bytes())
    data[ref.offset + at] ^= 0x55
    with pytest.raises(EvidenceError):
        read_record(io.BytesIO(bytes(data)), ref.offset, ref.length)


def test_nothing_at_the_place_is_named(writer: SegmentWriter) -> None:
    _, size, _ = writer.seal()
    with pytest.raises(EvidenceError, match="no record at offset"):
        read_record(writer.path, size, 100)


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot read"):
        read_record(tmp_path / "none.warc.gz", 0, 10)
