"""Dispositions at the page: from what is due to the certificate, and what stops one."""

from __future__ import annotations

import json
import re

import pytest

from archiver.desk.access import Role
from archiver.desk.certificate import digest_of
from archiver.desk.hold_order import HoldOrder
from archiver.desk.verify import verify
from archiver.errors import BusyError
from archiver.model.queries.dispositions import DONE, HELD
from retention.facts import Scope
from tests.support.disposal import OWN, SERIES
from tests.support.disposing import ends_at
from tests.support.web import Web
from tests.support.web_disposal import (
    ACCOUNT,
    COUNCIL,
    KEY,
    WHERE,
    approved,
    evaluated,
    executed,
    made_due,
    phrase,
    proposed,
    records_on,
    state,
    text_of,
    waited,
)

# -- proposing --------------------------------------------------------------------------------


def test_what_is_due_is_looked_at_before_it_is_proposed(web: Web) -> None:
    made_due(web)
    client = web.as_(Role.CLERK)
    count = len(web.archive.dispositions.due(series=SERIES, account=ACCOUNT))
    assert ACCOUNT in client.page("/dispositions/propose")
    page = client.page(f"/dispositions/propose?series={SERIES}&account={ACCOUNT}")
    assert f"{count} records" in page
    assert "Nothing is proposed yet" in page
    assert "A second person" in page
    assert "13 TAC 7.125(a)(1)" in page
    assert "were still on the platform" in page
    assert web.archive.dispositions.all() == []
    client.done("/dispositions", series=SERIES, account=ACCOUNT)
    items = web.archive.dispositions.get(1).items
    assert (len(items), {each.account for each in items}) == (count, {ACCOUNT})
    assert ACCOUNT not in client.page("/dispositions/propose")


def test_what_is_not_due_cannot_be_proposed(web: Web) -> None:
    client = web.as_(Role.CLERK)
    assert "No record is due" in client.page("/dispositions/propose")
    for fields in ({}, {"series": SERIES}, {"series": "no/such"}):
        refused = client.post("/dispositions", **fields)
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
    assert web.archive.dispositions.all() == []


# -- looking, excluding, reviewing ------------------------------------------------------------


