"""The audit log on the page: lines, filters, the chain, and all evidence read again."""

from __future__ import annotations

import pytest
from sqlalchemy import text as sql

from archiver.desk.access import Role
from archiver.desk.jobs import Jobs
from archiver.desk.ledger_reading import PAGE
from archiver.model.queries import ledger
from tests.support.web import Web, plain


def write(web: Web, *, number: int, kind: str, **body: object) -> None:
    """Add lines to the ledger."""
    with web.archive.database.write() as connection:
        for _ in range(number):
            ledger.append(connection, at=web.clock.now(), kind=kind, body=body)


def test_lines_say_who_did_what_to_which_thing(web: Web) -> None:
    answer = web.as_(Role.AUDITOR).get("/audit-log")
    text = plain(answer.text)
    assert "Chief Wiggum approved an account: account spd-x" in text
    assert "Archiver captured something new: account podcast" in text
    assert '<a href="/accounts/spd-x">spd-x</a>' in answer.text
    with web.archive.database.read() as connection:
        head = [line.hash for line in ledger.lines(connection)][-1]
    assert head in text


@pytest.mark.parametrize(
    ("query", "there", "missing"),
    [
        ("kind=accounts", "approved an account", "captured something new"),
        ("kind=captures", "captured something new", "approved an account"),
        ("person=Chief+Wiggum", "approved an account", "proposed an account"),
        ("since=2026-11-25", "No line fits.", "approved an account"),
        ("until=2026-11-24", "approved an account", "No line fits."),
    ],
)
def test_it_is_narrowed(web: Web, query: str, there: str, missing: str) -> None:
    text = web.as_(Role.AUDITOR).page(f"/audit-log?{query}")
    text = text.split("Show", 1)[1]
    assert there in text
    assert missing not in text


def test_a_name_is_no_pattern(web: Web) -> None:
    text = web.as_(Role.AUDITOR).page("/audit-log?person=Chief%25")
    assert "No line fits." in text
    write(web, number=1, kind="note", actor='Bart "El Barto" 100%', reason="spray paint")
    found = web.as_(Role.AUDITOR).page("/audit-log?person=Bart+%22El+Barto%22+100%25")
    assert "spray paint" in found


def test_older_lines_are_on_the_next_page(web: Web) -> None:
    write(web, number=PAGE + 3, kind="note", actor="Moe Szyslak", reason="a test")
    client = web.as_(Role.AUDITOR)
    answer = client.get("/audit-log?person=Moe+Szyslak")
    assert answer.text.count('class="line"') == PAGE
    older = answer.text.rpartition('href="?')[2].partition('"')[0].replace("&amp;", "&")
    assert "before=" in older
    assert client.get(f"/audit-log?{older}").text.count('class="line"') == 3


def test_what_lines_say_is_text(web: Web) -> None:
    write(web, number=1, kind="<b>", actor="<script>alert(1)</script>", reason="<img src=x>")
    answer = web.as_(Role.AUDITOR).get("/audit-log")
    assert "<script>alert" not in answer.text
    assert "<img src=x>" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_a_bad_day_is_a_sentence(web: Web) -> None:
    answer = web.as_(Role.AUDITOR).get("/audit-log?since=never")
    assert answer.status_code == 422
    assert "is no day" in plain(answer.text)
    assert 'value="never"' in answer.text


def test_the_chain_is_computed_again(web: Web) -> None:
    client = web.as_(Role.CLERK)  # who may verify and not read the log
    answer = client.post("/audit-log/verify")
    assert answer.status_code == 200
    assert "lines hold." in plain(answer.text)
    assert "Back to the audit log" not in plain(answer.text)
    with web.archive.database.write() as connection:
        connection.execute(sql("DROP TRIGGER IF EXISTS ledger_no_update"))
        for row in connection.execute(
            sql("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger'")
        ).all():
            connection.execute(sql(f'DROP TRIGGER "{row.name}"'))
        connection.execute(sql("UPDATE ledger SET kind = 'forged' WHERE seq = 3"))
    text = plain(client.post("/audit-log/verify").text)
    assert "1 fault was found." in text
    assert "ledger line 3 was changed" in text


def test_all_evidence_is_read_again_in_the_background(web: Web) -> None:
    client = web.as_(Role.AUDITOR)
    assert "was not verified from this page" in client.page("/audit-log/verify")
    assert client.done("/audit-log/verify-all") == "/audit-log/verify"
    assert web.app.state.kept[Jobs].wait("verify", seconds=60)
    text = client.page("/audit-log/verify")
    assert "Everything holds." in text
    assert "WARC records" in text
    part = client.get("/audit-log/verify/now", headers={"hx-request": "true"})
    assert part.headers["hx-refresh"] == "true"


def test_a_file_that_was_changed_is_found(web: Web) -> None:
    name = sorted(web.archive.vault.names())[0]
    path = web.archive.vault.path(name)
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    client = web.as_(Role.AUDITOR)
    client.done("/audit-log/verify-all")
    assert web.app.state.kept[Jobs].wait("verify", seconds=60)
    text = client.page("/audit-log/verify")
    assert name in text
    assert "Do not change anything." in text


def test_checkpoints_are_shown(web: Web) -> None:
    client = web.as_(Role.AUDITOR)
    assert "There is no checkpoint yet." in client.page("/audit-log")
    made = web.archive.checkpoints.round().made
    assert made is not None
    assert made.root in client.page("/audit-log")
