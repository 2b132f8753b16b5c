"""Verification finds every change that was made behind the archive's back, and names it."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from archiver.desk.verify import Verification, verify
from archiver.model.database import Database, open_database
from archiver.model.tables import APPEND_ONLY, NEVER_DELETED
from archiver.vault.local import LocalVault
from connectors.base import Window
from tests.support.stage import (
    Board,
    boards,  # noqa: F401 - a fixture
    make_stage,
)


@pytest.fixture(scope="module")
def captured(
    tmp_path_factory: pytest.TempPathFactory,
    boards: tuple[Board, ...],  # noqa: F811
) -> Path:
    """The home of an archive with something in every table."""
    folder = tmp_path_factory.mktemp("captured")
    with make_stage(folder, boards) as on:
        page = on.facebook()
        posts = page.page.seed(8)
        edited = page.page.publish("A", photos=["Evidence"])
        page.page.comment(edited, "Thanks")
        on.capture("fb")
        on.later(minutes=20)
        page.page.edit(edited, "B")
        page.page.delete(posts[0])
        on.capture("fb")
        on.later(minutes=20)
        on.capture("fb", Window.NEW)
    return folder / "home"


@dataclass
class Case:
    """A copy of the archive to break."""

    home: Path

    @property
    def vault(self) -> LocalVault:
        return LocalVault(self.home / "vault")

    def segments(self) -> list[Path]:
        """The sealed files, oldest first."""
        return [self.vault.path(name) for name in sorted(self.vault.names())]

    def write(self, path: Path, content: bytes) -> None:
        """Overwrite a sealed file, as root can."""
        path.chmod(0o600)
        path.write_bytes(content)

    @contextmanager
    def unguarded(self) -> Iterator[sqlite3.Connection]:
        """The database without its triggers, as an administrator with a shell has it."""
        with closing(sqlite3.connect(self.home / "archiver.db")) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in names.fetchall():
                connection.execute(f'DROP TRIGGER "{name}"')
            yield connection
            connection.commit()

    def sql(self, *statements: str) -> None:
        """Change rows behind the archive's back."""
        with self.unguarded() as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount > 0, statement

    def verified(self) -> Verification:
        """What verification says."""
        database = open_database(f"sqlite:///{self.home / 'archiver.db'}")
        try:
            return verify(database, self.vault, processes=1)
        finally:
            database.close()

    def problems(self) -> str:
        """All problems, one a line."""
        result = self.verified()
        assert result.ok == (not result.problems)
        return "\n".join(result.problems)


@pytest.fixture
def case(captured: Path, tmp_path: Path) -> Case:
    shutil.copytree(captured, tmp_path / "home")
    return Case(tmp_path / "home")


def test_an_untouched_archive_holds(case: Case) -> None:
    result = case.verified()
    assert result.problems == []
    assert result.files == len(case.segments()) == 3
    assert result.versions > 10
    assert result.ledger_lines >= 4
    assert len(result.head) == 64


def test_two_processes_find_the_same(case: Case) -> None:
    database = open_database(f"sqlite:///{case.home / 'archiver.db'}")
    told: list[tuple[int, int]] = []
    result = verify(
        database, case.vault, processes=2, tell=lambda done, total: told.append((done, total))
    )
    database.close()
    assert result.problems == []
    assert told == [(1, 3), (2, 3), (3, 3)]


# -- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 0.999])
def test_a_flipped_bit_is_found(case: Case, place: float) -> None:
    path = case.segments()[0]
    content = bytearray(path.read_bytes())
    content[int(place * len(content))] ^= 4
    case.write(path, bytes(content))
    assert path.name in case.problems()


