"""Communications hides a comment that breaks a rule, in a real browser; each check is shown."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from archiver.desk.access import Role
from tests.support.browser import visit
from tests.support.news_site import News, news  # noqa: F401 - a fixture
from tests.support.stage import boards  # noqa: F401 - a fixture
from tests.support.web import Web


def test_a_comment_is_hidden_with_every_check_shown_first(
    web: Web,
    news: News,  # noqa: F811
    address: str,
    browser: Browser,
) -> None:
    news.give_remover()
    with visit(browser, web, address, Role.COMMUNICATIONS) as there:
        page = there.open("/removals")
        there.accessible("removals-none")
        page.get_by_role("link", name="Delete or hide something").click()
        there.accessible("removals-which")
        page.get_by_label("Which record?").fill(f"#{news.record(news.rude, 'comment')}")
        page.keyboard.press("Enter")
        expect(page.get_by_text("You are all idiots")).to_be_visible()
        there.accessible("removals-new")

        page.get_by_role("radio", name="Hide").focus()
        page.keyboard.press("Space")
        page.get_by_label("Reason").fill("It threatens a neighbour")
        page.get_by_role("button", name="Check everything first").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="It may not be done")).to_be_visible()
        there.accessible("removals-refused")

        page.get_by_role("link", name="Change and check again").click()
        expect(page.get_by_label("Reason")).to_have_value("It threatens a neighbour")
        page.get_by_label("Rule of the posted policy").select_option("unlawful")
        page.get_by_role("button", name="Check everything first").click()
        expect(page.get_by_role("heading", name="It may be done")).to_be_visible()
        there.accessible("removals-plan")
        page.get_by_label("Type “hide” to confirm").fill("hide")
        page.keyboard.press("Enter")
        expect(page.get_by_text("It is hidden on the platform.")).to_be_visible()
        there.accessible("removals-done")
        page.get_by_role("link", name="Every step").click()
        expect(page.get_by_text("all checks passed")).to_be_visible()
        there.accessible("removals")
        page = there.open("/removals/report")
        there.accessible("removals-report")
    assert news.site.comments[news.rude].status == "hold"
