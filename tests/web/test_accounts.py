"""Accounts on the page: the registry, proposals, approval by somebody else, capture and test."""

from __future__ import annotations

from typing import Any

import pytest

from archiver.desk.access import Role
from archiver.model.queries import health
from tests.support.archive import propose
from tests.support.news_site import SLUG, News, news  # noqa: F401 - a fixture
from tests.support.stage import boards  # noqa: F401 - a fixture
from tests.support.web import NAMES, Web, plain

FIELDS: dict[str, Any] = {
    "platform": "feed",
    "address": "https://news.example/feed",
    "name": "News feed",
    "slug": "news-feed",
    "department": "Parks",
    "custodian": "Leslie Knope",
    "business_case": "Tell people about parks",
    "terms_reviewed_by": "City Attorney",
    "terms_reviewed_on": "2026-01-05",
    "basis": "official",
    "option_paging": "wordpress",
}


@pytest.mark.parametrize("role", list(Role))
def test_everybody_sees_the_registry(web: Web, role: Role) -> None:
    client = web.as_(role)
    assert "parks-blog" in client.page("/accounts")
    text = client.page("/accounts/spd-x")
    assert "What X (Twitter) gives" in text
    assert "posts older than the newest 3,200" in text
    assert "Chief Wiggum" in text


def test_there_is_a_sentence_for_an_account_that_is_not_there(web: Web) -> None:
    answer = web.as_(Role.CLERK).get("/accounts/nobody")
    assert answer.status_code == 404
    assert "There is no account" in plain(answer.text)


def test_credentials_are_named_and_never_shown(web: Web) -> None:
    client = web.as_(Role.ADMINISTRATOR)
    answer = client.get("/accounts/spd-x")
    assert "present access_token" in plain(answer.text)
    assert "not given remover_access_token" in plain(answer.text)
    for name, value in web.archive.credentials.of("spd-x").items():
        assert value not in answer.text, name


def test_a_credential_that_others_can_read_is_told(web: Web) -> None:
    web.archive.credentials.place("spd-x", "access_token").chmod(0o644)
    assert "can be read by others" in web.as_(Role.CLERK).page("/accounts/spd-x")


def test_a_proposal_is_entered_with_everything_and_waits(web: Web) -> None:
    client = web.as_(Role.CLERK)
    assert "Feed or podcast" in client.page("/accounts/_new")
    form = client.page("/accounts/_new?on=feed")
    assert "How older entries are reached" in form
    assert "Usually: links" in form
    assert client.done("/accounts/_new", **FIELDS) == "/accounts/news-feed"
    entry = web.archive.accounts.get("news-feed")
    assert (entry.state, entry.proposed_by) == ("proposed", NAMES[Role.CLERK])
    assert entry.options == {"paging": "wordpress"}
    assert "It waits for approval" in client.page("/accounts/news-feed")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"custodian": ""}, "the custodian"),
        ({"terms_reviewed_on": "soon"}, "is no day"),
        ({"basis": "none"}, "why the account is under the records rules"),
        ({"basis": "working-hours"}, "whose account it is"),
        ({"slug": "A b"}, "is no name for an account"),
    ],
)
def test_a_bad_proposal_keeps_what_was_typed(web: Web, wrong: dict[str, str], said: str) -> None:
    answer = web.as_(Role.CLERK).post("/accounts/_new", **{**FIELDS, **wrong})
    assert answer.status_code == 422
    assert said in plain(answer.text)
    assert 'value="https://news.example/feed"' in answer.text
    assert "Tell people about parks</textarea>" in answer.text
    assert 'value="wordpress"' in answer.text


def test_an_unknown_platform_is_a_sentence(web: Web) -> None:
    client = web.as_(Role.CLERK)
    assert client.get("/accounts/_new?on=myspace").status_code == 400
    answer = client.post("/accounts/_new", **{**FIELDS, "platform": "myspace"})
    assert answer.status_code == 400
    assert "myspace" in plain(answer.text)


def test_somebody_else_who_is_named_approves(web: Web) -> None:
    officer = web.as_(Role.OFFICER)
    officer.done("/accounts/_new", **FIELDS)
    refused = officer.post("/accounts/news-feed/approve", note="mine")
    assert refused.status_code == 422
    assert "another approver must approve it" in plain(refused.text)
    assert 'value="mine"' in refused.text
    other = web.as_(Role.COMMUNICATIONS)
    assert other.done("/accounts/news-feed/approve", note="fine") == "/accounts/news-feed"
    assert web.archive.accounts.get("news-feed").approved_by == NAMES[Role.COMMUNICATIONS]
    assert "approved until" in other.page("/accounts/news-feed")


