"""The walk for what is new: everything with a new id, and everything saved since last time.

Both are needed. A post with a date in the past carries that date as `modified_gmt` too, so
only its id is new; an edit of an old post only moves `modified_gmt`. Comments have no time of
edit: the newest ones are read each time, older ones by the sweeps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from connectors.base import Cursor, Page
from connectors.errors import Permanent, PermissionLost
from connectors.wordpress.listing import Listing, Position, Slice
from connectors.wordpress.reading import OVERLAP, later_mark, read_rows, saved_since
from connectors.wordpress.shapes import Row, mapping, moment, number, text
from connectors.wordpress.site import Site
from connectors.wordpress.sources import COMMENTS, Source

NEWEST = 20  # so many of the newest posts are read each time, for their ids


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a list is known: highest id, newest trustworthy `modified_gmt`."""

    id: int = 0
    modified: str = ""


def walk_new(
    site: Site,
    sources: Sequence[Source],
    *,
    per_page: int,
    cursor: Cursor | None,
    since: datetime | None,
) -> Iterator[Page]:
    """Each list once; the cursor moves list by list, after all of a list was given out."""
    marks = _marks(cursor)
    for source in sources:
        held: Page | None = None
        mark = marks.get(source.name)
        try:
            for page, after in _source_pages(site, source, mark, per_page, since):
                if held is not None:
                    yield held
                held, mark = replace(page, cursor=cursor_of(marks)), after
        except (PermissionLost, Permanent) as error:
            if not source.own_type:
                raise
            yield Page(
                items=(),
                exchanges=(error.exchange,) if error.exchange else (),
                cursor=cursor_of(marks),
                notes=(f'the content type "{source.name}" cannot be read: {error}',),
            )
            continue
        if held is not None and mark is not None:
            marks[source.name] = mark
            yield replace(held, cursor=cursor_of(marks))


def cursor_of(marks: dict[str, Mark]) -> Cursor:
    """The cursor of this walk."""
    return {
        "v": 1,
        "marks": {name: {"id": m.id, "modified": m.modified} for name, m in marks.items()},
    }


def _marks(cursor: Cursor | None) -> dict[str, Mark]:
    given = mapping((cursor or {}).get("marks"))
    return {
        str(name): Mark(number(mapping(each), "id"), text(mapping(each), "modified"))
        for name, each in given.items()
    }


def _source_pages(
    site: Site, source: Source, mark: Mark | None, per_page: int, since: datetime | None
) -> Iterator[tuple[Page, Mark]]:
    """Pages of one list, each with the mark that holds once it and all before are stored."""
    before = mark or Mark()
    after, seen = before, set[int]()

    def deep(row: Row) -> bool:
        return number(row, "id") > before.id or saved_since(row, before.modified)

    for found in _slices(site, source, mark, per_page, since):
        fresh = [row for row in found.rows if number(row, "id") not in seen]
        seen.update(number(row, "id") for row in fresh)
        after = Mark(
            max([after.id, *(number(row, "id") for row in fresh)]),
            later_mark(after.modified, fresh, found.answer.served),
        )
        batch = read_rows(site, source, fresh, found.answer, deep)
        page = Page(
            items=batch.items,
            exchanges=tuple(batch.exchanges),
            cursor={},
            notes=tuple(dict.fromkeys(batch.notes)),
        )
        yield page, after


def _slices(
    site: Site, source: Source, mark: Mark | None, per_page: int, since: datetime | None
) -> Iterator[Slice]:
    comments = source.name == COMMENTS
    size = per_page if comments or mark is None else min(NEWEST, per_page)
    for found in Listing(site, source.route, source.params, size).slices(Position()):
        yield found
        if mark is None or found.after.last <= mark.id:
            break  # the first time, what lies further back is for the full sweep
    known = (moment(mark.modified) if mark is not None else None) or since
    if comments or known is None:
        return
    params = {**source.params, "modified_after": as_parameter(known - OVERLAP)}
    yield from Listing(site, source.route, params, per_page).slices(Position())


def as_parameter(when: datetime) -> str:
    """A time as the REST API takes it; the zone is said, else the site's own would hold."""
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")
