"""Deletions and hidings on the platform: what they concern, where it lies, how each went.

Every request is a chain of rows that are only ever added: asked, then refused; or asked,
cleared, sent, and at the end done or failed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, insert, or_, select

from archiver.model.queries import hold_matches
from archiver.model.tables import (
    accounts,
    findings,
    records,
    version_media,
    versions,
)
from archiver.model.tables_retention import removals

ASKED, REFUSED, CLEARED, SENT = "asked", "refused", "cleared", "sent"
DONE, FAILED = "done", "failed"
_OVER = (REFUSED, DONE, FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A record as a removal needs it, in its current state. Times are aware UTC."""

    id: int
    account: str
    family: str
    kind: str
    platform_id: str
    parent_id: str
    thread_id: str
    author_id: str
    author: str
    permalink: str
    published_at: datetime | None
    first_seen: datetime
    last_seen: datetime
    visibility: str
    presence: str
    version_id: int
    words: str

    @property
    def key(self) -> tuple[str, str]:
        """Family and platform id."""
        return self.family, self.platform_id

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.kind} {self.platform_id}"


_THING = (
    select(records, accounts.c.slug, versions.c.words, versions.c.title)
    .join(accounts, accounts.c.id == records.c.account_id)
    .outerjoin(versions, versions.c.id == records.c.version_id)  # of a destroyed one none is left
)


def _things(connection: Connection, query: Select[Any]) -> list[Thing]:
    return [
        Thing(
            id=row.id,
            account=row.slug,
            family=row.family,
            kind=row.kind,
            platform_id=row.platform_id,
            parent_id=row.parent_id,
            thread_id=row.thread_id,
            author_id=row.author_id,
            author=row.author_name or row.author_handle or row.author_id,
            permalink=row.permalink,
            published_at=row.published_at,
            first_seen=row.first_seen,
            last_seen=row.last_seen,
            visibility=row.visibility,
            presence=row.presence,
            version_id=row.version_id,
            words=row.words or row.title or "",
        )
        for row in connection.execute(query)
    ]


def named(connection: Connection, wanted: str) -> list[Thing]:
    """All records that this can mean: "#7" is a number, anything else a number, a platform
    id or an address."""
    number = wanted.removeprefix("#")
    if wanted.startswith("#"):
        ids = {int(number)} if number.isdecimal() and len(number) < 16 else set()
    else:
        ids = hold_matches.named(connection, wanted)
    return _things(connection, _THING.where(records.c.id.in_(ids)).order_by(records.c.id))


def thing(connection: Connection, record_id: int) -> Thing:
    """The record of this number, which is there."""
    [found] = _things(connection, _THING.where(records.c.id == record_id))
    return found


def thread(connection: Connection, of: Thing) -> list[Thing]:
    """Everything in the thread of a record but itself, its first post included; oldest first."""
    root = of.thread_id or of.platform_id
    here = select(records.c.account_id).where(records.c.id == of.id).scalar_subquery()
    first = (records.c.family == "post") & (records.c.platform_id == root)
    query = _THING.where(
        records.c.account_id == here,
        records.c.id != of.id,
        (records.c.thread_id == root) | first,
    )
    return _things(connection, query.order_by(records.c.published_at, records.c.id))


def reposts(connection: Connection, of: Thing) -> list[Thing]:
    """The account's own reposts of a record, of whatever version of it; oldest first. A repost
    says in its content what it repeats, by the platform's id of the version."""
    here = select(records.c.account_id).where(records.c.id == of.id).scalar_subquery()
    keys = connection.scalars(
        select(versions.c.version_key).where(versions.c.record_id == of.id).distinct()
    )
    named = sorted({of.platform_id, *keys} - {""})
    repeats = [
        versions.c.canonical.contains(f'"repost_of":{json.dumps(key)}', autoescape=True)
        for key in named
    ]
    query = _THING.where(
        records.c.account_id == here,
        records.c.kind == "repost",
        records.c.id != of.id,
        or_(*repeats),
    )
    return _things(connection, query.order_by(records.c.published_at, records.c.id))


def agency_wrote(connection: Connection, it: Thing) -> bool:
    """The agency speaks as the author of its profile; where there is none (a web site), in
    everything that is no comment, reply or message."""
    here = select(records.c.account_id).where(records.c.id == it.id).scalar_subquery()
    own = set(
        connection.scalars(
            select(records.c.author_id).where(
                records.c.account_id == here, records.c.kind == "profile"
            )
        )
    )
    if own - {""}:
        return it.author_id in own and it.author_id != ""
    return it.kind not in ("comment", "reply", "message")


# -- what is known of it ----------------------------------------------------------------------


def uncaptured_before(connection: Connection, record_ids: Iterable[int]) -> int:
    """How many files of earlier versions of these records were never fetched, and are no
    part of the present version under the same key."""
    now = version_media.alias("now")
    query = (
        select(func.count())
        .select_from(version_media)
        .join(versions, versions.c.id == version_media.c.version_id)
        .join(records, records.c.id == versions.c.record_id)
        .where(
            records.c.id.in_(sorted(record_ids)),
            versions.c.id != records.c.version_id,
            version_media.c.sha256.is_(None),
            ~select(now.c.key)
            .where(now.c.version_id == records.c.version_id, now.c.key == version_media.c.key)
            .exists(),
        )
    )
    return int(connection.execute(query).scalar_one())


def found_since(connection: Connection, record_ids: Iterable[int], at: datetime) -> set[int]:
    """Those of the records about which something was found at that time or later."""
    query = select(findings.c.record_id).where(
        findings.c.record_id.in_(sorted(record_ids)), findings.c.at >= at
    )
    return set(connection.scalars(query))


# -- the requests -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to remove something from the platform, as all its rows say it."""

    request: str
    record_id: int
    removal: str  # connectors.removals.Removal
    actor: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A step that a request took. `at` is aware UTC."""

    request: Request
    step: str
    statement: str
    exchange: str
    at: datetime


def enter(
    connection: Connection,
    request: Request,
    step: str,
    *,
    at: datetime,
    statement: str = "",
    exchange: str = "",
) -> None:
    """Add a step. The database itself refuses to clear the deletion of a held record."""
    connection.execute(
        insert(removals).values(
            record_id=request.record_id,
            request=request.request,
            step=step,
            removal=request.removal,
            actor=request.actor,
            rule=request.rule,
            reason=request.reason,
            statement=statement,
            exchange_id=exchange or None,
            at=at,
        )
    )


def unfinished(connection: Connection) -> list[Taken]:
    """The last step of every request that has not ended, oldest first."""
    over = select(removals.c.request).where(removals.c.step.in_(_OVER))
    last = (
        select(func.max(removals.c.id))
        .where(removals.c.request.not_in(over))
        .group_by(removals.c.request)
    )
    return _steps(connection, select(removals).where(removals.c.id.in_(last)))


def steps(connection: Connection, *, record_id: int = 0, request: str = "") -> list[Taken]:
    """The steps of a request, of all requests about a record, or all there are, as taken."""
    query = select(removals)
    if record_id:
        query = query.where(removals.c.record_id == record_id)
    if request:
        query = query.where(removals.c.request == request)
    return _steps(connection, query)


def _steps(connection: Connection, query: Select[Any]) -> list[Taken]:
    return [
        Taken(
            request=Request(
                request=row.request,
                record_id=row.record_id,
                removal=row.removal,
                actor=row.actor,
                rule=row.rule,
                reason=row.reason,
            ),
            step=row.step,
            statement=row.statement,
            exchange=row.exchange_id or "",
            at=row.at,
        )
        for row in connection.execute(query.order_by(removals.c.id))
    ]
