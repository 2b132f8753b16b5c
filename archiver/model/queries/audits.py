"""What an audit compares, and the audits that were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from archiver.model.queries import ledger
from archiver.model.tables import audits, records


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A record as an audit counts it."""

    kind: str
    platform_id: str
    published_at: datetime | None
    first_seen: datetime
    last_seen: datetime
    presence: str


def holdings(connection: Connection, account_id: int) -> list[Holding]:
    """All records of an account, as far as an audit needs them."""
    query = select(
        records.c.kind,
        records.c.platform_id,
        records.c.published_at,
        records.c.first_seen,
        records.c.last_seen,
        records.c.presence,
    ).where(records.c.account_id == account_id)
    return [Holding(**row._mapping) for row in connection.execute(query)]


def keep(
    connection: Connection, account_id: int, *, at: datetime, report: Mapping[str, object]
) -> None:
    """Keep an audit, in its table and in the ledger."""
    connection.execute(insert(audits).values(account_id=account_id, at=at, report=dict(report)))
    ledger.append(
        connection,
        at=at,
        kind="audit",
        body={"account": report["account"], "totals": report["totals"]},
    )
