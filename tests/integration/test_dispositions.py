"""A disposition from proposal to certificate: what goes is in no byte, what stays is as it was."""

from __future__ import annotations

import gc
import hashlib
import json
import re
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import bagit  # type: ignore[import-untyped]
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from archiver.demo.simulators.wordpress_files import picture
from archiver.desk.certificate import digest_of
from archiver.desk.certificate_pdf import as_pdf
from archiver.desk.hold_order import HoldOrder
from archiver.errors import BusyError, RefusedError, UsageError
from archiver.warc.check import check_segment
from archiver.warc.reader import iterate, read_record
from connectors.base import Window
from retention.facts import Action, HoldKind, Scope
from tests.support.archive import PROPOSER
from tests.support.canaries import Search
from tests.support.disposal import (
    HISTORY,
    LONGER,
    OFFICER,
    OWN,
    SECOND,
    SERIES,
    adopt,
    approved_batch,
    evaluated,
    everything_in,
    executed,
    make_disposal,
    problems,
    states,
    write_law,
)
from tests.support.postgresql import (
    fresh_database,
    postgresql,  # noqa: F401 - a fixture
)
from tests.support.stage import Board, Stage, boards  # noqa: F401 - a fixture

CANARY = "QuebrachoZwiebackMenagerie"
LONG_AGO = timedelta(days=365 * 3)
BLANK = (
    "UPDATE versions SET words = '', title = '', language = '', canonical = '', native = '', "
    "salt = ''"
)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def stage(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> Iterator[Stage]:
    with (
        fresh_database(request.param, request) as url,
        make_disposal(tmp_path, boards, sections={"database": {"url": url}}) as made,
    ):
        yield made


def hits(stage: Stage, canary: str = CANARY) -> list[object]:
    """Where the canary still sings: files, what is packed in them, and the database."""
    search = Search({"destroyed": canary})
    found: list[object] = [*search.home(stage.archive.settings.home)]
    for where, cell in everything_in(stage):
        found += search.data(cell, where)
    return found


def old_and_new(stage: Stage) -> tuple[int, list[int]]:
    """A site with one post that is old enough and five that are not, on the same page."""
    site = stage.wordpress()
    long_ago = stage.clock.now() - LONG_AGO
    doomed = site.publish("Old notice", f"<p>The {CANARY} is closed.</p>", at=long_ago)
    kept = [site.publish(f"Notice {n}", f"<p>The pool opens at {n}.</p>") for n in range(5)]
    stage.capture("wp")
    evaluated(stage)
    return doomed, kept


# -- destruction ------------------------------------------------------------------------------


def test_what_was_destroyed_is_in_no_byte_and_all_else_is_as_it_was(stage: Stage) -> None:
    doomed, kept = old_and_new(stage)
    before = {number: stage.versions(str(number)) for number in kept}
    assert hits(stage) != []
    proposed = approved_batch(stage.archive)
    assert proposed.records == 1
    loaded = stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
    assert states(loaded) == {"done": 1}
    assert hits(stage) == []
    assert problems(stage.archive) == []
    assert stage.record(str(doomed)).presence == "destroyed"
    [version] = stage.versions(str(doomed))
    assert (version.canonical, version.native, version.words) == ("", "", "")
    assert len(version.digest) == len(version.leaf) == 64
    assert {number: stage.versions(str(number)) for number in kept} == before
    for number in kept:  # its page is there, cut
        [version] = stage.versions(str(number))
        [place] = stage.rows("SELECT * FROM exchanges WHERE id = :id", id=version.exchange_id)
        path = stage.archive.vault.path(place.segment)
        page = read_record(path, place.response_offset, place.response_length)
        assert page.kind == "conversion"
        assert f"The pool opens at {kept.index(number)}.".encode() in page.content
    assert stage.capture("wp", Window.NEW).error is None
    assert problems(stage.archive) == []


def test_postgresql_keeps_it_in_no_table_file_either(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
) -> None:
    with (
        fresh_database("postgresql", request) as url,
        make_disposal(tmp_path, boards, sections={"database": {"url": url}}) as made,
    ):
        oid = made.value("SELECT oid FROM pg_database WHERE datname = current_database()")
        folder = Path(made.value("SHOW data_directory")) / "base" / str(oid)

        def files() -> list[Path]:
            with made.database.engine.connect() as connection:
                connection.execution_options(isolation_level="AUTOCOMMIT")
                connection.exec_driver_sql("CHECKPOINT")
            return [p for p in folder.iterdir() if CANARY.encode() in p.read_bytes()]

        old_and_new(made)
        assert files() != []
        proposed = approved_batch(made.archive)
        made.archive.dispositions.execute(proposed.batch, by=OFFICER)
        assert files() == []


def test_untouched_records_of_a_rewritten_segment_keep_every_byte(stage: Stage) -> None:
    site = stage.wordpress()
    long_ago = stage.clock.now() - LONG_AGO
    site.publish("Old notice", f"<p>The {CANARY} is closed.</p>", at=long_ago)
    file = site.upload("pool.png", picture(3), "image/png", alt_text="the pool")
    site.publish("Pool", "<p>It is open.</p>", featured=file)
    for number in range(4):
        site.publish(f"Notice {number}", "<p>More.</p>")
    stage.capture("wp")
    evaluated(stage)
    [sha256] = {row.sha256 for row in stage.rows("SELECT sha256 FROM media")}
    before = stage.payload(sha256)
    proposed = approved_batch(stage.archive)
    stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
    after = stage.payload(sha256)
    assert (after.headers, after.block) == (before.headers, before.block)


def test_an_edited_post_goes_with_all_its_versions(stage: Stage) -> None:
    site = stage.wordpress()
    post = site.publish("Old notice", "<p>First, long enough.</p>")
    stage.capture("wp")
    site.edit(post, content=f"<p>Second: {CANARY}.</p>")
    site.autosave(post, f"<p>Autosaved {CANARY}.</p>")
    stage.later(minutes=1)
    stage.capture("wp")
    stage.later(days=365 * 3)
    for number in range(9):
        site.publish(f"Notice {number}", "<p>New.</p>")
    stage.capture("wp")
    evaluated(stage)
    assert len(stage.versions(str(post))) == 2
    proposed = approved_batch(stage.archive)
    executed(stage.archive, proposed.batch)
    assert hits(stage) == []
    assert problems(stage.archive) == []


def test_a_picture_goes_with_its_last_record_and_not_before(stage: Stage) -> None:
    site = stage.wordpress()
    long_ago = stage.clock.now() - LONG_AGO
    picture_url = f"{site.url}/wp-content/uploads"
    shared = site.upload("shared.png", picture(1), "image/png")
    alone = site.upload("alone.png", picture(2), "image/png", alt_text=CANARY)
    for file in (shared, alone):
        site.posts[file].date = site.posts[file].modified = long_ago
    site.publish("Old", "<p>Old words.</p>", featured=alone, at=long_ago)
    where = site.posts[shared].file
    assert where is not None
    site.publish("New", f'<p>New <img src="{picture_url}/{where.path}"></p>')
    for number in range(6):
        site.publish(f"Notice {number}", "<p>New.</p>")
    stage.capture("wp")
    assert stage.value("SELECT count(*) FROM media") == 2
    evaluated(stage)
    proposed = approved_batch(stage.archive)
    executed(stage.archive, proposed.batch)
    assert stage.value("SELECT count(*) FROM media") == 1
    [kept] = stage.rows("SELECT sha256 FROM media")
    assert stage.payload(kept.sha256).payload == picture(1)
    assert picture(2) not in [stage.payload(r.sha256).payload for r in [kept]]
    assert hits(stage) == []
    assert problems(stage.archive) == []


def test_a_payload_that_was_only_referred_to_the_second_time_goes_with_its_last_record(
    stage: Stage,
) -> None:
    site = stage.wordpress()
    now = stage.clock.now()
    first = site.upload("first.png", picture(4), "image/png")
    site.posts[first].date = site.posts[first].modified = now - LONG_AGO
    stage.capture("wp")
    second = site.upload("second.png", picture(4), "image/png")
    site.posts[second].date = site.posts[second].modified = now - timedelta(days=500)
    for number in range(9):
        site.publish(f"Notice {number}", "<p>New.</p>")
    stage.capture("wp")
    evaluated(stage)
    kinds = {r.kind for path in stage.segments() for r, _, _ in iterate(path)}
    assert "revisit" in kinds
    executed(stage.archive, approved_batch(stage.archive).batch)
    [kept] = stage.rows("SELECT sha256 FROM media")
    assert stage.payload(kept.sha256).payload == picture(4)
    assert problems(stage.archive) == []
    stage.later(days=365)
    evaluated(stage)
    executed(stage.archive, approved_batch(stage.archive).batch)
    assert stage.rows("SELECT sha256 FROM media") == []
    everything = [r for path in stage.segments() for r, _, _ in iterate(path)]
    assert "revisit" not in {r.kind for r in everything}
    assert not any(picture(4) in r.block for r in everything)
    assert problems(stage.archive) == []


def test_a_comment_stays_when_its_post_is_destroyed(stage: Stage) -> None:
    site = stage.wordpress()
    post = site.publish("Old", f"<p>The {CANARY}.</p>", at=stage.clock.now() - LONG_AGO)
    comment = site.comment(post, "When does it open again?")
    for number in range(4):
        site.publish(f"Notice {number}", "<p>New.</p>")
    stage.capture("wp")
    evaluated(stage)
    before = stage.versions(str(comment), "comment")
    proposed = approved_batch(stage.archive)
    assert proposed.records == 1
    stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
    assert stage.versions(str(comment), "comment") == before
    left = stage.record(str(comment), "comment")
    assert (left.parent_id, left.presence) == (str(post), "present")
    assert hits(stage) == []
    assert problems(stage.archive) == []


def test_an_x_post_goes_with_what_only_it_refers_to(stage: Stage) -> None:
    x = stage.x()
    long_ago = stage.clock.now() - LONG_AGO
    photo = x.photo(f"a photo of {CANARY}")
    doomed = x.publish(f"The {CANARY} is closed", media=[photo], at=long_ago)
    x.comment(doomed, f"Sad about {CANARY}", by="ned", at=long_ago + timedelta(hours=1))
    for number in range(6):
        x.publish(f"Notice {number}")
    stage.capture("spd-x")
    evaluated(stage)
    proposed = approved_batch(stage.archive)
    executed(stage.archive, proposed.batch)
    assert stage.record(doomed).presence == "destroyed"
    assert hits(stage) == []
    assert problems(stage.archive) == []


def test_a_facebook_post_goes_with_its_photo_and_leaves_a_new_comment(stage: Stage) -> None:
    facebook = stage.facebook()
    long_ago = stage.clock.now() - LONG_AGO
    post = facebook.page.publish(f"The {CANARY}", photos=[f"alt {CANARY}"], when=long_ago)
    comment = facebook.page.comment(post, "Open again soon?")
    for number in range(6):
        facebook.page.publish(f"Notice {number}", photos=["the pool"])
    stage.capture("fb")
    evaluated(stage)
    before = stage.versions(comment, "comment")
    proposed = approved_batch(stage.archive)
    executed(stage.archive, proposed.batch)
    assert stage.record(post).presence == "destroyed"
    assert stage.versions(comment, "comment") == before
    assert hits(stage) == []
    assert problems(stage.archive) == []


@pytest.mark.parametrize("form", ["rss", "atom", "json"])
def test_a_feed_loses_the_entry(stage: Stage, form: str) -> None:
    feed = stage.feed(form=form)
    feed.publish("Old", f"<p>The {CANARY}</p>", picture=True, at=stage.clock.now() - LONG_AGO)
    for number in range(6):
        feed.publish(f"Notice {number}", "<p>New.</p>")
    stage.capture("feed")
    evaluated(stage)
    proposed = approved_batch(stage.archive)
    executed(stage.archive, proposed.batch)
    assert hits(stage) == []
    assert problems(stage.archive) == []


def test_two_dispositions_follow_each_other_through_the_same_segment(stage: Stage) -> None:
    site = stage.wordpress()
    now = stage.clock.now()
    site.publish("Oldest", f"<p>One {CANARY}</p>", at=now - LONG_AGO)
    site.publish("Old", f"<p>Two {CANARY}</p>", at=now - timedelta(days=500))
    for number in range(9):
        site.publish(f"Notice {number}", "<p>New.</p>")
    stage.capture("wp")
    evaluated(stage)
    first = approved_batch(stage.archive)
    stage.archive.dispositions.execute(first.batch, by=OFFICER)
    stage.later(days=365)
    evaluated(stage)
    second = approved_batch(stage.archive)
    stage.archive.dispositions.execute(second.batch, by=OFFICER)
    assert (first.records, second.records) == (1, 1)
    assert hits(stage) == []
    assert problems(stage.archive) == []


# -- holds, schedules, people -----------------------------------------------------------------


def place(stage: Stage, record: int, matter: str, kind: HoldKind = HoldKind.LITIGATION) -> str:
    order = HoldOrder(
        matter=matter, issuer="City Attorney", kind=kind, scope=Scope(picks=frozenset({record}))
    )
    return stage.archive.holds.place(order).entry.name


def test_a_hold_placed_a_minute_before_the_execution_keeps_its_record(stage: Stage) -> None:
    site = stage.wordpress()
    long_ago = stage.clock.now() - LONG_AGO
    held = site.publish("Held", "<p>Jones was here.</p>", at=long_ago)
    goes = site.publish("Goes", f"<p>{CANARY}</p>", at=long_ago)
    for number in range(5):
        site.publish(f"Notice {number}", "<p>New.</p>")
    stage.capture("wp")
    evaluated(stage)
    proposed = approved_batch(stage.archive)
    place(stage, stage.record(str(held)).id, "Jones v. Springfield")
    stage.later(minutes=1)
    loaded = stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
    assert states(loaded) == {"held": 1, "done": 1}
    [reason] = [item.reason for item in loaded.items if item.state == "held"]
    assert "Jones v. Springfield" in reason
    assert stage.record(str(held)).presence == "present"
    assert stage.versions(str(held))[0].canonical
    assert stage.record(str(goes)).presence == "destroyed"
    assert hits(stage) == []
    assert problems(stage.archive) == []


def test_a_hold_on_everything_ends_the_batch(stage: Stage) -> None:
    doomed, _ = old_and_new(stage)
    proposed = approved_batch(stage.archive)
    place(stage, stage.record(str(doomed)).id, "Jones v. Springfield")
    loaded = stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
    assert (loaded.row.state, states(loaded)) == ("withdrawn", {"held": 1})
    assert hits(stage) != []
    assert problems(stage.archive) == []


def test_two_holds_and_a_request_must_all_be_over(stage: Stage) -> None:
    doomed, _ = old_and_new(stage)
    record = stage.record(str(doomed)).id
    names = [place(stage, record, "Jones"), place(stage, record, "Smith")]
    names.append(place(stage, record, "Request 12", HoldKind.REQUEST))
    for name in names:
        evaluated(stage)
        with pytest.raises(UsageError, match="no record is due"):
            stage.archive.dispositions.propose(by=PROPOSER)
        stage.archive.holds.release(name, actor="Mayor", reason="it is over")
    evaluated(stage)
    with pytest.raises(UsageError, match="no record is due"):  # the request's tail
        stage.archive.dispositions.propose(by=PROPOSER)
    stage.later(days=62)
    evaluated(stage)
    proposed = approved_batch(stage.archive)
    stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
    assert hits(stage) == []


def test_a_schedule_that_changes_under_a_batch_stops_it(stage: Stage) -> None:
    old_and_new(stage)
    proposed = approved_batch(stage.archive)
    write_law(stage.archive, OWN + LONGER)
    with pytest.raises(RefusedError, match="schedules have changed"):
        stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
    adopt(stage.archive, stage.clock.now().date())
    with pytest.raises(RefusedError, match="schedules have changed"):
        stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
    assert hits(stage) != []
    assert stage.archive.dispositions.get(proposed.batch).row.state == "approved"


def test_an_edit_that_arrives_after_the_cutoff_keeps_the_record(stage: Stage) -> None:
    site = stage.wordpress()
    post = site.publish("Old", "<p>Old words.</p>")
    stage.capture("wp")
    stage.later(days=365 * 3)
    for number in range(5):
        site.publish(f"Notice {number}", "<p>New.</p>")
    stage.capture("wp")
    evaluated(stage)
    proposed = approved_batch(stage.archive)
    site.edit(post, content="<p>New words.</p>")
    stage.capture("wp")
    evaluated(stage)
    loaded = executed(stage.archive, proposed.batch)
    [item] = [i for i in loaded.items if i.record_id == stage.record(str(post)).id]
    assert item.state == "excluded"
    assert "its time has not come" in item.reason
    assert problems(stage.archive) == []


def test_a_batch_executes_once_only(stage: Stage) -> None:
    old_and_new(stage)
    proposed = approved_batch(stage.archive)
    stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
    with pytest.raises(RefusedError, match="once only"):
        stage.archive.dispositions.execute(proposed.batch, by=OFFICER)


def test_nobody_approves_their_own_proposal_and_only_officers_execute(stage: Stage) -> None:
    old_and_new(stage)
    desk = stage.archive.dispositions
    proposed = desk.propose(by=OFFICER)
    with pytest.raises(RefusedError, match="possible only while it is reviewed"):
        desk.approve(proposed.batch, by=SECOND)
    desk.review(proposed.batch, by=OFFICER)
    with pytest.raises(RefusedError, match="second person"):
        desk.approve(proposed.batch, by=OFFICER.upper())
    with pytest.raises(RefusedError, match="only an approved one"):
        desk.execute(proposed.batch, by=OFFICER)
    desk.approve(proposed.batch, by=SECOND)
    with pytest.raises(RefusedError, match="records_officers"):
        desk.execute(proposed.batch, by="Mayor Quimby")
    desk.execute(proposed.batch, by=OFFICER)


def test_a_batch_that_takes_most_of_an_account_needs_a_named_override(stage: Stage) -> None:
    site = stage.wordpress()
    for number in range(3):
        site.publish(f"Old {number}", f"<p>{CANARY}</p>")
    stage.capture("wp")
    stage.later(days=365 * 3)
    evaluated(stage)
    proposed = approved_batch(stage.archive)
    with pytest.raises(RefusedError, match="it takes 3 of the 4 records of account wp"):
        stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
    assert states(executed(stage.archive, proposed.batch)) == {"done": proposed.records}
    assert hits(stage) == []
    assert problems(stage.archive) == []


def test_a_dry_run_is_the_plan_and_writes_nothing(stage: Stage) -> None:
    old_and_new(stage)
    proposed = approved_batch(stage.archive)
    head = stage.value("SELECT max(seq) FROM ledger")
    files = [path.read_bytes() for path in stage.segments()]
    preview = stage.archive.dispositions.preview(proposed.batch)
    assert [verdict.allowed for verdict in preview.verdicts.values()] == [True]
    assert [each.name for each in preview.plan.surgeries] == [p.name for p in stage.segments()]
    assert stage.value("SELECT max(seq) FROM ledger") == head
    assert [path.read_bytes() for path in stage.segments()] == files


def test_an_excluded_record_stays_with_the_reason(stage: Stage) -> None:
    site = stage.wordpress()
    long_ago = stage.clock.now() - LONG_AGO
    stays = site.publish("Stays", "<p>Historical.</p>", at=long_ago)
    site.publish("Goes", f"<p>{CANARY}</p>", at=long_ago)
    for number in range(5):
        site.publish(f"Notice {number}", "<p>New.</p>")
    stage.capture("wp")
    evaluated(stage)
    desk = stage.archive.dispositions
    proposed = desk.propose(by=PROPOSER)
    record = stage.record(str(stays)).id
    desk.exclude(proposed.batch, [record], by=OFFICER, reason="historical value")
    desk.review(proposed.batch, by=OFFICER)
    desk.approve(proposed.batch, by=SECOND)
    loaded = desk.execute(proposed.batch, by=OFFICER)
    assert states(loaded) == {"excluded": 1, "done": 1}
    assert stage.record(str(stays)).presence == "present"
    assert hits(stage) == []


# -- what the database keeps ------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE versions SET words = ''",
        "UPDATE versions SET digest = 'x'",
        "UPDATE findings SET statement = ''",
        "UPDATE exchanges SET url = ''",
        "UPDATE runs SET exchanges = '[]'",
        "UPDATE segments SET sha256 = 'x'",
        "UPDATE version_media SET url = ''",
        "DELETE FROM media",
        "DELETE FROM versions",
        "UPDATE batches SET state = 'executing'",
        "UPDATE batch_items SET state = 'going'",
        "INSERT INTO replacements SELECT name, name, 1, sha256, sealed_at FROM segments",
    ],
)
def test_the_database_refuses_outside_of_an_execution(stage: Stage, statement: str) -> None:
    site = stage.wordpress()
    file = site.upload("pool.png", picture(3), "image/png")
    post = site.publish(
        "Pool", "<p>It is open.</p>", featured=file, at=stage.clock.now() - LONG_AGO
    )
    for number in range(5):
        site.publish(f"Notice {number}", "<p>New.</p>")
    stage.capture("wp")
    site.delete(post)
    stage.later(days=1)
    stage.capture("wp")
    evaluated(stage)
    stage.archive.dispositions.propose(by=PROPOSER)
    assert stage.findings() != []
    with (
        pytest.raises(DBAPIError, match="refused by the database"),
        stage.database.write() as connection,
    ):
        connection.execute(text(statement))


