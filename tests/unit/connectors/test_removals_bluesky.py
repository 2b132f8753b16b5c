"""Deleting and hiding on Bluesky: what is special there."""

from __future__ import annotations

import pytest

from archiver.demo.simulators.base import Fault
from connectors.base import Kind, Target
from connectors.bluesky.xrpc import Server
from connectors.errors import AuthFailed, Changed, Misconfigured, Permanent, Unsettled
from connectors.removals import Removal
from tests.support.bluesky_stage import Stage, comment
from tests.support.x_stage import Switchboard


@pytest.fixture
def stage(board: Switchboard) -> Stage:
    return Stage(board)


def test_a_deletion_names_the_hash_it_was_made_for(stage: Stage) -> None:
    sky = stage.sky
    target = Target(kind=Kind.POST, id=sky.publish("Wrong street"))
    connector = stage.connector(password=sky.app_password)

    def edited_meanwhile(_: object) -> str:
        sky.edit(target.id, text="Right street")
        return ""

    with pytest.raises(Changed, match="InvalidSwap"):
        connector.remove(target, Removal.DELETE, compare=edited_meanwhile)
    assert sky.record(target.id)["text"] == "Right street"
    removed = connector.remove(target, Removal.DELETE, compare=lambda _: "")
    assert (removed.done, removed.compared) == (True, True)
    assert connector.remove(target, Removal.DELETE).already


def test_hiding_keeps_the_other_rules_of_the_thread(stage: Stage) -> None:
    sky = stage.sky
    post = sky.publish("Road closed")
    one, two = (sky.reply(post, word, by="moe") for word in ("Idiots", "Boo"))
    connector = stage.connector(password=sky.app_password)
    for uri in (one, two):
        assert connector.can_remove(comment(uri, post), Removal.HIDE) == ""
        assert connector.remove(comment(uri, post), Removal.HIDE, compare=lambda _: "").compared
    assert sky.hidden(post) == [one, two]
    assert connector.remove(comment(one, post), Removal.UNHIDE).done
    assert sky.hidden(post) == [two]


def test_what_cannot_be_removed_is_told_with_the_reason(stage: Stage) -> None:
    sky = stage.sky
    theirs = sky.publish("Hello", by="lisa")
    mine = sky.reply(theirs, "Hi")
    below = comment(sky.reply(mine, "Boo", by="moe"), mine)
    connector = stage.connector(password=sky.app_password)
    assert "did not begin" in connector.can_remove(below, Removal.HIDE)
    assert "nobody but its author" in connector.can_remove(below, Removal.DELETE)
    own = Target(kind=Kind.REPLY, id=mine)
    assert "delete an own record" in connector.can_remove(own, Removal.HIDE)
    assert "remover_app_password" in stage.connector().can_remove(own, Removal.DELETE)
    with pytest.raises(Permanent, match="remover_app_password"):
        stage.connector().remove(own, Removal.DELETE)


def test_a_lost_answer_is_unsettled_and_a_refused_password_is_not(stage: Stage) -> None:
    target = Target(kind=Kind.POST, id=stage.sky.publish("x"))
    with pytest.raises(AuthFailed, match="Invalid identifier or password"):
        stage.connector(password="wrong-wrong-wrong").remove(target, Removal.DELETE)
    stage.sky.plan("deleteRecord", Fault(cut_after=1))
    with pytest.raises(Unsettled):
        stage.connector(password=stage.sky.app_password).remove(target, Removal.DELETE)


def test_no_secret_is_sent_in_the_clear_or_told(stage: Stage) -> None:
    sky, password = stage.sky, stage.sky.app_password
    target = Target(kind=Kind.POST, id=sky.publish("x"))
    removed = stage.connector(password=password).remove(target, Removal.DELETE)
    assert {"simulated-access-jwt-1", "simulated-refresh-jwt-1"} <= set(stage.http.masked)
    assert not any(word in repr(removed) for word in (password, *stage.http.masked))
    assert not any("Authorization" in s.headers for s in sky.seen if s.method == "GET")
    with pytest.raises(Misconfigured, match="plain http"):
        Server(stage.http.session(), "http://pds.example").change("x", {"password": password})
