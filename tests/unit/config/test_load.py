"""Where settings are found, what overrides what, and that every mistake is named at once."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

import config.load
from config.errors import ConfigError
from config.load import default_home, load
from config.settings import Sections


@pytest.fixture(autouse=True)
def nothing_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the machine's settings nor its environment take part."""
    for name in ("ARCHIVER_HOME", "ARCHIVER_CONFIG", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(config.load, "SYSTEM_FILE", tmp_path / "etc" / "archiver.yaml")


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _problems(file: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(home=file.parent, file=file)
    return [problem.replace(str(file), "FILE") for problem in caught.value.problems]


# --- where they are found


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    settings = load(home=tmp_path)
    assert (settings.source, settings.sections) == (None, Sections())


def test_the_nearest_file_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    files = [
        _write(tmp_path / "etc" / "archiver.yaml", "capture: {workers: 5}"),
        _write(home / "archiver.toml", "[capture]\nworkers = 6"),
        _write(home / "archiver.yml", "capture: {workers: 7}"),
        _write(home / "archiver.yaml", "capture: {workers: 8}"),
    ]
    named = _write(tmp_path / "named.yaml", "capture: {workers: 9}")
    given = _write(tmp_path / "given.yaml", "capture: {workers: 10}")
    monkeypatch.setenv("ARCHIVER_CONFIG", str(named))

    assert load(home=home, file=given).sections.capture.workers == 10
    assert load(home=home).source == named
    monkeypatch.delenv("ARCHIVER_CONFIG")
    for expected in reversed(files):
        assert load(home=home).source == expected
        expected.unlink()
    assert load(home=home).source is None


def test_a_named_file_that_is_not_there_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = tmp_path / "missing.yaml"
    with pytest.raises(ConfigError, match=f"there is no settings file {missing}"):
        load(home=tmp_path, file=missing)
    monkeypatch.setenv("ARCHIVER_CONFIG", str(missing))
    with pytest.raises(ConfigError, match=f"there is no settings file {missing}"):
        load(home=tmp_path)


def test_the_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert default_home() == tmp_path / "data" / "archiver"
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/archiver:/var/lib/other")
    assert load().home == Path("/var/lib/archiver")
    monkeypatch.setenv("ARCHIVER_HOME", str(tmp_path / "mine"))
    assert load().home == tmp_path / "mine"
    assert load(home=tmp_path / "given").home == tmp_path / "given"


def test_a_relative_home_does_not_move_with_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(home=Path("here")).home == tmp_path / "here"


def test_everything_lies_in_the_home_folder_unless_told_otherwise(tmp_path: Path) -> None:
    settings = load(home=tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/archiver.db"
    assert settings.vault_path == tmp_path / "vault"
    assert settings.spool_path == tmp_path / "spool"
    assert settings.locks_path == tmp_path / "locks"
    file = _write(
        tmp_path / "archiver.yaml",
        "database: {url: 'postgresql://db/archiver'}\nvault: {path: /srv/vault}",
    )
    told = load(home=tmp_path, file=file)
    assert (told.database_url, told.vault_path) == (
        "postgresql://db/archiver",
        Path("/srv/vault"),
    )


# --- forms


def test_yaml_and_toml_say_the_same(tmp_path: Path) -> None:
    as_yaml = _write(
        tmp_path / "a.yaml",
        "agency:\n  approvers: [A, B]\ncapture:\n  media: false\n  intervals:\n    new: 4m\n",
    )
    as_toml = _write(
        tmp_path / "a.toml",
        '[agency]\napprovers = ["A", "B"]\n[capture]\nmedia = false\n'
        '[capture.intervals]\nnew = "4m"\n',
    )
    first, second = load(home=tmp_path, file=as_yaml), load(home=tmp_path, file=as_toml)
    assert first.sections == second.sections
    assert first.sections.capture.intervals.new == timedelta(minutes=4)
    assert first.sections.agency.approvers == ("A", "B")


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "capture:\n", "capture:\n  intervals:\n"])
def test_what_is_left_empty_has_its_default(text: str, tmp_path: Path) -> None:
    file = _write(tmp_path / "archiver.yaml", text)
    assert load(home=tmp_path, file=file).sections == Sections()


# --- the environment


def test_the_environment_overrides_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = _write(tmp_path / "archiver.yaml", "capture: {workers: 3, retries: 1}")
    monkeypatch.setenv("ARCHIVER_CAPTURE__WORKERS", "8")
    monkeypatch.setenv("ARCHIVER_CAPTURE__INTERVALS__NEW", "5m")
    monkeypatch.setenv("ARCHIVER_AGENCY__APPROVERS", json.dumps(["A", "B"]))
    sections = load(home=tmp_path, file=file).sections
    assert sections.capture.workers == 8
    assert sections.capture.retries == 1
    assert sections.capture.intervals.new == timedelta(minutes=5)
    assert sections.agency.approvers == ("A", "B")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ARCHIVER_CAPTURE__WORKERS", "many", "ARCHIVER_CAPTURE__WORKERS: capture.workers: "),
        ("ARCHIVER_CAPTURE__WORKRS", "8", 'there is no setting "capture.workrs"; did you mean "wo'),
        ("ARCHIVER_CAPTUR__WORKERS", "8", 'there is no section "captur"; did you mean "capture"?'),
        ("ARCHIVER_CAPTURE", "8", "this must be a group of settings"),
        (
            "ARCHIVER_AGENCY__APPROVERS",
            "Chief",
            'AGENCY__APPROVERS: write a list as JSON, such as ["',
        ),
        (
            "ARCHIVER_CAPTURE__INTERVALS",
            "{bad",
            "ARCHIVER_CAPTURE__INTERVALS: write a list as JSON",
        ),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    name: str, value: str, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError) as caught:
        load(home=tmp_path)
    [problem] = caught.value.problems
    assert expected in problem
    assert problem.startswith(name)


