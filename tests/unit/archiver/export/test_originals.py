"""The released media files."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from archiver.errors import ExportError
from archiver.export.base import Production
from archiver.export.originals import COLUMNS, MediaExporter
from tests.support.staged import CANARY, a_file, released, staged


def _write(production: Production, folder: Path) -> Path:
    folder.mkdir()
    MediaExporter().write(production, folder, lambda _: None)
    return folder


def _index(folder: Path) -> list[dict[str, str]]:
    with (folder / "index.csv").open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle, strict=True))


def test_every_file_lies_there_once_and_is_what_the_index_says(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging")
    folder = _write(production, tmp_path / "media")
    rows = _index(folder)
    assert list(rows[0]) == [name for name, _ in COLUMNS]
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert there == {row["path"] for row in rows if row["path"]} | {"index.csv"}
    for row in rows:
        if row["path"]:
            content = (folder / row["path"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == row["sha256"]
            assert len(content) == int(row["size"])
        else:
            assert row["why_missing"]
    assert {row["redacted"] for row in rows} == {"yes", "no"}


def test_a_file_that_two_items_have_is_listed_twice_and_lies_there_once(tmp_path: Path) -> None:
    folder = tmp_path / "staging"
    shared = a_file(folder, 1, "badge.png", alt_text="=badge")
    made = [released(1, files=(shared,)), released(2, files=(shared,))]
    media = _write(staged(folder, items=made), tmp_path / "media")
    rows = _index(media)
    assert [row["bates"] for row in rows] == ["SPD-000001", "SPD-000002"]
    assert len(list(media.rglob("*.png"))) == 1
    assert rows[0]["alt_text"] == "'=badge"


def test_it_is_a_second_name_of_the_staged_file_where_that_is_possible(tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    file = a_file(staging, 1, "photo.jpg")
    folder = _write(staged(staging, items=[released(1, files=(file,))]), tmp_path / "media")
    assert (folder / file.path).samefile(staging / "files" / file.path)


def test_between_two_file_systems_it_is_a_copy(tmp_path: Path) -> None:
    with TemporaryDirectory(dir="/dev/shm") as other:
        staging = Path(other)
        assert staging.stat().st_dev != tmp_path.stat().st_dev
        file = a_file(staging, 1, "photo.jpg")
        folder = _write(staged(staging, items=[released(1, files=(file,))]), tmp_path / "media")
        assert (folder / file.path).read_bytes() == (staging / "files" / file.path).read_bytes()


def test_a_folder_that_is_not_empty_is_refused_and_nothing_overwritten(tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    file = a_file(staging, 1, "photo.jpg")
    production = staged(staging, items=[released(1, files=(file,))])
    taken = tmp_path / "media" / file.path
    taken.parent.mkdir(parents=True)
    taken.write_bytes(b"of another production")
    with pytest.raises(ExportError, match="the media of 2026-0001-1 could not be written"):
        MediaExporter().write(production, tmp_path / "media", lambda _: None)
    assert taken.read_bytes() == b"of another production"


def test_what_no_item_names_is_not_copied(tmp_path: Path) -> None:
    folder = _write(staged(tmp_path / "staging"), tmp_path / "media")
    for path in folder.rglob("*"):
        assert path.is_dir() or CANARY.encode() not in path.read_bytes()


def test_a_missing_file_is_an_error_and_names_it(tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    file = a_file(staging, 1, "photo.jpg")
    production = staged(staging, items=[released(1, files=(file,))])
    (staging / "files" / file.path).rename(tmp_path / "elsewhere")
    with pytest.raises(ExportError, match=file.path):
        _write(production, tmp_path / "media")


def test_a_file_with_other_bytes_than_released_is_refused(tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    file = a_file(staging, 1, "photo.jpg")
    (staging / "files" / file.path).write_bytes(b"the original, with a face")
    production = staged(staging, items=[released(1, files=(file,))])
    with pytest.raises(ExportError, match="SHA-256 differs"):
        _write(production, tmp_path / "media")


def test_a_path_that_leads_out_of_the_staging_is_refused(tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"secret")
    file = replace(a_file(staging, 1, "photo.jpg"), path="../../secret.jpg",
                   sha256=hashlib.sha256(b"secret").hexdigest())  # fmt: skip
    production = staged(staging, items=[released(1, files=(file,))])
    with pytest.raises(ExportError, match="not in the staging folder"):
        _write(production, tmp_path / "media")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["media", "secret.jpg", "staging"]
