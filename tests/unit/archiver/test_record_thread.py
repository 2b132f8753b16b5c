"""What stands above and below a record in its thread."""

from __future__ import annotations

from typing import Any

from archiver.desk.record_thread import arranged
from archiver.model.queries.record_page import Spoken


def spoken(number: int, platform_id: str, parent: str = "", **changed: Any) -> Spoken:
    kind = "comment" if parent else "post"
    values: dict[str, Any] = {
        "family": "comment" if parent else "post", "kind": kind, "author": "", "words": "",
        "published_at": None, "visibility": "public", "presence": "present", "versions": 1,
        **changed,
    }  # fmt: skip
    return Spoken(id=number, platform_id=platform_id, parent_id=parent, **values)


POST = spoken(1, "5")
FIRST = spoken(2, "5", "5")  # a comment with the number of its post, as WordPress may have it
REPLY = spoken(3, "6", "5", kind="reply")
SECOND = spoken(4, "7", "5")
ALL = [POST, FIRST, REPLY, SECOND]


def test_posts_and_comments_of_the_same_number_are_told_apart() -> None:
    thread = arranged(ALL, 3, most=10)
    assert [each.id for each in thread.above] == [1, 2]
    assert thread.beside == 1


def test_answers_stand_under_what_they_answer() -> None:
    thread = arranged(ALL, 1, most=10)
    assert [(each.spoken.id, each.depth) for each in thread.below] == [(2, 1), (3, 2), (4, 1)]
    assert (thread.above, thread.more, thread.beside, thread.missing) == ((), 0, 0, "")


def test_more_answers_than_are_listed_are_counted() -> None:
    thread = arranged(ALL, 1, most=2)
    assert len(thread.below) == 2
    assert thread.more == 1


def test_what_it_answers_is_named_when_it_is_not_held() -> None:
    assert arranged([FIRST], 2, most=10).missing == "5"


def test_two_that_claim_to_answer_each_other_end() -> None:
    one = spoken(1, "a", "b", kind="reply", family="comment")
    other = spoken(2, "b", "a", kind="reply", family="comment")
    thread = arranged([one, other], 1, most=10)
    assert [each.id for each in thread.above] == [2]
    assert {each.spoken.id for each in thread.below} <= {2}


def test_one_that_claims_to_answer_itself_ends() -> None:
    own = spoken(1, "a", "a", kind="reply")
    thread = arranged([own], 1, most=10)
    assert (thread.above, thread.below) == ((), ())
