"""A Facebook simulator per test on one server per module, a connector to it, and its walks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archiver.demo.simulators.base import SimulatedTime, Simulator
from archiver.demo.simulators.facebook import FacebookSimulator
from connectors.base import Account, Credentials, Cursor, Item, Page, Window
from connectors.facebook import FacebookPage
from tests.support.plain_http import PlainHttp

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Stage(Simulator):
    """Keeps one server for many simulators: starting and stopping one takes half a second."""

    name = "stage"

    def __init__(self) -> None:
        super().__init__()
        self.actor = FacebookSimulator()

    def enter(self, actor: FacebookSimulator) -> FacebookSimulator:
        """Let this simulator answer from now on."""
        actor.url = self.url
        self.actor = actor
        return actor

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.actor(environ, start_response)


def fresh() -> FacebookSimulator:
    """A Page without posts, whose clock stands still."""
    return FacebookSimulator(SimulatedTime(START))


def connector(
    facebook: FacebookSimulator,
    http: PlainHttp | None = None,
    *,
    token: str = "",
    app_secret: str = "",
    address: str = "",
    **options: str,
) -> FacebookPage:
    """A connector to the simulated Page."""
    account = Account(
        slug="springfield-facebook",
        platform="facebook",
        address=address or facebook.page_id,
        options={"api": facebook.url, **options},
    )
    secrets = {"page_token": token or facebook.token, "app_secret": app_secret}
    return FacebookPage(account, http or PlainHttp(), Credentials(secrets))


def poll(
    facebook: FacebookSimulator,
    window: Window,
    *,
    cursor: Cursor | None = None,
    since: datetime | None = None,
    **options: str,
) -> list[Page]:
    """All pages of one walk by a connector made anew."""
    made = connector(facebook, None, **options)
    return list(made.poll(window, cursor=cursor, since=since))


def items_of(pages: Iterable[Page]) -> dict[str, Item]:
    """The items of a walk by id; later ones win, as in the archive."""
    return {item.id: item for page in pages for item in page.items}


def until_error(pages: Iterator[Page]) -> tuple[list[Page], Exception | None]:
    """The pages that came, and the error that ended the walk."""
    came: list[Page] = []
    try:
        came.extend(pages)  # keeps what came before the error
    except Exception as error:  # noqa: BLE001 - the test looks at its type
        return came, error
    return came, None
