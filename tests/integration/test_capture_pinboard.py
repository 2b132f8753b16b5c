"""Pinboard through the whole engine: versions, deletions, resumed walks, and no token anywhere."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from archiver.demo.simulators.base import Fault
from archiver.demo.simulators.pinboard import PinboardSimulator
from connectors.base import Kind, Target, Window
from connectors.errors import Unsettled
from connectors.removals import Removal
from tests.support.archive import approved, give_credentials
from tests.support.canaries import Search
from tests.support.stage import (
    SharedTime,
    Stage,
    boards,  # noqa: F401 - a fixture
    stage,  # noqa: F401 - a fixture
)

SLUG = "pins"


def put_up(stage: Stage, **options: str) -> PinboardSimulator:  # noqa: F811
    sim = PinboardSimulator(SharedTime(stage.clock))
    stage._put_up(sim)
    options = {"api": f"{sim.url}/v1", **options}
    approved(stage.archive, "pinboard", "springfieldpd", slug=SLUG, options=options)
    give_credentials(stage.archive, SLUG, token=sim.token)
    return sim


def test_edits_are_versions_and_a_deletion_is_found(stage: Stage) -> None:  # noqa: F811
    sim = put_up(stage)
    addresses = sim.seed(5)
    hash_ = sim.add("https://a.example/", "Evergren", tags=["roads"])
    stage.capture(SLUG)
    stage.later(hours=1)
    sim.edit("https://a.example/", title="Evergreen")
    sim.delete(addresses[0])
    stage.capture(SLUG, Window.NEW)
    first, second = stage.versions(hash_)
    assert first.version_key != second.version_key
    [finding] = stage.findings()
    assert (finding.stage, finding.presence) == ("suspected", "gone")
    stage.later(days=3)
    stage.capture(SLUG)
    assert [f.stage for f in stage.findings()] == ["suspected", "confirmed"]
    stage.assert_verifies()


def test_a_large_account_is_read_in_several_runs(stage: Stage) -> None:  # noqa: F811
    sim = put_up(stage, per_call="100")
    sim.seed(150)
    outcome = stage.archive.captures.capture(SLUG, Window.FULL)
    assert outcome.error is not None
    assert outcome.error.code == "rate limited"
    assert stage.value("SELECT count(*) FROM records WHERE family = 'post'") == 100
    stage.later(minutes=6)
    assert stage.capture(SLUG).finished
    assert stage.value("SELECT count(*) FROM records WHERE family = 'post'") == 150
    assert [seen.path for seen in sim.seen].count("/v1/tags/get") == 1  # it did not begin anew
    assert stage.findings() == []


def test_the_token_is_in_no_record_log_or_error(
    stage: Stage,  # noqa: F811
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sim = put_up(stage)
    sim.add(f"https://leak.example/?auth_token={sim.token}", sim.token, note=sim.key)
    with caplog.at_level(logging.DEBUG):
        caplog.handler.addFilter(stage.archive.captures.secrets.log_filter())
        stage.capture(SLUG)
        stage.later(minutes=6)
        sim.plan("/posts/all", Fault(status=500, body=sim.token), times=9)
        outcome = stage.archive.captures.capture(SLUG, Window.FULL)
    assert outcome.error is not None
    search = Search({"token": sim.token, "key": sim.key})
    assert search.home(tmp_path / "home") == []
    assert search.data(caplog.text.encode() + outcome.error_text.encode(), "log") == []
    assert search.data(sim.token.encode(), "here")  # the search would find it


def test_a_deletion_is_sent_once_though_it_is_a_get(stage: Stage) -> None:  # noqa: F811
    sim = put_up(stage)
    hash_ = sim.add("https://a.example/", "x")
    captures = stage.archive.captures
    sim.plan("/posts/delete", Fault(status=502), times=5)
    asked = Target(kind=Kind.POST, id=hash_, permalink="https://a.example/")
    with (
        captures.at_work(captures.approved(SLUG), removing=True) as (connector, _),
        pytest.raises(Unsettled),
    ):
        connector.remove(asked, Removal.DELETE)
    assert [seen.path for seen in sim.seen].count("/v1/posts/delete") == 1
