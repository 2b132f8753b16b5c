"""A simulated Mastodon server, and connectors on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from archiver.demo.simulators.base import SimulatedTime
from archiver.demo.simulators.mastodon import MastodonSimulator
from connectors.base import Account, Coverage, Credentials, Item, Kind, Page, Window
from connectors.mastodon import Mastodon
from tests.support.x_stage import ListeningHttp, Switchboard

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ADDRESS = "@springfieldpd@city.example"


@dataclass
class Stage:
    """A fresh world; connectors read with the agency's token unless `signed` is False."""

    board: Switchboard
    sim: MastodonSimulator = field(init=False)
    http: ListeningHttp = field(default_factory=ListeningHttp)

    def __post_init__(self) -> None:
        self.sim = MastodonSimulator(SimulatedTime(NOW))
        self.sim.url = self.board.url
        self.board.current = self.sim

    def connector(
        self, *, signed: bool = True, address: str = ADDRESS, token: str = "", **options: str
    ) -> Mastodon:
        account = Account(
            slug="spd",
            platform="mastodon",
            address=address,
            options={"api": self.sim.url} | options,
        )
        value = token or self.sim.token.value
        return Mastodon(account, self.http, Credentials({"access_token": value} if signed else {}))

    def poll(
        self,
        window: Window = Window.FULL,
        *,
        after: list[Page] | None = None,
        since: datetime | None = None,
        signed: bool = True,
        **options: str,
    ) -> list[Page]:
        """A whole walk by a new connector, as every run makes one."""
        cursor: Mapping[str, object] | None = after[-1].cursor if after else None
        made = self.connector(signed=signed, **options)
        return list(made.poll(window, cursor=cursor, since=since))

    def asked(self, part: str) -> list[Mapping[str, str]]:
        """The queries of the requests whose path contains this."""
        return [seen.query for seen in self.sim.seen if part in seen.path]


def items(pages: Iterable[Page], *kinds: Kind) -> list[Item]:
    """All items of these kinds, in the order they came."""
    return [item for page in pages for item in page.items if not kinds or item.kind in kinds]


def newest(pages: Iterable[Page], item_id: str) -> Item:
    """The state of an item that is not superseded."""
    found = [i for i in items(pages) if i.id == item_id and not i.superseded]
    assert len(found) == 1
    return found[0]


def coverages(pages: Iterable[Page], kind: Kind = Kind.POST) -> list[Coverage]:
    """What was covered of a kind, in the order it came."""
    return [cover for page in pages for cover in page.covers if kind in cover.kinds]


def notes(pages: Iterable[Page]) -> str:
    """All remarks."""
    return "\n".join(note for page in pages for note in page.notes)
