"""What the X connector finds out by looking things up, counting and checking."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from archiver.demo.simulators.base import Fault
from connectors.base import (
    Evidence,
    Finding,
    Kind,
    Presence,
    Target,
)
from connectors.errors import (
    BadAnswer,
)
from tests.support.x_stage import OAUTH1, Stage, Switchboard, switchboard

BEARER = ("bearer_token",)


@pytest.fixture(scope="module")
def board() -> Iterator[Switchboard]:
    with switchboard() as running:
        yield running


@pytest.fixture
def stage(board: Switchboard) -> Stage:
    return Stage(board)


@pytest.fixture(params=["classic", "new"])
def both(request: pytest.FixtureRequest, board: Switchboard) -> Stage:
    """A stage in each vocabulary."""
    return Stage(board, vocabulary=request.param)


def look(stage: Stage, *targets: Target, using: tuple[str, ...] = OAUTH1) -> dict[str, Finding]:
    findings = list(stage.connector(using=using).lookup(targets))
    assert len(findings) == len(targets)
    return {finding.target.id: finding for finding in findings}


def post_target(item_id: str) -> Target:
    return Target(kind=Kind.POST, id=item_id)


def test_lookup_tells_present_gone_withheld_and_protected_apart(both: Stage) -> None:
    sim = both.sim
    edited = sim.publish("one")
    sim.edit(edited, "two")
    gone = sim.publish("gone")
    sim.delete(gone)
    withheld = sim.publish("hm")
    sim.withhold(withheld, ["DE"])
    burns = sim.publish("private", by="burns")
    sim.who("burns").protected = True

    found = look(both, *map(post_target, (edited, gone, withheld, burns)))

    assert (found[edited].presence, found[edited].evidence) == (Presence.PRESENT, None)
    assert (found[gone].presence, found[gone].evidence) == (Presence.GONE, Evidence.UNKNOWN)
    assert gone in found[gone].statement
    assert found[withheld].presence is Presence.WITHHELD
    assert found[withheld].evidence is Evidence.WITHHELD
    assert found[withheld].statement == "withheld in DE"
    assert found[burns].presence is Presence.UNREACHABLE
    assert found[burns].evidence is Evidence.PERMISSION_LOST
    assert {finding.exchange for finding in found.values()} <= set(_exchanges(both))


def _exchanges(stage: Stage) -> Iterator[str]:
    return (f"exchange-{number + 1}" for number in range(len(stage.http.exchanges)))


def test_lookup_when_nothing_is_there(both: Stage) -> None:
    found = look(both, post_target("11"), post_target("12"))
    assert {f.presence for f in found.values()} == {Presence.GONE}
    assert "data" not in both.http.responses[-1].json()


def test_lookup_when_x_answers_404_with_the_problems(stage: Stage) -> None:
    look(stage, post_target("11"))
    body = stage.http.responses[-1].text
    stage.sim.plan("/2/tweets", Fault(status=404, body=body))
    assert look(stage, post_target("11"))["11"].presence is Presence.GONE


def test_lookup_of_many_goes_by_hundreds_and_answers_duplicates(stage: Stage) -> None:
    posted = stage.sim.seed(205)
    targets = [*map(post_target, posted), post_target(posted[0])]
    findings = list(stage.connector().lookup(targets))
    assert len(findings) == 206
    assert {f.presence for f in findings} == {Presence.PRESENT}
    assert [len(q["ids"].split(",")) for q in stage.asked("/2/tweets")] == [100, 100, 5]


def test_posts_of_a_suspended_account_are_unreachable_not_gone(stage: Stage) -> None:
    post = stage.sim.publish("post")
    stage.sim.agency.suspended = True
    profile = Target(kind=Kind.PROFILE, id="501")
    found = look(stage, post_target(post), profile)
    assert found[post].presence is Presence.UNREACHABLE
    assert found["501"].presence is Presence.UNREACHABLE
    assert found["501"].evidence is Evidence.ACCOUNT_CLOSED
    assert "suspended" in found["501"].statement


def test_lookup_of_a_profile_that_is_there(stage: Stage) -> None:
    assert look(stage, Target(kind=Kind.PROFILE, id="501"))["501"].presence is Presence.PRESENT


def test_a_lookup_that_says_nothing_of_an_id_is_a_bad_answer(stage: Stage) -> None:
    stage.sim.plan("/2/tweets", Fault(status=200, body="{}"))
    with pytest.raises(BadAnswer, match="neither 11 nor a reason"):
        look(stage, post_target("11"))


def test_count_is_what_x_counts_and_not_exact(both: Stage) -> None:
    both.sim.seed(12)
    counts = both.connector().count()
    assert counts is not None
    assert (counts.by_kind, counts.exact) == ({Kind.POST: 12}, False)
    assert counts.exchanges


def test_check_says_whose_account_and_what_may_be_read(both: Stage) -> None:
    check = both.connector().check()
    assert check.ok
    assert check.identity == "@springfieldpd (Springfield Police Department, id 501)"
    assert "The access token belongs to the account itself." in check.statements
    assert any("user_id=501" in statement for statement in check.statements)


def test_check_warns_of_a_token_of_somebody_else(stage: Stage) -> None:
    stage.sim.credentials = replace(stage.sim.credentials, owner="mayor")
    assert any("@mayor" in statement for statement in stage.connector().check().statements)


def test_check_with_a_bearer_token_does_not_ask_who_it_is(stage: Stage) -> None:
    statements = stage.connector(using=BEARER).check().statements
    assert "The credential is an app-only bearer token." in statements


def test_check_says_that_an_account_is_protected_and_that_its_id_is_known(stage: Stage) -> None:
    stage.sim.agency.protected = True
    statements = stage.connector(user_id="501", replies="no").check().statements
    assert "The account is protected: only followers see its posts." in statements
    assert not any("user_id=" in statement or "Mentions" in statement for statement in statements)


def test_a_user_without_numbers_has_no_count(stage: Stage) -> None:
    body = '{"data":{"id":"501","name":"n","username":"springfieldpd"}}'
    stage.sim.plan("users", Fault(status=200, body=body))
    assert stage.connector().count() is None


@pytest.mark.parametrize(
    ("kind", "detail", "evidence"),
    [
        ("resource-unavailable", "Not available.", Evidence.UNKNOWN),
        ("resource-not-found", "User has been suspended: [11].", Evidence.ACCOUNT_CLOSED),
    ],
)
def test_what_is_not_said_to_be_missing_is_not_called_gone(
    stage: Stage, kind: str, detail: str, evidence: Evidence
) -> None:
    problem = {"title": "No", "detail": detail, "type": f"https://api.x.com/2/problems/{kind}"}
    about_another = {
        **problem,
        "title": "Another",
        "parameter": "referenced_tweets.id",
        "resource_id": "11",
    }
    body = json.dumps({"errors": [{**problem, "resource_id": "11"}, about_another]})
    stage.sim.plan("/2/tweets", Fault(status=200, body=body))
    finding = look(stage, post_target("11"))["11"]
    assert (finding.presence, finding.evidence) == (Presence.UNREACHABLE, evidence)
    assert finding.statement == f"No: {detail}"
