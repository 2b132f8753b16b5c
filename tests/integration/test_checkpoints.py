"""Checkpoints of the ledger, their time stamps, and the places of versions under them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner
from werkzeug.wrappers import Response

from archiver.cli import checkpoints as _command  # noqa: F401 - adds the command
from archiver.cli.app import app
from archiver.demo.simulators.base import Loopback
from archiver.desk.checkpoints import TIME_STAMPS, Checkpoints
from archiver.desk.verify import Verification, verify
from archiver.errors import EvidenceError
from archiver.ledger import merkle, timestamp
from archiver.ledger.timestamp import TimestampError
from archiver.model.manifest import leaf_of
from archiver.model.queries import checkpoints, health, ledger
from archiver.model.queries.places import places
from archiver.wiring import Archive
from config.settings import Authority, Proof
from tests.support.archive import make_archive
from tests.support.clock import NOON, FakeClock
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.stage import (
    Stage,
    boards,  # noqa: F401 - a fixture
    stage,  # noqa: F401 - a fixture
)
from tests.support.time_authority import TimeAuthority


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TimeAuthority]:
    made = TimeAuthority(tmp_path_factory.mktemp("tsa") / "one")
    with Loopback() as loopback:
        loopback.serve(made)
        yield made


@pytest.fixture(autouse=True)
def _works(authority: TimeAuthority) -> None:
    authority.says = None


@pytest.fixture(params=["sqlite", "postgresql"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    with fresh_database(request.param, request) as url:
        sections = {"database": {"url": url}} if url else {}
        with make_archive(tmp_path, clock=FakeClock(), sections=sections) as made:
            yield made


def stamping(archive: Archive, *authorities: TimeAuthority) -> Checkpoints:
    """The archive's checkpoints, with these authorities in the settings."""
    listed = tuple(Authority(url=each.url, ca_file=each.ca_file) for each in authorities)
    return Checkpoints(archive.database, archive.clock, Proof(authorities=listed))


def write_lines(archive: Archive, count: int) -> None:
    with archive.database.write() as connection:
        for number in range(count):
            ledger.append(connection, at=NOON, kind="note", body={"number": number})


def alarms(archive: Archive) -> list[health.Alarm]:
    with archive.database.read() as connection:
        return health.open_alarms(connection)


def verified(archive: Archive, *authorities: TimeAuthority) -> Verification:
    listed = [Authority(url=each.url, ca_file=each.ca_file) for each in authorities]
    return verify(archive.database, archive.vault, processes=1, authorities=listed)


# --- checkpoints


def test_a_checkpoint_is_made_when_there_is_news_and_stamped(
    archive: Archive, authority: TimeAuthority
) -> None:
    desk = stamping(archive, authority)
    assert desk.round().made is None  # the ledger is empty
    write_lines(archive, 5)
    done = desk.round()
    assert (done.stamps, done.problems) == (1, ())
    assert done.made is not None
    with archive.database.read() as connection:
        hashes = [line.hash for line in ledger.lines(connection)]
    assert (done.made.seq, done.made.head) == (5, hashes[-1])
    assert done.made.root == merkle.root(hashes)
    again = desk.round()
    assert (again.made, again.stamps) == (None, 0)
    result = verified(archive, authority)
    assert (result.problems, result.checkpoints, result.stamps) == ([], 1, 1)


def test_lines_lead_to_the_checkpoint(archive: Archive) -> None:
    write_lines(archive, 11)
    newest, held, _ = stamping(archive).current()
    assert newest is not None
    assert held == []
    write_lines(archive, 3)  # later ones change nothing
    with archive.database.read() as connection:
        proved = list(checkpoints.proved_lines(connection, [9, 1, 11, 9], checkpoint=newest))
        with pytest.raises(IndexError):
            list(checkpoints.proved_lines(connection, [12], checkpoint=newest))
    assert [each.entry.seq for each in proved] == [1, 9, 11]
    for each in proved:
        assert merkle.verify(
            each.entry.hash, index=each.index, size=each.size, path=each.path, root=newest.root
        )


def test_a_failing_authority_is_an_alarm_and_is_caught_up(
    archive: Archive, authority: TimeAuthority
) -> None:
    desk = stamping(archive, authority)
    authority.says = Response("out of order", 503)
    for _ in range(3):
        write_lines(archive, 2)
        done = desk.round()
        assert done.made is not None
        assert "503" in done.problems[0]
    (alarm,) = alarms(archive)
    assert alarm.kind == TIME_STAMPS
    assert alarm.text.startswith("3 time stamps of checkpoints are missing")
    assert verified(archive, authority).problems == []
    authority.says = None
    done = desk.round()
    assert (done.made, done.stamps, done.problems) == (None, 3, ())
    assert alarms(archive) == []
    assert verified(archive, authority).stamps == 3


