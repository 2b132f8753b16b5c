"""A simulated Mastodon server captured into a real archive."""

from __future__ import annotations

import json

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.mastodon import MastodonSimulator
from connectors.base import Window
from tests.support.archive import approved, give_credentials
from tests.support.canaries import Search
from tests.support.stage import (  # noqa: F401 - fixtures
    SharedTime,
    Stage,
    boards,
    stage,
)

SLUG = "spd-mastodon"
TOKEN = 'canaryMastodon0001/+="tok'


def put_up(stage: Stage) -> MastodonSimulator:  # noqa: F811
    sim = MastodonSimulator(SharedTime(stage.clock), token=TOKEN)
    stage._put_up(sim)
    approved(
        stage.archive, "mastodon", "@springfieldpd@city.example", slug=SLUG,
        options={"api": sim.url},
    )  # fmt: skip
    give_credentials(stage.archive, SLUG, access_token=TOKEN)
    return sim


def test_edits_between_two_captures_are_versions_with_their_times(stage: Stage) -> None:  # noqa: F811
    sim = put_up(stage)
    post = sim.publish("One", media=[sim.photo("Map")])
    sim.seed(6)
    stage.capture(SLUG)
    for text in ("Two", "Three"):
        stage.later(minutes=5)
        sim.edit(post, text)
    stage.later(minutes=5)
    stage.capture(SLUG, Window.RECENT)
    versions = stage.versions(post)
    assert sorted(v.words.split("\n")[0] for v in versions) == ["One", "Three", "Two"]
    assert {v.not_before == v.not_after for v in versions if "One" not in v.words} == {True}
    assert all(stage.media(v.id)[0].sha256 for v in versions)
    stage.later(minutes=5)
    assert stage.capture(SLUG).new_versions == 0
    assert stage.capture(SLUG, Window.NEW).new_versions == 0
    stage.assert_verifies()


def test_a_deletion_is_suspected_then_confirmed(stage: Stage) -> None:  # noqa: F811
    sim = put_up(stage)
    ids = sim.seed(12)
    comment = sim.comment(ids[3], "Rude", by="moe")
    stage.capture(SLUG)
    sim.delete(ids[4])
    sim.delete(comment)
    stage.later(hours=1)
    stage.capture(SLUG)
    assert [f.stage for f in stage.findings(ids[4])] == ["suspected"]
    stage.later(days=2)
    stage.capture(SLUG)
    [_, last] = stage.findings(ids[4])
    assert (last.stage, last.evidence) == ("confirmed", "unknown")
    assert [f.stage for f in stage.findings(comment, "comment")] == ["suspected", "confirmed"]
    assert len(stage.findings()) == 4
    stage.assert_verifies()


def test_a_cut_off_walk_resumes_and_no_token_is_written(stage: Stage) -> None:  # noqa: F811
    sim = put_up(stage)
    ids = sim.seed(95)
    sim.publish(f"We lost our key: {TOKEN}")
    told = json.dumps({"error": f"bad token {TOKEN}"})
    sim.plan(f"/{sim.agency.id}/statuses", Fault(status=401, body=told), skip=3)
    outcome = stage.archive.captures.capture(SLUG, Window.FULL)
    assert outcome.error is not None
    assert 0 < stage.value("SELECT count(*) FROM records WHERE family = 'post'") < len(ids)
    stage.capture(SLUG)
    assert stage.value("SELECT count(*) FROM records WHERE family = 'post'") == len(ids) + 1
    stage.assert_verifies()
    assert Search({"token": TOKEN}).home(stage.archive.settings.home) == []
