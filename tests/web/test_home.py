"""The home page: what needs somebody, for each role its own, and calm when nothing does."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from archiver.desk.access import Role
from archiver.desk.hold_order import HoldOrder
from archiver.desk.requests import Channel, Intake, RequestKind
from archiver.model.queries import health
from archiver.web.charts import bars
from retention.facts import Scope
from tests.support.archive import propose
from tests.support.news_site import News, news  # noqa: F401 - a fixture
from tests.support.stage import boards  # noqa: F401 - a fixture
from tests.support.web import Web, plain

CALM = "Nothing needs you today."


@pytest.mark.parametrize("role", list(Role))
def test_it_is_calm_when_all_is_well(web: Web, role: Role) -> None:
    assert CALM in web.as_(role).page("/")


def test_it_shows_the_health_of_each_account_with_a_chart(web: Web) -> None:
    answer = web.as_(Role.CLERK).get("/")
    text = plain(answer.text)
    assert "4 / 4 approved accounts are captured well" in text
    assert "of sealed evidence in the vault" in text
    assert answer.text.count('role="img"') == 4
    assert "parks-blog" in text
    assert "26 versions captured in 14 days, at most 26 in one day" in answer.text


def test_a_failing_account_is_told_once_with_the_time_at_risk(web: Web) -> None:
    account = web.archive.accounts.get("spd-x")
    web.clock.advance(minutes=90)
    with web.archive.database.write() as connection:
        health.failed(
            connection,
            account.id,
            at=web.clock.now(),
            code="credentials refused",
            text="the token was refused",
        )
        health.open_alarm(
            connection,
            account_id=account.id,
            kind="dead connection",
            text="spd-x has not been captured",
            since=web.clock.now(),
            at=web.clock.now(),
        )
    text = web.as_(Role.ADMINISTRATOR).page("/")
    assert "Springfield Police on x is not being captured" in text
    assert "at risk for 90 minutes" in text
    assert "Dead connection" not in text
    assert "3 / 4 approved accounts" in text


def test_deadlines_are_told_to_those_who_work_on_requests(web: Web) -> None:
    received = web.clock.now() - timedelta(days=30)
    web.archive.requests.open(
        Intake(
            kind=RequestKind.PUBLIC,
            requester="Ned Flanders",
            channel=Channel.MAIL,
            text="All posts about Elm Street",
            received_at=received,
        ),
        by="Lisa Simpson",
    )
    assert "is overdue" in web.as_(Role.CLERK).page("/")
    assert CALM in web.as_(Role.COMMUNICATIONS).page("/")


def test_a_proposed_account_waits_for_those_who_may_approve(web: Web) -> None:
    propose(web.archive, "feed", "https://news.example/feed", slug="new-feed", name="News feed")
    assert "News feed waits for approval" in web.as_(Role.OFFICER).page("/")
    assert CALM in web.as_(Role.AUDITOR).page("/")


def test_the_end_of_an_approval_is_announced_and_told(web: Web) -> None:
    web.clock.advance(days=350)
    assert "The approval of Springfield Police on x ends soon" in web.as_(Role.OFFICER).page("/")
    web.clock.advance(days=20)
    assert "The approval of Springfield Police on x has ended" in web.as_(Role.CLERK).page("/")


def test_custodians_who_were_not_told_wait_for_whoever_sees_holds(web: Web) -> None:
    web.archive.holds.place(
        HoldOrder(
            matter="Smith v. Springfield",
            issuer="Lionel Hutz",
            scope=Scope(accounts=("spd-x",)),
            custodians=("Ned Flanders",),
        )
    )
    text = web.as_(Role.LEGAL).page("/")
    assert "2 custodians were not told of the hold" in text
    assert "Smith v. Springfield" in text
    assert "not told" not in web.as_(Role.COMMUNICATIONS).page("/")


def test_a_vanished_record_is_told_until_somebody_has_looked(web: Web, news: News) -> None:  # noqa: F811
    clerk = web.as_(Role.CLERK)
    assert "vanished" not in clerk.page("/").split("Capture")[0]
    news.happen()
    assert "1 vanished record was not looked at" in clerk.page("/")
    [finding] = [each.id for each in news.stage.findings() if each.stage == "confirmed"]
    clerk.done(f"/findings/{finding}/looked-at", note="the event is over")
    assert CALM in clerk.page("/")


def test_what_vanished_is_told_to_the_departments_that_see_it(web: Web, news: News) -> None:  # noqa: F811
    news.happen()
    police = web.as_(Role.CLERK, name="Clancy", departments=("Police",))
    parks = web.as_(Role.CLERK, name="Leslie", departments=("Parks",))
    assert CALM in police.page("/")
    assert "1 vanished record" in parks.page("/")


def test_numbers_are_counted_again_when_something_came(web: Web, news: News) -> None:  # noqa: F811
    clerk = web.as_(Role.CLERK)
    assert "103 records" in clerk.page("/")
    news.site.publish("One more", "<p>One more notice.</p>")
    news.stage.later(minutes=5)
    news.capture()
    assert "104 records" in clerk.page("/")


def test_lines_of_the_ledger_without_a_checkpoint_are_told_to_auditors(web: Web) -> None:
    web.clock.advance(hours=4)
    assert "No checkpoint covers the newest lines" in web.as_(Role.AUDITOR).page("/")
    web.archive.checkpoints.round()
    assert CALM in web.as_(Role.AUDITOR).page("/")


def test_open_gaps_are_told_in_one_line(web: Web) -> None:
    with web.archive.database.write() as connection:
        for slug in ("spd-x", "podcast"):
            health.open_gap(
                connection,
                account_id=web.archive.accounts.get(slug).id,
                kind="outage",
                began=web.clock.now(),
                reason="the platform was down",
            )
    assert "2 gaps are open" in web.as_(Role.AUDITOR).page("/")
    assert CALM in web.as_(Role.ADMINISTRATOR).page("/")


def test_a_chart_draws_each_day_in_proportion() -> None:
    first = date(2026, 11, 1)
    drawn = bars([(first + timedelta(days=i), value) for i, value in enumerate((0, 5, 10))])
    assert [bar.height for bar in drawn.bars] == [1.0, 16.0, 32.0]
    assert [bar.y + bar.height for bar in drawn.bars] == [32.0, 32.0, 32.0]
    assert (drawn.total, drawn.highest) == (15, 10)


def test_the_watchdog_hears_that_it_is_up(web: Web) -> None:
    assert web.as_().get("/health").text == "ok\n"
