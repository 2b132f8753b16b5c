"""The web archive of a production: other programs accept it, find it, and show it."""

from __future__ import annotations

import gzip
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import pytest
from fastwarc.warc import ArchiveIterator as FastIterator
from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

from archiver import outbound
from archiver.errors import ExportError
from archiver.export import cdx
from archiver.export.base import ORIGINAL_LINES, ORIGINALS, Original, Production, original_line
from archiver.export.web_archive import WACZ, WARC, OriginalId, WarcExporter
from tests.support import replay
from tests.support.staged import CANARY, MADE_AT, PRIVATE, a_file, released, staged
from tests.unit.archiver.warc.referees import fastwarc_accepts, warcio_accepts


def written(
    production: Production,
    folder: Path,
    *,
    original_id: OriginalId | None = None,
) -> Path:
    folder.mkdir()
    told: list[int] = []
    exporter = WarcExporter(original_id=original_id)
    exporter.write(production, folder, told.append)
    assert told == list(range(1, production.released + 1))
    return folder


@pytest.fixture(scope="module")
def production(tmp_path_factory: pytest.TempPathFactory) -> Production:
    return staged(tmp_path_factory.mktemp("scene") / "staging")


@pytest.fixture(scope="module")
def folder(production: Production, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(production, tmp_path_factory.mktemp("made") / "warc")


def records(path: Path) -> list[tuple[str, str, str, bytes]]:
    """Type, address, date and block of each record, as warcio reads them."""
    with path.open("rb") as file:
        return [
            (
                each.rec_type,
                each.rec_headers.get_header("WARC-Target-URI") or "",
                each.rec_headers.get_header("WARC-Date"),
                each.content_stream().read(),
            )
            for each in ArchiveIterator(file, check_digests="raise")
        ]


def test_warcio_and_fastwarc_find_every_digest_right(folder: Path) -> None:
    assert warcio_accepts(folder / WARC)
    assert fastwarc_accepts(folder / WARC) == len(records(folder / WARC)) > 20


def test_it_has_the_released_items_in_their_order_and_nothing_else(
    folder: Path, production: Production
) -> None:
    found = records(folder / WARC)
    told = [json.loads(block)["bates"] for kind, uri, _, block in found if uri.startswith("urn:")]
    assert told == [each.bates for each in production.items()]
    pages = [uri for _, uri, _, block in found if block.startswith(b"<!doctype html>")]
    assert len(pages) == production.released
    files = {each.path for item in production.items() for each in item.files if each.path}
    assert len([uri for _, uri, _, _ in found if "/media/" in uri]) == len(files)
    assert len(found) == 1 + 2 * production.released + len(files)
    whole = b"".join(block for *_, block in found)
    assert CANARY.encode() not in whole


def test_wacz_validates_and_a_changed_byte_is_found(folder: Path, tmp_path: Path) -> None:
    ok, said = replay.wacz_accepts(folder / WACZ)
    assert ok, said
    with zipfile.ZipFile(folder / WACZ) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    body = bytearray(parts["pages/pages.jsonl"])
    body[-20] ^= 1
    with zipfile.ZipFile(tmp_path / WACZ, "w") as file:
        for name, content in {**parts, "pages/pages.jsonl": bytes(body)}.items():
            file.writestr(name, content)
    assert not replay.wacz_accepts(tmp_path / WACZ)[0]


def test_in_the_wacz_the_warc_and_its_index_are_not_packed_again(folder: Path) -> None:
    with zipfile.ZipFile(folder / WACZ) as file:
        stored = {each.filename for each in file.infolist() if each.compress_type == 0}
        assert stored == {f"archive/{WARC}", "indexes/index.cdx.gz"}
        assert file.read(f"archive/{WARC}") == (folder / WARC).read_bytes()


def test_every_page_is_in_the_index_at_its_second_and_leads_to_its_record(folder: Path) -> None:
    with zipfile.ZipFile(folder / WACZ) as file:
        pages = [json.loads(line) for line in file.read("pages/pages.jsonl").splitlines()[1:]]
        lines = gzip.decompress(file.read("indexes/index.cdx.gz")).decode().splitlines()
    assert lines == sorted(lines)
    held = {}
    for line in lines:
        _, stamp, said = line.split(" ", 2)
        entry = json.loads(said)
        held[entry["url"], stamp] = entry
    warc = (folder / WARC).read_bytes()
    for each in pages:
        entry = held[each["url"], each["ts"].translate({ord(c): None for c in "-:TZ"})]
        start = int(entry["offset"])
        member = gzip.decompress(warc[start : start + int(entry["length"])])
        assert f"WARC-Target-URI: {each['url']}\r\n".encode() in member
        assert b"<!doctype html>" in member


def test_the_index_of_blocks_leads_to_each_block() -> None:
    lines = [f"com,example)/{n:05} 20260101000000 {{}}\n" for n in range(cdx.BLOCK * 2 + 5)]
    data, index = cdx.packed(lines, name="index.cdx.gz")
    head, *entries = index.decode().splitlines()
    assert head.startswith("!meta 0 ")
    read = []
    for each in entries:
        prefix, _, said = each.partition(" {")
        at = json.loads("{" + said)
        block = gzip.decompress(data[at["offset"] : at["offset"] + at["length"]]).decode()
        assert block.startswith(prefix)
        read += block.splitlines(keepends=True)
    assert read == lines
    assert len(entries) == 3


@pytest.mark.parametrize(
    ("uri", "key"),
    [
        ("https://social.example/Police/Posts/1", "example,social)/police/posts/1"),
        ("http://www.a.example:8080/x/?b=2&a=1", "example,a:8080)/x?a=1&b=2"),
        ("https://a.example", "example,a)/"),
        ("urn:archiver:2026-0001-1:SPD-1", "urn:archiver:2026-0001-1:spd-1"),
    ],
)
def test_addresses_are_sorted_as_in_other_indexes(uri: str, key: str) -> None:
    assert cdx.key(uri) == key


def test_pywb_shows_the_page_of_an_item_with_its_picture(tmp_path: Path) -> None:
    picture = a_file(tmp_path / "staging", 1, "photo.jpg", alt_text="The new bridge")
    item = released(1, text="The bridge is <open> again. ¡Gracias!", files=(picture,))
    cut = released(2, text="Call [redacted: PRIV]", cuts=(PRIVATE,), permalink="")
    production = staged(tmp_path / "staging", items=(item, cut))
    made = written(production, tmp_path / "warc")
    (tmp_path / "pywb").mkdir()
    with replay.wayback(tmp_path / "pywb", made / WARC) as address:
        stamp = cdx.stamp(item.captured_at)
        page = got(f"{address}/{stamp}id_/{item.permalink}").decode()
        assert "The bridge is &lt;open&gt; again. ¡Gracias!" in page
        assert item.bates in page
        source = page.partition('<img src="')[2].partition('"')[0]
        shown = got(f"{address}/{stamp}id_/{source}")
        assert shown == production.file(picture).read_bytes()
        other = got(f"{address}/id_/https://production.invalid/2026-0001-1/items/{cut.bates}")
        assert b"[redacted: PRIV]" in other
        assert PRIVATE.citation.encode() in other


def got(address: str) -> bytes:
    with outbound.permitted("recorder"), urlopen(address, timeout=60) as answer:
        content: bytes = answer.read()
        return content


def test_the_same_staging_gives_the_same_bytes(
    production: Production, folder: Path, tmp_path: Path
) -> None:
    again = written(production, tmp_path / "again")
    for name in (WARC, WACZ):
        assert (again / name).read_bytes() == (folder / name).read_bytes()


def test_a_record_says_which_answer_it_was_converted_from(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging", items=[released(1), released(2)])
    ids = {"x1": "urn:uuid:0a3ab7a5-3d4e-4d1c-9c4f-3d4d3f6c9a01", "x2": ""}
    made = written(production, tmp_path / "warc", original_id=lambda each: ids[each.exchange_id])
    with (made / WARC).open("rb") as file:
        told = [
            (str(each.record_type).rpartition(".")[2], each.headers.get("WARC-Refers-To"))
            for each in FastIterator(file, parse_http=False)
            if (each.headers.get("WARC-Target-URI") or "").startswith("urn:archiver:")
        ]
    assert told == [("conversion", f"<{ids['x1']}>"), ("resource", None)]


ENDPOINT = "https://graph.social.example/v1/feed?access_token=***"
SHARED = Original(
    exchange="shared", uri=ENDPOINT, at=MADE_AT, status=203, mime="application/json",
    payload_sha256="ab" * 32, offset=0, request_length=7, response_length=6,
)  # fmt: skip
MIXED = Original(exchange="mixed", why="the same page holds 2 items that are not released whole")


def with_originals(folder: Path, packed: bytes) -> Production:
    """Two items of an exchange that may be copied, and one of another."""
    items = [
        released(1, exchange_id="shared"),
        released(2, exchange_id="shared"),
        released(3, cuts=(PRIVATE,), exchange_id="mixed"),
    ]
    production = staged(folder, items=items)
    (folder / ORIGINALS).write_bytes(packed)
    (folder / ORIGINAL_LINES).write_bytes(original_line(SHARED) + original_line(MIXED))
    return production


def test_a_staged_original_is_copied_once_to_the_byte_and_is_in_the_index(tmp_path: Path) -> None:
    made = written(with_originals(tmp_path / "staging", b"REQUESTANSWER"), tmp_path / "warc")
    whole = (made / WARC).read_bytes()
    assert whole.count(b"REQUESTANSWER") == 1
    with zipfile.ZipFile(made / WACZ) as file:
        lines = gzip.decompress(file.read("indexes/index.cdx.gz")).decode().splitlines()
    (line,) = [json.loads(each.split(" ", 2)[2]) for each in lines if "graph.social" in each]
    assert (line["url"], line["status"], line["mime"]) == (ENDPOINT, "203", "application/json")
    start = int(line["offset"])
    assert whole[start : start + int(line["length"])] == b"ANSWER"


def test_every_item_says_whether_its_original_is_there_and_if_not_why(tmp_path: Path) -> None:
    empty = gzip.compress(b"WARC/1.1\r\nWARC-Type: metadata\r\nContent-Length: 0\r\n\r\n\r\n\r\n")
    shared = replace(SHARED, request_length=len(empty), response_length=len(empty))
    production = with_originals(tmp_path / "staging", empty * 2)
    lines = original_line(shared) + original_line(MIXED)
    (production.staging / ORIGINAL_LINES).write_bytes(lines)
    made = written(production, tmp_path / "warc")
    with (made / WARC).open("rb") as file:
        told = [
            each.headers.get("WARC-Archiver-Original")
            for each in FastIterator(file, parse_http=False)
            if (each.headers.get("WARC-Target-URI") or "").startswith("urn:archiver:")
        ]
    assert told == ["included", "included", f"not included: {MIXED.why}"]


def test_staged_originals_that_are_cut_off_are_named(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="staged originals are cut off"):
        written(with_originals(tmp_path / "staging", b"REQUEST"), tmp_path / "warc")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    picture = a_file(tmp_path / "staging", 1, "photo.jpg")
    gone = replace(picture, path="aa/gone.jpg")
    production = staged(tmp_path / "staging", items=[released(1, files=(gone,))])
    with pytest.raises(ExportError, match=r"gone\.jpg.*produce again"):
        written(production, tmp_path / "warc")
