"""`archiver dispose` as a records officer gives it, from what is due to the certificate."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.disposal import OFFICER, SECOND, make_disposal, problems
from tests.support.stage import Board, boards  # noqa: F401 - a fixture
from tests.support.terminal import Terminal


def test_a_records_officer_disposes_of_a_series(
    tmp_path: Path,
    boards: tuple[Board, ...],  # noqa: F811
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ARCHIVER_HOME", "ARCHIVER_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    with make_disposal(tmp_path, boards, start=datetime(2024, 1, 1, tzinfo=UTC)) as stage:
        site = stage.wordpress()
        old = stage.clock.now() - timedelta(days=800)
        post = site.publish("Old", "<p>Old words.</p>", at=old)
        comment = site.comment(post, "Old remark", at=old)
        new = datetime(2099, 1, 1, tzinfo=UTC)  # never due, whenever this runs
        for number in range(6):
            site.publish(f"Notice {number}", "<p>New.</p>", at=new)
        stage.capture("wp")
        numbers = [stage.record(str(post)).id, stage.record(str(comment), "comment").id]
        home = stage.archive.settings.home
        terminal = Terminal(home, capsys, monkeypatch)

        said = terminal("retention", "evaluate", "--confirm-clock", "--by", OFFICER)
        assert said.code == 0, said.err
        due = terminal("dispose", "due", "--json").json
        assert [each["record_id"] for each in due] == numbers
        said = terminal("dispose", "propose", "--series", "GR1000-26b", "--by", SECOND)
        assert "Disposition 1 is proposed: 2 records" in said.out
        assert "still on the platform" in said.out
        said = terminal("dispose", "execute", "1", "--by", OFFICER)
        assert (said.code, "only an approved one" in said.err) == (3, True)
        why = "historical value"
        terminal("dispose", "exclude", "1", str(numbers[1]), "--by", SECOND, "--reason", why)
        said = terminal("dispose", "review", "1", "--by", SECOND)
        assert "next it needs second person" in said.out
        said = terminal("dispose", "approve", "1", "--by", SECOND)
        assert (said.code, "second person must approve" in said.err) == (3, True)
        said = terminal("dispose", "approve", "1", "--by", OFFICER)
        assert "Disposition 1 is approved" in said.out
        said = terminal("dispose", "execute", "1", "--by", OFFICER, "--dry-run")
        assert f"record {numbers[0]} goes" in said.out
        assert "Nothing was changed" in said.out
        said = terminal("dispose", "execute", "1", "--by", OFFICER)
        assert "Disposition 1 is executed: 1 record destroyed" in said.out
        assert f"record {numbers[1]} stays: {why}" in said.out
        said = terminal("dispose", "resume")
        assert said.out.strip() == "No execution is open."
        folder = tmp_path / "certificates"
        folder.mkdir()
        said = terminal(
            "dispose", "certificate", "1", "--by", OFFICER, "--folder", str(folder), "--no-pdf"
        )
        text = (folder / "disposition-1.json").read_bytes()
        assert hashlib.sha256(text).hexdigest() in said.out
        assert json.loads(text)["records"] == 1
        shown = terminal("dispose", "show", "1", "--json").json
        assert shown["batch"]["state"] == "certified"
        assert [item["state"] for item in shown["items"]] == ["done", "excluded"]
        [listed] = terminal("dispose", "list", "--json").json
        assert listed["certificate_sha256"] == hashlib.sha256(text).hexdigest()
        assert problems(stage.archive) == []
