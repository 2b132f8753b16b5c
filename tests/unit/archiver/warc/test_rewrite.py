"""Rewriting a segment: what goes is in no byte of it, and everything else still holds."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import tracemalloc
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from archiver.errors import EvidenceError, StoreError, UsageError
from archiver.values import RecordRef
from archiver.warc import target as target_module
from archiver.warc.body import Body
from archiver.warc.check import CheckReport, check_segment
from archiver.warc.conversion import Converter, Replacement, without_items
from archiver.warc.cutting import with_ids
from archiver.warc.reader import StoredRecord, iterate, read_record
from archiver.warc.recorded import Recorded
from archiver.warc.replaced import Original
from archiver.warc.rewrite import Rewritten, rewrite
from archiver.warc.survey import survey
from archiver.warc.tombstones import manifest_without
from archiver.warc.writer import SegmentWriter
from tests.support.canaries import Search
from tests.unit.archiver.warc.conftest import ObedientClock
from tests.unit.archiver.warc.referees import fastwarc_accepts, warcio_accepts

START = datetime(2026, 11, 3, 14, 2, 10, 123456, tzinfo=UTC)
INFO = {"software": "Archiver/0.1", "isPartOf": "run"}
BATCH = "D-2026-7"
MANIFEST = "application/vnd.archiver.run+json"


def canary(item: str) -> str:
    return f"Quebracho{item.title()}Zwieback"


def recorded(url: str, mime: str, body: bytes, *headers: str) -> Recorded:
    fields = [f"Content-Type: {mime}", *headers]
    if not any(each.startswith("Transfer-Encoding") for each in headers):
        fields.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(("HTTP/1.1 200 OK", *fields, "ETag: w", "", ""))
    return Recorded(
        id=url,
        method="GET",
        url=f"https://api.platform.example/{url}",
        status=200,
        started_at=START,
        seconds=0.1,
        ip="203.0.113.7",
        request_head=f"GET /{url} HTTP/1.1\r\nHost: api.platform.example\r\n\r\n".encode(),
        request_body=b"",
        response_head=head.encode(),
        body=Body.of(body),
        protocols=("http/1.1",),
    )


def chunked(body: bytes) -> bytes:
    pieces = [body[at : at + 40] for at in range(0, len(body), 40)]
    return b"".join(b"%x\r\n%b\r\n" % (len(each), each) for each in pieces) + b"0\r\n\r\n"


def posts(*ids: str) -> list[dict[str, object]]:
    return [{"id": each, "text": canary(each)} for each in ids]


@dataclass
class Segment:
    """A sealed file; `refs` are its records by names like "x" (answer) and "x-request"."""

    path: Path
    sha256: str
    refs: dict[str, RecordRef]

    def id(self, name: str) -> str:
        return self.refs[name].record_id

    def ids(self, *names: str) -> set[str]:
        return {self.id(name) for name in names}

    @property
    def bytes_of(self) -> Mapping[str, bytes]:
        data = self.path.read_bytes()
        return {
            ref.record_id: data[ref.offset : ref.offset + ref.length] for ref in self.refs.values()
        }


def make_segment(path: Path) -> Segment:
    """Pages of every kind, a picture and a revisit of it, a note on a page, a manifest."""
    writer = SegmentWriter(path, info=INFO, clock=ObedientClock())
    nested = {"data": [{**posts("f1")[0], "comments": {"data": posts("f2", "f3")}}]}
    feed = "".join(
        f"<item><guid>{each}</guid><title>{canary(each)}</title></item>\n" for each in ("r1", "r2")
    )
    picture = b"\xff\xd8\xff\xe0" + canary("pic").encode() + bytes(range(256)) * 20
    answers = {
        "x": ("application/json", json.dumps({"data": posts("x1", "x2", "x3")}).encode()),
        "wp": ("application/json", gzip.compress(json.dumps(posts("w1", "w2")).encode())),
        "fb": ("application/json", chunked(json.dumps(nested).encode())),
        "rss": ("application/rss+xml", f"<rss><channel>{feed}</channel></rss>".encode()),
        "html": ("text/html", f"<html><body>{canary('html')}</body></html>".encode()),
        "pic": ("image/jpeg", picture),
    }
    special = {"wp": "Content-Encoding: gzip", "fb": "Transfer-Encoding: chunked"}
    refs: dict[str, RecordRef] = {}
    for name, (mime, body) in answers.items():
        extra = (special[name],) if name in special else ()
        request, response = writer.exchange(recorded(name, mime, body, *extra))
        assert request is not None
        assert response is not None
        refs |= {f"{name}-request": request, name: response}
    again = recorded("again", "image/jpeg", picture)
    request, revisit = writer.revisit(
        again, refs["pic"], original_uri="https://api.platform.example/pic", original_date=START
    )
    assert request is not None
    note = json.dumps({"seen": canary("note")}).encode()
    refs |= {"again-request": request, "again": revisit}
    refs["note"] = writer.metadata(
        note, content_type="application/json", uri="urn:note", concurrent_to=refs["html"]
    )
    refs["manifest"] = writer.metadata(
        manifest_of(refs), content_type=MANIFEST, uri="urn:archiver:run:1"
    )
    sha256, _, _ = writer.seal()
    return Segment(path, sha256, refs)


def manifest_of(refs: Mapping[str, RecordRef]) -> bytes:
    names = [name for name in refs if f"{name}-request" in refs]
    sides = {
        name: {
            side: {"record_id": ref.record_id, "segment": "run.warc.gz", "offset": ref.offset}
            for side, ref in (("request", refs[f"{name}-request"]), ("response", refs[name]))
        }
        for name in names
    }
    version = {"family": "post", "version_key": "", "digest": "d", "media": []}
    return json.dumps(
        {
            "versions": [
                {**version, "platform_id": each, "words": canary(each)} for each in ("x1", "x2")
            ],
            "findings": [],
            "sightings": [],
            "recoveries": [],
            "exchanges": [{"id": name, "url": name, **sides[name]} for name in names],
        }
    ).encode()


@pytest.fixture
def segment(tmp_path: Path) -> Segment:
    return make_segment(tmp_path / "run.warc.gz")


def do(
    segment: Segment,
    target: Path,
    *,
    drop: Set[str] = frozenset(),
    convert: Mapping[str, Converter] | None = None,
    promote: Mapping[str, str | Original] | None = None,
) -> Rewritten:
    return rewrite(
        segment.path,
        target,
        drop=drop,
        convert=convert or {},
        promote=promote or {},
        info=INFO,
        batch=BATCH,
        predecessor=segment.sha256,
        clock=ObedientClock(),
        name="20261103T140210Z-new.warc.gz",
    )


@dataclass
class Judged:
    """What was found in a new file: its records by id, and the ids of those that changed."""

    records: dict[str, StoredRecord]
    changed: set[str]


def judge(segment: Segment, target: Path, done: Rewritten) -> Judged:
    """Everything that must hold after any rewriting."""
    report = check_segment(target)
    assert report.problems == ()
    assert (report.sha256, report.size) == (done.sha256, done.size)
    assert fastwarc_accepts(target) == done.records == len(report.records)
    with target.open("rb") as file:
        for record in ArchiveIterator(file, check_digests="raise"):
            record.content_stream().read()
    data = target.read_bytes()
    records = {record.record_id: record for record, _, _ in iterate(target)}
    old_bytes = segment.bytes_of
    changed = set()
    for old_id, ref in done.moved.items():
        record = read_record(target, ref.offset, ref.length)
        assert record.record_id == ref.record_id
        assert hashlib.sha256(record.block).hexdigest() == ref.block_sha256
        if ref.payload_sha256 is not None and record.kind != "revisit":
            assert hashlib.sha256(record.payload).hexdigest() == ref.payload_sha256
        assert ref.segment == done.name
        if old_id in old_bytes and data[ref.offset : ref.offset + ref.length] != old_bytes[old_id]:
            changed.add(old_id)
            assert BATCH in record.header("WARC-Archiver-Disposition")
    gone = {record_id for record_id, _ in done.dropped}
    assert done.moved.keys() == {*old_bytes, *kinds(segment.path, "warcinfo")} - gone
    assert len(done.moved) == done.records - 1
    assert records.keys() - {ref.record_id for ref in done.moved.values()} == {
        report.records[0].record_id
    }
    blocks = {ref.record_id: ref.block_sha256 for ref in segment.refs.values()}
    assert dict((*done.dropped, *done.replaced)) == {
        each: blocks[each] for each in (*gone, *dict(done.replaced))
    }
    for record in records.values():
        for name, value in record.headers:
            if name == "WARC-Concurrent-To" or (
                name == "WARC-Refers-To" and record.kind != "conversion"
            ):
                assert value.strip("<>") in records
    return Judged(records, changed)


def kinds(path: Path, kind: str) -> list[str]:
    return [record.record_id for record, _, _ in iterate(path) if record.kind == kind]


def sung(folder: Path, *items: str) -> set[str]:
    """Of these items, those whose canary is somewhere in the folder's files, in any form."""
    hits = Search({each: canary(each) for each in items}).home(folder)
    return {hit.canary for hit in hits}


