"""A reviewer works through a set in a real browser: by keys alone, by pointer, and in two."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from archiver.desk.access import Role
from archiver.desk.review_rules import Outcome
from archiver.desk.staging import Order
from archiver.export.base import ITEMS, items_in
from archiver.model.queries.review import Pick
from archiver.values import Mark
from tests.support.browser import Visit, visit
from tests.support.review_scene import REQUEST
from tests.support.review_web import (
    ASKED,
    FAIR,
    GROUND,
    LINES,
    PERSON,
    PHONE,
    SET,
    SIZE,
    THANKS,
    fill_review,
    items,
    of_parks,
    place_of,
)
from tests.support.stage import Board
from tests.support.web import NAMES, Web

CLERK, OFFICER = NAMES[Role.CLERK], NAMES[Role.OFFICER]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, boards: tuple[Board, ...]) -> Path:
    folder = tmp_path_factory.mktemp("review")
    fill_review(folder, boards)
    return folder


def marks(web: Web, position: int) -> tuple[Mark, ...]:
    decision = web.site.review.reviews.item(REQUEST, 1, position).decision
    assert decision is not None
    return decision.marks


def at_item(there: Visit, text: str, show: str = "undecided") -> Page:
    position = place_of(there.web.site.review, text)
    return there.open(f"{SET}/items/{position}?show={show}")


def keys(page: Page, *pressed: str) -> None:
    for each in pressed:
        page.keyboard.press(each)


def at_heading(page: Page, position: int) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Item {position} of 5")
    page.wait_for_load_state()  # keys are heard when the scripts have run


def choose_ground(page: Page) -> None:
    """With the keyboard alone."""
    keys(page, "g")
    expect(page.get_by_label("Ground", exact=True)).to_be_focused()
    keys(page, "ArrowDown")
    expect(page.get_by_label("Ground", exact=True)).to_have_value(GROUND)
    keys(page, "Tab")
    page.evaluate("document.activeElement.blur()")


def test_a_set_is_reviewed_to_its_end_with_the_keyboard_alone(
    web: Web, address: str, browser: Browser, tmp_path: Path
) -> None:
    desk = web.site.review
    asked, order = place_of(desk, ASKED), [each.position for each in items(desk)]
    with visit(browser, web, address, Role.CLERK) as there:
        page = there.open(SET)
        there.accessible("set")
        page.get_by_role("link", name="Review the next undecided item").focus()
        keys(page, "Enter")
        for position in order:
            at_heading(page, position)
            if position != asked:
                keys(page, "r")
                continue
            keys(page, "w")  # without a ground it goes to its field
            expect(page.get_by_label("Ground", exact=True)).to_be_focused()
            keys(page, "r", "j")  # inside a field they are only letters
            at_heading(page, position)
            choose_ground(page)
            keys(page, "s")
            expect(page.locator("#words del.cut")).to_have_text(PHONE)
            keys(page, "d")
            text = page.get_by_role("textbox", name="Text of the item")
            expect(text).to_be_focused()
            before = ASKED[: ASKED.index(PERSON)]
            keys(page, *["ArrowRight"] * steps(before))
            keys(page, *["Shift+ArrowRight"] * len(PERSON))
            expect(page.locator("#selected")).to_have_text(f"“{PERSON}”")
            page.keyboard.type("x")  # nothing can be typed into what was captured
            expect(text).to_have_text(ASKED)
            there.accessible("item-redacting")
            keys(page, "Enter")
            expect(page.locator("#words del.cut")).to_have_text([PHONE, PERSON])
            keys(page, "Escape")
            expect(page.get_by_role("button", name="Select with the keyboard")).to_be_focused()
            there.accessible("item-marked")
            keys(page, "x")
        expect(page.get_by_role("status").first).to_contain_text("the last one of this list")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Review of set 1")
        there.accessible("set-decided")
    start, at = ASKED.index(PERSON), ASKED.index(PHONE)
    assert marks(web, asked) == (
        Mark(what="text", code=GROUND, start=at, end=at + len(PHONE)),
        Mark(what="text", code=GROUND, start=start, end=start + len(PERSON)),
    )
    desk.reviews.check(REQUEST, 1, Pick(), agrees=True, by=OFFICER)
    folder = tmp_path / "staged"
    desk.staging.stage(REQUEST, 1, folder, order=Order(number=1, made_by=CLERK, prefix="SPD"))
    cut = f"[redacted: {GROUND}]"
    texts = [each.text for each in items_in(folder / ITEMS)]
    assert ASKED.replace(PHONE, cut).replace(PERSON, cut) in texts


def steps(text: str) -> int:
    """How often an arrow key is pressed to go over a text: a police officer of a skin tone is
    two code points and one step."""
    return len(text.replace("👮🏽", "o"))


def select(page: Page, text: str) -> None:
    """Select words in the text with the mouse, from before the first letter to behind the last."""
    spots = page.evaluate(
        """(wanted) => {
            const walker = document.createTreeWalker(
                document.querySelector('.captured[data-what="text"]'), NodeFilter.SHOW_TEXT);
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const at = node.data.indexOf(wanted);
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(node, at);
                range.setEnd(node, at + wanted.length);
                const box = range.getBoundingClientRect();
                return [box.left, box.right, box.top + box.height / 2];
            }
        }""",
        text,
    )
    left, right, middle = spots
    page.mouse.move(left + 0.5, middle)
    page.mouse.down()
    page.mouse.move(right - 0.5, middle, steps=6)
    page.mouse.up()


@pytest.mark.parametrize(("text", "words"), [(ASKED, "mañana"), (FAIR, "10"), (LINES, "coat")])
def test_words_are_selected_with_the_mouse_and_counted_in_code_points(
    web: Web, address: str, browser: Browser, text: str, words: str
) -> None:
    with visit(browser, web, address, Role.CLERK) as there:
        page = at_item(there, text)
        page.get_by_label("Ground", exact=True).select_option(GROUND)
        select(page, words)
        expect(page.locator("#selected")).to_have_text(f"“{words}”")
        page.get_by_role("button", name="Mark the selection").click()
        expect(page.locator("#words del.cut")).to_have_text(words)
        page.get_by_role("button", name="Redact (1)").click()
        expect(page.get_by_role("status").first).to_contain_text("redact, 1 mark")
    start = text.index(words)
    expected = Mark(what="text", code=GROUND, start=start, end=start + len(words))
    assert marks(web, place_of(web.site.review, text)) == (expected,)


def test_a_box_is_drawn_on_a_scaled_picture_and_a_blur_placed_with_keys(
    web: Web, address: str, browser: Browser
) -> None:
    with visit(browser, web, address, Role.CLERK) as there:
        page = at_item(there, FAIR)
        page.get_by_label("Ground", exact=True).select_option(GROUND)
        layer = page.locator(".canvas svg")
        layer.scroll_into_view_if_needed()
        shown = layer.bounding_box()
        assert shown is not None
        scale = SIZE[0] / shown["width"]
        assert scale > 1.5, "the picture must be shown smaller than it is"
        page.mouse.move(shown["x"] + 60, shown["y"] + 40)
        page.mouse.down()
        page.mouse.move(shown["x"] + 160, shown["y"] + 120, steps=5)
        page.mouse.up()
        there.accessible("item-drawing")
        keys(page, "Enter")
        expect(page.locator(".canvas rect.box")).to_have_count(1)
        expect(page.locator(".canvas rect.new")).to_have_count(0)

        page.get_by_role("button", name="New region in file 1").focus()
        keys(page, "Enter", "ArrowLeft", "ArrowUp", "Alt+ArrowUp", "Shift+ArrowRight", "l", "Enter")
        expect(page.locator(".canvas rect.blur")).to_have_count(1)
        there.accessible("item-regions")
        preview = page.get_by_role("link", name="As it would be released").get_attribute("href")
        assert preview is not None
        assert preview.count("mark=") == 2
        keys(page, "x")
        expect(page.get_by_role("status").first).to_contain_text("redact, 2 marks")
    box, blur = marks(web, place_of(web.site.review, FAIR))
    assert (box.what, box.style, box.media, box.code) == ("region", "box", 0, GROUND)
    drawn = {"x": 60, "y": 40, "width": 100, "height": 80}  # in pixels of the screen
    for name, wanted in drawn.items():
        assert abs(getattr(box, name) - wanted * scale) <= scale, (name, box, scale)
    step = 16  # a hundredth of the width
    assert blur == Mark(
        what="region", code=GROUND, media=0, x=600 - step, y=450 - step - 1, width=400 + step,
        height=300, style="blur",
    )  # fmt: skip


def test_marks_that_are_not_decided_are_not_lost_by_leaving(
    web: Web, address: str, browser: Browser
) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    with visit(browser, web, address, Role.CLERK) as there:
        page = at_item(there, ASKED)
        there.picture("item-suggested")
        page.get_by_label("Ground", exact=True).select_option(GROUND)
        page.get_by_role("button", name="Mark it").click()
        expect(page.get_by_role("button", name="Redact (1)")).to_be_visible()
        page.on("dialog", stay)
        page.get_by_role("link", name="Next", exact=False).first.click(no_wait_after=True)
        at_heading(page, place_of(web.site.review, ASKED))
        assert asked == ["beforeunload"]
        page.get_by_role("button", name="Remove all marks").click()
        expect(page.get_by_role("button", name="Redact", exact=False)).to_be_disabled()
        page.get_by_role("link", name="Previous").click()
        at_heading(page, place_of(web.site.review, ASKED) - 1)


def test_a_region_that_is_drawn_and_not_marked_holds_the_decision_up(
    web: Web, address: str, browser: Browser
) -> None:
    with visit(browser, web, address, Role.CLERK) as there:
        page = at_item(there, FAIR)
        page.get_by_role("button", name="New region in file 1").click()
        page.get_by_role("button", name="Release").click()
        expect(page.get_by_role("alert")).to_contain_text("is not marked yet")
        keys(page, "Escape")
        page.get_by_role("button", name="Release").click()
        expect(page.get_by_role("status").first).to_contain_text("release")


def test_somebody_else_takes_the_second_look_in_another_window(
    web: Web, address: str, browser: Browser
) -> None:
    with visit(browser, web, address, Role.CLERK) as clerk:
        page = at_item(clerk, THANKS)
        page.get_by_label("Ground", exact=True).select_option(GROUND)
        page.get_by_label("Why, for the exemption log").fill("about a victim")
        page.get_by_role("button", name="Withhold").click()
        expect(page.get_by_role("status").first).to_contain_text(f"withhold under {GROUND}")
        page = at_item(clerk, THANKS)
        expect(page.locator("#panel")).to_contain_text("somebody else must look at it")
        clerk.accessible("item-own")
        with visit(browser, web, address, Role.OFFICER) as officer:
            other = officer.open(SET)
            other.get_by_role("link", name="Check what others decided (1)").click()
            expect(other.locator("#panel")).to_contain_text("about a victim")
            officer.accessible("item-second-look")
            keys(other, "r")  # closed away while there is a decision to look at
            other.get_by_label("What is wrong, if you do not agree").fill("it thanks everybody")
            other.get_by_role("button", name="Send back").click()
            expect(other.get_by_role("status").first).to_contain_text("sent back")
        page = clerk.open(f"{SET}?show=sent-back")
        expect(page.get_by_role("row", name="it thanks everybody")).to_be_visible()
        clerk.accessible("set-sent-back")
        page.get_by_role("row", name="it thanks everybody").get_by_role("link").click()
        at_heading(page, place_of(web.site.review, THANKS))
        keys(page, "r")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Review of set 1")
        with visit(browser, web, address, Role.OFFICER) as officer:
            position = place_of(web.site.review, THANKS)
            other = officer.open(f"{SET}/items/{position}?show=to-check")
            keys(other, "c")
            expect(other.get_by_role("status").first).to_contain_text("agreed with")
    made = web.site.review.reviews.item(REQUEST, 1, place_of(web.site.review, THANKS)).decision
    assert made is not None
    assert (made.outcome, made.actor, made.agrees, made.checked_by) == (
        "release", CLERK, True, OFFICER,
    )  # fmt: skip


def test_the_keys_are_listed_and_can_be_switched_off(
    web: Web, address: str, browser: Browser
) -> None:
    with visit(browser, web, address, Role.CLERK, color_scheme="dark") as there:
        page = at_item(there, THANKS)
        keys(page, "?")
        expect(page.get_by_role("dialog", name="Keys of this page")).to_be_visible()
        there.accessible("keys-dark")
        keys(page, "j", "Escape")  # the list is open: nothing else hears keys
        position = place_of(web.site.review, THANKS)
        at_heading(page, position)
        page.get_by_role("button", name="Keys").click()
        page.get_by_label("Use these keys").uncheck()
        page.get_by_role("button", name="Close").click()
        keys(page, "r", "j")
        page.reload()
        keys(page, "r", "j")
        at_heading(page, position)
        there.accessible("item-dark")
    assert web.site.review.reviews.progress(REQUEST, 1).undecided == 5


def test_a_reviewer_without_script_marks_and_decides_by_plain_forms(
    web: Web, address: str, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    with visit(browser, web, address, Role.CLERK) as there:
        context.add_cookies(there.page.context.cookies())  # type: ignore[arg-type]
        page = context.new_page()
        position = place_of(web.site.review, ASKED)
        page.goto(f"{address}{SET}/items/{position}?show=undecided")
        page.get_by_label("Ground", exact=True).select_option(GROUND)
        page.get_by_label("Words, wherever they stand in this item").fill(PERSON)
        page.keyboard.press("Enter")
        expect(page.locator("#words del.cut")).to_have_text(PERSON)
        page.get_by_role("button", name=f"Mark it {PHONE}").click()
        expect(page.locator("#words del.cut")).to_have_text([PHONE, PERSON])
        page.get_by_role("button", name="Redact (2)").click()
        expect(page.get_by_role("status").first).to_contain_text("redact, 2 marks")
        context.close()
    assert len(marks(web, place_of(web.site.review, ASKED))) == 2


def test_many_are_decided_from_the_list_in_the_dark(
    web: Web, address: str, browser: Browser
) -> None:
    with visit(browser, web, address, Role.CLERK, color_scheme="dark") as there:
        page = there.open(f"{SET}?show=undecided")
        page.get_by_label(f"Choose item {place_of(web.site.review, THANKS)}").check()
        page.get_by_label(f"Choose item {place_of(web.site.review, FAIR)}").check()
        expect(page.locator("#chosen")).to_have_text("(2)")
        page.get_by_label("What is decided").select_option("release")
        page.evaluate("window.scrollTo(0, 0)")  # what the header covers is no target
        there.accessible("set-dark")
        page.get_by_role("button", name="Show how many are meant").click()
        expect(page.get_by_role("heading", name="Release 2 items")).to_be_visible()
        there.accessible("bulk-dark")
        page.get_by_role("button", name="Do it for 2 items").click()
        expect(page.get_by_role("status").first).to_contain_text("2 items: release.")
    assert web.site.review.reviews.progress(REQUEST, 1).release == 2


def test_who_may_not_decide_or_not_see_has_pages_that_are_complete(
    web: Web, address: str, browser: Browser
) -> None:
    desk = web.site.review
    mark = Mark(what="text", code=GROUND, start=0, end=5)
    desk.reviews.decide(REQUEST, 1, place_of(desk, ASKED), Outcome.REDACT, by=CLERK, marks=[mark])
    with visit(browser, web, address, Role.AUDITOR) as there:
        page = at_item(there, ASKED)
        expect(page.locator("#panel")).to_contain_text("You may read the review")
        there.accessible("item-auditor")
        page = there.open(f"{SET}?show=redact")
        there.accessible("set-auditor")
    web.person(Role.OFFICER, departments=("Police",))
    with visit(browser, web, address, Role.OFFICER) as there:
        page = there.open(f"{SET}/items/{of_parks(desk)}")
        expect(page.get_by_text("not for you")).to_be_visible()
        there.accessible("item-of-others")


def test_the_pages_of_review_are_usable_enlarged(web: Web, address: str, browser: Browser) -> None:
    with visit(browser, web, address, Role.CLERK) as there:
        there.page.set_viewport_size({"width": 640, "height": 450})  # 200 % of a window of 1280
        for path in (SET, f"{SET}/items/{place_of(web.site.review, FAIR)}"):
            page = there.open(path)
            there.accessible(f"enlarged-{'item' if 'items' in path else 'set'}")
            wider = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
            assert not wider, f"{path} must be scrolled sideways at 200 %"
