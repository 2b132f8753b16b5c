"""What the public replies, as an app view shows it.

An app view gathers the records of all repositories and is behind by seconds or more. What it
does not show may be hidden by it; so whether something is gone is asked elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import requests

from connectors.base import Coverage, Item, Kind
from connectors.bluesky.faults import RecordMissing
from connectors.bluesky.identity import Directory, Identity
from connectors.bluesky.items import comment_item
from connectors.bluesky.media import media_of
from connectors.bluesky.repository import blob_address
from connectors.bluesky.shapes import Json, mapping, name_of, number, objects, text, texts
from connectors.bluesky.xrpc import Server
from connectors.errors import AccountGone, BadAnswer

VIEWS_AT_ONCE = 25
DEPTH = "100"  # deeper answers could not be read as JSON; what lies below is asked for again
MOST_QUESTIONS = 500  # for one thread


@dataclass(kw_only=True)
class Thread:
    """What hangs below a post of the account. `shown` False: the app view does not know it."""

    anchor: str
    items: list[Item] = field(default_factory=list)
    exchanges: list[str] = field(default_factory=list)
    shown: bool = True

    @property
    def covers(self) -> tuple[Coverage, ...]:
        """The statement that all replies below it were listed."""
        kinds = frozenset({Kind.COMMENT})
        return (Coverage(kinds=kinds, thread_id=self.anchor),) if self.shown else ()


class AppView:
    """Asks one app view, signed out."""

    def __init__(self, session: requests.Session, directory: Directory, me: Identity) -> None:
        self._server = Server(session, directory.appview)
        self._directory = directory
        self._me = me

    def views(self, uris: Sequence[str]) -> tuple[Mapping[str, Json], tuple[str, ...]]:
        """What it shows of posts, by address; what it does not show is left out."""
        found: dict[str, Json] = {}
        exchanges = []
        for start in range(0, len(uris), VIEWS_AT_ONCE):
            asked = {"uris": list(uris[start : start + VIEWS_AT_ONCE])}
            answer = self._server.ask("app.bsky.feed.getPosts", asked)
            exchanges.append(answer.exchange)
            found |= {text(view, "uri"): view for view in objects(answer.body.get("posts"))}
        return found, tuple(exchanges)

    def thread(self, anchor: str) -> Thread:
        """All replies by others below a post, also those below other replies."""
        found = Thread(anchor=anchor)
        waiting, asked, hidden = [anchor], {anchor}, set[str]()
        while waiting:
            uri = waiting.pop()
            root = self._ask(uri, found)
            if root is None:
                found.shown = found.shown and uri != anchor
                continue
            rules = mapping(mapping(root.get("threadgate")).get("record"))
            hidden |= set(texts(rules.get("hiddenReplies")))
            for view, deeper in _below(mapping(root.get("thread"))):
                self._take(view, found, hidden)
                if deeper and text(view, "uri") not in asked:
                    asked.add(text(view, "uri"))
                    waiting.append(text(view, "uri"))
            if len(asked) > MOST_QUESTIONS:
                raise BadAnswer(f"the thread of {anchor} has no end", exchange=found.exchanges[-1])
        return found

    def comment(self, view: Json, exchange: str, *, thread: str, hidden: set[str]) -> Item:
        """The item of one reply."""
        record, author = mapping(view.get("record")), text(mapping(view.get("author")), "did")
        where: Identity | None = None
        if media_of(record, lambda cid: cid):
            try:
                where = self._directory.of(author)
            except AccountGone:
                where = None

        def place(cid: str) -> str:  # a closed account's files are fetched where its server was
            return blob_address(where, cid) if where else f"{self._server.origin}/blob/{cid}"

        return comment_item(view, exchange, thread=thread, hidden=hidden, place=place)

    def _ask(self, uri: str, found: Thread) -> Json | None:
        asked = {"uri": uri, "depth": DEPTH, "parentHeight": "0"}
        try:
            answer = self._server.ask("app.bsky.feed.getPostThread", asked)
        except RecordMissing as error:
            found.exchanges.append(error.exchange)
            return None
        found.exchanges.append(answer.exchange)
        top = mapping(answer.body.get("thread"))
        if not top:
            raise BadAnswer(f"the app view gives no thread of {uri}", exchange=answer.exchange)
        return answer.body if "post" in top else None

    def _take(self, view: Json, found: Thread, hidden: set[str]) -> None:
        name = name_of(text(view, "uri"))
        if name is None or not text(view, "cid"):
            raise BadAnswer(
                f"the app view lists a reply without its address below {found.anchor}",
                exchange=found.exchanges[-1],
            )
        if name.did == self._me.did or any(item.id == str(name) for item in found.items):
            return
        item = self.comment(view, found.exchanges[-1], thread=found.anchor, hidden=hidden)
        found.items.append(item)


def _below(top: Json) -> Iterator[tuple[Json, bool]]:
    """The posts below a post, and whether what hangs on one was left out."""
    waiting = [*objects(top.get("replies"))]
    while waiting:
        node = waiting.pop()
        view, replies = mapping(node.get("post")), objects(node.get("replies"))
        if view:  # else one that is blocked or not found
            yield view, not replies and (number(view, "replyCount") or 0) > 0
        waiting += replies
