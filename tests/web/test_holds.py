"""Holds at the page: what a form catches before it is placed, notices, widening, release."""

from __future__ import annotations

import re
from datetime import date

import pytest

from archiver.desk.access import Role
from archiver.desk.hold_order import HoldOrder
from archiver.web.typed import worded
from retention.facts import HoldKind, Scope
from tests.support.web import Client, Web

MATTER = "Smith v. Springfield"
NAME = "smith-v-springfield"


def placed(web: Web, *, issuer: str = "Lionel Hutz", **changed: object) -> str:
    """A hold on the X account; returns its name."""
    fields: dict[str, object] = {
        "matter": MATTER,
        "issuer": issuer,
        "scope": Scope(accounts=("spd-x",)),
        **changed,
    }
    return web.archive.holds.place(HoldOrder(**fields)).entry.name  # type: ignore[arg-type]


def counsel(web: Web) -> Client:
    return web.as_(Role.LEGAL)


def test_the_form_shows_what_it_catches_and_places_nothing(web: Web) -> None:
    client = counsel(web)
    held = web.archive.holds.preview(Scope(accounts=("spd-x",))).records
    answer = client.post("/holds/preview", matter=MATTER, account=["spd-x"])
    assert answer.status_code == 200
    assert f"{held} records" in answer.text
    assert "Nothing is placed yet" in answer.text
    assert "Duty to preserve records" in answer.text
    assert web.archive.holds.all() == []