def test_even_while_it_executes_only_what_goes_may_be_blanked(stage: Stage) -> None:
    doomed, _ = old_and_new(stage)
    proposed = approved_batch(stage.archive)
    numbers = {"batch": proposed.batch, "doomed": stage.record(str(doomed)).id}
    with stage.database.write() as connection:
        connection.execute(text("UPDATE batches SET state = 'executing'"))
        connection.execute(text("UPDATE batch_items SET state = 'going'"))
    for wrong in (
        f"{BLANK} WHERE record_id <> :doomed",
        f"{BLANK}, digest = 'x' WHERE record_id = :doomed",
        "UPDATE versions SET words = 'other' WHERE record_id = :doomed",
        "UPDATE batch_items SET state = 'done' WHERE batch_id = :batch",
    ):
        named = {k: v for k, v in numbers.items() if f":{k}" in wrong}
        with (
            pytest.raises(DBAPIError, match="refused by the database"),
            stage.database.write() as connection,
        ):
            connection.execute(text(wrong), named)
    place(stage, numbers["doomed"], "Jones v. Springfield")
    with (
        pytest.raises(DBAPIError, match="refused by the database"),
        stage.database.write() as connection,
    ):
        connection.execute(
            text(f"{BLANK} WHERE record_id = :doomed"), {"doomed": numbers["doomed"]}
        )


