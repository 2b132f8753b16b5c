"""`archiver delete`, `hide` and `unhide` as a moderator types them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from archiver.demo.simulators.base import Loopback
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.wiring import opened
from tests.support.archive import approved, give_credentials, make_settings
from tests.support.terminal import Printed, Terminal


@dataclass
class Office:
    """A terminal, and a captured site "wp" with a post and a comment on it."""

    type: Terminal
    site: WordPressSimulator
    post: int
    comment: int

    def number(self, words: str) -> str:
        [found] = self.type("records", "list", words, "--json").json
        return f"#{found['id']}"

    def record(self, comment: int) -> int:
        listed = self.type("records", "list", "--json").json
        [found] = [each["id"] for each in listed if each["platform_id"] == str(comment)
                   and each["kind"] == "comment"]  # fmt: skip
        return int(found)

    def do(self, verb: str, words: str, *more: str) -> Printed:
        return self.type(verb, self.number(words), "--by", "Lou", "--reason", "spam", *more)


@pytest.fixture
def office(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Office]:
    settings = make_settings(tmp_path)
    terminal = Terminal(settings.home, capsys, monkeypatch)
    site = WordPressSimulator()
    post = site.publish("Road closed", "<p>Until Friday.</p>")
    comment = site.comment(post, "Buy pills")
    with Loopback() as loopback:
        loopback.serve(site)
        assert terminal("init").code == 0
        user = site.users["records"]
        with opened(settings) as archive:
            approved(archive, "wordpress", site.url, slug="wp")
            give_credentials(
                archive,
                "wp",
                user=user.login,
                application_password=user.application_password,
            )
        assert terminal("capture", "wp").code == 0
        yield Office(terminal, site, post, comment)


def test_a_dry_run_prints_the_plan_and_every_check(office: Office) -> None:
    printed = office.do("delete", "road", "--dry-run")
    assert (printed.code, printed.err) == (0, "")
    for words in (
        f"delete post {office.post} of wp",
        "there: into the site's trash",
        "with it: 1 record",
        "Buy pills",
        "yes holds and policy: nothing stands against it; 1 comments and replies go along",
        "yes the platform: wordpress lets it be done",
        "yes listed now:",
        "yes in the vault: 2 versions and 0 files were read back and verified",
        "It may be done. Nothing was removed.",
    ):
        assert words in printed.out
    assert office.site.posts[office.post].status == "publish"
    assert office.type("removals", "--json").json == []


def test_a_dry_run_that_may_not_be_done_shows_all_checks_and_ends_with_3(office: Office) -> None:
    printed = office.do("hide", "pills", "--dry-run")
    assert printed.code == 3
    assert "no  holds and policy" in printed.out
    assert "yes in the vault" in printed.out
    assert "It may not be done." in printed.out
    told = office.do("hide", "pills", "--dry-run", "--json").json
    assert told["refused"] is True
    assert [check["name"] for check in told["checks"] if not check["ok"]] == ["holds and policy"]


def test_a_comment_is_hidden_shown_again_and_the_steps_are_listed(office: Office) -> None:
    refused = office.do("hide", "pills")
    assert refused.code == 3
    assert f"comment {office.comment} stays as it is" in refused.sentence()
    done = office.do("hide", "pills", "--rule", "business")
    assert (done.code, done.err) == (0, "")
    assert f"comment {office.comment} of wp is hidden on the platform." in done.out
    assert office.site.comments[office.comment].status == "hold"
    shown = office.do("unhide", "pills")
    assert (shown.code, shown.err) == (0, "")
    assert "is shown again." in shown.out
    assert office.site.comments[office.comment].status == "approved"
    steps = [each["step"] for each in office.type("removals", "--json").json]
    assert steps == ["asked", "refused", *["asked", "cleared", "sent", "done"] * 2]
    assert "Lou" in office.type("removals").out


def test_the_neutrality_report_names_what_alike_was_left_standing(office: Office) -> None:
    office.site.comment(office.post, "buy pills!")
    assert office.type("capture", "wp").code == 0
    [left] = office.type("records", "list", "pills", "--json").json[:1]
    number = f"#{office.record(office.comment)}"
    hidden = office.type("hide", number, "--by", "Lou", "--reason", "ad", "--rule", "business")
    assert (hidden.code, hidden.err) == (0, "")
    told = office.type("removals", "report", "--json").json
    [tally] = told["tallies"]
    assert (tally["moderator"], tally["account"], tally["hidden"]) == ("Lou", "wp", 1)
    [compared] = told["compared"]
    assert compared["standing"] == [left["id"]]
    printed = office.type("removals", "report", "--since", "2020-01-01")
    assert f"1 (#{left['id']})" in printed.out
    assert (
        "Nothing that the public wrote"
        in office.type("removals", "report", "--until", "2020-01-01").out
    )
    assert office.type("removals", "settle").out.strip() == "No removal was cut off."


def test_what_could_mean_two_records_is_not_guessed(office: Office) -> None:
    while office.site.comment(office.post, "Another") < office.post:
        pass  # WordPress numbers posts and comments apart
    assert office.type("capture", "wp").code == 0
    wanted = str(office.post)
    printed = office.type("delete", wanted, "--by", "Lou", "--reason", "spam", "--dry-run")
    assert printed.code == 2
    assert f"(post {wanted} on wp)" in printed.sentence()
    assert f"(comment {wanted} on wp)" in printed.sentence()
    missing = office.type("delete", "#99999", "--by", "Lou", "--reason", "spam")
    assert missing.code == 2
    assert "what was never captured cannot be removed from here" in missing.sentence()


def test_done_as_json_names_the_request(office: Office) -> None:
    told = office.do("delete", "road", "--json").json
    assert told["step"] == "done"
    assert len(told["request"]["request"]) == 16
    assert office.site.posts[office.post].status == "trash"
