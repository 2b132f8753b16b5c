"""Deleting and hiding on a Facebook Page: what is special there."""

from __future__ import annotations

import json
from typing import cast

import pytest

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.facebook_world import PAGE
from connectors.base import Kind, Target
from connectors.errors import AuthFailed, Permanent, PermissionLost, RateLimited, Unsettled
from connectors.removals import Removal
from tests.support.removal_scene import Scene, facebook_scene, put_up
from tests.support.x_stage import Switchboard

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def scene(board: Switchboard) -> Scene:
    return put_up(board, facebook_scene())


def page_of(scene: Scene) -> FacebookSimulator:
    return cast(FacebookSimulator, scene.sim)


@pytest.mark.parametrize("name", ["visitor's post", "comment", "hide"])
def test_what_others_wrote_takes_a_further_permission(scene: Scene, name: str) -> None:
    page_of(scene).remover_scopes.remove("pages_read_user_content")
    case = scene.cases[name]
    with pytest.raises(PermissionLost, match="also pages_read_user_content"):
        scene.connect().remove(case.target, case.removal)
    assert case.state() == "public"
    assert scene.connect().remove(scene.cases["own post"].target, Removal.DELETE).done


def test_can_remove_and_can_hide_are_asked_first(scene: Scene) -> None:
    target = scene.cases["comment"].target
    page_of(scene).page.untouchable.add(target.id)
    connector = scene.connect()
    for removal, field in ((Removal.DELETE, "can_remove"), (Removal.HIDE, "can_hide")):
        why = connector.can_remove(target, removal)
        assert f"({field} is false)" in why
        with pytest.raises(Permanent, match=field):
            connector.remove(target, removal)
    assert scene.writes() == []


def test_the_pages_own_comment_is_deleted_and_not_hidden(scene: Scene) -> None:
    page = page_of(scene).page
    own = page.comment(scene.cases["hide post"].target.id, "We are sorry", PAGE)
    target = Target(kind=Kind.COMMENT, id=own)
    connector = scene.connect()
    assert "delete it instead" in connector.can_remove(target, Removal.HIDE)
    assert connector.remove(target, Removal.DELETE).done
    assert page.find_comment(own) is None


def test_a_permission_that_facebook_words_as_a_missing_object_is_named(scene: Scene) -> None:
    error = {"message": "Unsupported delete request.", "code": 100, "error_subcode": 33}
    scene.fail_changes(Fault(status=400, headers=JSON, body=json.dumps({"error": error})))
    with pytest.raises(PermissionLost, match="pages_manage_posts"):
        scene.connect().remove(scene.cases["own post"].target, Removal.DELETE)


def test_what_is_out_of_sight_is_not_claimed_to_be_deleted(scene: Scene) -> None:
    target = scene.cases["own post"].target
    page_of(scene).unseen.add(target.id)
    with pytest.raises(Permanent, match="deleted, or the token lacks a permission"):
        scene.connect().remove(target, Removal.DELETE)
    assert scene.writes() == []


@pytest.mark.parametrize("success", [False, True])
@pytest.mark.parametrize("name", ["own post", "hide"])
def test_the_reading_decides_and_not_what_facebook_says(
    scene: Scene, name: str, success: bool
) -> None:
    case = scene.cases[name]
    scene.fail_changes(Fault(status=200, headers=JSON, body=json.dumps({"success": success})))
    removed = scene.connect().remove(case.target, case.removal)
    assert not removed.done
    assert f'"success": {str(success).lower()}' in removed.statement


@pytest.mark.parametrize("body", ["true", "{}", '{"success": "yes"}', "[]"])
def test_an_answer_in_another_form_is_unsettled(scene: Scene, body: str) -> None:
    scene.fail_changes(Fault(status=200, headers=JSON, body=body))
    with pytest.raises(Unsettled):
        scene.connect().remove(scene.cases["own post"].target, Removal.DELETE)


def test_a_transient_error_of_the_graph_leaves_it_unsettled(scene: Scene) -> None:
    error = {"message": "An unexpected error has occurred.", "code": 2, "is_transient": True}
    scene.fail_changes(Fault(status=500, headers=JSON, body=json.dumps({"error": error})))
    with pytest.raises(Unsettled):
        scene.connect().remove(scene.cases["own post"].target, Removal.DELETE)


def test_near_the_call_limit_nothing_is_changed(scene: Scene) -> None:
    page_of(scene).usage = 95
    with pytest.raises(RateLimited):
        scene.connect().remove(scene.cases["own post"].target, Removal.DELETE)
    assert scene.writes() == []


def test_the_proof_of_the_removers_app_is_sent(scene: Scene) -> None:
    sim = page_of(scene)
    sim.app_secret = "s3cret-of-the-app"
    case = scene.cases["hide"]
    with pytest.raises(AuthFailed, match="app_secret"):
        scene.connect().remove(case.target, case.removal)
    given = {**scene.credentials, "remover_app_secret": sim.app_secret}
    assert scene.connect(credentials=given).remove(case.target, case.removal).done