def test_a_forged_tombstone_is_found(stage: Stage) -> None:
    doomed, _ = old_and_new(stage)
    proposed = approved_batch(stage.archive)
    numbers = {"batch": proposed.batch, "record": stage.record(str(doomed)).id}
    with stage.database.write() as connection:  # past the guard and the ledger
        connection.execute(text("UPDATE batches SET state = 'executing'"))
        connection.execute(text("UPDATE batch_items SET state = 'going'"))
        connection.execute(
            text(f"{BLANK} WHERE record_id = :record"), {"record": numbers["record"]}
        )
        leaf = stage.versions(str(doomed))[0].leaf
        connection.execute(
            text(
                "INSERT INTO tombstones (record_id, batch_id, kind, series, citation, leaves, "
                "approved_by, destroyed_at) VALUES (:record, :batch, 'post', '', '', "
                f"""'["{leaf}"]', '[]', '2026-11-24 12:00:00.000000')"""
            ),
            numbers,
        )
    said = problems(stage.archive)
    assert f"the ledger knows nothing of what disposition {proposed.batch} destroyed" in said


# -- the certificate --------------------------------------------------------------------------


def test_the_certificate_says_what_the_states_forms_ask(stage: Stage) -> None:
    old_and_new(stage)
    proposed = approved_batch(stage.archive)
    stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
    made = stage.archive.dispositions.certify(proposed.batch, by=OFFICER)
    [series] = made["series"]
    assert series["authority"] == "13 TAC 7.125(a)(1)"
    assert series["dates"] == {"first": "2023-11-26", "last": "2023-11-26"}
    assert (made["records"], made["versions"], made["accounts"]) == (1, 1, ["wp"])
    assert made["proposed"]["by"] == PROPOSER
    assert [each["by"] for each in made["approvals"]] == [SECOND]
    assert made["bytes"] > 0
    ledger = {name: len(hashes) for name, hashes in made["ledger"].items()}
    assert ledger == {"begun": 1, "will": 1, "destroyed": 1, "did": 1, "executed": 1}
    batch = stage.archive.dispositions.get(proposed.batch)
    assert batch.row.state == "certified"
    assert batch.row.certificate_sha256 == digest_of(made)
    [line] = stage.rows("SELECT body FROM ledger WHERE kind = 'disposition certified'")
    assert digest_of(made) in line.body
    assert stage.archive.dispositions.certify(proposed.batch, by=OFFICER) == made
    assert problems(stage.archive) == []


