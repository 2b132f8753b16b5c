"""A production from a captured thread to a package: whole, proved, resumable, without a word of
what was taken out."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from archiver.cli import productions as _command  # noqa: F401 - adds the command
from archiver.cli.app import app
from archiver.desk import production_folder
from archiver.desk.productions import Wish
from archiver.desk.review_rules import Outcome
from archiver.desk.verify import verify
from archiver.errors import (
    EvidenceError,
    ExportError,
    NotFoundError,
    RefusedError,
    UsageError,
)
from archiver.export.formats import FORMATS
from archiver.model.queries import productions, requests
from archiver.model.queries.productions import ProductionRow
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.production_scene import CANARIES, RELEASED, Scene, everything_said, scene
from tests.support.review_scene import CLERK, REQUEST, desk_of
from tests.support.stage import Board, boards  # noqa: F401 - a fixture
from tests.support.time_authority import Authority

ROOT = Path(__file__).parents[2]
NAME = f"{REQUEST}-1"
# WeasyPrint leaves its colour profile open; see its ColorProfile.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning"
)
QUICK = Wish(formats=("json", "media"), unsigned=True)


@pytest.fixture
def made(tmp_path: Path, boards: tuple[Board, ...]) -> Iterator[Scene]:  # noqa: F811
    with scene(tmp_path, boards) as filled:
        yield filled


def package(scene: Scene, name: str = NAME) -> Path:
    return scene.archive.settings.home / "productions" / name / name


def produce(scene: Scene, wish: Wish = QUICK) -> ProductionRow:
    return scene.archive.productions.make(REQUEST, 1, by=CLERK, wish=wish)


def by_itself(package: Path, *more: str) -> int:
    """What the receiver types, in the package that was handed over."""
    command = [sys.executable, "-I", str(package / "data" / "verify.py"), *more]
    return subprocess.run(command, capture_output=True, check=False).returncode


def ledger_lines(scene: Scene, kind: str) -> list[dict[str, object]]:
    with scene.archive.database.read() as connection:
        rows = connection.execute(text("SELECT body FROM ledger WHERE kind = :kind ORDER BY seq"),
                                  {"kind": kind})  # fmt: skip
        return [json.loads(row.body) for row in rows]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_a_whole_signed_production_verifies_and_has_no_word_of_what_was_taken_out(
    dialect: str,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
    request: pytest.FixtureRequest,
) -> None:
    agency = Authority(tmp_path / "agency", "Springfield Police")
    signing = {"certificate": str(agency.leaf), "key": str(agency.key)}
    told: list[tuple[str, int, int]] = []
    with (
        fresh_database(dialect, request) as url,
        scene(tmp_path, boards, url=url, signing=signing) as here,
    ):
        row = here.archive.productions.make(
            REQUEST, 1, by=CLERK, wish=Wish(), progress=lambda *each: told.append(each)
        )
        folder = package(here)
        assert (row.state, row.first, row.last) == ("done", 1, here.items - 1)
        with here.archive.database.read() as connection:
            outcomes = connection.execute(
                text("SELECT outcome, bates FROM production_items ORDER BY position")
            ).all()
        assert sorted(each.outcome for each in outcomes) == sorted(
            ["redact", "withhold"] + ["release"] * (here.items - 2)
        )
        assert [each.bates for each in outcomes if each.bates] == list(range(1, here.items))
        assert verify(here.archive.database, here.archive.vault, processes=1).problems == []
        assert ledger_lines(here, "production")[0]["manifest_sha256"] == row.manifest_sha256
    assert {each.name for each in (folder / "data").iterdir()} == {
        *FORMATS, "proof", "certificate", "READ-ME.html", "verify.py",
    }  # fmt: skip
    assert not (folder.parent / "work").exists()
    assert {step for step, done, of in told if of and done == of} >= {*FORMATS, "check"}
    assert by_itself(folder, "--ca", str(agency.root)) == 0
    command = [sys.executable, "-W", "ignore", "-m", "bagit", "--validate", str(folder)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    searched, where_released = 0, set()
    for path in sorted(folder.rglob("*")):
        for where, data in everything_said(path) if path.is_file() else ():
            searched += 1
            if RELEASED.encode() in data:
                where_released.add(path.relative_to(folder / "data").parts[0])
            for canary in CANARIES:
                assert canary.encode() not in data, where
                assert canary.encode("utf-16-be") not in data, where
    assert searched > 200
    # The search reads what it searches: it finds what is released in every form.
    assert where_released >= {"pdf", "html", "table", "json", "loadfile", "warc"}


def test_while_something_is_undecided_nothing_is_produced_and_nothing_stays(made: Scene) -> None:
    desk = desk_of(made.archive)
    desk.reviews.decide(REQUEST, 1, 2, Outcome.UNDECIDED, by=CLERK, reason="new facts")
    with pytest.raises(RefusedError, match="item 2"):
        produce(made)
    assert made.archive.productions.all() == []
    assert list((made.archive.settings.home / "productions").iterdir()) == []


def test_the_command_tells_what_was_made(made: Scene) -> None:
    home = str(made.archive.settings.home)

    def said(*arguments: str) -> str:
        result = CliRunner().invoke(app, ["--home", home, "produce", *arguments])
        assert result.exit_code == 0, result.output
        return result.stdout

    told = said("make", REQUEST, "--by", CLERK, "--formats", "json, log", "--unsigned", "--json")
    assert json.loads(told[told.index("{") :])["production"]["state"] == "done"
    assert "SPD-000001 to SPD-00000" in said("list")
    assert "EVERYTHING HOLDS" in said("check", str(package(made)), "--unsigned")
    assert "is delivered" in said("deliver", NAME, "--to", "Kent", "--how", "disc", "--by", CLERK)


def test_an_opened_package_is_refused_by_its_own_verifier_and_not_delivered(made: Scene) -> None:
    produce(made)
    manifest = package(made) / "data" / "proof" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b"2026", b"2025", 1))
    assert by_itself(package(made), "--allow-unsigned") == 1
    with pytest.raises(EvidenceError, match="not the one that was signed"):
        made.archive.productions.deliver(NAME, to="Kent", how="disc", by=CLERK)
    result = CliRunner().invoke(app, ["produce", "check", str(package(made)), "--unsigned"])
    assert isinstance(result.exception, ExportError)


def test_delivered_means_to_whom_and_is_in_the_history(made: Scene) -> None:
    produce(made)
    with pytest.raises(UsageError, match="to whom"):
        made.archive.productions.deliver(NAME, to=" ", how="disc", by=CLERK)
    row = made.archive.productions.deliver(NAME, to="Kent Brockman", how="disc", by=CLERK)
    assert row.state == "delivered"
    with made.archive.database.read() as connection:
        last = requests.events(connection, row.request_id)[-1]
    assert (last.action, last.actor, last.detail["to"]) == (
        "production delivered", CLERK, "Kent Brockman",
    )  # fmt: skip
    with pytest.raises(RefusedError, match="was delivered"):
        made.archive.productions.abandon(NAME, reason="a mistake", by=CLERK)


def test_numbers_of_an_abandoned_production_are_not_given_out_again(made: Scene) -> None:
    first = produce(made)
    gone = made.archive.productions.abandon(NAME, reason="wrong set", by=CLERK)
    assert gone.state == "abandoned"
    assert not package(made).exists()
    second = produce(made)
    assert (second.number, second.first) == (2, first.last + 1)
    assert by_itself(package(made, f"{REQUEST}-2"), "--allow-unsigned") == 0


def test_nothing_is_silently_unsigned_and_nothing_is_begun(made: Scene) -> None:
    with pytest.raises(ExportError, match="signing is not configured"):
        produce(made, Wish(formats=("json",)))
    assert made.archive.productions.all() == []
    assert not (made.archive.settings.home / "productions").exists()


def test_a_full_disk_is_seen_before_anything_is_written(
    made: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(production_folder, "_REST", 1 << 60)
    with pytest.raises(ExportError, match="make room first"):
        produce(made)
    assert made.archive.productions.all() == []


def test_unknown_formats_and_names_are_told(made: Scene) -> None:
    with pytest.raises(UsageError, match='no format "docx"'):
        produce(made, Wish(formats=("docx",), unsigned=True))
    with pytest.raises(UsageError, match="nara needs json and media"):
        produce(made, Wish(formats=("nara", "json"), unsigned=True))
    with pytest.raises(NotFoundError, match="names no production"):
        made.archive.productions.get("first")
    with pytest.raises(NotFoundError, match="no production"):
        made.archive.productions.get(f"{REQUEST}-7")
    with pytest.raises(NotFoundError, match="no unfinished production"):
        made.archive.productions.resume(REQUEST)


# -- kill -9 ----------------------------------------------------------------------------------

# Runs the program and kills it without warning at the n-th mark of a step.
KILLED = """
import os, signal, sys
from archiver.cli import productions
from archiver.cli.main import run
from archiver.desk.production_folder import ProductionFolder
left, late = int(sys.argv[1]), sys.argv[2] == "late"
plain = ProductionFolder.mark
def mark(self, step, **facts):
    global left
    left -= 1
    if late:
        plain(self, step, **facts)
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    if not late:
        plain(self, step, **facts)