@pytest.fixture
def new(tmp_path: Path) -> Path:
    folder = tmp_path / "new"
    folder.mkdir()
    return folder / "new.warc.gz"


def test_what_is_dropped_is_gone_and_what_stays_is_the_same_bytes(
    segment: Segment, new: Path
) -> None:
    drop = segment.ids("html", "html-request", "x", "x-request", "note")
    done = do(segment, new, drop=drop)
    judged = judge(segment, new, done)
    assert warcio_accepts(new)
    assert judged.changed == set()
    assert {each for each, _ in done.dropped} == drop
    assert sung(new.parent, "html", "note", "w1", "w2", "f1", "f2", "r1", "pic") == {
        *("w1", "w2", "f1", "f2", "r1", "pic")
    }


def test_the_new_warcinfo_names_the_predecessor_and_the_batch(segment: Segment, new: Path) -> None:
    do(segment, new)
    first, offset, _ = next(iterate(new))
    assert (first.kind, offset) == ("warcinfo", 0)
    assert first.header("WARC-Filename") == "20261103T140210Z-new.warc.gz"
    lines = first.block.decode().splitlines()
    assert f"archiver-replaces-sha256: {segment.sha256}" in lines
    assert "archiver-replaces: run.warc.gz" in lines
    assert f"archiver-disposition: {BATCH}" in lines
    assert "isPartOf: run" in lines


