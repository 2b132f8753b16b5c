"""What the home page asks: light questions, no content, none that reads all versions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from archiver.model.queries.found import says_vanished, vanished_now
from archiver.model.tables import accounts, alarms, findings, gaps, ledger, records, runs, segments
from archiver.model.tables_requests import requests, review_checks, review_decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the ledger, as far as one needs it to know what has changed."""

    seq: int
    kind: str
    body: str


def lines_after(connection: Connection, seq: int) -> list[Line]:
    """The lines that came after this one, in order."""
    query = (
        select(ledger.c.seq, ledger.c.kind, ledger.c.body)
        .where(ledger.c.seq > seq)
        .order_by(ledger.c.seq)
    )
    return [Line(**row._mapping) for row in connection.execute(query)]


def lines_of_kind(connection: Connection, kind: str, *, since: datetime) -> list[Line]:
    """The lines of one kind from a moment on."""
    query = (
        select(ledger.c.seq, ledger.c.kind, ledger.c.body)
        .where(ledger.c.kind == kind, ledger.c.at >= since)
        .order_by(ledger.c.seq)
    )
    return [Line(**row._mapping) for row in connection.execute(query)]


def written_at(connection: Connection, seq: int) -> datetime | None:
    """When the line of this number was written; None when there is none."""
    found: datetime | None = connection.execute(
        select(ledger.c.at).where(ledger.c.seq == seq)
    ).scalar_one_or_none()
    return found


def record_count(connection: Connection, account_id: int) -> int:
    """How many records are held of an account; answered from an index alone."""
    query = select(func.count()).select_from(records).where(records.c.account_id == account_id)
    return int(connection.execute(query).scalar_one())


def vault_bytes(connection: Connection) -> int:
    """Bytes of all sealed segments that are in the vault."""
    return int(connection.execute(select(func.coalesce(func.sum(segments.c.size), 0))).scalar_one())


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """A step that brought new versions, and when it ended."""

    account_id: int
    at: datetime
    versions: int


def caught_since(
    connection: Connection, account_ids: Collection[int], *, since: datetime
) -> list[Caught]:
    """The steps since a moment that brought new versions."""
    query = select(runs.c.account_id, runs.c.ended_at, runs.c.new_versions).where(
        runs.c.account_id.in_(sorted(account_ids)),
        runs.c.ended_at >= since,
        runs.c.new_versions > 0,
    )
    return [
        Caught(account_id=row.account_id, at=row.ended_at, versions=row.new_versions)
        for row in connection.execute(query)
    ]


def open_gaps(connection: Connection) -> tuple[int, datetime | None]:
    """How many gaps are open, and when the first of them began."""
    query = select(func.count(), func.min(gaps.c.began)).where(gaps.c.ended.is_(None))
    row = connection.execute(query).one()
    return int(row[0]), row[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlarm:
    """An alarm that has not ended."""

    slug: str
    kind: str
    text: str
    since: datetime


def open_alarms(connection: Connection) -> list[OpenAlarm]:
    """All alarms that have not ended, oldest first."""
    query = (
        select(accounts.c.slug, alarms.c.kind, alarms.c.text, alarms.c.at_risk_since)
        .select_from(alarms.outerjoin(accounts, accounts.c.id == alarms.c.account_id))
        .where(alarms.c.closed_at.is_(None))
        .order_by(alarms.c.opened_at)
    )
    return [
        OpenAlarm(slug=row.slug or "", kind=row.kind, text=row.text, since=row.at_risk_since)
        for row in connection.execute(query)
    ]


def vanished_since(
    connection: Connection, account_ids: Collection[int], *, since: datetime
) -> Mapping[int, int]:
    """Findings since a moment that say for sure that something vanished which has not come back:
    the record of each finding."""
    query = (
        select(findings.c.id, findings.c.record_id)
        .join(records, records.c.id == findings.c.record_id)
        .where(
            findings.c.account_id.in_(sorted(account_ids)),
            findings.c.at >= since,
            findings.c.stage != "suspected",
            says_vanished(),
            vanished_now(),
        )
    )
    return {row.id: row.record_id for row in connection.execute(query)}


def second_looks(connection: Connection, outcomes: Sequence[str], *, but: str) -> Mapping[str, int]:
    """How many decisions of each open request nobody else has looked at, for somebody who did not
    decide them: the newest decision on each version, of these outcomes, not by `but`."""
    later, look = review_decisions.alias("later"), review_checks.alias("look")
    followed = select(later.c.id).where(
        later.c.request_id == review_decisions.c.request_id,
        later.c.version_id == review_decisions.c.version_id,
        later.c.id > review_decisions.c.id,
    )
    looked = select(look.c.id).where(look.c.decision_id == review_decisions.c.id)
    query = (
        select(requests.c.number, func.count())
        .select_from(review_decisions)
        .join(requests, requests.c.id == review_decisions.c.request_id)
        .where(
            requests.c.state != "closed",
            review_decisions.c.outcome.in_(outcomes),
            review_decisions.c.actor != but,
            ~followed.exists(),
            ~looked.exists(),
        )
        .group_by(requests.c.number)
        .order_by(requests.c.number)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query)}
