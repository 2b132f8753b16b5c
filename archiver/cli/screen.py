"""How the command line shows things: tables for people, `--json` for programs."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

out = Console(soft_wrap=False, highlight=False)
err = Console(stderr=True, highlight=False)


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


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """A table; `empty` is said when it has no rows. Captured text is never taken as markup."""
    made = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    count = 0
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
        count += 1
    if count:
        out.print(made)
    else:
        out.print(Text(empty))


def when(moment: datetime | None, zone: ZoneInfo) -> str:
    """A time in the agency's zone, to the second, with the zone's name."""
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z") if moment else ""


def short(words: str, length: int = 60) -> str:
    """The beginning of a text on one line."""
    line = " ".join(words.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def state_style(condition: str) -> str:
    """The colour of a condition."""
    if condition in ("well", "approved", "backfilling"):
        return "green"
    return "yellow" if condition in ("waiting", "proposed") else "red"
