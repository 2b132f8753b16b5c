"""Guarded deletions on the page: the plan with its reasons, the typed word, the result."""

from __future__ import annotations

from typing import Any

from archiver.desk.access import Role
from archiver.desk.hold_order import HoldOrder
from retention.facts import Scope
from tests.support.news_site import News, news  # noqa: F401 - a fixture
from tests.support.stage import boards  # noqa: F401 - a fixture
from tests.support.web import Client, Web, plain

WHY = "a threat against a neighbour"


def planned(client: Client, news: News, **changed: Any) -> str:  # noqa: F811
    """Ask for a plan to hide the rude comment, and wait for it; where it is shown."""
    fields = {
        "record": f"#{news.record(news.rude, 'comment')}",
        "removal": "hide",
        "rule": "unlawful",
        "reason": WHY,
        **changed,
    }
    where = client.done("/removals/plan", **fields)
    news.wait(f"plan {where.rpartition('/')[2]}")
    return where


def test_nothing_was_asked_yet(web: Web) -> None:
    assert "Nothing was ever asked" in web.as_(Role.AUDITOR).page("/removals")
    assert "Delete or hide something" not in web.as_(Role.AUDITOR).page("/removals")


def test_the_form_begins_with_the_record(web: Web, news: News) -> None:  # noqa: F811
    client = web.as_(Role.COMMUNICATIONS)
    assert "Which record?" in client.page("/removals/new")
    text = client.page(f"/removals/new?record={news.record(news.rude, 'comment')}")
    assert "You are all idiots" in text
    assert "A member of the public wrote this" in text
    assert "harassment: Sexual harassment" in text
    own = client.page(f"/removals/new?record={news.record(news.post)}")
    assert "The agency wrote this." in own
    assert "2 more records go along." in own


def test_a_record_that_is_not_there_keeps_what_was_typed(web: Web) -> None:
    answer = web.as_(Role.COMMUNICATIONS).get("/removals/new?record=%23999999&reason=because")
    assert answer.status_code == 404
    assert "no record has the number" in plain(answer.text).lower()
    assert 'value="#999999"' in answer.text
    assert 'name="reason" value="because"' in answer.text


def test_a_number_that_means_several_is_asked_back(web: Web, news: News) -> None:  # noqa: F811
    answer = web.as_(Role.COMMUNICATIONS).get(f"/removals/new?record={news.rude}")
    assert answer.status_code == 422
    assert "can mean" in plain(answer.text)


def test_a_plan_without_a_reason_or_choice_keeps_what_was_typed(web: Web, news: News) -> None:  # noqa: F811
    client = web.as_(Role.COMMUNICATIONS)
    record = f"#{news.record(news.rude, 'comment')}"
    answer = client.post("/removals/plan", record=record, removal="hide", rule="private")
    assert answer.status_code == 422
    assert "Say why" in plain(answer.text)
    assert 'value="hide" required checked' in answer.text
    assert '<option value="private" selected' in answer.text
    answer = client.post("/removals/plan", record=record, reason=WHY)
    assert answer.status_code == 422
    assert f"{WHY}</textarea>" in answer.text


def test_a_missing_credential_is_said_before_and_a_refusal_after(web: Web, news: News) -> None:  # noqa: F811
    news.site.users["records"].role = "author"
    client = web.as_(Role.COMMUNICATIONS)
    record = news.record(news.rude, "comment")
    missing = "no credentials that are only for removals"
    assert missing in client.page(f"/removals/new?record={record}")
    text = client.page(planned(client, news))
    assert "It may not be done" in text
    assert "needs the role Editor" in text
    assert "Carry it out" not in text
    assert "How the account and its credentials are doing" in text
    news.give_remover()
    assert missing not in client.page(f"/removals/new?record={record}")
    assert "It may be done" in client.page(planned(client, news))


def test_the_public_s_words_need_a_rule(web: Web, news: News) -> None:  # noqa: F811
    news.give_remover()
    client = web.as_(Role.COMMUNICATIONS)
    where = planned(client, news, rule="")
    text = client.page(where)
    assert "It may not be done" in text
    assert "this is lifted by" in text.lower()
    refused = client.post(f"{where}/carry-out", word="hide")
    assert refused.status_code == 403
    assert news.site.comments[news.rude].status == "approved"