def test_a_hold_is_placed_with_all_that_was_typed(web: Web) -> None:
    client = counsel(web)
    where = client.done(
        "/holds",
        matter=MATTER,
        kind="litigation",
        reason="A claim was filed.",
        account=["spd-x", "spd-facebook"],
        word="snow\nroad works",
        since="2020-01-01",
        custodian="Officer Lou <lou@spd.example>",
        review="2027-03-01",
    )
    assert where == f"/holds/{NAME}"
    entry = web.archive.holds.get(NAME).entry
    assert entry.issuer == "Lionel Hutz"
    assert entry.scopes[0].accounts == ("spd-x", "spd-facebook")
    assert entry.scopes[0].words == ("snow", "road works")
    assert entry.scopes[0].since == date(2020, 1, 1)
    assert "Officer Lou <lou@spd.example>" in entry.custodians
    assert entry.review_on == date(2027, 3, 1)
    assert "The hold is in force" in client.page(where)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"matter": ""}, "A hold also needs the matter"),
        ({"since": "tomorrow"}, 'Published from: "tomorrow" is no day'),
        ({"account": []}, "A hold must say what it reaches"),
        ({"pick": "no-such-post"}, "No record has the number"),
        ({"kind": "whim"}, "Choose where the duty to keep comes from"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(web: Web, wrong: dict[str, object], said: str) -> None:
    client = counsel(web)
    fields: dict[str, object] = {
        "matter": MATTER,
        "account": ["spd-x"],
        "reason": "Because of the flood",
        **wrong,
    }
    for path in ("/holds/preview", "/holds"):
        answer = client.post(path, **fields)
        assert answer.status_code == 422
        assert said in answer.text.replace("&#34;", '"').replace("&#39;", "'")
        assert "Because of the flood" in answer.text
        assert "--" not in re.sub(r"<[^>]+>", "", answer.text), "a command line is no help here"
    assert web.archive.holds.all() == []


def test_going_back_from_the_preview_keeps_everything(web: Web) -> None:
    client = counsel(web)
    fields = {"matter": MATTER, "account": ["spd-x", "podcast"], "word": "snow\nroad works"}
    preview = client.post("/holds/preview", **fields).text
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', preview)
    assert ("word", "snow\nroad works") in hidden
    assert [value for name, value in hidden if name == "account"] == ["spd-x", "podcast"] * 2
    again = client.post("/holds/new", **fields).text
    assert re.search(r'value="podcast" checked', again)
    assert "snow\nroad works" in again


def test_single_records_come_from_the_address_of_the_form(web: Web) -> None:
    client = counsel(web)
    assert ">7\n9<" in client.get("/holds/new?pick=7,9").text
    assert 'value="spd-x" checked' in client.get("/holds/new?account=spd-x").text
    client.done("/holds", matter="Two posts", pick="7\n9")
    assert {7, 9} <= web.archive.holds.get("two-posts").entry.scopes[0].picks


def test_the_live_part_of_the_form_counts_and_explains(web: Web) -> None:
    client = counsel(web)
    part = client.post("/holds/reach", account=["spd-x"]).text
    assert "<html" not in part
    assert "spd-x" in part
    assert "A hold must say what it reaches" in client.post("/holds/reach").text


def test_a_hold_never_takes_the_address_of_the_form(web: Web) -> None:
    client = counsel(web)
    assert client.done("/holds", matter="New", account=["spd-x"]) == "/holds/new-hold"
    assert client.done("/holds", matter="#7", account=["spd-x"]) == "/holds/hold-7"


def test_the_list_tells_what_waits_for_somebody(web: Web) -> None:
    placed(web)
    page = web.as_(Role.AUDITOR).page("/holds")
    assert MATTER in page
    assert "not told yet" in page
    assert "its review is due" not in page
    web.clock.advance(days=200)
    assert "its review is due" in web.as_(Role.AUDITOR).page("/holds")


def test_the_records_of_a_hold_come_page_by_page_each_once(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archiver.web.pages.holds.A_PAGE", 12)
    placed(web)
    client, where, seen = counsel(web), f"/holds/{NAME}?tab=records", []
    while where:
        text = client.get(where).text
        seen += re.findall(r'<a href="/records/(\d+)">', text)
        following = re.search(r'<a href="([^"]+)">Next page', text)
        where = following.group(1).replace("&amp;", "&") if following else ""
    assert len(seen) == len(set(seen)) == web.archive.holds.get(NAME).records
    assert "podcast" not in client.page(f"/holds/{NAME}?tab=records")


def test_whoever_is_limited_to_a_department_sees_no_text_of_another(web: Web) -> None:
    everything = Scope(everything=True)
    placed(web, scope=everything)
    words = web.archive.holds.preview(everything).examples[0].words[:40]
    limited = web.as_(
        Role.LEGAL, name="Ned Flanders", departments=("Parks and Recreation of Shelbyville",)
    )
    shown = limited.get(f"/holds/{NAME}?tab=records").text
    assert "/records/" not in shown.partition("<main")[2]
    assert "your own departments only" in shown
    preview = limited.post("/holds/preview", matter="Another", everything="yes").text
    assert words not in preview
    assert "whose content you do not see" in preview
    assert words in counsel(web).post("/holds/preview", matter="A", everything="yes").text.replace(
        "&#39;", "'"
    )


def test_custodians_are_told_and_confirm(web: Web) -> None:
    name = placed(web, custodians=("Officer Lou",))
    client = counsel(web)
    assert "not told" in client.page(f"/holds/{name}?tab=custodians")
    assert "Officer Lou" in client.page(f"/holds/{name}/notice")
    where = client.done(f"/holds/{name}/notice", text="Keep everything.")
    assert "Hand the text to" in client.page(where)
    client.done(f"/holds/{name}/acknowledge", custodian="Officer Lou")
    assert "Officer Lou" not in web.archive.holds.get(name).waiting_for
    again = client.post(f"/holds/{name}/acknowledge", custodian="Officer Lou")
    assert again.status_code == 422
    assert "has acknowledged" in again.text


def test_a_reminder_goes_only_to_those_who_wait(web: Web) -> None:
    name = placed(web, custodians=("Officer Lou",))
    client = counsel(web)
    refused = client.post(f"/holds/{name}/remind")
    assert refused.status_code == 422
    client.done(f"/holds/{name}/notice", text="Keep everything.")
    client.done(f"/holds/{name}/remind")
    assert [e.action for e in web.archive.holds.history(name)][-1] == "reminded"


def test_a_hold_is_widened_after_a_look(web: Web) -> None:
    name = placed(web)
    client = counsel(web)
    assert client.get(f"/holds/{name}/widen").status_code == 200
    before = web.archive.holds.get(name).records
    fields = {"account": ["podcast"], "reason": "The complaint was amended"}
    assert "Nothing is changed yet" in client.post(f"/holds/{name}/widen/preview", **fields).text
    assert web.archive.holds.get(name).records == before
    client.done(f"/holds/{name}/widen", **fields)
    assert web.archive.holds.get(name).records > before
    again = client.post(f"/holds/{name}/widen", **fields)
    assert again.status_code == 422
    assert "reaches that already" in again.text
    assert "The complaint was amended" in again.text
    nothing = client.post(f"/holds/{name}/widen/preview", reason="no scope")
    assert nothing.status_code == 422


def test_a_review_keeps_the_hold_and_names_the_next_one(web: Web) -> None:
    name = placed(web)
    client = counsel(web)
    client.done(f"/holds/{name}/review", note="Trial is in May", following="2027-05-01")
    assert web.archive.holds.get(name).entry.review_on == date(2027, 5, 1)
    assert client.post(f"/holds/{name}/review", note="").status_code == 422
    assert "Trial is in May" in client.page(f"/holds/{name}?tab=history")


def test_the_issuer_cannot_release_and_another_person_can(web: Web) -> None:
    name = placed(web)
    issuer = counsel(web)
    assert "Somebody else must release it" in issuer.page(f"/holds/{name}/release")
    refused = issuer.post(f"/holds/{name}/release", reason="Settled", sure="yes")
    assert refused.status_code == 422
    assert "somebody else must release it" in refused.text
    assert "Settled" in refused.text
    assert web.archive.holds.get(name).entry.released_on is None

    other = web.as_(Role.LEGAL, name="Jackie Chiles")
    unsure = other.post(f"/holds/{name}/release", reason="Settled")
    assert unsure.status_code == 422
    assert "cannot be taken back" in unsure.text
    other.done(f"/holds/{name}/release", reason="Settled", sure="yes", tail="5")
    entry = web.archive.holds.get(name).entry
    assert (entry.released_by, entry.tail_days) == ("Jackie Chiles", 5)
    page = other.page("/holds?tab=released")
    assert MATTER in page
    assert other.post(f"/holds/{name}/release", reason="Again", sure="yes").status_code == 422


def test_the_end_of_a_data_subjects_hold_is_set_and_told(web: Web) -> None:
    name = placed(web, kind=HoldKind.DATA_SUBJECT)
    client = counsel(web)
    client.done(f"/holds/{name}/limit", lapses="2027-05-30", citation="Minn. Stat. 13.825")
    web.clock.advance(days=1)
    client = counsel(web)
    client.done(f"/holds/{name}/told", on="2026-11-25")
    assert web.archive.holds.get(name).bound_through == date(2027, 5, 30)
    shorter = client.post(f"/holds/{name}/limit", lapses="2027-01-01", citation="none")
    assert shorter.status_code == 422
    assert "no hold is made shorter" in shorter.text
    both = client.post(f"/holds/{name}/limit", lapses="2027-08-01", endless="yes", citation="x")
    assert both.status_code == 422
    assert client.post(f"/holds/{name}/told", on="").status_code == 422


def test_who_may_only_look_is_offered_no_act(web: Web) -> None:
    name = placed(web)
    auditor = web.as_(Role.AUDITOR)
    text = auditor.get(f"/holds/{name}").text.partition("<main")[2]
    assert "<form" not in text
    assert "Place a hold" not in auditor.get("/holds").text


def test_a_hold_that_is_not_there_is_said_to_be_missing(web: Web) -> None:
    answer = counsel(web).get("/holds/nothing")
    assert answer.status_code == 404
    assert "There is no hold" in answer.text


def test_hints_that_name_commands_do_not_reach_a_page() -> None:
    assert worded("there is no schedule; see: archiver retention show STATE") == (
        "There is no schedule"
    )
    assert worded("record 7 has no copy, with --copy") == "Record 7 has no copy"
