"""A clerk looks for what was said, finds it, and sees that it is what was captured."""

# ruff: noqa: F811 - fixtures are imported by their names

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from archiver.desk.access import Role
from tests.support.browser import Visit, served, visit
from tests.support.record_scene import FILES, Written
from tests.support.stage import boards  # noqa: F401
from tests.support.web import Web
from tests.web.record_fixtures import town, written  # noqa: F401
from tests.web.test_records import asked, file_of, logged, number


@pytest.fixture
def here(town: Web) -> Iterator[str]:
    """Where the page of the scene is served."""
    with served(town.app) as made:
        yield made


def _typed(page: Page, question: str) -> None:
    """Type as a person does, letter by letter."""
    page.get_by_label("What are you looking for?").press_sequentially(question)


def test_a_clerk_finds_what_was_said_and_verifies_it(
    town: Web, here: str, browser: Browser, written: tuple[Path, Written]
) -> None:
    with visit(browser, town, here, Role.CLERK) as there:
        page = there.open("/records")
        there.accessible("records")
        page.get_by_text("How to ask").click()
        there.accessible("records-help")
        page.get_by_text("How to ask").click()

        _typed(page, "plow")
        expect(page.locator("#tally")).to_have_text("2 found")
        expect(page).to_have_url(re.compile(r"/records\?q=plow$"))
        expect(page.locator(".hit mark")).to_have_count(2)
        there.accessible("records-found")

        _typed(page, ' "sno')
        expect(page.locator("#said")).to_contain_text("quotation mark is not closed")
        expect(page.locator(".hit")).to_have_count(2)  # nothing that was found is lost
        there.accessible("records-mistake")
        page.get_by_label("What are you looking for?").fill("snow")
        expect(page.locator("#said")).to_be_empty()
        expect(page.locator("#tally")).to_have_text("3 found")

        page.get_by_role("link", name=re.compile("Springfield Police on wordpress")).click()
        expect(page.locator(".chips")).to_contain_text("police-blog")
        expect(page.locator("#tally")).to_have_text("2 found")
        there.accessible("records-narrowed")
        page.get_by_role("link", name=re.compile("Account: police-blog")).click()
        expect(page.locator("#tally")).to_have_text("3 found")

        page.get_by_label("Name", exact=True).fill("Winter")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("status").first).to_contain_text("saved as")
        there.accessible("records-saved")

        page.get_by_role("link", name=re.compile("Post by Chief of Police")).first.click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Post by Chief of Police")
        expect(page.locator("ins")).to_have_count(3)  # ten, and Elm Street, and the legend
        there.accessible("record")
        page.get_by_role("link", name="← Version 1").click()
        expect(page.get_by_text("You see version 1 of 2")).to_be_visible()
        there.accessible("record-earlier")
        page.get_by_role("button", name="Verify now").click()
        expect(page.locator("#verified")).to_contain_text("is what was captured")
        there.accessible("record-verified")
        _whole(there, "record-whole")
        page.get_by_role("link", name="Show the current version").click()
        expect(page.get_by_text("You see version 1 of 2")).to_have_count(0)
    record = number(town, written[1].edited)
    assert [each["record"] for each in logged(town, "look")] == [record] * 3
    assert [each["record"] for each in logged(town, "record verified")] == [record]


def test_typing_enters_the_ledger_when_it_has_rested(
    town: Web, here: str, browser: Browser
) -> None:
    with visit(browser, town, here, Role.CLERK) as there:
        page = there.open("/records")
        with page.expect_response("**/records/rested"):
            _typed(page, "plows")
    assert asked(town) == ["", "plows"]


def test_the_way_back_leads_to_the_same_results(town: Web, here: str, browser: Browser) -> None:
    with visit(browser, town, here, Role.CLERK) as there:
        page = there.open("/records")
        _typed(page, "bridge")
        expect(page.locator("#tally")).to_have_text("1 found")
        page.locator(".hit h3 a").click()
        expect(page.get_by_text("No longer on the platform").first).to_be_visible()
        there.accessible("record-deleted")
        _whole(there, "record-deleted-whole")
        page.get_by_role("link", name="Back to the results").click()
        expect(page.locator("#tally")).to_have_text("1 found")
        page.go_back()
        page.go_back()
        expect(page.get_by_label("What are you looking for?")).to_have_value("bridge")


