"""The shipped units: systemd has nothing to say against them, and they are locked down.

`systemd-analyze` (Debian package systemd) judges copies in which the program's path is one
that exists. It answers 0 even for a misspelt setting and only prints a line: so any line is
a failure here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).parents[2] / "systemd"
PROGRAM = "/opt/archiver/venv/bin/archiver"
SERVICES = {  # the highest exposure that systemd may find
    "archiver.service": 1.2,  # must reach any platform
    "archiver-web.service": 1.2,  # must be reached from anywhere
    "archiver-verify.service": 1.0,
    "archiver-alarm@.service": 1.0,
}


@pytest.fixture
def copies(tmp_path: Path) -> Path:
    """The units as they would stand installed, with a program that is there."""
    for unit in UNITS.iterdir():
        text = unit.read_text("utf-8").replace(PROGRAM, "/bin/true")
        (tmp_path / unit.name.replace("@.", "@archiver.service.")).write_text(text, "utf-8")
    return tmp_path


def analyze(verb: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    assert program, "the tests need systemd-analyze (Debian package systemd)"
    return subprocess.run(
        [program, "--no-pager", verb, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "SYSTEMD_UNIT_PATH": f"{folder}:"},
    )


def settings(unit: str) -> list[tuple[str, str]]:
    lines = (UNITS / unit).read_text("utf-8").splitlines()
    pairs = [line.partition("=") for line in lines if "=" in line and not line.startswith("#")]
    return [(name, value) for name, _, value in pairs]


def test_systemd_has_nothing_to_say_against_the_units(copies: Path) -> None:
    units = [f"./{path.name}" for path in copies.iterdir() if path.suffix != ".conf"]
    assert len(units) == 5
    result = analyze("verify", *units, folder=copies)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_misspelt_setting_would_be_noticed(copies: Path) -> None:
    unit = copies / "archiver.service"
    unit.write_text(unit.read_text("utf-8").replace("ProtectHome=", "ProtectHomes="), "utf-8")
    assert "ProtectHomes" in analyze("verify", "./archiver.service", folder=copies).stderr


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_is_exposed_to_little(copies: Path, unit: str) -> None:
    name = unit.replace("@.", "@archiver.service.")
    result = analyze("security", "--offline=true", f"./{name}", folder=copies)
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", result.stdout)
    assert found, result.stdout + result.stderr
    assert float(found[1]) <= SERVICES[unit]


@pytest.mark.parametrize(
    "unit", ["archiver.service", "archiver-web.service", "archiver-verify.service"]
)
def test_the_program_runs_from_its_own_environment_and_no_other_code_gets_in(unit: str) -> None:
    told = settings(unit)
    assert any(name == "ExecStart" and value.startswith(PROGRAM + " ") for name, value in told)
    assert ("Environment", "PYTHONSAFEPATH=1") in told
    assert any(n == "UnsetEnvironment" and "PYTHONPATH" in v.split() for n, v in told)


def test_the_capture_service_is_watched_and_its_failures_are_told() -> None:
    told = dict(settings("archiver.service"))
    assert told["Type"] == "notify"
    assert told["WatchdogSec"]
    assert told["Restart"] == "on-failure"
    for unit in ("archiver.service", "archiver-verify.service"):
        assert dict(settings(unit))["OnFailure"] == "archiver-alarm@%n.service"


def test_no_secret_stands_in_a_unit() -> None:
    for unit in UNITS.iterdir():
        assert not re.search(
            r"(?im)^Environment=\S*(pass|token|secret|key)", unit.read_text("utf-8")
        )


def test_the_folder_does_not_shadow_the_systemd_bindings() -> None:
    assert not list(UNITS.glob("*.py"))
