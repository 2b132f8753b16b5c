"""A simulated Pinboard and connectors on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from archiver.demo.simulators.base import SimulatedTime
from archiver.demo.simulators.pinboard import PinboardSimulator
from connectors.base import Account, Credentials, Page, Window
from connectors.registry import Guarded, connect
from tests.support.plain_http import PlainHttp
from tests.support.x_stage import Switchboard

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ROADS = "https://springfield.example/roads?a=1&b=2"


@dataclass
class PinboardStage:
    """A fresh account; a new connector for every question, as every run makes one."""

    board: Switchboard
    sim: PinboardSimulator = field(init=False)
    http: PlainHttp = field(default_factory=PlainHttp)

    def __post_init__(self) -> None:
        self.sim = PinboardSimulator(SimulatedTime(NOW))
        self.sim.url = self.board.url
        self.board.current = self.sim

    def connector(
        self, *, token: str = "", address: str = "springfieldpd", removing: bool = False,
        **options: str,
    ) -> Guarded:  # fmt: skip
        account = Account(
            slug="spd-pins",
            platform="pinboard",
            address=address,
            options={"api": f"{self.sim.url}/v1", **options},
        )
        credentials = Credentials({"token": token or self.sim.token})
        return connect(account, self.http, credentials, removing=removing)

    def poll(
        self,
        window: Window = Window.FULL,
        *,
        cursor: Mapping[str, object] | None = None,
        since: datetime | None = None,
        **options: str,
    ) -> list[Page]:
        return list(
            self.connector(token="", address="springfieldpd", removing=False, **options).poll(
                window, cursor=cursor, since=since
            )
        )

    def methods(self) -> list[str]:
        """What was asked for, in order."""
        return [seen.path.removeprefix("/v1/") for seen in self.sim.seen]
