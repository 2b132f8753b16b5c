"""The table of items for people with a spreadsheet program: index.csv and index.xlsx.

index.csv   UTF-8 with byte order mark, RFC 4180, every cell in quotation marks. A cell that
            begins with = + - @, a tab or a line break has an apostrophe in front, so that no
            program runs it as a formula (`archiver/export/cells.py`).
index.xlsx  the same table on the sheet "Items", and the sheets "Withheld", "Capture log" and
            "Read me". A text of more than 32,767 characters is cut and says where the whole is.

In both, control characters stand as the pictures of their names, and times are texts. The exact
texts are in the format `json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

from archiver.export import stamps
from archiver.export.base import CaptureDay, Production, Tell, Withheld
from archiver.export.cells import Cell, csv_file
from archiver.export.columns import CAPTURE_COLUMNS, COLUMNS, WITHHELD_COLUMNS
from archiver.export.output import written
from archiver.export.workbook import MOST_ROWS, Book

_NAMES = tuple(column.name for column in COLUMNS)


class TableExporter:
    """CSV and XLSX. `at_most` rows stand on one sheet, the header included."""

    name = "table"

    def __init__(self, *, at_most: int = MOST_ROWS) -> None:
        self._at_most = at_most

    def write(self, production: Production, folder: Path, tell: Tell) -> None:
        """Write both files into an empty folder.

        Raises: ExportError when the staging cannot be read or the disk refuses.
        """
        with written(production, "the table"):
            title = f"{production.agency}: production {production.name}"
            path, made_at = folder / "index.xlsx", production.made_at
            with Book(path, title=title, made_at=made_at, at_most=self._at_most) as book:
                _items(production, folder, book, tell)
                _others(production, book)
                _read_me(production, book)


def _items(production: Production, folder: Path, book: Book, tell: Tell) -> None:
    table = book.table("Items", _NAMES, [column.width for column in COLUMNS])
    with csv_file(folder / "index.csv", _NAMES) as csv_row:
        for done, item in enumerate(production.items(), 1):
            cells = [column.value(item, production.zone) for column in COLUMNS]
            csv_row(cells)
            table.row(cells, item.bates)
            tell(done)


def _others(production: Production, book: Book) -> None:
    names = [name for name, _ in WITHHELD_COLUMNS]
    table = book.table("Withheld", names, (9, 12, 12, 20, 12, 12, 30, 30, 60))
    for each in production.kept_back():
        table.row(withheld_cells(each))
    names = [name for name, _ in CAPTURE_COLUMNS]
    table = book.table("Capture log", names, (20, 12, 9, 9, 12, 60))
    for day in production.capture_log:
        table.row(capture_cells(day))


def withheld_cells(each: Withheld) -> tuple[Cell, ...]:
    """A withheld item as a row under `WITHHELD_COLUMNS`."""
    return (
        each.position, each.kind, each.platform, each.account, each.date, each.code,
        each.citation, each.label, each.reason,
    )  # fmt: skip


def capture_cells(day: CaptureDay) -> tuple[Cell, ...]:
    """A day of the capture log as a row under `CAPTURE_COLUMNS`."""
    account, on, runs, failed, new, gaps = astuple(day)
    return (account, on, runs, failed, new, "; ".join(gaps))


def _read_me(production: Production, book: Book) -> None:
    table = book.table("Read me", ("sheet", "column", "meaning"), (14, 22, 100))
    for row in _explanations(production):
        table.row(row)


def _explanations(production: Production) -> Iterator[tuple[str, str, str]]:
    yield "", "", f"{production.agency}, production {production.name}: {production.title}"
    yield "", "", f"Search: {production.query}"
    yield "", "", f"Made {stamps.utc(production.made_at)} by {production.made_by}."
    yield "", "", f"The agency's clock is that of {production.zone.key}. All times are texts."
    yield (
        "",
        "",
        (
            "Where something was taken out, [redacted: CODE] stands in its place. Control "
            "characters stand as the pictures of their names. A text too long for a cell is cut "
            "and says so."
        ),
    )
    yield (
        "",
        "",
        (
            "In index.csv a cell that begins with = + - @, a tab or a line break has an apostrophe "
            "in front, so that no program runs it as a formula; here nothing is put in front."
        ),
    )
    for column in COLUMNS:
        yield "Items", column.name, column.meaning
    for name, meaning in WITHHELD_COLUMNS:
        yield "Withheld", name, meaning
    for name, meaning in CAPTURE_COLUMNS:
        yield "Capture log", name, meaning
