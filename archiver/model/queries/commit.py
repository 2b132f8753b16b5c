"""The one transaction that makes a step true: versions, cursor, run and ledger line.

The caller has sealed and fsynced the segment before; it holds the write transaction.
Committing the same run twice changes nothing, so recovery may always try.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Table, bindparam, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from archiver.ledger import merkle
from archiver.model.manifest import FindingDraft, MediaDraft, RunManifest, Sighting, VersionDraft
from archiver.model.queries import ledger
from archiver.model.queries.known import Holding, Key, holdings
from archiver.model.tables import (
    cursors,
    exchanges,
    findings,
    media,
    metrics,
    records,
    runs,
    segments,
    sequences,
    version_media,
    versions,
)
from archiver.values import ExchangeRef, SegmentRef

_MASK = (1 << 20) - 1


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
) -> Committed:
    """Write a step. `zone` is the agency's, for the day that counts are kept under."""
    if connection.execute(select(runs.c.id).where(runs.c.id == manifest.run_id)).first():
        return Committed(fresh=False)
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
    _bulk(connection, exchanges, [_exchange_row(manifest.run_id, x) for x in stored])
    _bulk(connection, media, files)
    ids = _write_versions(connection, manifest, account_id, known)
    _recover_media(connection, manifest)
    _touch(connection, manifest, account_id, zone)
    _write_findings(connection, manifest, account_id, ids)
    _move_cursor(connection, manifest, account_id)
    if segment is not None or manifest.has_news:
        _ledger_line(connection, manifest, segment)
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
            outcome="failed" if manifest.error_code else news,
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
    rows = {
        m.sha256: {"sha256": m.sha256, "size": m.size, "mime": m.mime, "exchange_id": m.exchange}
        for m in _drafts(manifest)
        if m.sha256 and m.exchange
    }
    if rows:
        held = connection.execute(select(media.c.sha256).where(media.c.sha256.in_(rows)))
        for row in held:
            rows.pop(row.sha256, None)
    return list(rows.values())


def _take(connection: Connection, name: str, count: int) -> int:
    """The first of `count` numbers that nobody else gets."""
    after = connection.execute(
        update(sequences)
        .where(sequences.c.name == name)
        .values(next=sequences.c.next + count)
        .returning(sequences.c.next)
    ).scalar_one()
    return int(after) - count


