"""What the Facebook connector answers when asked for single items, and how many there are."""

from __future__ import annotations

import pytest

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.facebook_world import PAGE_ID
from connectors.base import Evidence, Kind, Presence, Target
from tests.unit.connectors.facebook.stage import connector


def target(kind: Kind, name: str) -> Target:
    return Target(kind=kind, id=name)


def test_lookup_tells_present_hidden_and_missing_apart(facebook: FacebookSimulator) -> None:
    page = facebook.page
    post, hidden, deleted = page.publish("A"), page.publish("B"), page.publish("C")
    comment, rude, removed = (page.comment(post, text) for text in "abc")
    page.hide(hidden)
    page.hide(rude)
    page.delete(removed)
    page.delete(deleted)
    targets = [
        target(Kind.POST, post),
        target(Kind.POST, hidden),
        target(Kind.POST, deleted),
        target(Kind.COMMENT, comment),
        target(Kind.REPLY, rude),
        target(Kind.COMMENT, removed),
        target(Kind.PROFILE, PAGE_ID),
    ]
    findings = list(connector(facebook).lookup(targets))
    assert [(finding.presence, finding.evidence) for finding in findings] == [
        (Presence.PRESENT, None),
        (Presence.HIDDEN, Evidence.HIDDEN),
        (Presence.GONE, Evidence.UNKNOWN),
        (Presence.PRESENT, None),
        (Presence.HIDDEN, Evidence.HIDDEN),
        (Presence.GONE, Evidence.UNKNOWN),
        (Presence.PRESENT, None),
    ]
    assert "does not exist, cannot be loaded" in findings[2].statement
    assert len({finding.exchange for finding in findings}) == len(targets)


def test_a_lost_permission_looks_like_a_deletion_so_a_control_is_needed(
    facebook: FacebookSimulator,
) -> None:
    post = facebook.page.publish("Still there")
    facebook.unseen.add(post)
    (finding,) = connector(facebook).lookup([target(Kind.POST, post)])
    assert (finding.presence, finding.evidence) == (Presence.GONE, Evidence.UNKNOWN)
    assert connector(facebook).capabilities.control_lookup


def test_count_is_the_inexact_number_of_published_posts(facebook: FacebookSimulator) -> None:
    facebook.page.seed(7)
    facebook.page.visit("Hello")
    counts = connector(facebook).count()
    assert counts is not None
    assert counts.by_kind == {Kind.POST: 7}
    assert not counts.exact
    assert counts.exchanges


@pytest.mark.parametrize("body", ['{"data":[]}', '{"error":{"message":"No","code":100}}'])
def test_count_is_unknown_when_facebook_does_not_tell(
    facebook: FacebookSimulator, body: str
) -> None:
    status = 400 if "error" in body else 200
    facebook.plan(
        "published_posts",
        Fault(status=status, body=body, headers={"Content-Type": "application/json"}),
    )
    assert connector(facebook).count() is None
