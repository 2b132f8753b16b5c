"""Search over every state of every record that is held, also superseded and vanished ones.

A hit is a version. The order is that of the date of the state, newest first; a page is taken
up again behind its last hit by a cursor, so what is captured meanwhile shifts nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from archiver.clock import Clock
from archiver.desk.access import Viewer
from archiver.desk.query_language import leaves, parse
from archiver.desk.search_limits import limited
from archiver.desk.search_log import SearchLog
from archiver.desk.search_snippets import Marker, Piece
from archiver.errors import NotFoundError, UsageError
from archiver.model.database import Connection, Database
from archiver.model.queries import browse, saved_searches, search
from archiver.model.queries.browse import RecordLine
from archiver.model.queries.saved_searches import SavedSearch
from archiver.model.queries.search import Found, Trait
from archiver.model.queries.search_index import SPOKEN
from config.settings import Agency

MOST_COUNTED = 10_000  # hits that are counted exactly
MOST_ON_A_PAGE = 1_000
FACET_HITS = 200  # newest hits that facets are counted over
HIGHEST_ID = 2**63 - 1
AT_ONCE = 5_000  # ids that are read at a time when all are wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A version that was found. Times are UTC; `edited_at` only when the platform states it.
    `parent_id` and `thread_id` are the platform's ids of what it answers to and belongs to."""

    record_id: int
    version_id: int
    number: int
    versions: int
    current: bool
    account: str
    platform: str
    platform_id: str
    kind: str
    author: str
    handle: str
    published_at: datetime | None
    captured_at: datetime
    edited_at: datetime | None
    title: str
    snippet: tuple[Piece, ...]
    language: str
    visibility: str
    presence: str
    has_media: bool
    permalink: str
    parent_id: str
    thread_id: str


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a facet, how many of the counted hits have it, and the words that limit a
    search to it."""

    value: str
    count: int
    narrow: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """How the hits divide. When `complete` is false only the newest `counted` hits were
    looked at, and the counts are of those; `label` says so. The years are the agency's;
    visibility and presence are the record's of today."""

    counted: int
    complete: bool
    account: tuple[Value, ...]
    platform: tuple[Value, ...]
    kind: tuple[Value, ...]
    author: tuple[Value, ...]
    year: tuple[Value, ...]
    state: tuple[Value, ...]

    @property
    def label(self) -> str:
        """What the counts are of."""
        if self.complete:
            return "of all hits"
        return f"of the newest {self.counted:,} hits only"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultPage:
    """A page of hits. `total` is exact unless `more`: then there are more than `total`.
    `following` is the cursor of the next page; empty on the last one."""

    query: str
    hits: tuple[Hit, ...]
    total: int
    more: bool
    following: str
    facets: Facets | None

    @property
    def found(self) -> str:
        """ "312" or "more than 10,000"."""
        return f"more than {self.total:,}" if self.more else f"{self.total:,}"


