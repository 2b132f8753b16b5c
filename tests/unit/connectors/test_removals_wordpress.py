"""Deleting and hiding on a WordPress site: what is special there."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import cast

import pytest

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.wordpress import WordPressSimulator
from connectors.base import Kind, Target
from connectors.errors import (
    AuthFailed,
    Misconfigured,
    Permanent,
    PermissionLost,
    Transient,
    Unsettled,
)
from connectors.removals import Removal
from tests.support.removal_scene import NOON, Scene, put_up, wordpress_scene
from tests.support.x_stage import Switchboard


@pytest.fixture
def scene(board: Switchboard) -> Scene:
    return put_up(board, wordpress_scene())


def site_of(scene: Scene) -> WordPressSimulator:
    return cast(WordPressSimulator, scene.sim)


def target(kind: Kind, number: int) -> Target:
    return Target(kind=kind, id=str(number))


def test_a_deletion_goes_into_the_trash_with_the_comments(scene: Scene) -> None:
    case = scene.cases["own post"]
    removed = scene.connect().remove(case.target, case.removal)
    assert removed.statement == (
        'WordPress answered status "trash"; read again, it is in the trash'
    )
    assert scene.cases["comment"].state() == "post-trashed"
    assert scene.writes()[0].query == {}


@pytest.mark.parametrize("name", ["own post", "page", "comment", "reply"])
def test_only_its_own_option_deletes_for_good(scene: Scene, name: str) -> None:
    case = scene.cases[name]
    connector = scene.connect(delete_for_good="yes")
    removed = connector.remove(case.target, case.removal)
    assert removed.done
    assert "WordPress answered deleted; read again, it is not there" in removed.statement
    assert case.state() == "gone"
    again = connector.remove(case.target, case.removal)
    assert (again.done, again.already) == (True, True)
    assert len(scene.writes()) == 1


def test_what_is_in_the_trash_can_still_be_deleted_for_good(scene: Scene) -> None:
    case = scene.cases["own post"]
    assert scene.connect().remove(case.target, case.removal).done
    assert scene.connect(delete_for_good="yes").remove(case.target, case.removal).done
    assert case.state() == "gone"


def test_a_file_is_deleted_only_for_good_and_never_hidden(scene: Scene) -> None:
    [file] = [p.id for p in site_of(scene).posts.values() if p.file is not None]
    media = target(Kind.MEDIA, file)
    connector = scene.connect()
    assert "delete_for_good=yes" in connector.can_remove(media, Removal.DELETE)
    assert "cannot hide a file" in connector.can_remove(media, Removal.HIDE)
    with pytest.raises(Permanent, match="no trash for files"):
        connector.remove(media, Removal.DELETE)
    assert file in site_of(scene).posts
    assert scene.connect(delete_for_good="yes").remove(media, Removal.DELETE).done
    assert file not in site_of(scene).posts


def test_a_site_without_a_trash_deletes_nothing_by_surprise(scene: Scene) -> None:
    site_of(scene).trash_enabled = False
    case = scene.cases["comment"]
    with pytest.raises(Permanent, match=r"trash switched off.*delete_for_good=yes"):
        scene.connect().remove(case.target, case.removal)
    assert case.state() == "approved"


@pytest.mark.parametrize("name", ["own post", "comment"])
def test_trashed_by_somebody_else_meanwhile_counts_as_in_the_trash(scene: Scene, name: str) -> None:
    case, site = scene.cases[name], site_of(scene)
    number = int(case.target.id)
    in_the_way = site.trash if name == "own post" else lambda n: site.moderate(n, "trash")
    scene.before_a_change(lambda: in_the_way(number))
    removed = scene.connect().remove(case.target, case.removal)
    assert removed.done
    assert "410 rest_already_trashed" in removed.statement


@pytest.mark.parametrize("name", ["own post", "comment", "hide", "unhide post"])
def test_the_reading_decides_and_not_what_wordpress_says(scene: Scene, name: str) -> None:
    case = scene.cases[name]
    body = json.dumps({"id": int(case.target.id), "status": case.wanted})
    scene.fail_changes(Fault(status=200, headers={"Content-Type": "application/json"}, body=body))
    removed = scene.connect().remove(case.target, case.removal)
    assert (removed.done, removed.already) == (False, False)
    assert removed.statement.endswith(f'it is "{case.state()}", and so not what was asked for')


@pytest.mark.parametrize("status", ["hold", "spam", "trash"])
def test_a_comment_is_hidden_as_the_agency_wants(scene: Scene, status: str) -> None:
    case = scene.cases["hide"]
    connector = scene.connect(hide_comments_as=status)
    assert connector.remove(case.target, Removal.HIDE).done
    assert case.state() == status
    assert connector.remove(case.target, Removal.UNHIDE).done
    assert case.state() == "approved"


def test_hiding_a_comment_does_not_overwrite_where_it_came_from(scene: Scene) -> None:
    comment = site_of(scene).comments[int(scene.cases["hide"].target.id)]
    comment.ip, comment.agent = "203.0.113.9", "Old browser"
    connector = scene.connect()
    for removal in (Removal.HIDE, Removal.UNHIDE):
        assert connector.remove(scene.cases["hide"].target, removal).done
        assert (comment.ip, comment.agent) == ("203.0.113.9", "Old browser")


def test_hiding_in_the_trash_deletes_nothing_where_there_is_no_trash(scene: Scene) -> None:
    site_of(scene).trash_enabled = False
    case = scene.cases["hide"]
    with pytest.raises(Permanent, match="trash switched off"):
        scene.connect(hide_comments_as="trash").remove(case.target, Removal.HIDE)
    assert case.state() == "approved"


@pytest.mark.parametrize("status", ["private", "draft"])
def test_a_post_is_hidden_as_the_agency_wants(scene: Scene, status: str) -> None:
    case = scene.cases["hide post"]
    assert scene.connect(hide_posts_as=status).remove(case.target, Removal.HIDE).done
    assert case.state() == status


def test_a_planned_post_is_hidden_before_it_appears(scene: Scene) -> None:
    later = site_of(scene).schedule("Parade", "x", NOON + timedelta(days=9))
    planned = target(Kind.POST, later)
    connector = scene.connect()
    assert "planned for later" in connector.can_remove(planned, Removal.UNHIDE)
    assert connector.remove(planned, Removal.HIDE).done
    assert site_of(scene).posts[later].status == "private"


def test_what_the_public_does_not_see_counts_as_hidden_already(scene: Scene) -> None:
    draft = target(Kind.POST, site_of(scene).draft("Later", "x"))
    removed = scene.connect().remove(draft, Removal.HIDE)
    assert (removed.done, removed.already) == (True, True)
    assert removed.statement == 'it was not public (status "draft") already; nothing was sent'


def test_what_is_in_the_trash_is_not_published_from_here(scene: Scene) -> None:
    case = scene.cases["own post"]
    connector = scene.connect()
    connector.remove(case.target, Removal.DELETE)
    assert "restore it in WordPress" in connector.can_remove(case.target, Removal.UNHIDE)
    comment = scene.cases["comment"].target
    assert "went into the trash with its post" in connector.can_remove(comment, Removal.UNHIDE)


def test_a_thing_of_a_custom_type_is_found_in_its_own_list(scene: Scene) -> None:
    site = site_of(scene)
    site.types["notice"] = "notices"
    notice = site.publish("Boil water", "x", type="notice")
    assert scene.connect().remove(target(Kind.POST, notice), Removal.DELETE).done
    assert scene.writes()[0].path == f"/wp-json/wp/v2/notices/{notice}"


def test_an_authors_rights_are_told_before_anything_is_sent(scene: Scene) -> None:
    given = {
        "user": "officer",
        "application_password": site_of(scene).users["officer"].application_password,
    }
    connector = scene.connect(credentials=given)
    why = connector.can_remove(scene.cases["comment"].target, Removal.DELETE)
    assert "role Editor (capability moderate_comments)" in why
    with pytest.raises(PermissionLost, match="delete_others_posts"):
        connector.remove(scene.cases["own post"].target, Removal.DELETE)
    own = site_of(scene).publish("By the officer", "x", author="officer")
    assert connector.remove(target(Kind.POST, own), Removal.DELETE).done


def test_a_right_lost_between_reading_and_change_is_named(scene: Scene) -> None:
    case = scene.cases["comment"]
    site = site_of(scene)
    scene.before_a_change(lambda: setattr(site.users["web"], "role", "author"))
    with pytest.raises(PermissionLost, match=r"rest_cannot_delete.*role Editor"):
        scene.connect().remove(case.target, case.removal)
    assert case.state() == "approved"


def test_without_credentials_nothing_can_be_removed(scene: Scene) -> None:
    case = scene.cases["own post"]
    connector = scene.connect(credentials={})
    assert "remover_application_password" in connector.can_remove(case.target, case.removal)
    with pytest.raises(Permanent, match="remover_user"):
        connector.remove(case.target, case.removal)


def test_a_wrong_password_for_removals_does_not_disturb_reading(scene: Scene) -> None:
    given = {**scene.credentials, "remover_application_password": "not this one"}
    connector = scene.connect(credentials=given)
    assert connector.check().ok
    with pytest.raises(AuthFailed):
        connector.remove(scene.cases["own post"].target, Removal.DELETE)


def test_a_firewalls_page_is_no_unsettled_change(scene: Scene) -> None:
    scene.fail_changes(Fault(status=403, body="<h1>Forbidden</h1>"))
    with pytest.raises(Transient, match="firewall") as caught:
        scene.connect().remove(scene.cases["own post"].target, Removal.DELETE)
    assert not isinstance(caught.value, Unsettled)


def test_wordpress_s_own_failure_leaves_it_unsettled(scene: Scene) -> None:
    body = {"code": "rest_cannot_delete", "message": "The post cannot be deleted."}
    headers = {"Content-Type": "application/json"}
    scene.fail_changes(Fault(status=500, headers=headers, body=json.dumps(body)))
    with pytest.raises(Unsettled, match="The post cannot be deleted"):
        scene.connect().remove(scene.cases["own post"].target, Removal.DELETE)


def test_what_php_prints_before_an_answer_does_not_hide_it(scene: Scene) -> None:
    site_of(scene).php_noise = True
    case = scene.cases["hide"]
    assert scene.connect().remove(case.target, case.removal).done
    assert case.state() == "hold"


def test_an_option_in_other_words_is_refused(scene: Scene) -> None:
    with pytest.raises(Misconfigured, match="delete_for_good"):
        scene.connect(delete_for_good="true")
    with pytest.raises(Misconfigured, match="hide_posts_as"):
        scene.connect(hide_posts_as="trash")
    with pytest.raises(Misconfigured, match="hide_comments_as"):
        scene.connect(hide_comments_as="approve")