def test_a_cut_off_segment_is_found(case: Case) -> None:
    path = case.segments()[0]
    content = path.read_bytes()
    for length in (len(content) - 1, len(content) // 2, 0):
        case.write(path, content[:length])
        assert path.name in case.problems()


def test_a_deleted_segment_is_found(case: Case) -> None:
    path = case.segments()[1]
    path.unlink()
    assert f"the segment {path.name} is in the database but not in the vault" in case.problems()


def test_a_segment_in_the_wrong_place_is_found(case: Case) -> None:
    path = case.segments()[1]
    wrong = case.home / "vault" / "2026" / "01" / "01"
    wrong.mkdir(parents=True)
    path.rename(wrong / path.name)
    problems = case.problems()
    assert f"{path.name} is in the database but not in the vault" in problems
    assert f"{wrong / path.name} is no segment" in problems


def test_foreign_files_are_found(case: Case) -> None:
    note = case.segments()[0].with_name("notes.txt")
    note.write_text("mine")
    hidden = case.home / "vault" / ".cache"
    hidden.write_text("x")
    link = case.segments()[0].with_name("20261124T000000Z-fb-00000000.warc.gz")
    link.symlink_to(case.segments()[0])
    problems = case.problems()
    for path in (note, hidden):
        assert f"{path} is no segment" in problems
    assert link.name in problems


def test_a_segment_exchanged_with_its_row_is_still_betrayed_by_the_ledger(case: Case) -> None:
    first, second, _ = case.segments()
    case.write(second, first.read_bytes())
    case.sql(
        "UPDATE segments SET (sha256, size, records) = "
        f"(SELECT sha256, size, records FROM segments WHERE name = '{first.name}') "
        f"WHERE name = '{second.name}'"
    )
    problems = case.problems()
    assert f"the hash of the segment {second.name} is not the one that the ledger says" in problems


# -- rows -------------------------------------------------------------------------------------

CONSISTENT = """UPDATE versions SET canonical = replace(canonical, '"A"', '"X"'),
    digest = archiver_sha(replace(canonical, '"A"', '"X"')) WHERE words LIKE 'A%'"""

CHANGES = {
    "the text": "UPDATE versions SET canonical = replace(canonical, '\"A\"', '\"X\"')"
    " WHERE canonical LIKE '%\"A\"%'",
    "the searched words": "UPDATE versions SET words = 'harmless' WHERE words LIKE 'A%'",
    "the platform's json": "UPDATE versions SET native = '{}' WHERE words LIKE 'A%'",
    "the time of capture": "UPDATE versions SET captured_at = '2020-01-01 00:00:00.000000'"
    " WHERE words LIKE 'A%'",
    "the bounds": "UPDATE versions SET not_after = '2020-01-01 00:00:00.000000'"
    " WHERE words LIKE 'A%'",
    "the visibility": "UPDATE versions SET visibility = 'hidden' WHERE words LIKE 'A%'",
    "the exchange": "UPDATE versions SET exchange_id = (SELECT e.id FROM exchanges e"
    " WHERE e.id <> versions.exchange_id LIMIT 1) WHERE words LIKE 'A%'",
    "the leaf": "UPDATE versions SET leaf = digest WHERE words LIKE 'A%'",
    "a removed version": "DELETE FROM versions WHERE words LIKE 'A%'",
    "all versions of a run": "DELETE FROM versions WHERE run_id ="
    " (SELECT run_id FROM versions WHERE words = 'B\nEvidence')",
    "a finding's evidence": "UPDATE findings SET evidence = 'author'",
    "a finding's bounds": "UPDATE findings SET not_before = '2020-01-01 00:00:00.000000'",
    "a removed finding": "DELETE FROM findings",
    "an exchange's place": "UPDATE exchanges SET response_offset = response_offset + 1",
    "a media hash": "UPDATE version_media SET sha256 ="
    " (SELECT max(sha256) FROM media) WHERE alt_text = 'Evidence'"
    " AND sha256 <> (SELECT max(sha256) FROM media)",
    "a media hash taken away": "UPDATE version_media SET sha256 = NULL WHERE sha256 IS NOT NULL",
    "a removed media entry": "DELETE FROM version_media WHERE alt_text = 'Evidence'",
    "a removed run": "DELETE FROM runs WHERE segment IS NOT NULL",
    "another segment's run": "UPDATE runs SET segment = (SELECT max(name) FROM segments)"
    " WHERE segment IS NOT NULL",
    "a removed segment row": "DELETE FROM segments",
    "a ledger line": "UPDATE ledger SET body = replace(body, '\"versions\":', '\"versions\": ')"
    " WHERE kind = 'run'",
    "a ledger line's time": "UPDATE ledger SET at = '2020-01-01 00:00:00.000000' WHERE seq = 2",
    "a removed ledger line": "DELETE FROM ledger WHERE seq = 2",
    "a removed last ledger line": "DELETE FROM ledger WHERE seq = (SELECT max(seq) FROM ledger)",
    "a text and its digest": CONSISTENT,
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_row_is_found(case: Case, what: str) -> None:
    with case.unguarded() as connection:
        connection.create_function(
            "archiver_sha", 1, lambda text: hashlib.sha256(text.encode()).hexdigest()
        )
        connection.execute("PRAGMA foreign_keys = OFF")
        assert connection.execute(CHANGES[what]).rowcount > 0
    assert case.problems()


def test_problems_name_the_thing(case: Case) -> None:
    case.sql("UPDATE versions SET words = 'harmless' WHERE words = 'A\nEvidence'")
    [problem] = case.verified().problems
    with closing(sqlite3.connect(case.home / "archiver.db")) as connection:
        [(post,)] = connection.execute(
            "SELECT platform_id FROM records r JOIN versions v ON v.record_id = r.id "
            "WHERE v.words = 'harmless'"
        )
    assert problem == f"post {post}: a stored version is not as the sealed file of its run says"


# -- the database's own fences ----------------------------------------------------------------


@pytest.fixture
def shell(case: Case) -> Iterator[sqlite3.Connection]:
    """What an administrator with the sqlite3 program has, with its defaults."""
    with closing(sqlite3.connect(case.home / "archiver.db")) as connection:
        # gaps, alarms and audits have no rows yet: a row that can be attacked
        stamp = "2026-11-24 12:00:00.000000"
        connection.execute(
            "INSERT INTO gaps (account_id, kind, began, reason) VALUES (1, 'outage', ?, 'x')",
            (stamp,),
        )
        connection.execute(
            "INSERT INTO alarms (kind, text, at_risk_since, opened_at, notices) "
            "VALUES ('x', 'x', ?, ?, 0)",
            (stamp, stamp),
        )
        connection.execute(
            "INSERT INTO audits (account_id, at, report) VALUES (1, ?, '{}')", (stamp,)
        )
        connection.commit()
        yield connection


@pytest.mark.parametrize("table", [t.name for t in (*APPEND_ONLY, *NEVER_DELETED)])
def test_nothing_can_be_deleted(shell: sqlite3.Connection, table: str) -> None:
    before = shell.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    assert before > 0
    for statement in (f"DELETE FROM {table}", f"DELETE FROM {table} WHERE rowid = 1 OR 1 LIMIT 1"):
        with pytest.raises(sqlite3.Error, match=r"is evidence: DELETE is refused|syntax"):
            shell.execute(statement)
    assert shell.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == before


@pytest.mark.parametrize("table", [t.name for t in APPEND_ONLY])
def test_evidence_cannot_be_changed_or_replaced(shell: sqlite3.Connection, table: str) -> None:
    columns = [row[1] for row in shell.execute(f"PRAGMA table_info({table})")]
    for column in columns:
        with pytest.raises(sqlite3.IntegrityError, match="is evidence: UPDATE is refused"):
            shell.execute(f"UPDATE {table} SET {column} = {column}")
    with pytest.raises(sqlite3.IntegrityError, match=r"is evidence: (REPLACE|UPDATE) is refused"):
        shell.execute(f"REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")
    names = ", ".join(columns)
    with pytest.raises(sqlite3.IntegrityError, match=r"is evidence: (REPLACE|UPDATE) is refused"):
        shell.execute(
            f"INSERT INTO {table} ({names}) SELECT {names} FROM {table} WHERE true LIMIT 1 "
            f"ON CONFLICT DO UPDATE SET {columns[-1]} = 'x'"
        )


def test_a_row_cannot_be_replaced_through_another_unique_column(shell: sqlite3.Connection) -> None:
    """REPLACE also removes rows that collide in a second unique key, and with SQLite's default
    no delete trigger fires for those."""
    attacks = {
        "versions": ("id", "id + 1"),
        "ledger": ("seq", "seq + 1000"),
        "records": ("id", "id + 1000"),
        "accounts": ("id", "id + 1000"),
    }
    for table, (key, other) in attacks.items():
        columns = [row[1] for row in shell.execute(f"PRAGMA table_info({table})")]
        values = ", ".join(other if c == key else c for c in columns)
        with pytest.raises(sqlite3.IntegrityError, match="REPLACE is refused"):
            shell.execute(
                f"REPLACE INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} LIMIT 1"
            )


def test_a_media_entry_is_filled_once_and_its_description_never_changes(
    shell: sqlite3.Connection,
) -> None:
    for change in ("alt_text = 'x'", "key = 'x'", "sha256 = NULL", "status = 'failed'", "url = ''"):
        with pytest.raises(sqlite3.IntegrityError, match="is evidence: UPDATE is refused"):
            shell.execute(f"UPDATE version_media SET {change} WHERE sha256 IS NOT NULL")


def test_the_search_index_holds_every_version(captured: Path) -> None:
    database: Database = open_database(f"sqlite:///{captured / 'archiver.db'}")
    with database.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT count(*) FROM versions_search WHERE versions_search MATCH 'evidence'"
        ).scalar_one()
    database.close()
    assert found == 2
