"""The exemption log, the capture log, and the page that introduces a package."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from archiver.export.base import Production
from archiver.export.log import COLUMNS, LogExporter
from archiver.export.readme import FOLDERS, write_readme
from tests.support.staged import CANARY, PRIVATE, released, staged, withheld

Rows = list[dict[str, str]]


def _write(production: Production, folder: Path) -> Path:
    folder.mkdir()
    told: list[int] = []
    LogExporter().write(production, folder, told.append)
    assert told == list(range(1, production.released + 1))
    return folder


def _read(path: Path) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle, strict=True))


class _Page(HTMLParser):
    """Cells of all tables, tags that are open at the end, and every attribute."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.languages: list[str | None] = []
        self.headers: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        if tag == "th":
            self.headers.append(dict(attrs))
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag == "html":
            self.languages.append(dict(attrs).get("lang"))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def test_every_withheld_and_redacted_item_is_in_the_log_in_order(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging")
    rows = _read(_write(production, tmp_path / "log") / "exemption-log.csv")
    assert list(rows[0]) == [name for name, _ in COLUMNS]
    positions = [int(row["position"]) for row in rows]
    assert positions == sorted(positions)
    logged = Counter(row["bates"] for row in rows if row["outcome"] == "redacted")
    assert set(logged) == {item.bates for item in production.items() if item.cuts}
    kept = [row for row in rows if row["outcome"] == "withheld"]
    assert [row["reason"] for row in kept] == [each.reason for each in production.kept_back()]
    assert {row["bates"] for row in kept} == {""}
    for row in rows:
        assert row["code"]
        assert row["citation"]
        assert row["label"]


def test_days_are_the_agencys_and_a_withheld_day_stays_withheld(tmp_path: Path) -> None:
    late = released(1, published_at=None, cuts=(PRIVATE,))
    night = released(2, published_at=datetime(2025, 11, 4, 3, tzinfo=UTC), cuts=(PRIVATE,))
    production = staged(tmp_path / "staging", items=[late, night], kept_back=[withheld(3, date="")])
    rows = _read(_write(production, tmp_path / "log") / "exemption-log.csv")
    assert [row["date"] for row in rows] == ["", "2025-11-03", ""]


def test_like_redactions_are_counted(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging", items=[released(1, cuts=(PRIVATE, PRIVATE))])
    (row,) = _read(_write(production, tmp_path / "log") / "exemption-log.csv")
    assert (row["part"], row["times"]) == ("text", "2")


def test_nothing_of_the_content_is_in_the_log(tmp_path: Path) -> None:
    secret = "a-word-of-the-post"
    facts = dict.fromkeys(("text", "title", "author_name", "author_handle", "permalink"), secret)
    made = [released(1, cuts=(PRIVATE,), platform_id=secret, endpoint=secret, **facts)]
    folder = _write(staged(tmp_path / "staging", items=made), tmp_path / "log")
    for path in folder.iterdir():
        content = path.read_text(encoding="utf-8")
        assert secret not in content
        assert CANARY not in content


def test_the_page_has_the_rows_of_the_table_and_is_accessible(tmp_path: Path) -> None:
    folder = _write(staged(tmp_path / "staging"), tmp_path / "log")
    page = _Page((folder / "exemption-log.html").read_text(encoding="utf-8"))
    rows = _read(folder / "exemption-log.csv")
    assert [row[0] for row in page.rows[1:]] == [row["position"] for row in rows]
    assert page.languages == ["en"]
    assert {"title", "main", "h1", "caption"} <= page.tags
    assert all(header.get("scope") in ("col", "row") for header in page.headers)
    assert page.open == []


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    bad = '</td><script>alert(1)</script>=1+1 "q"'
    kept = [withheld(1, reason=bad, date=""), withheld(2, reason="=cmd")]
    folder = _write(staged(tmp_path / "staging", items=[], kept_back=kept), tmp_path / "log")
    rows = _read(folder / "exemption-log.csv")
    assert [row["reason"] for row in rows] == [bad, "'=cmd"]
    page = _Page((folder / "exemption-log.html").read_text(encoding="utf-8"))
    assert "script" not in page.tags
    assert page.rows[1][-1] == bad


def test_nothing_withheld_is_said_in_words(tmp_path: Path) -> None:
    folder = _write(staged(tmp_path / "staging", items=[released(1)]), tmp_path / "log")
    assert _read(folder / "exemption-log.csv") == []
    page = _Page((folder / "exemption-log.html").read_text(encoding="utf-8"))
    assert page.rows[1] == ["Nothing was withheld and nothing was redacted."]


def test_the_capture_log_shows_every_day_and_its_gaps(tmp_path: Path) -> None:
    rows = _read(_write(staged(tmp_path / "staging"), tmp_path / "log") / "capture-log.csv")
    assert [(row["day"], row["runs"], row["failed"]) for row in rows] == [
        ("2025-11-03", "96", "0"),
        ("2025-11-04", "95", "1"),
    ]
    assert rows[1]["gaps"] == "02:15 to 02:40 the platform did not answer"


def test_the_same_staging_gives_the_same_bytes(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging")
    first, second = (_write(production, tmp_path / name) for name in ("one", "two"))
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


@pytest.mark.parametrize("formats", [["table", "json"], [name for name, _, _ in FOLDERS]])
def test_the_read_me_explains_the_folders_that_are_there_and_no_others(
    tmp_path: Path, formats: list[str]
) -> None:
    production = staged(tmp_path / "staging", title="<b>Main</b>")
    contact = "City Clerk <clerk@springfield.example>"
    path = write_readme(production, tmp_path, formats=formats, contact=contact)
    text = path.read_text(encoding="utf-8")
    page = _Page(text)
    folders = {name for name, _, _ in FOLDERS}
    assert [row[0] for row in page.rows if row[0] in folders] == formats
    assert "b" not in page.tags
    assert "python3 verify.py" in text
    assert "clerk@springfield.example" in text
    assert page.languages == ["en"]
    assert all(header.get("scope") in ("col", "row") for header in page.headers)
    assert page.open == []
