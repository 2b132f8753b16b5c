"""A set under review at the page: how far it is, its lists, and the same decision for many."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archiver.desk.access import Role
from archiver.desk.review_rules import Outcome
from archiver.model.queries.review import Decision, Pick
from tests.support.review_scene import REQUEST
from tests.support.review_web import (
    ASKED,
    GROUND,
    PHONE,
    SET,
    THANKS,
    fill_review,
    place_of,
)
from tests.support.stage import Board
from tests.support.web import NAMES, Client, Web, plain

CLERK, OFFICER = NAMES[Role.CLERK], NAMES[Role.OFFICER]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, boards: tuple[Board, ...]) -> Path:
    folder = tmp_path_factory.mktemp("review")
    fill_review(folder, boards)
    return folder


def address(web: Web, text: str) -> str:
    return f"{SET}/items/{place_of(web.site.review, text)}"


def decision(web: Web, text: str) -> Decision | None:
    desk = web.site.review
    return desk.reviews.item(REQUEST, 1, place_of(desk, text)).decision


def decided(web: Web, text: str) -> Decision:
    made = decision(web, text)
    assert made is not None
    return made


def test_the_page_of_a_set_tells_how_far_it_is_and_what_is_in_it(web: Web) -> None:
    web.site.review.reviews.decide(
        REQUEST, 1, place_of(web.site.review, THANKS), Outcome.RELEASE, by=CLERK
    )
    client = web.as_(Role.CLERK)
    shown = client.page(SET)
    assert "1 of 5 items are decided" in shown
    assert "feria OR fair" in shown
    assert "phone number" in shown
    assert filters(client) == {
        "All": "5", "Undecided": "4", "With suggestions": "", "Release": "1", "Redact": "0",
        "Withhold": "0", "Waiting for a second look": "1", "For me to check": "0",
        "Sent back": "0",
    }  # fmt: skip
    assert filters(web.as_(Role.OFFICER))["For me to check"] == "1"


def filters(client: Client) -> dict[str, str]:
    """The filters of the list with the numbers beside them."""
    found = re.findall(
        r'<a href="[^"]*show=[^"]*"[^>]*>([^<]+?)(?: <span class="quiet">(\d+)</span>)?</a>',
        client.get(SET).text,
    )
    return {name: count for name, count in found if name.strip()[0].isupper()}


def test_filters_and_an_author_narrow_the_list(web: Web) -> None:
    client = web.as_(Role.CLERK)
    suggested = client.page(f"{SET}?show=suggested")
    assert PHONE in suggested
    assert THANKS not in suggested
    by_maude = client.page(f"{SET}?author=maude+lovett")
    assert THANKS in by_maude
    assert PHONE not in by_maude
    assert "No item of the set is in this list" in client.page(f"{SET}?show=withhold")
    rest = client.page(f"{SET}?after={place_of(web.site.review, ASKED)}")
    assert PHONE not in rest


def test_who_may_not_review_reads_and_gets_no_form(web: Web) -> None:
    client = web.as_(Role.AUDITOR)
    assert "The same decision for many" not in client.page(SET)
    page = client.get(address(web, ASKED)).text
    assert PHONE in page
    assert "/decide" not in page
    assert client.post(f"{address(web, ASKED)}/decide", outcome="release").status_code == 403


@pytest.mark.parametrize("path", ["9", "1/items/99", "1/items/1/media/9", "1/items/99999999999"])
def test_what_is_not_there_is_told_in_a_sentence(web: Web, path: str) -> None:
    answer = web.as_(Role.CLERK).get(f"/requests/{REQUEST}/sets/{path}")
    assert answer.status_code in (404, 422)
    assert 'role="alert"' in answer.text


def test_many_are_decided_after_their_number_was_shown(web: Web) -> None:
    client = web.as_(Role.CLERK)
    many = {"meant": "all", "show": "undecided", "outcome": "withhold", "code": GROUND,
            "reason": "names citizens"}  # fmt: skip
    preview = plain(client.post(f"{SET}/bulk", **many).text)
    assert "Withhold 5 items" in preview
    assert "5 ILCS 140/7(1)(b)" in preview
    assert web.site.review.reviews.progress(REQUEST, 1).undecided == 5
    assert client.done(f"{SET}/bulk/decide", **many, count="5") == f"{SET}?show=undecided"
    progress = web.site.review.reviews.progress(REQUEST, 1)
    assert (progress.withhold, progress.undecided, progress.waiting) == (5, 0, 5)

    chosen = place_of(web.site.review, THANKS)
    some = {"item": [str(chosen)], "outcome": "release"}
    warned = plain(client.post(f"{SET}/bulk", **some).text)
    assert "Release 1 item" in warned
    assert "The new decision replaces the old one" in warned
    client.done(f"{SET}/bulk/decide", **some, count="1")
    assert decided(web, THANKS).outcome == "release"


def test_another_number_than_was_shown_is_not_decided(web: Web) -> None:
    client = web.as_(Role.CLERK)
    answer = client.post(
        f"{SET}/bulk/decide", meant="all", show="undecided", outcome="release", count="7"
    )
    assert answer.status_code == 422
    assert "5 items are meant now, and not 7" in plain(answer.text)
    assert web.site.review.reviews.progress(REQUEST, 1).undecided == 5


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"outcome": "release"}, "no item is chosen"),
        ({"meant": "all"}, "hoose what is decided"),
        ({"meant": "all", "outcome": "withhold", "reason": "typed"}, "under an exemption"),
        ({"meant": "all", "outcome": "withhold", "code": "IL-9", "reason": "typed"}, "IL-9"),
        ({"meant": "all", "outcome": "undecided"}, "why the decision is taken back"),
        ({"meant": "all", "show": "suggested", "outcome": "release"}, "one by one"),
        ({"meant": "all", "show": "withhold", "outcome": "release"}, "no item is meant"),
        ({"meant": "all", "outcome": "agree"}, "no item is meant"),
    ],
)
def test_an_incomplete_order_for_many_is_refused_and_kept(
    web: Web, fields: dict[str, str], said: str
) -> None:
    answer = web.as_(Role.CLERK).post(f"{SET}/bulk", **fields)
    assert answer.status_code == 422
    assert said.lower() in plain(answer.text).lower()
    assert fields.get("reason", "") in answer.text
    assert web.site.review.reviews.progress(REQUEST, 1).undecided == 5


def test_the_second_look_at_many_leaves_out_ones_own(web: Web) -> None:
    reviews = web.site.review.reviews
    reviews.decide_many(REQUEST, 1, Pick(), Outcome.RELEASE, by=CLERK)
    reviews.decide(REQUEST, 1, 1, Outcome.RELEASE, by=OFFICER)
    officer = web.as_(Role.OFFICER)
    many = {"meant": "all", "show": "all", "outcome": "agree"}
    assert "Agree with the decisions on 4 items" in plain(officer.post(f"{SET}/bulk", **many).text)
    officer.done(f"{SET}/bulk/decide", **many, count="4")
    progress = reviews.progress(REQUEST, 1)
    assert (progress.checked, progress.waiting) == (4, 1)
