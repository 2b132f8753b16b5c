"""A YouTube simulator per test on one server per module, a connector to it, and its walks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from archiver.demo.simulators.base import SimulatedTime, Simulator
from archiver.demo.simulators.youtube import YouTubeSimulator
from connectors.base import Account, Credentials, Cursor, Item, Kind, Page, Window
from connectors.errors import ConnectorError
from connectors.youtube import YouTube
from tests.support.plain_http import PlainHttp

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

START = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Stage(Simulator):
    """Keeps one server for many simulators: starting and stopping one takes half a second."""

    name = "stage"

    def __init__(self) -> None:
        super().__init__()
        self.actor = YouTubeSimulator()

    def enter(self) -> YouTubeSimulator:
        """A new channel, whose clock stands still, answers from now on."""
        self.actor = YouTubeSimulator(SimulatedTime(START))
        self.actor.url = self.url
        return self.actor

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self.actor(environ, start_response)


def connector(
    youtube: YouTubeSimulator,
    http: PlainHttp | None = None,
    *,
    by: str = "owner",
    address: str = "",
    **options: str,
) -> YouTube:
    """A connector to the simulated channel: `by` its "owner", by "key", by "both"; with
    "remover" it also has the credentials for removals."""
    secrets: dict[str, str] = {}
    if by in ("key", "both"):
        secrets["api_key"] = youtube.door.key
    if by != "key":
        secrets.update(youtube.owner.as_files())
    if by == "remover":
        secrets.update({f"remover_{n}": v for n, v in youtube.remover.as_files().items()})
    account = Account(
        slug="spd-youtube",
        platform="youtube",
        address=address or youtube.channel_id,
        options={"api": youtube.url, "token_api": youtube.url, **options},
    )
    return YouTube(account, http or PlainHttp(), Credentials(secrets))


def poll(
    youtube: YouTubeSimulator,
    window: Window = Window.FULL,
    *,
    cursor: Cursor | None = None,
    since: datetime | None = None,
    by: str = "owner",
    **options: str,
) -> list[Page]:
    """All pages of one walk by a connector made anew."""
    made = connector(youtube, None, by=by, **options)
    return list(made.poll(window, cursor=cursor, since=since))


def items_of(pages: Iterable[Page], *kinds: Kind) -> dict[str, Item]:
    """The items of a walk by id; later ones win, as in the archive."""
    found = {item.id: item for page in pages for item in page.items}
    return {name: item for name, item in found.items() if not kinds or item.kind in kinds}


def notes_of(pages: Iterable[Page]) -> str:
    """All remarks of a walk."""
    return "\n".join(note for page in pages for note in page.notes)


def until_error(pages: Iterator[Page]) -> tuple[list[Page], ConnectorError | None]:
    """The pages that came, and the connector error that ended the walk."""
    came: list[Page] = []
    try:
        for page in pages:
            came.append(page)  # what came before the error counts
    except ConnectorError as error:
        return came, error
    return came, None


def asked(youtube: YouTubeSimulator, resource: str) -> int:
    """How often this was asked for."""
    return sum(1 for seen in youtube.seen if seen.path == f"/youtube/v3/{resource}")
