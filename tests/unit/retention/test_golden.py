"""What the statutes say, case by case: facts, the decision, and the reasons it must give.

The cases are in `tests/golden/retention`, each under the name of its law, with the citation
and how far that is to be trusted.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from retention.agency import AgencySettings
from retention.case import Law
from retention.classify import ClassRule, classify, resolve
from retention.decide import decide, may_be_proposed
from retention.facts import (
    Adoption,
    Decision,
    EditionFacts,
    Hold,
    MaximumDecision,
    RecordFacts,
    Series,
)
from retention.statements import EventStatement, FactStatement, assertions_of, events_of
from tests.unit.retention.reading import (
    Case,
    adoption_of,
    build,
    cases,
    convert,
    edition_of,
    on,
)

CONFIDENCES = {"verified-from-source", "secondary-source"}
DAYS = [
    pytest.param(case, day, id=f"{case['name']} [{number}, {day['day']}]")
    for case in cases("cases")
    for number, day in enumerate(case["days"], start=1)
]


def _series(case: Case) -> tuple[Series, ...]:
    shared = {
        "edition": "1",
        "citation": case["citation"],
        "source": "",
        "verified": True,
    }
    return tuple(build(Series, {**shared, **each}) for each in case["series"])


def _facts(case: Case, day: Case) -> RecordFacts:
    plain = {"record_id": 1, "account": "pd", "platform": "x", "kind": "post"}
    facts = build(RecordFacts, {**plain, **case["facts"], **day.get("facts", {})})
    stated = convert(tuple[EventStatement, ...], day.get("stated", []))
    said = convert(tuple[FactStatement, ...], day.get("facts_stated", []))
    raw = {name: getattr(facts, name) for name in facts.__slots__}
    raw["events"] = events_of(facts.events, stated)
    raw["assertions"] = facts.assertions | assertions_of(said)
    return RecordFacts(**raw)


def _law(case: Case, day: Case, series: tuple[Series, ...]) -> Law:
    editions = case.get("editions")
    here: Case = {**case, **day}
    adoptions, agency = here.get("adoptions"), here.get("agency", {})
    return Law(
        agency=build(AgencySettings, agency),
        editions=convert(tuple[EditionFacts, ...], editions)
        if editions
        else tuple(map(edition_of, series)),
        adoptions=convert(tuple[Adoption, ...], adoptions)
        if adoptions
        else tuple(map(adoption_of, series)),
    )


def _decision(case: Case, day: Case) -> Decision:
    series, facts = _series(case), _facts(case, day)
    catalogue = {each.key: each for each in series}
    if "rules" in case:
        keys, why = classify(facts, convert(tuple[ClassRule, ...], case["rules"]))
    else:
        here: Case = {**case, **day}
        keys, why = tuple(here.get("claims", catalogue)), ()
    claims = resolve(keys, catalogue, why)
    assert not claims.unresolved, "the case names a series that it does not have"
    return decide(
        facts,
        claims,
        _law(case, day, series),
        on(day["day"]),
        holds=convert(tuple[Hold, ...], day.get("holds", [])),
        answers=convert(tuple[MaximumDecision, ...], day.get("answers", [])),
    )


@pytest.mark.parametrize(("case", "day"), DAYS)
def test_the_decision_is_what_the_statute_says(case: Case, day: Case) -> None:
    decision = _decision(case, day)
    said: dict[str, Any] = {
        "standing": str(decision.standing),
        "eligible_on": decision.eligible_on,
        "must_go_by": decision.must_go_by,
        "action": str(decision.action),
        "manner": str(decision.manner),
        "held_by": list(decision.holds),
        "claimed": list(decision.series),
        "may_go": may_be_proposed(decision),
    }
    wanted = {name: day[name] for name in said if name in day}
    assert {name: said[name] for name in wanted} == wanted
    assert "standing" in wanted
    texts = "\n".join(reason.text for reason in decision.reasons)
    for text in day.get("reasons", []):
        assert text in texts
    cited = {reason.citation for reason in decision.reasons}
    assert set(day.get("cites", [])) <= cited


@pytest.mark.parametrize("case", cases("cases"), ids=lambda case: str(case["name"]))
def test_what_a_statute_decides_is_cited(case: Case) -> None:
    decision = _decision(case, case["days"][0])
    wanted = {each.citation for each in _series(case) if each.key in decision.series}
    assert wanted
    assert wanted <= {reason.citation for reason in decision.reasons}


def test_every_trap_and_every_surprise_of_the_law_has_its_case() -> None:
    everything = cases("cases") + cases("procedures")
    items = {item for case in everything for item in case["items"]}
    assert items == {f"naive-{n}" for n in range(1, 16)} | {f"surprise-{n}" for n in range(1, 14)}
    for case in everything:
        assert case["statute"], case["name"]
        assert case["citation"], case["name"]
        assert case["confidence"] in CONFIDENCES, case["name"]
    names = [case["name"] for case in everything]
    assert len(names) == len(set(names))


def test_no_case_is_left_out_by_an_empty_list() -> None:
    assert len(DAYS) > 100
    assert all(isinstance(day.values[1]["day"], date) for day in DAYS)  # type: ignore[index]
