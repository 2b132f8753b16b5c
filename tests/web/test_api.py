"""What programs read and do through the interface, and what they are refused."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from archiver.desk.access import Role
from archiver.web.api.app import routes
from tests.support.web import NAMES, Web
from tests.web.programs import Program, program

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "api.md"
PROPOSAL = {
    "platform": "feed",
    "address": "https://library.example/feed.xml",
    "name": "Library news",
    "department": "Library",
    "custodian": "Edna Krabappel",
    "business_case": "Tells what is new.",
    "terms_reviewed_by": "City Attorney",
    "terms_reviewed_on": "2026-01-31",
}


def test_the_status_and_the_registry(web: Web) -> None:
    found = program(web, Role.ADMINISTRATOR)
    status = found.read("/status")
    assert datetime.fromisoformat(status["at"]) == web.clock.now()
    assert status["at"].endswith("Z")
    assert status["approved"] == status["well"] == 4
    listed = found.read("/accounts")["accounts"]
    assert [each["slug"] for each in listed] == ["parks-blog", "podcast", "spd-facebook", "spd-x"]
    assert found.read("/accounts/spd-x") == listed[-1]
    assert "spd-y" in found.refused("GET", "/accounts/spd-y", 404)


def test_a_program_proposes_an_account_and_no_program_approves_it(web: Web) -> None:
    found = program(web, Role.CLERK)
    made = found.write("/accounts", **PROPOSAL, slug="library")
    assert made["state"] == "proposed"
    assert made["proposed_by"] == NAMES[Role.CLERK]
    assert "in the registry already" in found.refused("POST", "/accounts", 400, json=PROPOSAL)
    lacking = {**PROPOSAL, "terms_reviewed_on": "soon", "colour": "blue"}
    said = found.refused("POST", "/accounts", 422, json=lacking)
    assert "terms_reviewed_on" in said
    assert "colour" in said
    assert "blue" not in said


def test_records_are_searched_page_by_page_and_read_with_their_versions(web: Web) -> None:
    found = program(web, Role.CLERK)
    first = found.read("/records", query="account:spd-x", size=20)
    assert len(first["hits"]) == 20
    assert {each["value"] for each in first["facets"]["account"]} == {"spd-x"}
    rest = found.read(
        "/records", query="account:spd-x", size=20, after=first["following"], facets=False
    )
    assert rest["facets"] is None
    ids = [each["version_id"] for each in first["hits"] + rest["hits"]]
    assert len(set(ids)) == len(ids) == first["total"]
    hit = first["hits"][0]
    record = found.read(f"/records/{hit['record_id']}")
    assert record["account"] == "spd-x"
    assert len(record["place"]["file_sha256"]) == 64
    versions = found.read(f"/records/{hit['record_id']}/versions")["versions"]
    assert len(versions) == record["versions"]
    assert record["version"] in versions
    assert record["holds"] is None or record["holds"] == []
    lines = program(web, Role.AUDITOR).read("/ledger", group="looks")["lines"]
    assert any("account:spd-x" in str(line["body"]) for line in lines)
    assert "cursor" in found.refused("GET", "/records", 400, params={"after": "next"})
    assert found.refused("GET", "/records", 400, params={"query": 'words "not closed'})
    found.refused("GET", "/records", 422, params={"size": 100_000})
    found.refused("GET", "/records/9999999", 404)
    found.refused("GET", f"/records/{hit['record_id']}", 404, params={"version": 77})


def test_content_of_other_departments_is_not_for_a_program_of_one(web: Web) -> None:
    everything = program(web, Role.CLERK)
    with web.archive.database.write() as connection:
        connection.execute(text("UPDATE accounts SET department = 'Parks' WHERE slug = 'podcast'"))
    departments = {e["slug"]: e["department"] for e in everything.read("/accounts")["accounts"]}
    own = departments["podcast"]
    others = {slug for slug, name in departments.items() if name != own}
    assert others
    limited = program(web, Role.LEGAL, departments=(own,))
    seen = {each["account"] for each in limited.read("/records", size=200)["hits"]}
    assert seen
    assert seen.isdisjoint(others)
    foreign = everything.read("/records", query=f"account:{sorted(others)[0]}")["hits"][0]
    number = foreign["record_id"]
    for path in (
        f"/records/{number}",
        f"/records/{number}/versions",
        f"/retention/records/{number}",
    ):
        assert "belongs to the department" in limited.refused("GET", path, 403)
    placed = limited.write("/holds", matter="Smith v. City", scope={"everything": True})
    assert placed["records"] > len(caught_by_all(limited, placed["name"])) > 0
    caught = caught_by_all(limited, placed["name"])
    assert {each["department"] for each in caught} == {own}
    for sort in ("vanished", "hidden", "returned"):
        rows = limited.read("/findings", sort=sort)["findings"]
        assert {each["account"] for each in rows}.isdisjoint(others)
    assert {e["account"] for e in limited.read("/edits")["edits"]}.isdisjoint(others)


def caught_by_all(limited: Program, hold: str) -> list[dict[str, Any]]:
    """What a program sees of a hold's records."""
    found: list[dict[str, Any]] = limited.read(f"/holds/{hold}/records", limit=500)["records"]
    return found


def test_findings_edits_gaps_and_alarms(web: Web) -> None:
    found = program(web, Role.CLERK)
    for path, key in (("/findings", "findings"), ("/edits", "edits"), ("/gaps", "gaps"),
                      ("/alarms", "alarms")):  # fmt: skip
        page = found.read(path, account="spd-x")
        assert page["page"] == 1
        assert {each["account"] for each in page[key]} <= {"spd-x", ""}
        found.refused("GET", path, 400, params={"account": "nobody"})
    found.refused("GET", "/findings", 422, params={"sort": "lost"})
    found.refused("GET", "/gaps", 422, params={"since": "0001-01-01"})


