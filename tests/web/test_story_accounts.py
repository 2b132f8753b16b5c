"""An account from its proposal to its first capture, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from archiver.desk.access import Role
from tests.support.browser import visit
from tests.support.news_site import SLUG, News, news  # noqa: F401 - a fixture
from tests.support.stage import boards  # noqa: F401 - a fixture
from tests.support.web import Web


def test_an_account_is_proposed_by_keyboard_and_approved_by_somebody_else(
    web: Web, address: str, browser: Browser
) -> None:
    with visit(browser, web, address, Role.CLERK) as there:
        page = there.open("/accounts")
        there.accessible("accounts")
        page.get_by_role("link", name="Propose an account").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Propose an account")).to_be_visible()
        there.accessible("accounts-platforms")
        page.get_by_role("link", name="Choose WordPress site").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_label("Address (required)")).to_be_visible()
        there.accessible("accounts-new")
        page.get_by_label("Address (required)").focus()
        for text in (
            "https://news.springfield.example",
            "Springfield news",
            "",
            "Communications",
            "Kent Brockman",
            "Tell people what happens",
        ):
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        page.get_by_label("Reviewed by (required)").fill("City Attorney")
        page.get_by_label("Short name").fill("Not Good")
        page.get_by_label("Short name").evaluate("field => field.removeAttribute('pattern')")
        page.get_by_role("button", name="Propose it").click()
        expect(page.get_by_role("alert")).to_contain_text("is no name for an account")
        there.accessible("accounts-new-refused")
        page.get_by_label("Short name").fill("city-news")
        page.get_by_role("button", name="Propose it").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="It waits for approval")).to_be_visible()
        there.accessible("account-proposed")
    with visit(browser, web, address, Role.COMMUNICATIONS) as there:
        page = there.open("/accounts/city-news")
        page.get_by_label("Note").fill("Checked with the web team")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("status").first).to_contain_text("is approved")
        page.get_by_text("Suspend", exact=True).first.click()
        there.accessible("account-suspend")
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_label("Reason").fill("the site moves")
        page.get_by_role("button", name="Suspend").click()
        expect(page.get_by_text("the site moves").first).to_be_visible()


def test_an_account_is_captured_now_and_the_page_tells_what_came(
    web: Web,
    news: News,  # noqa: F811
    address: str,
    browser: Browser,
) -> None:
    news.happen()
    news.site.publish("One more", "<p>One more notice.</p>")
    news.stage.later(minutes=5)
    with visit(browser, web, address, Role.OFFICER) as there:
        page = there.open(f"/accounts/{SLUG}")
        there.accessible("account")
        page.get_by_role("button", name="Capture now").click()
        expect(page.get_by_text("Captured.")).to_be_visible()
        expect(page.get_by_text("1 new records, 1 new versions")).to_be_visible()
        there.accessible("account-captured")
        page.get_by_role("button", name="Test the connection").click()
        expect(page.get_by_text("The connection works.")).to_be_visible()
        there.accessible("account-tested")
