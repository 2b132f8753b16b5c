"""The load file: opened with the csv module and an XML parser, as import programs do."""

from __future__ import annotations

import csv
import hashlib
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from archiver.export.base import Production
from archiver.export.loadfile import LoadFileExporter
from archiver.export.loadfile_dat import FIELDS
from archiver.export.wording import visible
from tests.support import staged_scene
from tests.support.staged import CANARY, a_file, crowd, released, staged

Row = dict[str, str]


def _write(production: Production, folder: Path) -> Path:
    folder.mkdir()
    told: list[int] = []
    LoadFileExporter().write(production, folder, told.append)
    assert told == list(range(1, production.released + 1))
    return folder


def _dat(folder: Path) -> list[Row]:
    with (folder / "production.dat").open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\x14", quotechar="þ", strict=True))


def _opt(folder: Path) -> list[list[str]]:
    with (folder / "production.opt").open(encoding="ascii", newline="") as handle:
        return list(csv.reader(handle, strict=True))


def _xml(folder: Path) -> ElementTree.Element:
    return ElementTree.parse(folder / "production.xml").getroot()


def _there(folder: Path, path: str) -> Path:
    return folder / path.replace("\\", "/")


def test_every_item_and_every_media_file_is_a_document(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging")
    rows = _dat(_write(production, tmp_path / "loadfile"))
    expected = []
    for item in production.items():
        expected.append(item.bates)
        expected += [f"{item.bates}.{n:04}" for n in range(1, len(item.files) + 1)]
    assert [row["BEGBATES"] for row in rows] == expected
    assert list(rows[0]) == [name for name, _ in FIELDS]


def test_texts_and_natives_are_where_the_data_file_says_and_have_its_digest(
    tmp_path: Path,
) -> None:
    production = staged(tmp_path / "staging")
    folder = _write(production, tmp_path / "loadfile")
    texts = {item.bates: (item.title, item.text) for item in production.items()}
    for row in _dat(folder):
        said = _there(folder, row["TEXTPATH"]).read_bytes().decode()
        if row["BEGBATES"] in texts:
            assert said == "\n\n".join(part for part in texts[row["BEGBATES"]] if part)
        if row["NATIVEPATH"]:
            content = _there(folder, row["NATIVEPATH"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == row["SHA256"]
            assert len(content) == int(row["FILESIZE"])
        else:
            assert row["WHYMISSING"]
            assert said == f"Not in this production: {row['WHYMISSING']}"


def test_families_hold_together(tmp_path: Path) -> None:
    rows = _dat(_write(staged(tmp_path / "staging"), tmp_path / "loadfile"))
    by_number = {row["BEGBATES"]: row for row in rows}
    for row in rows:
        head = by_number[row["BEGATTACH"]]
        assert row["PARENT"] == ("" if row is head else head["BEGBATES"])
        assert row["ENDATTACH"] == head["ENDATTACH"]
        assert row["ENDATTACH"] in by_number
    first = rows[0]
    assert first["ATTACHCOUNT"] == "2"
    assert first["ENDATTACH"] == "SPD-000001.0002"
    answer = next(row for row in rows if row["SUBJECT"] == "" and row["DOCTYPE"] == "comment")
    assert answer["INREPLYTO"] == first["BEGBATES"]


def test_times_and_redactions_are_told(tmp_path: Path) -> None:
    rows = _dat(_write(staged(tmp_path / "staging"), tmp_path / "loadfile"))
    assert (rows[0]["DATESENT"], rows[0]["TIMESENT"]) == ("11/03/2025", "16:00:00")
    assert rows[0]["TIMEZONE"] == "UTC"
    codes = {row["REDACTCODES"] for row in rows if row["REDACTED"] == "Y"}
    assert codes == {"PRIV", "MINOR; PRIV", "MINOR", "PRIV x 2"}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("Guðrún and þórr", "Guðrún and þórr"),
        ("þ", "þ"),
        ("þ\x14þ", "þ␔þ"),
        ("one\ntwo\r\nthree", "one®two®three"),
        ("Taser®", "Taser(R)"),
        ("null \x00", "null ␀"),
        (staged_scene.HOSTILE, visible(staged_scene.HOSTILE)),
        (staged_scene.ARABIC, staged_scene.ARABIC),
    ],
)
def test_hostile_values_stay_in_their_field(tmp_path: Path, value: str, read: str) -> None:
    made = [released(1, title=value, text=value, author_handle=""), released(2)]
    folder = _write(staged(tmp_path / "staging", items=made), tmp_path / "loadfile")
    rows = _dat(folder)
    assert rows[0]["SUBJECT"] == read
    assert [row["BEGBATES"] for row in rows] == ["SPD-000001", "SPD-000002"]
    exact = (folder / "TEXT" / "SPD-000001.txt").read_bytes().decode()
    assert exact == f"{value}\n\n{value}"
    content = (folder / "production.dat").read_bytes()
    assert content.count(b"\n") == content.count(b"\r\n") == 3
    assert _tags(_xml(folder)[0][0][0])["#Subject"] == visible(value)


def _tags(document: ElementTree.Element) -> Row:
    return {tag.attrib["TagName"]: tag.attrib["TagValue"] for tag in document.iter("Tag")}


def test_the_data_file_has_the_delimiters_of_concordance(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging", items=[released(1)])
    content = (_write(production, tmp_path / "loadfile") / "production.dat").read_bytes()
    assert content.startswith("\ufeffþBEGBATESþ\x14þENDBATESþ\x14".encode())
    assert content.endswith("þ\r\n".encode())


def test_the_image_file_lists_every_picture_that_lies_there(tmp_path: Path) -> None:
    folder = _write(staged(tmp_path / "staging"), tmp_path / "loadfile")
    pictures = [row for row in _dat(folder) if row["MIMETYPE"].startswith("image/")]
    listed = [row["BEGBATES"] for row in pictures if row["NATIVEPATH"]]
    rows = _opt(folder)
    assert [row[0] for row in rows] == listed
    for row in rows:
        assert len(row) == 7
        assert row[1] == "2026-0001-1"
        assert row[3:] == ["Y", "", "", "1"]
        assert _there(folder, row[2]).is_file()


def test_the_xml_has_the_same_documents_files_and_families(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging")
    folder = _write(production, tmp_path / "loadfile")
    root, rows = _xml(folder), _dat(folder)
    assert (root.tag, root.attrib["MajorVersion"], root.attrib["MinorVersion"]) == (
        "Root",
        "1",
        "2",
    )
    documents = root.findall("Batch/Documents/Document")
    assert [each.attrib["DocID"] for each in documents] == [row["BEGBATES"] for row in rows]
    for file in root.iter("ExternalFile"):
        content = (folder / file.attrib["FilePath"] / file.attrib["FileName"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.attrib["Hash"]
        assert len(content) == int(file.attrib["FileSize"])
    related = {
        (each.attrib["Type"], each.attrib["ParentDocId"], each.attrib["ChildDocId"])
        for each in root.findall("Batch/Relationships/Relationship")
    }
    assert related == {
        ("Attachment", row["PARENT"], row["BEGBATES"]) for row in rows if row["PARENT"]
    } | {("Reply", row["INREPLYTO"], row["BEGBATES"]) for row in rows if row["INREPLYTO"]}


def test_an_item_without_files_and_answers_needs_no_relationships(tmp_path: Path) -> None:
    root = _xml(_write(staged(tmp_path / "s", items=[released(1)]), tmp_path / "loadfile"))
    assert [each.tag for each in root[0]] == ["Documents"]


def test_the_native_of_an_item_is_its_released_json(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging")
    folder = _write(production, tmp_path / "loadfile")
    for item in production.items():
        native = json.loads((folder / "NATIVES" / f"{item.bates}.json").read_bytes())
        assert (native["bates"], native["text"]) == (item.bates, item.text)


def test_one_file_of_two_items_is_a_native_of_each(tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    shared = a_file(staging, 1, "badge.png")
    made = [released(number, files=(shared,)) for number in (1, 2)]
    folder = _write(staged(staging, items=made), tmp_path / "loadfile")
    names = sorted(path.name for path in (folder / "NATIVES").glob("*.png"))
    assert names == ["SPD-000001.0001.png", "SPD-000002.0001.png"]


def test_the_same_staging_gives_the_same_bytes_and_no_canary(tmp_path: Path) -> None:
    production = crowd(tmp_path / "staging", items=30, pictures=2)
    first, second = (_write(production, tmp_path / name) for name in ("one", "two"))
    paths = [path for path in first.rglob("*") if path.is_file()]
    assert len(paths) == 30 * 2 + 2 * 2 + 3
    for path in paths:
        content = path.read_bytes()
        assert content == (second / path.relative_to(first)).read_bytes()
        assert CANARY.encode() not in content