def test_an_officer_whom_the_settings_do_not_name_may_not_approve(web: Web) -> None:
    propose(web.archive, "feed", "https://news.example/feed", slug="news-feed")
    answer = web.as_(Role.OFFICER, name="Edna Krabappel").post("/accounts/news-feed/approve")
    assert answer.status_code == 422
    assert "agency.approvers" in plain(answer.text)
    assert web.archive.accounts.get("news-feed").state == "proposed"


def test_suspending_needs_a_reason_and_is_a_gap(web: Web) -> None:
    officer = web.as_(Role.OFFICER)
    answer = officer.post("/accounts/spd-x/suspend", reason=" ")
    assert answer.status_code == 422
    assert "say why" in plain(answer.text).lower()
    officer.done("/accounts/spd-x/suspend", reason="the account was taken over")
    text = officer.page("/accounts/spd-x")
    assert "Suspended by Agnes Skinner: the account was taken over" in text
    assert "Capture now" not in text
    officer.done("/accounts/spd-x/approve")
    assert "Capture now" in officer.page("/accounts/spd-x")


def test_vanished_records_are_confirmed_only_while_the_alarm_is_open(web: Web) -> None:
    officer = web.as_(Role.OFFICER)
    path = "/accounts/spd-x/confirm-emptying"
    answer = officer.post(path, reason="I removed them")
    assert answer.status_code == 422
    assert "no alarm" in plain(answer.text)
    with web.archive.database.write() as connection:
        health.open_alarm(
            connection,
            account_id=web.archive.accounts.get("spd-x").id,
            kind="emptied",
            text="30 records vanished at once",
            since=web.clock.now(),
            at=web.clock.now(),
        )
    assert "How you know that they were removed" in officer.page("/accounts/spd-x")
    officer.done(path, reason="the campaign is over; I removed them")
    assert "30 records vanished" not in officer.page("/accounts/spd-x")


def test_capture_now_goes_on_in_the_background_and_tells_what_came(web: Web, news: News) -> None:  # noqa: F811
    news.site.publish("One more", "<p>One more notice.</p>")
    news.stage.later(minutes=5)
    client = web.as_(Role.CLERK)
    assert client.done(f"/accounts/{SLUG}/capture") == f"/accounts/{SLUG}#now"
    news.wait(f"capture {SLUG}")
    part = client.get(f"/accounts/{SLUG}/now", headers={"hx-request": "true"})
    assert part.headers["hx-refresh"] == "true"
    assert "hx-trigger" not in part.text
    assert "1 new records, 1 new versions" in client.page(f"/accounts/{SLUG}")


def test_a_capture_that_goes_on_elsewhere_is_a_sentence(web: Web, news: News) -> None:  # noqa: F811
    with web.archive.captures.lock(SLUG):
        answer = web.as_(Role.CLERK).post(f"/accounts/{SLUG}/capture")
    assert answer.status_code == 422
    assert "is being captured already" in plain(answer.text)
    assert "archiver status" not in answer.text


def test_what_is_not_approved_is_not_captured(web: Web) -> None:
    propose(web.archive, "feed", "https://news.example/feed", slug="news-feed")
    answer = web.as_(Role.CLERK).post("/accounts/news-feed/capture")
    assert answer.status_code == 422
    assert "not approved" in plain(answer.text)


def test_a_platform_that_fails_is_told_in_words(web: Web, news: News) -> None:  # noqa: F811
    news.stage.boards[1].current = None
    client = web.as_(Role.CLERK)
    client.done(f"/accounts/{SLUG}/capture")
    news.wait(f"capture {SLUG}")
    text = client.page(f"/accounts/{SLUG}")
    assert "The capture ended early." in text
    assert "Failing since" in text


def test_the_connection_is_tested_in_the_background(web: Web, news: News) -> None:  # noqa: F811
    client = web.as_(Role.ADMINISTRATOR)
    client.done(f"/accounts/{SLUG}/test")
    news.wait(f"test {SLUG}")
    assert "The connection works." in client.page(f"/accounts/{SLUG}")
    news.stage.boards[1].current = None
    client.done(f"/accounts/{SLUG}/test")
    news.wait(f"test {SLUG}")
    assert "The connection does not work." in client.page(f"/accounts/{SLUG}")
