"""The transfer metadata and its finding aid."""

from __future__ import annotations

import csv
import hashlib
import re
from pathlib import Path

import pytest

from archiver.errors import ExportError
from archiver.export.base import Production
from archiver.export.nara import FINDING_AID, METADATA, NaraExporter
from archiver.export.native import JsonExporter
from archiver.export.originals import MediaExporter
from tests.support.staged import CANARY, released, staged

Rows = list[dict[str, str]]


def _write(production: Production, data: Path) -> tuple[Rows, Rows]:
    for exporter in (JsonExporter(), MediaExporter(), NaraExporter()):
        folder = data / exporter.name
        folder.mkdir(parents=True)
        exporter.write(production, folder, lambda _: None)
    return _read(data / "nara" / "metadata.csv"), _read(data / "nara" / "finding-aid.csv")


def _read(path: Path) -> Rows:
    with path.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="|", strict=True))


def test_every_record_and_every_media_file_has_all_elements_that_are_asked_for(
    tmp_path: Path,
) -> None:
    production = staged(tmp_path / "staging")
    metadata, _ = _write(production, tmp_path / "data")
    assert list(metadata[0]) == [name for name, _ in METADATA]
    expected = [
        number
        for item in production.items()
        for number in (
            item.bates,
            *(f"{item.bates}.{n:04}" for n, each in enumerate(item.files, 1) if each.path),
        )
    ]
    assert [row["Record ID"] for row in metadata] == expected
    for row in metadata:
        for name, _ in METADATA[:-1]:  # a relation only where there is one
            assert row[name], (row["Record ID"], name)
        assert (tmp_path / "data" / row["File Name"]).is_file()


def test_the_finding_aid_lists_every_file_with_its_size_and_digest(tmp_path: Path) -> None:
    data = tmp_path / "data"
    _, aid = _write(staged(tmp_path / "staging"), data)
    assert list(aid[0]) == [name for name, _ in FINDING_AID]
    there = sorted(
        path.relative_to(data).as_posix()
        for name in ("json", "media")
        for path in (data / name).rglob("*")
        if path.is_file()
    )
    assert sorted(row["File Name"] for row in aid) == there
    for row in aid:
        content = (data / row["File Name"]).read_bytes()
        assert int(row["Size"]) == len(content)
        assert row["SHA-256"] == hashlib.sha256(content).hexdigest()
        assert row["Format"]
        assert row["Title"]
        assert int(row["Records"]) >= 1


def test_file_names_depend_on_no_system(tmp_path: Path) -> None:
    _, aid = _write(staged(tmp_path / "staging"), tmp_path / "data")
    for row in aid:
        assert re.fullmatch(r"[a-z0-9./-]{1,120}", row["File Name"])


def test_redactions_are_told_as_rights(tmp_path: Path) -> None:
    metadata, _ = _write(staged(tmp_path / "staging"), tmp_path / "data")
    rights = {row["Rights"] for row in metadata}
    assert "Access: released whole. Use: not determined." in rights
    assert "Access: released with redactions: MINOR; PRIV. Use: not determined." in rights


def test_hostile_titles_stay_in_their_cell(tmp_path: Path) -> None:
    made = [released(1, title='=1|2 "x"\ny', author_handle="", author_name="+A|B\x00")]
    metadata, _ = _write(staged(tmp_path / "staging", items=made), tmp_path / "data")
    (row,) = metadata
    assert row["Title"] == '\'=1|2 "x" y'
    assert row["Creator"] == "'+A|B␀"


def test_an_unknown_day_is_not_made_up(tmp_path: Path) -> None:
    metadata, _ = _write(staged(tmp_path / "staging"), tmp_path / "data")
    unknown = [row for row in metadata if row["Creation Date"].startswith("not known")]
    assert len(unknown) == 1
    assert "not later than 20" in unknown[0]["Creation Date"]


def test_without_the_folders_that_it_lists_it_refuses(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "nara"
    folder.mkdir(parents=True)
    production = staged(tmp_path / "staging", items=[released(1)])
    with pytest.raises(ExportError, match="produce with the formats json, media and nara"):
        NaraExporter().write(production, folder, lambda _: None)


def test_a_file_that_nobody_released_is_an_error(tmp_path: Path) -> None:
    data = tmp_path / "data"
    production = staged(tmp_path / "staging", items=[released(1)])
    (data / "media").mkdir(parents=True)
    (data / "json").mkdir()
    (data / "media" / "stray.jpg").write_bytes(b"stray")
    (data / "nara").mkdir()
    with pytest.raises(ExportError, match=r"media/stray\.jpg"):
        NaraExporter().write(production, data / "nara", lambda _: None)


def test_the_same_staging_gives_the_same_bytes_and_no_canary(tmp_path: Path) -> None:
    production = staged(tmp_path / "staging")
    for name in ("one", "two"):
        _write(production, tmp_path / name)
    for path in (tmp_path / "one" / "nara").iterdir():
        content = path.read_bytes()
        assert content == (tmp_path / "two" / "nara" / path.name).read_bytes()
        assert CANARY.encode() not in content
