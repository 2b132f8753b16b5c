"""An archive that cannot be used as it is: one sentence, an exit code, nothing lost."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from archiver.demo.simulators.base import Loopback
from archiver.demo.simulators.feeds import FeedSite
from tests.support.archive import approved, make_archive
from tests.support.terminal import Terminal


@pytest.fixture
def terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Terminal]:
    """The terminal of an archive with one feed of five posts in it."""
    monkeypatch.delenv("ARCHIVER_CONFIG", raising=False)
    site = FeedSite()
    site.seed(5)
    with Loopback() as loopback:
        loopback.serve(site)
        with make_archive(tmp_path) as archive:
            approved(archive, "feed", f"{site.url}/feed.rss", slug="pod")
            home = archive.settings.home
        shown = Terminal(home, capsys, monkeypatch)
        assert shown("capture", "pod").code == 0
        yield shown


def _everything(home: Path) -> dict[str, str]:
    """The digest of every file that holds records."""
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.suffix in (".gz", ".db")
    }


def _sql(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(home / "archiver.db")) as connection, connection:
        connection.execute(statement)


def _newer(home: Path) -> None:
    _sql(home, "UPDATE alembic_version SET version_num = '9999_from_the_future'")


def _text(home: Path) -> None:
    (home / "archiver.db").write_text("This is a letter, not a database. " * 200)


def _emptied(home: Path) -> None:
    (home / "archiver.db").write_bytes(b"")


def _removed(home: Path) -> None:
    (home / "archiver.db").unlink()


def _scratched(home: Path) -> None:
    data = bytearray((home / "archiver.db").read_bytes())
    data[4096:40960] = b"\xaa" * 36864
    (home / "archiver.db").write_bytes(data)


def _vault_gone(home: Path) -> None:
    (home / "vault").rename(home / "elsewhere")


def _vault_is_a_file(home: Path) -> None:
    _vault_gone(home)
    (home / "vault").write_text("not mounted")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_newer, "has schema 9999_from_the_future, made by a newer version of Archiver; install"),
        (_text, "is damaged or not a database: file is not a database"),
        (_emptied, 'the database is empty; "archiver init" sets it up'),
        (_removed, '"archiver init" makes one'),
        (_scratched, "is damaged or not a database: database disk image is malformed"),
        (_vault_gone, "a vault that should be there must be mounted first"),
        (_vault_is_a_file, "a vault that should be there must be mounted first"),
    ],
)
@pytest.mark.parametrize("command", ["status", "capture pod", "records list", "verify", "run"])
def test_what_cannot_be_used_is_told_and_left_alone(
    command: str, harm: Callable[[Path], None], words: str, terminal: Terminal
) -> None:
    for leftover in ("-wal", "-shm"):
        (terminal.home / f"archiver.db{leftover}").unlink(missing_ok=True)
    harm(terminal.home)
    before = _everything(terminal.home)
    printed = terminal(*command.split())
    assert (printed.code, printed.out) == (4, "")
    assert words in printed.sentence()
    if harm is not _emptied:  # SQLite writes its header into an empty file
        assert _everything(terminal.home) == before


@pytest.mark.parametrize("harm", [_newer, _text, _scratched])
def test_init_does_not_make_a_new_archive_over_a_bad_one(
    harm: Callable[[Path], None], terminal: Terminal
) -> None:
    harm(terminal.home)
    before = _everything(terminal.home)
    assert terminal("init").code == 4
    assert _everything(terminal.home) == before


def test_init_refuses_a_file_where_the_vault_belongs(terminal: Terminal) -> None:
    _vault_is_a_file(terminal.home)
    assert terminal("init").code == 4


@pytest.mark.parametrize("home", ["a-file", "a-file/below"])
def test_a_home_that_cannot_be_is_told(home: str, tmp_path: Path, terminal: Terminal) -> None:
    (tmp_path / "a-file").write_text("")
    terminal.home = tmp_path / home
    for command in ("init", "status"):
        printed = terminal(command)
        assert printed.code == 4
        assert str(tmp_path / "a-file") in printed.sentence()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "database.url is not usable"),
        ("martian://db/archiver", "database.url is not usable"),
    ],
)
def test_a_database_address_that_makes_no_sense_is_told(
    url: str, words: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARCHIVER_DATABASE__URL", url)
    printed = terminal("status")
    assert printed.code == 4
    assert words in printed.sentence()


# --- a WARC that was tampered with


def _segment(home: Path) -> Path:
    [found] = (home / "vault").rglob("*.warc.gz")
    found.chmod(0o640)
    return found


def _one_bit(segment: Path) -> None:
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)


def _cut(segment: Path) -> None:
    segment.write_bytes(segment.read_bytes()[:-100])


def _last_record_cut_out(segment: Path) -> None:
    data = segment.read_bytes()
    segment.write_bytes(data[: data.rindex(b"\x1f\x8b\x08")])


def _hollow(segment: Path) -> None:
    segment.write_bytes(b"")


def _gone(segment: Path) -> None:
    segment.unlink()


def _a_stranger(segment: Path) -> None:
    shutil.copy(segment, segment.with_name("20200101T000000Z-pod-00000000.warc.gz"))


@pytest.mark.parametrize(
    "harm", [_one_bit, _cut, _last_record_cut_out, _hollow, _gone, _a_stranger]
)
def test_a_warc_that_was_tampered_with_is_named(
    harm: Callable[[Path], None], terminal: Terminal
) -> None:
    assert terminal("verify").code == 0
    segment = _segment(terminal.home)
    harm(segment)
    before = _everything(terminal.home)
    printed = terminal("verify", "--processes", "1")
    assert printed.code == 5
    assert "Traceback" not in printed.err
    told = [line for line in printed.out.splitlines() if line.startswith("WRONG ")]
    named = "20200101T000000Z" if harm is _a_stranger else segment.name
    assert told
    assert all(named in line for line in told)
    assert "Not everything holds" in printed.out
    assert terminal("verify", "--json", "--processes", "1").json["problems"]
    assert _everything(terminal.home) == before


def test_a_row_that_was_changed_behind_our_back_is_named(terminal: Terminal) -> None:
    with closing(sqlite3.connect(terminal.home / "archiver.db")) as connection, connection:
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'versions'"
        ).fetchall()
        assert triggers
        for (name,) in triggers:
            connection.execute(f'DROP TRIGGER "{name}"')
        connection.execute("UPDATE versions SET canonical = replace(canonical, 'a', 'b')")
    printed = terminal("verify")
    assert printed.code == 5
    assert "a stored version was changed" in printed.out


# --- a real process


def _archiver(*arguments: str, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("ARCHIVER_")}
    return subprocess.run(
        [sys.executable, "-m", "archiver", *arguments],
        env={**kept, "ARCHIVER_HOME": str(home), "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_real_process_prints_and_leaves_with_its_code(terminal: Terminal) -> None:
    home = terminal.home
    good = _archiver("status", home=home)
    assert (good.returncode, good.stderr) == (0, "")
    assert "pod" in good.stdout
    bad = _archiver("capture", "nobody", home=home)
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == 'archiver: there is no account "nobody"\n'
    verified = _archiver("verify", home=home)
    assert (verified.returncode, verified.stderr) == (0, "")


def test_a_reader_that_goes_away_is_no_fault(terminal: Terminal) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f'"{sys.executable}" -m archiver config schema | head -c 10'],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout[:1], done.stderr) == ("{", "")


@pytest.mark.parametrize(
    ("shell", "words"), [("bash", "COMPREPLY"), ("zsh", "compdef"), ("fish", "complete --command")]
)
def test_shell_completion_can_be_installed(shell: str, words: str, tmp_path: Path) -> None:
    shown = _archiver(home=tmp_path, _ARCHIVER_COMPLETE=f"source_{shell}")
    assert words in shown.stdout
    assert "archiver" in shown.stdout


def test_shell_completion_completes(tmp_path: Path) -> None:
    done = _archiver(
        home=tmp_path, _ARCHIVER_COMPLETE="complete_bash", COMP_WORDS="archiver rec", COMP_CWORD="1"
    )
    assert done.stdout.split() == ["records"]
    done = _archiver(
        home=tmp_path,
        _ARCHIVER_COMPLETE="complete_bash",
        COMP_WORDS="archiver accounts s",
        COMP_CWORD="2",
    )
    assert done.stdout.split() == ["suspend", "show"]
