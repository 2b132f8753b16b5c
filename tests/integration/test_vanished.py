"""What is concluded when something is no longer to be seen: never more than is proved."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from archiver.warc.reader import read_record
from connectors.base import Window
from tests.support.stage import (
    Stage,
    boards,  # noqa: F401 - a fixture
    stage,  # noqa: F401 - a fixture
)

CONFIRM = 11  # minutes; capture.confirm_after is 10


def stages(rows: Iterable[object]) -> list[tuple[str, str, str]]:
    """Stage, presence and evidence of findings."""
    return [(f.stage, f.presence, f.evidence or "") for f in rows]  # type: ignore[attr-defined]


def minute(stamp: object) -> str:
    """Hours and minutes of a stored time."""
    return str(stamp)[11:16]


# -- one thing is gone ------------------------------------------------------------------------


def test_a_missing_post_is_suspected_then_confirmed_with_bounds_and_evidence(
    stage: Stage,  # noqa: F811
) -> None:
    x = stage.x()
    posts = [x.publish(f"Notice {n}") for n in range(5)]
    stage.capture("spd-x")
    stage.later(minutes=20)
    stage.capture("spd-x", Window.RECENT)  # 12:20: seen last
    stage.later(minutes=20)
    x.delete(posts[2])
    stage.later(minutes=20)

    stage.capture("spd-x", Window.RECENT)  # 13:00: first missed

    assert stages(stage.findings()) == [("suspected", "gone", "unknown")]
    assert stage.record(posts[2]).presence == "suspected"
    stage.later(minutes=5)
    stage.capture("spd-x", Window.RECENT)  # too early to ask again
    assert len(stage.findings()) == 1
    stage.later(minutes=CONFIRM)

    stage.capture("spd-x", Window.RECENT)

    suspected, confirmed = stage.findings(posts[2])
    assert stages([confirmed]) == [("confirmed", "gone", "unknown")]
    for finding in (suspected, confirmed):
        assert (minute(finding.not_before), minute(finding.not_after)) == ("12:20", "13:00")
        assert "Could not find" in finding.statement
        [exchange] = stage.rows("SELECT * FROM exchanges WHERE id = :id", id=finding.exchange_id)
        path = stage.archive.vault.path(exchange.segment)
        stored = read_record(path, exchange.response_offset, exchange.response_length)
        assert posts[2].encode() in stored.content
    assert stage.record(posts[2]).presence == "gone"
    assert len(stage.versions(posts[2])) == 1  # what was captured stays
    stage.later(hours=1)
    stage.capture("spd-x")
    assert len(stage.findings()) == 2  # and it is not found again and again
    assert stage.alarms() == []
    stage.assert_verifies()


def test_a_suspicion_that_a_look_up_refutes_is_taken_back(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook()
    posts = [page.page.publish(f"Notice {n}") for n in range(5)]
    stage.capture("fb")
    stage.later(minutes=20)
    page.unseen.add(posts[1])
    stage.capture("fb", Window.RECENT)
    assert stage.record(posts[1]).presence == "suspected"
    page.unseen.clear()
    page.page.withhold(posts[1])  # still not listed, but there
    stage.later(minutes=CONFIRM)
    stage.capture("fb", Window.RECENT)
    assert [f.stage for f in stage.findings(posts[1])] == ["suspected", "back again"]
    assert stage.record(posts[1]).presence == "present"
    stage.assert_verifies()


def test_what_is_listed_again_is_back_again(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook()
    posts = [page.page.publish(f"Notice {n}") for n in range(5)]
    stage.capture("fb")
    page.unseen.add(posts[1])
    for _ in range(2):
        stage.later(minutes=CONFIRM)
        stage.capture("fb", Window.RECENT)
    assert stage.record(posts[1]).presence == "gone"
    page.unseen.clear()
    stage.later(minutes=20)
    stage.capture("fb", Window.RECENT)
    assert [f.stage for f in stage.findings(posts[1])] == ["suspected", "confirmed", "back again"]
    assert stage.record(posts[1]).presence == "present"
    assert len(stage.versions(posts[1])) == 1


def test_an_unlisted_post_that_a_look_up_finds_is_only_seen(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook().page
    posts = [page.publish(f"Notice {n}") for n in range(4)]
    stage.capture("fb")
    page.withhold(posts[1])
    stage.later(minutes=20)
    stage.capture("fb")
    assert stage.findings() == []
    assert minute(stage.record(posts[1]).last_seen) == "12:20"


def test_a_deleted_post_takes_its_long_thread_along_without_an_alarm(stage: Stage) -> None:  # noqa: F811
    site = stage.wordpress()
    posts = [site.publish(f"Notice {n}", "<p>x</p>") for n in range(3)]
    comments = [site.comment(posts[0], f"Shame {n}") for n in range(25)]
    stage.capture("wp")
    stage.later(minutes=20)
    site.delete(posts[0])
    for _ in range(2):
        stage.capture("wp", Window.RECENT)
        stage.later(minutes=CONFIRM)
    assert stage.alarms() == []
    assert stage.record(str(posts[0])).presence == "gone"
    assert {stage.record(str(c), "comment").presence for c in comments} == {"gone"}
    assert stage.record(str(posts[1])).presence == "present"


@pytest.mark.parametrize("window", [Window.RECENT, Window.FULL])
def test_all_comments_of_a_week_may_vanish_without_the_account_being_in_doubt(
    stage: Stage,  # noqa: F811
    window: Window,
) -> None:
    site = stage.wordpress()
    post = site.publish("Notice", "<p>x</p>")
    comments = [site.comment(post, f"Shame {n}") for n in range(3)]
    stage.capture("wp")
    stage.later(minutes=20)
    for comment in comments:
        site.delete_comment(comment)
    stage.capture("wp", window)
    assert stage.alarms() == []
    assert {stage.record(str(c), "comment").presence for c in comments} == {"suspected"}


def test_the_trash_of_a_site_is_the_agencys_own_deletion(stage: Stage) -> None:  # noqa: F811
    site = stage.wordpress()
    posts = [site.publish(f"Notice {n}", "<p>x</p>") for n in range(3)]
    stage.capture("wp")
    stage.later(minutes=20)
    site.trash(posts[0])
    stage.capture("wp", Window.RECENT)
    [finding] = stage.findings()
    assert stages([finding]) == [("state", "trashed", "own deletion")]
    assert (minute(finding.not_before), minute(finding.not_after)) == ("12:00", "12:20")
    record = stage.record(str(posts[0]))
    assert (record.presence, record.visibility, record.versions) == ("present", "trashed", 2)
    stage.later(minutes=20)
    site.delete(posts[0])
    for _ in range(2):
        stage.later(minutes=CONFIRM)
        stage.capture("wp", Window.RECENT)
    assert stages(stage.findings(str(posts[0])))[1:] == [
        ("suspected", "gone", "unknown"),
        ("confirmed", "gone", "unknown"),
    ]


def test_a_post_made_private_is_a_version_and_a_finding(stage: Stage) -> None:  # noqa: F811
    site = stage.wordpress()
    post = site.publish("Notice", "<p>x</p>")
    draft = site.draft("Unfinished", "<p>y</p>")
    stage.capture("wp")
    stage.later(minutes=20)
    site.hide(post)
    site.hide(draft)
    stage.capture("wp", Window.RECENT)
    assert stages(stage.findings()) == [("state", "private", "hidden")]
    assert stage.findings()[0].platform_id == str(post)  # nobody ever saw the draft


def test_without_credentials_a_hidden_post_is_hidden_and_not_deleted(stage: Stage) -> None:  # noqa: F811
    site = stage.wordpress(signed=False)
    posts = [site.publish(f"Notice {n}", "<p>x</p>") for n in range(3)]
    stage.capture("wp")
    stage.later(minutes=20)
    site.hide(posts[0])
    stage.capture("wp", Window.RECENT)
    assert stages(stage.findings(str(posts[0]))) == [("confirmed", "hidden", "hidden")]
    assert stage.record(str(posts[0])).presence == "hidden"


# -- comments ---------------------------------------------------------------------------------


def test_a_hidden_comment_is_hidden_and_never_called_deleted(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook().page
    post = page.publish("Road closed")
    comments = [page.comment(post, f"Comment {n}") for n in range(3)]
    stage.capture("fb")
    stage.later(minutes=20)
    page.hide(comments[1])
    stage.capture("fb", Window.RECENT)
    [finding] = stage.findings()
    assert stages([finding]) == [("state", "hidden", "hidden")]
    assert finding.platform_id == comments[1]
    assert stage.record(comments[1], "comment").presence == "present"
    stage.later(hours=1)
    stage.capture("fb", Window.RECENT)
    assert len(stage.findings()) == 1


def test_a_reply_under_a_removed_comment_is_judged_by_itself(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook().page
    post = page.publish("Road closed")
    others = [page.comment(post, f"Comment {n}") for n in range(3)]
    comment = page.comment(post, "Removed later")
    reply = page.comment(comment, "Stays")
    stage.capture("fb")
    stage.later(minutes=20)
    page.delete(comment, keep_replies=True)
    for _ in range(2):
        stage.capture("fb", Window.RECENT)
        stage.later(minutes=CONFIRM)
    assert stages(stage.findings(comment, "comment"))[-1] == ("confirmed", "gone", "unknown")
    assert stage.record(comment, "comment").presence == "gone"
    assert stage.record(reply, "comment").presence == "present"
    assert {stage.record(c, "comment").presence for c in others} == {"present"}


def test_the_only_comment_cannot_be_judged_without_a_control(stage: Stage) -> None:  # noqa: F811
    page = stage.facebook().page
    post = page.publish("Road closed")
    page.publish("Road open")
    comment = page.comment(post, "The only one")
    stage.capture("fb")
    stage.later(minutes=20)
    page.delete(comment)
    stage.capture("fb", Window.RECENT)
    assert stage.findings() == []
    assert stage.record(comment, "comment").presence == "present"
    assert "nothing was concluded" in stage.notes()
    assert stage.alarms() == []  # nothing that was just listed is missing


def test_a_withheld_post_is_withheld_and_not_gone(stage: Stage) -> None:  # noqa: F811
    x = stage.x()
    posts = [x.publish(f"Notice {n}") for n in range(3)]
    stage.capture("spd-x")
    stage.later(minutes=20)
    x.withhold(posts[0], ["DE", "FR"])
    stage.capture("spd-x", Window.RECENT)
    [finding] = stage.findings()
    assert stages([finding]) == [("state", "withheld", "withheld")]
    assert stage.record(posts[0]).visibility == "withheld"
    stage.later(minutes=20)
    x.withhold(posts[0], [])
    stage.capture("spd-x", Window.RECENT)
    assert [v.visibility for v in stage.versions(posts[0])] == ["public", "withheld", "public"]
