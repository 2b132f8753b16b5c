"""The bag: bagit's own program accepts it, and finds what was changed, added or taken away."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from archiver.errors import ExportError
from archiver.export import bag
from archiver.export.base import Production
from tests.support.staged import released, staged


@pytest.fixture
def production(tmp_path: Path) -> Production:
    return staged(tmp_path / "staging", items=[released(1)])


@pytest.fixture
def folder(production: Production, tmp_path: Path) -> Path:
    made = tmp_path / "package"
    for name in ("json/items.jsonl", "media/a b.jpg", "verify.py", "html/ñandú.html"):
        path = made / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode() * 100)
    bag.write(production, made, processes=1)
    return made


def referee(folder: Path) -> int:
    command = [sys.executable, "-W", "ignore", "-m", "bagit", "--validate", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode


def test_bagit_accepts_it_with_both_algorithms(folder: Path) -> None:
    assert referee(folder) == 0
    for name in ("manifest-sha256.txt", "manifest-sha512.txt"):
        assert len((folder / name).read_text("utf-8").splitlines()) == 4
        assert (folder / f"tag{name}").exists()
    bag.validate(folder, processes=1)


def test_it_says_who_made_it_what_it_is_and_when(folder: Path, production: Production) -> None:
    lines = (folder / "bag-info.txt").read_text("utf-8").splitlines()
    info = dict(line.split(": ", 1) for line in lines)
    assert info["Source-Organization"] == production.agency
    assert info["External-Identifier"] == "2026-0001-1"
    assert info["Bagging-Date"] == "2026-03-09"
    assert info["Payload-Oxum"].endswith(".4")


def _change(folder: Path) -> None:
    (folder / "data/media/a b.jpg").write_bytes(b"other" * 5)


def _same_size(folder: Path) -> None:
    path = folder / "data/json/items.jsonl"
    path.write_bytes(b"X" + path.read_bytes()[1:])


def _take(folder: Path) -> None:
    (folder / "data/verify.py").unlink()


def _add(folder: Path) -> None:
    (folder / "data/more.txt").write_text("more")


@pytest.mark.parametrize("harm", [_change, _same_size, _take, _add])
def test_harm_is_found(folder: Path, harm: Callable[[Path], None]) -> None:
    harm(folder)
    with pytest.raises(ExportError, match="not a valid bag"):
        bag.validate(folder, processes=1)
    assert referee(folder) != 0


def test_one_that_was_cut_off_is_finished_by_the_next_run(
    folder: Path, production: Production
) -> None:
    before = (folder / "manifest-sha512.txt").read_bytes()
    (folder / "manifest-sha512.txt").write_bytes(before[:70])
    (folder / "tagmanifest-sha256.txt").unlink()
    bag.write(production, folder, processes=2)
    assert sorted((folder / "manifest-sha512.txt").read_bytes().split()) == sorted(before.split())
    bag.validate(folder, processes=2)


def test_without_data_there_is_no_bag(production: Production, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ExportError, match="no data/"):
        bag.write(production, tmp_path / "empty")
    with pytest.raises(ExportError, match="not a valid bag"):
        bag.validate(tmp_path / "empty")
