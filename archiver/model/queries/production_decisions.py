"""Whether a production still says what was decided last."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from archiver.model.tables_requests import (
    production_items,
    productions,
    review_checks,
    review_decisions,
)


def overtaken(connection: Connection, production_id: int) -> Sequence[int]:
    """The positions, in the production, of items that were decided otherwise since it was
    staged, or whose decision is in dispute since."""
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
    query = (
        select(production_items.c.position)
        .join(productions, productions.c.id == production_items.c.production_id)
        .join(
            newest,
            (newest.c.request_id == productions.c.request_id)
            & (newest.c.version_id == production_items.c.version_id),
        )
        .outerjoin(looked, looked.c.decision_id == production_items.c.decision_id)
        .outerjoin(review_checks, review_checks.c.id == looked.c.id)
        .where(
            production_items.c.production_id == production_id,
            (newest.c.id != production_items.c.decision_id) | (review_checks.c.agrees.is_(False)),
        )
        .order_by(production_items.c.position)
    )
    return list(connection.execute(query).scalars())
