"""Every command, as a clerk or an administrator gives it, against simulated platforms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from archiver import __version__
from archiver.demo.simulators.base import Fault, Loopback
from archiver.demo.simulators.feeds import FeedSite
from archiver.demo.simulators.wordpress import WordPressSimulator
from tests.support.archive import make_settings
from tests.support.terminal import Printed, Terminal

APPROVER = "Chief Wiggum"


@dataclass
class City:
    """A city hall's terminal, its site and its podcast."""

    type: Terminal
    site: WordPressSimulator
    podcast: FeedSite

    def propose(self, platform: str, address: str, *more: str) -> Printed:
        return self.type(
            "accounts", "propose", platform, address,
            "--name", "News", "--department", "Police", "--custodian", "Records Clerk",
            "--business-case", "Public notices", "--terms-reviewed-by", "City Attorney",
            "--by", "Officer Lou", *more,
        )  # fmt: skip

    def two_accounts(self) -> None:
        """The site as "web" and the podcast as "pod", approved."""
        for slug, platform, address in (
            ("web", "wordpress", self.site.url),
            ("pod", "feed", f"{self.podcast.url}/feed.rss"),
        ):
            assert self.propose(platform, address, "--slug", slug).code == 0
            assert self.type("accounts", "approve", slug, "--by", APPROVER).code == 0


