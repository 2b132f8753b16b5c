"""Which series claim a record."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.classify import ClassRule, Override, classify, fits, resolve
from retention.errors import Unnamed
from retention.facts import RecordFacts
from tests.unit.retention.reading import make_facts, make_series
from tests.unit.retention.strategies import patient

COMMENT = make_facts(
    kind="comment",
    department="police",
    author_role="public",
    author_id="77",
    words="Use of force complaint",
    thread_id="t1",
    tags=frozenset({"spam"}),
    parent_series=("s/post",),
)


def rule(**changes: Any) -> ClassRule:
    return ClassRule(**{"id": "r", "series": ("s/a",), **changes})


LIMITS: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"accounts": ("pd", "fire")}, True),
    ({"accounts": ("fire",)}, False),
    ({"departments": ("police",)}, True),
    ({"departments": ("fire",)}, False),
    ({"platforms": ("x",)}, True),
    ({"platforms": ("facebook",)}, False),
    ({"kinds": ("comment",)}, True),
    ({"kinds": ("post",)}, False),
    ({"author_roles": ("public",)}, True),
    ({"author_roles": ("agency",)}, False),
    ({"authors": ("77",)}, True),
    ({"authors": ("78",)}, False),
    ({"threads": ("t1",)}, True),
    ({"threads": ("t2",)}, False),
    ({"tags": ("spam", "ham")}, True),
    ({"tags": ("ham",)}, False),
    ({"words": ("FORCE", "dog")}, True),
    ({"words": ("dog",)}, False),
    ({"unless_tags": ("ham",)}, True),
    ({"unless_tags": ("spam",)}, False),
    ({"unless_words": ("dog",)}, True),
    ({"unless_words": ("complaint",)}, False),
    ({"removed_only": True}, False),
    ({"kinds": ("comment",), "accounts": ("fire",)}, False),
]


@pytest.mark.parametrize(("limits", "fitting"), LIMITS, ids=str)
def test_a_rule_fits_what_meets_all_its_limits(limits: dict[str, Any], fitting: bool) -> None:
    assert fits(rule(**limits), COMMENT) is fitting


def test_every_rule_that_fits_claims_and_the_first_is_named_by_rank() -> None:
    rules = [
        rule(id="plain", series=("s/a",)),
        rule(id="narrow", series=("s/b", "s/a"), kinds=("comment",), accounts=("pd",)),
        rule(id="first", series=("s/c",), priority=5),
        rule(id="other", series=("s/d",), kinds=("post",)),
    ]
    keys, why = classify(make_facts(kind="comment"), rules)
    assert keys == ("s/c", "s/b", "s/a")
    assert [reason.text.split()[1] for reason in why] == ["first", "narrow", "plain"]


def test_a_comment_follows_its_post_too_unless_all_its_rules_stand_alone() -> None:
    assert classify(COMMENT, [])[0] == ("s/post",)
    assert classify(COMMENT, [rule()])[0] == ("s/a", "s/post")
    assert classify(COMMENT, [rule(stand_alone=True)])[0] == ("s/a",)
    both = [rule(stand_alone=True), rule(id="q", series=("s/b",))]
    assert set(classify(COMMENT, both)[0]) == {"s/a", "s/b", "s/post"}


def test_nothing_claims_what_no_rule_fits() -> None:
    assert classify(make_facts(), [rule(accounts=("fire",))]) == ((), ())


def override(**changes: Any) -> Override:
    plain: dict[str, Any] = {
        "record_id": 1,
        "series": ("s/x",),
        "who": "Clerk",
        "reason": "it is evidence",
        "on": date(2026, 1, 1),
    }
    return Override(**{**plain, **changes})


def test_a_person_replaces_the_rules_with_name_and_reason() -> None:
    later = override(series=("s/y", "s/z", "s/y"), on=date(2026, 2, 1))
    other = override(record_id=2, series=("s/w",), on=date(2027, 1, 1))
    keys, why = classify(COMMENT, [rule()], [later, other, override()])
    assert keys == ("s/y", "s/z")
    assert why[0].text == "Clerk classified it by hand on 2026-02-01: it is evidence"


@pytest.mark.parametrize("missing", [{"who": ""}, {"reason": " "}, {"series": ()}])
def test_an_override_without_a_person_a_reason_or_a_series_is_refused(
    missing: dict[str, Any],
) -> None:
    with pytest.raises(Unnamed, match="record 1 by hand"):
        classify(COMMENT, [rule()], [override(**missing)])


def test_a_series_that_no_schedule_has_still_claims() -> None:
    general = make_series()
    claims = resolve(("s/lost", "s/general"), {general.key: general})
    assert claims.series == (general,)
    assert claims.unresolved == ("s/lost",)


RULES = st.builds(
    rule,
    id=st.sampled_from("abcd"),
    series=st.lists(st.sampled_from(["s/a", "s/b", "s/c"]), max_size=2).map(tuple),
    priority=st.integers(-1, 1),
    kinds=st.sampled_from([(), ("comment",), ("post",)]),
    tags=st.sampled_from([(), ("spam",), ("ham",)]),
    reason=st.sampled_from(["", "because"]),
)


@given(st.lists(RULES), RULES, st.sampled_from([COMMENT, make_facts()]))
@patient
def test_a_new_rule_only_adds_claims(
    rules: list[ClassRule], new: ClassRule, facts: RecordFacts
) -> None:
    assert set(classify(facts, rules)[0]) <= set(classify(facts, [*rules, new])[0])


@given(st.permutations([rule(id=i, series=(f"s/{i}",)) for i in "abc"]))
@patient
def test_the_order_of_the_rules_does_not_matter(rules: list[ClassRule]) -> None:
    assert classify(COMMENT, rules)[0] == ("s/a", "s/b", "s/c", "s/post")
