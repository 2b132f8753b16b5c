"""The commands of review, from the list of a set to the exemption log."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from archiver.cli import exemptions, review  # noqa: F401 - they enter their commands
from archiver.cli.main import run
from tests.support.review_scene import (
    CLERK,
    REQUEST,
    SECOND,
    VERIFIED,
    Filling,
    desk_of,
    review_archive,
)

Say = Callable[..., str]


@pytest.fixture
def say(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Say:
    """Runs a command on an archive with a set of two; gives what it printed."""
    with review_archive(tmp_path, "sqlite", request) as archive:
        filling = Filling(archive)
        filling.add("Call 512-463-2000", title="About Jane")
        filling.add("Thanks", reply_to=1)
        desk_of(archive).sets.freeze(REQUEST, "fair", filling.ids, by=CLERK)
        home = str(archive.settings.home)

    def said(*words: str, code: int = 0) -> str:
        done = run(["--home", home, *words])
        told = capsys.readouterr()
        assert done == code, told.err
        return told.err if code else told.out

    return said


def test_a_set_is_reviewed_from_the_command_line(say: Say) -> None:
    assert "Call 512-463-2000" in say("review", "show", REQUEST, "1")
    hints = json.loads(say("review", "suggest", REQUEST, "--json"))
    assert [(each["where"], each["piece"]) for each in hints] == [("text 5-17", "512-463-2000")]
    redaction = ["--text", "5-17", "--title", f"6-10@{VERIFIED}", "--code", VERIFIED]
    say("review", "decide", REQUEST, "1", "redact", *redaction, "--by", CLERK)
    assert "1 item: release." in say("review", "bulk", REQUEST, "release", "--by", CLERK)
    assert "2 decisions agreed with" in say("review", "check", REQUEST, "--by", SECOND)
    assert say("review", "progress", REQUEST).startswith(
        "2 items: 1 released, 1 redacted, 0 withheld, 0 undecided; 2 agreed with"
    )
    log = json.loads(say("review", "log", REQUEST, "--json"))
    assert [(each["position"], each["what"]) for each in log] == [(1, "text"), (1, "title")]
    listed = json.loads(say("review", "show", REQUEST, "--json"))
    assert listed[0]["decision"]["checked_by"] == SECOND


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["decide", REQUEST, "1", "withhold"], 2, "only under an exemption"),
        (["decide", REQUEST, "1", "withhold", "--code", "FL-6"], 3, "must confirm it first"),
        (["decide", REQUEST, "1", "redact", "--text", "five"], 2, '"five" is no span'),
        (["decide", REQUEST, "1", "redact", "--box", "1:1,2"], 2, '"1:1,2" is no region'),
        (["decide", "2030-1", "1", "release"], 2, 'no request "2030-1"'),
    ],
)
def test_a_mistake_is_told_in_a_sentence(
    say: Say, words: list[str], code: int, sentence: str
) -> None:
    assert sentence in say("review", *words, "--by", CLERK, code=code)


def test_exemptions_are_listed_with_what_can_be_used(say: Say) -> None:
    found = json.loads(say("exemptions", "list", "--state", "fl", "--usable", "--json"))
    assert [each["code"] for each in found] == ["FL-1", "FL-2"]
    told = say("exemptions", "list", "--state", "FL")
    assert "not confirmed" in told
    assert "no longer active" in told
