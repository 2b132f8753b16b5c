"""Deleting, taking back and hiding on X: what is special there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import cast

import pytest
import requests
from requests_oauthlib import OAuth1

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.x import XSimulator
from connectors.base import Kind, Target
from connectors.errors import Permanent, PermissionLost, RateLimited
from connectors.removals import Removal
from tests.support.removal_scene import Scene, credentials_in, put_up, x_scene
from tests.support.x_stage import Switchboard
from tests.unit.connectors.test_x_simulator import check_answer


@pytest.fixture(params=["classic", "new"])
def scene(request: pytest.FixtureRequest, board: Switchboard) -> Scene:
    return put_up(board, x_scene(request.param))


def x_of(scene: Scene) -> XSimulator:
    return cast(XSimulator, scene.sim)


def post(post_id: str, kind: Kind = Kind.POST) -> Target:
    return Target(kind=kind, id=post_id)


def answered(body: Mapping[str, object], status: int = 200) -> Fault:
    return Fault(status=status, body=json.dumps(body), headers={"Content-Type": "application/json"})


def test_all_cases_work_in_both_vocabularies(scene: Scene) -> None:
    for case in reversed(scene.cases.values()):  # a reply below a deleted post is not hidden
        connector = scene.connect()
        assert connector.can_remove(case.target, case.removal) == ""
        assert connector.remove(case.target, case.removal).done
        assert case.state() == case.wanted


def test_look_ups_are_made_with_the_set_that_reads(scene: Scene) -> None:
    assert scene.connect().remove(scene.cases["hide"].target, Removal.HIDE).done
    used = {seen.path: credentials_in(seen) for seen in x_of(scene).seen}
    assert scene.marks("") & used["/2/tweets"]
    assert scene.marks("remover_") & used["/2/users/me"]


def test_nobody_deletes_what_others_wrote(scene: Scene) -> None:
    reply = scene.cases["hide"].target
    why = scene.connect().can_remove(reply, Removal.DELETE)
    assert why.startswith("X lets nobody delete other people's replies; hide it instead")
    with pytest.raises(Permanent, match="nobody delete"):
        scene.connect().remove(reply, Removal.DELETE)
    assert scene.writes() == []


def test_a_repost_is_taken_back_and_what_it_showed_stays(scene: Scene) -> None:
    case = scene.cases["repost"]
    [shown] = [c for c in x_of(scene).world.chains if c.newest.text == "Thank you all"]
    removed = scene.connect().remove(case.target, Removal.DELETE)
    assert removed.done
    assert '"retweeted": false' in removed.statement
    [write] = scene.writes()
    assert write.path == f"/2/users/{x_of(scene).agency.id}/retweets/{shown.newest.id}"
    assert not shown.deleted


def test_a_deletion_takes_all_versions_of_an_edited_post(scene: Scene) -> None:
    sim = x_of(scene)
    first = sim.publish("Raod closed")
    second = sim.edit(first, "Road closed")
    assert scene.connect().remove(post(first), Removal.DELETE).done
    assert sim.world.chain(second) is None


def test_an_edited_reply_is_hidden_by_the_version_that_is_shown(scene: Scene) -> None:
    sim = x_of(scene)
    first = sim.comment(scene.cases["own post"].target.id, "Idoits", by="moe")
    newest = sim.edit(first, "Idiots")
    assert scene.connect().remove(post(first, Kind.COMMENT), Removal.HIDE).done
    [write] = scene.writes()
    assert write.path == f"/2/tweets/{newest}/hidden"


def test_only_replies_below_own_posts_can_be_hidden(scene: Scene) -> None:
    sim = x_of(scene)
    elsewhere = sim.comment(sim.publish("My own", by="lisa"), "@springfieldpd look", by="bart")
    connector = scene.connect()
    why = connector.can_remove(post(elsewhere, Kind.COMMENT), Removal.HIDE)
    assert "conversation that the account did not begin" in why
    own = connector.can_remove(scene.cases["own reply"].target, Removal.HIDE)
    assert "delete an own post instead" in own


def test_what_the_credentials_cannot_see_is_not_removed(scene: Scene) -> None:
    sim = x_of(scene)
    sim.who("moe").protected = True
    why = scene.connect().can_remove(scene.cases["hide"].target, Removal.HIDE)
    assert why.startswith("X does not show it to these credentials")


def test_a_hiding_of_what_is_gone_is_refused(scene: Scene) -> None:
    target = scene.cases["hide"].target
    x_of(scene).delete(target.id)
    with pytest.raises(Permanent, match=r"X does not find it .*nothing to hide"):
        scene.connect().remove(target, Removal.HIDE)


def test_what_was_gone_before_is_called_so_and_nothing_is_sent(scene: Scene) -> None:
    removed = scene.connect().remove(post("1990000000000000009"), Removal.DELETE)
    assert (removed.done, removed.already) == (True, True)
    assert "even before" in removed.statement
    assert scene.writes() == []


@pytest.mark.parametrize("deleted", [False, True])
def test_the_lookup_decides_and_not_what_x_says(scene: Scene, deleted: bool) -> None:
    scene.fail_changes(answered({"data": {"deleted": deleted}}))
    removed = scene.connect().remove(scene.cases["own post"].target, Removal.DELETE)
    assert (removed.done, removed.already) == (False, False)
    ending = "found it present; look it up again" if deleted else "it was not deleted"
    assert removed.statement.endswith(ending)


def test_deleted_by_somebody_else_meanwhile_counts_as_gone(scene: Scene) -> None:
    target = scene.cases["own post"].target
    scene.before_a_change(lambda: x_of(scene).delete(target.id))
    removed = scene.connect().remove(target, Removal.DELETE)
    assert removed.done
    assert removed.statement.startswith('X answered "deleted": false, and no longer finds it')


def test_the_51st_deletion_in_a_quarter_of_an_hour_has_to_wait(scene: Scene) -> None:
    sim = x_of(scene)
    posts = [sim.publish(f"Notice {number}") for number in range(51)]
    connector = scene.connect()
    for each in posts[:50]:
        assert connector.remove(post(each), Removal.DELETE).done
    with pytest.raises(RateLimited) as caught:
        connector.remove(post(posts[50]), Removal.DELETE)
    assert caught.value.until is not None
    assert caught.value.until - sim.time.now() <= timedelta(minutes=15)
    assert sim.world.chain(posts[50]) is not None
    sim.time.advance(minutes=15)
    assert connector.remove(post(posts[50]), Removal.DELETE).done


def test_a_bearer_token_removes_nothing(scene: Scene) -> None:
    given = {"bearer_token": scene.credentials["bearer_token"]}
    connector = scene.connect(credentials=given)
    case = scene.cases["own post"]
    assert "remover_access_token" in connector.can_remove(case.target, case.removal)
    with pytest.raises(Permanent, match="a bearer token cannot"):
        connector.remove(case.target, case.removal)


def test_reading_with_a_bearer_token_and_removing_with_tokens_go_together(scene: Scene) -> None:
    own = {n: v for n, v in scene.credentials.items() if n.startswith("remover_")}
    given = {"bearer_token": scene.credentials["bearer_token"], **own}
    case = scene.cases["own post"]
    assert scene.connect(credentials=given).remove(case.target, case.removal).done


def test_tokens_of_another_account_delete_nothing_of_the_agencys(scene: Scene) -> None:
    sim = x_of(scene)
    sim.who("mayor")
    sim.remover = replace(sim.remover, owner="mayor")
    why = scene.connect().can_remove(scene.cases["own post"].target, Removal.DELETE)
    assert f"belong to the user {sim.who('mayor').id}" in why


def test_a_refusal_by_x_after_all_is_no_deletion(scene: Scene) -> None:
    body = {"title": "Forbidden", "type": "about:blank", "status": 403, "detail": "Not this one."}
    scene.fail_changes(answered(body, 403))
    with pytest.raises(PermissionLost, match=r"Not this one\..*tweet\.write"):
        scene.connect().remove(scene.cases["own post"].target, Removal.DELETE)


def test_the_simulated_answers_have_the_published_form(scene: Scene) -> None:
    sim, own = x_of(scene), x_of(scene).remover
    user, reply = sim.agency.id, scene.cases["hide"].target.id
    calls: list[tuple[str, str, object]] = [
        ("PUT", f"/2/tweets/{reply}/hidden", {"hidden": True}),
        ("PUT", f"/2/tweets/{reply}/hidden", {"hidden": "yes"}),
        ("PUT", f"/2/tweets/{scene.cases['own post'].target.id}/hidden", {"hidden": True}),
        ("DELETE", f"/2/tweets/{reply}", None),
        ("DELETE", "/2/tweets/abc", None),
        ("DELETE", f"/2/tweets/{scene.cases['own post'].target.id}", None),
        ("DELETE", f"/2/tweets/{scene.cases['own post'].target.id}", None),
        ("DELETE", f"/2/users/{user}/retweets/{sim.publish('x', by='mayor')}", None),
        ("DELETE", f"/2/users/777/retweets/{reply}", None),
    ]
    for writer in (own, sim.credentials):
        auth = OAuth1(
            writer.consumer_key,
            writer.consumer_secret,
            writer.access_token,
            writer.access_token_secret,
        )
        statuses = []
        for method, path, body in calls:
            with requests.Session() as session:
                session.trust_env = False
                response = session.request(method, sim.url + path, json=body, auth=auth, timeout=9)
            if (response.status_code, sim.vocabulary) != (400, "new"):  # has no form for these
                check_answer(response, sim.vocabulary)
            statuses.append(response.status_code)
        wanted = [200, 400, 403, 403, 400, 200, 200, 200, 400]
        assert statuses == (wanted if writer is own else [403] * len(calls))
