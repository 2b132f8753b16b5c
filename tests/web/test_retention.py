"""Retention at the page: where records stand, why, what people state, schedules, adopting."""

from __future__ import annotations

import pytest

from archiver.desk.access import Role
from archiver.desk.hold_order import HoldOrder
from archiver.model.queries import ledger
from retention.facts import Scope, Standing
from tests.support.disposal import OWN, SCHEDULE, SERIES, write_law
from tests.support.web import Web
from tests.support.web_disposal import (
    OFFICER,
    WITH_MAXIMUM,
    evaluated,
    made_due,
    records_on,
    text_of,
    waited,
)

RECORD = "3"
EXPLAIN = f"/retention/explain?record={RECORD}"
EVALUATION = "retention evaluation"


def test_the_overview_counts_what_the_last_evaluation_found(web: Web) -> None:
    client = web.as_(Role.AUDITOR)
    assert "Nothing was evaluated yet" in client.page("/retention")
    made_due(web)
    client = web.as_(Role.AUDITOR)
    page = client.page("/retention")
    counts = web.archive.retention.counted()
    assert f"{counts[Standing.ELIGIBLE]} May be proposed" in page
    assert SERIES in page
    assert "As of the evaluation for" in page
    assert f"The day was confirmed by {OFFICER}" in page
    assert "Resolution 2026-1" in page
    assert "Evaluate now" not in page


def test_a_clerk_evaluates_and_a_clock_that_jumped_is_told(web: Web) -> None:
    client = web.as_(Role.CLERK)
    client.done("/retention/evaluate")
    assert "records are evaluated for 2026-11-24" in client.page("/retention")
    web.clock.advance(days=40)
    client = web.as_(Role.CLERK)
    refused = client.post("/retention/evaluate")
    assert refused.status_code == 422
    assert "40 days at once" in refused.text
    assert "confirm-clock" not in refused.text
    assert "Confirm the day" not in client.page("/retention"), "only an officer is offered it"


def test_an_officer_confirms_the_day_after_looking(web: Web) -> None:
    web.archive.retention.evaluate()
    web.clock.advance(days=40)
    officer = web.as_(Role.OFFICER)
    assert "40 days at once" in officer.page("/retention/clock")
    assert officer.post("/retention/clock").status_code == 422
    officer.done("/retention/clock", sure="yes")
    waited(web, EVALUATION)
    assert "The day was confirmed by" in officer.page("/retention")
    other = web.as_(Role.OFFICER, name="Rod Flanders")
    refused = other.post("/retention/clock", sure="yes")
    assert refused.status_code == 422
    assert "may not confirm the clock" in text_of(refused)


