"""Searches that people keep under a name. Rows are only added; the newest of a name counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from archiver.model.tables_requests import saved_searches


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSearch:
    """A question with its name, who saved it, and when (UTC)."""

    name: str
    query: str
    actor: str
    at: datetime


def write(connection: Connection, *, name: str, query: str, actor: str, at: datetime) -> None:
    """Save under a name; an empty query takes the name back."""
    connection.execute(insert(saved_searches).values(name=name, query=query, actor=actor, at=at))


def every(connection: Connection) -> list[SavedSearch]:
    """All that stand, by name."""
    newest = select(func.max(saved_searches.c.id)).group_by(saved_searches.c.name)
    query = select(saved_searches).where(
        saved_searches.c.id.in_(newest), saved_searches.c.query != ""
    )
    return [
        SavedSearch(name=row.name, query=row.query, actor=row.actor, at=row.at)
        for row in connection.execute(query.order_by(saved_searches.c.name))
    ]