def test_counsel_looks_what_a_hold_would_reach_and_places_it(web: Web) -> None:
    counsel = program(web, Role.LEGAL)
    scope = {"accounts": ["spd-x"], "since": "2020-01-01"}
    preview = counsel.write("/holds/preview", **scope)
    assert preview["accounts"] == [{"account": "spd-x", "records": preview["records"]}]
    placed = counsel.write("/holds", matter="Jones v. City", scope=scope, custodians=["Ned"])
    assert placed["issuer"] == NAMES[Role.LEGAL]
    assert placed["records"] == preview["records"]
    assert "Ned" in placed["untold"]
    assert counsel.read("/holds")["holds"] == [placed]
    assert counsel.read("/holds", state="released")["holds"] == []
    assert counsel.read(f"/holds/{placed['name']}") == placed
    (caught,) = counsel.read(f"/holds/{placed['name']}/records", limit=1)["records"]
    record = program(web, Role.AUDITOR).read(f"/records/{caught['record_id']}")
    assert record["holds"] == [placed["name"]]
    form = counsel.write("/holds", matter="New", scope={"accounts": ["podcast"]})
    assert form["name"] == "new-hold"
    assert "reaches" in counsel.refused("POST", "/holds/preview", 400, json={})
    nowhere = {"matter": "x", "scope": {"accounts": ["nowhere"]}}
    assert "nowhere" in counsel.refused("POST", "/holds", 404, json=nowhere)
    nul = {"matter": "a\0b", "scope": {"accounts": ["podcast"]}}
    counsel.refused("POST", "/holds", 422, json=nul)


def test_a_request_is_taken_in_and_gets_a_remark(web: Web) -> None:
    clerk = program(web, Role.CLERK)
    made = clerk.write("/requests", requester="Kent Brockman", text="All posts about the fair.")
    assert made["opened_by"] == NAMES[Role.CLERK]
    assert made["deadlines"]
    assert made["received_at"] == clerk.read("/status")["at"]
    noted = clerk.write(f"/requests/{made['number']}/notes", text="Called back.")
    assert noted["history"][-1]["detail"] == {"text": "Called back."}
    (listed,) = clerk.read("/requests")["requests"]
    assert listed == {**noted, "history": []}
    assert clerk.read("/productions") == {"productions": []}
    late = {"requester": "x", "text": "y", "received_at": "2100-01-01T00:00:00Z"}
    assert "in the future" in clerk.refused("POST", "/requests", 400, json=late)
    naive = {"requester": "x", "text": "y", "received_at": "2026-01-01T00:00:00"}
    clerk.refused("POST", "/requests", 422, json=naive)
    clerk.refused("POST", f"/requests/{made['number']}/notes", 400, json={"text": " "})
    clerk.refused("GET", "/requests/1999-1", 404)


def test_the_law_is_explained_and_the_ledger_read(web: Web) -> None:
    auditor = program(web, Role.AUDITOR)
    hit = auditor.read("/records", size=1)["hits"][0]
    found = auditor.read(f"/retention/records/{hit['record_id']}")
    assert found["reasons"]
    assert found["standing"]
    page = auditor.read("/ledger")
    assert len(page["lines"]) == min(page["length"], 50)
    older = auditor.read("/ledger", before=page["lines"][0]["seq"])
    assert older["lines"][0]["hash"] == page["lines"][0]["previous"]
    assert page["lines"][0]["hash"] == page["head"]
    own = auditor.read("/ledger", person=auditor.name, group="looks")["lines"]
    assert {each["who"] for each in own} == {auditor.name}
    assert "there are:" in auditor.refused("GET", "/ledger", 400, params={"group": "gossip"})
    auditor.refused("GET", "/retention/records/9999999", 404)


# -- the document -------------------------------------------------------------------------------


def _documented() -> list[tuple[str, str]]:
    page = DOCUMENT.read_text(encoding="utf-8")
    return re.findall(r"^\| `(GET|POST) (/[^` ]*)` \|", page, re.MULTILINE)


def test_every_route_is_in_the_document_with_its_scope_and_no_other() -> None:
    there = {(m, route.path) for route in routes() for m in (route.methods or set()) - {"HEAD"}}
    assert sorted(_documented()) == sorted(there)


def _examples() -> list[tuple[str, str, str]]:
    """Method, path and body of each curl in the document."""
    page = DOCUMENT.read_text(encoding="utf-8").replace("\\\n", " ")
    found = []
    for line in re.findall(r"^    curl (.*(?:\n      .*)*)", page, re.MULTILINE):
        path = re.search(r'"\$ARCHIVE(/[^"]*)"', line)
        body = re.search(r"-d '([^']*)'", line, re.DOTALL)
        assert path, line
        found.append(("POST" if body else "GET", path[1], body[1] if body else ""))
    return found


@pytest.mark.parametrize(("method", "path", "body"), _examples())
def test_an_example_of_the_document_works(web: Web, method: str, path: str, body: str) -> None:
    everybody = program(web, *Role)
    made = everybody.write("/requests", requester="Kent Brockman", text="All of it.")
    path = path.replace("2026-0007", made["number"])
    answer = everybody.send(method, path, **({"json": json.loads(body)} if body else {}))
    assert answer.status_code in (200, 201), f"{path}: {answer.text[:300]}"
