"""The rows of a step that speak of records: versions, sightings, counts, findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, insert, select, update

from archiver.model.manifest import FindingDraft, RunManifest, Sighting, VersionDraft
from archiver.model.queries import search_index
from archiver.model.queries.bulk import bulk
from archiver.model.queries.known import Holding, Key, record_ids
from archiver.model.tables import findings, metrics, records, sequences, version_media, versions

_MASK = (1 << 20) - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = (1 << 43) - 1  # milliseconds that fit into an id; feeds name years such as 9999


def _take(connection: Connection, name: str, count: int) -> int:
    """The first of `count` numbers that nobody else gets."""
    after = connection.execute(
        update(sequences)
        .where(sequences.c.name == name)
        .values(next=sequences.c.next + count)
        .returning(sequences.c.next)
    ).scalar_one()
    return int(after) - count


def _version_id(draft: VersionDraft, number: int) -> int:
    """An id that rises with the date of the state; see the `versions` table."""
    moment = draft.edited_at or draft.published_at or draft.captured_at
    milliseconds = (moment - _EPOCH) // timedelta(milliseconds=1)
    return (min(max(0, milliseconds), _LAST) << 20) | (number & _MASK)


def write_versions(
    connection: Connection,
    manifest: RunManifest,
    account_id: int,
    known: Mapping[Key, Holding],
    leaves: Sequence[str],
) -> dict[Key, int]:
    """Insert versions with their records; returns the record id of every key."""
    ids = {key: holding.record_id for key, holding in known.items()}
    if not manifest.versions:
        return ids
    groups: dict[Key, list[tuple[VersionDraft, str]]] = defaultdict(list)
    for draft, leaf in zip(manifest.versions, leaves, strict=True):
        groups[draft.family, draft.platform_id].append((draft, leaf))
    fresh = [key for key in groups if key not in ids]
    if fresh:
        first = _take(connection, "records", len(fresh))
        ids.update({key: first + n for n, key in enumerate(fresh)})
    numbers = _version_numbers(connection, [ids[k] for k in groups if k in known])
    next_number = _take(connection, "versions", len(manifest.versions))
    version_rows, media_rows, new_rows, moved_rows = [], [], [], []
    entries: list[search_index.Entry] = []
    for key, drafts in groups.items():
        current: tuple[int, VersionDraft] | None = None
        count = numbers.get(ids[key], 0)
        for draft, leaf in drafts:
            count += 1
            version_id = _version_id(draft, next_number)
            next_number += 1
            version_rows.append(
                _version_row(draft, leaf, manifest.run_id, ids[key], version_id, count)
            )
            media_rows += _media_rows(version_id, draft)
            entries.append(_entry(draft, version_id, ids[key], account_id))
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
    bulk(connection, records, new_rows)
    for row in moved_rows:
        rest = {k: v for k, v in row.items() if k != "b_id"}
        connection.execute(update(records).where(records.c.id == row["b_id"]).values(**rest))
    bulk(connection, versions, version_rows)
    bulk(connection, version_media, media_rows)
    search_index.add(connection, sorted(entries, key=lambda entry: entry.version_id))
    several = [ids[key] for key, drafts in groups.items() if key in known or len(drafts) > 1]
    search_index.redate(connection, several)
    return ids


def _entry(
    draft: VersionDraft, version_id: int, record_id: int, account_id: int
) -> search_index.Entry:
    """The version as search indexes it."""
    return search_index.Entry(
        version_id=version_id,
        record_id=record_id,
        account_id=account_id,
        kind=draft.kind,
        published_at=draft.published_at,
        language=draft.language,
        title=draft.title,
        words=draft.words,
    )


def _version_numbers(connection: Connection, record_ids: Sequence[int]) -> dict[int, int]:
    if not record_ids:
        return {}
    query = select(records.c.id, records.c.versions).where(records.c.id.in_(record_ids))
    return {row.id: row.versions for row in connection.execute(query)}


def _version_row(
    draft: VersionDraft, leaf: str, run_id: str, record_id: int, version_id: int, number: int
) -> dict[str, Any]:
    return {
        "id": version_id,
        "record_id": record_id,
        "number": number,
        "run_id": run_id,
        "exchange_id": draft.exchange,
        "captured_at": draft.captured_at,
        "digest": draft.digest,
        "leaf": leaf,
        "salt": draft.salt,
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


def touch(
    connection: Connection,
    manifest: RunManifest,
    account_id: int,
    zone: ZoneInfo,
    ids: Mapping[Key, int],
) -> None:
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
        _count(connection, account_id, counted, zone, ids)


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
    connection: Connection,
    account_id: int,
    counted: Sequence[Sighting],
    zone: ZoneInfo,
    ids: Mapping[Key, int],
) -> None:
    others = [key for s in counted if (key := (s.family, s.platform_id)) not in ids]
    numbers = {**ids, **record_ids(connection, account_id, others)}
    days = {s.at: s.at.astimezone(zone).date().isoformat() for s in counted}
    rows = [
        {
            "record_id": numbers[s.family, s.platform_id],
            "day": days[s.at],
            "at": s.at,
            "counts": dict(s.metrics),
        }
        for s in counted
    ]
    bulk(connection, metrics, rows, renew=("at", "counts"))


def write_findings(
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
