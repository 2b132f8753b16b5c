"""Whatever happens to a segment is found; what others wrote well is accepted."""

from __future__ import annotations

import gzip
import io
from dataclasses import replace
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders  # type: ignore[import-untyped]
from warcio.warcwriter import WARCWriter  # type: ignore[import-untyped]

from archiver.errors import StoreError
from archiver.files import sha256_of
from archiver.values import RecordRef, SegmentRef
from archiver.warc.body import Body
from archiver.warc.check import check_many, check_segment
from archiver.warc.writer import SegmentWriter
from tests.unit.archiver.warc.conftest import ObedientClock
from tests.unit.archiver.warc.test_writer import START, make_recorded


@pytest.fixture
def sealed(tmp_path: Path, clock: ObedientClock) -> tuple[Path, list[RecordRef], SegmentRef]:
    path = tmp_path / "run.warc.gz"
    writer = SegmentWriter(path, info={"software": "x"}, clock=clock)
    pairs = [writer.exchange(make_recorded(b'{"n":%d}' % number)) for number in range(3)]
    pairs.append(writer.exchange(make_recorded(bytes(400), mime="image/jpeg")))
    refs = [ref for pair in pairs for ref in pair if ref]
    again = make_recorded(bytes(400), mime="image/jpeg")
    refs += [
        ref
        for ref in writer.revisit(again, refs[-1], original_uri="urn:x", original_date=START)
        if ref
    ]
    refs.append(writer.metadata(b"{}", content_type="application/json", uri="urn:x"))
    sha256, size, records = writer.seal()
    ref = SegmentRef(
        name=path.name, sha256=sha256, size=size, records=records, sealed_at=clock.now()
    )
    return path, refs, ref


Sealed = tuple[Path, list[RecordRef], SegmentRef]


def problems_of(data: bytes, expected: SegmentRef | None = None) -> tuple[str, ...]:
    return check_segment(io.BytesIO(data), expected=expected).problems


def test_a_good_segment_has_no_problems_and_its_records_are_listed(sealed: Sealed) -> None:
    path, refs, expected = sealed
    report = check_segment(path, expected=expected)
    assert (report.ok, report.problems) == (True, ())
    assert (report.sha256, report.size) == (sha256_of(path), path.stat().st_size)
    assert [(each.record_id, each.offset, each.length) for each in report.records[1:]] == [
        (ref.record_id, ref.offset, ref.length) for ref in refs
    ]
    kinds = [each.kind for each in report.records]
    assert kinds == ["warcinfo", *["request", "response"] * 4, "request", "revisit", "metadata"]


def test_every_flipped_byte_is_found(sealed: Sealed) -> None:
    path, _, expected = sealed
    data = path.read_bytes()
    content = gzip.decompress(data)
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]
        assert problems_of(changed, expected)
        if not problems_of(changed):  # without the seal: times and padding in gzip's own framing
            assert gzip.decompress(changed) == content


def test_every_cut_is_found(sealed: Sealed) -> None:
    path, refs, expected = sealed
    data = path.read_bytes()
    borders = {ref.offset for ref in refs}
    for end in range(len(data)):
        assert problems_of(data[:end], expected)
        if end not in borders:
            assert problems_of(data[:end])


def test_a_missing_last_record_is_found_with_the_seal(sealed: Sealed) -> None:
    path, refs, expected = sealed
    (first, *_) = problems_of(path.read_bytes()[: refs[-1].offset], expected)
    assert "bytes" in first


@pytest.mark.parametrize(
    "more",
    [b"\0" * 10, b"WARC", gzip.compress(b"not a record")],
    ids=["zeros", "text", "member"],
)
def test_something_behind_the_last_record_is_found(sealed: Sealed, more: bytes) -> None:
    assert problems_of(sealed[0].read_bytes() + more)


