"""A citizen looks at the open archive, in a real browser."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from archiver.desk.access import Role
from archiver.web.open_archive import make_open_archive
from tests.support.browser import served, visit
from tests.support.web import Web


def test_the_officer_opens_an_account_and_a_citizen_reads_and_searches_it(
    web: Web, address: str, browser: Browser
) -> None:
    with (
        served(make_open_archive(web.site)) as public,
        visit(browser, web, address, Role.OFFICER) as officer,
        visit(browser, web, public) as citizen,
    ):
        page = citizen.open("/")
        expect(page.get_by_text("Nothing is shown yet.")).to_be_visible()
        citizen.accessible()

        desk = officer.open("/portal")
        officer.accessible("portal")
        row = desk.get_by_role("row", name="Springfield Police on x")
        row.get_by_label("Reason").fill("Council resolution 2026-7")
        row.get_by_role("button", name="Show Springfield Police on x").click()
        expect(desk.get_by_role("status")).to_contain_text("spd-x is shown")

        page = citizen.open("/")
        expect(page.get_by_role("article")).to_have_count(20)
        citizen.accessible("open-archive")
        page.get_by_role("link", name="Older").click()
        expect(page.get_by_role("article")).to_have_count(10)
        page = citizen.open("/")
        words = page.get_by_role("article").first.locator(".words").inner_text()
        word = max(words.replace(":", " ").split(), key=lambda each: len(each) * each.isalpha())
        page.get_by_role("searchbox").fill(word)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text(word)
        page.get_by_role("article").first.get_by_role("link", name="Open").click()
        citizen.accessible("open-record")
        citizen.open("/about")
        citizen.accessible("open-about")
    with (
        served(make_open_archive(web.site)) as public,
        visit(browser, web, public, color_scheme="dark") as citizen,
    ):
        citizen.open("/")
        citizen.accessible("open-archive-dark")