@pytest.fixture
def city(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[City]:
    for name in ("ARCHIVER_HOME", "ARCHIVER_CONFIG", "CREDENTIALS_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)
    settings = make_settings(
        tmp_path,
        sections={"agency": {"approvers": [APPROVER], "timezone": "America/Chicago"}},
        confirm_after="0s",
        retries=0,
    )
    terminal = Terminal(settings.home, capsys, monkeypatch)
    city = City(terminal, WordPressSimulator(), FeedSite(podcast=True))
    with Loopback() as loopback:
        loopback.serve(city.site)
        loopback.serve(city.podcast)
        assert terminal("init").code == 0
        yield city


# --- making an archive


def test_init_makes_an_archive_and_says_what_comes_next(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal(tmp_path / "new", capsys, monkeypatch)
    printed = terminal("init")
    assert (printed.code, printed.err) == (0, "")
    assert f"The archive is at {tmp_path / 'new'}." in printed.out
    assert "agency.approvers" in printed.out
    assert "archiver accounts propose --help" in printed.out
    assert (terminal.home / "credentials").stat().st_mode & 0o777 == 0o700
    assert terminal("status").code == 0


def test_init_leaves_an_existing_archive_as_it_is(city: City) -> None:
    city.two_accounts()
    assert city.type("init").code == 0
    assert len(city.type("accounts", "list", "--json").json) == 2


def test_the_version_is_told(city: City) -> None:
    assert city.type("--version").out == f"archiver {__version__}\n"


# --- the registry


def test_an_account_goes_from_proposal_to_approval_to_suspension(city: City) -> None:
    proposed = city.propose("wordpress", city.site.url, "--slug", "web", "--option", "per_page=7")
    assert proposed.code == 0
    assert "web is proposed." in proposed.out
    assert f"{city.type.home}/credentials/web/application_password, mode 0600" in proposed.out
    assert "archiver accounts approve web --by NAME" in proposed.out
    assert city.type("capture", "web").code == 3

    approved = city.type("accounts", "approve", "web", "--by", APPROVER, "--note", "Council 7/26")
    assert re.search(r"web is approved until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d C[SD]T", approved.out)
    assert city.type("capture", "web").code == 0

    assert city.type("accounts", "suspend", "web", "--by", "Lou", "--reason", "Sold").code == 0
    refused = city.type("capture", "web")
    assert refused.code == 3
    assert "web is suspended, not approved" in refused.sentence()
    [gap] = city.type("gaps", "--json").json["gaps"]
    assert (gap["slug"], gap["kind"], gap["ended"]) == ("web", "suspended", None)
    assert gap["reason"] == "suspended by Lou: Sold"
    assert "suspended by Lou: Sold" in city.type("gaps").out

    shown = city.type("accounts", "show", "web")
    for words in ("Council 7/26", "Sold", "Officer Lou", "Public notices", "City Attorney"):
        assert words in shown.out
    told = city.type("accounts", "show", "web", "--json").json
    assert [event["action"] for event in told["history"]] == ["proposed", "approved", "suspended"]
    assert told["account"]["options"] == {"per_page": "7"}


@pytest.mark.parametrize(
    ("platform", "more", "code", "words"),
    [
        ("myspace", [], 2, 'there is no platform "myspace"; known are: bluesky, facebook, feed'),
        ("wordpress", ["--option", "pages=3"], 2, 'wordpress has no option "pages"; its options'),
        ("wordpress", ["--option", "pages"], 2, 'write an option as NAME=VALUE, not "pages"'),
        ("wordpress", ["--slug", "Web Site"], 2, '"Web Site" is no name for an account'),
        ("wordpress", ["--basis", "working-hours"], 2, "whose account it is and why the policy"),
        ("wordpress", ["--basis", "hearsay"], 2, "'hearsay' is not one of 'official'"),
        ("wordpress", ["--custodian", " "], 2, "a proposal also needs the custodian"),
        ("wordpress", ["--terms-reviewed-on", "soon"], 2, "'soon' does not match the format"),
    ],
)
def test_a_proposal_with_a_mistake_is_refused(
    platform: str, more: list[str], code: int, words: str, city: City
) -> None:
    printed = city.propose(platform, city.site.url, *more)
    assert (printed.code, printed.out) == (code, "")
    assert words in printed.sentence()
    assert city.type("accounts", "list", "--json").json == []


def test_who_may_approve_is_not_a_matter_of_asking(city: City) -> None:
    city.propose("feed", city.podcast.url, "--slug", "pod", "--by", APPROVER)
    stranger = city.type("accounts", "approve", "pod", "--by", "Bart")
    assert stranger.code == 3
    assert "agency.approvers in the settings names: Chief Wiggum" in stranger.sentence()
    own = city.type("accounts", "approve", "pod", "--by", APPROVER)
    assert own.code == 3
    assert "another approver must approve it" in own.sentence()


def test_accounts_are_listed_for_people_and_for_programs(city: City) -> None:
    assert "Next: archiver accounts propose --help" in city.type("accounts", "list").out
    city.two_accounts()
    listed = city.type("accounts", "list").out
    assert "approved" in listed
    assert city.site.url in listed
    assert [a["slug"] for a in city.type("accounts", "list", "--json").json] == ["pod", "web"]


def test_credentials_are_tried_without_capturing(city: City) -> None:
    city.propose("wordpress", city.site.url, "--slug", "web")
    good = city.type("accounts", "test", "web")
    assert good.code == 0
    assert "web: works; it is Springfield Police Department" in good.out

    _give(city, "web", user="records", application_password="wrong wrong")
    bad = city.type("accounts", "test", "web")
    assert bad.code == 7
    assert "application password" in bad.out + bad.err
    assert "wrong wrong" not in bad.out + bad.err
    assert city.type("records", "list", "--json").json == []


def test_a_credential_that_others_can_read_is_refused(city: City) -> None:
    city.two_accounts()
    place = _give(city, "web", user="records", application_password="abcd EFGH ijkl MNOP")
    place.chmod(0o644)
    printed = city.type("accounts", "test", "web")
    assert printed.code in (2, 7)
    assert f"run: chmod 600 {place}" in printed.sentence()
    both = city.type("capture", "--all")
    assert both.code == 7
    assert "pod: 1 item read" in both.out  # its profile; the other account is not stopped
    assert "chmod 600" in city.type("status").out


def _give(city: City, slug: str, **secrets: str) -> Path:
    folder = city.type.home / "credentials" / slug
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in secrets.items():
        path = folder / name
        path.write_text(value, encoding="utf-8")
        path.chmod(0o600)
    return path


# --- capturing


def test_one_account_or_all_are_captured(city: City) -> None:
    city.two_accounts()
    city.site.seed(5)
    city.podcast.seed(3)
    one = city.type("capture", "web", "--window", "full")
    assert one.code == 0
    assert re.fullmatch(
        r"web: (\d+) items read, \1 new records, \1 new versions, 0 findings\n", one.out
    )
    both = city.type("capture", "--all", "--json").json
    assert set(both) == {"pod", "web"}
    assert both["pod"]["new_records"] == 4
    assert both["web"]["new_records"] == 0
    assert all(each["finished"] and each["error"] is None for each in both.values())


def test_one_dead_account_stops_no_other(city: City) -> None:
    city.two_accounts()
    city.podcast.publish("Episode 1", "<p>Hello</p>")
    city.site.plan("/", Fault(status=500), times=1000)
    printed = city.type("capture", "--all")
    assert printed.code == 7
    assert "pod: 2 items read, 2 new records" in printed.out
    assert re.search(r"^web: 0 items read, .*; transient: ", printed.out, re.MULTILINE)
    told = city.type("capture", "--all", "--json")
    assert told.code == 7
    assert told.json["web"]["error_code"] == "transient"
    audited = city.type("audit", "--all")
    assert audited.code == 7
    assert "pod: everything that the platform lists was held already" in audited.out
    assert "the audit of web could not be finished" in audited.out


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["capture"], 2, "name one account, or say --all"),
        (["capture", "web", "--all"], 2, "name one account, or say --all"),
        (["capture", "nobody"], 2, 'there is no account "nobody"'),
        (["capture", "web", "--window", "old"], 2, "'old' is not one of 'new', 'recent', 'full'"),
        (["audit"], 2, "name one account, or say --all"),
        (["audit", "nobody"], 2, 'there is no account "nobody"'),
        (["accounts", "show", "nobody"], 2, 'there is no account "nobody"; there are: pod, web'),
        (["accounts", "test", "nobody"], 2, 'there is no account "nobody"'),
        (["records", "show", "nothing"], 2, 'no record has the number, platform id or address "no'),
        (["records", "list", "--only", "lost"], 2, "--only knows edited, vanished, hidden, not"),
        (["records", "list", "--limit", "0"], 2, "Invalid value for '--limit': "),
        (["platforms", "myspace"], 2, 'there is no platform "myspace"'),
        (["frobnicate"], 2, "No such command 'frobnicate'; see: archiver --help"),
        (["status", "--frob"], 2, "No such option: --frob"),
        (["records", "show"], 2, "Missing argument 'record'; see: archiver records show --help"),
    ],
)
def test_a_wrong_command_is_one_sentence(
    command: list[str], code: int, words: str, city: City
) -> None:
    city.two_accounts()
    printed = city.type(*command)
    assert (printed.code, printed.out) == (code, "")
    assert words in printed.sentence()


