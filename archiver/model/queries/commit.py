"""The one transaction that makes a step true: versions, cursor, run and ledger line.

The caller has sealed and fsynced the segment before; it holds the write transaction.
Committing the same run twice changes nothing, so recovery may always try.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, insert, select, update

from archiver.ledger import merkle
from archiver.model.manifest import MediaDraft, RunManifest
from archiver.model.queries import ledger
from archiver.model.queries.bulk import bulk
from archiver.model.queries.commit_records import touch, write_findings, write_versions
from archiver.model.queries.hold_matches import catch
from archiver.model.queries.known import holdings
from archiver.model.queries.late import is_late, only_news
from archiver.model.tables import cursors, exchanges, media, runs, segments, version_media
from archiver.values import ExchangeRef, SegmentRef
from connectors.base import Window

_WALKED = frozenset(Window)  # a removal on the platform is a run, but no walk: it has no cursor
_OUTCOMES = {"stopped": "stopped"}  # every other error code is a failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What a commit did. `fresh` is False when the run was committed before."""

    fresh: bool
    new_records: int = 0
    new_versions: int = 0
    new_findings: int = 0
    new_media: int = 0


def commit(
    connection: Connection,
    manifest: RunManifest,
    *,
    account_id: int,
    segment: SegmentRef | None,
    zone: ZoneInfo,
    orphan: bool = False,
) -> Committed:
    """Write a step. `zone` is the agency's, for the day that counts are kept under.

    `orphan`: the step was left by a crash; if later ones were committed since, it moves
    neither the cursor nor the present state of anything.
    """
    if connection.execute(select(runs.c.id).where(runs.c.id == manifest.run_id)).first():
        return Committed(fresh=False)
    late = orphan and is_late(connection, manifest, account_id)
    if late:
        manifest = only_news(connection, manifest, account_id)
    keys = {(v.family, v.platform_id) for v in manifest.versions}
    keys |= {(f.family, f.platform_id) for f in manifest.findings}
    known = holdings(connection, account_id, keys, with_states=False)
    if segment is not None:
        _insert_segment(connection, segment)
    stored = [x for x in manifest.exchanges if x.response or x.request]
    files = _new_media(connection, manifest)
    done = Committed(
        fresh=True,
        new_records=len({(v.family, v.platform_id) for v in manifest.versions} - known.keys()),
        new_versions=len(manifest.versions),
        new_findings=len(manifest.findings),
        new_media=len(files),
    )
    _insert_run(connection, manifest, account_id, segment, done)
    bulk(connection, exchanges, [_exchange_row(manifest.run_id, x) for x in stored])
    bulk(connection, media, files)
    leaves = [v.leaf() for v in manifest.versions]
    ids = write_versions(connection, manifest, account_id, known, leaves)
    if manifest.versions:
        catch(connection, manifest.run_id, zone=zone, at=manifest.ended_at)
    _recover_media(connection, manifest)
    touch(connection, manifest, account_id, zone, ids)
    write_findings(connection, manifest, account_id, ids)
    if not late and manifest.window in _WALKED:
        _move_cursor(connection, manifest, account_id)
    if segment is not None or manifest.has_news:
        _ledger_line(connection, manifest, segment, leaves)
    return done


def _insert_segment(connection: Connection, segment: SegmentRef) -> None:
    connection.execute(
        insert(segments).values(
            name=segment.name,
            sha256=segment.sha256,
            size=segment.size,
            records=segment.records,
            sealed_at=segment.sealed_at,
        )
    )


def _insert_run(
    connection: Connection,
    manifest: RunManifest,
    account_id: int,
    segment: SegmentRef | None,
    done: Committed,
) -> None:
    news = "news" if manifest.has_news else "nothing new"
    connection.execute(
        insert(runs).values(
            id=manifest.run_id,
            account_id=account_id,
            window=manifest.window,
            started_at=manifest.started_at,
            ended_at=manifest.ended_at,
            outcome=_OUTCOMES.get(manifest.error_code, "failed") if manifest.error_code else news,
            error_code=manifest.error_code or None,
            error_text=manifest.error_text or None,
            segment=segment.name if segment else None,
            pages=manifest.pages,
            items=manifest.items,
            new_records=done.new_records,
            new_versions=done.new_versions,
            new_findings=done.new_findings,
            new_media=done.new_media,
            notes=list(manifest.notes),
            exchanges=[_log_line(x) for x in manifest.exchanges],
        )
    )


