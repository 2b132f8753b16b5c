"""The three walks over a Page: what is new, what is young, everything.

A post's comments are read thread by thread; a thread is covered once all its pages were
read in one go, or once Facebook said with the post that it has no comments. Posts are
covered once every source was listed far enough, in one go and in order. A cut-off FULL walk
goes on at the page where it stopped, and then claims no coverage of posts: what it listed in
another run is no longer one consistent listing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connectors.base import Coverage, Cursor, Kind, Page
from connectors.errors import Permanent
from connectors.facebook import fields
from connectors.facebook.batch import Batch
from connectors.facebook.content import Content
from connectors.facebook.cursors import NewestSeen, Reached
from connectors.facebook.faults import MissingObject
from connectors.facebook.graph import Graph
from connectors.facebook.items import comment_total, profile_item
from connectors.facebook.listing import Listing, listings
from connectors.facebook.shapes import Shape
from connectors.facebook.sources import BEGINNING, PUBLISHED, Reach, Source, created

OVERLAP = timedelta(days=3)
"""How far NEW goes back behind the newest post it knows: posts may appear out of order."""
CAPPED_YEAR = range(550, 651)
"""Listed posts in one calendar year that look like Facebook's limit of about 600 a year."""
_SLOW_AT = 75
_POSTS = frozenset({Kind.POST, Kind.REPOST})
_COMMENTS = frozenset({Kind.COMMENT, Kind.REPLY})


