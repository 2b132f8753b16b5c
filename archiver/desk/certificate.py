"""The certificate of a disposition: what went, why, how, and who agreed, as states' forms ask.

The JSON is the certificate: canonical (sorted keys, no spaces), hashed, and whole in the
batch's history and in the ledger.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from archiver.desk.batches import Loaded, approvals_of
from archiver.errors import UsageError
from archiver.ledger import merkle
from archiver.model.database import Connection
from archiver.model.queries import dispositions, erasure
from archiver.model.queries.dispositions import DONE, BatchEvent, Item
from retention.approvals import Given
from retention.facts import Action

FORM = "archiver-certificate-2"
_METHOD = (
    "Each WARC segment that held the records was written anew without them, the remaining "
    "records copied byte for byte; the former segments were removed. The records' text, "
    "authors, addresses and platform data were blanked in the database and taken out of its "
    "full-text index, and the database files were compacted. Digests and Merkle leaves are kept "
    "as tombstones. Backups and copies outside of the archive are not covered by this."
)


def certificate(
    connection: Connection, loaded: Loaded, *, agency: str, zone: ZoneInfo
) -> dict[str, Any]:
    """The certificate of an executed batch. Times are UTC, days agency-local.

    Raises: UsageError when the batch is not executed, or nothing of it went.
    """
    gone = loaded.all_of("destroyed")
    ended = loaded.event("executed") or loaded.event("did")
    done = [each for each in loaded.items if each.state == DONE]
    if not gone or ended is None or not done:
        raise UsageError(
            f"disposition {loaded.row.id} has destroyed nothing that could be certified"
        )
    begun = loaded.event("begun") or loaded.all_of("will")[0]
    leaves = erasure.leaves_of(connection, loaded.row.id)
    return {
        "form": FORM,
        "agency": agency,
        "disposition": loaded.row.id,
        "action": loaded.row.action.value,
        "manner": loaded.row.manner,
        "series": _series(done, zone),
        "schedules": dict(loaded.row.digests),
        "records": len(done),
        "versions": sum(each.detail["versions"] for each in gone),
        "media_files": sum(len(each.detail["payloads"]) for each in gone),
        "bytes": sum(each.detail["bytes"] for each in gone),
        "accounts": sorted({each.account for each in done}),
        "record_numbers": sorted(each.record_id for each in done),
        "excluded": [
            {"record": each.record_id, "state": each.state, "reason": each.reason}
            for each in loaded.items
            if each.state != DONE
        ],
        "method": _METHOD,
        "proposed": {"by": loaded.row.proposed_by, "on": loaded.batch.proposed.on.isoformat()},
        "reviewed": _signed(loaded),
        "approvals": [_approval(each) for each in approvals_of(loaded)],
        "override": {"by": begun.detail["override"], "reason": begun.detail["override_reason"]},
        "executed_by": begun.actor,
        "began": _moment(begun.at),
        "destroyed": _moment(gone[-1].at),
        "ended": _moment(ended.at),
        "root": merkle.root(sorted(leaf for each in leaves.values() for leaf in each)),
        "parts": [_part(each) for each in gone],
        "segments": [pair for each in gone for pair in each.detail["segments"]],
        "transfer": _transfer(loaded),
        "trusted_copy": _trusted_copy(loaded),
        "ledger": dispositions.ledger_hashes(connection, loaded.row.id),
    }


def canonical(content: Mapping[str, Any]) -> bytes:
    """The text that is hashed."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8")


def digest_of(content: Mapping[str, Any]) -> str:
    """Hex SHA-256 of the canonical text."""
    return hashlib.sha256(canonical(content)).hexdigest()


def _series(done: Iterable[Item], zone: ZoneInfo) -> list[dict[str, Any]]:
    groups: dict[tuple[str, str, str], list[Item]] = defaultdict(list)
    for each in done:
        groups[each.schedule, each.series, each.citation].append(each)
    return [
        {
            "schedule": schedule,
            "series": series,
            "authority": citation,
            "records": len(items),
            "kinds": sorted({each.kind for each in items}),
            "dates": _range(items, zone),
            "eligible_from": max(each.eligible_on for each in items),
        }
        for (schedule, series, citation), items in sorted(groups.items())
    ]


def _range(items: Sequence[Item], zone: ZoneInfo) -> dict[str, str | None]:
    days: list[date] = [
        each.published_at.astimezone(zone).date() for each in items if each.published_at
    ]
    return {
        "first": min(days).isoformat() if days else None,
        "last": max(days).isoformat() if days else None,
    }


def _signed(loaded: Loaded) -> dict[str, str]:
    signed = loaded.batch.reviewed
    return {"by": signed.by, "on": signed.on.isoformat()} if signed else {}


def _approval(given: Given) -> dict[str, str]:
    return {
        "step": given.step.value,
        "by": given.by,
        "on": given.on.isoformat(),
        "document": given.document,
        "series": given.series,
    }


def _transfer(loaded: Loaded) -> dict[str, Any] | None:
    if loaded.row.action is not Action.TRANSFER:
        return None
    handed, receipt = loaded.event("transferred"), loaded.event("receipt")
    assert handed is not None
    assert receipt is not None
    return {"bag": handed.detail["bag"], "manifest_sha256": handed.detail["manifest_sha256"],
            "receipt": receipt.detail["document"], "received_by": receipt.actor}  # fmt: skip


def _part(event: BatchEvent) -> dict[str, Any]:
    """What went in one transaction; the root is also in the ledger's line on it."""
    return {
        "part": event.detail.get("part", 1),
        "destroyed": _moment(event.at),
        "records": len(event.detail["records"]),
        "versions": event.detail["versions"],
        "root": event.detail["root"],
    }


def _trusted_copy(loaded: Loaded) -> str | None:
    """The document that says where the reproduction is kept that replaces the originals."""
    if loaded.row.action is not Action.REPLACE:
        return None
    proposed = loaded.event("proposed")
    assert proposed is not None
    return str(proposed.detail["copy"])


def _moment(at: datetime) -> str:
    return at.isoformat()
