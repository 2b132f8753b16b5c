"""The log of who did what is checked and given out in a form that anybody can recompute."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import pytest

from archiver.cli.main import run
from tests.support.archive import approved, make_archive


@pytest.fixture
def home(tmp_path: Path) -> Path:
    with make_archive(tmp_path) as archive:
        approved(archive, "feed", "https://police.springfield.example/feed", slug="news")
        archive.accounts.suspend("news", actor="Clerk", reason="moved")
        return archive.settings.home


def test_an_export_can_be_recomputed_with_a_standard_library(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    assert run(["--home", str(home), "audit-log", "export", str(file)]) == 0
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [line["kind"] for line in lines] == [
        "account proposed", "account approved", "account suspended",
    ]  # fmt: skip
    previous = "0" * 64
    for line in lines:
        text = "\n".join([previous, str(line["seq"]), line["at"], line["kind"], line["body"]])
        previous = hashlib.sha256(text.encode()).hexdigest()
        assert line["hash"] == previous
    assert run(["--home", str(home), "audit-log", "verify", "--head", previous]) == 0


def test_an_export_overwrites_nothing(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text("mine")
    assert run(["--home", str(home), "audit-log", "export", str(file)]) == 4
    assert file.read_text() == "mine"


def test_a_changed_line_and_a_lost_head_are_found(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--home", str(home), "audit-log", "verify", "--head", "f" * 64]) == 5
    assert "rewritten" in capsys.readouterr().out
    connection = sqlite3.connect(home / "archiver.db")
    with connection:
        connection.execute("DROP TRIGGER ledger_no_update")
        connection.execute("UPDATE ledger SET body = replace(body, 'Clerk', 'Mayor') WHERE seq = 3")
    connection.close()
    assert run(["--home", str(home), "audit-log", "verify"]) == 5
    assert "line 3 was changed" in capsys.readouterr().out
