"""A disposition from the proposal to the certificate, each step by whom it takes."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, expect

from archiver.desk.access import Role
from tests.support.browser import visit
from tests.support.web import Web
from tests.support.web_disposal import made_due

WHERE = "/dispositions/1"


def test_a_clerk_proposes_counsel_approves_an_officer_executes(
    web: Web, address: str, browser: Browser
) -> None:
    made_due(web)
    with visit(browser, web, address, Role.CLERK) as there:
        page = there.open("/dispositions")
        there.accessible("dispositions-empty")
        page.get_by_role("link", name="Propose a disposition").click()
        there.accessible("propose")
        page.get_by_role("link", name=re.compile("Look at .* of spd-facebook")).click()
        expect(page.get_by_text("Nothing is proposed yet.")).to_be_visible()
        there.accessible("propose-preview")
        page.get_by_role("button", name="Propose").click()
        there.accessible("disposition-proposed")
        page.get_by_role("link", name="Look through the records").click()
        page.get_by_role("checkbox").first.check()
        page.get_by_label("Why the ticked records stay").fill("Historical value")
        page.evaluate("window.scrollTo(0, 0)")
        there.accessible("disposition-records")
        page.get_by_role("button", name="Take them out").click()
        expect(page.get_by_text("1 records stay.")).to_be_visible()
        there.open(WHERE)
        page.get_by_role("button", name="I have reviewed the list").click()
        expect(page.get_by_text("You proposed it. A second person must approve.")).to_be_visible()
        there.accessible("disposition-reviewed")
        page.get_by_role("link", name="Withdraw …").click()
        there.accessible("disposition-withdraw")

    with visit(browser, web, address, Role.LEGAL) as there:
        page = there.open("/dispositions")
        expect(page.get_by_role("heading", name="What waits for you")).to_be_visible()
        there.accessible("dispositions")
        page.get_by_role("link", name="Disposition 1").first.click()
        page.get_by_role("link", name="What it would touch").click()
        page.get_by_role("button", name="Compute the plan").click()
        expect(page.get_by_text("records would go")).to_be_visible()
        there.accessible("disposition-plan")
        there.open(WHERE)
        page.get_by_role("link", name="Approve …").click()
        there.accessible("disposition-approve")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("It has all its approvals.")).to_be_visible()

    with visit(browser, web, address, Role.OFFICER) as there:
        page = there.open(WHERE)
        there.accessible("disposition-approved")
        page.get_by_role("link", name="Execute …").click()
        button = page.get_by_role("button", name=re.compile("Destroy .* records"))
        expect(button).to_be_disabled()
        there.accessible("disposition-execute")
        left = len(web.archive.dispositions.get(1).batch.remaining)
        # With the keyboard alone: the words, then Enter.
        page.get_by_label("Why that is right").focus()
        page.keyboard.type("The whole account is due")
        page.keyboard.press("Tab")
        page.keyboard.type(f"destroy {left}")
        expect(button).to_be_enabled()
        page.keyboard.press("Enter")
        expect(page.get_by_text("What was to go is gone.")).to_be_visible(timeout=30_000)
        there.accessible("disposition-executed")
        page.get_by_role("button", name="Make the certificate").click()
        expect(page.get_by_role("heading", name="Certificate of disposition 1")).to_be_visible()
        there.accessible("certificate")
        there.open(f"{WHERE}?tab=history")
        there.accessible("disposition-history")
        there.open("/dispositions/register")
        there.accessible("register")
        there.open("/dispositions?tab=ended")
        there.accessible("dispositions-ended")

    with visit(browser, web, address, Role.AUDITOR, color_scheme="dark") as there:
        there.open(WHERE)
        there.accessible("disposition-dark")
