"""Requests at the page: intake, the list with what is due, acts, letters, freeze, result sets."""

from __future__ import annotations

from datetime import timedelta

import pytest

from archiver.desk.access import Role
from archiver.desk.requests import RequestKind
from retention.facts import Scope
from tests.support.stage import Board, boards  # noqa: F401 - a fixture
from tests.support.web import Web, plain
from tests.support.web_requests import (
    CLERK,
    COUNSEL,
    PARKS,
    POLICE,
    decided,
    fixed,
    parks_feed,
    take_in,
    withheld,
    word_redacted,
)


def test_a_request_is_taken_in_with_its_clock_and_its_route(web: Web) -> None:
    clerk = web.as_(Role.CLERK)
    form = clerk.page("/requests/new")
    assert "5 working days" in form
    assert "5 ILCS 140/3" in form
    assert "Not verified: ask counsel" in form
    where = clerk.done(
        "/requests/new",
        text="All posts about the bridge",
        requester="Marge Simpson",
        kind="public",
        channel="phone",
        received="2026-11-23T17:30",
        contact="",
    )
    assert where == "/requests/2026-0001"
    page = clerk.page(where)
    assert "Taken in as 2026-0001; it goes to: records clerk." in page
    # Illinois: five working days from Monday the 23rd, without Thanksgiving.
    assert "Tuesday, December 1, 2026" in page
    assert "Telephone" in page
    standing = web.archive.requests.get("2026-0001")
    assert standing.entry.opened_by == CLERK
    assert standing.entry.received_on.isoformat() == "2026-11-23"


