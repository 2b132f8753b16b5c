"""What the open archive shows. The conditions stand here once; every page goes through them.

Shown is the present state of what the agency itself published on an account that it chose to show:
public, still there, not left out, and not withheld or redacted, in whatever version, by any review;
nor does it share a file with such a one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, text

from archiver.model.queries.search import Plan, version_ids
from archiver.model.tables import accounts, records
from archiver.model.tables_people import portal_choices

_KINDS = "'post', 'page', 'story'"  # a repost has words of others

# Own: by the account's own profile; where the profile has no author (a site), all of its posts.
# Without a profile nothing is shown.
_SHOWN = f"""
    SELECT 1 FROM records r
    JOIN records p ON p.account_id = r.account_id AND p.family = 'profile'
        AND (p.author_id = '' OR p.author_id = r.author_id)
    WHERE r.version_id = {{column}} AND r.account_id IN ({{accounts}}) AND r.kind IN ({_KINDS})
    AND r.visibility = 'public' AND r.presence = 'present'
    AND NOT EXISTS (SELECT 1 FROM result_items i JOIN result_sets b ON b.id = i.set_id
        JOIN review_decisions d ON d.request_id = b.request_id AND d.version_id = i.version_id
        WHERE i.record_id = r.id AND d.outcome IN ('withhold', 'redact')
        AND NOT EXISTS (SELECT 1 FROM review_decisions n WHERE n.request_id = d.request_id
            AND n.version_id = d.version_id AND n.id > d.id))
    AND NOT EXISTS (SELECT 1 FROM version_media m WHERE m.version_id = r.version_id
        AND m.sha256 IN (SELECT w.sha256 FROM review_decisions d
            JOIN version_media w ON w.version_id = d.version_id
            WHERE d.outcome IN ('withhold', 'redact') AND w.sha256 IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM review_decisions n WHERE n.request_id = d.request_id
                AND n.version_id = d.version_id AND n.id > d.id)))
    AND COALESCE((SELECT c.shown FROM portal_choices c WHERE c.record_id = r.id
        ORDER BY c.id DESC LIMIT 1), {{true}}) = {{true}}
"""  # noqa: S608 - our own words


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What was chosen for an account or a record, last. `at` is UTC."""

    account_id: int | None
    record_id: int | None
    shown: bool
    reason: str
    actor: str
    at: datetime


def add(connection: Connection, **values: object) -> None:
    """Write a choice down."""
    connection.execute(insert(portal_choices).values(**values))


def account_choices(connection: Connection) -> dict[int, Choice]:
    """The last choice for each account that has one."""
    newest = (
        select(func.max(portal_choices.c.id))
        .where(portal_choices.c.account_id.is_not(None))
        .group_by(portal_choices.c.account_id)
    )
    rows = connection.execute(select(portal_choices).where(portal_choices.c.id.in_(newest)))
    return {row.account_id: _choice(row) for row in rows}


def left_out(connection: Connection, *, limit: int) -> list[tuple[Choice, str]]:
    """Records that are left out by choice, newest first, with their author's words to know them
    by: the platform's id."""
    newest = (
        select(func.max(portal_choices.c.id))
        .where(portal_choices.c.record_id.is_not(None))
        .group_by(portal_choices.c.record_id)
    )
    query = (
        select(portal_choices, records.c.platform_id)
        .join(records, records.c.id == portal_choices.c.record_id)
        .where(portal_choices.c.id.in_(newest), portal_choices.c.shown.is_(False))
        .order_by(portal_choices.c.id.desc())
        .limit(limit)
    )
    return [(_choice(row), row.platform_id) for row in connection.execute(query)]


def shown_accounts(connection: Connection) -> list[int]:
    """The accounts that are shown."""
    return sorted(each for each, c in account_choices(connection).items() if c.shown)


def narrowed(connection: Connection, plan: Plan, *, account: str = "") -> Plan | None:
    """The same question over what is shown only; None when no account is."""
    chosen = shown_accounts(connection)
    if account:
        of = connection.execute(select(accounts.c.id).where(accounts.c.slug == account)).scalar()
        chosen = [each for each in chosen if each == of]
    if not chosen:
        return None
    condition = _condition(connection, plan.column, chosen)
    return replace(plan, wheres=tuple(f"({each}) AND {condition}" for each in plan.wheres))


def page(
    connection: Connection, plan: Plan, *, limit: int, after: int | None, account: str = ""
) -> list[int]:
    """Versions of a page of what is shown, newest first."""
    made = narrowed(connection, plan, account=account)
    return version_ids(connection, made, limit=limit, after=after) if made else []


def is_shown(connection: Connection, record_id: int) -> int | None:
    """The version of a record that is shown; None when it is not."""
    chosen = shown_accounts(connection)
    if not chosen:
        return None
    condition = _condition(connection, "t.version_id", chosen)
    query = f"SELECT t.version_id FROM records t WHERE t.id = :id AND {condition}"  # noqa: S608
    found = connection.execute(text(query), {"id": record_id}).scalar()
    return int(found) if found is not None else None


def _condition(connection: Connection, column: str, chosen: Sequence[int]) -> str:
    true = "1" if connection.dialect.name == "sqlite" else "true"
    listed = ", ".join(str(int(each)) for each in chosen)
    return f"EXISTS ({_SHOWN.format(column=column, accounts=listed, true=true)})"


def _choice(row: object) -> Choice:
    return Choice(**{name: getattr(row, name) for name in Choice.__slots__})
