"""The workbook opened and saved again by LibreOffice, without a window."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path

import pytest

from archiver.export.table import TableExporter
from archiver.export.wording import visible
from tests.support import staged_scene
from tests.support.staged import released, staged

pytestmark = pytest.mark.libreoffice


def test_libreoffice_reads_the_same_texts_and_runs_none_of_them(tmp_path: Path) -> None:
    texts = ["=1+1", "+2", "@x", "a\nb", staged_scene.HOSTILE, staged_scene.ARABIC, "007", "1e5"]
    made = [released(number, text=text) for number, text in enumerate(texts, 1)]
    folder = tmp_path / "table"
    folder.mkdir()
    TableExporter().write(staged(tmp_path / "staging", items=made), folder, lambda _: None)
    profile = (tmp_path / "profile").as_uri()
    subprocess.run(
        ["soffice", f"-env:UserInstallation={profile}", "--headless", "--convert-to",
         "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir", str(tmp_path),
         str(folder / "index.xlsx")],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    with (tmp_path / "index.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["text"] for row in rows] == [visible(text) for text in texts]
    assert [row["bates"] for row in rows] == [item.bates for item in made]
