"""What was removed of what the public wrote, and what of the same words was left standing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from archiver.model.queries.removals import DONE
from archiver.model.tables import accounts, records, versions
from archiver.model.tables_retention import removals

_COMMENTS = ("comment", "reply")
_STANDS = ("present", "suspected")
_SEEN = ("public", "unlisted")
_PATTERN = 300  # characters; SQLite takes no endless pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A removal that was carried out. `at` is aware UTC; `rule` holds code and text."""

    id: int
    record_id: int
    account: str
    account_id: int
    kind: str
    platform_id: str
    author_id: str
    removal: str
    rule: str
    actor: str
    reason: str
    at: datetime
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A comment that everybody can see."""

    record_id: int
    account: str
    author_id: str
    words: str


def done(
    connection: Connection, *, since: datetime | None, until: datetime | None, most: int
) -> list[Done]:
    """The removals carried out from `since` on and before `until` (aware UTC), of records that
    the agency's profile did not write; the newest `most`."""
    query = (
        select(
            removals,
            records.c.kind,
            records.c.platform_id,
            records.c.author_id,
            records.c.account_id,
            accounts.c.slug,
            versions.c.words,
        )
        .join(records, records.c.id == removals.c.record_id)
        .join(accounts, accounts.c.id == records.c.account_id)
        .outerjoin(versions, versions.c.id == records.c.version_id)  # none of a destroyed one
        .where(removals.c.step == DONE, ~_by_agency())
        .order_by(removals.c.id.desc())
        .limit(most)
    )
    if since is not None:
        query = query.where(removals.c.at >= since)
    if until is not None:
        query = query.where(removals.c.at < until)
    return [
        Done(
            id=row.id,
            record_id=row.record_id,
            account=row.slug,
            account_id=row.account_id,
            kind=row.kind,
            platform_id=row.platform_id,
            author_id=row.author_id,
            removal=row.removal,
            rule=row.rule,
            actor=row.actor,
            reason=row.reason,
            at=row.at,
            words=row.words or "",
        )
        for row in connection.execute(query)
    ]


def standing_like(connection: Connection, words: list[str], *, most: int) -> list[Standing]:
    """Comments by the public that stand and may hold these words in this order; at most so
    many. What lies between them is for the caller to look at: the database knows no letters
    but the ASCII ones in both cases."""
    plain = "%".join(re.sub(r"[^ -~]+", "%", word) for word in words)[:_PATTERN]
    query = (
        select(records.c.id, records.c.author_id, accounts.c.slug, versions.c.words)
        .join(accounts, accounts.c.id == records.c.account_id)
        .join(versions, versions.c.id == records.c.version_id)
        .where(
            records.c.kind.in_(_COMMENTS),
            records.c.presence.in_(_STANDS),
            records.c.visibility.in_(_SEEN),
            func.lower(versions.c.words).like(f"%{plain}%"),
            ~_by_agency(),
        )
        .order_by(records.c.id)
        .limit(most)
    )
    return [
        Standing(record_id=row.id, account=row.slug, author_id=row.author_id, words=row.words)
        for row in connection.execute(query)
    ]


def _by_agency() -> ColumnElement[bool]:
    """The agency speaks as the author of its profile; where there is none (a web site), in
    everything that is no comment, reply or message."""
    profile = records.alias("profile")
    named = and_(
        profile.c.account_id == records.c.account_id,
        profile.c.kind == "profile",
        profile.c.author_id != "",
    )
    mine = select(profile.c.id).where(named, profile.c.author_id == records.c.author_id).exists()
    some = select(profile.c.id).where(named).exists()
    return or_(mine, and_(~some, records.c.kind.not_in((*_COMMENTS, "message"))))