@pytest.mark.parametrize(
    ("page", "gone", "left"),
    [
        ("x", {"x2"}, {"x1", "x3"}),
        ("wp", {"w1"}, {"w2"}),
        ("fb", {"f3"}, {"f1", "f2"}),
        ("rss", {"r2"}, {"r1"}),
    ],
)
def test_a_shared_page_becomes_a_conversion_without_the_item(
    segment: Segment, new: Path, page: str, gone: set[str], left: set[str]
) -> None:
    convert = {
        segment.id(page): without_items(with_ids(gone)),
        segment.id("manifest"): manifest_without({("post", each) for each in gone}, batch=BATCH),
    }
    done = do(segment, new, convert=convert)
    judged = judge(segment, new, done)
    assert warcio_accepts(new)
    assert judged.changed == segment.ids(page, f"{page}-request", "manifest")
    record = judged.records[done.moved[segment.id(page)].record_id]
    assert record.kind == "conversion"
    assert record.record_id != segment.id(page)
    assert record.header("WARC-Refers-To") == f"<{segment.id(page)}>"
    assert record.header("WARC-Archiver-Captured") == "2026-11-03T14:02:10.123456Z"
    assert record.header("WARC-Archiver-Disposition") == BATCH
    assert record.header("WARC-Target-URI").endswith(page)
    assert not record.header("WARC-IP-Address")
    head = record.http_head.decode().lower()
    assert f"content-length: {len(record.payload)}\r\n" in head
    assert "encoding:" not in head
    assert "etag: w\r\n" in head
    assert record.content == record.payload
    assert sung(new.parent, *gone, *left) == left
    request = judged.records[done.moved[segment.id(f"{page}-request")].record_id]
    assert request.header("WARC-Concurrent-To") == f"<{record.record_id}>"
    assert request.record_id == segment.id(f"{page}-request")