def test_a_hold_stands_against_it_and_names_who_lifts_it(web: Web, news: News) -> None:  # noqa: F811
    news.give_remover()
    web.archive.holds.place(
        HoldOrder(
            matter="Smith v. Springfield",
            issuer="Lionel Hutz",
            scope=Scope(picks=frozenset({news.record(news.post)})),
        )
    )
    client = web.as_(Role.COMMUNICATIONS)
    text = client.page(planned(client, news, record=f"#{news.record(news.post)}", removal="delete"))
    assert "It may not be done" in text
    assert "Smith v. Springfield" in text or "hold" in text
    assert news.post in news.site.posts


def test_hiding_is_carried_out_after_the_typed_word(web: Web, news: News) -> None:  # noqa: F811
    news.give_remover()
    client = web.as_(Role.COMMUNICATIONS)
    where = planned(client, news)
    text = client.page(where)
    assert "It may be done" in text
    assert "Holds and posted policy" in text
    wrong = client.post(f"{where}/carry-out", word="yes")
    assert wrong.status_code == 422
    assert "nothing was done" in plain(wrong.text)
    assert news.site.comments[news.rude].status == "approved"

    assert client.done(f"{where}/carry-out", word="Hide") == where
    news.wait(f"do {where.rpartition('/')[2]}")
    assert news.site.comments[news.rude].status == "hold"
    done = client.page(where)
    assert "It is hidden on the platform." in done
    assert "The archived versions" in done
    part = client.get(f"{where}/now", headers={"hx-request": "true"})
    assert part.headers["hx-refresh"] == "true"
    again = client.post(f"{where}/carry-out", word="hide")
    assert again.status_code == 403
    assert "carried out already" in plain(again.text)

    history = web.as_(Role.AUDITOR).page("/removals")
    assert WHY in history
    assert "unlawful" in history
    assert "all checks passed" in history
    assert "Kent Brockman" in history
    record = news.record(news.rude, "comment")
    assert WHY in web.as_(Role.CLERK).page(f"/removals?record={record}")
    assert WHY not in web.as_(Role.CLERK).page(f"/removals?record={record + 1}")
    report = web.as_(Role.CLERK).page("/removals/report?since=2026-11-24&until=2026-11-24")
    assert "Kent Brockman" in report
    assert "Kent Brockman" not in web.as_(Role.CLERK).page(
        "/removals/report?since=2026-11-25"
    ).replace("Kent Brockman Communications", "")
    news.stage.assert_verifies()


def test_a_plan_is_only_for_who_asked(web: Web, news: News) -> None:  # noqa: F811
    where = planned(web.as_(Role.COMMUNICATIONS), news)
    other = web.as_(Role.COMMUNICATIONS, name="Arnie Pye")
    for answer in (other.get(where), other.post(f"{where}/carry-out", word="hide")):
        assert answer.status_code == 404
        assert "idiots" not in answer.text


def test_departments_are_kept_apart(web: Web, news: News) -> None:  # noqa: F811
    news.give_remover()
    client = web.as_(Role.COMMUNICATIONS)
    where = planned(client, news)
    client.done(f"{where}/carry-out", word="hide")
    news.wait(f"do {where.rpartition('/')[2]}")
    police = web.as_(Role.COMMUNICATIONS, name="Clancy", departments=("Police",))
    assert WHY not in police.page("/removals")
    assert "idiots" not in police.page("/removals/report")
    answer = police.get(f"/removals/new?record={news.record(news.post)}")
    assert answer.status_code == 422
    assert "belongs to the department" in plain(answer.text)
    assert "Elm Street" not in answer.text


def test_removals_that_were_cut_off_are_settled(web: Web) -> None:
    client = web.as_(Role.COMMUNICATIONS)
    assert client.done("/removals/settle") == "/removals"


def test_a_day_that_is_none_is_a_sentence(web: Web) -> None:
    answer = web.as_(Role.AUDITOR).get("/removals/report?since=soon")
    assert answer.status_code == 422
    assert "is no day" in plain(answer.text)
