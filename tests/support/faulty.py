"""The simulated platforms as the fault tests need them: each with a past, in an archive.

`MAKERS` builds them by name; `archive_of` opens an archive with the platform's one account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from archiver.capture.walk import Outcome
from archiver.cli.main import run
from archiver.demo.simulators.base import SimulatedTime, Simulator
from archiver.demo.simulators.facebook import SCOPES, FacebookSimulator
from archiver.demo.simulators.feeds import FeedSite
from archiver.demo.simulators.wordpress import WordPressSimulator
from archiver.demo.simulators.x import XSimulator
from archiver.desk.status import AccountStatus, status
from archiver.desk.verify import verify
from archiver.wiring import Archive
from connectors.base import Window
from tests.support.archive import approved, give_credentials, make_archive
from tests.support.clock import NOON, FakeClock

PLATFORMS = ("facebook", "feed", "wordpress", "x")
SLUG = "account"
PAST = 12  # posts


@dataclass
class Platform:
    """A simulated platform with a past, and how it says what is wrong."""

    name: str
    sim: Simulator
    address: Callable[[str], str]
    credentials: Mapping[str, str]
    lists: str  # part of the path that lists the posts
    options: Mapping[str, str] = field(default_factory=dict)
    takes_api: bool = False

    def account_options(self) -> Mapping[str, str]:
        return {**self.options, **({"api": self.sim.url} if self.takes_api else {})}


def _facebook() -> Platform:
    sim = FacebookSimulator(SimulatedTime(NOON))
    sim.page.seed(PAST)
    return Platform(
        name="facebook",
        sim=sim,
        address=lambda url: sim.page_id,
        credentials={"page_token": sim.token},
        lists="/published_posts",
        options={"posts_at_once": "5"},
        takes_api=True,
    )


def _feed() -> Platform:
    sim = FeedSite(
        SimulatedTime(NOON), paging="next", window=5, user=("clerk-of-records", "pass-w")
    )
    sim.seed(PAST)
    return Platform(
        name="feed",
        sim=sim,
        address=lambda url: f"{url}/feed.json",
        credentials={"username": "clerk-of-records", "password": "pass-w"},
        lists="/feed.json",
    )


def _wordpress() -> Platform:
    sim = WordPressSimulator(SimulatedTime(NOON))
    sim.seed(PAST)
    user = sim.users["records"]
    return Platform(
        name="wordpress",
        sim=sim,
        address=lambda url: url,
        credentials={"user": user.login, "application_password": user.application_password},
        lists="/wp/v2/posts",
        options={"per_page": "5"},
    )


def _x() -> Platform:
    sim = XSimulator(SimulatedTime(NOON))
    sim.seed(150)
    return Platform(
        name="x",
        sim=sim,
        address=lambda url: "@springfieldpd",
        credentials=sim.credentials.as_files(),
        lists="/tweets",
        takes_api=True,
    )


MAKERS = {"facebook": _facebook, "feed": _feed, "wordpress": _wordpress, "x": _x}


@contextmanager
def archive_of(
    folder: Path, platform: Platform, clock: FakeClock | None = None, **capture: Any
) -> Iterator[Archive]:
    """A new archive with the platform's account, approved; only 127.0.0.1 may be captured."""
    folder.mkdir()
    settings = {"allow_addresses": ["127.0.0.1"], "retries": 1, **capture}
    with make_archive(folder, clock=clock or FakeClock(), **settings) as archive:
        address = platform.address(platform.sim.url)
        approved(archive, platform.name, address, options=platform.account_options(), slug=SLUG)
        give_credentials(archive, SLUG, **platform.credentials)
        yield archive


def holdings(archive: Archive) -> set[tuple[object, ...]]:
    """Every state of every thing, and the bytes of its media."""
    with archive.database.read() as connection:
        states = connection.execute(
            text(
                "SELECT r.family, r.platform_id, r.presence, r.visibility, v.digest, m.sha256 "
                "FROM records r JOIN versions v ON v.record_id = r.id "
                "LEFT JOIN version_media m ON m.version_id = v.id"
            )
        )
        return {tuple(row) for row in states}


def condition_of(archive: Archive) -> AccountStatus:
    [found] = status(archive.database, archive.clock).accounts
    return found


def walk_to_the_end(archive: Archive) -> Outcome:
    """What the scheduler does after a fault: walk on; then a whole new walk."""
    for _ in range(4):
        outcome = archive.captures.capture(SLUG, Window.FULL)
        assert outcome.error is None, outcome.error_text
        if outcome.finished:
            return outcome
    raise AssertionError("the walk does not end")


def mend(platform: Platform) -> None:
    """The fault is over."""
    platform.sim._faults.clear()
    match platform.sim:
        case FacebookSimulator() as facebook:
            facebook.token_fault, facebook.usage = None, 10
            facebook.scopes = set(SCOPES)
        case XSimulator() as x:
            x.credentials = XSimulator().credentials
        case WordPressSimulator() as site:
            word = platform.credentials["application_password"]
            site.users["records"] = replace(site.users["records"], application_password=word)
        case FeedSite() as feed:
            feed._user = (platform.credentials["username"], platform.credentials["password"])


def assert_told(archive: Archive, outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> None:
    """The status names the fault, in the same words, and for how long it has lasted."""
    assert outcome.error is not None
    told = condition_of(archive)
    assert told.condition == outcome.error.code
    assert told.state.error_text == outcome.error_text != ""
    assert told.state.failures == 1
    run(["--home", str(archive.settings.home), "status"])
    printed = capsys.readouterr().out
    assert outcome.error_text in printed
    assert outcome.error.code in printed
    assert "at risk" in printed


def assert_nothing_is_lost(archive: Archive, platform: Platform, reference: Path) -> None:
    """A walk brings what an archive holds that never saw the fault; all of it verifies."""
    walk_to_the_end(archive)
    assert condition_of(archive).condition == "well"
    with archive_of(reference, platform) as undisturbed:
        walk_to_the_end(undisturbed)
        assert holdings(archive) == holdings(undisturbed) != set()
    assert verify(archive.database, archive.vault, processes=1).problems == []
