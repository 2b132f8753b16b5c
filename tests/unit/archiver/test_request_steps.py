"""The steps of a request: what is done, and which one is next."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from archiver.desk.request_steps import Stage, Step, steps, to_look_at
from archiver.desk.requests import RequestStanding
from archiver.desk.review import Progress
from archiver.model.queries.requests import ProductionLine, RequestEntry, RequestEvent

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def standing(
    *acts: str, hold: str = "", state: str = "open", productions: tuple[str, ...] = ()
) -> RequestStanding:
    entry = RequestEntry(
        id=1, number="2026-0001", kind="public", requester="Marge", organisation="", contact="",
        channel="mail", text="All", received_at=NOON, received_on=date(2026, 11, 24), state=state,
        routed_to="records clerk", hold=hold, opened_by="Lisa", opened_at=NOON,
    )  # fmt: skip
    return RequestStanding(
        entry=entry,
        deadlines=(),
        next=None,
        late=False,
        paused=False,
        history=tuple(
            RequestEvent(at=NOON, day=date(2026, 11, 24), actor="Lisa", action=each, detail={})
            for each in acts
        ),
        productions=tuple(
            ProductionLine(
                request="2026-0001", number=place, state=each, prefix="SPD-", first=1, last=1,
                folder=f"2026-0001-{place}", made_by="Lisa", made_at=NOON, finished_at=None,
                manifest_sha256="",
            )
            for place, each in enumerate(productions, start=1)
        ),
    )  # fmt: skip


def review(*, undecided: int = 0, checked: int = 10) -> Progress:
    return Progress(
        size=10, release=10 - undecided, withhold=0, redact=0, undecided=undecided,
        checked=checked, disputed=0,
    )  # fmt: skip


def next_of(found: tuple[Step, ...]) -> list[Stage]:
    return [each.stage for each in found if each.now]


@pytest.mark.parametrize(
    ("given", "progress", "expected"),
    [
        (standing("received"), None, Stage.ACKNOWLEDGE),
        (standing("acknowledged"), None, Stage.FREEZE),
        (standing("acknowledged", hold="h"), None, Stage.SEARCH),
        (standing("acknowledged", hold="h"), review(undecided=4), Stage.REVIEW),
        (standing("acknowledged", hold="h"), review(checked=3), Stage.CHECK),
        (standing("acknowledged", hold="h"), review(), Stage.PRODUCE),
        (
            standing("acknowledged", hold="h", productions=("abandoned", "begun")),
            review(),
            Stage.PRODUCE,
        ),
        (standing("acknowledged", hold="h", productions=("done",)), review(), Stage.DELIVER),
        (standing("acknowledged", hold="h", productions=("delivered",)), review(), Stage.CLOSE),
    ],
)
def test_the_first_step_that_is_not_done_is_next(
    given: RequestStanding, progress: Progress | None, expected: Stage
) -> None:
    assert next_of(steps(given, progress, second_review=True)) == [expected]


def test_of_a_closed_request_nothing_is_next_whatever_was_left_out() -> None:
    found = steps(standing("closed", state="closed"), None, second_review=True)
    assert next_of(found) == []
    assert [each.stage for each in found if each.done] == [Stage.CLOSE]


def test_there_is_no_second_look_where_the_agency_asks_for_none() -> None:
    given = standing("acknowledged", hold="h")
    found = steps(given, review(checked=0), second_review=False)
    assert Stage.CHECK not in [each.stage for each in found]
    assert next_of(found) == [Stage.PRODUCE]


def test_what_is_left_is_counted() -> None:
    found = steps(standing(), review(undecided=4, checked=1), second_review=True)
    left = {each.stage: each.left for each in found}
    assert (left[Stage.REVIEW], left[Stage.CHECK]) == (4, 5)
    assert to_look_at(review(undecided=4, checked=1)) == 5
