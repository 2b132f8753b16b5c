"""`archiver retention` as a records officer types it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer

from archiver.clock import SystemClock
from archiver.demo.simulators.base import Loopback
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.wiring import opened
from config.load import Settings
from tests.support.archive import approved, make_settings
from tests.support.clock import FakeClock
from tests.support.terminal import Printed, Terminal

OFFICER = "Agnes Skinner"
LAW = """
form: 1
overlay: true
jurisdiction: WA
name: City of Springfield
schedules:
  - id: city
    title: Social media of Springfield
    edition: Resolution 14
    level: local
    series:
      - id: posts
        title: Posts
        status: verified
        verified: {how: agency-document, source: Resolution 14, seen: 2026-11}
        citation: Resolution 14, item 1
        rules:
          - {cutoff: created, period: 3 years, disposition: destroy}
      - id: cases
        title: Cases
        status: verified
        verified: {how: agency-document, source: Resolution 14, seen: 2026-11}
        citation: Resolution 14, item 2
        rules:
          - {cutoff: case-over, period: 1 year, disposition: destroy}
classification:
  - {id: posts, series: [city/posts], kinds: [post], reason: the city's own words}
"""


@dataclass
class Office:
    """The officer's terminal, and a captured site with an old and a new post."""

    type: Terminal
    settings: Settings
    old: str
    new: str

    def retention(self, *command: str) -> Printed:
        return self.type("retention", *command)

    def adopt_yesterday(self) -> None:
        """So that the edition counts today."""
        clock = FakeClock(datetime.now(UTC) - timedelta(days=2))
        with opened(self.settings, clock=clock) as archive:
            day = clock.now().date()
            archive.retention.adoptions.adopt("city", officer=OFFICER, on=day, document="Res. 14")


@pytest.fixture
def office(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Office:
    settings = make_settings(tmp_path, sections={"agency": {"records_officers": [OFFICER]}})
    terminal = Terminal(settings.home, capsys, monkeypatch)
    folder = settings.home / "schedules"
    folder.mkdir()
    (folder / "city.yaml").write_text(LAW, encoding="utf-8")
    site = WordPressSimulator()
    now = SystemClock().now()
    old = site.publish("Old", "<p>Old.</p>", at=now - timedelta(days=1500))
    new = site.publish("New", "<p>New.</p>", at=now - timedelta(days=15))
    with Loopback() as loopback:
        loopback.serve(site)
        assert terminal("init").code == 0
        with opened(settings) as archive:
            approved(archive, "wordpress", site.url, slug="web")
        assert terminal("capture", "web").code == 0
    return Office(terminal, settings, str(old), str(new))


def test_an_officer_looks_at_what_moves_and_adopts(office: Office) -> None:
    seen = office.retention("adopt", "city", "--dry-run")
    assert (seen.code, seen.err) == (0, "")
    assert "edition Resolution 14, digest " in seen.out
    assert "eligible" in seen.out
    assert office.retention("adoptions").out.startswith("No schedule was adopted")

    refused = office.retention("adopt", "city", "--yes", "--document", "Res. 14")
    assert (refused.code, refused.out) == (3, "")
    assert refused.sentence() == (
        '"" may not adopt a retention schedule; agency.records_officers in the settings names: '
        "Agnes Skinner"
    )

    done = office.retention(
        "adopt", "city", "--by", OFFICER, "--document", "Resolution 14", "--yes"
    )
    assert (done.code, done.err) == (0, "")
    assert "is adopted by Agnes Skinner." in done.out
    assert "Next: archiver retention evaluate" in done.out
    [kept] = office.retention("adoptions", "--json").json
    assert (kept["schedule"], kept["document"]) == ("city", "Resolution 14")


def test_nothing_is_adopted_without_a_yes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def no(*_words: object, **_options: object) -> None:
        raise typer.Abort

    monkeypatch.setattr(typer, "confirm", no)
    assert office.retention("adopt", "city", "--by", OFFICER, "--document", "R").code == 130
    assert office.retention("adoptions", "--json").json == []


def test_an_officer_evaluates_and_reads_what_is_due_and_why(office: Office) -> None:
    office.adopt_yesterday()
    first = office.retention("evaluate")
    assert "No earlier day is known" in first.out
    assert "Nothing is due." in office.retention("eligible").out
    assert office.retention("evaluate", "--confirm-clock").code == 2
    done = office.retention("evaluate", "--confirm-clock", "--by", OFFICER, "--json").json
    assert (done["counts"]["eligible"], done["counts"]["running"]) == (1, 1)

    [due] = office.retention("eligible", "--json").json
    assert (due["series"], due["standing"], due["records"]) == ("city/posts", "eligible", 1)
    [number] = office.retention("eligible", "city/posts", "--json").json
    told = office.retention("explain", str(number))
    assert (told.code, told.err) == (0, "")
    assert ": eligible" in told.out.splitlines()[0]
    assert "Rule posts puts it into city/posts: the city's own words" in told.out
    assert "citation: Resolution 14, item 1" in told.out
    assert "source: Resolution 14" in told.out
    plain = office.retention("explain", office.new, "--json").json
    assert (plain["standing"], plain["series"]) == ("running", ["city/posts"])
    assert any(reason["citation"] == "Resolution 14, item 1" for reason in plain["reasons"])


def test_what_a_person_says_shows_in_the_explanation_at_once(office: Office) -> None:
    office.adopt_yesterday()
    assert office.retention("evaluate", "--confirm-clock", "--by", OFFICER).code == 0
    said = ("--by", "Records Clerk", "--reason", "evidence")
    moved = office.retention("classify", office.old, "city/cases", *said)
    assert (moved.code, moved.err) == (0, "")
    assert office.retention("tag", office.old, "case 7", *said).code == 0
    assert ": waiting" in office.retention("explain", office.old).out
    over = office.retention("declare", "case-over", "2024-05-01", "--tag", "case 7", *said)
    assert over.out == "case-over is declared for 1 record.\n"
    told = office.retention("explain", office.old).out
    assert ": eligible" in told
    assert "tags: case 7" in told
    back = office.retention("declare", "case-over", "--take-back", "--tag", "case 7", *said)
    assert back.code == 0
    assert ": waiting" in office.retention("explain", office.old).out
    assert office.retention("tag", office.old, "case 7", "--remove", *said).code == 0
    assert office.retention("unclassify", office.old, *said).code == 0
    assert ": eligible" in office.retention("explain", office.old).out


def test_mistakes_are_told_in_one_sentence(office: Office) -> None:
    said = ("--by", "Clerk", "--reason", "r")
    for command, sentence in (
        (("declare", "case-over", *said), "say on which day it happened, or --take-back"),
        (("declare", "created", "2024-01-01", "--tag", "t", *said), "created is known from the"),
        (("classify", office.old, "nowhere/x", *said), 'there is no series "nowhere/x"'),
        (("explain", "nothing"), 'no record has the number, platform id or address "nothing"'),
        (("adopt", "nowhere", "--dry-run"), 'there is no schedule "nowhere"'),
    ):
        answer = office.retention(*command)
        assert answer.code == 2
        assert answer.sentence().startswith(sentence)
