"""Findings on the page: lists by sort, filters, the mark that somebody looked, departments."""

from __future__ import annotations

import pytest

from archiver.desk.access import Role
from archiver.desk.findings import PAGE
from archiver.model.queries import health
from tests.support.news_site import SLUG, News, news  # noqa: F401 - a fixture
from tests.support.stage import boards  # noqa: F401 - a fixture
from tests.support.web import Web, plain

TABS = ("vanished", "hidden", "returned", "edits", "gaps", "files", "alarms", "watch")


@pytest.mark.parametrize("tab", TABS)
def test_each_tab_is_there_and_says_what_it_means(web: Web, tab: str) -> None:
    answer = web.as_(Role.AUDITOR).get(f"/findings?tab={tab}")
    assert answer.status_code == 200
    assert f'href="?tab={tab}" aria-current="page"' in answer.text


def test_a_vanished_post_is_told_with_its_bounds_and_evidence(web: Web, news: News) -> None:  # noqa: F811
    news.happen()
    text = web.as_(Role.CLERK).page("/findings")
    assert "Fireworks at nine." in text
    assert "after Nov 24, 2026, 6:00:00 AM (last seen)" in text
    assert "not later than Nov 24, 2026, 6:05:00 AM (first missed)" in text
    assert "the platform does not say why" in text
    assert text.count("suspected") == 0, "a suspicion that was settled is not shown"


def test_a_comment_that_was_hidden_and_shown_again(web: Web, news: News) -> None:  # noqa: F811
    news.happen()
    client = web.as_(Role.CLERK)
    hidden = client.page("/findings?tab=hidden")
    assert "You are all idiots" in hidden
    assert "is there again" in hidden
    assert "You are all idiots" not in client.page("/findings?tab=hidden&only=still")
    every = client.page("/findings?tab=edits&only=all")
    assert "from public to held for moderation" in every


def test_a_post_in_the_trash_has_vanished_though_it_is_still_listed(
    web: Web,
    news: News,  # noqa: F811
) -> None:
    news.site.trash(news.other)
    news.stage.later(minutes=5)
    news.capture()
    client = web.as_(Role.CLERK)
    text = client.page("/findings?only=unseen")
    assert "Fireworks at nine." in text
    assert "now: in the trash" in text
    assert "The agency removed it" in text
    assert "1 vanished record was not looked at" in client.page("/")
    news.site.restore(news.other)
    news.stage.later(minutes=5)
    news.capture()
    assert "Fireworks" not in client.page("/findings?only=unseen")
    assert "Fireworks" in client.page("/findings")


def test_a_silent_edit_is_told_word_by_word(web: Web, news: News) -> None:  # noqa: F811
    news.happen()
    answer = web.as_(Role.CLERK).get("/findings?tab=edits")
    assert "<ins>, really!</ins>" in answer.text.replace("</ins><ins>", "")
    assert "silent edit" in answer.text
    assert "visibility changed" not in answer.text


def test_an_edit_that_the_platform_announced_is_not_silent(web: Web, news: News) -> None:  # noqa: F811
    news.stage.later(minutes=5)
    news.site.edit(news.post, content="<p>Elm Street is closed until Sunday.</p>")
    news.stage.later(minutes=5)
    news.capture()
    client = web.as_(Role.CLERK)
    assert "No such edit was found" in client.page(f"/findings?tab=edits&account={SLUG}")
    assert "announced edit" in client.page(f"/findings?tab=edits&account={SLUG}&only=all")


def test_the_list_is_narrowed_by_account_and_day(web: Web, news: News) -> None:  # noqa: F811
    news.happen()
    client = web.as_(Role.CLERK)
    assert "Fireworks" in client.page(f"/findings?account={SLUG}&since=2026-11-24")
    assert "Fireworks" not in client.page("/findings?account=spd-x")
    assert "Fireworks" not in client.page("/findings?until=2026-11-23")
    assert "Thank you" in client.page("/findings?tab=edits&until=2026-11-24")
    assert "Thank you" not in client.page("/findings?tab=edits&since=2026-11-25")