if __name__ == "__main__":
    if left:
        ProductionFolder.mark = mark
    sys.exit(run(sys.argv[3:]))
"""


def program(home: Path, kill_at: int, when: str, *arguments: str) -> int:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("ARCHIVER_")}
    script = home / "killed.py"
    script.write_text(KILLED)
    command = [sys.executable, str(script), str(kill_at), when, "--home", str(home), *arguments]
    done = subprocess.run(command, cwd=ROOT, env={**environment, "PYTHONPATH": str(ROOT)},
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def test_killed_at_every_step_it_is_resumed_and_ends_as_one_that_was_left_in_peace(
    made: Scene,
) -> None:
    home = made.archive.settings.home
    begin = ("produce", "make", REQUEST, "--by", CLERK, "--formats", "json,log", "--unsigned")
    go_on = ("produce", "resume", REQUEST)
    kills = [program(home, 1, "early", *begin)]
    with pytest.raises(RefusedError, match="was not finished"):
        produce(made)
    for when in ("late", "early", "late", "early", "late", "early"):
        kills.append(program(home, 1, when, *go_on))
    assert kills.count(-signal.SIGKILL) == len(kills)
    assert program(home, 0, "", *go_on) == 0
    (row,) = made.archive.productions.all()
    assert row.state == "done"
    assert by_itself(package(made), "--allow-unsigned") == 0
    assert len(ledger_lines(made, "production")) == 1
    done = set((package(made) / "data").rglob("*"))
    assert not [each for each in done if each.name.endswith((".new", ".part"))]
    with made.archive.database.read() as connection:
        assert productions.last_bates(connection, "SPD-") == made.items - 1
