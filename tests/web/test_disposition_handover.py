"""Handing records over to the archives, standing approvals, and who is told what waits."""

from __future__ import annotations

import io
import json
import tarfile

from archiver.desk.access import Role
from archiver.desk.verify import verify
from tests.support.disposal import HISTORY, OWN, SERIES
from tests.support.web import Web
from tests.support.web_disposal import (
    COUNCIL,
    KEY,
    WHERE,
    approved,
    executed,
    made_due,
    proposed,
    state,
    text_of,
    waited,
)

HISTORICAL = "springfield-history/H-1"


# -- transfer ---------------------------------------------------------------------------------


def test_a_transfer_is_handed_over_acknowledged_and_then_executed(web: Web) -> None:
    law = OWN.replace(SERIES, HISTORICAL) + HISTORY
    made_due(web, law, schedules=("springfield-history",))
    officer = approved(web, series=HISTORICAL)
    assert officer.get(f"{WHERE}/bag").status_code == 404
    assert officer.post(f"{WHERE}/receipt", document="Receipt 7").status_code == 422
    limited = web.as_(Role.OFFICER, name="Ned Flanders", departments=("Shelbyville",))
    assert limited.post(f"{WHERE}/transfer").status_code == 403
    officer.done(f"{WHERE}/transfer")
    waited(web, KEY)
    assert "Hand it over" in officer.page(WHERE)
    assert limited.get(f"{WHERE}/bag").status_code == 403
    file = officer.get(f"{WHERE}/bag")
    with tarfile.open(fileobj=io.BytesIO(file.content)) as bag:
        names = bag.getnames()
        member = bag.extractfile("disposition-1/data/metadata.json")
        assert member is not None
        metadata = json.loads(member.read())
    folder = web.archive.settings.home / "transfers" / "disposition-1"
    there = {f"disposition-1/{p.relative_to(folder)}" for p in folder.rglob("*") if p.is_file()}
    assert set(names) == there
    assert len(metadata["records"]) == len(web.archive.dispositions.get(1).items)
    assert officer.post(f"{WHERE}/receipt", document="").status_code == 422
    officer.done(f"{WHERE}/receipt", document="Receipt of the State Archives")
    executed(web, officer)
    assert state(web) == "executed"
    assert verify(web.archive.database, web.archive.vault, processes=1).problems == []


# -- the register, and the list ---------------------------------------------------------------


def test_a_standing_approval_is_entered_and_taken_back_by_an_officer(web: Web) -> None:
    made_due(web, OWN + COUNCIL)
    officer = web.as_(Role.OFFICER)
    fields = {
        "step": "attorney",
        "series": SERIES,
        "given_by": "Lionel Hutz",
        "on": "2029-11-01",
        "document": "Letter 7",
    }
    assert "No approval stands" in officer.page("/dispositions/register")
    for wrong in ({"step": ""}, {"on": ""}, {"document": ""}, {"series": "no/such"}):
        refused = officer.post("/dispositions/register", **{**fields, **wrong})
        assert refused.status_code == 422, wrong
        assert "Lionel Hutz" in refused.text
    officer.done("/dispositions/register", **fields)
    assert "Letter 7" in officer.page("/dispositions/register")
    other = web.as_(Role.OFFICER, name="Rod Flanders")
    refused = other.post("/dispositions/register", **fields)
    assert "may not keep the register" in text_of(refused)
    back = {"step": "attorney", "series": SERIES, "whom": "city attorney"}
    assert officer.post("/dispositions/register/take-back", **back, reason="").status_code == 422
    officer.done("/dispositions/register/take-back", **back, reason="a new attorney")
    assert "No approval stands" in officer.page("/dispositions/register")


def test_the_list_tells_each_what_waits_for_them(web: Web) -> None:
    made_due(web)
    clerk = proposed(web)
    legal, officer = web.as_(Role.LEGAL), web.as_(Role.OFFICER)
    assert "1 waiting for you" in clerk.page("/dispositions")
    assert "0 waiting for you" in legal.page("/dispositions")
    clerk.done(f"{WHERE}/review")
    assert "1 waiting for you" in legal.page("/dispositions")
    assert "0 waiting for you" in clerk.page("/dispositions")
    legal.done(f"{WHERE}/approve")
    assert "1 waiting for you" in officer.page("/dispositions")
    assert "0 waiting for you" in legal.page("/dispositions")


def test_a_disposition_that_is_not_there_is_said_to_be_missing(web: Web) -> None:
    client = web.as_(Role.AUDITOR)
    for path in ("/dispositions/9", "/dispositions/nine", "/dispositions/9/plan"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "There is no disposition" in answer.text