# --- mistakes


def test_all_mistakes_are_named_at_once_with_suggestions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHIVER_VALT__PATH", "/x")
    file = _write(
        tmp_path / "archiver.yaml",
        "agncy: {}\n"
        "agency: {timezone: Mars/Olympus, approvers: Chief}\n"
        "capture:\n"
        "  worker: 2\n"
        "  workers: 0\n"
        "  step_bytes: 5 zb\n"
        "  intervals: {nwe: 3m, recent: 3x}\n"
        "  allow_addresses: [10.0.0.0/99]\n"
        "alarms: {mail: {host: x}, webhook: {url: nowhere}}\n"
        "log: {level: loud}\n",
    )
    assert sorted(_problems(file)) == sorted(
        [
            'ARCHIVER_VALT__PATH: there is no section "valt"; did you mean "vault"?',
            'FILE: there is no setting "agncy"; did you mean "agency"?',
            'FILE: agency.timezone: "Mars/Olympus" is not an IANA time zone such as '
            "\"America/Chicago\" (it is 'Mars/Olympus')",
            "FILE: agency.approvers: this must be a list, such as [one, two] (it is 'Chief')",
            'FILE: there is no setting "capture.worker"; did you mean "workers"?',
            "FILE: capture.workers: Input should be greater than or equal to 1 (it is 0)",
            'FILE: capture.step_bytes: write a size as "500 MB", "2 GiB" or a number of bytes '
            "(it is '5 zb')",
            'FILE: there is no setting "capture.intervals.nwe"; did you mean "new"?',
            'FILE: capture.intervals.recent: write a duration as "90s", "15m", "1h 30m", "7d" or '
            "\"2w\" (it is '3x')",
            "FILE: capture.allow_addresses: '10.0.0.0/99' does not appear to be an IPv4 or IPv6 "
            "network (it is ['10.0.0.0/99'])",
            "FILE: alarms.mail.sender is missing",
            "FILE: alarms.mail.recipients is missing",
            'FILE: alarms.webhook.url: write a web address that begins with "https://" '
            "(it is 'nowhere')",
            "FILE: log.level: Input should be 'debug', 'info', 'warning' or 'error' (it is 'loud')",
        ]
    )


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.yaml", b"{a: [}", "FILE is not well-formed: "),
        ("a.yaml", b"\xff\xfe\x00", "FILE is not well-formed: 'utf-8' codec can't decode"),
        ("a.yaml", b"- one\n- two\n", "FILE must hold sections such as agency: and capture:"),
        ("a.yaml", b"just words", "FILE must hold sections such as agency: and capture:"),
        (
            "a.yaml",
            b"capture: {workers: 1}\ncapture: {retries: 1}",
            '"capture" stands twice at line 2',
        ),
        ("a.yaml", b"capture: 3", "FILE: capture: this must be a group of settings"),
        ("a.yaml", b"1: 2", 'FILE: there is no setting "1"'),
        ("a.yaml", b"? {a: b}\n: c", "FILE is not well-formed: "),
        ("a.yaml", b"x: !!python/object/apply:os.getcwd []", "FILE is not well-formed: "),
        ("a.toml", b"[capture", "FILE is not well-formed: "),
        ("a.toml", b"[capture]\nworkers = 1\nworkers = 2", "FILE is not well-formed: "),
        ("a.ini", b"a: 1", "FILE: a settings file ends in .yaml, .yml or .toml"),
    ],
)
def test_a_malformed_file_is_one_sentence(
    name: str, content: bytes, expected: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    [problem] = _problems(file)
    assert expected in problem
    assert "\n" not in problem


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no settings file"):
        load(home=tmp_path, file=tmp_path)
