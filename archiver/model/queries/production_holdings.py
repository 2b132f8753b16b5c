"""What productions and result sets hold: by outcome, and of which departments' accounts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Select, func, select

from archiver.model.tables import accounts, records, versions
from archiver.model.tables_requests import production_items, result_items


def tallies(connection: Connection, production_id: int) -> Mapping[str, int]:
    """How many items a production has of each outcome: release, redact, withhold."""
    query = (
        select(production_items.c.outcome, func.count().label("number"))
        .where(production_items.c.production_id == production_id)
        .group_by(production_items.c.outcome)
    )
    return {row.outcome: row.number for row in connection.execute(query)}


def departments_of(connection: Connection, production_id: int) -> frozenset[str]:
    """The departments whose accounts' records are in a production, withheld ones too."""
    query = _in_productions(accounts.c.department).where(
        production_items.c.production_id == production_id
    )
    return frozenset(connection.execute(query).scalars())


def departments_of_set(connection: Connection, set_id: int) -> frozenset[str]:
    """The departments whose accounts' records are in a result set."""
    query = (
        select(accounts.c.department)
        .join(records, records.c.account_id == accounts.c.id)
        .join(result_items, result_items.c.record_id == records.c.id)
        .where(result_items.c.set_id == set_id)
        .distinct()
    )
    return frozenset(connection.execute(query).scalars())


def beyond(connection: Connection, departments: Collection[str]) -> frozenset[int]:
    """The row numbers of productions with a record of any other department."""
    query = _in_productions(production_items.c.production_id).where(
        accounts.c.department.not_in(sorted(departments))
    )
    return frozenset(connection.execute(query).scalars())


def _in_productions(column: Any) -> Select[Any]:
    return (
        select(column)
        .select_from(production_items)
        .join(versions, versions.c.id == production_items.c.version_id)
        .join(records, records.c.id == versions.c.record_id)
        .join(accounts, accounts.c.id == records.c.account_id)
        .distinct()
    )
