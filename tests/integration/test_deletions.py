"""Guarded deletion on simulated platforms: what it does, keeps and finds."""

from __future__ import annotations

import json

from connectors.base import Window
from connectors.removals import Removal
from tests.support.deletions import (
    LOU,
    RULE,
    assert_kept,
    delete,
    hide,
    hold,
    order,
    page_with_remover,
    refused,
    site_with_remover,
    taken,
    told,
    writes,
    x_with_remover,
)
from tests.support.stage import (
    Stage,
    boards,  # noqa: F401 - a fixture
    stage,  # noqa: F401 - a fixture
)


def test_a_post_is_deleted_on_x_and_everything_that_shows_it_is_kept(
    stage: Stage,  # noqa: F811
) -> None:
    x = x_with_remover(stage)
    posts = [x.publish(f"Notice {n}") for n in range(3)]
    stage.capture("spd-x")
    stage.later(hours=3)
    done = delete(stage, posts[1])
    assert done.step == "done"
    assert x.world.chain(posts[1]) is None
    [finding] = stage.findings(posts[1])
    assert (finding.stage, finding.presence, finding.evidence) == (
        "confirmed", "gone", "own deletion",
    )  # fmt: skip
    assert LOU in finding.statement
    assert "posted by mistake" in finding.statement
    assert taken(stage) == ["asked", "cleared", "sent", "done"]
    assert told(stage) == ["removal will", "removal did"]
    assert_kept(stage, "DELETE")
    stage.later(hours=1)
    stage.capture("spd-x")
    assert len(stage.findings()) == 1


def test_a_reply_by_the_public_is_hidden_on_x_and_shown_again(
    stage: Stage,  # noqa: F811
) -> None:
    x = x_with_remover(stage)
    post = x.publish("Road closed")
    reply = x.comment(post, "I know where you live", by="nelson")
    stage.capture("spd-x", Window.RECENT)  # the window that reads replies
    stage.later(hours=1)
    hide(stage, reply)
    chain = x.world.chain(reply)
    assert chain is not None
    assert chain.hidden
    [finding] = stage.findings(reply, "comment")
    assert (finding.stage, finding.evidence) == ("state", "hidden")
    assert RULE in finding.statement
    assert_kept(stage, "PUT")
    row = stage.rows("SELECT * FROM removals WHERE step = 'sent'")[0]
    assert (row.actor, row.reason) == (LOU, "a threat")
    assert row.rule.startswith(f"{RULE}: Social media must not be used to transmit information")
    stage.later(minutes=5)
    shown = order(stage, reply, Removal.UNHIDE, family="comment", reason="it was no threat")
    stage.archive.deletions.carry_out(shown)
    assert not chain.hidden


def test_a_post_on_facebook_goes_with_its_comments_and_all_of_them_are_found_gone(
    stage: Stage,  # noqa: F811
) -> None:
    page = page_with_remover(stage)
    post, other = page.page.publish("Road closed"), page.page.publish("Other")
    comment = page.page.comment(post, "Why?")
    reply = page.page.comment(comment, "Works")
    stage.capture("fb")
    stage.later(days=30)
    late = page.page.comment(post, "Came after the last capture")
    delete(stage, post)
    assert set(page.page.posts) == {other}
    for name, kind in ((post, "post"), (comment, "comment"), (reply, "comment"), (late, "comment")):
        [finding] = stage.findings(name, kind)
        assert (finding.stage, finding.presence, finding.evidence) == (
            "confirmed", "gone", "own deletion",
        )  # fmt: skip
    assert "went with post" in stage.findings(late, "comment")[0].statement
    assert "Came after" in stage.versions(late, "comment")[0].words
    assert_kept(stage, "DELETE")


def test_a_comment_is_hidden_on_facebook_and_the_next_walk_does_not_call_it_back(
    stage: Stage,  # noqa: F811
) -> None:
    page = page_with_remover(stage)
    comment = page.page.comment(page.page.publish("Road closed"), "Threat")
    stage.capture("fb")
    stage.later(hours=1)
    hide(stage, comment)
    found = page.page.find_comment(comment)
    assert found is not None
    assert found.hidden
    assert_kept(stage, "POST")
    stage.later(hours=1)
    stage.capture("fb", Window.RECENT)
    assert {f.stage for f in stage.findings(comment, "comment")} == {"state"}
    assert stage.record(comment, "comment").visibility == "hidden"


