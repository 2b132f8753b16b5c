"""The walk through everything, or everything published since a day: with coverage.

A kind is covered only when every list that brings it was walked to its end, in the order
that was asked for, with nothing kept back by the site.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from connectors.base import Coverage, Cursor, Kind, Page
from connectors.errors import ConnectorError, Permanent, PermissionLost
from connectors.wordpress.fresh import as_parameter
from connectors.wordpress.listing import Listing, Position, Slice
from connectors.wordpress.reading import later_mark, read_rows, saved_since
from connectors.wordpress.shapes import Row, mapping, number, text
from connectors.wordpress.site import Site
from connectors.wordpress.sources import COMMENTS, Source

# The filter compares with the site's local time as it was set when a post was published; a
# site whose time zone was changed from one end of the world to the other is off by 26 hours.
ZONE_MARGIN = timedelta(hours=27)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a sweep stands.

    `finished` lists are done, `partial` ones not completely. `types` are the content types
    that earlier sweeps knew. `swept` holds, per list, the newest save that an earlier sweep
    read the revisions of; `sweeping` the same for this one.
    """

    source: str = ""
    position: Position = field(default_factory=Position)
    finished: tuple[str, ...] = ()
    partial: tuple[str, ...] = ()
    listed: int = 0
    total: int | None = None
    types: tuple[str, ...] = ()
    swept: Mapping[str, str] = field(default_factory=dict)
    sweeping: Mapping[str, str] = field(default_factory=dict)

    def cursor(self) -> Cursor:
        """As a cursor."""
        return {
            "v": 1,
            **asdict(self),
            "finished": list(self.finished),
            "partial": list(self.partial),
            "types": list(self.types),
        }

    def ended(self, types: Sequence[str]) -> Cursor:
        """The cursor that the next sweep starts afresh with."""
        known = tuple(sorted({*self.types, *types}))
        return Progress(types=known, swept={**self.swept, **self.sweeping}).cursor()


def progress_of(cursor: Cursor | None) -> Progress:
    """Read a cursor; one that is not of this form starts afresh."""
    given = mapping(cursor)
    if given.get("v") != 1:
        return Progress()
    place = mapping(given.get("position"))
    total = given.get("total")
    return Progress(
        source=text(given, "source"),
        position=Position(
            offset=number(place, "offset"),
            last=number(place, "last"),
            passed=number(place, "passed"),
            first_total=number(place, "first_total"),
            ordered=place.get("ordered") is not False,
            whole=place.get("whole") is not False,
        ),
        finished=_names(given.get("finished")),
        partial=_names(given.get("partial")),
        listed=number(given, "listed"),
        total=total if isinstance(total, int) else None,
        types=_names(given.get("types")),
        swept=_texts(given.get("swept")),
        sweeping=_texts(given.get("sweeping")),
    )


