"""The wheel holds all that the program needs, and nothing else; it runs from anywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import archiver
import config
import connectors
import retention

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = {"archiver", "config", "connectors", "retention"}
NOT_SOURCES = shutil.ignore_patterns(
    ".*", "build", "dist", "*.egg-info", "__pycache__", "tests", "benchmarks", "demo-home"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the tree, so that no build folder takes part."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    shutil.copytree(ROOT, tree, ignore=NOT_SOURCES)
    (tree / "tests").mkdir()  # there, as in a checkout, and not to be packed
    (tree / "tests" / "__init__.py").write_text("")
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet"]
    if not _can_build_here():
        options = ["--no-deps", "--quiet"]  # pip fetches setuptools for it
    _run(sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(folder), str(tree))
    [made] = folder.glob("*.whl")
    return made


def _can_build_here() -> bool:
    """Does this environment have the setuptools that pyproject.toml asks for?"""
    code = "import setuptools; raise SystemExit(int(setuptools.__version__.split('.')[0]) < 77)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0  # noqa: PLW1510


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel installed; the libraries are those of this environment."""
    target = tmp_path_factory.mktemp("installed")
    _run(
        sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet",
        "--target", str(target), str(wheel),
    )  # fmt: skip
    return target


def _run(*command: str, cwd: Path | None = None, **environment: str) -> str:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("ARCHIVER_", "PYTHON"))}
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as opened:
        return set(opened.namelist())


def test_every_file_of_the_packages_is_in_the_wheel(wheel: Path) -> None:
    tree = wheel.parent / "tree"
    wanted = {
        str(path.relative_to(tree))
        for package in PACKAGES
        for path in (tree / package).rglob("*")
        if path.is_file()
    }
    assert len(wanted) > 100
    assert wanted - _names(wheel) == set()


@pytest.mark.parametrize(
    "name",
    [
        "archiver/model/migrations/env.py",
        "archiver/model/migrations/versions/0001_the_first_tables.py",
        "config/examples/archiver.yaml",
        *(f"{package}/py.typed" for package in sorted(PACKAGES)),
    ],
)
def test_what_is_no_module_is_in_the_wheel(name: str, wheel: Path) -> None:
    assert name in _names(wheel)


def test_nothing_else_can_be_imported_from_the_wheel(wheel: Path) -> None:
    top = {name.split("/")[0] for name in _names(wheel)}
    beside = {name for name in top if name.endswith((".dist-info", ".data"))}
    assert top - beside == PACKAGES


def test_the_units_are_in_the_wheel(wheel: Path) -> None:
    names = _names(wheel)
    units = {path.name for path in (ROOT / "systemd").glob("*.service")}
    assert units
    for unit in units:
        assert any(name.endswith(f"/data/share/archiver/systemd/{unit}") for name in names), unit


def test_the_folder_of_units_shadows_no_library() -> None:
    assert not (ROOT / "systemd" / "__init__.py").exists()


def test_the_program_runs_from_another_folder(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "config.py").write_text("raise SystemExit('the wrong config was imported')")
    home = tmp_path / "home"

    def call(*arguments: str) -> str:
        return _run(
            sys.executable, "-P", "-c", _MAIN, *arguments,
            cwd=tmp_path, PYTHONPATH=str(installed), ARCHIVER_HOME=str(home),
        )  # fmt: skip

    assert call("--version") == f"archiver {archiver.__version__}\n"
    assert "are in order" in call("config", "check")
    assert "agency:" in call("config", "example")
    assert f"The archive is at {home}." in call("init")  # by the packed migrations
    assert "No account is in the registry" in call("status")
    assert "wordpress" in call("platforms")


_MAIN = """
import archiver, sys
from pathlib import Path
assert str(Path(archiver.__file__).parent.parent) == sys.path[0], sys.path
from archiver.cli.main import main
main()
"""


def test_the_console_script_is_made(installed: Path, tmp_path: Path) -> None:
    script = installed / "bin" / "archiver"
    printed = _run(
        sys.executable, str(script), "--version", cwd=tmp_path, PYTHONPATH=str(installed)
    )
    assert printed == f"archiver {archiver.__version__}\n"


def test_the_four_packages_lie_side_by_side() -> None:
    """Another distribution may be called the same, and pip would overwrite without a word."""
    found = {Path(str(p.__file__)).parent.parent for p in (archiver, config, connectors, retention)}
    assert found == {ROOT}
