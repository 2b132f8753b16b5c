"""An administrator invites, changes and disables; a clerk makes a token. In a real browser."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from archiver.desk.access import Role
from tests.support.browser import visit
from tests.support.web import Web

PASSWORD = "seven quiet harbours"


def test_an_administrator_invites_somebody_who_then_signs_in(
    web: Web, address: str, browser: Browser
) -> None:
    with visit(browser, web, address, Role.ADMINISTRATOR) as there:
        page = there.open("/people")
        there.accessible("people")
        page.get_by_role("link", name="Invite somebody").click()
        there.accessible("people-invite")
        page.get_by_label("Login").focus()  # from here on the keyboard alone
        page.keyboard.type("ned@spd.example")
        page.keyboard.press("Tab")
        page.keyboard.type("Ned Flanders")
        page.keyboard.press("Tab")  # Administrator
        page.keyboard.press("Tab")  # Records clerk
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Ned Flanders")
        there.accessible("people-code")
        code = page.locator(".once code").inner_text()
        page.get_by_role("link", name="I have written it down").click()
        expect(page.get_by_role("checkbox", name="Records clerk")).to_be_checked()
        there.accessible("person-invited")

        with visit(browser, web, address) as other:
            theirs = other.open("/invitation")
            theirs.get_by_label("One-time code").fill(code)
            theirs.get_by_label("New password (required)").fill(PASSWORD)
            theirs.get_by_label("New password again").fill(PASSWORD)
            theirs.get_by_role("button", name="Go on").click()
            expect(theirs.get_by_role("heading", name="Home")).to_be_visible()

            page.get_by_role("checkbox", name="Auditor").check()
            page.get_by_role("checkbox", name="Records clerk").uncheck()
            page.get_by_role("button", name="Keep these").click()
            expect(page.get_by_role("status")).to_contain_text("from now on")

            page.get_by_role("link", name="Disable").click()
            there.accessible("person-disable")
            page.get_by_label("Reason").fill("has left the department")
            page.get_by_role("button", name="Disable").click()
            expect(page.get_by_role("status")).to_contain_text("signed out everywhere")
            there.accessible("person-disabled")
            theirs.reload()
            expect(theirs.get_by_role("heading", name="Sign in")).to_be_visible()
        page = there.open("/people/roles")
        there.accessible("people-roles")
        page.set_viewport_size({"width": 640, "height": 450})
        there.accessible()


def test_a_clerk_makes_a_token_and_revokes_it(web: Web, address: str, browser: Browser) -> None:
    with visit(browser, web, address, Role.CLERK, color_scheme="dark") as there:
        page = there.open("/own")
        page.get_by_label("What for").fill("nightly export")
        page.get_by_role("checkbox", name="Search and look at records").check()
        page.get_by_role("button", name="Make the token").click()
        expect(page.locator("#token")).to_have_text(re.compile(r"archiver_\S{30,}"))
        there.accessible("own-token-dark")
        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Revoke nightly export").click()
        expect(page.get_by_role("status")).to_contain_text("revoked")
        there.accessible("own")
