"""A simulated WordPress site with a connector before it, for the connector's tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from archiver.demo.simulators.base import Loopback, SimulatedTime
from archiver.demo.simulators.wordpress import WordPressSimulator
from connectors.base import Account, Credentials, Cursor, Item, Kind, Page, Window
from connectors.wordpress import WordPress
from tests.support.plain_http import PlainHttp

START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
PASSWORD = "abcd EFGH ijkl MNOP"


@dataclass(slots=True)
class Stage:
    """A site that is served, and what its requests go through."""

    site: WordPressSimulator
    time: SimulatedTime
    http: PlainHttp

    def connector(
        self, *, user: str | None = "records", password: str = PASSWORD, **options: str
    ) -> WordPress:
        """A connector, signed in unless `user` is None."""
        secrets = {"user": user, "application_password": password} if user else {}
        account = Account(slug="news", platform="wordpress", address=self.site.url, options=options)
        return WordPress(account, self.http, Credentials(secrets))

    def walk(
        self,
        window: Window = Window.FULL,
        *,
        cursor: Cursor | None = None,
        since: datetime | None = None,
        user: str | None = "records",
        **options: str,
    ) -> list[Page]:
        """All pages of one walk."""
        connector = self.connector(user=user, **options)
        return list(connector.poll(window, cursor=cursor, since=since))

    def asked(self, part: str) -> list[str]:
        """The addresses asked for so far that contain a part."""
        return [url for url in self.http.exchanges if part in url]


def staged(loopback: Loopback) -> Stage:
    """An empty site of its own, whose clock stands still."""
    clock = SimulatedTime(START)
    site = WordPressSimulator(clock)
    loopback.serve(site)
    return Stage(site, clock, PlainHttp())


def items_of(pages: list[Page], *kinds: Kind) -> list[Item]:
    """The items of a walk, of some kinds or of all but the profile."""
    return [
        item
        for page in pages
        for item in page.items
        if (item.kind in kinds if kinds else item.kind is not Kind.PROFILE)
    ]


def covered(pages: list[Page]) -> set[Kind]:
    """Kinds that a walk covered without a limit in time."""
    return {
        kind for page in pages for each in page.covers if each.since is None for kind in each.kinds
    }
