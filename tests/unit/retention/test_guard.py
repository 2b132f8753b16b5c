"""The two doors are shut unless everything is shown to be in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from retention.classify import Claims
from retention.decide import decide
from retention.facts import Action, Hold, HoldKind, Scope, Standing
from retention.guard import (
    Custody,
    Moderation,
    Verdict,
    may_dispose,
    may_remove_outside,
    may_remove_whole,
)
from tests.unit.retention.reading import (
    length,
    make_facts,
    make_rule,
    make_series,
    on,
)
from tests.unit.retention.test_decide import DUE, law_for

FACTS = make_facts()
SAFE = Custody(archived=True, newest_version_verified=True)
SERIES = make_series()
DECISION = decide(FACTS, Claims(series=(SERIES,)), law_for(SERIES), on(DUE))
HOLD = Hold(
    id="L-1",
    kind=HoldKind.LITIGATION,
    matter="Doe v. City",
    scope=Scope(accounts=("pd",)),
    placed=DUE,
)


def dispose(**changes: Any) -> Verdict:
    plain: dict[str, Any] = {
        "facts": FACTS,
        "decision": DECISION,
        "day": DUE,
        "holds": [],
        "plan_digest": "d",
        "adopted_digest": "d",
        "custody": SAFE,
    }
    given = {**plain, **changes}
    return may_dispose(given.pop("facts"), given.pop("decision"), **given)


def test_what_is_in_order_may_go_with_the_reasons_of_its_decision() -> None:
    verdict = dispose()
    assert verdict.allowed
    assert verdict.reasons == DECISION.reasons
    assert verdict.who_can_lift == ()


@pytest.mark.parametrize(
    ("changes", "reason", "who"),
    [
        ({"holds": [HOLD]}, "Hold L-1 (litigation, Doe v. City) reaches it", "counsel"),
        ({"plan_digest": "old"}, "propose it again", "records officer"),
        ({"plan_digest": "", "adopted_digest": ""}, "propose it again", "records officer"),
        ({"decision": replace(DECISION, record_id=2)}, "another record", "records officer"),
        ({"day": date(2026, 3, 12)}, "another day", "records officer"),
        (
            {"decision": replace(DECISION, standing=Standing.RUNNING)},
            "stands as running",
            "records officer",
        ),
        ({"custody": Custody(newest_version_verified=True)}, "not shown to be", "nobody"),
        ({"custody": Custody(archived=False, newest_version_verified=True)}, "not shown", "nobody"),
        ({"custody": Custody(archived=True)}, "read back", "nobody"),
    ],
)
def test_one_fence_is_enough_to_refuse(changes: dict[str, Any], reason: str, who: str) -> None:
    verdict = dispose(**changes)
    assert not verdict.allowed
    assert len(verdict.reasons) == len(verdict.who_can_lift) == 1
    assert reason in verdict.reasons[0].text
    assert verdict.who_can_lift[0].startswith(("the " if "officer" in who else "") + who)


def test_all_fences_are_named_at_once() -> None:
    verdict = dispose(
        holds=[HOLD], plan_digest="old", custody=Custody(), decision=replace(DECISION, record_id=9)
    )
    assert len(verdict.reasons) == len(verdict.who_can_lift) == 5


@pytest.mark.parametrize(
    "standing", [each for each in Standing if each not in {Standing.ELIGIBLE, Standing.OVERDUE}]
)
def test_only_what_is_eligible_or_overdue_may_go(standing: Standing) -> None:
    assert not dispose(decision=replace(DECISION, standing=standing)).allowed


def test_what_is_overdue_may_go_if_its_minimums_are_over() -> None:
    overdue = make_series(make_rule(maximum=length(years=2)))
    decision = decide(FACTS, Claims(series=(overdue,)), law_for(overdue), on(DUE))
    assert decision.standing is Standing.OVERDUE
    assert dispose(decision=decision).allowed
    assert not dispose(decision=replace(decision, eligible_on=None)).allowed
    assert not dispose(decision=replace(decision, eligible_on=date(2026, 3, 12))).allowed
    assert not dispose(decision=replace(decision, action=Action.REVIEW)).allowed


def outside(**changes: Any) -> Verdict:
    plain: dict[str, Any] = {
        "facts": FACTS,
        "day": DUE,
        "holds": [],
        "custody": SAFE,
        "policy_codes": frozenset({"threat", "spam"}),
    }
    given = {**plain, **changes}
    return may_remove_outside(given.pop("facts"), **given)


GIVEN = Moderation(reason_code="spam", rule="Posting rules, 4", moderator="M. Oderator")


def test_the_agency_may_remove_its_own_post_once_it_is_safe() -> None:
    assert outside() == Verdict(allowed=True, reasons=())
    assert not outside(custody=Custody()).allowed
    held = outside(holds=[HOLD])
    assert held.who_can_lift == ("counsel, by releasing the hold",)


@pytest.mark.parametrize("role", ["public", "official", ""])
def test_what_others_wrote_goes_only_for_a_reason_of_the_policy(role: str) -> None:
    comment = replace(FACTS, kind="comment", author_role=role)
    assert outside(facts=comment, moderation=GIVEN).allowed
    assert "say why" in outside(facts=comment).reasons[0].text
    viewpoint = replace(GIVEN, reason_code="critical of the chief")
    refused = outside(facts=comment, moderation=viewpoint)
    assert "(spam, threat)" in refused.reasons[0].text
    unset = outside(facts=comment, moderation=GIVEN, policy_codes=frozenset())
    assert "none are set" in unset.reasons[0].text
    for missing in (replace(GIVEN, rule=" "), replace(GIVEN, moderator="")):
        refused = outside(facts=comment, moderation=missing)
        assert "must be recorded" in refused.reasons[0].text


def whole(*holds: Hold, **changes: Any) -> Verdict:
    plain: dict[str, Any] = {"held_records": {"L-1": 0}, "account": "pd"}
    return may_remove_whole(day=DUE, holds=holds, **{**plain, **changes})


def test_a_hold_stops_the_removal_of_an_account_a_department_and_the_archive() -> None:
    assert whole().allowed
    assert not whole(HOLD).allowed
    assert not whole(HOLD, account="", department="police").allowed
    assert not whole(HOLD, account="").allowed
    assert whole(HOLD, account="parks").allowed
    assert whole(replace(HOLD, released=date(2020, 1, 1))).allowed


def test_a_pick_stops_the_removal_of_the_account_it_is_in() -> None:
    pick = replace(HOLD, scope=Scope(picks=frozenset({1})))
    assert whole(pick).allowed
    assert not whole(pick, held_records={"L-1": 1}).allowed
    # A hold whose records nobody counted could have some there.
    assert not whole(pick, held_records={}).allowed