def test_a_post_goes_into_the_trash_of_wordpress_and_a_comment_is_held(
    stage: Stage,  # noqa: F811
) -> None:
    site = site_with_remover(stage)
    post, other = site.publish("Road closed", "<p>x</p>"), site.publish("Other", "<p>y</p>")
    comment = site.comment(other, "Threat")
    site.comment(post, "Why?")
    stage.capture("wp")
    stage.later(hours=1)
    delete(stage, post)
    assert site.posts[post].status == "trash"
    [finding] = stage.findings(str(post))
    assert (finding.stage, finding.presence, finding.evidence) == (
        "state", "trashed", "own deletion",
    )  # fmt: skip
    assert_kept(stage, "DELETE")
    stage.later(hours=1)
    hide(stage, comment)
    assert site.comments[comment].status == "hold"
    stage.later(hours=1)
    stage.capture("wp")
    assert "back again" not in {f.stage for f in stage.findings()}
    assert stage.record(str(post)).visibility == "trashed"
    stage.assert_verifies()


def test_a_dry_run_captures_and_checks_everything_and_changes_nothing(
    stage: Stage,  # noqa: F811
) -> None:
    page = page_with_remover(stage)
    post = page.page.publish("Road closed")
    stage.capture("fb")
    stage.later(hours=1)
    page.page.edit(post, "Road open")
    page.page.comment(post, "Thanks")
    plan = stage.archive.deletions.plan(order(stage, post, Removal.DELETE))
    assert plan.refused == []
    assert {check.name for check in plan.checks} == {
        "holds and policy", "the platform", "listed now", "in the vault",
    }  # fmt: skip
    assert [each.words for each in plan.bundle.along] == ["Thanks"]
    assert [v.words for v in stage.versions(post)] == ["Road closed", "Road open"]
    assert writes(page) == []
    assert taken(stage) == []


def test_the_accounts_own_reposts_of_a_deleted_post_are_found_gone_along(
    stage: Stage,  # noqa: F811
) -> None:
    x = x_with_remover(stage)
    post, other = x.publish("Road closed"), x.publish("Other")
    edited = x.edit(post, "Road open")
    repost, kept = x.repost(edited), x.repost(other)
    stage.capture("spd-x")
    stage.later(hours=1)
    plan = stage.archive.deletions.plan(order(stage, post, Removal.DELETE))
    assert [each.platform_id for each in plan.bundle.along] == [repost]
    name = hold(stage, stage.record(repost).id)
    assert f"Hold {name}" in refused(lambda: delete(stage, post))
    stage.archive.holds.release(name, actor="Chief", reason="settled")
    stage.later(minutes=1)
    delete(stage, post)
    [finding] = stage.findings(repost)
    assert (finding.stage, finding.evidence) == ("confirmed", "own deletion")
    assert "went with post" in finding.statement
    assert stage.findings(kept) == []
    assert x.world.chain(kept) is not None
    stage.assert_verifies()


# -- fences and credentials -------------------------------------------------------------------


def test_what_vanishes_outside_is_a_finding_with_bounds_and_no_actor(
    stage: Stage,  # noqa: F811
) -> None:
    x = x_with_remover(stage)
    posts = [x.publish(f"Notice {n}") for n in range(6)]
    stage.capture("spd-x")
    stage.later(minutes=30)
    delete(stage, posts[0])  # fence 1
    x.delete(posts[1])  # past every fence
    stage.later(minutes=30)
    stage.capture("spd-x", Window.RECENT)
    stage.later(minutes=15)
    stage.capture("spd-x", Window.RECENT)
    [inside] = stage.findings(posts[0])
    outside = stage.findings(posts[1])[-1]
    assert (inside.evidence, outside.evidence) == ("own deletion", "unknown")
    assert LOU in inside.statement
    assert LOU not in outside.statement
    assert str(inside.not_before)[11:16] == str(inside.not_after)[11:16] == "12:30"
    assert (str(outside.not_before)[11:16], str(outside.not_after)[11:16]) == ("12:30", "13:00")
    for post in posts[:2]:
        assert stage.record(post).presence == "gone"
        assert len(stage.versions(post)) == 1  # the last version stays
    stage.assert_verifies()


def test_captures_never_use_the_credentials_for_removals(stage: Stage) -> None:  # noqa: F811
    page = page_with_remover(stage)
    post = page.page.publish("One")
    stage.capture("fb")
    stage.later(hours=1)
    stage.capture("fb", Window.RECENT)
    stage.archive.deletions.resume()
    used = json.dumps([[s.path, dict(s.query), dict(s.headers)] for s in page.seen])
    assert page.remover_token not in used
    delete(stage, post)
    used = json.dumps([[s.path, dict(s.query), dict(s.headers)] for s in page.seen])
    assert page.remover_token in used
    for path in stage.segments():
        assert page.remover_token.encode() not in path.read_bytes()