def test_a_page_that_cannot_be_cut_is_dropped_and_its_partners_no_longer_refer_to_it(
    segment: Segment, new: Path
) -> None:
    done = do(segment, new, convert={segment.id("html"): without_items(with_ids({"html"}))})
    judged = judge(segment, new, done)
    assert {each for each, _ in done.dropped} == segment.ids("html")
    assert judged.changed == segment.ids("html-request", "note")
    assert not judged.records[segment.id("note")].header("WARC-Concurrent-To")
    assert sung(new.parent, "html", "note") == {"note"}


def test_a_revisit_gets_the_payload_before_its_original_goes(segment: Segment, new: Path) -> None:
    original = read_record(segment.path, segment.refs["pic"].offset, segment.refs["pic"].length)
    done = do(
        segment,
        new,
        drop=segment.ids("pic", "pic-request"),
        promote={segment.id("again"): segment.id("pic")},
    )
    judged = judge(segment, new, done)
    assert warcio_accepts(new)
    record = judged.records[segment.id("again")]
    assert (record.kind, record.payload) == ("response", original.payload)
    assert not record.header("WARC-Refers-To")
    assert record.header("WARC-Archiver-Promoted-From") == f"<{segment.id('pic')}>"
    assert record.uri.endswith("again")
    assert judged.changed == segment.ids("again")


def test_a_revisit_can_take_the_payload_from_another_segment(tmp_path: Path, new: Path) -> None:
    first = make_segment(tmp_path / "first.warc.gz")
    ref = first.refs["pic"]
    writer = SegmentWriter(tmp_path / "second.warc.gz", info=INFO, clock=ObedientClock())
    picture = read_record(first.path, ref.offset, ref.length).payload
    request, revisit = writer.revisit(
        recorded("later", "image/jpeg", picture), ref, original_uri="https://a", original_date=START
    )
    assert request is not None
    sha256, _, _ = writer.seal()
    second = Segment(writer.path, sha256, {"later-request": request, "later": revisit})
    place = Original(record_id=ref.record_id, path=first.path, offset=ref.offset, length=ref.length)
    done = do(second, new, promote={revisit.record_id: place})
    assert judge(second, new, done).records[revisit.record_id].payload == picture
    for name, says in (("html", "is not the one that the revisit"), ("note", "no header")):
        other = first.refs[name]
        wrong = replace(place, offset=other.offset, length=other.length)
        with pytest.raises(EvidenceError, match=says):
            do(second, new.with_name("wrong"), promote={revisit.record_id: wrong})
    bad = replace(place, offset=ref.offset + 1)
    with pytest.raises(EvidenceError, match="is damaged"):
        do(second, new.with_name("wrong"), promote={revisit.record_id: bad})
    assert not new.with_name("wrong").exists()


