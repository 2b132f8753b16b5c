"""Is what was read new, and when did it come to be?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.diff import Change, Known, after, bounds, change, removal_stated
from archiver.model.manifest import VersionDraft
from connectors.base import Evidence
from tests.unit.archiver.test_manifest import make_version

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def hours(number: float) -> datetime:
    return NOON + timedelta(hours=number)


def state(
    digest: str, *, key: str = "", superseded: bool = False, **changed: object
) -> VersionDraft:
    fields = {"captured_at": NOON, "edited_at": None, "published_at": None, "media": (), **changed}
    return make_version(digest=digest, version_key=key, superseded=superseded, **fields)


def known_after(*states: VersionDraft) -> Known:
    known: Known | None = None
    for each in states:
        known = after(each, known)
    assert known is not None
    return known


def test_the_first_state_is_first() -> None:
    assert change(state("a"), None) is Change.FIRST
    assert change(state("a", superseded=True), None) is Change.FIRST


def test_a_state_that_reads_as_the_current_one_is_the_same() -> None:
    assert change(state("a"), known_after(state("a"))) is Change.SAME


@pytest.mark.parametrize("keyed", [False, True])
def test_there_and_back_is_an_edit_each_time(keyed: bool) -> None:
    def named(digest: str) -> VersionDraft:
        return state(digest, key=digest if keyed else "")

    known = known_after(named("a"))
    for digest in ("b", "a", "b", "a"):
        assert change(named(digest), known) is Change.EDIT
        known = after(named(digest), known)
        assert change(named(digest), known) is Change.SAME


def test_the_same_revision_that_reads_differently_is_an_edit() -> None:
    known = known_after(state("a", key="1"))
    assert change(state("b", key="1"), known) is Change.EDIT


def test_a_past_state_is_told_once() -> None:
    known = known_after(state("c", key="3"))
    for digest, key in (("a", "1"), ("b", "2")):
        past = state(digest, key=key, superseded=True)
        assert change(past, known) is Change.HISTORIC
        known = after(past, known)
        assert change(past, known) is Change.SAME
    assert known.digest == "c"  # the present is not touched


def test_past_states_without_keys_are_told_once_each() -> None:
    past = [state(digest, superseded=True) for digest in ("a", "b")]
    known = known_after(*past, state("c"))
    assert [change(each, known) for each in past] == [Change.SAME, Change.SAME]


def test_what_was_current_once_is_no_news_as_a_past_state() -> None:
    known = known_after(state("a", key="1"), state("b", key="2"))
    assert change(state("a", key="1", superseded=True), known) is Change.SAME


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=12))
def test_as_many_versions_as_changes(seen: list[str]) -> None:
    known: Known | None = None
    versions = []
    for digest in seen:
        if change(state(digest), known) is not Change.SAME:
            versions.append(digest)
            known = after(state(digest), known)
    assert versions == [d for n, d in enumerate(seen) if n == 0 or seen[n - 1] != d]


# -- time bounds ------------------------------------------------------------------------------


def bounded(
    kind: Change,
    known: Known | None,
    *,
    edited: datetime | None = None,
    published: datetime | None = None,
) -> tuple[datetime | None, datetime]:
    return bounds(kind, known, edited_at=edited, published_at=published, seen_at=hours(5))


def test_a_first_state_came_after_its_publication() -> None:
    assert bounded(Change.FIRST, None, published=hours(1)) == (hours(1), hours(5))
    assert bounded(Change.FIRST, None) == (None, hours(5))


def test_an_edit_seen_by_comparing_lies_between_two_sights() -> None:
    known = replace(known_after(state("a")), last_seen=hours(2))
    assert bounded(Change.EDIT, known, published=hours(1)) == (hours(2), hours(5))


def test_a_stated_edit_time_is_exact() -> None:
    known = replace(known_after(state("a")), last_seen=hours(2))
    assert bounded(Change.EDIT, known, edited=hours(3)) == (hours(3), hours(3))
    assert bounded(Change.FIRST, None, edited=hours(3)) == (hours(3), hours(3))
    assert bounded(Change.HISTORIC, known, edited=hours(1)) == (hours(1), hours(1))


def test_an_edit_time_that_was_seen_before_does_not_date_another_change() -> None:
    known = replace(known_after(state("a")), last_seen=hours(2))
    assert bounded(Change.EDIT, known, edited=hours(1)) == (hours(2), hours(5))


def test_a_current_state_after_past_ones_of_the_same_capture_keeps_its_stated_time() -> None:
    first = state("a", key="1", superseded=True, published_at=hours(1), captured_at=hours(5))
    known = known_after(first)
    assert bounded(Change.EDIT, known, edited=hours(3)) == (hours(3), hours(3))
    assert bounded(Change.EDIT, known) == (hours(1), hours(5))


# -- out of the public's sight ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "evidence"),
    [
        ("public", "hidden", Evidence.HIDDEN),
        ("public", "withheld", Evidence.WITHHELD),
        ("public", "trashed", Evidence.OWN_DELETION),
        ("unlisted", "private", Evidence.HIDDEN),
        ("public", "draft", Evidence.HIDDEN),
        ("public", "spam", Evidence.HIDDEN),
        ("public", "pending", Evidence.HIDDEN),
        ("private", "trashed", Evidence.OWN_DELETION),
        ("pending", "spam", None),  # the public never saw it
        ("draft", "private", None),
        ("public", "unlisted", None),
        ("hidden", "public", None),
        ("hidden", "hidden", None),
    ],
)
def test_a_state_may_say_that_the_public_no_longer_sees_it(
    before: str, now: str, evidence: Evidence | None
) -> None:
    known = known_after(state("a", visibility=before))
    assert removal_stated(state("b", visibility=now), known) is evidence


def test_nothing_is_stated_of_first_and_of_past_states() -> None:
    assert removal_stated(state("a", visibility="hidden"), None) is None
    known = known_after(state("a"))
    assert removal_stated(state("b", visibility="hidden", superseded=True), known) is None
