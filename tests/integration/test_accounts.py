"""Nothing is captured that a named approver has not approved, and one account never hinders
another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from archiver.demo.simulators.base import Fault
from archiver.desk.accounts import Basis
from archiver.errors import BusyError, NotFoundError, RefusedError, UsageError
from archiver.ledger.chain import faults
from archiver.model.queries import ledger
from connectors.base import Window
from tests.support.archive import APPROVER, PROPOSER, approved, propose
from tests.support.stage import (
    Board,
    Stage,
    boards,  # noqa: F401 - a fixture
    make_stage,
    stage,  # noqa: F401 - a fixture
)

FEED = "https://police.springfield.example/feed/"


# -- proposing --------------------------------------------------------------------------------


def test_a_proposal_is_kept_with_everything_that_was_said(stage: Stage) -> None:  # noqa: F811
    entry = propose(stage.archive, "feed", FEED, options={"comments": "no"})
    assert entry.state == "proposed"
    assert entry.slug == "feed-police-springfield-example-feed"
    assert (entry.proposed_by, entry.custodian) == (PROPOSER, "Records Clerk")
    assert entry.proposed_at == stage.clock.now()
    assert entry.options == {"comments": "no"}
    assert entry.approved_by is None


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"custodian": " "}, "the custodian"),
        ({"business_case": ""}, "the business case"),
        ({"terms_reviewed_by": ""}, "who reviewed the terms"),
        ({"proposed_by": ""}, "who proposes it"),
        ({"basis": Basis.WORKING_HOURS}, "whose account it is"),
        ({"options": {"colour": "red"}}, 'no option "colour"'),
        ({"slug": "Not A Name"}, "is no name for an account"),
        ({"platform": "myspace"}, 'no platform "myspace"'),
    ],
)
def test_an_incomplete_proposal_is_refused_with_what_is_missing(
    stage: Stage,  # noqa: F811
    changed: dict[str, object],
    named: str,
) -> None:
    platform = str(changed.pop("platform", "feed"))
    with pytest.raises(UsageError, match=named):
        propose(stage.archive, platform, FEED, **changed)
    assert stage.archive.accounts.all() == []
    assert stage.value("SELECT count(*) FROM ledger") == 0


def test_an_account_is_entered_once(stage: Stage) -> None:  # noqa: F811
    propose(stage.archive, "feed", FEED)
    with pytest.raises(UsageError, match="in the registry already"):
        propose(stage.archive, "feed", FEED, slug="another")
    with pytest.raises(UsageError, match="in the registry already"):
        propose(stage.archive, "feed", FEED + "2", slug="feed-police-springfield-example-feed")


# -- approving --------------------------------------------------------------------------------


def test_a_proposed_account_is_not_captured(stage: Stage) -> None:  # noqa: F811
    feed = stage.boards[0]
    entry = propose(stage.archive, "feed", f"{feed.url}/feed.rss")
    with pytest.raises(RefusedError, match="is proposed, not approved"):
        stage.archive.captures.capture(entry.slug, Window.NEW)
    assert stage.value("SELECT count(*) FROM runs") == 0


def test_the_proposer_does_not_approve(stage: Stage) -> None:  # noqa: F811
    entry = propose(stage.archive, "feed", FEED, proposed_by=APPROVER)
    for spelled in (APPROVER, APPROVER.upper()):
        with pytest.raises(RefusedError, match="another approver must approve it"):
            stage.archive.accounts.approve(entry.slug, approver=spelled)
    assert stage.archive.accounts.get(entry.slug).state == "proposed"


@pytest.mark.parametrize("spelled", [f" {APPROVER}", f"{APPROVER} ", APPROVER.replace(" ", "  ")])
def test_blanks_do_not_make_the_proposer_another_person(stage: Stage, spelled: str) -> None:  # noqa: F811
    entry = propose(stage.archive, "feed", FEED, proposed_by=spelled)
    with pytest.raises(RefusedError):
        stage.archive.accounts.approve(entry.slug, approver=APPROVER)


def test_only_a_named_approver_approves(stage: Stage) -> None:  # noqa: F811
    entry = propose(stage.archive, "feed", FEED)
    with pytest.raises(RefusedError, match=f"names: {APPROVER}"):
        stage.archive.accounts.approve(entry.slug, approver="Snake Jailbird")
    with pytest.raises(NotFoundError, match=f"there are: {entry.slug}"):
        stage.archive.accounts.approve("nothing", approver=APPROVER)


def test_an_approval_ends_for_the_annual_review_and_is_renewed(stage: Stage) -> None:  # noqa: F811
    stage.feed().seed(2)
    stage.later(days=364)
    stage.capture("feed")
    stage.later(days=1)
    with pytest.raises(RefusedError, match="ended on 2027-11-24 for its annual review"):
        stage.archive.captures.capture("feed", Window.NEW)
    entry = stage.archive.accounts.approve("feed", approver=APPROVER)
    assert entry.approval_ends is not None
    assert (entry.approval_ends - stage.clock.now()).days == 365
    stage.capture("feed")


def test_a_suspended_account_is_not_captured_and_is_a_gap(stage: Stage) -> None:  # noqa: F811
    stage.feed().seed(2)
    stage.capture("feed")
    stage.later(hours=1)
    with pytest.raises(UsageError, match="say why"):
        stage.archive.accounts.suspend("feed", actor="Clerk", reason=" ")
    stage.archive.accounts.suspend("feed", actor="Clerk", reason="moved to another site")
    with pytest.raises(RefusedError, match="is suspended, not approved"):
        stage.archive.captures.capture("feed", Window.NEW)
    [gap] = stage.rows("SELECT * FROM gaps")
    assert (gap.kind, gap.ended, str(gap.began)[:16]) == ("suspended", None, "2026-11-24 13:00")
    assert "moved to another site" in gap.reason
    stage.archive.accounts.approve("feed", approver=APPROVER)
    stage.capture("feed")


def test_every_act_is_in_the_history_and_in_the_ledger(stage: Stage) -> None:  # noqa: F811
    entry = approved(stage.archive, "feed", FEED)
    stage.later(days=2)
    stage.archive.accounts.suspend(entry.slug, actor="Clerk", reason="moved")
    stage.later(days=1)
    stage.archive.accounts.approve(entry.slug, approver=APPROVER.upper(), note="back")
    history = stage.archive.accounts.history(entry.slug)
    assert [(e.action, e.actor) for e in history] == [
        ("proposed", PROPOSER),
        ("approved", APPROVER),
        ("suspended", "Clerk"),
        ("approved", APPROVER),
    ]
    assert [e.at.day for e in history] == [24, 24, 26, 27]
    assert history[3].detail["note"] == "back"
    with stage.database.read() as connection:
        lines = list(ledger.lines(connection))
    assert list(faults(lines)) == []
    assert [line.kind for line in lines] == [f"account {e.action}" for e in history]
    assert json.loads(lines[2].body)["reason"] == "moved"
    assert json.loads(lines[0].body)["account"] == entry.slug


# -- one account and the others ---------------------------------------------------------------


def test_an_account_is_captured_once_at_a_time(stage: Stage) -> None:  # noqa: F811
    stage.feed().seed(2)
    stage.wordpress().seed(2)
    with stage.archive.captures.lock("feed"):
        with pytest.raises(BusyError, match="feed is being captured already"):
            stage.archive.captures.capture("feed", Window.NEW)
        assert stage.capture("wp").finished
    assert stage.capture("feed").finished


def test_unusable_credentials_are_a_fault_of_the_account_that_its_state_shows(
    stage: Stage,  # noqa: F811
) -> None:
    stage.facebook()
    place = stage.archive.credentials.place("fb", "page_token")
    place.chmod(0o644)
    outcome = stage.archive.captures.capture("fb", Window.NEW)
    assert outcome.error is not None
    assert outcome.error.code == "misconfigured"
    assert "chmod 600" in outcome.error_text
    place.unlink()
    outcome = stage.archive.captures.capture("fb", Window.NEW)
    assert "lacks the credential page_token" in outcome.error_text
    state = stage.rows("SELECT * FROM account_state")[0]
    assert (state.failures, state.error_code) == (2, "misconfigured")


def test_one_dead_account_stops_no_other(tmp_path: Path, boards: tuple[Board, ...]) -> None:  # noqa: F811
    with make_stage(tmp_path, boards) as on:
        feed, page = on.feed(slug="a-feed"), on.facebook(slug="b-page")
        site, x = on.wordpress(slug="c-site"), on.x(slug="d-x")
        feed.seed(3)
        page.page.seed(3)
        site.seed(3)
        x.seed(3)
        feed.plan("/feed", Fault(status=404), times=50)
        page.expire_token()
        on.archive.credentials.place("d-x", "access_token").chmod(0o644)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ARCHIVER_")}
        done = subprocess.run(
            [
                *(sys.executable, "-m", "archiver", "--home", str(on.archive.settings.home)),
                *("capture", "--all", "--json"),
            ],
            cwd=Path(__file__).parents[2],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 7, done.stderr
        told = json.loads(done.stdout)
        assert [told[name]["error_code"] for name in ("a-feed", "b-page", "d-x")] == [
            "transient",
            "credentials refused",
            "misconfigured",
        ]
        assert told["c-site"]["error_code"] is None
        assert told["c-site"]["new_records"] > 3
        assert page.token not in done.stdout + done.stderr
