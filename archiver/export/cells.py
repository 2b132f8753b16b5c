"""What may stand in a cell of a table that people open with a spreadsheet program.

A cell that begins with = + - @ (or their full-width forms), a tab or a line break may be run as
a formula by the program that opens the file. In CSV such a cell gets an apostrophe in front, and
every cell stands in quotation marks, so that no other separator cuts a text into cells. In XLSX
a text is marked as text, so nothing is put in front of it; there a cell has a largest length.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from archiver.export.wording import visible

Cell = str | int
LONGEST = 32_767  # UTF-16 units in one cell of a workbook
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NO_CHARACTERS = {0xFFFE: 0xFFFD, 0xFFFF: 0xFFFD}  # not allowed in XML


def plain(text: str) -> str:
    """The text without what XML and spreadsheets cannot hold: control characters as pictures."""
    return visible(text).translate(_NO_CHARACTERS)


def neutral(cell: Cell) -> str:
    """A cell of a CSV file that no program takes for a formula."""
    text = str(cell)
    if isinstance(cell, str) and text.startswith(_BEGINS_A_FORMULA):
        return "'" + plain(text)
    return plain(text)


def fitted(text: str, bates: str) -> str:
    """A text that fits into a cell of a workbook; a cut one says so and where the whole is."""
    if len(text) <= LONGEST // 2 or _units(text) <= LONGEST:
        return text
    mark = f" … [cut here; the whole text is in json/items.jsonl under {bates}]"
    room = 2 * (LONGEST - _units(mark))
    return text.encode("utf-16-le")[:room].decode("utf-16-le", "ignore") + mark


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@contextmanager
def csv_file(
    path: Path, header: Sequence[str], *, delimiter: str = ","
) -> Iterator[Callable[[Iterable[Cell]], None]]:
    """A new CSV file as RFC 4180 has it, in UTF-8 with a byte order mark, that spreadsheet
    programs need to see the UTF-8; gives the function that writes a row.

    Raises: OSError when the disk refuses.
    """
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.writer(handle, quoting=csv.QUOTE_ALL, delimiter=delimiter)
        writer.writerow(header)

        def row(cells: Iterable[Cell]) -> None:
            writer.writerow([neutral(cell) for cell in cells])

        yield row