def test_a_revisit_of_a_page_can_be_promoted_and_converted_at_once(
    tmp_path: Path, new: Path
) -> None:
    writer = SegmentWriter(tmp_path / "pages.warc.gz", info=INFO, clock=ObedientClock())
    page = gzip.compress(json.dumps(posts("a", "b")).encode())
    _, original = writer.exchange(
        recorded("page", "application/json", page, "Content-Encoding: gzip")
    )
    assert original is not None
    request, revisit = writer.revisit(
        recorded("more", "application/json", page, "Content-Encoding: gzip"),
        original,
        original_uri="https://api.platform.example/page",
        original_date=START,
    )
    assert request is not None
    sha256, _, _ = writer.seal()
    first = [*iterate(writer.path)][1][0].record_id
    refs = {"page": original, "more": revisit, "more-request": request}
    segment = Segment(writer.path, sha256, refs)
    done = do(
        segment,
        new,
        drop={original.record_id, first},
        convert={revisit.record_id: without_items(with_ids({"a"}))},
        promote={revisit.record_id: original.record_id},
    )
    record = read_record(
        new, done.moved[revisit.record_id].offset, done.moved[revisit.record_id].length
    )
    assert (record.kind, json.loads(record.content)) == ("conversion", posts("b"))
    assert check_segment(new).ok
    assert sung(new.parent, "a", "b") == {"b"}


def test_the_manifest_says_where_everything_lies_now(segment: Segment, new: Path) -> None:
    convert = {
        segment.id("x"): without_items(with_ids({"x1"})),
        segment.id("manifest"): manifest_without({("post", "x1")}, batch=BATCH),
    }
    done = do(segment, new, drop=segment.ids("html", "html-request", "note"), convert=convert)
    judged = judge(segment, new, done)
    last = [*iterate(new)][-1][0]
    assert (last.kind, last.content_type) == ("metadata", MANIFEST)
    assert last.header("WARC-Archiver-Replaces") == f"<{segment.id('manifest')}>"
    told = json.loads(last.block)
    for each in told["exchanges"]:
        if each["id"] == "html":
            assert (each["request"], each["response"], each["url"]) == (None, None, "")
            continue
        for side in ("request", "response"):
            record = read_record(new, each[side]["offset"], each[side]["length"])
            assert record.record_id == each[side]["record_id"]
            assert each[side]["segment"] == done.name
    assert [each["words"] for each in told["versions"]] == ["", canary("x2")]
    assert last.record_id in judged.records
    assert sung(new.parent, "x1", "html", "x2") == {"x2"}


def test_a_rewritten_segment_can_be_rewritten_again(segment: Segment, new: Path) -> None:
    cut = without_items(with_ids({"x1"}))
    once = do(segment, new, convert={segment.id("x"): cut})
    second = Segment(
        new, once.sha256, {n: once.moved[r.record_id] for n, r in segment.refs.items()}
    )
    again = new.with_name("again.warc.gz")
    done = do(second, again, convert={second.id("x"): without_items(with_ids({"x2"}))})
    record = judge(second, again, done).records[done.moved[second.id("x")].record_id]
    assert json.loads(record.content) == {"data": posts("x3")}
    assert record.header("WARC-Refers-To") == f"<{second.id('x')}>"
    assert record.header("WARC-Archiver-Captured") == "2026-11-03T14:02:10.123456Z"
    assert record.header("WARC-Archiver-Disposition") == f"{BATCH}, {BATCH}"
    assert len(kinds(again, "warcinfo")) == 3


def test_a_segment_of_which_nothing_stays_still_holds(segment: Segment, new: Path) -> None:
    everything = {record.record_id for record, _, _ in iterate(segment.path)}
    done = do(segment, new, drop=everything)
    assert (done.records, len(done.moved)) == (1, 0)
    assert check_segment(new).ok


