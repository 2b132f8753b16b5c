"""What follows for one record: authority, what cannot be resolved, and how reasons are told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from retention.agency import AgencySettings, Fill, Overlay
from retention.authority import refusal, usable_from, usable_until
from retention.case import Law
from retention.claim import most_careful, strictest
from retention.classify import Claims
from retention.decide import decide, may_be_proposed
from retention.facts import (
    Action,
    Adoption,
    Cutoff,
    Decision,
    EditionFacts,
    Event,
    Hold,
    HoldKind,
    Manner,
    MaximumDecision,
    Period,
    PeriodKind,
    Scope,
    Series,
    Standing,
)
from retention.today import Today
from tests.unit.retention.reading import (
    adoption_of,
    edition_of,
    length,
    make_facts,
    make_rule,
    make_series,
    on,
)

DUE = date(2026, 3, 11)  # the day after two years from 10 March 2024
GENERAL = make_series()


def law_for(*series: Series, **changes: Any) -> Law:
    plain: dict[str, Any] = {
        "editions": tuple(map(edition_of, series)),
        "adoptions": tuple(map(adoption_of, series)),
    }
    return Law(**{**plain, **changes})


def decision(*series: Series, day: date = DUE, **changes: Any) -> Decision:
    law = changes.pop("law", law_for(*series))
    return decide(make_facts(), Claims(series=series), law, on(day), **changes)


def texts(found: Decision) -> str:
    return "\n".join(each.text for each in found.reasons)


def test_a_record_is_eligible_on_the_day_after_the_last_day() -> None:
    assert decision(GENERAL, day=date(2026, 3, 10)).standing is Standing.RUNNING
    due = decision(GENERAL)
    assert due.standing is Standing.ELIGIBLE
    assert due.eligible_on == DUE
    assert "General (s/general): keep through 2026-03-10" in texts(due)
    assert due.reasons[0].citation == "Code 1"
    assert due.reasons[0].source == "example.gov"


def test_a_series_that_nobody_verified_never_disposes_of_anything() -> None:
    stub = make_series(make_rule(period=Period(kind=PeriodKind.UNVERIFIED)), id="stub")
    assert decision(stub).standing is Standing.WAITING
    unverified = make_series(verified=False)
    found = decision(unverified, day=date(2099, 1, 1))
    assert found.standing is Standing.WAITING
    assert found.eligible_on is None
    assert "nobody has verified" in texts(found)
    # Not even its maximum counts.
    maximum = make_series(make_rule(maximum=length(years=3)), verified=False)
    assert decision(maximum, day=date(2099, 1, 1)).must_go_by is None


def test_a_series_without_branches_keeps() -> None:
    empty = Series(
        schedule="s",
        edition="1",
        id="e",
        title="E",
        citation="",
        source="",
        verified=True,
        rules=(),
    )
    found = decision(empty)
    assert found.standing is Standing.WAITING
    assert found.action is Action.KEEP
    assert "none given" in texts(found)


def test_a_series_that_no_schedule_has_keeps_the_record() -> None:
    claims = Claims(series=(GENERAL,), unresolved=("s/lost",))
    found = decide(make_facts(), claims, law_for(GENERAL), on(DUE))
    assert found.standing is Standing.WAITING
    assert found.eligible_on is None
    assert found.series == ("s/general", "s/lost")
    assert "s/lost: no loaded schedule has this series" in texts(found)
    alone = decide(make_facts(), Claims(unresolved=("s/lost",)), law_for(), on(DUE))
    assert alone.standing is Standing.WAITING


def test_the_longest_and_most_careful_of_two_series_counts() -> None:
    review = make_series(
        make_rule(period=length(days=1), action=Action.REVIEW, manner=Manner.CONFIDENTIAL), id="r"
    )
    found = decision(GENERAL, review)
    assert (found.standing, found.action) == (Standing.REVIEW, Action.REVIEW)
    assert found.manner is Manner.CONFIDENTIAL
    assert found.eligible_on == DUE
    assert not may_be_proposed(found)


@pytest.mark.parametrize(
    ("action", "standing"),
    [
        (Action.KEEP, Standing.PERMANENT),
        (Action.HOLD_UNTIL_SCHEDULED, Standing.UNSCHEDULED),
        (Action.TRANSFER, Standing.ELIGIBLE),
        (Action.REPLACE, Standing.ELIGIBLE),
    ],
)
def test_an_action_that_leaves_the_record_where_it_is_has_no_day(
    action: Action, standing: Standing
) -> None:
    found = decision(make_series(make_rule(action=action)))
    assert found.standing is standing
    assert (found.eligible_on is None) == (standing is not Standing.ELIGIBLE)


def test_the_careful_end_of_nothing_is_to_keep() -> None:
    assert most_careful([]) is Action.KEEP
    assert most_careful([Action.DESTROY, Action.TRANSFER, Action.REVIEW]) is Action.REVIEW
    assert strictest([]) is Manner.ORDINARY


def test_nothing_rests_on_what_was_not_adopted_as_it_is_loaded() -> None:
    unadopted = decision(GENERAL, law=law_for(GENERAL, adoptions=()))
    assert unadopted.standing is Standing.NOT_ADOPTED
    assert unadopted.eligible_on is None
    missing = decision(GENERAL, law=law_for(GENERAL, editions=()))
    assert missing.standing is Standing.NOT_ADOPTED
    other = EditionFacts(schedule="s", edition="2", digest="d")
    assert decision(GENERAL, law=law_for(GENERAL, editions=(other,))).standing is (
        Standing.NOT_ADOPTED
    )
    nobody = adoption_of(GENERAL, officer=" ")
    assert decision(GENERAL, law=law_for(GENERAL, adoptions=(nobody,))).standing is (
        Standing.NOT_ADOPTED
    )
    blank = (EditionFacts(schedule="s", edition="1", digest=""),)
    nothing = (adoption_of(GENERAL, digest=""),)
    assert decision(GENERAL, law=law_for(GENERAL, editions=blank, adoptions=nothing)).standing is (
        Standing.NOT_ADOPTED
    )


def _window(*adoptions: Adoption, expires: date | None = None) -> tuple[Any, ...]:
    editions = (EditionFacts(schedule="s", edition="1", digest="d", expires=expires),)
    return (
        usable_from(GENERAL, editions, adoptions),
        usable_until(GENERAL, editions, adoptions),
        refusal(GENERAL, editions, adoptions, DUE) is None,
    )


def test_an_edition_is_usable_after_its_adoption_until_it_or_the_adoption_expires() -> None:
    first = adoption_of(GENERAL, adopted=date(2020, 1, 1), expires=date(2025, 1, 1))
    second = adoption_of(GENERAL, adopted=date(2026, 3, 10))
    assert _window() == (None, date.min, False)
    assert _window(first) == (date(2020, 1, 2), date(2025, 1, 1), False)
    assert _window(first, second) == (date(2020, 1, 2), date.max, True)
    assert _window(second, expires=DUE) == (DUE, DUE, True)
    assert _window(second, expires=date(2026, 3, 10)) == (DUE, date(2026, 3, 10), False)
    # Between the end of one adoption and the day after the next, nothing rests on it.
    late = adoption_of(GENERAL, adopted=DUE)
    assert not _window(first, late)[2]
    assert usable_until(GENERAL, (), (first,)) == date.min


def test_a_series_of_another_schedule_that_is_not_adopted_keeps_the_record() -> None:
    other = make_series(schedule="t")
    found = decision(GENERAL, other, law=law_for(GENERAL, other, adoptions=(adoption_of(GENERAL),)))
    assert found.standing is Standing.NOT_ADOPTED


def test_the_agency_can_only_lengthen() -> None:
    longer = Overlay(series=GENERAL.key, period=length(years=5), authority="Policy 7")
    shorter = Overlay(series=GENERAL.key, period=length(years=1), authority="Policy 8")
    other = Overlay(series="s/other", period=length(years=9), authority="Policy 9")

    def with_overlays(*overlays: Overlay) -> Decision:
        return decision(GENERAL, law=law_for(GENERAL, agency=AgencySettings(overlays=overlays)))

    assert with_overlays(longer, shorter).eligible_on == date(2029, 3, 11)
    assert any(
        each.citation == "Policy 7; Policy 8" for each in with_overlays(longer, shorter).reasons
    )
    assert with_overlays(shorter, other).eligible_on == DUE
    added = Overlay(series=GENERAL.key, period=length(months=3), authority="Memo", added=True)
    assert with_overlays(added).eligible_on == date(2026, 6, 11)


def test_a_longer_period_of_the_agency_past_a_maximum_is_a_conflict_to_be_decided() -> None:
    series = make_series(make_rule(maximum=length(months=6), maximum_after_minimum=True))
    overlay = Overlay(series=series.key, period=length(years=9), authority="Policy 7")
    law = law_for(series, agency=AgencySettings(overlays=(overlay,)))
    found = decision(series, law=law, day=date(2026, 9, 11))
    assert (found.must_go_by, found.standing) == (date(2026, 9, 10), Standing.OVERDUE)
    assert not may_be_proposed(found)
    answer = MaximumDecision(
        record_id=1, series=series.key, who="Chief", on=DUE, document="Memo", destroy=True
    )
    answered = decision(series, law=law, day=date(2026, 9, 11), answers=(answer,))
    assert answered.standing is Standing.ELIGIBLE
    assert answered.eligible_on == DUE


def test_a_decision_under_a_maximum_does_not_skip_an_appraisal_or_a_keep() -> None:
    answer = MaximumDecision(
        record_id=1, series="s/general", who="Chief", on=DUE, document="Memo", destroy=True
    )
    for action, standing in (
        (Action.REVIEW, Standing.REVIEW),
        (Action.KEEP, Standing.PERMANENT),
    ):
        series = make_series(make_rule(action=action, maximum=length(years=3)))
        assert decision(series, answers=(answer,)).standing is standing


def test_without_a_maximum_a_decision_to_destroy_changes_nothing() -> None:
    permanent = make_series(make_rule(period=Period(kind=PeriodKind.PERMANENT)))
    answer = MaximumDecision(
        record_id=1, series=permanent.key, who="Chief", on=DUE, document="Memo", destroy=True
    )
    assert decision(permanent, answers=(answer,)).standing is Standing.PERMANENT
    unstarted = make_series(
        make_rule(cutoff=Cutoff(events=(Event.CLOSED,)), maximum=length(days=7))
    )
    assert decision(unstarted, answers=(answer,)).standing is Standing.WAITING


def test_of_two_decisions_the_earlier_counts() -> None:
    series = make_series(make_rule(maximum=length(years=3)))
    answers = [
        MaximumDecision(
            record_id=1, series=series.key, who="Chief", on=day, document="Memo", destroy=True
        )
        for day in (date(2026, 4, 1), date(2026, 3, 20))
    ]
    found = decision(series, day=date(2026, 4, 2), answers=answers)
    assert found.eligible_on == date(2026, 3, 20)


def test_a_filled_blank_runs_like_any_period() -> None:
    blank = make_series(make_rule(period=Period(kind=PeriodKind.AGENCY_SET)))
    agency = AgencySettings(blanks={blank.key: Fill(period=length(years=2), policy="Policy 3")})
    assert decision(blank).standing is Standing.WAITING
    assert decision(blank, law=law_for(blank, agency=agency)).standing is Standing.ELIGIBLE


def test_a_hold_in_its_tail_moves_the_day_and_an_open_one_hides_it() -> None:
    hold = Hold(
        id="R-1",
        kind=HoldKind.REQUEST,
        matter="request",
        scope=Scope(everything=True),
        placed=DUE,
        released=DUE,
        tail_days=60,
    )
    found = decision(GENERAL, holds=(hold,))
    assert (found.standing, found.holds) == (Standing.HELD, ("R-1",))
    assert found.eligible_on == date(2026, 5, 11)
    assert "it binds through 2026-05-10" in texts(found)
    early = decision(GENERAL, holds=(hold,), day=date(2020, 1, 1))
    assert early.eligible_on == date(2026, 5, 11)


def test_a_doubtful_day_is_told_and_stops_what_would_be_due() -> None:
    doubtful = Today(day=DUE, last_known=date(2027, 3, 11))
    found = decide(make_facts(), Claims(series=(GENERAL,)), law_for(GENERAL), doubtful)
    assert found.standing is Standing.WAITING
    assert "has been seen already" in found.reasons[-1].text
    held = decide(make_facts(), Claims(), law_for(), doubtful)
    assert held.standing is Standing.UNSCHEDULED


def test_of_two_maximums_the_earlier_counts() -> None:
    short = make_rule(period=length(), maximum=length(days=7))
    long = make_rule(period=length(), maximum=length(days=30))
    assert decision(make_series(short, long)).must_go_by == date(2024, 3, 17)
    assert decision(make_series(long, short)).must_go_by == date(2024, 3, 17)
    both = (make_series(long), make_series(short, id="b"))
    assert decision(*both).must_go_by == date(2024, 3, 17)
