"""Which finished volumes of a PDF a production goes on with, and where it draws them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from archiver import __version__
from archiver.desk import production_formats
from archiver.desk.production_folder import ProductionFolder
from archiver.export.pdf import PdfExporter
from archiver.export.pdf_volume import write_volume
from tests.support.staged import released as an_item
from tests.support.staged import staged

# WeasyPrint leaves its colour profile open; see its ColorProfile.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning"
)


@pytest.mark.parametrize(
    ("version", "begins"), [(__version__, b"finished"), ("0.0.0", b"%PDF-1.7")]
)
def test_volumes_of_a_killed_run_are_kept_unless_another_version_of_archiver_cut_them(
    version: str, begins: bytes, tmp_path: Path
) -> None:
    folder = ProductionFolder(tmp_path, "2026-0001-1")
    folder.emptied()
    production = staged(folder.staging, items=[an_item(1)], version=version)
    name = f"{production.name}-volume-001.pdf"
    (folder.room("pdf") / name).write_bytes(b"finished")
    production_formats.write(folder, production, ["pdf"], answers={}, progress=lambda *_: None)
    assert (folder.data / "pdf" / name).read_bytes().startswith(begins)


def test_a_volume_is_drawn_without_a_file_outside_of_the_production(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed process cannot take its files away; those of the work folder go with it."""
    production = staged(tmp_path / "staging")
    assert any(file.path for item in production.items() for file in item.files)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not there"))
    (volume,) = PdfExporter().volumes(production)
    assert write_volume(production, tmp_path, volume) == production.released
