"""The walk through everything, or everything since a day: with coverage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.base import Coverage, Item, Kind, Page
from connectors.bluesky.items import starts_thread
from connectors.bluesky.progress import Sweeping, Whose
from connectors.bluesky.repository import NO_GATES, AllGates, Listing, Repository
from connectors.bluesky.shapes import POST, REPOST, Json, name_of, text, tid_time
from connectors.bluesky.threads import AppView
from connectors.errors import ConnectorError

_KINDS = {
    POST: frozenset({Kind.POST, Kind.REPLY}),
    REPOST: frozenset({Kind.REPOST}),
}
_NEXT = {POST: REPOST, REPOST: ""}
# Keys are in the order in which the writer's clock gave them; a post may claim another time.
MARGIN = timedelta(days=1)


class Sweep:
    """Lists posts with their threads, then reposts, newest first. `view` None: no threads."""

    def __init__(
        self, repository: Repository, view: AppView | None, whose: Whose, since: datetime | None
    ) -> None:
        self._repository = repository
        self._view = view
        self._whose = whose
        self._since = since
        self._gates: AllGates | None = None

    def pages(self, progress: Sweeping, notes: tuple[str, ...] = ()) -> Iterator[Page]:
        """The pages from there on; what a cut-off walk left unread comes first."""
        progress = replace(progress, collection=progress.collection or POST)
        profile = self._repository.profile()
        yield Page(
            items=(profile,),
            exchanges=(profile.exchange, self._repository.me.exchange),
            cursor=progress.cursor(self._whose),
            notes=notes,
        )
        while progress.collection:
            for page, progress in self._threads(progress):  # noqa: B007, B020 - goes on from there
                yield page
            listing = self._repository.listing(progress.collection, progress.after)
            page, progress, fault = self._listed(listing, progress)
            yield page
            if fault is not None:
                raise fault
        for page, progress in self._threads(progress):  # noqa: B007, B020 - goes on from there
            yield page

    def _listed(
        self, listing: Listing, before: Sweeping
    ) -> tuple[Page, Sweeping, ConnectorError | None]:
        collection = before.collection
        views, exchanges, fault = self._views(listing, collection)
        gates, shown = self._all_gates(collection)
        items = [
            self._repository.item(
                row, listing.exchange, gates.of(text(row, "uri")), views.get(text(row, "uri"))
            )
            for row in listing.rows
        ]
        last = not listing.after or self._older(listing)
        progress = Sweeping(
            collection=_NEXT[collection] if last else collection,
            after="" if last else listing.after,
            threads=tuple(item.id for item in items if self._wants_thread(item)),
            done=before.done + len(items),
        )
        covers = (Coverage(kinds=_KINDS[collection], since=self._since),) if last else ()
        page = Page(
            items=items,
            exchanges=(listing.exchange, *exchanges, *shown),
            cursor=progress.cursor(self._whose),
            covers=covers,
            done=progress.done,
        )
        return page, progress, fault

    def _threads(self, progress: Sweeping) -> Iterator[tuple[Page, Sweeping]]:
        """The threads of the posts listed last; one that has no reply costs no question."""
        if self._view is None or not progress.threads:
            return
        views, exchanges = self._view.views(progress.threads)
        silent = [uri for uri in progress.threads if views.get(uri, {}).get("replyCount") == 0]
        progress = replace(progress, threads=tuple(u for u in progress.threads if u not in silent))
        kinds = frozenset({Kind.COMMENT})
        yield (
            Page(
                items=(),
                exchanges=exchanges,
                cursor=progress.cursor(self._whose),
                covers=tuple(Coverage(kinds=kinds, thread_id=uri) for uri in silent),
                done=progress.done,
            ),
            progress,
        )
        while progress.threads:
            thread = self._view.thread(progress.threads[0])
            progress = replace(progress, threads=progress.threads[1:])
            yield (
                Page(
                    items=thread.items,
                    exchanges=tuple(thread.exchanges),
                    cursor=progress.cursor(self._whose),
                    covers=thread.covers,
                    done=progress.done,
                ),
                progress,
            )

    def _views(
        self, listing: Listing, collection: str
    ) -> tuple[Mapping[str, Json], tuple[str, ...], ConnectorError | None]:
        """The counts of posts. A fault of the app view waits until the own posts are stored."""
        if self._view is None or collection != POST:
            return {}, (), None
        try:
            views, exchanges = self._view.views([text(row, "uri") for row in listing.rows])
        except ConnectorError as error:
            return {}, (), error
        return views, exchanges, None

    def _all_gates(self, collection: str) -> tuple[AllGates, tuple[str, ...]]:
        if collection != POST:
            return NO_GATES, ()
        if self._gates is None:
            self._gates = self._repository.gates()
            return self._gates, self._gates.exchanges
        return self._gates, ()

    def _wants_thread(self, item: Item) -> bool:
        if self._view is None or not starts_thread(item, self._repository.me):
            return False
        return self._since is None or item.published is None or item.published.utc >= self._since

    def _older(self, listing: Listing) -> bool:
        """Is all that follows too old? Only a page whose keys all tell their time says so."""
        if self._since is None or not listing.rows:
            return False
        names = [name_of(text(row, "uri")) for row in listing.rows]
        times = [tid_time(name.key) if name else None for name in names]
        return all(each is not None and each < self._since - MARGIN for each in times)
