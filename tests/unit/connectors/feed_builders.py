"""What the tests of the feed connector share: a scripted site, walks, small RSS documents."""

from __future__ import annotations

from datetime import UTC, datetime

from werkzeug.wrappers import Request, Response

from archiver.demo.simulators.base import Simulator
from connectors.base import Account, Credentials, Cursor, Item, Kind, Page, Window
from connectors.feeds import Feed
from tests.support.plain_http import PlainHttp

NOW = datetime(2026, 11, 3, 14, 0, tzinfo=UTC)


def make_feed(
    site: Simulator,
    path: str = "/feed.rss",
    *,
    http: PlainHttp | None = None,
    secrets: dict[str, str] | None = None,
    **options: str,
) -> Feed:
    account = Account(slug="spd-feed", platform="feed", address=site.url + path, options=options)
    return Feed(account, http or PlainHttp(), Credentials(secrets or {}))


def walk(
    feed: Feed, window: Window, cursor: Cursor | None = None, since: datetime | None = None
) -> list[Page]:
    return list(feed.poll(window, cursor=cursor, since=since))


def of_kind(pages: list[Page], kind: Kind) -> list[Item]:
    return [item for page in pages for item in page.items if item.kind is kind]


class Scripted(Simulator):
    """Answers each path (with its query) as it was told."""

    name = "scripted"

    def __init__(self, answers: dict[str, Response]) -> None:
        super().__init__()
        self.answers = answers

    def respond(self, request: Request) -> Response:
        return self.answers.get(request.full_path.rstrip("?"), Response("no", 404))


def rss(*numbers: int, link: str = "", extra: str = "") -> Response:
    rows = "".join(
        f"<item><title>Post {n}</title><guid isPermaLink='false'>spd-{n}</guid>"
        f"<link>https://springfieldpd.example/p/{n}</link>"
        f"<pubDate>{n:02d} Oct 2026 08:00:00 GMT</pubDate>{extra}</item>"
        for n in numbers
    )
    paging = f"<atom:link rel='next' href='{link}'/>" if link else ""
    return Response(
        "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom' "
        "xmlns:wfw='http://wellformedweb.org/CommentAPI/'><channel><title>SPD</title>"
        f"<link>https://springfieldpd.example/</link>{paging}{rows}</channel></rss>",
        200,
        {"Content-Type": "application/rss+xml"},
    )
