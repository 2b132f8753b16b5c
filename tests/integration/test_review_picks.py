"""Which items of a set are meant, and that a decision is about what the person had seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.desk.review_rules import Outcome
from archiver.desk.review_setup import ReviewDesk
from archiver.errors import RefusedError, UsageError
from archiver.model.queries.review import Pick
from archiver.values import Mark
from tests.support.postgresql import postgresql  # noqa: F401 - a fixture
from tests.support.review_scene import (
    CLERK,
    REQUEST,
    SECOND,
    VERIFIED,
    Filling,
    add_request,
    desk_of,
    review_archive,
)

RELEASE, WITHHOLD = Outcome.RELEASE, Outcome.WITHHOLD


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.xdist_group("postgresql"))]
)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ReviewDesk]:
    """A set of five items of one account."""
    with review_archive(tmp_path, request.param, request) as archive:
        filling = Filling(archive)
        for number in range(5):
            filling.add(f"Notice {number + 1}")
        made = desk_of(archive)
        made.sets.freeze(REQUEST, "notice", filling.ids, by=CLERK)
        add_request(archive, "2026-0002")
        made.sets.freeze("2026-0002", "notice", filling.ids, by=CLERK)
        yield made


def picked(desk: ReviewDesk, **pick: object) -> list[int]:
    meant = Pick(**pick)  # type: ignore[arg-type]
    found = [each.position for each in desk.reviews.items(REQUEST, 1, pick=meant)]
    assert desk.reviews.progress(REQUEST, 1, pick=meant).size == len(found)
    return found


def test_items_are_picked_by_the_second_look(desk: ReviewDesk) -> None:
    reviews = desk.reviews
    for position in (1, 2, 3):
        reviews.decide(REQUEST, 1, position, RELEASE, by=CLERK)
    reviews.decide(REQUEST, 1, 4, RELEASE, by=SECOND)
    reviews.check(REQUEST, 1, Pick(position=1), agrees=True, by=SECOND)
    reviews.check(REQUEST, 1, Pick(position=2), agrees=False, by=SECOND, note="no")
    assert picked(desk, look="waiting") == [3, 4]
    assert picked(desk, look="waiting", not_by=f" {SECOND.upper()} ") == [3]
    assert picked(desk, look="agreed") == [1]
    assert picked(desk, look="disputed") == [2]
    assert picked(desk, outcome="undecided") == [5]
    reviews.decide(REQUEST, 1, 2, RELEASE, by=CLERK)
    reviews.decide(REQUEST, 1, 1, Outcome.UNDECIDED, by=CLERK, reason="new facts")
    assert picked(desk, look="waiting") == [2, 3, 4]
    assert reviews.progress(REQUEST, 1).waiting == 3


def test_items_are_picked_by_positions_and_department(desk: ReviewDesk) -> None:
    department = desk.reviews.item(REQUEST, 1, 1).department
    assert picked(desk, positions=frozenset({2, 5, 99})) == [2, 5]
    assert picked(desk, departments=frozenset({department}), positions=frozenset({3})) == [3]
    assert picked(desk, departments=frozenset({"Library"})) == []


def test_a_decision_on_what_was_not_seen_is_refused(desk: ReviewDesk) -> None:
    reviews = desk.reviews
    first = reviews.decide(REQUEST, 1, 1, RELEASE, by=CLERK, seen=0)
    with pytest.raises(RefusedError, match=f"{CLERK} decided item 1 since"):
        reviews.decide(REQUEST, 1, 1, WITHHOLD, by=SECOND, code=VERIFIED, seen=0)
    with pytest.raises(RefusedError, match="decided item 1 since"):
        reviews.check(REQUEST, 1, Pick(position=1), agrees=True, by=SECOND, seen=first.id + 1)
    assert reviews.item(REQUEST, 1, 1).decision == first
    reviews.check(REQUEST, 1, Pick(position=1), agrees=True, by=SECOND, seen=first.id)
    reviews.decide(REQUEST, 1, 1, WITHHOLD, by=SECOND, code=VERIFIED, seen=first.id)


def test_many_are_decided_only_if_they_are_as_many_as_was_told(desk: ReviewDesk) -> None:
    reviews = desk.reviews
    with pytest.raises(UsageError, match="5 items are meant now, and not 4"):
        reviews.decide_many(REQUEST, 1, Pick(), RELEASE, by=CLERK, expected=4)
    assert reviews.progress(REQUEST, 1).undecided == 5
    assert reviews.decide_many(REQUEST, 1, Pick(), RELEASE, by=CLERK, expected=5) == 5
    with pytest.raises(UsageError, match="5 items are meant now"):
        reviews.check(REQUEST, 1, Pick(), agrees=True, by=SECOND, expected=1)
    assert reviews.check(REQUEST, 1, Pick(), agrees=True, by=SECOND, expected=5) == 5


def test_precedents_are_told_for_the_positions_that_are_asked_for(desk: ReviewDesk) -> None:
    desk.reviews.decide_many("2026-0002", 1, Pick(), RELEASE, by=CLERK)
    desk.reviews.decide("2026-0002", 1, 2, WITHHOLD, by=SECOND, code=VERIFIED)
    (found,) = desk.reviews.earlier(REQUEST, 1, positions=[2])
    assert (found.position, found.request) == (2, "2026-0002")
    assert (found.decision.outcome, found.decision.actor) == ("withhold", SECOND)
    assert [each.position for each in desk.reviews.earlier(REQUEST, 1)] == [1, 2, 3, 4, 5]
    assert desk.reviews.earlier(REQUEST, 1, positions=[]) == []


def test_marks_are_tried_before_they_are_decided(desk: ReviewDesk) -> None:
    item = desk.reviews.item(REQUEST, 1, 1)
    desk.reviews.fit(item, [Mark(what="text", code=VERIFIED, start=0, end=6)])
    with pytest.raises(UsageError, match="not inside its text"):
        desk.reviews.fit(item, [Mark(what="text", code=VERIFIED, start=0, end=60)])