def test_search_and_record_work_by_keyboard_alone(town: Web, here: str, browser: Browser) -> None:
    with visit(browser, town, here, Role.CLERK) as there:
        page = there.open("/records")
        page.get_by_label("What are you looking for?").focus()
        page.keyboard.type("potholes")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(r"/records\?q=potholes"))
        expect(page.locator("#tally")).to_have_text("1 found")
        _tab_to(page, "Post by Chief of Police")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Thread")).to_be_visible()
        there.accessible("record-thread")
        _tab_to(page, "Verify now")
        page.keyboard.press("Enter")
        expect(page.locator("#verified")).to_contain_text("is what was captured")


def _tab_to(page: Page, name: str) -> None:
    """Go on by the tabulator until the thing of this name has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if name in (page.evaluate("document.activeElement.innerText") or ""):
            return
    raise AssertionError(f"{name} cannot be reached by keyboard")


def test_it_works_without_javascript(town: Web, here: str, browser: Browser) -> None:
    with visit(browser, town, here, Role.CLERK, java_script_enabled=False) as there:
        page = there.open("/records")
        page.get_by_label("What are you looking for?").fill("plow")
        page.get_by_role("button", name="Search").click()
        expect(page.locator("#tally")).to_have_text("2 found")
        page.locator(".hit h3 a").first.click()
        page.get_by_role("button", name="Verify now").click()
        expect(page.get_by_text("is what was captured")).to_be_visible()


def test_nothing_that_was_captured_runs_or_calls_home(
    town: Web, here: str, browser: Browser, written: tuple[Path, Written]
) -> None:
    with visit(browser, town, here, Role.CLERK) as there:
        called: list[str] = []
        there.page.on(
            "request", lambda each: called.append(each.url) if here not in each.url else None
        )
        page = there.open(f"/records/{number(town, written[1].pirate)}")
        expect(page.locator(".captured")).to_contain_text("Free gifts")
        assert page.evaluate("window.ran") is None
        page.get_by_text("Addresses in the text").click()
        there.accessible("record-hostile")
        for name in FILES:
            record = file_of(town, name).split("/")[2]
            page = there.open(f"/records/{record}")
            page.wait_for_load_state("networkidle")
            assert page.evaluate("window.ran") is None, name
        there.accessible("record-file")
        assert called == []


def test_a_captured_file_that_is_opened_by_itself_does_not_run(
    town: Web, here: str, browser: Browser
) -> None:
    with visit(browser, town, here, Role.CLERK) as there:
        for name in ("pirate.svg", "pirate.html", "pirate.png", "pirate.pdf"):
            page = there.open("/records")
            with page.expect_download() as loading:
                page.evaluate("address => { location.href = address }", file_of(town, name))
            assert loading.value.suggested_filename.startswith("record-")
            assert page.evaluate("window.ran") is None
        address = file_of(town, "pirate.gif")
        page = there.page.context.new_page()  # the browser's refusal stands in its console
        page.goto(f"{here}/records")
        loaded = page.evaluate(
            """address => new Promise(done => {
                const script = document.createElement("script");
                script.onload = () => done("ran"); script.onerror = () => done("refused");
                script.src = address; document.head.append(script);
            })""",
            address,
        )
        assert loaded == "refused"
        assert page.evaluate("window.ran") is None


@pytest.mark.parametrize("path", ["/records?q=snow", "record"])
def test_the_pages_are_accessible_in_the_dark_and_enlarged(
    town: Web, here: str, browser: Browser, written: tuple[Path, Written], path: str
) -> None:
    name = "record" if path == "record" else "records"
    if path == "record":
        path = f"/records/{number(town, written[1].edited)}"
    with visit(browser, town, here, Role.CLERK, color_scheme="dark") as there:
        page = there.open(path)
        there.accessible(f"{name}-dark")
        page.set_viewport_size({"width": 640, "height": 450})  # 200 % of a window of 1280
        there.accessible(f"{name}-enlarged")
        wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        assert not wider, "the page must be scrolled sideways at 200 %"


def _whole(there: Visit, name: str) -> None:
    """A picture of the whole page, not only of what fits the window."""
    there.page.set_viewport_size({"width": 1280, "height": 2400})
    there.picture(name)
    there.page.set_viewport_size({"width": 1280, "height": 900})
