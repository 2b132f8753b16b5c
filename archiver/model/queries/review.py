"""Review: the items of a set, what was decided for them, and who looked a second time.

Decisions are only ever added; of a version in a request the newest counts. The same holds of
the checks of a decision.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, insert, or_, select

from archiver.model.queries.bulk import bulk
from archiver.model.queries.known import AT_ONCE
from archiver.model.tables import accounts, exchanges, media, records, version_media, versions
from archiver.model.tables_requests import result_items, review_checks, review_decisions
from archiver.values import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided for a version in a request, and the newest second look at it.
    `agrees` is None while nobody else has looked. Times are aware UTC."""

    id: int
    version_id: int
    outcome: str
    code: str
    reason: str
    marks: tuple[Mark, ...]
    bulk: str
    actor: str
    at: datetime
    agrees: bool | None
    checked_by: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetItem:
    """An item of a set as a reviewer sees it. `state` is the canonical form, parsed; empty
    when a disposition destroyed the record. `department` is that of the account; times are
    aware UTC."""

    position: int
    record_id: int
    version_id: int
    number: int
    account: str
    kind: str
    platform_id: str
    author_id: str
    author_handle: str
    author_name: str
    published_at: datetime | None
    title: str
    words: str
    state: Mapping[str, Any]
    decision: Decision | None
    department: str
    permalink: str
    captured_at: datetime

    @property
    def author(self) -> str:
        """For people."""
        return self.author_name or self.author_handle or self.author_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Pick:
    """Which items of a set: everything that is set must hold. `author` is a handle, a name or
    an id, in any case; `outcome` may be "undecided". `look` is about the second look at what
    is decided: "waiting", "agreed" or "disputed"; `not_by` leaves out what this person decided.
    `departments` empty: those of all. `positions` and `versions` None: whichever."""

    author: str = ""
    kind: str = ""
    outcome: str = ""
    position: int = 0
    look: str = ""
    not_by: str = ""
    departments: frozenset[str] = frozenset()
    positions: frozenset[int] | None = None
    versions: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMedium:
    """A media file of a version and where its bytes lie; `segment` is empty when they are not
    held (`status` tells why)."""

    position: int
    kind: str
    alt_text: str
    status: str
    sha256: str
    size: int
    mime: str
    segment: str
    offset: int
    length: int


def item_query(set_id: int, request_id: int, *columns: Any) -> tuple[Select[Any], Any]:
    """The items of a set by position, each with its newest decision in the request and the
    newest check of that, and these columns of records, versions, accounts and the set; also
    the alias of the decisions. A row is read with `decision_of`."""
    newest = (
        select(
            review_decisions.c.request_id,
            review_decisions.c.version_id,
            func.max(review_decisions.c.id).label("id"),
        )
        .group_by(review_decisions.c.request_id, review_decisions.c.version_id)
        .subquery("newest")
    )
    looked = (
        select(review_checks.c.decision_id, func.max(review_checks.c.id).label("id"))
        .group_by(review_checks.c.decision_id)
        .subquery("looked")
    )
    decision, check = review_decisions.alias("decision"), review_checks.alias("second")
    query = (
        select(
            decision.c.id.label("decision_id"),
            func.coalesce(decision.c.outcome, "undecided").label("outcome"),
            decision.c.code,
            decision.c.reason,
            decision.c.marks,
            decision.c.bulk,
            decision.c.actor,
            decision.c.at.label("decided_at"),
            check.c.agrees,
            check.c.actor.label("checked_by"),
            check.c.note,
            *columns,
        )
        .select_from(result_items)
        .join(records, records.c.id == result_items.c.record_id)
        .join(versions, versions.c.id == result_items.c.version_id)
        .join(accounts, accounts.c.id == records.c.account_id)
        .outerjoin(
            newest,
            and_(
                newest.c.request_id == request_id,
                newest.c.version_id == result_items.c.version_id,
            ),
        )
        .outerjoin(decision, decision.c.id == newest.c.id)
        .outerjoin(looked, looked.c.decision_id == decision.c.id)
        .outerjoin(check, check.c.id == looked.c.id)
        .where(result_items.c.set_id == set_id)
        .order_by(result_items.c.position)
    )
    return query, decision


def _picked(pick: Pick, query: Select[Any], decision: Any) -> list[ColumnElement[bool]]:
    clauses: list[ColumnElement[bool]] = []
    if pick.author:
        wanted = pick.author.lstrip("@").lower()
        clauses.append(
            or_(
                func.lower(records.c.author_handle) == wanted,
                func.lower(records.c.author_name) == wanted,
                records.c.author_id == pick.author,
            )
        )
    if pick.kind:
        clauses.append(records.c.kind == pick.kind)
    if pick.outcome:
        clauses.append(func.coalesce(decision.c.outcome, "undecided") == pick.outcome)
    if pick.position:
        clauses.append(result_items.c.position == pick.position)
    if pick.positions is not None:
        clauses.append(result_items.c.position.in_(pick.positions))
    if pick.departments:
        clauses.append(accounts.c.department.in_(pick.departments))
    if pick.not_by:
        clauses.append(func.lower(decision.c.actor) != " ".join(pick.not_by.split()).lower())
    if pick.look:
        agrees = query.selected_columns["agrees"]
        clauses += [
            decision.c.outcome != "undecided",
            agrees.is_({"waiting": None, "agreed": True, "disputed": False}[pick.look]),
        ]
    return clauses


