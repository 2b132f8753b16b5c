"""The records officer adopts a schedule, years pass, and what is due is disposed of."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from archiver.desk.access import Role
from tests.support.browser import visit
from tests.support.disposal import OWN, SCHEDULE, SERIES, write_law
from tests.support.web import Web
from tests.support.web_disposal import OFFICER, WITH_MAXIMUM, made_due


def test_an_officer_adopts_a_schedule_and_reads_why(
    web: Web, address: str, browser: Browser
) -> None:
    write_law(web.archive, OWN)
    web.clock.advance(days=800)
    web.archive.retention.evaluate(confirmed_by=OFFICER)
    with visit(browser, web, address, Role.OFFICER) as there:
        page = there.open("/retention")
        there.accessible("retention")
        page.get_by_role("link", name="Schedules", exact=True).click()
        page.get_by_label("State").select_option("TX")
        page.get_by_label("Words in a series").fill("correspondence")
        page.get_by_role("button", name="Show").click()
        there.accessible("schedules")
        page.locator("main").get_by_role("link", name="Local Schedule GR").first.click()
        there.accessible("schedule")
        page.get_by_role("link", name="Adopt …").click()
        expect(page.get_by_role("heading", name="What the adoption would change")).to_be_visible()
        expect(page.get_by_label("Document of the adoption")).to_be_visible()
        there.accessible("schedule-adopt")
        page.get_by_label("Document of the adoption").fill("Resolution 2026-14")
        page.get_by_role("button", name="Adopt it as it stands").click()
        expect(page.get_by_text("counts from tomorrow").first).to_be_visible()
        there.accessible("schedule-adopted")
    web.clock.advance(days=1)
    web.archive.retention.evaluate()
    with visit(browser, web, address, Role.OFFICER) as there:
        page = there.open("/retention")
        there.accessible("retention-due")
        page.locator("a.tile", has_text="May be proposed").click()
        there.accessible("retention-records")
        page.locator("tbody th a").first.click()
        expect(page.get_by_role("heading", name="Every reason, in order")).to_be_visible()
        there.accessible("explain")
        page.get_by_text("Attach a tag").click()
        page.get_by_label("Tag (required)").fill("case 26-1187")
        page.get_by_label("Why (required)").locator("visible=true").fill("A complaint")
        there.accessible("explain-open")
        page.get_by_role("button", name="Attach").click()
        expect(page.get_by_text("The record carries the tag.")).to_be_visible()
        there.open("/retention/declare")
        there.accessible("declare")
        there.open("/retention/clock")
        there.accessible("clock")
    assert [each.schedule for each in web.archive.retention.adoptions.all()] == [SCHEDULE]


def test_a_maximum_is_answered(web: Web, address: str, browser: Browser) -> None:
    made_due(web, WITH_MAXIMUM, schedules=("city",))
    with visit(browser, web, address, Role.OFFICER, color_scheme="dark") as there:
        page = there.open("/retention/overdue")
        there.accessible("overdue-dark")
        page.get_by_role("link", name="none yet: answer").first.click()
        page.get_by_label("Keep it in spite of the maximum").check()
        page.get_by_label("Document of the decision").fill("Order 8")
        page.get_by_label("Why (required)").locator("visible=true").fill("A study needs it")
        there.accessible("explain-dark")
        page.get_by_role("button", name="Keep the answer").click()
        expect(page.get_by_text("The answer is kept.")).to_be_visible()
        there.open("/retention/overdue")
        expect(page.get_by_text("(Order 8)")).to_be_visible()
        there.accessible("overdue-answered-dark")


def test_a_record_is_explained_with_the_keyboard_alone(
    web: Web, address: str, browser: Browser
) -> None:
    made_due(web)
    with visit(browser, web, address, Role.AUDITOR) as there:
        page = there.open("/retention/explain")
        page.get_by_label("Record", exact=True).focus()
        page.keyboard.type("3")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Every reason, in order")).to_be_visible()
        expect(page.get_by_role("link", name=SERIES).first).to_be_visible()
