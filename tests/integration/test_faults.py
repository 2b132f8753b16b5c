"""What a platform can do wrong, for each platform, through the whole engine.

Every fault ends the capture in a bounded way, stands in words in the status, and loses
nothing: once it is over, a walk brings exactly what an archive without the fault holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from archiver.capture.schedule import LOOK_BACK, next_due, past_of
from archiver.demo.simulators.base import Fault, Loopback
from archiver.demo.simulators.facebook import FacebookSimulator
from archiver.demo.simulators.feeds import FeedSite
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.demo.simulators.x import XSimulator
from archiver.model.queries import browse, health
from archiver.model.queries.watch import steps_since
from archiver.wiring import Archive
from connectors.base import Window
from tests.support.clock import NOON, FakeClock
from tests.support.faulty import (
    MAKERS,
    PLATFORMS,
    SLUG,
    Platform,
    archive_of,
    assert_nothing_is_lost,
    assert_told,
    condition_of,
    holdings,
    mend,
    walk_to_the_end,
)

# --- the faults, by name; each says what the platform does, and the codes it may be given


def _planned(fault: Fault, *, skip: int = 1) -> Callable[[Platform], None]:
    """Good pages first, then the fault until it is mended."""

    def break_(platform: Platform) -> None:
        platform.sim.plan(platform.lists, fault, times=10_000, skip=skip)

    return break_


def _token_expires(platform: Platform) -> None:
    match platform.sim:
        case FacebookSimulator() as facebook:
            facebook.expire_token()
        case XSimulator() as x:
            x.credentials = replace(x.credentials, access_token="501-new", bearer_token="new")
        case WordPressSimulator() as site:
            site.users["records"] = replace(site.users["records"], application_password="new one")
        case FeedSite() as feed:
            feed._user = ("clerk-of-records", "a new one")


def _permission_goes(platform: Platform) -> None:
    match platform.sim:
        case FacebookSimulator() as facebook:
            facebook.scopes.discard("pages_read_engagement")
        case WordPressSimulator() as site:
            refused = {"code": "rest_forbidden", "message": "Sorry, you are not allowed."}
            site.plan("/wp/v2/posts", Fault(status=403, body=json.dumps(refused)), times=10_000)
        case XSimulator() as x:
            said = {"title": "Forbidden", "type": "about:blank", "status": 403, "detail": "No."}
            x.plan("/tweets", Fault(status=403, body=json.dumps(said)), times=10_000)
        case FeedSite() as feed:
            feed.plan("/", Fault(status=403), times=10_000)


def _leads_inside(platform: Platform) -> None:
    port = platform.sim.url.rpartition(":")[2]
    target = {"Location": f"http://127.0.0.2:{port}/latest/meta-data/"}
    platform.sim.plan(platform.lists, Fault(status=302, headers=target), times=10_000)


FAULTS: Mapping[str, tuple[Callable[[Platform], None], set[str]]] = {
    "token expired": (_token_expires, {"credentials refused"}),
    "permission lost": (_permission_goes, {"permission lost"}),
    "server error": (_planned(Fault(status=500, body="Oops")), {"transient"}),
    "bad gateway": (_planned(Fault(status=502, body="<h1>Bad</h1>"), skip=0), {"transient"}),
    "broken JSON": (_planned(Fault(break_json=True)), {"bad answer"}),
    "truncated": (_planned(Fault(cut_after=200)), {"bad answer", "transient"}),
    "truncated at once": (_planned(Fault(cut_after=0), skip=0), {"bad answer", "transient"}),
    "a page instead": (
        _planned(Fault(status=200, body="<!doctype html><p>Please sign in</p>")),
        {"bad answer"},
    ),
    "private address": (_leads_inside, {"address refused"}),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", PLATFORMS)
def test_a_fault_is_named_and_loses_nothing(
    name: str, fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    platform, clock = MAKERS[name](), FakeClock()
    break_, codes = FAULTS[fault]
    with Loopback() as loopback:
        loopback.serve(platform.sim)
        with archive_of(tmp_path / "archive", platform, clock) as archive:
            break_(platform)
            outcome = archive.captures.capture(SLUG, Window.FULL)

            assert outcome.error is not None
            assert outcome.error.code in codes, outcome.error_text
            assert not outcome.finished
            assert len(platform.sim.seen) < 100
            assert_told(archive, outcome, capsys)
            before = holdings(archive)

            mend(platform)
            clock.advance(hours=1)
            assert_nothing_is_lost(archive, platform, tmp_path / "reference")
            assert before <= holdings(archive)


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_fault_once_something_is_held_marks_nothing_as_gone(name: str, tmp_path: Path) -> None:
    platform, clock = MAKERS[name](), FakeClock()
    with Loopback() as loopback:
        loopback.serve(platform.sim)
        with archive_of(tmp_path / "archive", platform, clock) as archive:
            for window in Window:
                archive.captures.capture(SLUG, window)
            walk_to_the_end(archive)
            before = holdings(archive)
            for break_, _ in FAULTS.values():
                break_(platform)
                for window in Window:
                    clock.advance(hours=1)
                    archive.captures.capture(SLUG, window)
                mend(platform)
                with archive.database.read() as connection:
                    assert browse.list_findings(connection) == []
            assert holdings(archive) == before


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_platform_that_does_not_answer_in_time_is_given_up(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    platform = MAKERS[name]()
    with Loopback() as loopback:
        loopback.serve(platform.sim)
        with archive_of(tmp_path / "archive", platform, read_timeout="0.2s", retries=0) as archive:
            platform.sim.plan(platform.lists, Fault(delay=0.6), times=10_000, skip=1)
            outcome = archive.captures.capture(SLUG, Window.FULL)
            assert outcome.error is not None
            assert outcome.error.code == "transient"
            assert_told(archive, outcome, capsys)
            mend(platform)
            assert_nothing_is_lost(archive, platform, tmp_path / "reference")


def _too_many(platform: Platform) -> datetime:
    """The platform's own way to ask for a pause; returns until when."""
    headers: dict[str, str]
    match platform.sim:
        case FacebookSimulator() as facebook:
            facebook.usage, facebook.regain_minutes = 100, 25
            return NOON + timedelta(minutes=25)
        case XSimulator():
            until = NOON + timedelta(minutes=11)
            headers = {
                "x-rate-limit-limit": "900",
                "x-rate-limit-remaining": "0",
                "x-rate-limit-reset": str(int(until.timestamp())),
            }
        case WordPressSimulator():
            until = NOON + timedelta(minutes=7)
            headers = {"Retry-After": "420"}
        case _:
            until = NOON + timedelta(minutes=9)
            headers = {"Retry-After": format_datetime(until, usegmt=True)}
    fault = Fault(status=429, headers=headers, body=json.dumps({"title": "Too Many Requests"}))
    platform.sim.plan(platform.lists, fault, times=10_000, skip=1)
    return until


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_rate_limit_holds_the_next_run_back_until_the_platform_said(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    platform, clock = MAKERS[name](), FakeClock()
    with Loopback() as loopback:
        loopback.serve(platform.sim)
        with archive_of(tmp_path / "archive", platform, clock) as archive:
            until = _too_many(platform)
            outcome = archive.captures.capture(SLUG, Window.NEW)
            if outcome.error is None:  # the newest page was enough
                outcome = archive.captures.capture(SLUG, Window.FULL)

            assert outcome.error is not None
            assert outcome.error.code == "rate limited"
            assert_told(archive, outcome, capsys)
            assert condition_of(archive).state.not_before == until
            assert _next_run(archive) >= until

            mend(platform)
            clock.advance(hours=1)
            assert_nothing_is_lost(archive, platform, tmp_path / "reference")
            assert condition_of(archive).state.not_before is None


def _next_run(archive: Archive) -> datetime:
    now = archive.clock.now()
    account_id = archive.accounts.get(SLUG).id
    with archive.database.read() as connection:
        walks = browse.walks_of(connection, account_id)
        steps = steps_since(connection, account_id, since=now - LOOK_BACK)
        state = health.state(connection, account_id)
    intervals = archive.settings.sections.capture.intervals
    return next_due(state, past_of(walks, steps), intervals, now).at
