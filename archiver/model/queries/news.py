"""What the archive has just taken in, in sentences: for the demo and live views."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from archiver.model.tables import accounts, alarms, findings, records, runs, versions

FEW = 3  # so many new versions of one run are told one by one


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """A sentence about a run that ended at `at`."""

    at: datetime
    text: str
    mood: str  # news, finding, good, bad


def totals(connection: Connection) -> tuple[int, int]:
    """Records and versions held."""
    return (
        connection.execute(select(func.count()).select_from(records)).scalar_one(),
        connection.execute(select(func.count()).select_from(versions)).scalar_one(),
    )


def since(connection: Connection, after: datetime | None) -> Iterator[News]:
    """What runs that ended after a moment brought, oldest first."""
    query = (
        select(runs, accounts.c.slug)
        .join(accounts, accounts.c.id == runs.c.account_id)
        .order_by(runs.c.ended_at)
    )
    if after is not None:
        query = query.where(runs.c.ended_at > after)
    for run in connection.execute(query).all():
        if run.outcome == "failed":
            yield News(at=run.ended_at, text=f"{run.slug}: {run.error_text}", mood="bad")
        if run.new_versions > FEW:
            text = (
                f"{run.slug}: {run.new_versions} versions, {run.new_media} media files, "
                f"sealed in {run.segment}"
            )
            yield News(at=run.ended_at, text=text, mood="news")
        elif run.new_versions:
            yield from _versions(connection, run.id, run.slug, run.ended_at)
        if run.new_findings:
            yield from _findings(connection, run.id, run.slug, run.ended_at)


def alarms_since(connection: Connection, after: datetime | None) -> Iterator[News]:
    """Alarms that were raised or ended after a moment, oldest first."""
    for row in connection.execute(select(alarms).order_by(alarms.c.opened_at)).all():
        if after is None or row.opened_at > after:
            yield News(at=row.opened_at, text=f"ALARM {row.kind}: {row.text}", mood="bad")
        if row.closed_at is not None and (after is None or row.closed_at > after):
            yield News(at=row.closed_at, text=f"the alarm is over: {row.kind}", mood="good")


def _versions(connection: Connection, run_id: str, slug: str, at: datetime) -> Iterator[News]:
    query = (
        select(versions.c.number, versions.c.words, versions.c.visibility, records.c.kind)
        .join(records, records.c.id == versions.c.record_id)
        .where(versions.c.run_id == run_id)
    )
    for row in connection.execute(query):
        what = "new" if row.number == 1 else f"version {row.number} of a"
        shown = "" if row.visibility == "public" else f" [{row.visibility}]"
        text = f"{slug}: {what} {row.kind}{shown}: {' '.join(row.words.split())[:90]}"
        yield News(at=at, text=text, mood="news")


def _findings(connection: Connection, run_id: str, slug: str, at: datetime) -> Iterator[News]:
    query = (
        select(findings, records.c.kind, versions.c.words)
        .join(records, records.c.id == findings.c.record_id)
        .join(versions, versions.c.id == records.c.version_id)
        .where(findings.c.run_id == run_id)
    )
    for row in connection.execute(query):
        basis = f", evidence: {row.evidence}" if row.evidence else ""
        text = (
            f"{slug}: FINDING {row.kind} {row.stage}: {row.presence}{basis} "
            f'"{" ".join(row.words.split())[:60]}"'
        )
        yield News(at=at, text=text, mood="finding")
