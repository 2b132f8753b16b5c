"""An XLSX workbook that is written as a stream: one row in memory, whatever its length.

Texts are written as texts, never as formulas, numbers or links. A sheet that is full goes on in
another one of the same name and a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.exceptions import XlsxWriterException  # type: ignore[import-untyped]

from archiver.errors import ExportError
from archiver.export.cells import Cell, fitted, plain

MOST_ROWS = 1_048_576  # of a sheet, the header included


class Book:
    """A workbook at `path`; `at_most` rows stand on one sheet, the header included.

    As a context manager it writes the file at the end, unless something went wrong inside.
    """

    def __init__(
        self, path: Path, *, title: str, made_at: datetime, at_most: int = MOST_ROWS
    ) -> None:
        self._path = path
        self.at_most = at_most
        self.book = Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": str(path.parent),  # nothing of a production lies elsewhere
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        made = made_at.astimezone(UTC).replace(tzinfo=None)
        self.book.set_properties({"title": plain(title), "created": made})
        self.bold = self.book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self.top = self.book.add_format({"valign": "top"})

    def table(self, name: str, header: Sequence[str], widths: Sequence[int]) -> Table:
        """A new table, on sheets of its own. Tables are written one after another."""
        return Table(self, name, header, widths)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, wrong: type[BaseException] | None, *_: object) -> None:
        """Write the file, or let go of it.

        Raises: ExportError when the disk refuses or a sheet is too large for the format.
        """
        try:
            if wrong is None:
                self.book.close()
        except XlsxWriterException as error:
            raise ExportError(
                f"the workbook {self._path.name} could not be written: {error}; check the disk, "
                "or produce without the format table"
            ) from error
        finally:
            for sheet in self.book.worksheets():
                sheet.row_data_fh.close()  # a temporary file, open still if nobody finished it


class Table:
    """Rows under a header that stays in sight and can be filtered."""

    def __init__(self, book: Book, name: str, header: Sequence[str], widths: Sequence[int]) -> None:
        self._book = book
        self._name = name
        self._header = header
        self._widths = widths
        self._sheets = 0
        self._begin()

    def _begin(self) -> None:
        self._sheets += 1
        name = self._name if self._sheets == 1 else f"{self._name} {self._sheets}"
        self._sheet = self._book.book.add_worksheet(name)
        self._sheet.freeze_panes(1, 0)
        for column, (title, width) in enumerate(zip(self._header, self._widths, strict=True)):
            self._sheet.set_column(column, column, width, self._book.top)
            self._sheet.write_string(0, column, title, self._book.bold)
        self._next = 1
        self._filter()

    def _filter(self) -> None:
        self._sheet.autofilter(0, 0, self._next - 1, len(self._header) - 1)

    def row(self, cells: Sequence[Cell], bates: str = "") -> None:
        """One more row; `bates` is what a cut cell refers to."""
        if self._next >= self._book.at_most:
            self._begin()
        for column, cell in enumerate(cells):
            if isinstance(cell, int):
                self._sheet.write_number(self._next, column, cell, self._book.top)
            elif cell:
                text = fitted(plain(cell), bates)
                self._sheet.write_string(self._next, column, text, self._book.top)
        self._next += 1
        self._filter()