class Walk:
    """One walk; made anew for every poll. `batch` holds what is read but not handed over."""

    def __init__(
        self, graph: Graph, page: str, sources: Sequence[Source], *, posts_at_once: int
    ) -> None:
        self.batch = Batch({})
        self._graph = graph
        self._page = page
        self._sources = tuple(sources)
        self._limit = posts_at_once
        self._content = Content(graph)
        self._seen: set[str] = set()
        self._slow_noted = False

    def new(self, cursor: Cursor | None) -> Iterator[Page]:
        """What appeared since the last time, and the comments of listed posts that moved."""
        before = NewestSeen.read(cursor)
        self.batch.cursor = before.cursor()
        newest, threads = dict(before.newest), dict[str, str]()
        reaches = []
        self._profile()
        for source in self._sources:
            last = before.newest.get(source.edge)
            reach = Reach()
            for listing in self._listed(source, reach):
                for row in listing.rows:
                    post_id, state = row.needed("id"), _thread_state(row)
                    if before.threads.get(post_id) != state:
                        yield from self._thread(source, row)
                    threads[post_id] = state
                    known = {**before.threads, **threads}
                    self.batch.cursor = NewestSeen(before.newest, known).cursor()
                yield self.batch.take()
                if source.dated and _far_enough(reach, listing, last):
                    break
            reaches.append(reach)
            if reach.newest is not None:
                newest[source.edge] = max(newest.get(source.edge, reach.newest), reach.newest)
        self._cover_posts(reaches)
        self.batch.cursor = NewestSeen(newest, threads).cursor()
        yield self.batch.take()

    def recent(self, since: datetime | None) -> Iterator[Page]:
        """All posts published since then (aware UTC), with all their comments."""
        floor = since or BEGINNING
        reaches = []
        for source in self._sources:
            reach = Reach()
            for listing in self._listed(source, reach):
                for row in listing.rows:
                    if (created(row) or floor) >= floor:
                        yield from self._thread(source, row)
                yield self.batch.take()
                if source.dated and reach.passed(listing.rows, floor):
                    break
            reaches.append(reach)
        self._cover_posts(reaches)
        yield self.batch.take()

    def full(self, cursor: Cursor | None) -> Iterator[Page]:
        """Everything Facebook lists, going on where the last walk was cut off."""
        here = Reached.read_from(cursor)
        edges = [source.edge for source in self._sources]
        first = edges.index(here.source) if here.source in edges else 0
        resumed = first > 0 or bool(here.after or here.read)
        if here.source not in edges:
            here, resumed = Reached(edges[0]), False
        years: Counter[int] = Counter()
        self.batch.cursor = here.cursor()
        self._profile()
        for number, source in enumerate(self._sources[first:], start=first):
            here = here if source.edge == here.source else Reached(source.edge, listed=here.listed)
            for listing in self._resumed(source, here.after):
                if source is PUBLISHED:
                    years.update(moment.year for moment in map(created, listing.rows) if moment)
                for row in listing.rows:
                    if row.needed("id") not in here.read:
                        yield from self._thread(source, row)
                        here = replace(here, read=(*here.read, row.needed("id")))
                        self.batch.cursor = here.cursor()
                here = _next_place(here, listing, edges[number + 1 :])
                self.batch.cursor = here.cursor() if here.source else {}
                self.batch.listed = here.listed
                if here.source:
                    yield self.batch.take()
        if not resumed:
            self._cover_everything(years)
        yield self.batch.take()

    def _profile(self) -> None:
        row = self._graph.node(self._page, fields=fields.PROFILE, asked="the Page's profile")
        self.batch.add([profile_item(row)], [row.exchange])

    def _resumed(self, source: Source, after: str) -> Iterator[Listing]:
        """The listing from the cursor on; from its start when Facebook refuses the cursor,
        for cursors are not promised to live."""
        pages = self._listed(source, Reach(), after)
        try:
            first = next(pages)
        except Permanent:
            if not after:
                raise
            self.batch.note(
                f"Facebook no longer knows where the last walk over {source.title} stopped; "
                "it begins anew"
            )
            yield from self._listed(source, Reach())
            return
        yield first
        yield from pages

    def _listed(self, source: Source, reach: Reach, after: str = "") -> Iterator[Listing]:
        """The pages of a source, their posts put into the batch, each post once per walk."""
        for listing in listings(
            self._graph,
            self._page,
            source.edge,
            params={**source.params, "fields": fields.POST},
            limit=self._limit,
            asked=source.title,
            after=after,
        ):
            self._note_slowness()
            reach.take(listing.rows, ended=not listing.after)
            rows = tuple(row for row in listing.rows if row.needed("id") not in self._seen)
            self._seen.update(row.needed("id") for row in rows)
            self.batch.add((), [listing.exchange])
            self.batch.add(self._content.posts(rows), self._content.used())
            yield replace(listing, rows=rows)

    def _thread(self, source: Source, row: Shape) -> Iterator[Page]:
        """Read a post's comments into the batch, which is handed over when it gets large."""
        post_id = row.needed("id")
        if not source.comments:
            return
        if comment_total(row) != 0:
            try:
                for items in self._content.thread(post_id):
                    self.batch.add(items, self._content.used())
                    if self.batch.full:
                        yield self.batch.take()
            except MissingObject as error:
                self.batch.add((), [error.exchange])
                self.batch.note(f"{post_id} could no longer be read when its comments were asked")
                return
        self.batch.cover(Coverage(kinds=_COMMENTS, thread_id=post_id))

    def _cover_posts(self, reaches: Sequence[Reach]) -> None:
        """Cover what all sources were listed back to: the same kinds come from each."""
        limits = [reach.back_to() for reach in reaches]
        known = [limit for limit in limits if limit is not None]
        if len(known) < len(limits):
            self.batch.note("Facebook did not list posts newest first; no coverage is claimed")
            return
        since = max(known)
        self.batch.cover(Coverage(kinds=_POSTS, since=None if since == BEGINNING else since))

    def _cover_everything(self, years: Counter[int]) -> None:
        """Cover all posts, or those after the last year that Facebook may have cut.

        Far more than 600 posts in a year show that the limit does not apply to this Page.
        """
        capped = [year for year, count in years.items() if count in CAPPED_YEAR]
        since = datetime(max(capped) + 1, 1, 1, tzinfo=UTC) if capped else None
        for year in sorted(capped):
            self.batch.note(
                f"Facebook listed {years[year]} posts of {year}, about the 600 a year that it "
                "lists at most; older posts than its last one may exist"
            )
        self.batch.cover(Coverage(kinds=_POSTS, since=since))

    def _note_slowness(self) -> None:
        if self._graph.usage.percent >= _SLOW_AT and not self._slow_noted:
            self._slow_noted = True
            self.batch.note(
                f"{self._graph.usage.percent} percent of Facebook's call allowance is used"
            )


def _thread_state(row: Shape) -> str:
    """What moves when comments are made or removed; `updated_time` may move for more."""
    return f"{comment_total(row)}@{row.text('updated_time')}"


def _far_enough(reach: Reach, listing: Listing, last: datetime | None) -> bool:
    """May NEW stop here? The first time one page is enough: FULL brings the rest."""
    if last is None:
        return bool(listing.rows)
    return reach.passed(listing.rows, last - OVERLAP)


def _next_place(here: Reached, listing: Listing, later_edges: Sequence[str]) -> Reached:
    """Where the walk goes on when this page is stored; an empty source at the end."""
    listed = here.listed + len(listing.rows)
    if listing.after:
        return Reached(here.source, listing.after, (), listed)
    return Reached(later_edges[0] if later_edges else "", listed=listed)