def test_an_audit_shows_the_days_that_differ(city: City) -> None:
    city.two_accounts()
    city.site.publish("Old", "<p>Old</p>", at=datetime(2026, 3, 2, 18, tzinfo=UTC))
    city.type("capture", "web", "--window", "full")
    assert "No day differs." in city.type("audit", "web").out
    assert "2026-03-02" in city.type("audit", "web", "--days").out

    city.site.publish("Missed", "<p>Missed</p>", at=datetime(2026, 3, 3, 2, tzinfo=UTC))
    printed = city.type("audit", "web")
    assert printed.code == 0
    assert "something was missing; it is captured now" in printed.out
    # 20:00 on the second in Chicago
    assert re.search(r"^2026-03-02 +1 +2 +1 +0 +0$", printed.out, re.MULTILINE)
    [report] = city.type("audit", "web", "--json").json
    assert report["account"] == "web"
    assert {"kind": "post", "ours": 2, "platform": 2} in report["totals"]


# --- looking


def test_records_are_found_by_words_kind_and_state(city: City) -> None:
    city.two_accounts()
    snow = city.site.publish("Snow routes", "<p>Parking ban from Monday.</p>")
    city.site.comment(snow, "What of [bold]Tuesday[/bold]?")
    city.type("capture", "--all")
    city.site.edit(snow, content="<p>Parking ban from Wednesday.</p>")
    city.type("capture", "web", "--window", "recent")

    listed = city.type("records", "list", "--json").json
    assert {r["kind"] for r in listed} == {"post", "comment", "profile"}
    assert [r["title"] for r in city.type("records", "list", "monday", "--json").json] == [
        "Snow routes"
    ]
    assert city.type("records", "list", "thursday").out == "Nothing is held that fits.\n"
    edited = city.type("records", "list", "--only", "edited").out
    assert "Wednesday" in edited
    comments = city.type("records", "list", "--kind", "comment", "--account", "web").out
    assert "Ned Fields: What of [bold]Tuesday[/bold]?" in comments
    assert len(city.type("records", "list", "--limit", "1", "--json").json) == 1


