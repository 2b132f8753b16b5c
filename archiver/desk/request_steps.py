"""The way of a request from intake to closing, as a list: what is done, and what comes next.

Nothing is decided here; the acts themselves refuse what is not possible. A request that gives
nothing out (withdrawn, denied, no records) skips to its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from archiver.desk.requests import RequestStanding
from archiver.desk.review import Progress
from archiver.model.queries.productions import DELIVERED, DONE


class Stage(StrEnum):
    """One step of the way."""

    ACKNOWLEDGE = "acknowledge"
    FREEZE = "freeze"
    SEARCH = "search"
    REVIEW = "review"
    CHECK = "check"  # the second look
    PRODUCE = "produce"
    DELIVER = "deliver"
    CLOSE = "close"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step as it stands. `now`: it is the first that is not done. `left` is how many items
    are still to be decided or looked at."""

    stage: Stage
    done: bool
    now: bool = False
    left: int = 0


def steps(
    standing: RequestStanding, review: Progress | None, *, second_review: bool
) -> tuple[Step, ...]:
    """The steps in their order. `review`: how far that of the newest result set is, None
    without one; `second_review`: a second person looks at each decision."""
    closed = standing.entry.state == "closed"
    found: list[Step] = []
    for stage, done, left in _stages(standing, review, second_review=second_review):
        now = not closed and not done and not any(each.now for each in found)
        found.append(Step(stage=stage, done=done, now=now, left=left))
    return tuple(found)


def to_look_at(review: Progress) -> int:
    """How many decided items wait for the second look, or were disputed in it."""
    return review.size - review.undecided - review.checked


def _stages(
    standing: RequestStanding, review: Progress | None, *, second_review: bool
) -> Iterator[tuple[Stage, bool, int]]:
    acts = {each.action for each in standing.history}
    states = {each.state for each in standing.productions}
    undecided = review.undecided if review else 0
    waiting = to_look_at(review) if review else 0
    decided = review is not None and undecided == 0
    yield Stage.ACKNOWLEDGE, "acknowledged" in acts, 0
    yield Stage.FREEZE, bool(standing.entry.hold), 0
    yield Stage.SEARCH, review is not None, 0
    yield Stage.REVIEW, decided, undecided
    if second_review:
        yield Stage.CHECK, decided and waiting == 0, waiting
    yield Stage.PRODUCE, bool(states & {DONE, DELIVERED}), 0
    yield Stage.DELIVER, DELIVERED in states, 0
    yield Stage.CLOSE, standing.entry.state == "closed", 0