class Search:
    """The use case. `agency` gives the zone that days are counted in; `log` writes who asked."""

    def __init__(self, database: Database, agency: Agency, clock: Clock) -> None:
        self._database = database
        self._zone = agency.zone
        self._clock = clock
        self.log = SearchLog(database, clock)

    def page(
        self,
        query_text: str,
        *,
        size: int = 20,
        after: str = "",
        oldest_first: bool = False,
        facets: bool = True,
        by: str = "",
        viewer: Viewer | None = None,
    ) -> ResultPage:
        """A page of what answers the question; an empty question finds everything.
        `after` is the `following` of the page before. `by`: who asks, for the ledger; empty:
        the caller sees to it. `viewer`: whose departments it is limited to.

        Raises: UsageError when the question cannot be read or names what does not exist;
            RefusedError when it asks for what the viewer may not look at.
        """
        if not 1 <= size <= MOST_ON_A_PAGE:
            raise UsageError(f"a page has 1 to {MOST_ON_A_PAGE:,} hits, not {size}")
        behind = _cursor(after)
        query = parse(query_text)
        with self._database.read() as connection:
            made = search.plan(connection, limited(query, viewer), self._zone)
            newest = behind is None and not oldest_first  # this page begins with what facets count
            limit = max(size + 1, FACET_HITS if facets and newest else 0)
            ids = search.version_ids(
                connection, made, limit=limit, after=behind, oldest_first=oldest_first
            )
            hits = search.found(connection, ids[:size])
            whole = behind is None and len(ids) < limit
            total = len(ids) if whole else search.count(connection, made, MOST_COUNTED)
            divided = self._facets(connection, made, ids if newest else None, total, facets=facets)
        self._log(query_text, by)
        marker = Marker(leaves(query))
        return ResultPage(
            query=query_text,
            hits=tuple(_hit(each, marker) for each in hits),
            total=min(total, MOST_COUNTED),
            more=total > MOST_COUNTED,
            following=str(ids[size - 1]) if len(ids) > size else "",
            facets=divided,
        )

    def all_ids(
        self, query_text: str, *, by: str = "", viewer: Viewer | None = None
    ) -> Iterator[tuple[int, int]]:
        """Record and version id of every hit, newest first, read as they are taken.

        Raises: UsageError and RefusedError as `page` does, when the first is taken.
        """
        query = parse(query_text)
        self._log(query_text, by)
        with self._database.read() as connection:
            made = search.plan(connection, limited(query, viewer), self._zone)
            yield from search.all_ids(connection, made, at_once=AT_ONCE)

    def thread(self, record_id: int) -> list[RecordLine]:
        """The thread that a record is in, oldest first, itself included.

        Raises: NotFoundError when there is no such record.
        """
        with self._database.read() as connection:
            line = browse.find_record(connection, str(record_id))
            if line is None:
                raise NotFoundError(f"there is no record {record_id}")
            return browse.thread_of(connection, line)

    def saved(self) -> list[SavedSearch]:
        """All saved searches by name."""
        with self._database.read() as connection:
            return saved_searches.every(connection)

    def recall(self, name: str) -> SavedSearch:
        """A saved search. Raises: NotFoundError when none has the name."""
        for each in self.saved():
            if each.name == name:
                return each
        raise NotFoundError(
            f'no search is saved as "{name}"; "archiver search saved list" shows the names'
        )

    def save(self, name: str, query_text: str, *, by: str, replace: bool = True) -> SavedSearch:
        """Save a question under a name; an earlier one of the name is kept, but counts no
        more.

        Raises: UsageError when the question cannot be read, it has no name or nobody's, or one
            of the name is there already and shall not be replaced.
        """
        query = query_text.strip()
        if not name.strip() or len(name) > 100 or not query or not by.strip():
            raise UsageError(
                "a saved search needs a name of at most 100 characters, a question, and --by"
            )
        parse(query)
        if not replace:
            self._free(name.strip())
        self._write_saved(name.strip(), query, by)
        return self.recall(name.strip())

    def forget(self, name: str, *, by: str) -> None:
        """Take a saved search back. Raises: NotFoundError when there is none, UsageError when
        nobody says so."""
        if not by.strip():
            raise UsageError("say with --by who takes the saved search back")
        self._write_saved(self.recall(name).name, "", by)

    def _free(self, name: str) -> None:
        for each in self.saved():
            if each.name == name:
                raise UsageError(
                    f'{each.actor} has saved a search as "{name}" already; take another name, or '
                    "say that it shall be replaced"
                )

    def _write_saved(self, name: str, query: str, by: str) -> None:
        with self._database.write() as connection:
            saved_searches.write(connection, name=name, query=query, actor=by, at=self._clock.now())

    def _log(self, query_text: str, by: str) -> None:
        """Who asked what, in the ledger; nothing when nobody is named."""
        if by:
            self.log.asked(query_text, by=by)

    def _facets(
        self,
        connection: Connection,
        made: search.Plan,
        ids: list[int] | None,
        total: int,
        *,
        facets: bool,
    ) -> Facets | None:
        """`ids` are the newest hits, where they are known already."""
        if not facets:
            return None
        if ids is None:
            ids = search.version_ids(connection, made, limit=FACET_HITS)
        found = search.traits(connection, ids[:FACET_HITS])
        return Facets(
            counted=len(found),
            complete=total <= len(found),
            account=_values("account", (each.account for each in found)),
            platform=_values("platform", (each.platform for each in found)),
            kind=_values("kind", (each.kind for each in found)),
            author=_values("from", (each.author for each in found)),
            year=_values("on", _years(found, self._zone)),
            state=_values("is", (_state(each) for each in found)),
        )


def _cursor(after: str) -> int | None:
    if not after:
        return None
    if not after.isascii() or not after.isdecimal() or int(after[:20]) > HIGHEST_ID:
        raise UsageError(
            f'"{after}" is no cursor: give the one that the page before named, or none'
        )
    return int(after)


def _hit(found: Found, marker: Marker) -> Hit:
    words = found.words
    if found.title and not words.startswith(found.title):
        words = f"{found.title} · {words}"
    return Hit(
        record_id=found.record_id,
        version_id=found.version_id,
        number=found.number,
        versions=found.versions,
        current=found.current,
        account=found.account,
        platform=found.platform,
        platform_id=found.platform_id,
        kind=found.kind,
        author=found.author,
        handle=found.handle,
        published_at=found.published_at,
        captured_at=found.captured_at,
        edited_at=found.edited_at,
        title=found.title,
        snippet=_snippet(words, found.pictures, marker),
        language=found.language,
        visibility=found.visibility,
        presence=found.presence,
        has_media=found.media > 0,
        permalink=found.permalink,
        parent_id=found.parent_id,
        thread_id=found.thread_id,
    )


def _snippet(words: str, pictures: str, marker: Marker) -> tuple[Piece, ...]:
    """The text around what was asked for; where only a picture or a film has it, its text."""
    if not marker.finds(words):
        for line in pictures.splitlines():
            if marker.finds(line):
                spoken = line.startswith(SPOKEN)
                where = "in the captions of a film: " if spoken else "in a picture: "
                return (Piece(where, marked=False), *marker.snippet(line.removeprefix(SPOKEN)))
    return marker.snippet(words)


def _years(found: Iterable[Trait], zone: ZoneInfo) -> Iterator[str]:
    for each in found:
        if each.published_at is not None:
            yield str(each.published_at.astimezone(zone).year)


def _state(trait: Trait) -> str:
    """One of the words of `is:`."""
    if trait.presence != "present":
        return "deleted" if trait.presence == "gone" else "vanished"
    return "public" if trait.visibility == "public" else "hidden"


def _values(name: str, found: Iterable[str]) -> tuple[Value, ...]:
    """Commonest first; what is not known is not counted."""
    counts = Counter(each for each in found if each)
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(Value(value, count, _narrow(name, value)) for value, count in ordered)


def _narrow(name: str, value: str) -> str:
    plain = value.replace('"', "")
    return (
        f'{name}:"{plain}"' if any(c.isspace() or c in "()" for c in plain) else f"{name}:{plain}"
    )
