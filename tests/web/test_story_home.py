"""What needs me today: from the home page to the thing itself, by pointer and by keyboard."""

from __future__ import annotations

from datetime import timedelta

from playwright.sync_api import Browser, expect

from archiver.desk.access import Role
from archiver.desk.hold_order import HoldOrder
from archiver.desk.requests import Channel, Intake, RequestKind
from archiver.model.queries import health
from retention.facts import Scope
from tests.support.browser import visit
from tests.support.news_site import News, news  # noqa: F401 - a fixture
from tests.support.stage import boards  # noqa: F401 - a fixture
from tests.support.web import Web


def _a_busy_day(web: Web, news: News) -> None:  # noqa: F811
    news.happen()
    for days, who in ((30, "Ned Flanders"), (6, "Maude Flanders")):
        web.archive.requests.open(
            Intake(
                kind=RequestKind.PUBLIC,
                requester=who,
                channel=Channel.MAIL,
                text="All posts about Elm Street",
                received_at=web.clock.now() - timedelta(days=days),
            ),
            by="Lisa Simpson",
        )
    web.archive.holds.place(
        HoldOrder(
            matter="Smith v. Springfield",
            issuer="Lionel Hutz",
            scope=Scope(accounts=("spd-x",)),
            custodians=("Ned Flanders",),
        )
    )
    account = web.archive.accounts.get("spd-facebook")
    web.clock.advance(minutes=130)
    with web.archive.database.write() as connection:
        health.failed(
            connection,
            account.id,
            at=web.clock.now(),
            code="credentials refused",
            text="the token was refused",
        )
        health.open_gap(
            connection,
            account_id=account.id,
            kind="outage",
            began=web.clock.now(),
            reason="captures failed",
        )


def test_a_calm_day_and_a_busy_one(
    web: Web,
    news: News,  # noqa: F811
    address: str,
    browser: Browser,
) -> None:
    with visit(browser, web, address, Role.CLERK) as there:
        page = there.open("/")
        expect(page.get_by_text("Nothing needs you today.")).to_be_visible()
        there.accessible("home-calm")
    _a_busy_day(web, news)
    with visit(browser, web, address, Role.CLERK) as there:
        page = there.open("/")
        there.accessible("home-busy")
        tasks = page.get_by_role("region", name="What needs you today")
        expect(tasks.get_by_role("link")).to_have_count(6)
        first = tasks.get_by_role("link").first
        first.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Shift+Tab")
        page.keyboard.press("Enter")
        expect(page).not_to_have_url(f"{address}/")
        page = there.open("/")
        tasks.get_by_role("link", name="1 vanished record was not looked at").click()
        expect(page.get_by_role("heading", name="Findings")).to_be_visible()
        page.get_by_label("Note on").fill("the event is over")
        page.get_by_role("button", name="Mark as looked at").click()
        expect(page.get_by_role("status")).to_contain_text("Marked as looked at")
        page = there.open("/")
        expect(page.get_by_text("1 vanished record was not looked at")).to_have_count(0)


def test_it_can_be_read_in_the_dark_and_enlarged(
    web: Web,
    news: News,  # noqa: F811
    address: str,
    browser: Browser,
) -> None:
    _a_busy_day(web, news)
    with visit(browser, web, address, Role.OFFICER, color_scheme="dark") as there:
        page = there.open("/")
        there.accessible("home-busy-dark")
        for path in ("/", "/accounts", "/accounts/spd-x", "/findings", "/audit-log", "/removals"):
            page = there.open(path)
            page.set_viewport_size({"width": 640, "height": 450})  # 200 % of a window of 1280
            there.accessible()
            wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
            assert not wider, f"{path} must be scrolled sideways at 200 %"
