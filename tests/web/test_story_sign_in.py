"""From a one-time code to a signed-in page with a second factor, in a real browser."""

from __future__ import annotations

import re

import pyotp
from playwright.sync_api import Browser, expect

from archiver.desk.access import Role
from tests.support.browser import served, visit
from tests.support.clock import FakeClock
from tests.support.web import Web, web_of

PASSWORD = "seven quiet harbours"


def test_a_person_signs_in_for_the_first_time_and_again(
    filled: object, tmp_path: object, browser: Browser
) -> None:
    with (
        web_of(filled, tmp_path, FakeClock(), web={"second_factor": True}) as web,  # type: ignore[arg-type]
        served(web.app) as address,
        visit(browser, web, address) as there,
    ):
        code = web.site.people.invite(
            "lisa@spd.example", "Lisa Simpson", roles=[Role.CLERK], by="Frank Grimes"
        ).code
        page = there.open("/")
        there.accessible("sign-in")
        page.get_by_role("link", name="one-time code").click()
        there.accessible("invitation")
        page.get_by_label("One-time code").fill(code)
        page.get_by_label("New password (required)").fill(PASSWORD)
        page.get_by_label("New password again").fill(PASSWORD)
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("heading", name="Set up your second factor")).to_be_visible()
        there.accessible("second-factor")
        key = re.sub(r"\s", "", page.locator("code").inner_text())
        factor = pyotp.TOTP(key)
        page.get_by_label("Code").fill(factor.at(web.clock.now()))
        page.get_by_role("button", name="Set up").click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        there.accessible()

        page.get_by_text("Lisa Simpson").click()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_label("Login").fill("Lisa@spd.example")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        code_field = page.get_by_label("Code")
        code_field.fill(factor.at(web.clock.now()))
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("alert")).to_contain_text("used already")
        web.clock.advance(seconds=30)
        page.get_by_label("Code").fill(factor.at(web.clock.now()))
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()


def test_the_page_is_accessible_in_the_dark_and_enlarged(
    web: Web, address: str, browser: Browser
) -> None:
    with visit(browser, web, address, Role.CLERK, color_scheme="dark") as there:
        page = there.open("/")
        there.accessible("home-dark")
        page.set_viewport_size({"width": 640, "height": 450})  # 200 % of a window of 1280
        there.accessible()
        wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wider, "the page must be scrolled sideways at 200 %"
