"""docs/formats.md tells every column, field and member that the exporters write."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from archiver.export import loadfile_dat, log, nara, native, originals
from archiver.export.columns import CAPTURE_COLUMNS, COLUMNS, WITHHELD_COLUMNS

DOCUMENT = Path(__file__).parents[4] / "docs" / "formats.md"
_TABLES = (
    [(column.name, column.meaning) for column in COLUMNS],
    WITHHELD_COLUMNS,
    CAPTURE_COLUMNS,
    originals.COLUMNS,
    loadfile_dat.FIELDS,
    nara.METADATA,
    nara.FINDING_AID,
    log.COLUMNS,
)


def _members(properties: dict[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    for name, facts in properties.items():
        yield before + name, facts["description"]
        inner = facts.get("properties")
        listed = facts.get("items", {}).get("properties")
        yield from _members(inner or listed or {}, f"{before}{name}{'[].' if listed else '.'}")


def test_every_column_is_told_with_its_meaning() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for table in _TABLES:
        rows = "\n".join(f"| `{name}` | {meaning} |" for name, meaning in table)
        assert rows in text


def test_every_member_of_the_json_is_told_with_its_meaning() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, meaning in _members(json.loads(native.schema())["properties"]):
        assert f"| `{name}` | {meaning} |" in text