@pytest.mark.parametrize("query", ["since=yesterday", "account=nobody", "until=2026-13-01"])
def test_a_bad_filter_is_a_sentence_and_stays(web: Web, query: str) -> None:
    answer = web.as_(Role.CLERK).get(f"/findings?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_old_edits_are_there_when_the_first_day_is_cleared(web: Web, news: News) -> None:  # noqa: F811
    news.happen()
    web.clock.advance(days=100)
    client = web.as_(Role.CLERK)
    answer = client.get("/findings?tab=edits")
    assert "Thank you" not in answer.text
    assert 'name="since" type="date" value="2026-12-04"' in answer.text
    assert "Thank you" in client.page("/findings?tab=edits&since=")


def test_looking_is_noted_in_the_ledger_and_shown(web: Web, news: News) -> None:  # noqa: F811
    news.happen()
    [finding] = [each.id for each in news.stage.findings() if each.stage == "confirmed"]
    client = web.as_(Role.LEGAL)
    assert "Fireworks" in client.page("/findings?only=unseen")
    where = client.done(f"/findings/{finding}/looked-at", note="seen", back="/findings?page=1")
    assert where == "/findings?page=1"
    assert "looked at" in client.page("/findings")
    assert "Fireworks" not in client.page("/findings?only=unseen")
    [line] = news.stage.rows("SELECT body FROM ledger WHERE kind = 'finding looked at'")
    assert '"note":"seen"' in line.body
    assert '"actor":"Lionel Hutz"' in line.body


def test_only_who_decides_on_items_says_that_they_looked(web: Web, news: News) -> None:  # noqa: F811
    news.happen()
    [finding] = [each.id for each in news.stage.findings() if each.stage == "confirmed"]
    assert web.as_(Role.AUDITOR).post(f"/findings/{finding}/looked-at").status_code == 403
    assert "Mark as looked at" not in web.as_(Role.AUDITOR).page("/findings")
    clerk = web.as_(Role.CLERK)
    assert clerk.post("/findings/9999/looked-at").status_code == 404
    assert clerk.post("/findings/x/looked-at").status_code == 404
    away = clerk.done(f"/findings/{finding}/looked-at", back="https://elsewhere.example")
    assert away == "/"


def test_content_of_other_departments_is_not_shown(web: Web, news: News) -> None:  # noqa: F811
    news.happen()
    [finding] = [each.id for each in news.stage.findings() if each.stage == "confirmed"]
    police = web.as_(Role.CLERK, name="Clancy", departments=("Police",))
    for tab in ("vanished", "hidden", "edits"):
        text = police.page(f"/findings?tab={tab}&only=all")
        assert "Springfield news" not in text
        assert "Fireworks" not in text
        assert "idiots" not in text
    assert police.get(f"/findings?account={SLUG}").status_code == 422
    answer = police.post(f"/findings/{finding}/looked-at")
    assert answer.status_code == 403
    assert "belongs to the department" in plain(answer.text)
    assert "Fireworks" in web.as_(Role.CLERK, name="Leslie", departments=("Parks",)).page(
        "/findings"
    )


def test_gaps_are_paged_with_what_was_recovered(web: Web, news: News) -> None:  # noqa: F811
    began = web.clock.now()
    news.stage.later(minutes=1)
    news.site.publish("Missed", "<p>Published in the gap.</p>")
    news.stage.later(minutes=1)
    account = news.entry.id
    with web.archive.database.write() as connection:
        health.open_gap(
            connection, account_id=account, kind="outage", began=began, reason="was down"
        )
        health.close_gaps(connection, account_id=account, kinds=("outage",), ended=web.clock.now())
    news.capture()
    with web.archive.database.write() as connection:
        for number in range(PAGE):
            health.open_gap(
                connection,
                account_id=account,
                kind=f"kind {number}",
                began=web.clock.now(),
                reason="again",
            )
    client = web.as_(Role.AUDITOR)
    first = client.page("/findings?tab=gaps")
    assert first.count("open") >= PAGE
    assert "Was down" not in first
    second = client.page("/findings?tab=gaps&page=2")
    assert "Outage: captures failed Was down 1" in second
    assert "Was down" not in client.page("/findings?tab=gaps&only=open")


def test_alarms_open_and_over_are_told_without_commands(web: Web) -> None:
    account = web.archive.accounts.get("spd-x").id
    with web.archive.database.write() as connection:
        for number, text in ((account, "Renew it, then run: archiver accounts test spd-x"),):
            health.open_alarm(
                connection,
                account_id=number,
                kind="dead connection",
                text=text,
                since=web.clock.now(),
                at=web.clock.now(),
            )
        health.close_alarms(
            connection, account_id=account, kinds=("dead connection",), at=web.clock.now()
        )
        health.open_alarm(
            connection,
            account_id=None,
            kind="disk",
            text="/vault has 1 GB left",
            since=web.clock.now(),
            at=web.clock.now(),
        )
    text = web.as_(Role.AUDITOR).page("/findings?tab=alarms")
    assert text.index("Disk is filling up") < text.index("Dead connection")
    assert "Renew it" in text
    assert "archiver accounts" not in text
    assert "Disk" not in web.as_(Role.AUDITOR).page("/findings?tab=alarms&account=spd-x")