def test_one_failing_authority_does_not_keep_the_other_from_stamping(
    archive: Archive, authority: TimeAuthority, tmp_path: Path
) -> None:
    broken = TimeAuthority(tmp_path / "other")
    broken.says = Response("not a time stamp", 200)
    with Loopback() as loopback:
        loopback.serve(broken)
        write_lines(archive, 1)
        done = stamping(archive, broken, authority).round()
    assert done.stamps == 1
    assert len(done.problems) == 1
    assert broken.url in done.problems[0]


def test_an_authority_that_is_not_there_is_said_so(archive: Archive, tmp_path: Path) -> None:
    gone = TimeAuthority(tmp_path / "gone")
    with Loopback() as loopback:
        loopback.serve(gone)
    write_lines(archive, 1)
    done = stamping(archive, gone).round()
    assert "could not be reached" in done.problems[0]


def test_what_is_changed_in_checkpoints_and_stamps_is_found(
    archive: Archive, authority: TimeAuthority
) -> None:
    desk = stamping(archive, authority)
    write_lines(archive, 3)
    desk.round()
    write_lines(archive, 3)
    desk.round()
    clean = verified(archive, authority)
    assert (clean.problems, clean.checkpoints, clean.stamps) == ([], 2, 2)
    unknown = verified(archive)
    assert (unknown.problems, unknown.stamps, unknown.unverifiable_stamps) == ([], 0, 2)
    if archive.database.engine.dialect.name != "sqlite":
        return
    with archive.database.engine.begin() as connection:
        for (name,) in connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'check%'")
        ).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        connection.execute(text("UPDATE checkpoints SET root = head WHERE seq = 3"))
    problems = "\n".join(verified(archive, authority).problems)
    assert "the checkpoint over ledger lines 1 to 3 is not that of this ledger" in problems
    assert "on the checkpoint over 3 lines: the time stamp does not hold" in problems
    with archive.database.engine.begin() as connection:
        connection.execute(text("UPDATE checkpoint_tokens SET token = 'AA==' WHERE id = 2"))
        connection.execute(text("UPDATE checkpoints SET seq = 600 WHERE seq = 6"))
    problems = "\n".join(verified(archive, authority).problems)
    assert "the ledger has not the 600 lines" in problems
    assert "on the checkpoint over 600 lines: the time stamp does not hold" in problems


def test_the_commands_make_and_show_checkpoints(tmp_path: Path) -> None:
    with make_archive(tmp_path, clock=FakeClock()) as archive:
        write_lines(archive, 4)
        home = str(archive.settings.home)
    runner = CliRunner()
    empty = runner.invoke(app, ["--home", home, "checkpoint", "show"])
    assert "There is no checkpoint yet" in empty.output
    made = runner.invoke(app, ["--home", home, "checkpoint", "make"])
    assert made.exit_code == 0, made.output
    assert "New checkpoint over ledger lines 1 to 4" in made.output
    assert "No time-stamping authority is set" in made.output
    again = runner.invoke(app, ["--home", home, "checkpoint", "make"])
    assert "Nothing new since the checkpoint" in again.output
    shown = runner.invoke(app, ["--home", home, "checkpoint", "show", "--json"])
    (only,) = json.loads(shown.output)
    assert only["checkpoint"]["seq"] == 4
    assert only["stamped_by"] == []


# --- time stamps


@pytest.mark.parametrize("out_of_order", [False, True], ids=["plain", "out of DER order"])
def test_a_stamp_holds_for_its_message_only(tmp_path: Path, *, out_of_order: bool) -> None:
    authority = TimeAuthority(tmp_path / "tsa", out_of_order=out_of_order)
    stranger = TimeAuthority(tmp_path / "stranger")
    with Loopback() as loopback:
        loopback.serve(authority)
        stamp = timestamp.fetch(authority.url, b"message", ca_file=authority.ca_file)
        with pytest.raises(TimestampError, match="does not hold"):
            timestamp.fetch(authority.url, b"message", ca_file=stranger.ca_file)
    kept = timestamp.verify(stamp.answer, b"message", ca_file=authority.ca_file)
    assert kept.at.replace(microsecond=0) == stamp.at.replace(microsecond=0)
    with pytest.raises(TimestampError, match="does not hold"):
        timestamp.verify(stamp.answer, b"another", ca_file=authority.ca_file)
    with pytest.raises(TimestampError, match="does not hold"):
        timestamp.verify(stamp.answer, b"message", ca_file=stranger.ca_file)
    with pytest.raises(TimestampError):
        timestamp.verify(stamp.answer[:-40], b"message", ca_file=authority.ca_file)


def test_an_old_answer_is_no_answer(authority: TimeAuthority) -> None:
    """The nonce tells a fresh stamp from one that was recorded."""
    authority.says = Response(authority.stamp(b"message"), content_type=timestamp.REPLY)
    with pytest.raises(TimestampError, match="does not hold"):
        timestamp.fetch(authority.url, b"message", ca_file=authority.ca_file)


