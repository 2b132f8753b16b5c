"""Guarded deletion: every refusal, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import ValidationError

from archiver.demo.simulators.base import Fault
from archiver.desk.deletions import Deletions
from archiver.errors import UsageError
from config.settings import Moderation, PostingRule
from connectors.base import Window
from connectors.removals import Removal
from tests.support.deletions import (
    LOU,
    RULE,
    delete,
    hide,
    hold,
    order,
    page_with_remover,
    refused,
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


def test_a_hold_on_the_record_or_on_a_comment_of_its_thread_refuses(
    stage: Stage,  # noqa: F811
) -> None:
    page = page_with_remover(stage)
    first, second = page.page.publish("One"), page.page.publish("Two")
    comment = page.page.comment(second, "Held words")
    stage.capture("fb")
    stage.later(hours=1)
    hold(stage, stage.record(first).id)
    name = hold(stage, stage.record(comment, "comment").id)
    assert "Smith v. Springfield) reaches it" in refused(lambda: delete(stage, first))
    why = refused(lambda: delete(stage, second))
    assert f"comment {comment}, which goes along: Hold {name}" in why
    assert "counsel, by releasing the hold" in why
    assert writes(page) == []
    assert taken(stage) == ["asked", "refused"] * 2
    assert told(stage) == ["removal refused"] * 2
    stage.archive.holds.release(name, actor="Chief", reason="settled")
    stage.later(minutes=1)
    delete(stage, second)
    assert second not in page.page.posts
    stage.assert_verifies()


@dataclass
class During:
    """Lets something happen on a platform at the end of each walk, some times."""

    stage: Stage
    happens: Callable[[int], object]
    times: int
    walks: int = 0

    def install(self, patch: pytest.MonkeyPatch) -> None:
        captures = type(self.stage.archive.captures)
        walk = captures.capture_locked

        def walked(*args: Any, **named: Any) -> Any:
            outcome = walk(*args, **named)
            self.walks += 1
            if self.walks <= self.times:
                self.happens(self.walks)
                self.stage.later(seconds=5)
            return outcome

        patch.setattr(captures, "capture_locked", walked)


def test_an_edit_right_after_the_capture_is_in_the_vault_before_the_post_goes(
    stage: Stage,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = page_with_remover(stage)
    post = page.page.publish("First words")
    page.page.publish("Another")
    stage.capture("fb")
    stage.later(hours=1)
    During(stage, lambda n: page.page.edit(post, f"Words {n}"), 1).install(monkeypatch)
    delete(stage, post)
    assert [v.words for v in stage.versions(post)] == ["First words", "Words 1"]
    assert post not in page.page.posts
    stage.assert_verifies()


def test_what_does_not_come_to_rest_stays(
    stage: Stage,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = page_with_remover(stage)
    post = page.page.publish("First words")
    stage.capture("fb")
    stage.later(hours=1)
    During(stage, lambda n: page.page.edit(post, f"Words {n}"), 99).install(monkeypatch)
    assert "something new came with each of 4 captures" in refused(lambda: delete(stage, post))
    assert writes(page) == []


def test_a_hold_that_is_placed_while_everything_is_checked_refuses(
    stage: Stage,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = page_with_remover(stage)
    post = page.page.publish("First words")
    stage.capture("fb")
    stage.later(hours=1)
    late = During(stage, lambda n: n == 2 and hold(stage, stage.record(post).id), 2)
    late.install(monkeypatch)
    assert "Smith v. Springfield) reaches it" in refused(lambda: delete(stage, post))
    assert late.walks == 2  # it was the last walk
    assert writes(page) == []
    assert taken(stage) == ["asked", "refused"]


def test_what_the_walk_no_longer_lists_is_not_removed(stage: Stage) -> None:  # noqa: F811
    page = page_with_remover(stage)
    post = page.page.publish("One")
    page.page.publish("Two")
    stage.capture("fb")
    stage.later(hours=1)
    page.page.withhold(post)  # there, but not listed
    assert f"did not list post {post}" in refused(lambda: delete(stage, post))
    assert writes(page) == []


def test_a_file_of_the_vault_that_was_tampered_with_refuses(
    stage: Stage,  # noqa: F811
) -> None:
    x = x_with_remover(stage)
    posts = [x.publish(f"Notice {n}") for n in range(3)]
    stage.capture("spd-x")
    stage.later(hours=1)
    path = stage.segments()[0]
    whole = path.read_bytes()
    path.chmod(0o600)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    why = refused(lambda: delete(stage, posts[0]))
    assert "is not the file that was sealed" in why
    path.unlink()
    assert "is not safe in the vault" in refused(lambda: delete(stage, posts[0]))
    assert writes(x) == []
    path.write_bytes(whole)
    delete(stage, posts[0])
    stage.assert_verifies()


def test_a_picture_that_was_never_captured_refuses(stage: Stage) -> None:  # noqa: F811
    page = page_with_remover(stage)
    page.plan("/media/", Fault(status=500, body="no"), times=1000)
    post = page.page.publish("With a picture", photos=[""])
    stage.capture("fb")
    stage.later(hours=1)
    assert "was not captured" in refused(lambda: delete(stage, post))
    assert writes(page) == []
    page._faults.clear()
    delete(stage, post)
    stage.assert_verifies()


def test_a_suspended_account_refuses(stage: Stage) -> None:  # noqa: F811
    x = x_with_remover(stage)
    post = x.publish("Notice")
    stage.capture("spd-x")
    stage.archive.accounts.suspend("spd-x", actor=LOU, reason="review")
    why = refused(lambda: delete(stage, post))
    assert "spd-x is suspended, not approved; an approver runs" in why
    assert taken(stage) == ["asked", "refused"]


def test_nothing_is_removed_through_a_feed(stage: Stage) -> None:  # noqa: F811
    stage.feed().publish("News", "x")
    stage.capture("feed")
    [item] = stage.rows("SELECT platform_id FROM records WHERE kind = 'post'")
    why = refused(lambda: delete(stage, item.platform_id))
    assert "nothing can be deleted or hidden from here; do it where it was published" in why


def test_a_reply_by_others_cannot_be_deleted_on_x_only_hidden(
    stage: Stage,  # noqa: F811
) -> None:
    x = x_with_remover(stage)
    reply = x.comment(x.publish("Road closed"), "Threat", by="nelson")
    stage.capture("spd-x", Window.RECENT)
    stage.later(hours=1)
    why = refused(lambda: delete(stage, reply, family="comment", rule=RULE))
    assert "hide it instead" in why
    assert writes(x) == []


def test_what_the_public_wrote_takes_a_rule_besides_the_reason(
    stage: Stage,  # noqa: F811
) -> None:
    page = page_with_remover(stage)
    comment = page.page.comment(page.page.publish("Road closed"), "You are all wrong")
    stage.capture("fb")
    stage.later(hours=1)
    why = refused(lambda: hide(stage, comment, rule="", reason="we do not like it"))
    assert "Somebody else wrote it: say why it goes, by which rule" in why
    with pytest.raises(UsageError, match="say why"):
        hide(stage, comment, reason=" ")
    assert writes(page) == []


def test_a_rule_that_the_policy_does_not_have_is_refused_with_the_list(
    stage: Stage,  # noqa: F811
) -> None:
    page = page_with_remover(stage)
    comment = page.page.comment(page.page.publish("Road closed"), "You are all wrong")
    stage.capture("fb")
    stage.later(hours=1)
    with pytest.raises(UsageError) as caught:
        hide(stage, comment, rule="off-topic")
    assert 'no rule "off-topic"' in str(caught.value)
    assert "obscene (Transmission of obscene materials); private (" in str(caught.value)
    assert (writes(page), taken(stage)) == ([], [])


def test_the_agencys_own_rules_stand_in_place_of_the_shipped_ones(
    stage: Stage,  # noqa: F811
) -> None:
    page = page_with_remover(stage)
    comment = page.page.comment(page.page.publish("Road closed"), "Buy pills")
    stage.capture("fb")
    stage.later(hours=1)
    archive = stage.archive
    own = Moderation(rules=(PostingRule(code="spam", text="No advertising."),))
    desk = Deletions(archive.database, archive.vault, archive.captures, archive.clock, rules=own)
    with pytest.raises(UsageError, match=r"has: spam \(No advertising\)$"):
        desk.carry_out(order(stage, comment, Removal.HIDE, family="comment", rule="obscene"))
    desk.carry_out(order(stage, comment, Removal.HIDE, family="comment", rule="SPAM"))
    rows = stage.rows("SELECT rule FROM removals WHERE step = 'done'")
    assert [row.rule for row in rows] == ["spam: No advertising."]


def test_a_code_stands_for_one_rule_only() -> None:
    rules = (PostingRule(code="spam", text="One."), PostingRule(code="spam", text="Two."))
    with pytest.raises(ValidationError, match='the code "spam" stands for two rules'):
        Moderation(rules=rules)
    with pytest.raises(ValidationError, match="code"):
        PostingRule(code="No spam: ever", text="One.")


def test_a_permission_that_is_missing_is_named(stage: Stage) -> None:  # noqa: F811
    x = stage.x()  # its tokens only read
    post = x.publish("Notice")
    stage.capture("spd-x")
    stage.later(hours=1)
    why = refused(lambda: delete(stage, post))
    assert "Read and write" in why
    assert x.world.chain(post) is not None
    assert taken(stage) == ["asked", "cleared", "sent", "failed"]
    assert told(stage) == ["removal will", "removal failed"]
    assert stage.findings() == []
    stage.assert_verifies()


def test_a_capture_that_fails_refuses(stage: Stage) -> None:  # noqa: F811
    page = page_with_remover(stage)
    post = page.page.publish("Notice")
    stage.capture("fb")
    stage.later(hours=1)
    page.plan("published_posts", Fault(status=500, body="no"), times=50)
    assert "could not be captured just now" in refused(lambda: delete(stage, post))
    assert writes(page) == []
