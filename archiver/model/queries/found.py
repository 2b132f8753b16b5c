"""Findings as lists that people page through: what they say, and what stands so even now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select

from archiver.model.tables import (
    accounts,
    findings,
    records,
    versions,
)

BACK = "back again"  # the stage of a finding that a thing is there again
_SEEN = ("public", "unlisted")
_REMOVED = ("trashed", "withheld")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which entries: of these accounts, from `since` on and before `until` (aware UTC; None is
    open), `skip` of them left out, and at most `limit`."""

    account_ids: Collection[int]
    since: datetime | None = None
    until: datetime | None = None
    skip: int = 0
    limit: int = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A finding with its record. `now` and `visibility` are how the record stands; the rest is as
    in the tables."""

    id: int
    record_id: int
    account: str
    account_name: str
    kind: str
    platform_id: str
    author: str
    published_at: datetime | None
    at: datetime
    stage: str
    presence: str
    evidence: str
    statement: str
    not_before: datetime | None
    not_after: datetime | None
    now: str
    visibility: str
    words: str


class Sort(StrEnum):
    """The three kinds of findings about a record's presence."""

    VANISHED = "vanished"
    HIDDEN = "hidden"
    RETURNED = "returned"


def found(
    connection: Connection,
    choice: Choice,
    sort: Sort,
    *,
    still: bool = False,
    sure: bool = False,
    but: Collection[int] = (),
) -> list[Found]:
    """Findings of a sort, newest first, without those of the numbers `but`. A suspicion that was
    settled later is left out. `still`: only of records that stand so even now; `sure`: without
    suspicions."""
    later = findings.alias("later")
    settled = select(later.c.id).where(
        later.c.record_id == findings.c.record_id, later.c.id > findings.c.id
    )
    clauses = [
        findings.c.account_id.in_(sorted(choice.account_ids)),
        (findings.c.stage != "suspected") | ~settled.exists(),
        *between(findings.c.at, choice),
    ]
    if sort is Sort.RETURNED:
        clauses.append(findings.c.stage == BACK)
    else:
        clauses.append(says_hidden() if sort is Sort.HIDDEN else says_vanished())
    if still and sort is not Sort.RETURNED:
        clauses.append(hidden_now() if sort is Sort.HIDDEN else vanished_now())
    if sure:
        clauses.append(findings.c.stage != "suspected")
    if but:
        clauses.append(findings.c.id.not_in(sorted(but)))
    query = (
        select(
            findings,
            accounts.c.slug,
            accounts.c.name,
            records.c.kind,
            records.c.platform_id,
            records.c.author_name,
            records.c.author_handle,
            records.c.author_id,
            records.c.published_at,
            records.c.presence.label("now"),
            records.c.visibility,
            func.coalesce(versions.c.words, "").label("words"),
            func.coalesce(versions.c.title, "").label("title"),
        )
        .join(records, records.c.id == findings.c.record_id)
        .join(accounts, accounts.c.id == findings.c.account_id)
        .outerjoin(versions, versions.c.id == records.c.version_id)
        .where(*clauses)
        .order_by(findings.c.id.desc())
    )
    return [
        Found(
            id=row.id,
            record_id=row.record_id,
            account=row.slug,
            account_name=row.name,
            kind=row.kind,
            platform_id=row.platform_id,
            author=author(row),
            published_at=row.published_at,
            at=row.at,
            stage=row.stage,
            presence=row.presence,
            evidence=row.evidence or "",
            statement=row.statement,
            not_before=row.not_before,
            not_after=row.not_after,
            now=row.now,
            visibility=row.visibility,
            words=row.words or row.title,
        )
        for row in connection.execute(query.offset(choice.skip).limit(choice.limit))
    ]


def says_vanished() -> ColumnElement[bool]:
    """Does a finding say that the public no longer sees it, and the platform or somebody removed
    it? Also while the platform still lists it to us, as in its own trash."""
    gone = findings.c.presence.in_(("gone", "withheld", "unreachable"))
    removed = findings.c.evidence.in_(("own deletion", "author", "platform statement", "withheld"))
    return (findings.c.stage != BACK) & (gone | ((findings.c.stage == "state") & removed))


def says_hidden() -> ColumnElement[bool]:
    """Does a finding say that the platform keeps it and does not show it?"""
    hidden = func.coalesce(findings.c.evidence, "") == "hidden"
    return (findings.c.stage != BACK) & (hidden | (findings.c.presence == "hidden"))


def vanished_now() -> ColumnElement[bool]:
    """Is a record not to be seen even now because it was removed?"""
    gone = records.c.presence.in_(("gone", "withheld", "unreachable", "suspected"))
    return gone | records.c.visibility.in_(_REMOVED)


def hidden_now() -> ColumnElement[bool]:
    """Is a record hidden even now?"""
    kept_back = records.c.visibility.not_in((*_SEEN, *_REMOVED))
    return (records.c.presence == "hidden") | kept_back


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """The finding of a number, its record and its account."""

    id: int
    record_id: int
    account_id: int
    account: str


def meant(connection: Connection, finding_id: int) -> Meant | None:
    """The finding of this number."""
    query = (
        select(findings.c.id, findings.c.record_id, findings.c.account_id, accounts.c.slug)
        .join(accounts, accounts.c.id == findings.c.account_id)
        .where(findings.c.id == finding_id)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    return Meant(id=row.id, record_id=row.record_id, account_id=row.account_id, account=row.slug)


def between(moment: ColumnElement[Any], choice: Choice) -> list[ColumnElement[bool]]:
    """The choice's bounds of a time."""
    clauses = []
    if choice.since is not None:
        clauses.append(moment >= choice.since)
    if choice.until is not None:
        clauses.append(moment < choice.until)
    return clauses


def author(row: Row[Any]) -> str:
    """Who wrote it, as people call them."""
    return str(row.author_name or row.author_handle or row.author_id)