def test_certificates_that_cannot_be_read_are_named(
    authority: TimeAuthority, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for path in (empty, tmp_path / "missing.pem"):
        with pytest.raises(TimestampError, match=path.name):
            timestamp.fetch(authority.url, b"message", ca_file=path)
    with pytest.raises(TimestampError, match="no root certificate"):
        timestamp.fetch(authority.url, b"message", ca_file=authority.keys.leaf)


# --- places


def assert_proved(on: Stage, version_id: int) -> dict[str, object] | None:
    """The version's leaf leads to the root that the ledger has of its run."""
    with on.database.read() as connection:
        place = places(connection, [version_id])[version_id]
        lines = {line.seq: line for line in ledger.lines(connection)}
    said = json.loads(lines[place.line].body)
    assert lines[place.line].kind == "run"
    assert (said["root"], said["versions"]) == (place.root, place.size)
    assert merkle.verify(
        place.leaf, index=place.index, size=place.size, path=place.path, root=place.root
    )
    if place.preimage is not None:
        pre = place.preimage
        assert place.leaf == leaf_of(
            identity=(pre["family"], pre["platform_id"], pre["version_key"]),
            digest=pre["digest"],
            media=[(each["key"], each["sha256"]) for each in pre["media"]],
            salt=pre["salt"],
        )
    return place.preimage


def test_every_version_has_its_place(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook()
    page.page.seed(7)
    edited = page.page.publish("A", photos=["Evidence"])
    stage.capture("fb")
    stage.later(minutes=20)
    page.page.edit(edited, "B")
    stage.capture("fb")
    rows = stage.rows("SELECT id, canonical, digest FROM versions")
    assert len(rows) > 8
    with stage.database.read() as connection:
        found = places(connection, [row.id for row in rows])
    assert found.keys() == {row.id for row in rows}
    assert all(each.salted for each in found.values())
    for row in rows:
        pre = assert_proved(stage, row.id)
        assert pre is not None
        assert pre["digest"] == row.digest == hashlib.sha256(row.canonical.encode()).hexdigest()


def test_a_file_that_was_fetched_later_is_not_in_the_leaf(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook()
    post = page.page.publish("A", photos=["One", "Two"])
    stage.capture("fb")
    (version,) = stage.versions(post)
    files = stage.media(version.id)
    assert len(files) == 2
    assert all(each.sha256 for each in files)
    # As if the second had failed at first: the leaf was sealed without it.
    listed = [(files[0].key, files[0].sha256), (files[1].key, "")]
    identity = ("post", post, version.version_key)
    sealed = leaf_of(identity=identity, digest=version.digest, media=listed, salt=version.salt)
    with stage.database.engine.begin() as connection:
        for (name,) in connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'versions'")
        ).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        connection.execute(text("UPDATE versions SET leaf = :leaf WHERE id = :id"),
                           {"leaf": sealed, "id": version.id})  # fmt: skip
    with (
        stage.database.read() as connection,
        pytest.raises(EvidenceError, match="not those that the ledger speaks of"),
    ):
        places(connection, [version.id])
    _seal_again(stage, version.run_id)
    pre = assert_proved(stage, version.id)
    assert pre is not None
    assert pre["media"] == [{"key": key, "sha256": sha256} for key, sha256 in listed]


def _seal_again(on: Stage, run_id: str) -> None:
    """Give the run's ledger line the root of its leaves as they are now."""
    leaves = [row.leaf for row in on.rows("SELECT leaf FROM versions WHERE run_id = :r", r=run_id)]
    with on.database.read() as connection:
        lines = [line for line in ledger.lines(connection) if run_id in line.body]
    (line,) = lines
    body = json.loads(line.body) | {"root": merkle.root(sorted(leaves))}
    with on.database.engine.begin() as connection:
        for (name,) in connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger'")
        ).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        connection.execute(text("UPDATE ledger SET body = :body WHERE seq = :seq"),
                           {"body": json.dumps(body), "seq": line.seq})  # fmt: skip


def test_a_version_that_is_not_there_has_no_place(stage: Stage) -> None:  # noqa: F811
    with stage.database.read() as connection, pytest.raises(EvidenceError, match="is not there"):
        places(connection, [12345])


def test_a_changed_salt_is_found(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook()
    post = page.page.publish("A")
    stage.capture("fb")
    (version,) = stage.versions(post)
    with stage.database.engine.begin() as connection:
        for (name,) in connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'versions'")
        ).all():
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        connection.execute(text("UPDATE versions SET salt = 'other' WHERE id = :id"),
                           {"id": version.id})  # fmt: skip
    with stage.database.read() as connection, pytest.raises(EvidenceError, match="does not give"):
        places(connection, [version.id])
