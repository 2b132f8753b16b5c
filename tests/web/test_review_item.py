"""One item at the page, without a browser's script: marks, decisions and second looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from archiver.desk.access import Role
from archiver.desk.review_rules import Outcome
from archiver.desk.staging import Order
from archiver.export.base import ITEMS, items_in
from archiver.model.queries.review import Decision, Pick
from archiver.values import Mark
from archiver.web.review_marks import written
from tests.support.review_scene import REQUEST, add_request
from tests.support.review_web import (
    ASKED,
    GROUND,
    PERSON,
    PHONE,
    SET,
    THANKS,
    fill_review,
    place_of,
)
from tests.support.stage import Board
from tests.support.web import NAMES, Web, plain

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


def test_words_are_marked_and_cut_out_of_what_is_produced(web: Web, tmp_path: Path) -> None:
    client, here = web.as_(Role.CLERK), address(web, ASKED)
    answer = client.post(f"{here}/marks", act="phrase", phrase="josé  peña", code=GROUND, seen="0")
    start = ASKED.index(PERSON)
    word = f"text:{start}-{start + len(PERSON)}@{GROUND}"
    assert f'name="mark" value="{word}"' in answer.text
    assert f'<del class="cut" data-ground="{GROUND}">{PERSON}</del>' in answer.text
    assert decision(web, ASKED) is None, "marking decides nothing"
    at = ASKED.index(PHONE)
    found = client.post(
        f"{here}/marks", act=f"add:text:{at}-{at + len(PHONE)}", code=GROUND, mark=[word], seen="0"
    ).text
    both = [word, f"text:{at}-{at + len(PHONE)}@{GROUND}"]
    assert all(f'name="mark" value="{each}"' in found for each in both)
    on = client.done(f"{here}/decide", outcome="redact", mark=both, code=GROUND, seen="0")
    assert f"ground={GROUND}" in on
    assert [written(each) for each in decided(web, ASKED).marks] == both

    reviews = web.site.review.reviews
    reviews.decide_many(REQUEST, 1, Pick(outcome="undecided"), Outcome.RELEASE, by=CLERK)
    reviews.check(REQUEST, 1, Pick(), agrees=True, by=OFFICER)
    folder = tmp_path / "staged"
    order = Order(number=1, made_by=CLERK, prefix="SPD")
    web.site.review.staging.stage(REQUEST, 1, folder, order=order)
    texts = [each.text for each in items_in(folder / ITEMS)]
    cut = f"[redacted: {GROUND}]"
    assert ASKED.replace(PHONE, cut).replace(PERSON, cut) in texts


def test_a_mark_is_removed_and_all_are(web: Web) -> None:
    client, here = web.as_(Role.CLERK), address(web, ASKED)
    marks = [f"text:0-2@{GROUND}", f"author@{GROUND}"]
    left = client.post(f"{here}/marks", act="drop:0", mark=marks).text
    assert f'name="mark" value="{marks[1]}"' in left
    assert f'name="mark" value="{marks[0]}"' not in left
    assert 'name="mark"' not in client.post(f"{here}/marks", act="clear", mark=marks).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"act": "phrase", "phrase": "Quimby", "code": GROUND}, "does not stand in this item"),
        ({"act": "phrase", "phrase": PERSON}, "choose the ground first"),
        ({"act": "phrase", "phrase": PERSON, "code": "IL-1"}, "was not read in its source"),
        ({"act": "phrase", "phrase": PERSON, "code": "IL-99"}, "no exemption"),
        ({"act": "span", "start": "4", "end": "999", "code": GROUND}, "not inside its text"),
        ({"act": "span", "start": "four", "end": "9", "code": GROUND}, "a whole number"),
        ({"act": "region", "x": "1", "y": "1", "width": "9", "height": "9", "code": GROUND},
         "has no file 0"),
        ({"act": "drop:4"}, "not there any more"),
        ({"act": "add:nonsense", "code": GROUND}, "is no mark"),
        ({"act": ""}, "choose what to mark"),
    ],
)  # fmt: skip
def test_a_mark_that_cannot_be_is_told_and_what_was_typed_stays(
    web: Web, fields: dict[str, str], said: str
) -> None:
    kept = f"text:0-2@{GROUND}"
    answer = web.as_(Role.CLERK).post(
        f"{address(web, ASKED)}/marks", **fields, mark=[kept], reason="because of this"
    )
    assert answer.status_code == 422
    assert said.lower() in plain(answer.text).lower()
    assert f'name="mark" value="{kept}"' in answer.text
    assert "because of this" in answer.text
    assert f'name="phrase" value="{fields.get("phrase", "")}"' in answer.text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"outcome": "withhold"}, "only under an exemption"),
        ({"outcome": "redact"}, "at least one mark"),
        ({"outcome": "release", "mark": f"text:0-2@{GROUND}"}, "marks belong to a redaction"),
        ({"outcome": "sell"}, "choose what is decided"),
        ({"outcome": "undecided"}, "why the decision is taken back"),
        ({"outcome": "redact", "mark": "nonsense"}, "is no mark"),
    ],
)
def test_a_decision_that_lacks_something_is_refused_and_what_was_typed_stays(
    web: Web, fields: dict[str, str], said: str
) -> None:
    client, here = web.as_(Role.CLERK), address(web, ASKED)
    fields = {"reason": "" if fields["outcome"] == "undecided" else "typed", **fields}
    answer = client.post(f"{here}/decide", **fields)
    assert answer.status_code == 422
    assert said in plain(answer.text).lower()
    assert f'name="reason" value="{fields["reason"]}"' in answer.text
    assert decision(web, ASKED) is None


def test_a_decision_on_what_somebody_else_decided_meanwhile_is_refused(web: Web) -> None:
    client, here = web.as_(Role.CLERK), address(web, ASKED)
    position = place_of(web.site.review, ASKED)
    web.site.review.reviews.decide(REQUEST, 1, position, Outcome.RELEASE, by=OFFICER)
    answer = client.post(f"{here}/decide", outcome="withhold", code=GROUND, seen="0")
    assert answer.status_code == 422
    assert f"{OFFICER} decided item {position} since this was opened" in plain(answer.text)
    assert decided(web, ASKED).outcome == "release"


def test_a_decision_is_taken_back_with_a_reason(web: Web) -> None:
    client, here = web.as_(Role.CLERK), address(web, THANKS)
    client.done(f"{here}/decide", outcome="release", seen="0")
    seen = str(decided(web, THANKS).id)
    back = client.done(f"{here}/decide", outcome="undecided", reason="a mistake", seen=seen)
    assert back == here
    assert decided(web, THANKS).outcome == "undecided"


def test_the_next_undecided_item_follows_and_the_set_when_there_is_none(web: Web) -> None:
    client = web.as_(Role.CLERK)
    for at in range(1, 5):
        on = client.done(f"{SET}/items/{at}/decide", outcome="release", seen="0", show="undecided")
        assert on == f"{SET}/items/{at + 1}?show=undecided"
    on = client.done(f"{SET}/items/5/decide", outcome="release", seen="0", show="undecided")
    assert on == SET
    assert "That was the last one of this list" in client.page(SET)


def test_ones_own_decision_is_not_checked_and_sending_back_takes_a_note(web: Web) -> None:
    clerk, officer, here = web.as_(Role.CLERK), web.as_(Role.OFFICER), address(web, THANKS)
    clerk.done(f"{here}/decide", outcome="withhold", code=GROUND, seen="0")
    seen = str(decided(web, THANKS).id)
    own = clerk.post(f"{here}/check", outcome="agree", seen=seen)
    assert own.status_code == 422
    assert f"{CLERK} decided item" in plain(own.text)
    assert "somebody else must look at it" in plain(own.text)
    bare = officer.post(f"{here}/check", outcome="send-back", seen=seen)
    assert bare.status_code == 422
    assert "what is wrong with the decision" in plain(bare.text)
    officer.done(f"{here}/check", outcome="send-back", note="it is public", seen=seen)
    assert decided(web, THANKS).agrees is False
    assert "after all" in clerk.page(here)
    assert "Agree" in officer.page(here), "who sent it back may agree after all"
    shown = clerk.page(f"{SET}?show=sent-back")
    assert "it is public" in shown
    clerk.done(f"{here}/decide", outcome="release", seen=seen)
    stale = officer.post(f"{here}/check", outcome="agree", seen=seen)
    assert "since this was opened" in plain(stale.text)


def test_what_was_decided_for_the_same_version_elsewhere_is_told_and_can_be_marked(
    web: Web,
) -> None:
    desk = web.site.review
    position = place_of(desk, ASKED)
    item = desk.reviews.item(REQUEST, 1, position)
    add_request(web.archive, "2026-0007")
    desk.sets.freeze("2026-0007", "x", [(item.record_id, item.version_id)], by=CLERK)
    mark = Mark(what="text", code=GROUND, start=3, end=9)
    desk.reviews.decide("2026-0007", 1, 1, Outcome.REDACT, by=OFFICER, marks=[mark])
    client = web.as_(Role.CLERK)
    assert "decided before in 2026-0007" in client.page(SET)
    page = client.get(f"{SET}/items/{position}").text
    assert f'value="add:text:3-9@{GROUND}"' in page
    assert OFFICER in page
