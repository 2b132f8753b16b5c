"""One page of a list, where the list goes on, and what a page of own posts covers.

Lists are asked newest first and continued by `max_id`. A page may be short, or empty, and the
list still go on, since the server filters after it has counted; so a list ends only with an
empty page that names no continuation. Some servers know no paging and answer every page with
the same: such a list ends when a page brings nothing new, and then what lies behind its oldest
entry is not covered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from connectors.base import Coverage, Kind
from connectors.mastodon.answers import Answer, Json, id_of
from connectors.mastodon.items import published_of

PER_PAGE = "40"  # Mastodon gives no more
OWN_KINDS = frozenset({Kind.POST, Kind.REPLY, Kind.REPOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """`fresh` was not listed before in this run. `max_id` is where the list goes on, empty at
    its end; `repeats`: it ended because the server brought only what it had brought before."""

    rows: list[Json]
    fresh: list[Json]
    max_id: str
    repeats: bool


class Listing:
    """Watches one list within one run."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def slice(self, answer: Answer, asked: str) -> Slice:
        """Take note of a page that was asked for with the `max_id` in `asked`."""
        rows = answer.things()
        fresh = [row for row in rows if id_of(row) not in self._seen]
        self._seen.update(id_of(row) for row in fresh)
        onward = answer.older or (id_of(rows[-1]) if rows else "")
        repeats = bool(rows) and not fresh
        if repeats or onward == asked:
            onward = ""
        return Slice(rows=rows, fresh=fresh, max_id=onward, repeats=repeats)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far a walk over own posts has come with a page.

    `since` is how far back it goes at all, None for everything; `before` where the page before
    ended, None for the first. `ended`: nothing older is listed. `reached`: older than `since`.
    """

    since: datetime | None
    before: datetime | None
    times: Sequence[datetime]
    ended: bool
    reached: bool
    repeats: bool


def covered(reach: Reach) -> tuple[Coverage, ...]:
    """What the page covers: from its oldest entry to where the one before it ended.

    The first page is open towards the present: the newest post of all must be covered, too.
    """
    if reach.repeats:
        return ()
    if reach.reached or (reach.ended and not reach.times):
        return (Coverage(kinds=OWN_KINDS, since=reach.since, until=reach.before),)
    if not reach.times:
        return ()
    return (Coverage(kinds=OWN_KINDS, since=min(reach.times), until=reach.before),)


def times_of(rows: Sequence[Json]) -> list[datetime]:
    """When the listed things were published."""
    return [published_of(row).utc for row in rows]


def newest_first(times: Sequence[datetime], before: datetime | None) -> bool:
    """Is a page in the order that coverage rests on, and behind the page before it?"""
    whole = [*([before] if before else []), *times]
    return all(earlier >= later for earlier, later in pairwise(whole))
