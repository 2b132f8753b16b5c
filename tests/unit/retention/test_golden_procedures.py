"""Who must say yes by the states' procedures, and from which day a batch may be executed."""

from __future__ import annotations

import pytest

from retention.approvals import Given, free_from, states
from retention.batch import Signed, Stage
from retention.calendars import WorkingCalendar
from retention.disposition import approve, propose, review
from retention.errors import RetentionError
from retention.facts import Approval
from tests.unit.retention.reading import Case, build, cases, convert


@pytest.mark.parametrize("case", cases("procedures"), ids=lambda case: str(case["name"]))
def test_the_procedure_takes_its_steps_in_order_and_waits(case: Case) -> None:
    calendar = build(WorkingCalendar, case.get("calendar", {})) if "calendar" in case else None
    calendar = calendar or WorkingCalendar(
        first=case["proposed"], last=case["proposed"].replace(year=2040)
    )
    register = convert(tuple[Given, ...], case.get("register", []))
    batch = propose(
        "B-1",
        digest="d",
        by=Signed(by="A. Proposer", on=case["proposed"]),
        records={1: "pd"},
        series=tuple(case.get("series", ["s/1"])),
        steps=convert(tuple[Approval, ...], case["steps"]),
    )
    batch = review(batch, Signed(by="A. Proposer", on=case["proposed"]))
    for raw in case["given"]:
        assert batch.stage is Stage.REVIEWED
        given = build(Given, {name: raw[name] for name in raw if name != "refused"})
        today = case["proposed"].replace(year=2027)
        if "refused" in raw:
            with pytest.raises(RetentionError) as refusal:
                approve(batch, given, today=today, register=register, calendar=calendar)
            assert raw["refused"] in str(refusal.value)
        else:
            batch = approve(batch, given, today=today, register=register, calendar=calendar)
    assert batch.stage is Stage.APPROVED
    found = states(batch.route, batch.given, register, series=batch.series, calendar=calendar)
    assert free_from(found) == case["begins"]
