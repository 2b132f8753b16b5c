"""A simulated X, a connector on it, and everything that went over the wire between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import requests

from archiver.demo.simulators.base import Loopback, SimulatedTime, Simulator
from archiver.demo.simulators.x import XSimulator
from connectors.base import Account, Credentials, Item, Kind, Page, Window
from connectors.x import X
from tests.support.plain_http import PlainHttp

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
OAUTH1 = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")


class Switchboard(Simulator):
    """One server for many simulators, one after the other: starting one takes time."""

    name = "switchboard"
    current: Simulator

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.current(environ, start_response)


@contextmanager
def switchboard() -> Iterator[Switchboard]:
    """A running switchboard."""
    board = Switchboard()
    with Loopback() as loopback:
        loopback.serve(board)
        yield board


class ListeningHttp(PlainHttp):
    """Plain sessions that keep every response."""

    def __init__(self) -> None:
        super().__init__()
        self.responses: list[requests.Response] = []

    def session(self, *, rewrite: Mapping[str, str] | None = None) -> requests.Session:
        session = super().session(rewrite=rewrite)
        session.hooks["response"].append(self._keep)
        return session

    def _keep(self, response: requests.Response, **_: Any) -> None:
        self.responses.append(response)


@dataclass
class Stage:
    """A fresh world, and connectors on it."""

    board: Switchboard
    vocabulary: str = "classic"
    sim: XSimulator = field(init=False)
    http: ListeningHttp = field(default_factory=ListeningHttp)

    def __post_init__(self) -> None:
        self.sim = XSimulator(SimulatedTime(NOW), vocabulary=self.vocabulary)
        self.sim.url = self.board.url
        self.board.current = self.sim

    def credentials(self, *names: str) -> Credentials:
        """Those of the simulator, all or only the named ones."""
        known = self.sim.credentials.as_files()
        return Credentials({name: known[name] for name in names or known})

    def connector(
        self, *, using: tuple[str, ...] = OAUTH1, address: str = "@springfieldpd", **options: str
    ) -> X:
        account = Account(
            slug="spd-x",
            platform="x",
            address=address,
            options={"api": self.sim.url, **options},
        )
        return X(account, self.http, self.credentials(*using))

    def poll(
        self,
        window: Window,
        *,
        cursor: Mapping[str, object] | None = None,
        since: datetime | None = None,
        using: tuple[str, ...] = OAUTH1,
        **options: str,
    ) -> list[Page]:
        """A whole walk by a new connector, as every run makes one."""
        connector = self.connector(using=using, **options)
        return list(connector.poll(window, cursor=cursor, since=since))

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


def collect(walk: Iterable[Page], pages: list[Page], *, after_each: Callable[[], object]) -> None:
    """Keep what a walk brings, also when it fails later on."""
    for page in walk:
        pages.append(page)
        after_each()