@pytest.mark.parametrize(
    ("drop", "convert", "promote", "says"),
    [
        ({"urn:uuid:none"}, set(), {}, "has no record urn:uuid:none"),
        ({"x"}, {"x"}, {}, "to be dropped and to be kept"),
        (set(), set(), {"x": "pic"}, "is no revisit"),
        (set(), set(), {"again": "urn:uuid:none"}, "has no record"),
        (set(), {"again"}, {}, "has no payload to convert"),
        ({"pic"}, set(), {}, "promote it, or drop it as well"),
        (set(), {"pic"}, {}, "promote it, or drop it as well"),
    ],
)
def test_what_would_leave_a_gap_is_refused_before_anything_is_written(
    segment: Segment,
    new: Path,
    drop: set[str],
    convert: set[str],
    promote: dict[str, str],
    says: str,
) -> None:
    def named(name: str) -> str:
        return segment.id(name) if name in segment.refs else name

    with pytest.raises(UsageError, match=says):
        do(
            segment,
            new,
            drop={named(each) for each in drop},
            convert={named(each): without_items(with_ids({"x1"})) for each in convert},
            promote={named(key): named(value) for key, value in promote.items()},
        )
    assert not new.exists()


def test_a_damaged_or_exchanged_source_is_not_rewritten(segment: Segment, new: Path) -> None:
    with pytest.raises(EvidenceError, match="when it was sealed"):
        do(Segment(segment.path, "0" * 64, segment.refs), new)
    data = bytearray(segment.path.read_bytes())
    data[segment.refs["pic"].offset + 900] ^= 1
    segment.path.write_bytes(data)
    with pytest.raises(EvidenceError, match="does not hold and is not rewritten"):
        do(segment, new, drop=segment.ids("html"))
    assert not new.exists()


def test_a_survey_of_another_file_is_refused(segment: Segment, tmp_path: Path) -> None:
    report = check_segment(segment.path)
    other = make_segment(tmp_path / "other.warc.gz")
    with pytest.raises(EvidenceError, match="not the file that was checked"):
        survey(other.path, report.records)
    with pytest.raises(EvidenceError, match="its size differs"):
        survey(segment.path, report.records[:-1])
    with pytest.raises(StoreError, match="cannot read"):
        survey(tmp_path / "none", report.records)


def test_a_file_that_became_shorter_since_the_check_is_noticed(segment: Segment, new: Path) -> None:
    members = survey(segment.path, check_segment(segment.path).records)
    os.truncate(segment.path, segment.refs["manifest"].offset + 3)
    with pytest.raises(EvidenceError, match="ends before its records do"):
        rewrite(
            segment.path,
            new,
            drop=set(),
            convert={},
            info=INFO,
            batch=BATCH,
            predecessor=segment.sha256,
            clock=ObedientClock(),
            members=members,
        )
    assert not new.exists()


def test_nothing_is_overwritten_and_the_source_is_never_touched(
    segment: Segment, new: Path
) -> None:
    before = (segment.path.read_bytes(), segment.path.stat().st_mtime_ns)
    new.write_bytes(b"here")
    with pytest.raises(StoreError, match="exists already"):
        do(segment, new)
    assert new.read_bytes() == b"here"
    do(segment, new.with_name("other"), drop=segment.ids("html"))
    assert (segment.path.read_bytes(), segment.path.stat().st_mtime_ns) == before
    with pytest.raises(StoreError, match="cannot write"):
        do(segment, new / "below")


def test_a_converter_that_fails_leaves_no_target(segment: Segment, new: Path) -> None:
    with pytest.raises(EvidenceError, match="nothing that is to be cut out"):
        do(segment, new, convert={segment.id("x"): without_items(with_ids({"none"}))})
    assert not new.exists()
    assert hashlib.sha256(segment.path.read_bytes()).hexdigest() == segment.sha256


def test_a_page_that_still_says_it_is_refused(segment: Segment, new: Path) -> None:
    cut = without_items(with_ids({"x1"}), words=[canary("x2")])
    with pytest.raises(EvidenceError, match="still has words"):
        do(segment, new, convert={segment.id("x"): cut})
    judge(
        segment,
        new,
        do(
            segment,
            new,
            convert={segment.id("x"): without_items(with_ids({"x1"}), words=[canary("x1")])},
        ),
    )