def test_every_record_is_listed_once_over_the_pages(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archiver.web.pages.dispositions.A_PAGE", 10)
    made_due(web)
    client = proposed(web)
    found = records_on(client, f"{WHERE}?tab=records")
    assert found == [each.record_id for each in web.archive.dispositions.get(1).items]


def test_what_is_taken_out_stays_with_its_reason(web: Web) -> None:
    made_due(web)
    client = proposed(web)
    record = str(web.archive.dispositions.get(1).items[0].record_id)
    for wrong in ({"reason": "historical value"}, {"record": record, "reason": ""}):
        refused = client.post(f"{WHERE}/exclude", **wrong)
        assert refused.status_code == 422
    assert "historical value" in client.post(f"{WHERE}/exclude", reason="historical value").text
    stranger = client.post(f"{WHERE}/exclude", record="999999", reason="x")
    assert stranger.status_code == 422
    client.done(f"{WHERE}/exclude", record=record, reason="historical value")
    assert web.archive.dispositions.get(1).batch.dropped == {int(record): "historical value"}
    assert records_on(client, f"{WHERE}?tab=records&state=excluded") == [int(record)]
    assert "(1 record stays after all)" in client.page(WHERE)


def test_words_of_another_department_are_not_shown(web: Web) -> None:
    made_due(web)
    clerk = proposed(web)
    words = re.compile(r"of another department")
    assert not words.search(clerk.page(f"{WHERE}?tab=records"))
    limited = web.as_(Role.CLERK, name="Ned Flanders", departments=("Shelbyville",))
    page = limited.page(f"{WHERE}?tab=records")
    assert len(words.findall(page)) == len(web.archive.dispositions.get(1).items)


def test_a_disposition_is_withdrawn_with_a_reason(web: Web) -> None:
    made_due(web)
    client = proposed(web)
    assert "are kept and can be proposed again" in client.page(f"{WHERE}/withdraw")
    assert client.post(f"{WHERE}/withdraw", reason=" ").status_code == 422
    client.done(f"{WHERE}/withdraw", reason="The council will decide")
    assert state(web) == "withdrawn"
    assert "The council will decide" in client.page(WHERE)
    assert client.post(f"{WHERE}/withdraw", reason="again").status_code == 422
    assert "withdrawn" in client.page("/dispositions?tab=ended")


# -- approving --------------------------------------------------------------------------------


def test_nobody_approves_what_they_proposed_themselves(web: Web) -> None:
    made_due(web)
    officer = proposed(web, role=Role.OFFICER)
    officer.done(f"{WHERE}/review")
    assert "You proposed it. A second person must approve." in officer.page(WHERE)
    refused = officer.post(f"{WHERE}/approve", document="Form 12")
    assert refused.status_code == 422
    assert "a second person must approve" in refused.text
    assert "Form 12" in refused.text
    assert state(web) == "reviewed"
    web.as_(Role.LEGAL).done(f"{WHERE}/approve")
    assert state(web) == "approved"


def test_what_nobody_reviewed_cannot_be_approved(web: Web) -> None:
    made_due(web)
    proposed(web)
    refused = web.as_(Role.LEGAL).post(f"{WHERE}/approve")
    assert refused.status_code == 422
    assert state(web) == "proposed"


def test_approvals_from_outside_are_entered_in_the_order_of_the_law(web: Web) -> None:
    made_due(web, OWN + COUNCIL)
    proposed(web).done(f"{WHERE}/review")
    legal, officer = web.as_(Role.LEGAL), web.as_(Role.OFFICER)
    legal.done(f"{WHERE}/approve")
    assert "Governing body (city council)" in legal.page(WHERE)
    fields = {"given_by": "Mayor Quimby", "document": "Resolution 12", "on": ""}
    for wrong in ({"given_by": ""}, {"document": ""}, {"on": "2099-01-01"}):
        refused = officer.post(f"{WHERE}/approve", **{**fields, **wrong})
        assert refused.status_code == 422, wrong
    officer.done(f"{WHERE}/approve", **fields)
    attorney = {"given_by": "Lionel Hutz", "document": "Letter 7", "series": SERIES}
    early = legal.post(f"{WHERE}/approve", **attorney)
    assert early.status_code == 422
    assert "must wait" in early.text
    assert "Letter 7" in early.text
    web.clock.advance(days=11)
    evaluated(web)
    legal, officer = web.as_(Role.LEGAL), web.as_(Role.OFFICER)
    legal.done(f"{WHERE}/approve", **attorney)
    assert state(web) == "approved"
    event = [e for e in web.archive.dispositions.get(1).events if e.action == "approved"][1]
    assert (event.actor, event.detail["entered_by"]) == ("Mayor Quimby", "Agnes Skinner")
    assert "entered by Agnes Skinner" in officer.page(f"{WHERE}?tab=history")
    assert "Resolution 12" in officer.page(WHERE)


# -- executing --------------------------------------------------------------------------------


def test_the_plan_says_what_would_be_touched_and_touches_nothing(web: Web) -> None:
    made_due(web)
    clerk = proposed(web)
    before = sorted(web.archive.vault.names())
    assert "Compute the plan" in clerk.page(f"{WHERE}/plan")
    clerk.done(f"{WHERE}/plan")
    waited(web, "disposition plan 1")
    page = clerk.page(f"{WHERE}/plan")
    count = len(web.archive.dispositions.get(1).items)
    assert f"{count} records would stay" not in page
    assert "Shared pages converted" in page
    assert "Backups of the vault" in page
    assert sorted(web.archive.vault.names()) == before
    assert state(web) == "proposed"


def test_an_execution_asks_on_a_page_that_says_what_will_be_gone(web: Web) -> None:
    made_due(web)
    officer = approved(web)
    page = officer.page(f"{WHERE}/execute")
    assert "What will be gone for good" in page
    assert "13 TAC 7.125(a)(1)" in page
    assert "A hold, a records request or an audit" in page
    assert f"type: {phrase(web)}" in page
    for wrong in ({"typed": "destroy"}, {"typed": phrase(web)}, {"override": "All is due"}):
        refused = officer.post(f"{WHERE}/execute", **wrong)
        assert refused.status_code == 422, wrong
    assert "All is due" in officer.post(f"{WHERE}/execute", override="All is due").text
    assert state(web) == "approved"


def test_it_is_executed_certified_and_downloaded(web: Web) -> None:
    made_due(web)
    officer = approved(web)
    assert officer.get(f"{WHERE}/certificate").status_code == 404
    assert officer.get(f"{WHERE}/certificate.json").status_code == 404
    assert officer.post(f"{WHERE}/certify").status_code == 422
    executed(web, officer)
    loaded = web.archive.dispositions.get(1)
    assert {each.state for each in loaded.items} == {DONE}
    assert "What was to go is gone" in officer.page(WHERE)
    again = officer.post(f"{WHERE}/execute", typed=phrase(web), override="again")
    assert again.status_code == 422
    assert "is executed, not approved" in again.text
    where = officer.done(f"{WHERE}/certify")
    assert "The certificate is made" in officer.page(where)
    file = officer.get(f"{WHERE}/certificate.json")
    made = json.loads(file.content)
    assert digest_of(made) == web.archive.dispositions.get(1).row.certificate_sha256
    assert digest_of(made) in web.as_(Role.AUDITOR).page(f"{WHERE}/certificate")
    assert [each["by"] for each in made["approvals"]] == ["Lionel Hutz"]
    assert made["override"] == {"by": "Agnes Skinner", "reason": "All of it is due"}
    assert officer.get(f"{WHERE}/certificate.exe").status_code == 404
    assert verify(web.archive.database, web.archive.vault, processes=1).problems == []


@pytest.mark.filterwarnings("ignore:HarfBuzz-Subset will be required:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:.*sRGB2014.icc:pytest.PytestUnraisableExceptionWarning")
def test_the_certificate_is_a_pdf_too(web: Web) -> None:
    made_due(web)
    officer = approved(web)
    executed(web, officer)
    officer.done(f"{WHERE}/certify")
    file = officer.get(f"{WHERE}/certificate.pdf")
    assert file.content.startswith(b"%PDF-")
    assert 'filename="disposition-1.pdf"' in file.headers["content-disposition"]


def test_a_hold_that_comes_last_keeps_its_record_whole(web: Web) -> None:
    made_due(web)
    officer = approved(web)
    record = web.archive.dispositions.get(1).items[0].record_id
    order = HoldOrder(matter="Late", issuer="Lionel Hutz", scope=Scope(picks=frozenset({record})))
    web.archive.holds.place(order)
    web.clock.advance(seconds=60)
    evaluated(web)
    executed(web, officer)
    states = {each.record_id: each.state for each in web.archive.dispositions.get(1).items}
    assert states.pop(record) == HELD
    assert set(states.values()) == {DONE}
    assert "late" in officer.page(f"{WHERE}?tab=records&state=held")


def test_whoever_proposed_it_cannot_override_its_brake(web: Web) -> None:
    made_due(web)
    officer = proposed(web, role=Role.OFFICER)
    officer.done(f"{WHERE}/review")
    web.as_(Role.LEGAL).done(f"{WHERE}/approve")
    executed(web, officer)
    assert "cannot override its brake" in officer.page(WHERE)
    assert state(web) == "approved"


def test_an_execution_on_a_day_without_an_evaluation_is_refused(web: Web) -> None:
    made_due(web)
    approved(web)
    web.clock.advance(days=1)
    officer = web.as_(Role.OFFICER)
    assert "Retention was not evaluated today" in officer.page(f"{WHERE}/execute")
    executed(web, officer)
    assert "Retention was evaluated last on" in officer.page(WHERE)
    assert state(web) == "approved"


def test_an_officer_whom_the_settings_do_not_name_executes_nothing(web: Web) -> None:
    made_due(web)
    approved(web)
    other = web.as_(Role.OFFICER, name="Rod Flanders")
    executed(web, other)
    assert "may not execute a disposition" in text_of(other.get(WHERE))
    assert state(web) == "approved"


def test_one_that_was_cut_off_is_gone_on_with(web: Web) -> None:
    made_due(web)
    officer = approved(web)

    def cut() -> None:
        raise BusyError("the machine was switched off")

    put_back = ends_at("after the announcement", cut)
    executed(web, officer)
    put_back()
    page = officer.page(WHERE)
    assert "The machine was switched off" in page
    assert "Its execution was cut off" in page
    assert "records are destroyed" in text_of(officer.get(f"{WHERE}/now"))
    officer.done(f"{WHERE}/resume")
    waited(web, KEY)
    assert state(web) == "executed"
    assert officer.post(f"{WHERE}/resume").status_code == 422