def test_a_request_of_the_media_needs_its_deadline_and_nothing_typed_is_lost(web: Web) -> None:
    clerk = web.as_(Role.CLERK)
    typed = {
        "text": "How many posts did you hide?",
        "requester": "Kent Brockman",
        "organisation": "Channel 6",
        "kind": "media",
    }
    answer = clerk.post("/requests/new", **typed)
    assert answer.status_code == 422
    said = plain(answer.text)
    assert "a request of the media also has a contact and the deadline of the press" in said.lower()
    for value in ("How many posts did you hide?", "Kent Brockman", "Channel 6"):
        assert value in answer.text
    where = clerk.done(
        "/requests/new", **typed, contact="kent@channel6.example", press_deadline="today, 5 pm"
    )
    page = clerk.page(where)
    assert "communications director" in page
    assert "The press needs it: today, 5 pm" in page


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("received", "yesterday", "is no day and time"),
        ("received", "2026-11-25T12:00", "in the future"),
        ("kind", "gossip", "choose who asks"),
        ("channel", "pigeon", "choose how it came"),
        ("requester", " ", "has a requester"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(web: Web, field: str, value: str, said: str) -> None:
    typed = {"text": "Everything on parking", "requester": "Marge", field: value}
    answer = web.as_(Role.CLERK).post("/requests/new", **typed)
    assert answer.status_code == 422
    assert said in plain(answer.text).lower()
    assert "Everything on parking" in answer.text


def test_the_part_of_the_form_tells_the_deadlines_of_the_kind_and_day(web: Web) -> None:
    clerk = web.as_(Role.CLERK)
    part = clerk.page("/requests/new/clock?kind=public&received=2026-11-20T09:00")
    assert "Monday, November 30, 2026" in part
    assert "is no day and time" in clerk.page("/requests/new/clock?kind=public&received=soon")


def test_the_list_has_what_is_due_first_in_words_and_filters(web: Web) -> None:
    late = take_in(web, "Old one", received_at=web.clock.now() - timedelta(days=30))
    fresh = take_in(web, "New one")
    press = take_in(
        web,
        "Why?",
        kind=RequestKind.MEDIA,
        requester="Kent Brockman",
        press_deadline="now",
    )
    over = take_in(web, "Done one")
    web.archive.requests.close(over, "withdrawn", by=CLERK)
    auditor = web.as_(Role.AUDITOR)
    page = auditor.page("/requests")
    assert "days overdue" in page
    assert page.index(late) < page.index(fresh)
    assert over not in page
    assert "Take a request in" not in page  # the auditor reads
    assert over in auditor.page("/requests?show=closed")
    assert fresh not in auditor.page("/requests?show=closed")
    assert fresh not in auditor.page("/requests?show=all&kind=media")
    assert press in auditor.page("/requests?show=all&kind=media")
    assert "No request is of this kind" in auditor.page("/requests?kind=litigation")


def test_every_act_is_in_the_history_under_the_name_of_who_did_it(web: Web) -> None:
    number = take_in(web)
    clerk, here = web.as_(Role.CLERK), f"/requests/{number}"
    clerk.done(f"{here}/acknowledge", estimate="2026-12-01")
    clerk.done(f"{here}/route", to="Chief Wiggum", reason="his unit")
    clerk.done(f"{here}/pause", reason="asked which bridge")
    assert "The clock stands" in clerk.page(here)
    clerk.done(f"{here}/resume", reason="the new one")
    clerk.done(f"{here}/meet", deadline="respond", how="acknowledged in writing")
    clerk.done(f"{here}/note", text="She called twice.")
    page = clerk.page(here)
    for said in (
        "Answer expected by Dec 1, 2026",
        "Chief Wiggum. his unit",
        "asked which bridge",
        "Respond. acknowledged in writing",
        "She called twice.",
        "All deadlines met",
    ):
        assert said in page
    history = web.archive.requests.get(number).history
    assert {each.actor for each in history} == {CLERK}
    assert [each.action for each in history] == [
        "received", "acknowledged", "routed", "paused", "resumed", "met", "noted",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("act", "typed", "said"),
    [
        ("acknowledge", {"estimate": "soon"}, "is no day"),
        ("route", {"to": "Chief Wiggum", "reason": " "}, "to whom the request is handed"),
        ("pause", {"reason": " "}, "why the clock stops"),
        ("resume", {"reason": "an answer came"}, "runs already"),
        ("extend", {"days": "3", "reason": "so many posts"}, "no extension"),
        ("extend", {"days": "x", "reason": "so many posts"}, "by how many days"),
        ("meet", {"deadline": "respond", "how": " "}, "how the deadline was met"),
        ("note", {"text": " "}, "the remark is empty"),
    ],
)
def test_a_refused_act_says_why_and_keeps_what_was_typed(
    web: Web, act: str, typed: dict[str, str], said: str
) -> None:
    number = take_in(web)
    answer = web.as_(Role.CLERK).post(f"/requests/{number}/{act}", **typed)
    assert answer.status_code == 422
    assert said in plain(answer.text).lower()
    if act in ("route", "extend"):
        assert next(iter(typed.values())) in answer.text
    assert len(web.archive.requests.get(number).history) == 1


def test_a_letter_is_looked_at_first_and_kept_when_it_is_taken(web: Web) -> None:
    number = take_in(web)
    clerk, here = web.as_(Role.CLERK), f"/requests/{number}/letters"
    assert "We received your request for records" in clerk.page(f"{here}/acknowledgement")
    assert "December 10" not in clerk.page(f"{here}/acknowledgement")
    assert "by 2026-12-10" in clerk.page(f"{here}/acknowledgement?estimate=2026-12-10")
    assert web.archive.requests.get(number).history[-1].action == "received"
    answer = clerk.post(f"{here}/acknowledgement", estimate="2026-12-10")
    assert answer.headers["content-disposition"].endswith(f'"{number}-acknowledgement.txt"')
    assert "We expect to answer by 2026-12-10." in answer.text
    kept = web.archive.requests.get(number).history[-1]
    assert (kept.action, kept.actor, kept.detail["letter"]) == ("letter", CLERK, "acknowledgement")
    assert "written once" in clerk.page(f"/requests/{number}")


def test_a_letter_that_lacks_its_reason_asks_for_it(web: Web) -> None:
    number = take_in(web)
    clerk, here = web.as_(Role.CLERK), f"/requests/{number}/letters/denial"
    assert "needs its reason first" in clerk.page(here)
    assert clerk.post(here).status_code == 422
    assert "because they are not ours" in clerk.page(f"{here}?reason=because they are not ours")
    assert clerk.get(f"/requests/{number}/letters/love").status_code == 404


def test_what_is_frozen_is_shown_first_and_cannot_be_destroyed(web: Web) -> None:
    number = take_in(web)
    clerk, here = web.as_(Role.CLERK), f"/requests/{number}/freeze"
    reached = web.archive.holds.preview(Scope(accounts=("spd-x",))).records
    answer = clerk.post(f"{here}/preview", account="spd-x")
    assert f"{reached} records" in plain(answer.text)
    assert "Nothing is frozen yet" in plain(answer.text)
    assert not web.archive.requests.get(number).entry.hold
    where = clerk.done(here, account="spd-x")
    page = clerk.page(where)
    assert f"{reached} records are kept until the request is closed" in page
    assert f"request-{number}" in page
    answer = clerk.post(here, account="spd-x")
    assert answer.status_code == 422
    assert "reaches that already" in plain(answer.text)
    assert "checked" in answer.text
    clerk.done(here, account="podcast")
    hold = web.archive.requests.get(number).entry.hold
    assert sum(each.records for each in web.archive.holds.reach(hold)) > reached


def test_a_scope_of_nothing_is_no_freeze(web: Web) -> None:
    number = take_in(web)
    for where in ("/freeze/preview", "/freeze"):
        answer = web.as_(Role.CLERK).post(f"/requests/{number}{where}", since="2026-99-99")
        assert answer.status_code == 422
        assert "is no day" in plain(answer.text)
    assert web.as_(Role.CLERK).post(f"/requests/{number}/freeze").status_code == 422


def test_a_search_is_looked_at_and_fixed_as_a_result_set(web: Web) -> None:
    number = take_in(web)
    clerk, here = web.as_(Role.CLERK), f"/requests/{number}"
    assert f"Use for {number}" in clerk.page("/requests/use?q=account:spd-x")
    page = clerk.page(f"{here}/search?q=account:spd-x")
    found = web.site.search.page("account:spd-x").total
    assert f"{found} version" in page
    assert web.site.review.sets.all(number) == []
    where = clerk.done(f"{here}/sets", q="account:spd-x")
    assert where == f"{here}/sets/1"
    [made] = web.site.review.sets.all(number)
    assert (made.size, made.query, made.made_by) == (found, "account:spd-x", CLERK)
    page = clerk.page(here)
    assert f"0 of {found} decided" in page
    assert f"{found} items are undecided" in page
    assert "digest holds" in clerk.page(clerk.done(f"{here}/digest", set_number="1"))


@pytest.mark.parametrize(
    ("query", "said"), [("(", "column"), ("zzzyx", "nothing was found"), (" ", "what to search")]
)
def test_a_search_that_cannot_be_fixed_says_why(web: Web, query: str, said: str) -> None:
    number = take_in(web)
    answer = web.as_(Role.CLERK).post(f"/requests/{number}/sets", q=query)
    assert answer.status_code == 422
    assert said in plain(answer.text).lower()


def test_the_exemption_log_is_shown_and_taken_as_a_file(web: Web) -> None:
    number = take_in(web)
    clerk, here = web.as_(Role.CLERK), f"/requests/{number}"
    assert clerk.get(f"{here}/log").status_code == 404
    fixed(web, number, "account:spd-x is:current kind:post")
    decided(web, number)
    assert "Nothing is withheld or redacted" in clerk.page(f"{here}/log")
    withheld(web, number, 3)
    word_redacted(web, number, 2)
    page = clerk.page(f"{here}/log?set_number=1")
    assert "whole item" in page
    assert "names a victim" in page
    assert page.index("FL-2") > 0
    answer = clerk.get(f"{here}/log.csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert answer.headers["content-type"].startswith("text/csv")
    assert lines[0].startswith('"position","date","account"')
    assert [line.split(",")[0] for line in lines[1:]] == ['"2"', '"3"']
    assert CLERK in lines[2]
    assert COUNSEL in lines[2]


def test_closing_is_explained_and_the_freeze_goes_when_somebody_else_does_it(web: Web) -> None:
    number = take_in(web)
    clerk, counsel = web.as_(Role.CLERK), web.as_(Role.LEGAL)
    here = f"/requests/{number}"
    clerk.done(f"{here}/freeze", account="spd-x")
    assert "somebody else releases a freeze" in clerk.page(f"{here}/close")
    page = counsel.page(f"{here}/close")
    assert "binds on for 60 days" in page
    assert "somebody else releases a freeze" not in page
    answer = counsel.post(f"{here}/close", remark="nothing there")
    assert answer.status_code == 422
    assert "nothing there" in answer.text
    counsel.done(f"{here}/close", outcome="denied", remark="not ours")
    page = counsel.page(here)
    assert "denied: not ours" in page
    assert "This request is closed" in page
    hold = web.archive.holds.get(f"request-{number}")
    assert hold.entry.released_on is not None
    assert clerk.post(f"{here}/note", text="late").status_code == 422


def test_who_froze_it_and_closes_it_is_told_that_the_freeze_stays(web: Web) -> None:
    number = take_in(web)
    clerk, here = web.as_(Role.CLERK), f"/requests/{number}"
    clerk.done(f"{here}/freeze", account="spd-x")
    page = clerk.page(clerk.done(f"{here}/close", outcome="produced"))
    assert "Its freeze was not released" in page
    assert web.archive.holds.get(f"request-{number}").entry.released_on is None


def test_who_is_limited_to_departments_freezes_and_fixes_only_what_is_theirs(
    web: Web,
    boards: tuple[Board, ...],  # noqa: F811
) -> None:
    number = take_in(web)
    here = f"/requests/{number}"
    with parks_feed(web, boards) as slug:
        limited = web.as_(Role.CLERK, name="Ned Flanders", departments=(PARKS,))
        page = limited.get(f"{here}/freeze").text
        assert f'value="{slug}"' in page
        assert 'value="spd-x"' not in page
        refused = limited.post(f"{here}/freeze", department=POLICE)
        assert refused.status_code == 422
        assert POLICE in plain(refused.text)
        assert limited.post(f"{here}/freeze", everything="yes").status_code == 422
        limited.done(f"{here}/freeze", since="2020-01-01")
        reached = {each.account for each in web.archive.holds.reach(f"request-{number}")}
        assert reached == {slug}
        around = limited.post(f"{here}/sets", q="notice) OR (works")
        assert around.status_code == 422
        assert not list(web.site.review.sets.all(number))
        limited.done(f"{here}/sets", q="is:current OR is:public")
        items = list(web.site.review.reviews.items(number, 1))
        assert {each.account for each in items} == {slug}
        assert len(items) < web.site.search.page("is:current").total


def test_the_log_of_somebody_limited_leaves_other_departments_out(
    web: Web,
    boards: tuple[Board, ...],  # noqa: F811
) -> None:
    number = take_in(web)
    with parks_feed(web, boards) as slug:
        fixed(web, number, f"(account:spd-x OR account:{slug}) is:current")
        items = list(web.site.review.reviews.items(number, 1))
        mine = next(each.position for each in items if each.account == slug)
        theirs = next(each.position for each in items if each.account == "spd-x")
        for each in (mine, theirs):
            withheld(web, number, each)
        limited = web.as_(Role.CLERK, name="Ned Flanders", departments=(PARKS,))
        lines = limited.get(f"/requests/{number}/log.csv").text.splitlines()
        assert [line.split(",")[0].strip('"') for line in lines[1:]] == [str(mine)]
        assert "spd-x" not in limited.page(f"/requests/{number}/log")
        everything = web.as_(Role.CLERK).get(f"/requests/{number}/log.csv").text.splitlines()
        assert len(everything) == 3


def test_what_is_not_there_is_said_so(web: Web) -> None:
    clerk = web.as_(Role.CLERK)
    for path in ("", "/search", "/freeze", "/close", "/log", "/letters/denial", "/produce"):
        assert clerk.get(f"/requests/1999-0001{path}").status_code == 404, path
