"""Where a hold stands follows from its row and its history alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from archiver.desk.hold_order import HoldOrder, distinct, in_words, notice_text
from archiver.desk.hold_standing import HoldStanding, is_custodian, standing_of
from archiver.model.queries.holds import HoldEntry, HoldEvent, scope_as_json, scope_from
from retention.facts import HoldKind, Scope

TODAY = date(2026, 11, 24)
PLACED = HoldEntry(
    id=1,
    name="smith",
    kind=HoldKind.LITIGATION,
    matter="Smith v. Springfield",
    reason="anticipated",
    issuer="City Attorney",
    custodians=("Lou", "Marge"),
    scopes=(Scope(everything=True),),
    notice="Keep it.",
    placed_at=datetime(2026, 11, 24, 12, tzinfo=UTC),
    placed_on=TODAY,
    anticipated_on=TODAY,
    review_on=date(2027, 5, 23),
    tail_days=0,
    released_on=None,
    released_by=None,
)


def event(action: str, **detail: Any) -> HoldEvent:
    return HoldEvent(at=PLACED.placed_at, actor="City Attorney", action=action, detail=detail)


def stands(*events: HoldEvent, on: date = TODAY, **changed: Any) -> HoldStanding:
    return standing_of(replace(PLACED, **changed), events, records=3, today=on)


def test_an_open_hold_binds_without_end_also_before_it_was_placed() -> None:
    for day in (date(1999, 1, 1), TODAY, date(2099, 1, 1)):
        found = stands(on=day)
        assert (found.binds, found.bound_through, found.state) == (True, None, "open")


@pytest.mark.parametrize(
    ("tail", "after", "binds", "state"),
    [
        (0, 0, True, "binds through 2026-11-24"),
        (0, 1, False, "over"),
        (60, 60, True, "binds through 2027-01-23"),
        (60, 61, False, "over"),
    ],
)
def test_a_released_hold_binds_through_its_tail(
    tail: int, after: int, binds: bool, state: str
) -> None:
    found = stands(
        on=TODAY + timedelta(days=after),
        released_on=TODAY,
        released_by="Chief Wiggum",
        tail_days=tail,
    )
    assert (found.binds, found.state) == (binds, state)


def test_a_custodian_is_untold_then_waited_for_until_the_newest_notice_is_confirmed() -> None:
    told = event("notice given", custodians=["Lou"])
    confirmed = event("acknowledged", custodian="Lou")
    again = event("notice given", custodians=["Lou", "Marge"])
    steps = [
        ((), ("Lou", "Marge"), ()),
        ((told,), ("Marge",), ("Lou",)),
        ((told, confirmed), ("Marge",), ()),
        ((told, confirmed, again), (), ("Lou", "Marge")),
        ((told, confirmed, again, confirmed), (), ("Marge",)),
    ]
    for events, untold, waiting in steps:
        found = stands(*events)
        assert (found.untold, found.waiting_for) == (untold, waiting)


def test_a_review_is_due_from_its_day_on_while_the_hold_is_open() -> None:
    day = date(2027, 5, 23)
    assert not stands(on=day - timedelta(days=1)).review_due
    assert stands(on=day).review_due
    assert stands(on=day + timedelta(days=900)).review_due
    assert not stands(on=day, released_on=TODAY, released_by="Chief Wiggum").review_due
    assert not stands(on=day, review_on=None).review_due


@pytest.mark.parametrize("name", ["Lou", "lou", "  LOU "])
def test_a_custodian_is_known_whatever_case_and_blanks(name: str) -> None:
    assert is_custodian(PLACED, name) == "Lou"


def test_somebody_else_is_no_custodian() -> None:
    assert is_custodian(PLACED, "Apu") is None


@pytest.mark.parametrize(
    "scope",
    [
        Scope(everything=True),
        Scope(accounts=("a", "b"), words=("pot hole",), since=date(2026, 1, 2)),
        Scope(departments=("Police",), authors=("1",), until=date(2026, 1, 2)),
        Scope(picks=frozenset((3, 1, 2))),
    ],
)
def test_a_scope_comes_back_from_the_tables_as_it_was(scope: Scope) -> None:
    assert scope_from(scope_as_json(scope)) == scope


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (Scope(everything=True), "every record of the archive, present and future"),
        (Scope(accounts=("a", "b")), "records: account a or b"),
        (
            Scope(accounts=("a",), words=("pothole",), since=date(2026, 1, 2)),
            'records: account a, with "pothole", from 2026-01-02',
        ),
        (Scope(picks=frozenset((7,))), "1 picked record"),
        (
            Scope(departments=("Police",), until=date(2026, 1, 2), picks=frozenset((7, 8))),
            "records: department Police, up to 2026-01-02, and 2 picked records",
        ),
    ],
)
def test_a_scope_is_said_in_words(scope: Scope, words: str) -> None:
    assert in_words(scope) == words


def test_the_notice_names_the_matter_what_it_reaches_and_whom_to_ask() -> None:
    text = notice_text(
        HoldOrder(
            matter="Smith v. Springfield",
            issuer="City Attorney",
            reason="A suit is anticipated.",
            scope=Scope(accounts=("x-springfieldpd",)),
        )
    )
    for words in ("Smith v. Springfield", "A suit is anticipated.", "x-springfieldpd"):
        assert words in text
    assert text.endswith("Questions go to: City Attorney.")


def test_names_are_kept_once_without_blanks_around_them() -> None:
    assert distinct([" Lou ", "Lou", "", "  ", "Marge  Simpson"]) == ("Lou", "Marge Simpson")
