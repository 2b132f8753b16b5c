"""Counsel looks at what vanished and what was edited in silence, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from archiver.desk.access import Role
from tests.support.browser import visit
from tests.support.news_site import News, news  # noqa: F401 - a fixture
from tests.support.stage import boards  # noqa: F401 - a fixture
from tests.support.web import Web


def test_counsel_goes_through_the_findings_by_keyboard(
    web: Web,
    news: News,  # noqa: F811
    address: str,
    browser: Browser,
) -> None:
    news.happen()
    with visit(browser, web, address, Role.LEGAL) as there:
        page = there.open("/findings")
        expect(page.get_by_text("Fireworks at nine.")).to_be_visible()
        there.accessible("findings-vanished")
        for name in (
            "Hidden", "Came back", "Edits", "Gaps", "Missing files", "Alarms", "What is watched",
        ):  # fmt: skip
            page.get_by_role("link", name=name, exact=True).focus()
            page.keyboard.press("Enter")
            tab = page.locator('.tabs a[aria-current="page"]')
            expect(tab).to_have_text(name)
            there.accessible(f"findings-{name.lower().replace(' ', '-')}")
        page = there.open("/findings?tab=edits")
        expect(page.locator("ins").first).to_be_visible()
        page.get_by_label("Account").select_option("spd-x")
        page.get_by_role("button", name="Show").click()
        expect(page.locator("ins")).to_have_count(0)
        page = there.open("/findings")
        page.get_by_role("link", name="Place a hold").click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert f"pick={news.record(news.other)}" in page.url
