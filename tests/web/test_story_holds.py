"""Counsel places a hold, tells the custodians and widens it; a colleague releases it."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from archiver.desk.access import Role
from tests.support.browser import visit
from tests.support.web import Web

MATTER = "Smith v. Springfield"
NAME = "smith-v-springfield"


def test_counsel_places_a_hold_and_a_colleague_releases_it(
    web: Web, address: str, browser: Browser
) -> None:
    with visit(browser, web, address, Role.LEGAL) as there:
        page = there.open("/holds")
        there.accessible("holds-empty")
        page.get_by_role("link", name="Place a hold").click()
        there.accessible("hold-form")
        page.get_by_label("Case, request or audit").fill(MATTER)
        page.get_by_label("spd-x").check()
        live = page.get_by_role("complementary", name="What it catches now")
        expect(live.get_by_text("31 records")).to_be_visible()
        page.get_by_label("Further custodians").fill("Officer Lou <lou@spd.example>")
        there.accessible("hold-form-live")
        page.get_by_label("Published from").fill("2030-01-01")
        page.get_by_label("Published up to").fill("2029-01-01")
        page.get_by_role("button", name="Look at what it catches").click()
        expect(page.get_by_role("alert")).to_contain_text("No day lies between")
        expect(page.get_by_label("Case, request or audit")).to_have_value(MATTER)
        expect(page.get_by_label("spd-x")).to_be_checked()
        there.accessible("hold-form-refused")
        page.get_by_label("Published from").fill("")
        page.get_by_label("Published up to").fill("")
        page.get_by_role("button", name="Look at what it catches").click()
        expect(page.get_by_text("Nothing is placed yet.")).to_be_visible()
        there.accessible("hold-preview")
        page.get_by_role("button", name="Go back and change it").click()
        expect(page.get_by_label("spd-x")).to_be_checked()
        page.get_by_role("button", name="Look at what it catches").click()
        page.get_by_role("button", name="Place this hold").click()
        expect(page.get_by_text("The hold is in force.")).to_be_visible()
        there.accessible("hold")

        page.get_by_role("link", name="Give notice").click()
        there.accessible("hold-notice")
        page.get_by_role("button", name="Give notice now").click()
        expect(page.get_by_text("The notice is given.")).to_be_visible()
        page.get_by_role("button", name="Officer Lou <lou@spd.example> has confirmed").click()
        there.accessible("hold-custodians")
        page.get_by_role("link", name="Records", exact=True).last.click()
        there.accessible("hold-records")
        page.get_by_role("link", name="History").click()
        there.accessible("hold-history")
        page.get_by_role("link", name="Widen").click()
        page.get_by_label("podcast").check()
        page.get_by_label("Why more must be kept").fill("The complaint was amended")
        there.accessible("hold-widen")
        page.get_by_role("button", name="Look at what it catches").click()
        there.accessible("hold-widen-preview")
        page.get_by_role("button", name="Widen the hold").click()
        expect(page.get_by_text("it keeps 6 records more")).to_be_visible()
        page.get_by_role("link", name="Release …").click()
        expect(page.get_by_text("Somebody else must release it")).to_be_visible()
        there.accessible("hold-release")
        there.open("/holds")
        there.accessible("holds")

    web.person(Role.LEGAL, name="Jackie Chiles", login="jackie")
    web.archive.holds.release(NAME, actor="Jackie Chiles", reason="Settled and paid")
    with visit(browser, web, address, Role.AUDITOR, color_scheme="dark") as there:
        there.open(f"/holds/{NAME}")
        there.accessible("hold-released-dark")
        there.open("/holds?tab=released")
        there.accessible("holds-released-dark")


def test_a_hold_is_placed_with_the_keyboard_alone(web: Web, address: str, browser: Browser) -> None:
    with visit(browser, web, address, Role.LEGAL) as there:
        page = there.open("/holds/new")
        page.get_by_label("Case, request or audit").focus()
        page.keyboard.type("A flood")
        for _ in range(40):
            page.keyboard.press("Tab")
            label = page.evaluate("document.activeElement.value || ''")
            if label == "podcast":
                page.keyboard.press("Space")
            if page.evaluate("document.activeElement.tagName") == "BUTTON":
                break
        page.keyboard.press("Enter")
        expect(page.get_by_text("Nothing is placed yet.")).to_be_visible()
        page.get_by_role("button", name="Place this hold").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="A flood")).to_be_visible()
    assert web.archive.holds.get("a-flood").entry.scopes[0].accounts == ("podcast",)


def test_the_form_of_a_hold_fits_an_enlarged_page(web: Web, address: str, browser: Browser) -> None:
    with visit(browser, web, address, Role.LEGAL) as there:
        page = there.open("/holds/new")
        page.set_viewport_size({"width": 640, "height": 450})
        there.accessible("hold-form-narrow")
        wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wider, "the page must be scrolled sideways at 200 %"
