"""The survey: each record's place, digests and references, from its header alone."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from archiver.errors import EvidenceError
from archiver.warc.check import CheckedRecord, check_segment
from archiver.warc.members import member
from archiver.warc.recorded import Recorded
from archiver.warc.survey import stored_payload, survey
from archiver.warc.writer import SegmentWriter
from tests.unit.archiver.warc.conftest import ObedientClock
from tests.unit.archiver.warc.test_writer import START, make_recorded


def written(path: Path, *exchanges: Recorded) -> SegmentWriter:
    writer = SegmentWriter(path, info={"software": "x"}, clock=ObedientClock())
    for each in exchanges:
        writer.exchange(each)
    return writer


def test_it_tells_what_the_writer_said_when_it_wrote(tmp_path: Path) -> None:
    posted = replace(make_recorded(), request_body=b"a=1")
    writer = written(tmp_path / "a.warc.gz")
    request, response = writer.exchange(posted)
    bare, picture = writer.exchange(make_recorded(b"\xff\xd8", mime="image/jpeg"))
    assert request is not None
    assert response is not None
    assert picture is not None
    again = make_recorded(b"\xff\xd8", mime="image/jpeg")
    asked, revisit = writer.revisit(again, picture, original_uri="http://a", original_date=START)
    note = writer.metadata(b"{}", content_type="text/plain", uri="urn:a", concurrent_to=response)
    file = writer.resource(b"x", content_type="text/plain", uri="urn:b")
    writer.seal()
    found = survey(writer.path, check_segment(writer.path).records)
    refs = [request, response, bare, picture, asked, revisit, note, file]
    assert found[0].kind == "warcinfo"
    assert found[0].payload_sha256 is None
    for ref, each in zip(refs, found[1:], strict=True):
        assert ref is not None
        assert each[0] == ref.record_id
        assert each[2:6] == (ref.offset, ref.length, ref.block_sha256, ref.payload_sha256)
    assert [each.refers for each in found[1:]] == [
        (response.record_id,),
        (),
        (picture.record_id,),
        (),
        (revisit.record_id,),
        (picture.record_id,),
        (response.record_id,),
        (),
    ]


def test_a_header_longer_than_the_first_look_is_read_to_its_end(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(9000).hex()
    long = replace(make_recorded(), url=f"https://api.platform.example/?q={noise}")
    plain = replace(make_recorded(), url="https://api.platform.example/?q=" + "a" * 9000)
    writer = written(tmp_path / "a.warc.gz", long, plain)
    writer.seal()
    found = survey(writer.path, check_segment(writer.path).records)
    assert [bool(each.block_sha256) for each in found] == [True] * 5
    assert found[1].refers == (found[2].record_id,)
    assert found[3].refers == (found[4].record_id,)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no gzip" * 9, "no gzip member"),
        (member(b"a" * 400_000, stored=False), "has no WARC record"),
    ],
)
def test_what_is_no_record_is_not_taken_for_one(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(content)
    claimed = CheckedRecord("urn:uuid:a", "response", 0, len(content))
    with pytest.raises(EvidenceError, match=says):
        survey(path, [claimed])


def test_another_record_in_the_same_place_is_noticed(tmp_path: Path) -> None:
    writer = written(tmp_path / "a.warc.gz", make_recorded())
    writer.seal()
    records = list(check_segment(writer.path).records)
    records[1] = records[1]._replace(record_id="urn:uuid:other")
    with pytest.raises(EvidenceError, match="instead of urn:uuid:other"):
        survey(writer.path, records)


@pytest.mark.parametrize("body", [b"", b"body", b"\r\n\r\nbody", b"b" * 3_000_000])
@pytest.mark.parametrize("line", [b"\r\n", b"\n"])
def test_the_payload_begins_where_the_head_ends(tmp_path: Path, body: bytes, line: bytes) -> None:
    plain = make_recorded(body)
    head = plain.response_head.replace(b"\r\n", line)
    writer = SegmentWriter(tmp_path / "a.warc.gz", info={}, clock=ObedientClock())
    _, ref = writer.exchange(replace(plain, response_head=head))
    writer.seal()
    assert ref is not None
    assert b"".join(stored_payload(writer.path, ref.offset, ref.length)) == body


def test_a_payload_is_not_made_up_where_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    path.write_bytes(member(b"a" * 400_000, stored=True))
    for offset, length in ((0, 600_000), (500_000, 10)):
        with pytest.raises(EvidenceError, match="no header that ends"):
            list(stored_payload(path, offset, length))