def test_a_record_is_shown_with_its_thread_and_what_changed(city: City) -> None:
    city.two_accounts()
    snow = city.site.publish("Snow routes", "<p>Parking ban from Monday.</p>")
    asked = city.site.comment(snow, "Both sides?")
    city.site.comment(snow, "Of the street?", parent=asked, name="Maude")
    city.type("capture", "web")
    city.site.edit(snow, content="<p>Parking ban from Tuesday.</p>")
    city.type("capture", "web", "--window", "recent")
    number = city.type("records", "list", "snow", "--json").json[0]["id"]

    told = city.type("records", "show", str(number), "--json").json
    assert len(told["thread"]) == 3
    assert [v["number"] for v in told["versions"]] == [1, 2]
    plain = city.type("records", "show", str(number)).out
    assert "from [-Monday-]{+Tuesday+}." in plain
    assert "\n  Ned Fields: Both sides?\n    Maude: Of the street?\n" in plain
    assert told["versions"][1]["segment"] in plain
    assert told["versions"][1]["digest"] in plain
    city.type.width(100, colour=True)
    coloured = city.type("records", "show", str(number)).out
    assert "\x1b[9;31mMonday\x1b[0m\x1b[4;32mTuesday\x1b[0m" in coloured
    by_address = city.type("records", "show", told["record"]["permalink"], "--json").json
    assert by_address["record"]["id"] == number


def test_what_vanished_is_found_and_shown_with_its_bounds(city: City) -> None:
    city.two_accounts()
    for number in range(4):
        city.site.publish(f"Notice {number}", "<p>Stays</p>")
    tip = city.site.publish("Tip", "<p>A gas leak downtown</p>")
    city.type("capture", "web")
    city.site.delete(tip)
    for _ in range(2):
        assert city.type("capture", "web", "--window", "recent").code == 0

    confirmed, suspected = city.type("findings", "--json").json
    assert (suspected["stage"], confirmed["stage"]) == ("suspected", "confirmed")
    assert confirmed["presence"] == "gone"
    after, before = (datetime.fromisoformat(confirmed[f"not_{b}"]) for b in ("before", "after"))
    assert timedelta() < before - after < timedelta(minutes=5)
    table = city.type("findings").out
    assert "confirmed: gone" in table
    assert re.search(r"not later than 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d C[SD]T", table)
    assert "gone" in city.type("records", "list", "--only", "vanished").out
    shown = city.type("records", "show", str(confirmed["record_id"])).out
    assert "confirmed: gone on the evidence: unknown (after 20" in shown


def test_the_run_log_shows_that_capture_ran(city: City) -> None:
    assert city.type("runs").out == "No run is in the log yet.\n"
    city.two_accounts()
    city.type("capture", "--all")
    city.type("capture", "pod")
    runs = city.type("runs", "--json").json
    assert [(r["account"], r["outcome"]) for r in runs] == [
        ("pod", "nothing new"), ("web", "news"), ("pod", "news"),
    ]  # fmt: skip
    assert len(city.type("runs", "--account", "web", "--json").json) == 1
    assert "nothing new" in city.type("runs").out