def streams(pdf: bytes) -> bytes:
    """What is inside of a PDF's packed streams."""
    found = b""
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found += zlib.decompress(packed)
        except zlib.error:
            found += packed
    return found


@pytest.mark.filterwarnings("ignore:HarfBuzz-Subset will be required:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning")
def test_the_certificate_is_a_pdf_for_people(stage: Stage) -> None:
    old_and_new(stage)
    proposed = approved_batch(stage.archive)
    stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
    pdf = as_pdf(stage.archive.dispositions.certify(proposed.batch, by=OFFICER))
    gc.collect()  # WeasyPrint leaves a file of its own open
    inside = streams(pdf)
    assert pdf.startswith(b"%PDF-")
    assert b"pdfaid" in inside
    assert b"/OutputIntent" in pdf + inside
    assert b"/Interpolate true" not in pdf + inside


# -- transfer ---------------------------------------------------------------------------------


def test_a_transfer_hands_over_exactly_the_records_and_goes_after_the_receipt(
    stage: Stage, tmp_path: Path
) -> None:
    write_law(stage.archive, OWN.replace(SERIES, "springfield-history/H-1") + HISTORY)
    stage.archive.retention.adoptions.adopt(
        "springfield-history", officer=OFFICER, on=stage.clock.now().date(), document="Resolution 2"
    )
    adopt(stage.archive, stage.clock.now().date())  # the rules of that day
    stage.later(days=1)
    site = stage.wordpress()
    long_ago = stage.clock.now() - LONG_AGO
    file = site.upload("flood.png", picture(9), "image/png", alt_text="the flood")
    site.publish("Old", f"<p>The {CANARY}.</p>", featured=file, at=long_ago)
    for number in range(6):
        site.publish(f"Notice {number}", f"<p>Kept words {number}.</p>")
    stage.capture("wp")
    evaluated(stage)
    desk = stage.archive.dispositions
    proposed = approved_batch(stage.archive)
    assert desk.get(proposed.batch).row.action is Action.TRANSFER
    with pytest.raises(RefusedError, match="only after a receipt"):
        desk.execute(proposed.batch, by=OFFICER)
    with pytest.raises(RefusedError, match="not handed over yet"):
        desk.receipt(proposed.batch, by=OFFICER, document="Receipt 7")
    bag = desk.transfer(proposed.batch, tmp_path / "bag", by=OFFICER)
    assert bagit.Bag(str(bag.path)).is_valid()
    inside = b""
    for path in sorted((bag.path / "data" / "warc").iterdir()):
        assert check_segment(path).ok
        inside += b"".join(record.block for record, _, _ in iterate(path))
    assert CANARY.encode() in inside
    assert b"Kept words" not in inside
    [record] = json.loads((bag.path / "data" / "metadata.json").read_text())["records"]
    assert record["authority"] == "Resolution 2, item 1"
    assert [each["sha256"] for each in record["media"]] == [hashlib.sha256(picture(9)).hexdigest()]
    assert picture(9) in inside
    desk.receipt(proposed.batch, by=OFFICER, document="Receipt 7")
    desk.execute(proposed.batch, by=OFFICER)
    assert hits(stage) == []
    assert problems(stage.archive) == []
    made = desk.certify(proposed.batch, by=OFFICER)
    assert made["action"] == "transfer"
    assert made["transfer"]["receipt"] == "Receipt 7"