def _bulk(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _version_id(draft: VersionDraft, number: int) -> int:
    """An id that rises with the date of the state; see the `versions` table."""
    moment = draft.edited_at or draft.published_at or draft.captured_at
    return (max(0, int(moment.timestamp() * 1000)) << 20) | (number & _MASK)


def _write_versions(
    connection: Connection, manifest: RunManifest, account_id: int, known: dict[Key, Holding]
) -> dict[Key, int]:
    """Insert versions with their records; returns the record id of every key."""
    ids = {key: holding.record_id for key, holding in known.items()}
    if not manifest.versions:
        return ids
    groups: dict[Key, list[VersionDraft]] = defaultdict(list)
    for draft in manifest.versions:
        groups[draft.family, draft.platform_id].append(draft)
    fresh = [key for key in groups if key not in ids]
    if fresh:
        first = _take(connection, "records", len(fresh))
        ids.update({key: first + n for n, key in enumerate(fresh)})
    numbers = _version_numbers(connection, [ids[k] for k in groups if k in known])
    next_number = _take(connection, "versions", len(manifest.versions))
    version_rows, media_rows, new_rows, moved_rows = [], [], [], []
    for key, drafts in groups.items():
        current: tuple[int, VersionDraft] | None = None
        count = numbers.get(ids[key], 0)
        for draft in drafts:
            count += 1
            version_id = _version_id(draft, next_number)
            next_number += 1
            version_rows.append(_version_row(draft, manifest, ids[key], version_id, count))
            media_rows += _media_rows(version_id, draft)
            if not draft.superseded or (current is None and key not in known):
                current = (version_id, draft)
        if key not in known:
            assert current is not None
            new_rows.append(_record_row(account_id, ids[key], current, count))
        elif current is not None:
            moved_rows.append(_moved_row(ids[key], current, count))
        else:
            moved_rows.append({"b_id": ids[key], "versions": count})
    version_rows.sort(key=lambda row: row["id"])  # the full-text index is filled in order
    _bulk(connection, records, new_rows)
    for row in moved_rows:
        rest = {k: v for k, v in row.items() if k != "b_id"}
        connection.execute(update(records).where(records.c.id == row["b_id"]).values(**rest))
    _bulk(connection, versions, version_rows)
    _bulk(connection, version_media, media_rows)
    if connection.dialect.name == "sqlite":
        connection.execute(
            text("INSERT INTO versions_search (rowid, title, words) VALUES (:id, :title, :words)"),
            [{"id": r["id"], "title": r["title"], "words": r["words"]} for r in version_rows],
        )
    return ids


def _version_numbers(connection: Connection, record_ids: Sequence[int]) -> dict[int, int]:
    if not record_ids:
        return {}
    query = select(records.c.id, records.c.versions).where(records.c.id.in_(record_ids))
    return {row.id: row.versions for row in connection.execute(query)}


def _version_row(
    draft: VersionDraft, manifest: RunManifest, record_id: int, version_id: int, number: int
) -> dict[str, Any]:
    return {
        "id": version_id,
        "record_id": record_id,
        "number": number,
        "run_id": manifest.run_id,
        "exchange_id": draft.exchange,
        "captured_at": draft.captured_at,
        "digest": draft.digest,
        "leaf": draft.leaf(),
        "version_key": draft.version_key,
        "superseded": draft.superseded,
        "edited_at": draft.edited_at,
        "not_before": draft.not_before,
        "not_after": draft.not_after,
        "visibility": draft.visibility,
        "language": draft.language,
        "title": draft.title,
        "words": draft.words,
        "canonical": draft.canonical,
        "native": draft.native,
    }


def _media_rows(version_id: int, draft: VersionDraft) -> list[dict[str, Any]]:
    return [
        {
            "version_id": version_id,
            "position": position,
            "key": m.key,
            "url": m.url,
            "kind": m.kind,
            "alt_text": m.alt_text,
            "token": m.token,
            "status": m.status,
            "sha256": m.sha256 or None,
            "etag": m.etag,
        }
        for position, m in enumerate(draft.media)
    ]


def _current(at: tuple[int, VersionDraft], count: int) -> dict[str, Any]:
    version_id, draft = at
    return {
        "kind": draft.kind,
        "parent_id": draft.parent_id,
        "thread_id": draft.thread_id,
        "author_id": draft.author_id,
        "author_handle": draft.author_handle,
        "author_name": draft.author_name,
        "permalink": draft.permalink,
        "published_at": draft.published_at,
        "last_seen": draft.captured_at,
        "visibility": draft.visibility,
        "presence": "present",
        "version_id": version_id,
        "versions": count,
        "digest": draft.digest,
    }


def _record_row(
    account_id: int, record_id: int, at: tuple[int, VersionDraft], count: int
) -> dict[str, Any]:
    draft = at[1]
    return {
        **_current(at, count),
        "id": record_id,
        "account_id": account_id,
        "family": draft.family,
        "platform_id": draft.platform_id,
        "first_seen": draft.captured_at,
    }


def _moved_row(record_id: int, at: tuple[int, VersionDraft], count: int) -> dict[str, Any]:
    return {"b_id": record_id, **_current(at, count)}


def _recover_media(connection: Connection, manifest: RunManifest) -> None:
    for each in manifest.recoveries:
        connection.execute(
            update(version_media)
            .where(
                version_media.c.version_id == each.version_id,
                version_media.c.position == each.position,
            )
            .values(
                status=each.media.status,
                sha256=each.media.sha256 or None,
                etag=each.media.etag,
                url=each.media.url,
            )
        )


def _touch(connection: Connection, manifest: RunManifest, account_id: int, zone: ZoneInfo) -> None:
    """Move `last_seen` of what was listed, and keep what was counted on it."""
    if not manifest.sightings:
        return
    listed = {(s.family, s.platform_id): s for s in manifest.sightings}
    written = {(v.family, v.platform_id) for v in manifest.versions if not v.superseded}
    unchanged = [s for key, s in listed.items() if key not in written]
    if unchanged:
        connection.execute(_SEEN_AGAIN, [_seen(account_id, s) for s in unchanged])
    counted = [s for s in listed.values() if s.metrics]
    if counted:
        _count(connection, account_id, counted, zone)


_SEEN_AGAIN = (
    update(records)
    .where(
        records.c.account_id == bindparam("b_account"),
        records.c.family == bindparam("b_family"),
        records.c.platform_id == bindparam("b_platform_id"),
    )
    .values(last_seen=bindparam("b_at"), presence="present")
)


def _seen(account_id: int, sighting: Sighting) -> dict[str, Any]:
    return {
        "b_account": account_id,
        "b_family": sighting.family,
        "b_platform_id": sighting.platform_id,
        "b_at": sighting.at,
    }


def _count(
    connection: Connection, account_id: int, counted: Sequence[Sighting], zone: ZoneInfo
) -> None:
    held = holdings(
        connection, account_id, [(s.family, s.platform_id) for s in counted], with_states=False
    )
    rows = [
        {
            "record_id": held[s.family, s.platform_id].record_id,
            "day": s.at.astimezone(zone).date().isoformat(),
            "at": s.at,
            "counts": dict(s.metrics),
        }
        for s in counted
    ]
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(metrics)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["record_id", "day"],
            set_={"at": statement.excluded.at, "counts": statement.excluded.counts},
        ),
        rows,
    )


def _write_findings(
    connection: Connection, manifest: RunManifest, account_id: int, ids: dict[Key, int]
) -> None:
    stored = {x.id for x in manifest.exchanges if x.response is not None}
    for each in manifest.findings:
        record_id = ids[each.family, each.platform_id]
        connection.execute(
            insert(findings).values(
                account_id=account_id,
                record_id=record_id,
                run_id=manifest.run_id,
                exchange_id=each.exchange if each.exchange in stored else None,
                at=each.at,
                stage=each.stage,
                presence=each.presence,
                evidence=each.evidence or None,
                statement=each.statement,
                not_before=each.not_before,
                not_after=each.not_after,
            )
        )
        connection.execute(
            update(records).where(records.c.id == record_id).values(presence=presence_after(each))
        )


def presence_after(finding: FindingDraft) -> str:
    """The record's presence once the finding stands. In stage "state" it is still listed,
    and its own state says that the public no longer sees it."""
    if finding.stage == "suspected":
        return "suspected"
    return "present" if finding.stage in ("back again", "state") else finding.presence


def _move_cursor(connection: Connection, manifest: RunManifest, account_id: int) -> None:
    walk = manifest.walk
    values: dict[str, object] = {
        "cursor": dict(walk.cursor),
        "open": walk.open,
        "walk_began": walk.began,
        "coverage": [dict(c) for c in walk.coverage],
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


def _ledger_line(connection: Connection, manifest: RunManifest, segment: SegmentRef | None) -> None:
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
            "root": merkle.root(sorted(v.leaf() for v in manifest.versions)),
        },
    )