class Sweep:
    """One walk over all lists of a site. `since` (aware UTC) limits it to what was published
    from then on, and then no revisions are read: the walk for new things does that."""

    def __init__(
        self, site: Site, sources: Sequence[Source], *, per_page: int, since: datetime | None
    ) -> None:
        self._site = site
        self._sources = sources
        self._per_page = per_page
        self._since = since
        self._types = [source.name for source in sources if source.name != COMMENTS]

    def pages(self, progress: Progress) -> Iterator[Page]:
        """Walk on from where the progress stands."""
        todo = [source for source in self._sources if source.name not in progress.finished]
        todo.sort(key=lambda source: source.name != progress.source)  # the one begun goes first
        for place, source in enumerate(todo):
            final = place == len(todo) - 1
            if source.name != progress.source:
                progress = replace(progress, source=source.name, position=Position())
            try:
                for found in self._listing(source).slices(progress.position):
                    progress, page = self._page(source, found, progress, final=final)
                    yield page
            except (PermissionLost, Permanent) as error:
                if not source.own_type:
                    raise
                progress, page = self._refused(source, error, progress, final=final)
                yield page

    def _listing(self, source: Source) -> Listing:
        params = dict(source.params)
        if self._since is not None:
            params["after"] = as_parameter(self._since - ZONE_MARGIN)
        return Listing(self._site, source.route, params, self._per_page)

    def _page(
        self, source: Source, found: Slice, progress: Progress, *, final: bool
    ) -> tuple[Progress, Page]:
        mark = progress.swept.get(source.name, "")

        def deep(row: Row) -> bool:
            return self._since is None and saved_since(row, mark)

        batch = read_rows(self._site, source, found.rows, found.answer, deep)
        known = progress.sweeping.get(source.name, "")
        newest = later_mark(known, found.rows, found.answer.served)
        progress = replace(
            progress,
            position=found.after,
            listed=progress.listed + len(found.rows),
            sweeping={**progress.sweeping, source.name: newest},
        )
        covers: tuple[Coverage, ...] = ()
        notes = batch.notes
        if found.final:
            progress = _finish(progress, source, whole=found.complete)
            covers = self._covers(source, progress)
            notes = notes + self._doubts(source, found)
        return progress, Page(
            items=batch.items,
            exchanges=tuple(batch.exchanges),
            cursor=self._cursor(progress, ended=final and found.final),
            covers=covers,
            done=progress.listed,
            total=None if progress.total is None else max(progress.total, progress.listed),
            notes=tuple(dict.fromkeys(notes)),
        )

    def _refused(
        self, source: Source, error: ConnectorError, progress: Progress, *, final: bool
    ) -> tuple[Progress, Page]:
        progress = _finish(progress, source, whole=False)
        return progress, Page(
            items=(),
            exchanges=(error.exchange,) if error.exchange else (),
            cursor=self._cursor(progress, ended=final),
            notes=(f'the content type "{source.name}" cannot be read: {error}',),
        )

    def _cursor(self, progress: Progress, *, ended: bool) -> Cursor:
        return progress.ended(self._types) if ended else progress.cursor()

    def _covers(self, source: Source, progress: Progress) -> tuple[Coverage, ...]:
        for each in self._sources:
            same = each.kinds == source.kinds
            if same and (each.name not in progress.finished or each.name in progress.partial):
                return ()
        if source.kind is Kind.POST and self._vanished(progress):
            return ()
        return (Coverage(kinds=source.kinds, since=self._since),)

    def _vanished(self, progress: Progress) -> list[str]:
        return sorted(set(progress.types) - set(self._types))

    def _doubts(self, source: Source, found: Slice) -> list[str]:
        doubts = []
        if found.after.ordered and found.short:
            doubts.append(
                f'"{source.name}" changed so much during the walk that its end may have been missed'
            )
        if not found.after.ordered:
            doubts.append(
                f'"{source.name}" is not listed in the order that was asked for (a plug-in changes '
                "it), so what is missing from the list proves nothing"
            )
        if not found.after.whole:
            doubts.append(
                f'the site counts more in "{source.name}" than it shows this user, or does not '
                "say how many there are; an Editor's account sees all"
            )
        return doubts

    def vanished_note(self, progress: Progress) -> tuple[str, ...]:
        """A note when content types are no longer offered: their plug-in may only be off."""
        gone = ", ".join(self._vanished(progress))
        if not gone:
            return ()
        return (
            f"the site no longer offers the content type {gone}; its posts may still exist, so "
            "nothing is concluded from their absence (name the types to read in the option types "
            "if it is gone for good)",
        )


def _finish(progress: Progress, source: Source, *, whole: bool) -> Progress:
    partial = progress.partial if whole else (*progress.partial, source.name)
    return replace(
        progress,
        finished=(*progress.finished, source.name),
        partial=partial,
        source="",
        position=Position(),
    )


def _names(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) else ()


def _texts(value: object) -> dict[str, str]:
    return {str(name): str(each) for name, each in mapping(value).items()}
