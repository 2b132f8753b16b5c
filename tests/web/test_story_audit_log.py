"""The auditor reads the log, finds a line, and has everything verified, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from archiver.desk.access import Role
from tests.support.browser import visit
from tests.support.news_site import News, news  # noqa: F401 - a fixture
from tests.support.stage import boards  # noqa: F401 - a fixture
from tests.support.web import Web


def test_the_auditor_reads_and_verifies_by_keyboard(
    web: Web,
    news: News,  # noqa: F811
    address: str,
    browser: Browser,
) -> None:
    news.happen()
    web.archive.accounts.suspend("podcast", actor="Agnes Skinner", reason="the podcast has ended")
    web.archive.checkpoints.round()
    with visit(browser, web, address, Role.AUDITOR) as there:
        page = there.open("/audit-log")
        there.accessible("audit-log")
        page.get_by_text("Checkpoints and time stamps").click()
        page.get_by_text("Hash and details").first.click()
        there.accessible("audit-log-open")
        page.get_by_label("What").select_option("accounts")
        page.get_by_label("Who").fill("Agnes Skinner")
        page.keyboard.press("Enter")
        expect(page.get_by_text("the podcast has ended").first).to_be_visible()
        expect(page.locator(".line")).to_have_count(1)
        there.accessible("audit-log-narrowed")
        page.get_by_role("button", name="Verify the chain").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("lines hold.")).to_be_visible()
        there.accessible("audit-log-verified")
        page.get_by_role("button", name="Verify everything").click()
        expect(page.get_by_text("Everything holds.")).to_be_visible()
        there.accessible("audit-log-verified-all")
