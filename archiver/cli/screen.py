"""How the command line shows things: tables for people, `--json` for programs.

A table that does not fit the terminal is shown as blocks, one a row, so that no time, name or
number is ever broken in two. Captured text is never taken as markup. Sentences are not
wrapped here: terminals do that, and a log or a mail keeps them whole.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

out = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False, emoji=False)

_GAP = 2  # blanks between two columns
_READABLE = 24  # columns of a terminal below which running text is no fun to read


def plain(value: object) -> object:
    """The value as JSON can hold it; times in UTC, ISO 8601."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each) for each in value]
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    return value


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n")


def table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str, wraps: bool = False
) -> None:
    """A table; `empty` is said when it has no rows. `wraps`: the last column is running text
    and takes what room is left. Numbers stand to the right."""
    cells = [[_cell(each) for each in row] for row in rows]
    if not cells:
        out.print(Text(empty))
        return
    numbers = _numeric(cells)
    widths = [
        max(cell_len(columns[i]), *(cell_len(row[i].plain) for row in cells))
        for i in range(len(columns))
    ]
    needed = sum(widths) + _GAP * (len(widths) - 1)
    room = widths[-1] - (needed - out.width)  # for the last column
    if needed > out.width and not (wraps and room >= min(widths[-1], _READABLE)):
        _blocks(columns, cells)
        return
    made = Table(box=None, header_style="bold", pad_edge=False, padding=(0, _GAP, 0, 0))
    for i, column in enumerate(columns):
        last = wraps and i == len(columns) - 1
        made.add_column(
            column,
            justify="right" if numbers[i] else "left",
            no_wrap=not last,
            overflow="fold",
            min_width=None if last else widths[i],
        )
    for row in cells:
        made.add_row(*row)
    _print_table(made)


def _cell(value: object) -> Text:
    return value if isinstance(value, Text) else Text("" if value is None else str(value))


def _numeric(cells: Sequence[Sequence[Text]]) -> list[bool]:
    """Which columns hold nothing but numbers."""
    return [
        all(row[i].plain.isdecimal() or row[i].plain in ("", "-") for row in cells)
        for i in range(len(cells[0]))
    ]


def _print_table(made: Table) -> None:
    """Without the blanks that a table has at the ends of its lines."""
    for line in out.render_lines(made, pad=False):
        text = Text.assemble(*((piece.text, piece.style or "") for piece in line))
        text.rstrip()
        out.print(text)


def _blocks(columns: Sequence[str], cells: Sequence[Sequence[Text]]) -> None:
    """Each row as a heading and indented lines of "name value", broken only between them."""
    for row in cells:
        head = row[0].copy()
        head.stylize("bold")
        out.print(Text.assemble((f"{columns[0]} ", "dim"), head))
        pairs = [
            Text.assemble((f"{name} ", "dim"), value)
            for name, value in zip(columns[1:], row[1:], strict=True)
            if value.plain
        ]
        for line in _filled(pairs, out.width - _GAP):
            for part in line.wrap(out, out.width - _GAP):
                part.rstrip()
                out.print(Text.assemble(" " * _GAP, part))


def _filled(pairs: Sequence[Text], width: int) -> list[Text]:
    lines: list[Text] = []
    for pair in pairs:
        if lines and cell_len(lines[-1].plain) + 3 + cell_len(pair.plain) <= width:
            lines[-1] = Text.assemble(lines[-1], (" · ", "dim"), pair)
        else:
            lines.append(pair)
    return lines


def when(moment: datetime | None, zone: ZoneInfo) -> str:
    """A time in the agency's zone, to the second, with the zone's name."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z") if moment else ""


def minute(moment: datetime | None, zone: ZoneInfo) -> str:
    """A time in the agency's zone, to the minute, for lists."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else ""


def day(moment: datetime | None, zone: ZoneInfo) -> str:
    """The agency-local day."""
    return moment.astimezone(zone).strftime("%Y-%m-%d") if moment else ""


def count(number: int, thing: str) -> str:
    """ "1 finding", "2 findings"."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def short(words: str, length: int = 60) -> str:
    """The beginning of a text on one line."""
    line = " ".join(words.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def state_style(condition: str) -> str:
    """The colour of a condition."""
    if condition in ("well", "approved", "backfilling"):
        return "green"
    return "yellow" if condition in ("waiting", "proposed") else "red"