# -- captures meanwhile -----------------------------------------------------------------------


def test_it_waits_for_a_capture_and_gives_up_with_nothing_done(stage: Stage) -> None:
    site = stage.wordpress()
    stage.feed()
    file = site.upload("pool.png", picture(3), "image/png")
    site.posts[file].date = site.posts[file].modified = stage.clock.now() - LONG_AGO
    for number in range(6):
        site.publish(f"Notice {number}", "<p>New.</p>")
    stage.capture("wp")
    evaluated(stage)
    proposed = approved_batch(stage.archive)
    for busy in ("wp", "feed"):  # the feed's capture may be about to refer to the same picture
        with (
            stage.archive.captures.lock(busy),
            pytest.raises(BusyError, match=busy),
        ):
            stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
        assert stage.value("SELECT count(*) FROM media") == 1
        assert stage.value("SELECT count(*) FROM tombstones") == 0
    assert stage.archive.dispositions.resume() == []
    assert stage.value("SELECT count(*) FROM media") == 0
    assert problems(stage.archive) == []


def test_a_destroyed_record_that_is_still_listed_is_not_stored_again(stage: Stage) -> None:
    doomed, _ = old_and_new(stage)
    proposed = approved_batch(stage.archive)
    stage.archive.dispositions.execute(proposed.batch, by=OFFICER)
    stage.later(days=1)
    stage.capture("wp")
    assert stage.record(str(doomed)).presence == "destroyed"
    assert stage.findings(str(doomed)) == []
    assert hits(stage) == []
    assert problems(stage.archive) == []
