"""The registry of accounts and what was done to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from archiver.model.queries import ledger
from archiver.model.tables import account_events, accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEntry:
    """An account in the registry; see the `accounts` table."""

    id: int
    slug: str
    platform: str
    address: str
    options: Mapping[str, str]
    name: str
    department: str
    custodian: str
    business_case: str
    basis: str
    basis_detail: str
    terms_reviewed_by: str
    terms_reviewed_on: str
    state: str
    proposed_by: str
    proposed_at: datetime
    approved_by: str | None
    approved_at: datetime | None
    approval_ends: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountEvent:
    """One act on an account."""

    at: datetime
    actor: str
    action: str
    detail: Mapping[str, Any]


def _entry(row: Row[Any]) -> AccountEntry:
    return AccountEntry(**row._mapping)


def all_accounts(connection: Connection) -> list[AccountEntry]:
    """Every account, by slug."""
    return [_entry(r) for r in connection.execute(select(accounts).order_by(accounts.c.slug))]


def find(connection: Connection, slug: str) -> AccountEntry | None:
    """The account of that name."""
    row = connection.execute(select(accounts).where(accounts.c.slug == slug)).first()
    return _entry(row) if row else None


def by_address(connection: Connection, platform: str, address: str) -> AccountEntry | None:
    """The account at that address."""
    row = connection.execute(
        select(accounts).where(accounts.c.platform == platform, accounts.c.address == address)
    ).first()
    return _entry(row) if row else None


def add(connection: Connection, values: Mapping[str, object]) -> int:
    """Enter an account; returns its number."""
    done = connection.execute(insert(accounts).values(**values))
    key = done.inserted_primary_key
    assert key is not None
    return int(key[0])


def change(connection: Connection, account_id: int, **values: object) -> None:
    """Change an entry; the caller writes the event."""
    connection.execute(update(accounts).where(accounts.c.id == account_id).values(**values))


def write_event(
    connection: Connection,
    *,
    account_id: int,
    slug: str,
    at: datetime,
    actor: str,
    action: str,
    detail: Mapping[str, object],
) -> None:
    """Keep who did what, in the account's history and in the ledger."""
    connection.execute(
        insert(account_events).values(
            account_id=account_id, at=at, actor=actor, action=action, detail=dict(detail)
        )
    )
    ledger.append(
        connection,
        at=at,
        kind=f"account {action}",
        body={"account": slug, "actor": actor, **detail},
    )


def events(connection: Connection, account_id: int) -> list[AccountEvent]:
    """What was done to an account, oldest first."""
    query = (
        select(account_events)
        .where(account_events.c.account_id == account_id)
        .order_by(account_events.c.id)
    )
    return [
        AccountEvent(at=r.at, actor=r.actor, action=r.action, detail=r.detail)
        for r in connection.execute(query)
    ]


def last_event(connection: Connection, account_id: int, action: str) -> datetime | None:
    """When an act was last done to an account."""
    moment: datetime | None = connection.execute(
        select(func.max(account_events.c.at)).where(
            account_events.c.account_id == account_id, account_events.c.action == action
        )
    ).scalar_one()
    return moment
