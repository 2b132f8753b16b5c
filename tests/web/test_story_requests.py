"""From the letter of a citizen to the package in their hands, in a real browser."""

from __future__ import annotations

import re
import threading
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from archiver.desk.access import Role
from archiver.desk.requests import RequestKind
from tests.support.browser import visit
from tests.support.web import Web
from tests.support.web_requests import (
    CLERK,
    COUNSEL,
    decided,
    finish,
    fixed,
    take_in,
    withheld,
    word_redacted,
)

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning"
)


def pressed(page: Page, *keys: str) -> None:
    for each in keys:
        page.keyboard.press(each)


def walked_to(page: Page, name: str, *, most: int = 120) -> None:
    """Go by the tabulator key to what is called so."""
    for _ in range(most):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "() => { const e = document.activeElement;"
            " return (e.labels?.[0]?.innerText || e.innerText || '').trim(); }"
        )
        if here.startswith(name):
            return
    raise AssertionError(f"no key leads to {name!r}")


def filled_list(web: Web) -> str:
    """Requests in several states; the number of the one that is freshly taken in."""
    now = web.clock.now()
    late = take_in(
        web,
        "Every post about the flood of 2025, with the comments that were hidden",
        received_at=now - timedelta(days=20),
        requester="Seymour Skinner",
    )
    web.archive.requests.route(late, "Chief Wiggum", by=CLERK, reason="his unit")
    press = take_in(
        web,
        "How many comments were removed in October, and by whom?",
        kind=RequestKind.MEDIA,
        requester="Kent Brockman",
        organisation="Channel 6",
        press_deadline="today, 5 pm",
    )
    web.archive.requests.pause(press, by=CLERK, reason="asked which October")
    return take_in(
        web,
        "My own comments, and who has read them",
        kind=RequestKind.DATA_SUBJECT,
        requester="Ned Flanders",
        received_at=now - timedelta(days=5),
    )


def test_a_request_goes_from_intake_to_a_delivered_package(
    web: Web, address: str, browser: Browser, tmp_path: Path
) -> None:
    filled_list(web)
    with visit(browser, web, address, Role.CLERK) as there:
        page = there.open("/requests")
        there.accessible("requests")
        page.get_by_role("link", name="Take a request in").click()
        page.get_by_label("In the requester's own words").fill("All posts about the new bridge")
        page.get_by_label("Name (required)").fill("Marge Simpson")
        page.get_by_label("Where to write to").fill("marge@example.org")
        page.get_by_label("Received").fill("2026-11-20T09:00")
        page.get_by_label("Received").blur()
        expect(page.get_by_role("complementary")).to_contain_text("November 30")
        there.accessible("request-new")
        page.get_by_role("button", name="Take it in").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Request 2026-0004")
        there.accessible("request-taken-in")

        page.get_by_role("link", name="Write the letter").click()
        there.accessible("request-letter")
        with page.expect_download() as letter:
            page.get_by_role("button", name="Download the letter").click()
        assert "Marge Simpson" in letter.value.path().read_text()
        page.get_by_role("link", name="Denial").click()
        there.accessible("request-letter-reason")
        page = there.open("/requests/2026-0004")
        page.get_by_role("link", name="Keep that it was sent").click()
        page.get_by_label("Answer expected on").fill("2026-12-01")
        there.accessible("request-act-open")
        page.get_by_role("button", name="Keep it").first.click()
        expect(page.get_by_role("status")).to_contain_text("told that the request came")

        page.get_by_role("link", name="Say what to freeze").click()
        page.get_by_label("Springfield Police on feed").check()
        there.accessible("request-freeze")
        page.get_by_role("button", name="See what would be frozen").click()
        expect(page.get_by_role("heading", name="This would be frozen")).to_be_visible()
        there.accessible("request-freeze-preview")
        page.get_by_role("button", name="Freeze this").click()

        page.get_by_role("link", name="Search", exact=True).click()
        page.get_by_label("Search for", exact=False).last.fill("account:podcast is:current")
        page.get_by_role("button", name="See what it finds").click()
        there.accessible("request-search")
        page.get_by_role("button", name="Fix these as a result set").click()
        expect(page).to_have_url(f"{address}/requests/2026-0004/sets/1")
        decided(web, "2026-0004")
        withheld(web, "2026-0004", 2)

        page = there.open("/requests/2026-0004")
        there.accessible("request-reviewed")
        page.get_by_role("link", name="Exemption log").click()
        there.accessible("request-log")
        page = there.open("/requests/2026-0004")
        page.get_by_role("link", name="Make the package").click()
        for name in ("PDF", "HTML", "Tables", "Media", "Load file", "WARC", "NARA"):
            page.get_by_label(name, exact=False).first.uncheck()
        page.get_by_label("Make it without a signature").check()
        page.get_by_text("Texts that may be repeated").click()
        there.accessible("production-new")
        page.get_by_role("button", name="Make the package").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(
            "Production 2026-0004-1", timeout=60_000
        )
        there.accessible("production")
        with page.expect_download() as package:
            page.get_by_role("link", name="Download as ZIP").click()
        with zipfile.ZipFile(package.value.path()) as file:
            assert "2026-0004-1/data/READ-ME.html" in file.namelist()
        page.get_by_role("button", name="Read it again now").click()
        expect(page.get_by_text("Everything holds.")).to_be_visible(timeout=60_000)
        page.get_by_text("What the verifier said").click()
        there.accessible("production-checked")
        page.get_by_role("link", name="Look into it").click()
        there.accessible("production-files")
        page.go_back()
        page.get_by_label("How (required)").fill("download")
        page.get_by_role("button", name="Keep that it was handed over").click()
        expect(page.get_by_role("status").first).to_contain_text("handed over to Marge Simpson")
        there.accessible("production-delivered")
        page.get_by_role("link", name="Productions").click()
        there.accessible("productions")

    with visit(browser, web, address, Role.LEGAL) as there:
        page = there.open("/requests/2026-0004")
        page.get_by_role("link", name="Close the request").first.click()
        page.get_by_label("Partly produced").check()
        there.accessible("request-close")
        page.get_by_role("button", name="Close it").click()
        expect(page.get_by_role("status")).to_contain_text("2026-0004 is closed")
        there.accessible("request-closed")
    assert web.archive.holds.get("request-2026-0004").entry.released_by == COUNSEL


