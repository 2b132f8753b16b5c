"""What others wrote below the account's posts, and to it elsewhere.

A status names what it answers, but not the post that its conversation began with; that is the
first of the `ancestors` in its context. It is looked up for every comment, so that a comment
reads the same whether it was met in a thread or as a mention.

How much a context gives (Mastodon's own limits): with a token 4,096 each way; to visitors 40
ancestors, 60 descendants, 20 levels deep.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from connectors.base import Coverage, Item, Kind
from connectors.mastodon.answers import Answer, Json, answer_of, id_of, objects_of, text_of
from connectors.mastodon.faults import NOT_THERE, in_json, said_in
from connectors.mastodon.items import is_by, is_private_message, status_item
from connectors.mastodon.server import Server

MOST, MOST_FOR_VISITORS, DEEPEST_FOR_VISITORS = 4_096, 60, 20
STILL_FETCHING = "the server is still fetching replies from other servers; the next walk reads them"


@dataclass(slots=True)
class Threads:
    """Reads contexts for one run. `seen` are all statuses met in them so far.

    `shown` becomes False when the server gives no contexts at all to this reader.
    """

    server: Server
    account_id: str
    shown: bool = True
    seen: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def below(self, post_id: str) -> tuple[list[Item], tuple[Coverage, ...], str]:
        """Comments below a post, what that covers, and the exchange (empty without one).

        Raises: ConnectorError when the server fails; a refusal is only noted.
        """
        answer = self._context(post_id)
        if answer is None:
            return [], (), ""
        above = objects_of(answer.thing(), "ancestors")
        below = objects_of(answer.thing(), "descendants")
        root = id_of(above[0]) if above else post_id
        self.seen.update(id_of(each) for each in below)
        items = [
            status_item(each, answer.exchange, account_id=self.account_id, thread=root)
            for each in self._by_others(below)
        ]
        whole = not above and self._is_whole(post_id, below)
        covers = (covers_thread(root),) if whole else ()
        return items, covers, answer.exchange

    def root_of(self, status: Json) -> tuple[str, str]:
        """The id of the first post of a status' conversation, and the exchange that shows it."""
        if not text_of(status, "in_reply_to_id"):
            return id_of(status), ""
        answer = self._context(id_of(status))
        if answer is None:
            return "", ""
        above = objects_of(answer.thing(), "ancestors")
        return (id_of(above[0]) if above else id_of(status)), answer.exchange

    def taken(self) -> list[str]:
        """The notes since the last time."""
        notes, self.notes = self.notes, []
        return notes

    def _context(self, status_id: str) -> Answer | None:
        if not self.shown:
            return None
        response = self.server.send(f"v1/statuses/{status_id}/context")
        if response.status_code in NOT_THERE and in_json(response):
            return None  # deleted since it was listed
        if response.status_code in {401, 403, *NOT_THERE}:
            if self.server.signed and response.status_code == 401:
                raise self.server.error(response, scope="read:statuses")
            self.shown = False
            self.notes.append(
                f"the server does not show replies to this reader ({said_in(response)})"
                + ("" if self.server.signed else "; with an access token it may")
            )
            return None
        if response.status_code != 200:
            raise self.server.error(response, scope="read:statuses")
        answer = answer_of(response)
        if answer.refreshing:
            self.notes.append(STILL_FETCHING)
        return answer

    def _by_others(self, statuses: Iterable[Json]) -> Iterable[Json]:
        """Own posts come from the account's own list; private messages are not read."""
        for each in statuses:
            if not is_by(each, self.account_id) and not is_private_message(each):
                yield each

    def _is_whole(self, post_id: str, below: list[Json]) -> bool:
        if self.server.signed:
            return len(below) < MOST
        if len(below) < MOST_FOR_VISITORS and _depth(post_id, below) < DEEPEST_FOR_VISITORS:
            return True
        self.notes.append(
            f"to visitors the server shows at most {MOST_FOR_VISITORS} replies, "
            f"{DEEPEST_FOR_VISITORS} levels deep; some threads may have more"
        )
        return False


def covers_thread(root: str) -> Coverage:
    """All comments of a conversation have been listed."""
    return Coverage(kinds=frozenset({Kind.COMMENT}), thread_id=root)


def _depth(post_id: str, below: list[Json]) -> int:
    """The number of levels; replies stand after what they answer."""
    depths = {post_id: 0}
    for each in below:
        depths[id_of(each)] = depths.get(text_of(each, "in_reply_to_id"), 0) + 1
    return max(depths.values())
