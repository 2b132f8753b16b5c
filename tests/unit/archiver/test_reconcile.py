"""What a look-up means; each rule of `archiver.capture.reconcile`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from archiver.capture.reconcile import FEW, emptied, judge, target_of, with_their_post
from archiver.model.queries.known import Holding
from connectors.base import Evidence, Finding, Kind, Presence, Target

SEEN = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
NOW = SEEN + timedelta(hours=1)


def make_holding(presence: str = "present") -> Holding:
    return Holding(
        record_id=1,
        family="comment",
        platform_id="7",
        kind="reply",
        parent_id="6",
        thread_id="5",
        permalink="https://example/7",
        digest="",
        visibility="public",
        presence=presence,
        last_seen=SEEN,
        version_id=1,
        states={},
        digests=frozenset(),
        media={},
    )


def make_finding(presence: Presence, evidence: Evidence | None = None) -> Finding:
    target = Target(kind=Kind.REPLY, id="7")
    return Finding(
        target=target, presence=presence, exchange="x", evidence=evidence, statement="said"
    )


def judged(
    presence: Presence,
    evidence: Evidence | None = None,
    *,
    held: str = "present",
    controls_hold: bool = True,
    missed_at: datetime | None = None,
) -> tuple[str, str, str] | str:
    """Stage, presence, evidence of the finding; or "seen" or "nothing"."""
    result = judge(
        make_finding(presence, evidence),
        make_holding(held),
        controls_hold=controls_hold,
        at=NOW,
        missed_at=missed_at,
    )
    if result.draft is None:
        return "seen" if result.seen else "nothing"
    return result.draft.stage, result.draft.presence, result.draft.evidence


def test_present_is_a_sight_and_no_finding() -> None:
    assert judged(Presence.PRESENT) == "seen"
    assert judged(Presence.PRESENT, controls_hold=False) == "seen"


def test_a_refuted_suspicion_is_taken_back() -> None:
    assert judged(Presence.PRESENT, held="suspected") == ("back again", "present", "")


def test_a_bare_not_found_is_a_suspicion_and_the_second_one_confirms_it() -> None:
    assert judged(Presence.GONE, Evidence.UNKNOWN) == ("suspected", "gone", "unknown")
    assert judged(Presence.GONE) == ("suspected", "gone", "unknown")
    assert judged(Presence.GONE, held="suspected") == ("confirmed", "gone", "unknown")


@pytest.mark.parametrize(
    "evidence", [Evidence.OWN_DELETION, Evidence.AUTHOR, Evidence.PLATFORM, Evidence.ACCOUNT_CLOSED]
)
def test_a_statement_of_the_platform_counts_at_once(evidence: Evidence) -> None:
    assert judged(Presence.GONE, evidence) == ("confirmed", "gone", evidence.value)


@pytest.mark.parametrize("held", ["present", "suspected"])
@pytest.mark.parametrize("presence", [Presence.GONE, Presence.UNREACHABLE])
@pytest.mark.parametrize("evidence", [None, Evidence.UNKNOWN, Evidence.AUTHOR])
def test_without_a_control_nothing_is_concluded(
    held: str, presence: Presence, evidence: Evidence | None
) -> None:
    assert judged(presence, evidence, held=held, controls_hold=False) == "nothing"


@pytest.mark.parametrize("controls_hold", [True, False])
@pytest.mark.parametrize(
    ("presence", "evidence"),
    [(Presence.HIDDEN, Evidence.HIDDEN), (Presence.WITHHELD, Evidence.WITHHELD)],
)
def test_hidden_and_withheld_are_stated_and_need_no_control(
    presence: Presence, evidence: Evidence, controls_hold: bool
) -> None:
    expected = ("confirmed", presence.value, evidence.value)
    assert judged(presence, evidence, controls_hold=controls_hold) == expected


@pytest.mark.parametrize("presence", [p for p in Presence if p is not Presence.PRESENT])
def test_what_is_known_already_is_not_found_again(presence: Presence) -> None:
    assert judged(presence, held=presence.value) == "nothing"


def test_the_bounds_are_the_last_sight_and_the_first_miss() -> None:
    missed = NOW - timedelta(minutes=30)
    for missed_at, expected in ((None, NOW), (missed, missed)):
        draft = judge(
            make_finding(Presence.GONE),
            make_holding("suspected"),
            controls_hold=True,
            at=NOW,
            missed_at=missed_at,
        ).draft
        assert draft is not None
        assert (draft.not_before, draft.not_after, draft.at) == (SEEN, expected, NOW)


@pytest.mark.parametrize(
    ("missing", "covered", "held", "in_doubt"),
    [
        (1, 1, 1, False),  # a single post may be deleted
        (2, 2, 2, True),  # everything the account held
        (2, 2, 50, False),  # all of a short range
        (3, 4, 4, False),
        (FEW, FEW, 100, False),
        (FEW, FEW, FEW, True),
        (FEW + 1, 2 * FEW + 2, 1000, False),  # just half
        (FEW + 2, 2 * FEW + 3, 1000, True),
        (FEW + 1, FEW + 1, 1000, True),
        (50, 1000, 1000, False),
        (0, 0, 0, False),
    ],
)
def test_when_the_account_is_the_question(
    missing: int, covered: int, held: int, in_doubt: bool
) -> None:
    assert emptied(missing=missing, covered=covered, held=held) is in_doubt


def test_a_thread_that_went_with_its_post_is_counted_once() -> None:
    missing = {
        ("post", "1"): "",
        ("comment", "a"): "1",
        ("comment", "b"): "1",
        ("comment", "c"): "2",
        ("post", "3"): "3",
    }
    assert with_their_post(missing) == 2


def test_a_target_carries_what_a_connector_may_need() -> None:
    assert target_of(make_holding()) == Target(
        kind=Kind.REPLY, id="7", permalink="https://example/7", parent_id="6", thread_id="5"
    )