def test_progress_is_shown_as_it_is_made(web: Web, address: str, browser: Browser) -> None:
    number = take_in(web)
    fixed(web, number, "account:podcast is:current")
    decided(web, number)
    going_on = threading.Event()
    prove = web.archive.productions._prover.prove

    def waits(*given: Any, **named: Any) -> None:
        assert going_on.wait(60), "nobody looked at the page"
        prove(*given, **named)

    web.archive.productions._prover.prove = waits  # type: ignore[method-assign]
    with visit(browser, web, address, Role.CLERK) as there:
        page = there.open(f"/requests/{number}/produce")
        page.get_by_label("Make it without a signature").check()
        page.get_by_role("button", name="Make the package").click()
        row = page.get_by_role("listitem").filter(has_text="Proof and certificate")
        expect(row).to_contain_text("at work", timeout=90_000)
        expect(page.get_by_role("progressbar", name="Proof and certificate")).to_be_visible()
        expect(page.get_by_role("status")).to_have_text("Proof and certificate")
        there.accessible("production-progress")
        there.open(f"/productions/{number}-1")
        there.accessible("production-being-made")
        page = there.open(f"/requests/{number}/produce/progress")
        going_on.set()
        expect(page).to_have_url(f"{address}/productions/{number}-1", timeout=90_000)
    finish(web, number)


def test_a_refusal_leads_to_its_items(web: Web, address: str, browser: Browser) -> None:
    number = take_in(web)
    fixed(web, number, "account:spd-x is:current kind:post")
    decided(web, number)
    word_redacted(web, number, 1)
    with visit(browser, web, address, Role.CLERK) as there:
        page = there.open(f"/requests/{number}/produce")
        page.get_by_label("Make it without a signature").check()
        page.get_by_role("button", name="Make the package").click()
        finish(web, number)
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("What was taken out is still to be read")
        there.accessible("production-refused")
        alert.get_by_role("link").first.click()
        expect(page).to_have_url(re.compile(rf"/requests/{number}/sets/1/items/\d+$"))


def test_the_main_way_is_walked_by_keyboard_alone(web: Web, address: str, browser: Browser) -> None:
    with visit(browser, web, address, Role.CLERK) as there:
        page = there.open("/requests")
        walked_to(page, "Take a request in")
        pressed(page, "Enter")
        page.wait_for_url("**/requests/new")
        walked_to(page, "In the requester's own words")
        page.keyboard.type("All posts about parking")
        walked_to(page, "Name")
        page.keyboard.type("Marge Simpson")
        walked_to(page, "Take it in")
        pressed(page, "Enter")
        page.wait_for_url("**/requests/2026-0001")
        walked_to(page, "Keep a remark")
        pressed(page, "Enter")
        walked_to(page, "Remark")
        page.keyboard.type("She called.")
        walked_to(page, "Keep it")
        pressed(page, "Enter")
        expect(page.get_by_role("status")).to_contain_text("The remark is kept")
        walked_to(page, "Search")
    assert web.archive.requests.get("2026-0001").history[-1].detail["text"] == "She called."


def test_the_pages_are_accessible_in_the_dark_and_enlarged(
    web: Web, address: str, browser: Browser
) -> None:
    number = filled_list(web)
    fixed(web, number, "account:podcast is:current")
    with visit(browser, web, address, Role.CLERK, color_scheme="dark") as there:
        page = there.open("/requests")
        there.accessible("requests-dark")
        page = there.open(f"/requests/{number}")
        there.accessible("request-dark")
        page.set_viewport_size({"width": 640, "height": 450})  # 200 % of a window of 1280
        for path in ("/requests", f"/requests/{number}", "/requests/new", "/productions"):
            page = there.open(path)
            there.accessible()
            wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
            assert not wider, f"{path} must be scrolled sideways at 200 %"
