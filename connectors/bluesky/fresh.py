"""The walk for news: nothing when the repository's revision is the one of the last walk.

What was made or edited since is in the export after that revision, whatever its age: the
platform keeps no earlier version, so an edit has to be seen before the next one. A deletion is
not in it; the sweeps find those. Replies of the public change nothing in the repository; of the
newest own posts the number of replies is looked at, and the thread read when it moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from connectors.base import Item, Page
from connectors.bluesky.car import Entry
from connectors.bluesky.faults import RecordMissing
from connectors.bluesky.items import Gates, profile_item, starts_thread
from connectors.bluesky.progress import WATCHED, News, Whose
from connectors.bluesky.repository import GATES, AllGates, Repository, gate_of
from connectors.bluesky.shapes import POST, PROFILE, REPOST, Json, number, text
from connectors.bluesky.threads import AppView
from connectors.errors import BadAnswer

_FEW = 10  # posts whose rules are asked for one by one
_UNKNOWN = -1


class Fresh:
    """Walks for news. `view` None: no replies by the public."""

    def __init__(self, repository: Repository, view: AppView | None, whose: Whose) -> None:
        self._repository = repository
        self._view = view
        self._whose = whose

    def pages(self, known: News, notes: tuple[str, ...] = ()) -> Iterator[Page]:
        """What changed since `known`; without it, the newest posts and reposts."""
        latest = self._repository.latest()
        rev, me = text(latest.body, "rev"), self._repository.me
        if not rev:
            raise BadAnswer(f"{me.pds} tells no revision", exchange=latest.exchange)
        if known.rev and rev < known.rev:
            notes = (*notes, "the repository went back to an earlier revision; read anew")
            known = replace(known, rev="")
        items, exchanges = self._own(known, rev)
        newest = [item.id for item in items if starts_thread(item, me)]
        watched = _watched(newest, known)
        news = News(rev=rev, handle=me.handle, replies=watched)
        yield Page(
            items=items,
            exchanges=(me.exchange, latest.exchange, *exchanges),
            cursor=news.cursor(self._whose),
            notes=notes,
        )
        yield from self._replies(news)

    def _own(self, known: News, rev: str) -> tuple[list[Item], tuple[str, ...]]:
        if not known.rev:
            return self._newest()
        items: list[Item] = []
        exchanges: tuple[str, ...] = ()
        if known.rev != rev:
            items, exchanges = self._changed(known.rev)
        if known.handle != self._repository.me.handle:
            profile = self._repository.profile()
            items = [profile, *(item for item in items if item.id != profile.id)]
            exchanges = (*exchanges, profile.exchange)
        return items, exchanges

    def _newest(self) -> tuple[list[Item], tuple[str, ...]]:
        source, gates = self._repository, self._repository.gates()
        profile = source.profile()
        items, exchanges = [profile], [profile.exchange, *gates.exchanges]
        for collection in (POST, REPOST):
            listing = source.listing(collection)
            exchanges.append(listing.exchange)
            for row in listing.rows:
                items.append(source.item(row, listing.exchange, gates.of(text(row, "uri"))))
        return items, tuple(exchanges)

    def _changed(self, rev: str) -> tuple[list[Item], tuple[str, ...]]:
        entries, exchange = self._repository.entries(since=rev)
        by_name = {(each.collection, each.key): self._row(each) for each in entries}
        items, exchanges = [], [exchange]
        if (PROFILE, "self") in by_name:
            row = by_name[PROFILE, "self"]
            me, place = self._repository.me, self._repository.place
            items.append(profile_item(row, exchange, me=me, place=place))
        keys = sorted({k for c, k in by_name if c == POST or c in GATES}, reverse=True)
        every = self._repository.gates() if len(keys) > _FEW else None
        exchanges += every.exchanges if every else ()
        for key in keys:
            row = by_name.get((POST, key)) or self._row_of(key, exchanges)
            if row:
                gates = self._gates(key, by_name, every, exchanges)
                items.append(self._repository.item(row, exchange, gates))
        reposts = [row for (collection, _), row in by_name.items() if collection == REPOST]
        items += [self._repository.item(row, exchange, {}) for row in reposts]
        return items, tuple(exchanges)

    def _row(self, entry: Entry) -> Json:
        uri = f"at://{self._repository.me.did}/{entry.collection}/{entry.key}"
        return {"uri": uri, "cid": entry.cid, "value": entry.value or {}}

    def _row_of(self, key: str, exchanges: list[str]) -> Json:
        """The post whose rules alone changed; empty when there is none."""
        try:
            answer = self._repository.record(POST, key)
        except RecordMissing as error:
            exchanges.append(error.exchange)
            return {}
        exchanges.append(answer.exchange)
        return answer.body

    def _gates(
        self,
        key: str,
        changed: Mapping[tuple[str, str], Json],
        every: AllGates | None,
        exchanges: list[str],
    ) -> Gates:
        if every is not None:
            return every.by_key.get(key, {})
        found: dict[str, Json] = {}
        for collection, short in GATES.items():
            row = changed.get((collection, key))
            if row is None:
                answer, exchange = self._repository.gate(collection, key)
                exchanges.append(exchange)
                row = answer.body if answer else None
            if row is not None:
                found[short] = gate_of(row)
        return found

    def _replies(self, news: News) -> Iterator[Page]:
        if self._view is None or not news.replies:
            return
        uris = [uri for uri, _ in news.replies]
        views, exchanges = self._view.views(uris)
        moved = []
        for uri, before in news.replies:
            now = number(views.get(uri, {}), "replyCount")
            if now is not None and now != before and (before, now) != (_UNKNOWN, 0):
                moved.append(uri)
            elif now == 0:
                news = _counted(news, uri, 0)
        yield Page(items=(), exchanges=exchanges, cursor=news.cursor(self._whose))
        for uri in moved:
            thread = self._view.thread(uri)
            news = _counted(news, uri, number(views[uri], "replyCount") or 0)
            yield Page(
                items=thread.items,
                exchanges=tuple(thread.exchanges),
                cursor=news.cursor(self._whose),
                covers=thread.covers,
            )


def _watched(newest: Sequence[str], known: News) -> tuple[tuple[str, int], ...]:
    """The newest own posts, by their keys, each with the replies that it was known to have."""
    counts = {**dict.fromkeys(newest, _UNKNOWN), **dict(known.replies)}
    order = sorted(counts, key=lambda uri: uri.rpartition("/")[2], reverse=True)
    return tuple((uri, counts[uri]) for uri in order[:WATCHED])


def _counted(news: News, uri: str, count: int) -> News:
    replies = tuple((each, count if each == uri else known) for each, known in news.replies)
    return replace(news, replies=replies)
