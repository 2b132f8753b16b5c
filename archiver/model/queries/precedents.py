"""Precedents: what was decided in other requests for the versions of a set."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, func, select

from archiver.model.queries.known import AT_ONCE
from archiver.model.queries.review import Decision
from archiver.model.tables_requests import requests, result_items, review_decisions
from archiver.values import Mark


def precedents(
    connection: Connection,
    set_id: int,
    request_id: int,
    *,
    positions: Collection[int] | None = None,
) -> Iterator[tuple[int, str, Decision]]:
    """What was decided in other requests for the versions of a set, or for those at these
    positions: position, number of that request, and the newest decision in it; by position,
    the newest decision first."""
    meant = [result_items.c.set_id == set_id]
    if positions is not None:
        meant.append(result_items.c.position.in_(positions))
    newest = (
        select(func.max(review_decisions.c.id))
        .where(
            review_decisions.c.request_id != request_id,
            review_decisions.c.version_id.in_(select(result_items.c.version_id).where(*meant)),
        )
        .group_by(review_decisions.c.request_id, review_decisions.c.version_id)
    )
    query = (
        select(
            result_items.c.position,
            requests.c.number,
            review_decisions,
        )
        .join(review_decisions, review_decisions.c.version_id == result_items.c.version_id)
        .join(requests, requests.c.id == review_decisions.c.request_id)
        .where(
            *meant,
            review_decisions.c.id.in_(newest),
            review_decisions.c.outcome != "undecided",
        )
        .order_by(result_items.c.position, review_decisions.c.id.desc())
        .execution_options(yield_per=AT_ONCE)
    )
    for row in connection.execute(query):
        made = Decision(
            id=row.id,
            version_id=row.version_id,
            outcome=row.outcome,
            code=row.code,
            reason=row.reason,
            marks=tuple(Mark(**each) for each in row.marks),
            bulk=row.bulk,
            actor=row.actor,
            at=row.at,
            agrees=None,
            checked_by="",
            note="",
        )
        yield row.position, row.number, made
