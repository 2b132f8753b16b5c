"""A law that is kept and asked again answers as one that is asked for the first time."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from retention.claim import APPRAISED, outcome
from retention.facts import Action, Cutoff, Event, Period, PeriodKind, RecordFacts, Series
from tests.unit.retention.reading import length, make_facts, make_rule, make_series
from tests.unit.retention.strategies import all_series
from tests.unit.retention.test_decide import DUE, law_for

EVENTS = list(Event)
DAYS = st.dates(date(2015, 1, 1), date(2026, 12, 31))
NAMED = ["historical", "excepted", "case 26-1187", "something else", *APPRAISED]


def records() -> st.SearchStrategy[RecordFacts]:
    return st.builds(
        lambda events, said, visible: make_facts(
            events=events, assertions=frozenset(said), visible=visible
        ),
        st.dictionaries(st.sampled_from(EVENTS), DAYS),
        st.sets(st.sampled_from(NAMED)),
        st.booleans(),
    )


@given(series=all_series, facts=st.lists(records(), min_size=1, max_size=8))
def test_what_was_asked_before_does_not_change_an_answer(
    series: tuple[Series, ...], facts: list[RecordFacts]
) -> None:
    law = law_for(*series)
    kept = law.on(DUE)
    for each in facts:
        for one in series:
            assert kept.outcome(one, each) == outcome(one, each, law.agency)


def test_records_that_differ_in_nothing_the_series_looks_at_share_one_answer() -> None:
    series = make_series()
    law = law_for(series).on(DUE)
    first = law.outcome(series, make_facts(record_id=1, words="one"))
    assert law.outcome(series, make_facts(record_id=2, words="two")) is first


def test_an_event_that_a_branch_counts_from_tells_records_apart() -> None:
    rule = make_rule(cutoff=Cutoff(events=(Event.CLOSED,)), period=length(years=1))
    series = make_series(rule)
    law = law_for(series).on(DUE)
    closed = {Event.CLOSED: date(2020, 1, 1)}
    assert law.outcome(series, make_facts(events={})).least.last_day is None
    assert law.outcome(series, make_facts(events=closed)).least.last_day == date(2021, 1, 1)


def test_another_edition_of_a_series_is_not_answered_with_the_first_ones_answer() -> None:
    before = make_series()
    forever = make_rule(period=Period(kind=PeriodKind.PERMANENT), action=Action.KEEP)
    after = make_series(forever)
    law = law_for(before).on(DUE)
    assert before.key == after.key
    assert law.outcome(before, make_facts()).action is Action.DESTROY
    assert law.outcome(after, make_facts()).action is Action.KEEP