_DIES = """
import os, resource, signal, sys
from pathlib import Path
from archiver.clock import SystemClock
from archiver.errors import StoreError
from archiver.warc import target
from archiver.warc.rewrite import rewrite
source, new, manifest, sha256, how = sys.argv[1:]
target._BUFFER = 512
def convert(record, moved):
    if how == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError
if how == "full":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
try:
    rewrite(Path(source), Path(new), drop=set(), convert={manifest: convert}, info={},
            batch="b", predecessor=sha256, clock=SystemClock())
except StoreError as error:
    sys.exit(str(error))
"""


def dies(segment: Segment, new: Path, how: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", _DIES, str(segment.path), str(new)]
    command += [segment.id("manifest"), segment.sha256, how]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_process_killed_halfway_leaves_the_source_whole(segment: Segment, new: Path) -> None:
    done = dies(segment, new, "killed")
    assert done.returncode == -9
    assert 0 < new.stat().st_size < segment.path.stat().st_size
    assert not check_segment(new).ok or len(check_segment(new).records) < len(segment.refs)
    assert hashlib.sha256(segment.path.read_bytes()).hexdigest() == segment.sha256
    new.unlink()
    judge(segment, new, do(segment, new, drop=segment.ids("html")))


def test_a_full_disk_is_one_clear_sentence_and_leaves_no_target(
    segment: Segment, new: Path
) -> None:
    done = dies(segment, new, "full")
    assert done.stderr.strip().endswith("File too large")
    assert str(new) in done.stderr
    assert not new.exists()
    assert hashlib.sha256(segment.path.read_bytes()).hexdigest() == segment.sha256


def test_a_disk_that_fails_in_the_background_is_not_taken_for_a_good_one(
    segment: Segment, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(target_module, "_SYNC_EVERY", 1)
    monkeypatch.setattr(os, "fdatasync", fails)
    with pytest.raises(StoreError, match="durable: Input/output error"):
        do(segment, new)
    assert not new.exists()


@pytest.fixture(scope="module")
def shared() -> Iterator[Segment]:
    with tempfile.TemporaryDirectory() as folder:
        yield make_segment(Path(folder) / "run.warc.gz")


ITEMS = {"x": ("x1", "x2", "x3"), "wp": ("w1", "w2"), "fb": ("f2", "f3"), "rss": ("r1", "r2")}
SINGLE = ("html", "pic", "note")


def plan(
    segment: Segment, fates: Mapping[str, str], gone: Sequence[str]
) -> tuple[set[str], dict[str, Converter], dict[str, str | Original], set[str]]:
    """What to drop, convert and promote, and the items that must then be nowhere."""
    drop = segment.ids(*(name for name, fate in fates.items() if fate == "drop"))
    silent = {name for name in SINGLE if fates[name] == "drop"}
    convert: dict[str, Converter] = {}
    for name, items in ITEMS.items():
        out = {each for each in items if each in gone}
        if fates[name] == "drop":
            silent |= {*items, *({"f1"} if name == "fb" else ())}
        elif out:
            convert[segment.id(name)] = without_items(with_ids(out))
            silent |= out
    told = {("post", each) for each in silent}
    convert[segment.id("manifest")] = manifest_without(told, batch=BATCH)
    promote: dict[str, str | Original] = {}
    if fates["pic"] == "drop" and fates["again"] != "drop":
        promote[segment.id("again")] = segment.id("pic")
        silent -= {"pic"}
    return drop, convert, promote, silent


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_choice_of_records_and_items_goes_and_the_rest_holds(
    shared: Segment, data: st.DataObject
) -> None:
    names = [name for name in shared.refs if name != "manifest"]
    fates = {name: data.draw(st.sampled_from(("keep", "drop")), name) for name in names}
    gone = data.draw(st.lists(st.sampled_from([i for items in ITEMS.values() for i in items])))
    drop, convert, promote, silent = plan(shared, fates, gone)
    with tempfile.TemporaryDirectory() as folder:
        new = Path(folder) / "new.warc.gz"
        done = do(shared, new, drop=drop, convert=convert, promote=promote)
        judged = judge(shared, new, done)
        heard = sung(
            Path(folder), *silent, *SINGLE, *(i for items in ITEMS.values() for i in items)
        )
    assert not heard & silent
    assert {each for each, _ in done.dropped} == drop
    answers = {n for n in names if f"{n}-request" in shared.refs}
    mended = {
        f"{n}-request"
        for n in answers
        if shared.id(n) in convert.keys() | drop and fates[f"{n}-request"] == "keep"
    }
    if fates["html"] == "drop" and fates["note"] == "keep":
        mended.add("note")
    assert judged.changed == convert.keys() | promote.keys() | shared.ids(*mended)


def test_the_memory_stays_flat_however_large_the_file_and_the_payloads(
    tmp_path: Path, new: Path
) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    picture = Body(spool)
    for number in range(48):
        picture.append(hashlib.sha256(bytes([number])).digest() * (1 << 15))
    one = recorded("film", "video/mp4", b"")
    film = replace(one, body=picture)
    writer = SegmentWriter(tmp_path / "big.warc.gz", info=INFO, clock=ObedientClock())
    request, original = writer.exchange(film)
    assert request is not None
    assert original is not None
    writer.exchange(film)
    _, revisit = writer.revisit(film, original, original_uri="https://a", original_date=START)
    sha256, size, _ = writer.seal()
    assert size > 96 << 20
    report: CheckReport = check_segment(writer.path)
    members = survey(writer.path, report.records)
    tracemalloc.start()
    rewrite(
        writer.path,
        new,
        drop={original.record_id, request.record_id},
        convert={},
        promote={revisit.record_id: original.record_id},
        info=INFO,
        batch=BATCH,
        predecessor=sha256,
        clock=ObedientClock(),
        members=members,
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 24 << 20
    assert check_segment(new).ok


def test_a_disk_that_cannot_be_read_is_one_clear_sentence(
    segment: Segment, new: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = survey(segment.path, check_segment(segment.path).records)

    def fails(*_: object) -> int:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "preadv", fails)
    target = target_module.Target(new)
    with segment.path.open("rb") as file, pytest.raises(StoreError, match=r"run\.warc\.gz: Input"):
        target.copy(file, 0, members[0].length)
    target.abandon()
    assert not new.exists()


def test_a_source_with_two_records_of_one_id_is_refused(segment: Segment, new: Path) -> None:
    twice = segment.path.read_bytes() + segment.bytes_of[segment.id("html")]
    segment.path.write_bytes(twice)
    with pytest.raises(EvidenceError, match="two records with the same id"):
        do(Segment(segment.path, hashlib.sha256(twice).hexdigest(), {}), new)


def test_an_item_is_cut_out_of_a_record_that_is_no_http(tmp_path: Path, new: Path) -> None:
    writer = SegmentWriter(tmp_path / "own.warc.gz", info=INFO, clock=ObedientClock())
    body = json.dumps(posts("a", "b")).encode()
    ref = writer.resource(body, content_type="application/json", uri="urn:list")
    sha256, _, _ = writer.seal()
    segment = Segment(writer.path, sha256, {"list": ref})
    done = do(segment, new, convert={ref.record_id: without_items(with_ids({"a"}))})
    record = judge(segment, new, done).records[done.moved[ref.record_id].record_id]
    assert json.loads(record.block) == posts("b")
    assert record.content_type == "application/json"


def test_a_replacement_that_is_no_http_has_its_block_as_payload(
    segment: Segment, new: Path
) -> None:
    def shorter(_record: StoredRecord, _moved: Mapping[str, RecordRef]) -> Replacement:
        return Replacement(block=b"{}")

    done = do(segment, new, convert={segment.id("note"): shorter})
    ref = done.moved[segment.id("note")]
    assert ref.payload_sha256 == ref.block_sha256 == hashlib.sha256(b"{}").hexdigest()
    assert judge(segment, new, done).records[ref.record_id].kind == "conversion"
