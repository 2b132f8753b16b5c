"""`archiver holds` as counsel types it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from archiver.demo.simulators.base import Loopback
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.wiring import opened
from tests.support.archive import approved, make_settings
from tests.support.terminal import Printed, Terminal


@dataclass
class Office:
    """The city attorney's terminal, and a captured site with four posts, "web"."""

    type: Terminal
    site: WordPressSimulator

    def holds(self, *command: str) -> Printed:
        return self.type("holds", *command)

    def place(self, *more: str) -> Printed:
        return self.holds(
            "place", "Smith v. Springfield", "--account", "web", "--word", "pothole",
            "--by", "City Attorney", *more,
        )  # fmt: skip


@pytest.fixture
def office(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    settings = make_settings(tmp_path, sections={"agency": {"timezone": "America/Chicago"}})
    terminal = Terminal(settings.home, capsys, monkeypatch)
    site = WordPressSimulator()
    for words in ("The pothole on Main", "A pothole again", "Snow", "Tours"):
        site.publish(words, f"<p>{words}.</p>")
    with Loopback() as loopback:
        loopback.serve(site)
        assert terminal("init").code == 0
        with opened(settings) as archive:
            approved(archive, "wordpress", site.url, slug="web")
        assert terminal("capture", "web").code == 0
        yield Office(terminal, site)


def test_a_hold_is_placed_with_one_command(office: Office) -> None:
    placed = office.place("--anticipated", "2020-11-20")
    assert (placed.code, placed.err) == (0, "")
    assert "smith-v-springfield is placed" in placed.out
    assert "It holds 2 records, and whatever comes later that it reaches." in placed.out
    assert "Next: archiver holds notice smith-v-springfield --by NAME" in placed.out
    shown = office.holds("show", "smith-v-springfield")
    for words in (
        "2020-11-20",
        'records: account web, with "pothole"',
        "Records Clerk",
        "Litigation is pending or reasonably anticipated.",
        "Duty to preserve",
    ):
        assert words in shown.out


def test_a_preview_shows_what_would_be_held(office: Office) -> None:
    printed = office.holds("preview", "--word", "pothole", "--word", "snow")
    assert "would reach 3 records" in printed.out
    assert re.search(r"web +3\n", printed.out)
    assert "A pothole again" in printed.out
    told = office.holds("preview", "--word", "pothole", "--json").json
    assert told["records"] == 2
    assert told["accounts"] == [{"account": "web", "records": 2}]
    assert office.holds("list", "--json").json == []


def test_a_hold_is_told_confirmed_reviewed_widened_and_released(office: Office) -> None:
    office.place()
    name = "smith-v-springfield"
    told = office.holds("notice", name, "--by", "City Attorney")
    assert told.code == 0
    assert told.out.startswith("For: Records Clerk\n")
    assert "No channel is set up: hand this text to each of them." in told.out
    confirmed = office.holds("acknowledge", name, "Records Clerk")
    assert "Still waiting for: nobody." in confirmed.out
    reviewed = office.holds("review", name, "--by", "City Attorney", "--note", "Trial in May")
    assert f"{name} stays; its next review is on" in reviewed.out
    wider = office.holds(
        "widen", name, "--by", "City Attorney", "--reason", "Amended", "--word", "snow",
        "--custodian", "Officer Lou",
    )  # fmt: skip
    assert "It holds 3 records, 1 more." in wider.out
    assert "Not yet told: Officer Lou." in wider.out
    [line] = office.holds("list", "--json").json
    assert (line["state"], line["standing"]["records"]) == ("open", 3)
    assert "1 of 2" in office.holds("list").out

    refused = office.holds("release", name, "--by", "City Attorney", "--reason", "Settled")
    assert refused.code == 3
    assert "somebody else must release it" in refused.sentence()
    done = office.holds("release", name, "--by", "Chief", "--reason", "Settled", "--tail-days", "9")
    assert f"{name} is released. Its last day is" in done.out
    told = office.holds("show", name, "--json")
    assert [e["action"] for e in told.json["history"]] == [
        "placed", "notice given", "acknowledged", "reviewed", "widened", "released",
    ]  # fmt: skip
    history = office.holds("show", name).out
    for words in ("Trial in May", "Amended", "1 record caught", "Settled"):
        assert words in history


def test_a_record_names_the_holds_on_it(office: Office) -> None:
    picked = office.type("records", "list", "pothole", "--json").json[0]
    free = office.type("records", "list", "snow", "--json").json[0]
    office.place()
    office.holds(
        "place", "Request 7", "--by", "Clerk", "--kind", "records-request",
        "--pick", picked["permalink"],
    )  # fmt: skip
    shown = office.type("records", "show", picked["permalink"]).out
    assert "held by smith-v-springfield (litigation: Smith v. Springfield)" in shown
    assert "held by request-7 (records-request: Request 7)" in shown
    told = office.type("records", "show", picked["permalink"], "--json").json
    assert [hold["id"] for hold in told["holds"]] == ["smith-v-springfield", "request-7"]
    assert "held by" not in office.type("records", "show", free["permalink"]).out


def test_a_picked_number_holds_whatever_it_may_mean(office: Office) -> None:
    rows = office.type("records", "list", "--json").json
    ids = {row["id"] for row in rows}
    both = next(row for row in rows if row["kind"] == "post" and int(row["platform_id"]) in ids)
    placed = office.holds("place", "M", "--by", "C", "--pick", both["platform_id"], "--name", "mm",
                          "--json").json  # fmt: skip
    [scope] = placed["hold"]["standing"]["entry"]["scopes"]
    assert set(scope["picks"]) == {both["id"], int(both["platform_id"])}


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["place", "M", "--by", "C"], 2, "must say what it reaches"),
        (["place", "M", "--by", "C", "--account", "wbe"], 2, "there are: web"),
        (["place", "M", "--by", "C", "--pick", "nowhere"], 2, "no record has the number"),
        (["place", "M", "--by", "C", "--everything", "--kind", "whim"], 2, "'whim' is not one"),
        (["place", "M", "--everything"], 2, "Missing option '--by'"),
        (["show", "nothing"], 2, 'there is no hold "nothing"; there are: none'),
        (["release", "nothing", "--by", "C", "--reason", "r"], 2, 'there is no hold "nothing"'),
    ],
)
def test_what_is_not_right_is_said_in_one_sentence(
    office: Office, command: list[str], code: int, words: str
) -> None:
    printed = office.holds(*command)
    assert printed.code == code
    assert words in printed.sentence()


def test_a_notice_can_come_from_a_file(office: Office, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Keep every draft, too.\n", encoding="utf-8")
    office.place("--notice-file", str(letter))
    assert (
        "Keep every draft, too." in office.holds("notice", "smith-v-springfield", "--by", "C").out
    )
    empty = tmp_path / "empty.txt"
    empty.touch()
    assert "is empty" in office.place("--notice-file", str(empty)).sentence()
    assert "cannot be read" in office.place("--notice-file", str(tmp_path / "none")).sentence()
    assert json.loads(office.holds("list", "--json").out)[0]["standing"]["entry"]["notice"] == (
        "Keep every draft, too."
    )
