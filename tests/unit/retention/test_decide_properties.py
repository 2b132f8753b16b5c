"""What must hold of every decision, whatever the record and the law: more holds, claims,
branches or longer periods never let anything go earlier."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from retention.agency import AgencySettings, Floor, Overlay
from retention.case import Law
from retention.classify import Claims
from retention.decide import decide, may_be_proposed
from retention.facts import (
    Action,
    Decision,
    Hold,
    Period,
    RecordFacts,
    Rule,
    Series,
    Standing,
)
from retention.today import Today
from tests.unit.retention import strategies as some
from tests.unit.retention.reading import adoption_of, edition_of, on

Three = tuple[Series, Series, Series]


def decided(
    facts: RecordFacts,
    series: tuple[Series, ...],
    agency: AgencySettings,
    day: date,
    holds: tuple[Hold, ...] = (),
) -> Decision:
    """Everything that claims is adopted."""
    law = Law(
        agency=agency,
        editions=tuple(map(edition_of, series)),
        adoptions=tuple(map(adoption_of, series)),
    )
    return decide(facts, Claims(series=series), law, on(day), holds=holds)


def not_earlier(less: Decision, more: Decision) -> None:
    """`more` may go only if `less` may, and its day is not before."""
    assert not may_be_proposed(more) or may_be_proposed(less)
    if more.eligible_on is not None:
        assert less.eligible_on is not None
        assert less.eligible_on <= more.eligible_on


@given(some.facts, some.all_series, some.settings_of_agencies, some.days, some.holds, some.holds)
@some.patient
def test_another_hold_never_lets_anything_go_earlier(
    facts: RecordFacts, series: Three, agency: AgencySettings, day: date, one: Hold, other: Hold
) -> None:
    less = decided(facts, series, agency, day, (one,))
    more = decided(facts, series, agency, day, (one, other))
    not_earlier(decided(facts, series, agency, day), less)
    not_earlier(less, more)
    assert set(less.holds) <= set(more.holds)
    assert less.must_go_by == more.must_go_by


@given(some.facts, some.all_series, some.settings_of_agencies, some.days)
@some.patient
def test_another_claiming_series_never_lets_anything_go_earlier(
    facts: RecordFacts, series: Three, agency: AgencySettings, day: date
) -> None:
    one = decided(facts, series[:1], agency, day)
    two = decided(facts, series[:2], agency, day)
    not_earlier(one, two)
    not_earlier(two, decided(facts, series, agency, day))


@given(some.facts, some.all_series, some.settings_of_agencies, some.days, some.rules)
@some.patient
def test_another_branch_never_lets_anything_go_earlier(
    facts: RecordFacts, series: Three, agency: AgencySettings, day: date, rule: Rule
) -> None:
    """Where a branch applies already: to a record that waits for one, it brings the end."""
    first = series[0]
    applying = replace(first.rules[0], condition="")
    first = replace(first, rules=(applying, *first.rules[1:]))
    more = replace(first, rules=(*first.rules, rule))
    not_earlier(decided(facts, (first,), agency, day), decided(facts, (more,), agency, day))


@given(
    some.facts, some.all_series, some.settings_of_agencies, some.days, some.overlays, some.periods
)
@some.patient
def test_an_overlay_or_a_floor_never_lets_anything_go_earlier(
    facts: RecordFacts,
    series: Three,
    agency: AgencySettings,
    day: date,
    overlay: Overlay,
    floor: Period,
) -> None:
    less = decided(facts, series[:2], agency, day)
    overlaid = replace(agency, overlays=(*agency.overlays, overlay))
    not_earlier(less, decided(facts, series[:2], overlaid, day))
    floored = replace(agency, floors=(*agency.floors, Floor(period=floor, citation="F")))
    not_earlier(less, decided(facts, series[:2], floored, day))


@given(some.facts, some.all_series, some.settings_of_agencies, some.days, some.holds)
@some.patient
def test_the_day_that_is_foreseen_is_the_day_it_comes(
    facts: RecordFacts, series: Three, agency: AgencySettings, day: date, hold: Hold
) -> None:
    """Neither leap days nor year ends nor the change of clocks moves it by one."""
    eligible = decided(facts, series, agency, day, (hold,)).eligible_on
    if eligible is None:
        return
    before = eligible - timedelta(days=1)
    assert not may_be_proposed(decided(facts, series, agency, before, (hold,)))
    then = decided(facts, series, agency, eligible, (hold,))
    assert then.eligible_on == eligible or not then.holds
    assert may_be_proposed(then) or then.action is Action.REVIEW


@given(some.facts, some.all_series, some.settings_of_agencies, some.days, some.holds)
@some.patient
def test_a_decision_is_the_same_every_time_and_in_every_order(
    facts: RecordFacts, series: Three, agency: AgencySettings, day: date, hold: Hold
) -> None:
    once = decided(facts, series, agency, day, (hold,))
    assert once == decided(facts, series, agency, day, (hold,))
    turned = decided(facts, series[::-1], agency, day, (hold,))
    assert replace(turned, series=once.series, reasons=once.reasons) == once


@given(some.facts, some.all_series, some.settings_of_agencies, some.days, some.holds)
@some.patient
def test_nothing_goes_that_is_held_unverified_renegotiated_or_unscheduled(
    facts: RecordFacts, series: Three, agency: AgencySettings, day: date, hold: Hold
) -> None:
    decision = decided(facts, series, agency, day, (hold,))
    if may_be_proposed(decision):
        assert not decision.holds
        assert all(each.verified and not each.renegotiated for each in series)
        assert decision.action in {Action.DESTROY, Action.TRANSFER, Action.REPLACE}
    assert decided(facts, (), agency, day).standing is Standing.UNSCHEDULED
    assert decision.reasons


@given(
    some.facts, some.all_series, some.settings_of_agencies, some.days, st.integers(8, 4000),
    st.sampled_from([-1, 1]),
)  # fmt: skip
@some.patient
def test_no_jump_of_the_clock_lets_anything_go(
    facts: RecordFacts,
    series: Three,
    agency: AgencySettings,
    day: date,
    jump: int,
    direction: int,
) -> None:
    law = Law(
        agency=agency,
        editions=tuple(map(edition_of, series)),
        adoptions=tuple(map(adoption_of, series)),
    )
    last_known = day - timedelta(days=jump * direction)
    doubted = decide(facts, Claims(series=series), law, Today(day=day, last_known=last_known))
    believed = decided(facts, series, agency, day)
    assert doubted.standing not in {Standing.ELIGIBLE, Standing.REVIEW, Standing.OVERDUE}
    assert not may_be_proposed(doubted)
    assert doubted.eligible_on == believed.eligible_on
    confirmed = Today(day=day, last_known=last_known, confirmed=day)
    assert decide(facts, Claims(series=series), law, confirmed) == believed
