"""A simulated Bluesky with connectors on it, for the connector's tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from archiver.demo.simulators.base import SimulatedTime
from archiver.demo.simulators.bluesky import BlueskySimulator
from connectors.base import Account, Credentials, Item, Kind, Page, Target, Window
from connectors.bluesky import Bluesky
from tests.support.x_stage import NOW, ListeningHttp, Switchboard


@dataclass
class Stage:
    """A fresh network behind a running server, and what went over the wire."""

    board: Switchboard
    sky: BlueskySimulator = field(init=False)
    http: ListeningHttp = field(default_factory=ListeningHttp)

    def __post_init__(self) -> None:
        self.sky = BlueskySimulator(SimulatedTime(NOW))
        self.sky.url = self.board.url
        self.board.current = self.sky

    def connector(self, *, password: str = "", address: str = "", **options: str) -> Bluesky:
        given = {"appview": self.sky.url, "plc": self.sky.url, **options}
        account = Account(
            slug="spd", platform="bluesky", address=address or self.sky.handle, options=given
        )
        secrets = {"remover_app_password": password} if password else {}
        return Bluesky(account, self.http, Credentials(secrets))

    def walk(
        self,
        window: Window = Window.FULL,
        *,
        cursor: Mapping[str, object] | None = None,
        since: datetime | None = None,
        **options: str,
    ) -> list[Page]:
        """All pages of a walk by a new connector."""
        return list(self.connector(**options).poll(window, cursor=cursor, since=since))

    def asked(self, part: str) -> int:
        """How many requests so far had this in their path."""
        return sum(part in seen.path for seen in self.sky.seen)


def found(pages: list[Page], *kinds: Kind) -> dict[str, Item]:
    """The items of a walk by their ids, of some kinds or of all."""
    return {
        item.id: item for page in pages for item in page.items if not kinds or item.kind in kinds
    }


def comment(uri: str, thread: str) -> Target:
    """A reply by the public, to be looked up or hidden."""
    return Target(kind=Kind.COMMENT, id=uri, thread_id=thread)