def note_failure(
    connection: Connection,
    *,
    run_id: str,
    account_id: int,
    window: str,
    at: datetime,
    code: str,
    text: str,
) -> None:
    """A line in the run log for a run that could not even begin."""
    counted = ("pages", "items", "new_records", "new_versions", "new_findings", "new_media")
    connection.execute(
        insert(runs).values(
            id=run_id,
            account_id=account_id,
            window=window,
            started_at=at,
            ended_at=at,
            outcome="failed",
            error_code=code,
            error_text=text,
            notes=[],
            exchanges=[],
            **dict.fromkeys(counted, 0),
        )
    )


def _log_line(exchange: ExchangeRef) -> dict[str, object]:
    return {
        "id": exchange.id,
        "at": exchange.started_at.isoformat(),
        "get": f"{exchange.method} {exchange.url}",
        "status": exchange.status,
        "bytes": exchange.payload_size,
        "sha256": exchange.payload_sha256,
        "stored": exchange.response is not None,
    }


def _exchange_row(run_id: str, x: ExchangeRef) -> dict[str, object]:
    request, response = x.request, x.response
    held = response or request
    assert held is not None
    return {
        "id": x.id,
        "run_id": run_id,
        "segment": held.segment,
        "method": x.method,
        "url": x.url,
        "status": x.status,
        "at": x.started_at,
        "truncated": x.truncated,
        "request_id": request.record_id if request else None,
        "request_offset": request.offset if request else None,
        "request_length": request.length if request else None,
        "response_id": response.record_id if response else None,
        "response_offset": response.offset if response else None,
        "response_length": response.length if response else None,
        "block_sha256": response.block_sha256 if response else None,
        "payload_sha256": response.payload_sha256 if response else None,
    }


def _drafts(manifest: RunManifest) -> Iterator[MediaDraft]:
    for version in manifest.versions:
        yield from version.media
    for recovery in manifest.recoveries:
        yield recovery.media


def _new_media(connection: Connection, manifest: RunManifest) -> list[dict[str, object]]:
    """Rows for payloads that the vault has only since this step."""
    rows: dict[str, dict[str, object]] = {}
    for m in _drafts(manifest):
        if m.sha256 and m.exchange:  # the first one holds the bytes, others only refer to them
            row = {"sha256": m.sha256, "size": m.size, "mime": m.mime, "exchange_id": m.exchange}
            rows.setdefault(m.sha256, row)
    if rows:
        held = connection.execute(select(media.c.sha256).where(media.c.sha256.in_(rows)))
        for known in held:
            rows.pop(known.sha256, None)
    return list(rows.values())


def _recover_media(connection: Connection, manifest: RunManifest) -> None:
    for each in manifest.recoveries:
        connection.execute(
            update(version_media)
            .where(
                version_media.c.version_id == each.version_id,
                version_media.c.position == each.position,
                version_media.c.sha256.is_(None),
            )
            .values(
                status=each.media.status,
                sha256=each.media.sha256 or None,
                etag=each.media.etag,
                url=each.media.url,
            )
        )


def _move_cursor(connection: Connection, manifest: RunManifest, account_id: int) -> None:
    walk = manifest.walk
    values: dict[str, object] = {
        "cursor": walk.cursor,
        "open": walk.open,
        "walk_began": walk.began,
        "coverage": walk.coverage,
        "done": walk.done,
        "total": walk.total,
        "run_id": manifest.run_id,
    }
    if not walk.open:
        values["walk_ended"] = manifest.ended_at
    here = (cursors.c.account_id == account_id) & (cursors.c.window == manifest.window)
    moved = connection.execute(update(cursors).where(here).values(**values))
    if moved.rowcount == 0:
        connection.execute(
            insert(cursors).values(account_id=account_id, window=manifest.window, **values)
        )


def _ledger_line(
    connection: Connection,
    manifest: RunManifest,
    segment: SegmentRef | None,
    leaves: Sequence[str],
) -> None:
    ledger.append(
        connection,
        at=manifest.ended_at,
        kind="run",
        body={
            "account": manifest.account,
            "run": manifest.run_id,
            "segment": segment.name if segment else None,
            "sha256": segment.sha256 if segment else None,
            "versions": len(manifest.versions),
            "root": merkle.root(sorted(leaves)),
        },
    )