def test_the_records_of_a_standing_come_each_once(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archiver.web.pages.retention.A_PAGE", 20)
    made_due(web)
    client = web.as_(Role.AUDITOR)
    counts = web.archive.retention.counted()
    found = records_on(client, "/retention/records?standing=eligible")
    assert len(found) == len(set(found)) == counts[Standing.ELIGIBLE]
    assert sorted(found) == sorted(
        records_on(client, f"/retention/records?standing=eligible&series={SERIES}")
    )
    assert records_on(client, "/retention/records?standing=eligible&series=city/none") == []
    assert client.get("/retention/records?standing=floating").status_code == 404


def test_whoever_is_limited_to_a_department_sees_no_other(web: Web) -> None:
    made_due(web)
    limited = web.as_(Role.CLERK, name="Ned Flanders", departments=("Shelbyville",))
    assert records_on(limited, "/retention/records?standing=eligible") == []
    assert limited.get(EXPLAIN).status_code == 403
    for path in ("declare", "tag", "untag", "classify", "unclassify", "answer"):
        refused = limited.post(f"/retention/{path}", record=RECORD, reason="x", words="y")
        assert refused.status_code == 403, path
        assert "belongs to the department" in text_of(refused)


def test_a_record_is_explained_with_reasons_citations_and_holds(web: Web) -> None:
    made_due(web)
    web.archive.holds.place(
        HoldOrder(matter="Smith", issuer="Lionel Hutz", scope=Scope(picks=frozenset({3})))
    )
    answer = web.as_(Role.AUDITOR).get(EXPLAIN)
    page = text_of(answer)
    decision = web.archive.retention.explain(RECORD).decision
    assert decision.reasons
    for reason in decision.reasons:
        assert reason.text in page
        assert reason.citation in page
        assert reason.source in page
    assert '<a href="/holds/smith">smith</a>' in page
    assert f'href="/retention/schedules/{SCHEDULE}?q=GR1000-26b"' in page
    assert '<form method="post"' not in page.partition("<main")[2], "an auditor states nothing"


def test_a_record_that_is_not_held_is_asked_for_again(web: Web) -> None:
    answer = web.as_(Role.AUDITOR).get("/retention/explain?record=no-such-post")
    assert answer.status_code == 404
    assert "No record has the number" in answer.text
    assert 'value="no-such-post"' in answer.text


def test_an_event_is_declared_and_taken_back(web: Web) -> None:
    client = web.as_(Role.CLERK)
    fields = {"record": RECORD, "event": "case-over", "reason": "Judgment entered"}
    bad = client.post("/retention/declare", **fields, day="2027-01-01")
    assert bad.status_code == 422
    assert "is ahead" in bad.text
    assert "Judgment entered" in bad.text
    neither = client.post("/retention/declare", **fields)
    assert neither.status_code == 422
    assert "not both" in neither.text
    where = client.done("/retention/declare", **fields, day="2026-05-01")
    assert "case-over on 2026-05-01" in client.page(where)
    client.done("/retention/declare", **fields, back="yes")
    assert "case-over on 2026-05-01" not in client.page(where)


def test_an_event_is_declared_for_all_with_a_tag(web: Web) -> None:
    client = web.as_(Role.CLERK)
    client.done("/retention/tag", record=RECORD, words="case 26-1187", reason="complaint")
    assert "As it stands on the records" in client.page("/retention/declare?tag=case 26-1187")
    empty = client.post("/retention/declare", tag="", event="closed", day="2026-05-01", reason="r")
    assert empty.status_code == 422
    client.done(
        "/retention/declare", tag="case 26-1187", event="closed", day="2026-05-01", reason="r"
    )
    assert "closed on 2026-05-01" in client.page(EXPLAIN)


def test_tags_are_attached_and_taken_off_and_an_appraisal_is_an_officers(web: Web) -> None:
    client = web.as_(Role.CLERK)
    client.done("/retention/tag", record=RECORD, words="historical value", reason="first snow")
    assert "historical value" in client.page(EXPLAIN)
    client.done("/retention/untag", record=RECORD, words="historical value", reason="a mistake")
    again = client.post("/retention/untag", record=RECORD, words="historical value", reason="x")
    assert again.status_code == 422
    assert "does not carry the tag" in again.text
    refused = client.post(
        "/retention/tag", record=RECORD, words="appraised: keep", reason="I think so"
    )
    assert refused.status_code == 422
    assert "may not enter an appraisal" in refused.text
    assert "I think so" in refused.text


def test_a_record_is_put_into_other_series_and_left_to_the_rules(web: Web) -> None:
    client = web.as_(Role.CLERK)
    unknown = client.post("/retention/classify", record=RECORD, series="no/series", reason="why")
    assert unknown.status_code == 422
    assert 'value="no/series"' in unknown.text
    client.done("/retention/classify", record=RECORD, series=SERIES, reason="a letter")
    assert SERIES in client.page(EXPLAIN)
    client.done("/retention/unclassify", record=RECORD, reason="not a letter")
    assert web.archive.retention.explain(RECORD).decision.series == ()
    assert client.post("/retention/unclassify", record=RECORD, reason="x").status_code == 422


def test_a_maximum_is_answered_by_an_officer_alone(web: Web) -> None:
    made_due(web, WITH_MAXIMUM, schedules=("city",))
    client, officer = web.as_(Role.CLERK), web.as_(Role.OFFICER)
    overdue = web.archive.maximums.overdue(limit=1)[0].record.record_id
    assert "none yet" in officer.page("/retention/overdue")
    fields = {
        "record": str(overdue),
        "series": "city/drones",
        "say": "destroy",
        "document": "Order 7",
        "reason": "Nothing to see",
    }
    refused = client.post("/retention/answer", **fields)
    assert refused.status_code == 422
    assert "may not answer a maximum" in refused.text
    assert "Order 7" in refused.text
    for wrong in ({"say": ""}, {"document": ""}, {"series": "city/cases"}):
        assert officer.post("/retention/answer", **{**fields, **wrong}).status_code == 422
    officer.done("/retention/answer", **fields)
    evaluated(web)
    assert web.archive.retention.explain(str(overdue)).decision.standing is Standing.ELIGIBLE
    officer.done("/retention/answer", **{**fields, "say": "back"})
    assert web.archive.retention.explain(str(overdue)).decision.standing is Standing.OVERDUE
    officer.done("/retention/answer", **{**fields, "say": "keep"})
    evaluated(web)
    assert "Order 7" in officer.page("/retention/overdue")


def test_schedules_are_found_by_state_and_by_words(web: Web) -> None:
    client = web.as_(Role.AUDITOR)
    assert "Illinois" in client.page("/retention/schedules")
    page = client.page("/retention/schedules?state=TX&q=correspondence general")
    assert "GR1000-26b" in page
    assert "still to be read" in page
    none = client.page("/retention/schedules?state=TX&q=xyzzy")
    assert "No series of this state" in none
    assert client.get("/retention/schedules?state=Atlantis").status_code == 404


def test_a_schedule_shows_each_series_with_citation_and_source(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archiver.web.pages.schedules.A_PAGE", 1000)
    client = web.as_(Role.AUDITOR)
    page = text_of(client.get(f"/retention/schedules/{SCHEDULE}"))
    held = web.archive.retention.adoptions.preview(SCHEDULE).schedules[0]
    assert held.entries
    for entry in held.entries:
        assert entry.series.id in page
        assert entry.series.citation in page
        assert f'href="{entry.series.source}"' in page or not entry.series.source
    assert "It was never adopted" in page
    assert client.get("/retention/schedules/no-such-schedule").status_code == 404


def test_an_adoption_shows_first_what_it_moves(web: Web) -> None:
    write_law(web.archive, OWN)
    web.clock.advance(days=365)
    web.archive.retention.evaluate(confirmed_by=OFFICER)
    officer = web.as_(Role.OFFICER)
    where = f"/retention/schedules/{SCHEDULE}/adopt"
    first = officer.get(where)
    waited(web, f"adoption {SCHEDULE}")
    first = officer.get(where)
    seen = web.archive.retention.adoptions.preview(SCHEDULE)
    moved = sum(each.records for each in seen.moves)
    assert moved
    assert f"{moved} of {seen.records} records would stand otherwise" in text_of(first)
    digest = seen.digests[0]
    for wrong in ({"document": ""}, {"on": "2099-01-01"}, {"expires": "2020-01-01"}):
        bad = officer.post(
            where, **{"digest": digest, "document": "Resolution 2026-14", "on": "", **wrong}
        )
        assert bad.status_code == 422
        assert "Resolution 2026-14" in bad.text or wrong == {"document": ""}
    other = officer.post(where, digest="another", document="Resolution 2026-14")
    assert other.status_code == 422
    assert "has changed since this page was made" in other.text
    assert web.archive.retention.adoptions.all() == []
    officer.done(where, digest=digest, document="Resolution 2026-14")
    adopted = web.archive.retention.adoptions.all()
    assert [(each.officer, each.document) for each in adopted] == [(OFFICER, "Resolution 2026-14")]
    page = officer.page(f"/retention/schedules/{SCHEDULE}")
    assert "counts from tomorrow" in page
    with web.archive.database.read() as connection:
        kinds = [line.kind for line in ledger.lines(connection)]
    assert "schedule adopted" in kinds


def test_an_officer_whom_the_settings_do_not_name_adopts_nothing(web: Web) -> None:
    other = web.as_(Role.OFFICER, name="Rod Flanders")
    where = f"/retention/schedules/{SCHEDULE}/adopt"
    page = other.get(where)
    assert page.status_code == 422
    assert "may not adopt a retention schedule" in text_of(page)
    assert "Adopt it as it stands" not in page.text
    digest = web.archive.retention.adoptions.preview(SCHEDULE).digests[0]
    assert other.post(where, digest=digest, document="Memo").status_code == 422
    assert web.archive.retention.adoptions.all() == []


def test_a_schedule_that_changed_since_its_adoption_says_so(web: Web) -> None:
    made_due(web, WITH_MAXIMUM, schedules=("city",))
    client = web.as_(Role.AUDITOR)
    assert "adopted, in use" in client.page("/retention/schedules/city")
    write_law(web.archive, WITH_MAXIMUM.replace("9 years", "8 years"))
    assert "changed since its adoption" in client.page("/retention/schedules/city")
    assert "changed since its adoption" in client.page("/retention")
