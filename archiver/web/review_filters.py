"""Which items of a set the pages of review mean: the filters by name, as the desk picks items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import quote, urlencode

from archiver.desk import suggestions
from archiver.desk.access import Viewer
from archiver.desk.review_setup import ReviewDesk
from archiver.model.queries.review import Pick, SetItem

SUGGESTED, TO_CHECK = "suggested", "to-check"
SCANNED = 250  # items that are looked through for suggestions at once
FILTERS: Mapping[str, Pick] = {
    "all": Pick(),
    "undecided": Pick(outcome="undecided"),
    SUGGESTED: Pick(outcome="undecided"),  # of these, the ones in which something was found
    "release": Pick(outcome="release"),
    "redact": Pick(outcome="redact"),
    "withhold": Pick(outcome="withhold"),
    "waiting": Pick(look="waiting"),
    TO_CHECK: Pick(look="waiting"),  # of these, the ones that somebody else decided
    "sent-back": Pick(look="disputed"),
}
EMPTIES = frozenset({"undecided", SUGGESTED, "waiting", TO_CHECK, "sent-back"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A filter with its narrowing, as the address of a page has it."""

    show: str = "all"
    author: str = ""
    kind: str = ""

    def pick(self, viewer: Viewer) -> Pick:
        """The items that are meant; never those of a department that is not for the viewer."""
        return replace(
            FILTERS.get(self.show, FILTERS["all"]),
            author=self.author.strip(),
            kind=self.kind,
            departments=viewer.departments,
            not_by=viewer.name if self.show == TO_CHECK else "",
        )

    def query(self, **more: str | int) -> str:
        """For an address, with its question mark."""
        given = {"show": self.show, "author": self.author, "kind": self.kind, **more}
        return f"?{urlencode({name: value for name, value in given.items() if value})}"


def set_address(number: str, set_number: int) -> str:
    """The page of a set."""
    return f"/requests/{quote(number, safe='')}/sets/{set_number}"


def has_hints(desk: ReviewDesk, item: SetItem) -> bool:
    """Was something found in its text or title?"""
    return any(True for _ in suggestions.by_patterns([item], desk.patterns))


def next_of(
    desk: ReviewDesk,
    viewer: Viewer,
    number: str,
    set_number: int,
    listing: Listing,
    *,
    after: int = 0,
) -> int:
    """The position of the next item of a list after a position, 0 if there is none. A list that
    empties while it is worked through begins anew at its end. Raises: NotFoundError."""
    suggested = listing.show == SUGGESTED
    starts = (after, 0) if after and listing.show in EMPTIES else (after,)
    for start in starts:
        for each in desk.reviews.items(
            number,
            set_number,
            pick=listing.pick(viewer),
            after=start,
            limit=SCANNED if suggested else 1,
        ):
            if each.position != after and (not suggested or has_hints(desk, each)):
                return each.position
    return 0