def test_two_records_in_one_member_are_found(sealed: Sealed) -> None:
    path, refs, _ = sealed
    data = path.read_bytes()
    end = refs[-1].offset
    joined = gzip.compress(gzip.decompress(data[refs[-2].offset :]))
    assert problems_of(data[: refs[-2].offset] + joined)
    assert not problems_of(data[:end])


@pytest.mark.parametrize(
    ("field", "complaint"),
    [
        (b"WARC-Block-Digest", "no block digest"),
        (b"WARC-Payload-Digest", "no payload digest"),
        (b"WARC-Record-ID", "no id"),
    ],
)
def test_a_record_that_lacks_what_proves_it_is_found(
    sealed: Sealed, field: bytes, complaint: str
) -> None:
    path, refs, _ = sealed
    data = path.read_bytes()
    place = refs[1]
    member = gzip.decompress(data[place.offset : place.offset + place.length])
    lines = [line for line in member.split(b"\r\n") if not line.startswith(field)]
    changed = gzip.compress(b"\r\n".join(lines))
    (problem,) = problems_of(data[: place.offset] + changed + data[place.offset + place.length :])
    assert complaint in problem


@pytest.mark.parametrize(("old", "new"), [(b'{"n":0}', b'{"n":7}'), (b"200 OK", b"404 NO")])
def test_a_forged_record_with_a_good_checksum_is_found(
    sealed: Sealed, old: bytes, new: bytes
) -> None:
    path, refs, _ = sealed
    data = path.read_bytes()
    place = refs[1]
    member = gzip.decompress(data[place.offset : place.offset + place.length])
    assert old in member
    changed = gzip.compress(member.replace(old, new))
    problems = problems_of(data[: place.offset] + changed + data[place.offset + place.length :])
    assert f"record {place.record_id} (response" in problems[0]
    assert "not what was stored" in problems[0]


def test_chunked_and_compressed_bodies_hold(tmp_path: Path, clock: ObedientClock) -> None:
    path = tmp_path / "run.warc.gz"
    writer = SegmentWriter(path, info={}, clock=clock)
    packed = gzip.compress(b"text")
    writer.exchange(
        replace(
            make_recorded(),
            body=Body.of(b"%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed)),
            response_head=b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n",
        )
    )
    writer.seal()
    assert check_segment(path).problems == ()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its open files
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("packed", [True, False])
def test_what_warcio_wrote_is_accepted(tmp_path: Path, *, packed: bool) -> None:
    path = tmp_path / "theirs.warc"
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=packed)
        writer.write_record(writer.create_warcinfo_record("theirs.warc.gz", {"software": "w"}))
        headers = StatusAndHeaders("200 OK", [("X", "y")], protocol="HTTP/1.1")
        for kind, head in (("response", headers), ("resource", None), ("metadata", None)):
            writer.write_record(
                writer.create_warc_record(
                    "https://x/", kind, payload=io.BytesIO(b"body"), http_headers=head
                )
            )
    report = check_segment(path)
    assert (report.problems, len(report.records)) == ((), 4)


@pytest.mark.parametrize(
    "data", [b"", b"no warc at all", gzip.compress(b"")], ids=["nothing", "text", "empty member"]
)
def test_a_file_without_records_is_a_problem_and_not_a_crash(data: bytes) -> None:
    assert problems_of(data)


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="not there"):
        check_segment(tmp_path / "none.warc.gz")


@pytest.mark.parametrize("processes", [1, 2])
def test_many_segments_are_reported_in_their_order(
    sealed: Sealed, tmp_path: Path, processes: int
) -> None:
    path, _, expected = sealed
    cut = tmp_path / "cut.warc.gz"
    cut.write_bytes(path.read_bytes()[:-20])
    reports = list(
        check_many([cut, path, path], expected=[expected, expected, None], processes=processes)
    )
    assert [report.ok for report in reports] == [False, True, True]
    assert [report.name for report in reports] == [str(cut), str(path), str(path)]
