"""The query that makes the keys of records; what is in a key: `standing_keys`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    tuple_,
)

from archiver.model.queries.standing_rare import (
    ANSWERED,
    BY_HAND,
    DAYS,
    STATED,
    TAGS,
    VERSION_DAYS,
    WORDS,
    Needs,
)
from archiver.model.tables import findings, records, versions
from archiver.model.tables_retention import hold_matches, tombstones

Piece = str | ColumnElement[str]  # what is known already, or what the database must tell
_SEEN_BY_ALL = ("public", "unlisted")
_REMOVED = ("gone", "hidden")


def keys_query(
    needs: Needs,
    first: int,
    last: int,
    *,
    own: Sequence[tuple[int, str]],
    holds: Sequence[int],
    filled: frozenset[str],
    dialect: str,
) -> Select[Any]:
    """Number and key of every record from `first` to `last` that was not destroyed. `own` are
    the accounts' own authors, `holds` the numbers of those to look for, `filled` the names of
    the tables of what is rare that have rows."""

    def part(table: Any) -> ColumnElement[bool]:
        return and_(table.c.record_id >= first, table.c.record_id <= last)

    post = records.alias("post")
    query = _Query(needs, own, filled, records.outerjoin(post, _is_post(post)))
    itself = [query.group(), ";", *query.traits(records)]
    its_post = _text(query.traits(post))
    held: Piece = ""
    if holds:
        held = func.coalesce(query.joined(_held(holds, part).subquery("held")).c.value, "")
    key = _text(
        [
            *itself,
            ">",
            case((post.c.id.is_(None), ""), else_=its_post),
            "|",
            _created(dialect),
            "|",
            case((_visible(records), ""), else_=_local_day(_removed())),
            "|",
            query.rare(STATED, records),
            "|",
            held,
            "|",
            query.rare(ANSWERED, records),
        ]
    )
    destroyed = exists().where(tombstones.c.record_id == records.c.id)
    return (
        select(records.c.id, key.label("key"))
        .select_from(query.tables)
        .where(records.c.id.between(first, last), ~destroyed)
    )


class _Query:
    """The tables of the query, which grow with what is asked of them."""

    def __init__(
        self, needs: Needs, own: Sequence[tuple[int, str]], filled: frozenset[str], tables: Any
    ) -> None:
        self.tables = tables
        self._needs = needs
        self._own = own
        self._filled = filled

    def joined(self, source: Any) -> Any:
        """A source with a row for some of the records, joined."""
        self.tables = self.tables.outerjoin(source, source.c.record_id == records.c.id)
        return source

    def rare(self, source: Any, table: Any) -> Piece:
        """What a table of `standing_rare` has for a record."""
        if source.name not in self._filled:
            return ""
        mine = source.alias(f"{source.name}_of_{table.name}")
        self.tables = self.tables.outerjoin(mine, mine.c.record_id == table.c.id)
        return func.coalesce(mine.c.value, "")

    def group(self) -> Piece:
        """The number of the account's group; a comment's post is of the same account."""
        groups = self._needs.accounts
        if len(groups) < 2:
            return "0"
        whole = {number: str(n) for n, group in enumerate(groups) for number in group}
        return case(whole, value=records.c.account_id, else_="")

    def traits(self, table: Any) -> list[Piece]:
        """The other traits of `table`: records, or an alias of it."""
        needs = self._needs
        matters = needs.removed or table is records  # of a post only if a rule asks
        parts: list[Piece] = [
            _number_in(needs.kinds, table.c.kind),
            _role(self._own, table) if needs.roles else "",
            _number_in(needs.authors, table.c.author_id),
            _number_in(needs.threads, table.c.thread_id),
            case((_visible(table), "1"), else_="0") if matters else "1",
            *(self.rare(source, table) for source in (TAGS, WORDS, BY_HAND)),
        ]
        return [each for part in parts for each in (part, ";")][:-1]


def _text(parts: Iterable[Piece]) -> ColumnElement[str]:
    """The parts as one text; the database is not asked to join what is known already."""
    joined: list[Piece] = []
    for each in parts:
        if isinstance(each, str) and joined and isinstance(joined[-1], str):
            joined[-1] += each
        else:
            joined.append(each)
    whole, *rest = (literal(each) if isinstance(each, str) else each for each in joined)
    for each in rest:
        whole = whole.concat(each)
    return whole


def _is_post(post: Any) -> ColumnElement[bool]:
    """Is it the post that a record is a comment on?"""
    thread = func.coalesce(func.nullif(records.c.thread_id, ""), records.c.parent_id)
    return and_(
        post.c.account_id == records.c.account_id,
        post.c.family == "post",
        post.c.platform_id == case((records.c.family == "comment", thread)),
    )


def with_post(connection: Connection, record_id: int) -> list[int]:
    """The number of a record, and that of the post which it is a comment on."""
    post = records.alias("post")
    query = select(post.c.id).join(records, _is_post(post)).where(records.c.id == record_id)
    return [record_id, *connection.scalars(query)]


def _number_in(wanted: Sequence[str], column: ColumnElement[str]) -> Piece:
    if not wanted:
        return ""
    return case({value: str(n) for n, value in enumerate(wanted)}, value=column, else_="")


def _role(own: Sequence[tuple[int, str]], table: Any) -> ColumnElement[str]:
    """The agency speaks in its profile, and where the author is the profile's; where there is
    no such author (a web site), in everything that is no comment and no message."""
    said = table.c.kind.in_(("comment", "reply", "message"))
    if not own:
        return case((said, "p"), else_="a")
    by_itself = tuple_(table.c.account_id, table.c.author_id).in_(own)
    known = table.c.account_id.in_({number for number, _ in own})
    anonymous = and_(~said, or_(table.c.author_id == "", ~known))
    return case((or_(table.c.kind == "profile", by_itself, anonymous), "a"), else_="p")


def _visible(table: Any) -> ColumnElement[bool]:
    """Can the public still see it, as far as is known? A suspicion, or an account that cannot
    be reached, is no removal."""
    return and_(
        table.c.visibility.in_(_SEEN_BY_ALL),
        table.c.presence.not_in(_REMOVED),
    )


def _created(dialect: str) -> ColumnElement[str]:
    """The day on which the present state came to be; empty without a publication time. The
    number of a version tells its edit, or else its publication; an edit seen by comparing is
    looked up where there are several versions."""
    latest = func.max if dialect == "sqlite" else func.greatest
    days = (
        _local_day(records.c.published_at),
        _day_in(VERSION_DAYS.c.begins <= records.c.version_id, VERSION_DAYS),
        case((records.c.versions > 1, _local_day(_changed())), else_=""),
    )
    return case((records.c.published_at.is_(None), ""), else_=latest(*days))


def _local_day(moment: ColumnElement[datetime]) -> ColumnElement[str]:
    """The agency-local day of a moment."""
    return _day_in(DAYS.c.begins <= moment, DAYS)


def _day_in(begun: ColumnElement[bool], days: Any) -> ColumnElement[str]:
    found = select(days.c.day).where(begun).order_by(days.c.begins.desc()).limit(1)
    found = found.correlate(records)
    return func.coalesce(found.scalar_subquery(), "")


def _changed() -> ColumnElement[datetime]:
    """The latest moment by which any version of the record came to be. Asked record by record:
    few have several."""
    moment = func.coalesce(versions.c.edited_at, versions.c.not_after)
    mine = versions.c.record_id == records.c.id
    return select(func.max(moment)).where(mine).correlate(records).scalar_subquery()


def _removed() -> ColumnElement[datetime]:
    """The latest bound of the findings that the record was no longer to be seen. Asked record
    by record: of few the public sees no more."""
    said = or_(
        findings.c.stage == "state",
        and_(findings.c.stage.in_(("confirmed", "stated")), findings.c.presence.in_(_REMOVED)),
    )
    moment = func.coalesce(findings.c.not_after, findings.c.at)
    mine = findings.c.record_id == records.c.id
    return select(func.max(moment)).where(mine, said).correlate(records).scalar_subquery()


def _held(holds: Sequence[int], part: Callable[[Any], ColumnElement[bool]]) -> Select[Any]:
    number = cast(hold_matches.c.hold_id, String)
    return (
        select(hold_matches.c.record_id, func.aggregate_strings(number, ",").label("value"))
        .where(part(hold_matches), hold_matches.c.hold_id.in_(holds))
        .group_by(hold_matches.c.record_id)
    )