def test_the_status_says_how_long_an_account_is_at_risk(city: City) -> None:
    city.two_accounts()
    city.type("capture", "--all")
    well = city.type("status")
    assert well.code == 0
    assert well.out.count(" well ") == 2
    city.site.plan("/", Fault(status=500), times=100)
    city.type("capture", "web")
    told = {a["entry"]["slug"]: a for a in city.type("status", "--json").json["accounts"]}
    assert told["web"]["condition"] == "transient"
    assert told["pod"]["condition"] == "well"
    assert re.search(r"^web: \d+ minutes? at risk: .*500", city.type("status").out, re.MULTILINE)


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
def test_no_time_name_or_number_is_broken_in_two(columns: int, city: City) -> None:
    city.two_accounts()
    city.site.publish("Snow", "<p>" + "Parking is banned on every second street. " * 5 + "</p>")
    city.type("capture", "--all")
    city.type.width(columns)
    for command, whole in (
        (["records", "list"], r"\d{4}-\d\d-\d\d \d\d:\d\d\b"),
        (["runs"], r"\d{4}-\d\d-\d\d \d\d:\d\d\b"),
        (["status"], r"\d{4}-\d\d-\d\d \d\d:\d\d\b"),
        (["accounts", "list"], re.escape(f"{city.podcast.url}/feed.rss")),
    ):
        printed = city.type(*command).out
        assert re.search(whole, printed)
        assert max(map(len, printed.splitlines())) <= columns
        assert not any(line != line.rstrip() for line in printed.splitlines())


# --- verifying, and the settings


def test_an_untouched_archive_verifies(city: City) -> None:
    city.two_accounts()
    city.site.seed(3)
    city.type("capture", "--all", "--window", "full")
    printed = city.type("verify")
    assert printed.code == 0
    assert "2 files (" in printed.out
    assert "Everything holds. Ledger head: " in printed.out
    told = city.type("verify", "--json", "--processes", "1").json
    assert told["problems"] == []
    assert told["files"] == 2


def test_platforms_are_described(city: City) -> None:
    listed = city.type("platforms").out
    for name in ("facebook", "feed", "wordpress", "x"):
        assert re.search(rf"^{name} ", listed, re.MULTILINE)
        one = city.type("platforms", name)
        assert one.code == 0
        assert "cannot: " in one.out
        assert city.type("platforms", name, "--json").json["platform"] == name
    assert set(city.type("platforms", "--json").json) >= {"facebook", "feed", "wordpress", "x"}


def test_the_settings_are_checked_shown_and_explained(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "are in order" in city.type("config", "check").out
    monkeypatch.setenv("ARCHIVER_DATABASE__URL", "postgresql://archiver:s3cr3t@db/archiver")
    shown = city.type("config", "show")
    assert shown.json["agency"]["approvers"] == [APPROVER]
    assert shown.json["database"]["url"] == "postgresql://archiver:***@db/archiver"
    assert "s3cr3t" not in shown.out
    assert set(yaml.safe_load(city.type("config", "example").out)) >= {"agency", "capture"}
    schema = city.type("config", "schema").json
    assert set(schema["properties"]) >= {"agency", "capture", "alarms"}


def test_all_mistakes_in_the_settings_are_named_each_on_a_line(city: City) -> None:
    file = city.type.home / "archiver.yaml"
    file.write_text("capture: {workrs: 3, retries: many}\n", encoding="utf-8")
    for command in (["config", "check"], ["status"], ["capture", "--all"], ["run"]):
        printed = city.type(*command)
        assert (printed.code, printed.out) == (2, "")
        first, second = sorted(printed.err.splitlines())
        assert first.startswith(f"archiver: {file}: capture.retries: Input should be a valid int")
        assert second.endswith('there is no setting "capture.workrs"; did you mean "workers"?')


@pytest.mark.parametrize("group", ["accounts", "records", "config"])
def test_without_a_command_the_help_is_shown(group: str, city: City) -> None:
    printed = city.type(group)
    assert printed.code == 2
    assert printed.err.startswith(f"Usage: archiver {group}")
    assert "Commands:" in printed.err