def items(
    connection: Connection,
    set_id: int,
    request_id: int,
    *,
    pick: Pick | None = None,
    after: int = 0,
    limit: int = 0,
) -> Iterator[SetItem]:
    """Items of a set with their decisions, in order, a few at a time; those after a position,
    and so many (0: all)."""
    pick = pick or Pick()
    query, decision = item_query(
        set_id,
        request_id,
        result_items.c.position,
        result_items.c.record_id,
        result_items.c.version_id,
        versions.c.number,
        versions.c.title,
        versions.c.words,
        versions.c.canonical,
        accounts.c.slug,
        records.c.kind,
        records.c.platform_id,
        records.c.author_id,
        records.c.author_handle,
        records.c.author_name,
        records.c.published_at,
        records.c.permalink,
        versions.c.captured_at,
        accounts.c.department,
    )
    query = query.where(*_picked(pick, query, decision), result_items.c.position > after)
    if limit and pick.versions is None:
        query = query.limit(limit)
    told = 0
    # Who asks may stop half-way: then the cursor is closed here and not some time later.
    with connection.execute(query.execution_options(yield_per=500)) as rows:
        for row in rows:
            if pick.versions is not None and row.version_id not in pick.versions:
                continue
            yield _item(row)
            told += 1
            if limit and told == limit:
                return


def _item(row: Row[Any]) -> SetItem:
    return SetItem(
        position=row.position,
        record_id=row.record_id,
        version_id=row.version_id,
        number=row.number,
        account=row.slug,
        kind=row.kind,
        platform_id=row.platform_id,
        author_id=row.author_id,
        author_handle=row.author_handle,
        author_name=row.author_name,
        published_at=row.published_at,
        title=row.title,
        words=row.words,
        state=json.loads(row.canonical) if row.canonical else {},
        decision=decision_of(row),
        department=row.department,
        permalink=row.permalink,
        captured_at=row.captured_at,
    )


def decision_of(row: Row[Any]) -> Decision | None:
    """The decision in a row of `items`, None while there is none."""
    if row.decision_id is None:
        return None
    return Decision(
        id=row.decision_id,
        version_id=row.version_id,
        outcome=row.outcome,
        code=row.code,
        reason=row.reason,
        marks=tuple(Mark(**each) for each in row.marks),
        bulk=row.bulk,
        actor=row.actor,
        at=row.decided_at,
        agrees=row.agrees,
        checked_by=row.checked_by or "",
        note=row.note or "",
    )


def add_decisions(
    connection: Connection, request_id: int, version_ids: Iterable[int], **values: Any
) -> int:
    """The same decision for each of these versions; returns how many. `marks` are Marks."""
    wanted = list(version_ids)
    filled = {**values, "marks": [asdict(each) for each in values["marks"]]}
    for start in range(0, len(wanted), AT_ONCE):
        bulk(
            connection,
            review_decisions,
            [
                {"request_id": request_id, "version_id": version_id, **filled}
                for version_id in wanted[start : start + AT_ONCE]
            ],
        )
    return len(wanted)


def add_checks(connection: Connection, decision_ids: Sequence[int], **values: Any) -> None:
    """The same second look at each of these decisions."""
    rows = [{"decision_id": each, **values} for each in decision_ids]
    for start in range(0, len(rows), AT_ONCE):
        connection.execute(insert(review_checks), rows[start : start + AT_ONCE])


def tallies(
    connection: Connection, set_id: int, request_id: int, *, pick: Pick | None = None
) -> list[tuple[str, str, int]]:
    """How many items there are of each outcome and second look ("agreed", "disputed", "").
    A pick may be by everything but versions."""
    query, decision = item_query(set_id, request_id)
    query = query.where(*_picked(pick or Pick(), query, decision))
    inner = query.order_by(None).subquery()
    counted = select(inner.c.outcome, inner.c.agrees, func.count()).group_by(
        inner.c.outcome, inner.c.agrees
    )
    words = {None: "", True: "agreed", False: "disputed"}
    return [(row[0], words[row[1]], row[2]) for row in connection.execute(counted)]


def media_of(connection: Connection, version_ids: Sequence[int]) -> dict[int, list[HeldMedium]]:
    """The media of these versions in their order, and where their bytes lie."""
    query = (
        select(
            version_media,
            media.c.size,
            media.c.mime,
            exchanges.c.segment,
            exchanges.c.response_offset,
            exchanges.c.response_length,
        )
        .select_from(version_media)
        .outerjoin(media, media.c.sha256 == version_media.c.sha256)
        .outerjoin(exchanges, exchanges.c.id == media.c.exchange_id)
        .where(version_media.c.version_id.in_(version_ids))
        .order_by(version_media.c.version_id, version_media.c.position)
    )
    found: dict[int, list[HeldMedium]] = {}
    for row in connection.execute(query):
        held = row.sha256 is not None and row.response_offset is not None
        found.setdefault(row.version_id, []).append(
            HeldMedium(
                position=row.position,
                kind=row.kind,
                alt_text=row.alt_text,
                status=row.status,
                sha256=row.sha256 or "",
                size=row.size or 0,
                mime=row.mime or "",
                segment=row.segment if held else "",
                offset=row.response_offset if held else 0,
                length=row.response_length if held else 0,
            )
        )
    return found
