"""Reads an edge page by page, by cursor, to its end.

`paging.next` only says that there is more; it carries the token and is never followed. A
short or empty page is not the end. A walk that turns in a circle, or brings nothing new for
many pages, ends with BadAnswer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.errors import BadAnswer
from connectors.facebook.faults import TooMuchAsked
from connectors.facebook.graph import Graph
from connectors.facebook.shapes import Shape

BARREN_PAGES = 10
"""So many pages in a row without anything new are taken for an endless listing."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of an edge. `after` continues it; empty at the end."""

    rows: tuple[Shape, ...]
    after: str
    exchange: str


def listings(
    graph: Graph,
    node_id: str,
    edge: str,
    *,
    params: Mapping[str, str],
    limit: int,
    asked: str,
    after: str = "",
) -> Iterator[Listing]:
    """All pages of an edge, each row once, beginning after the cursor `after`."""
    seen: set[str] = set()
    cursors = {after}
    barren = 0
    while True:
        answer, limit = _page(
            graph, node_id, edge, params={**params, **_after(after)}, limit=limit, asked=asked
        )
        fresh = []
        for row in _data(answer):
            row_id = row.needed("id")
            if row_id not in seen:
                seen.add(row_id)
                fresh.append(row)
        after = _continuation(answer)
        yield Listing(tuple(fresh), after, answer.exchange)
        if not after:
            return
        barren = 0 if fresh else barren + 1
        if after in cursors or barren >= BARREN_PAGES:
            raise BadAnswer(
                f"{asked}: Facebook's pages go on without bringing anything new; the listing "
                "was given up",
                exchange=answer.exchange,
            )
        cursors.add(after)


def _page(
    graph: Graph, node_id: str, edge: str, *, params: Mapping[str, str], limit: int, asked: str
) -> tuple[Shape, int]:
    """One page, as large as Facebook is willing to make it, and how large that was."""
    while True:
        try:
            return graph.edge(node_id, edge, {**params, "limit": str(limit)}, asked=asked), limit
        except TooMuchAsked:
            if limit == 1:
                raise
            limit = limit // 2


def _after(cursor: str) -> dict[str, str]:
    return {"after": cursor} if cursor else {}


def _data(answer: Shape) -> tuple[Shape, ...]:
    if "data" not in answer.data:
        raise answer.wrong("data", "a list")
    return answer.rows("data")


def _continuation(answer: Shape) -> str:
    """The cursor of the next page; empty when Facebook names no next page."""
    paging = answer.sub("paging")
    if not paging.text("next"):
        return ""
    return paging.sub("cursors").needed("after")
