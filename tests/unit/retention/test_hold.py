"""Whom a hold reaches, and until when it binds."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.facts import Event, Hold, HoldKind, Scope
from retention.hold import (
    binding,
    binds,
    could_reach,
    free_from,
    last_bound_day,
    reaches,
    release_refusal,
)
from tests.unit.retention.reading import make_facts
from tests.unit.retention.strategies import patient

DAY = date(2026, 1, 10)


def make_hold(**changes: Any) -> Hold:
    plain: dict[str, Any] = {
        "id": "L-1",
        "kind": HoldKind.LITIGATION,
        "matter": "Doe v. City",
        "scope": Scope(everything=True),
        "placed": date(2026, 1, 1),
    }
    return Hold(**{**plain, **changes})


RECORD = make_facts(department="police", author_id="77", words="Jones was arrested", record_id=5)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(everything=True),
        Scope(picks=frozenset({5})),
        Scope(accounts=("fire", "pd")),
        Scope(departments=("police",)),
        Scope(authors=("77",)),
        Scope(words=("smith", "JONES")),
        Scope(since=date(2024, 3, 10), until=date(2024, 3, 10)),
        Scope(accounts=("pd",), words=("jones",), since=date(2024, 1, 1)),
        Scope(accounts=("fire",), picks=frozenset({5})),
        Scope(accounts=("pd",), words=(" ", "...")),
    ],
)
def test_a_record_within_all_limits_is_reached(scope: Scope) -> None:
    assert reaches(scope, RECORD)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(words=("...",)),
        Scope(picks=frozenset({6})),
        Scope(accounts=("fire",)),
        Scope(departments=("fire",)),
        Scope(authors=("78",)),
        Scope(words=("jone",)),
        Scope(since=date(2024, 3, 11)),
        Scope(until=date(2024, 3, 9)),
        Scope(accounts=("pd",), words=("smith",)),
        Scope(accounts=("fire",), words=("jones",)),
    ],
)
def test_a_record_outside_one_limit_is_not_reached(scope: Scope) -> None:
    assert not reaches(scope, RECORD)


def test_what_is_unknown_of_a_record_cannot_take_it_out() -> None:
    unknown = make_facts(events={})
    assert reaches(Scope(departments=("police",)), unknown)
    assert reaches(Scope(authors=("77",)), unknown)
    assert reaches(Scope(since=date(2020, 1, 1), until=date(2020, 1, 2)), unknown)
    assert not reaches(Scope(words=("jones",)), unknown)


def test_a_date_range_looks_at_creation_and_at_receipt() -> None:
    facts = make_facts(events={Event.CREATED: date(2020, 1, 1), Event.RECEIVED: date(2024, 1, 1)})
    assert reaches(Scope(since=date(2024, 1, 1)), facts)
    assert reaches(Scope(until=date(2020, 1, 1)), facts)
    assert not reaches(Scope(since=date(2021, 1, 1), until=date(2022, 1, 1)), facts)


def test_a_hold_binds_through_its_release_and_tail() -> None:
    assert binds(make_hold(), date.max)
    released = make_hold(released=DAY)
    assert binds(released, DAY)
    assert not binds(released, date(2026, 1, 11))
    tail = make_hold(released=DAY, tail_days=60)
    assert last_bound_day(tail) == date(2026, 3, 11)
    assert binds(tail, date(2026, 3, 11))
    assert not binds(tail, date(2026, 3, 12))


def test_a_hold_binds_although_its_date_lies_ahead() -> None:
    assert binds(make_hold(placed=date(2027, 1, 1), anticipated=date(2025, 1, 1)), DAY)


def test_a_timed_hold_lapses_only_after_a_notice() -> None:
    assert last_bound_day(make_hold(lapses=date(2025, 1, 1))) is None
    early = make_hold(lapses=date(2025, 1, 1), notice_given=date(2024, 12, 1))
    assert last_bound_day(early) == date(2025, 1, 1)
    late = make_hold(lapses=date(2025, 1, 1), notice_given=date(2025, 2, 1))
    assert last_bound_day(late) == date(2025, 2, 1)


def test_a_record_is_free_when_all_its_holds_are_over() -> None:
    over = make_hold(id="A", released=date(2026, 1, 5))
    tail = make_hold(id="C", released=date(2026, 1, 5), tail_days=30)
    open_ = make_hold(id="B")
    elsewhere = make_hold(id="D", scope=Scope(accounts=("fire",)))
    assert [h.id for h in binding([tail, open_, over, elsewhere], RECORD, DAY)] == ["B", "C"]
    assert free_from([tail, open_]) is None
    assert free_from([tail, over]) == date(2026, 2, 5)
    assert free_from([]) == date.min


def test_a_whole_account_can_be_reached_by_what_is_to_come() -> None:
    assert could_reach(Scope(everything=True))
    assert could_reach(Scope(words=("jones",)), account="parks")
    assert could_reach(Scope(accounts=("pd",)), account="pd")
    assert not could_reach(Scope(accounts=("pd",)), account="parks")
    assert could_reach(Scope(departments=("police",)), account="pd")
    assert not could_reach(Scope(departments=("police",)), department="fire")
    assert could_reach(Scope(accounts=("pd",)))
    assert not could_reach(Scope(picks=frozenset({1})))
    assert not could_reach(Scope(), account="pd")


@pytest.mark.parametrize(
    ("by", "reason", "other", "part"),
    [
        ("", "settled", False, "named person"),
        ("B", "", False, "named person"),
        (" a ", "settled", True, "somebody else"),
    ],
)
def test_a_release_needs_a_name_a_reason_and_where_configured_another_person(
    by: str, reason: str, other: bool, part: str
) -> None:
    refusal = release_refusal(issuer="A", by=by, reason=reason, other_person=other)
    assert refusal is not None
    assert part in refusal.text


def test_a_release_by_the_right_person_is_not_refused() -> None:
    assert release_refusal(issuer="A", by="B", reason="settled", other_person=True) is None
    assert release_refusal(issuer="A", by="A", reason="settled", other_person=False) is None


@given(
    st.sampled_from(["pd", "fire", ""]),
    st.frozensets(st.sampled_from(["a", "b"])),
    st.sampled_from([(), ("s/general",)]),
)
@patient
def test_no_reclassification_frees_a_record(
    kind: str, tags: frozenset[str], parents: tuple[str, ...]
) -> None:
    scope = Scope(accounts=("pd",), words=("jones",))
    changed = make_facts(
        words="jones", kind=kind, tags=tags, parent_series=parents, assertions=tags
    )
    assert reaches(scope, changed)
