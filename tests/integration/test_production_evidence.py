"""A package says what was read again for it, which originals it has, and why not the others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from archiver.desk.production_proof import check_package
from archiver.desk.productions import Wish
from archiver.errors import EvidenceError
from tests.support.production_scene import CANARIES, everything_said, scene
from tests.support.review_scene import CLERK, REQUEST
from tests.support.stage import Board, boards  # noqa: F401 - a fixture
from tests.unit.archiver.warc.referees import fastwarc_accepts, warcio_accepts

# WeasyPrint leaves its colour profile open; see its ColorProfile.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning"
)


def test_a_package_has_the_original_of_the_whole_page_and_nothing_of_the_other(
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> None:
    """Both posts are released whole; of the comments one is redacted and one is withheld."""
    with scene(tmp_path, boards) as made:
        archive = made.archive
        wish = Wish(formats=("json", "warc", "loadfile"), unsigned=True)
        archive.productions.make(REQUEST, 1, by=CLERK, wish=wish)
        with archive.database.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT DISTINCT e.id, e.segment, e.request_offset, e.request_length, "
                "e.response_offset, e.response_length, r.kind FROM exchanges e "
                "JOIN versions v ON v.exchange_id = e.id JOIN records r ON r.id = v.record_id "
                "WHERE r.family <> 'profile'"
            ).all()
        vault = {row.segment: archive.vault.path(row.segment).read_bytes() for row in rows}
        data = archive.settings.home / "productions" / f"{REQUEST}-1" / f"{REQUEST}-1" / "data"
    warc = (data / "warc" / "released.warc.gz").read_bytes()
    for row in rows:
        whole = vault[row.segment]
        for at, size in ((row.request_offset, row.request_length),
                         (row.response_offset, row.response_length)):  # fmt: skip
            assert warc.count(whole[at : at + size]) == (row.kind == "post")
    assert warcio_accepts(data / "warc" / "released.warc.gz")
    assert fastwarc_accepts(data / "warc" / "released.warc.gz") > 0
    said = [json.loads(line) for line in (data / "json/items.jsonl").read_text().splitlines()]
    told = {each["kind"]: each["source"]["original"] for each in said}
    left_out = "not included: the same page holds 2 items that are not released whole"
    assert told == {"post": "included", "comment": left_out}
    natives = [json.loads(each.read_bytes())["source"]["original"]
               for each in sorted((data / "loadfile/NATIVES").glob("SPD-0*.json"))]  # fmt: skip
    assert natives == [each["source"]["original"] for each in said]
    for path in sorted(data.rglob("*")):
        for where, content in everything_said(path) if path.is_file() else ():
            for canary in CANARIES:
                assert canary.encode() not in content, where
    page = (data / "READ-ME.html").read_text()
    assert "2 recorded exchanges and 2 media files" in page
    assert "as they were recorded, of 2 of the 3 released items" in page
    assert "source.original in json/items.jsonl" in page
    certificate = json.loads((data / "certificate/certificate-of-authenticity.json").read_text())
    assert certificate["evidence_read_again"] == {
        "at": "2026-11-24T12:00:00.000000+00:00", "items": 3, "exchanges": 2, "records": 4,
        "files": 2, "unread": 0, "originals": 2,
    }  # fmt: skip
    assert "2 exchanges in 4 WARC records" in str(certificate["statements"])
    with pytest.raises(EvidenceError, match="a signature by the certificate abab"):
        check_package(data.parent, trusted=(), unsigned=True, signer="ab" * 32)
    command = [sys.executable, "-I", str(data / "verify.py"), "--allow-unsigned"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
