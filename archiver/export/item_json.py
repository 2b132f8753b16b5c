"""An item as this project's own JSON, form "archiver-item-1": one object, nothing left out.

`schemas/item.schema.json` describes every member; the two are held against each other in the
tests. Times are UTC in RFC 3339, null where unknown. `media/...` paths are those of the package.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from archiver.export import stamps
from archiver.export.base import Released, ReleasedFile, Sighted

FORM = "archiver-item-1"


def item_json(item: Released, *, original: str = "") -> dict[str, Any]:
    """The whole item, as it is released; `original` says what became of its exchange."""
    return {
        "form": FORM,
        "position": item.position,
        "bates": item.bates,
        "record": item.record_id,
        "version": item.version,
        "versions": item.versions,
        "current": item.current,
        "account": {
            "slug": item.account,
            "name": item.account_name,
            "address": item.account_address,
            "department": item.department,
            "custodian": item.custodian,
        },
        "platform": item.platform,
        "kind": item.kind,
        "id": item.platform_id,
        "parent": item.parent_id,
        "thread": item.thread_id,
        "author": {"id": item.author_id, "handle": item.author_handle, "name": item.author_name},
        "permalink": item.permalink,
        "published": _time(item.published_at),
        "edited": _time(item.edited_at),
        "bounds": _bounds(item.not_before, item.not_after),
        "captured": _time(item.captured_at),
        "visibility": item.visibility,
        "presence": item.presence,
        "language": item.language,
        "title": item.title,
        "text": item.text,
        "files": [_file(each) for each in item.files],
        "redactions": [
            {"field": cut.field, "code": cut.code, "citation": cut.citation, "label": cut.label}
            for cut in item.cuts
        ],
        "findings": [_finding(each) for each in item.findings],
        "metrics": dict(sorted(item.metrics.items())),
        "source": {
            "run": item.run_id,
            "segment": item.segment,
            "segment_sha256": item.segment_sha256,
            "exchange": item.exchange_id,
            "endpoint": item.endpoint,
            "original": original,
        },
        "digest": item.digest,
        "canonical": item.canonical,
        "native": item.native,
    }


def _time(at: datetime | None) -> str | None:
    return stamps.utc(at) or None


def _bounds(not_before: datetime | None, not_after: datetime | None) -> dict[str, str | None]:
    return {"after": _time(not_before), "not_later_than": _time(not_after)}


def _file(each: ReleasedFile) -> dict[str, Any]:
    return {
        "position": each.position,
        "kind": each.kind,
        "path": f"media/{each.path}" if each.path else "",
        "mime": each.mime,
        "size": each.size,
        "sha256": each.sha256,
        "alt_text": each.alt_text,
        "redacted": each.redacted,
        "why": each.why,
        "width": each.width,
        "height": each.height,
    }


def _finding(each: Sighted) -> dict[str, Any]:
    return {
        "at": _time(each.at),
        "stage": each.stage,
        "presence": each.presence,
        "evidence": each.evidence,
        "statement": each.statement,
        "bounds": _bounds(each.not_before, each.not_after),
    }
