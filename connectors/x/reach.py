"""What one page of the timeline proves to have listed, and where the timeline ends short.

Whatever X orders by, the first version of a post or its newest, all that comes after a page
was published before the oldest version on it. So a page covers the time from there to where
the page before it ended. The first page is open towards the present: the newest post of all
must be covered too, or its deletion would go unnoticed until the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.base import Coverage, Kind

TIMELINE_REACH = 3_200  # X lists no more than so many of the newest posts of an account
OWN_KINDS = frozenset({Kind.POST, Kind.REPLY, Kind.REPOST})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A walk down the timeline as it stands after one more page.

    `since` is the time (aware UTC) down to which X was asked to list, None for all of it;
    `total` what X counts for the account; `listed` includes this page.
    """

    since: datetime | None
    total: int | None
    listed: int
    ended: bool

    @property
    def cut_short(self) -> bool:
        """May older posts exist that the timeline does not reach? X does not say so itself."""
        too_many = self.since is None and (self.total or 0) > TIMELINE_REACH
        return self.listed >= TIMELINE_REACH or too_many


def covered(
    listing: Listing, times: Sequence[datetime], before: datetime | None
) -> tuple[Coverage, ...]:
    """What a page with versions of these times covers; `before` is where the last one ended."""
    bounds = [*times, *([before] if before else [])]
    if not listing.ended:
        if not times:
            return ()
        return (Coverage(kinds=OWN_KINDS, since=min(bounds), until=before),)
    if listing.since is None and not listing.listed and listing.total:
        return ()  # an empty list is no proof against a count that says otherwise
    if not listing.cut_short:
        return (Coverage(kinds=OWN_KINDS, since=listing.since, until=before),)
    return (Coverage(kinds=OWN_KINDS, since=min(bounds), until=before),)


def limits(listing: Listing) -> list[str]:
    """Limits met at the end of the listing, in words."""
    if not listing.ended:
        return []
    if listing.cut_short:
        return [
            f"X lists only the newest {TIMELINE_REACH:,} posts of an account: "
            f"{listing.listed:,} were listed of {listing.total or 'an unknown number'}"
        ]
    if listing.since is None and not listing.listed and listing.total:
        return [f"X lists no posts but counts {listing.total}; nothing is concluded from that"]
    return []
