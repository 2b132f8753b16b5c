"""Builds the staging folder that exporters read: a town's page with all that can befall it.

`staged(folder)` writes the scene of `tests/support/staged_scene.py`; `staged(folder,
items=...)` whatever a test needs; `crowd(folder, ...)` as many items as a measurement wants.
What was redacted stands nowhere in a staging folder. `CANARY` lies in a file that no item
names: an exporter that copies more than what is released takes it along and is caught.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from PIL import Image

from archiver.export.base import (
    FILES,
    ITEMS,
    WITHHELD,
    CaptureDay,
    Cut,
    Production,
    Released,
    ReleasedFile,
    Withheld,
)
from archiver.export.base import (
    staged as line_of,
)
from tests.support import staged_pictures

CANARY = "Quillfeather 612-555-0147"
MADE_AT = datetime(2026, 3, 9, 15, 30, tzinfo=UTC)
FIRST = datetime(2025, 11, 3, 16, 0, tzinfo=UTC)
ZONE = ZoneInfo("America/Chicago")
PRIVATE = Cut(
    field="text",
    code="PRIV",
    citation="Springfield Data Rule 4.2 (made up for tests)",
    label="Private data on a resident",
)


def released(position: int, **facts: Any) -> Released:
    """An item with everything filled in; what a test cares about is given by name.

    Unredacted items get a canonical form, its digest and a native form.
    """
    at = facts.get("published_at") or FIRST + timedelta(hours=7 * position)
    plain: dict[str, Any] = {
        "position": position,
        "bates": f"SPD-{position:06}",
        "record_id": 1000 + position,
        "version": 1,
        "versions": 1,
        "current": True,
        "account": "springfield-police",
        "account_name": "Springfield Police",
        "account_address": "https://social.example/springfieldpolice",
        "department": "Police",
        "custodian": "City Clerk",
        "platform": "facebook",
        "kind": "post",
        "platform_id": f"p{position}",
        "parent_id": "",
        "thread_id": f"p{position}",
        "author_id": "100",
        "author_handle": "springfieldpolice",
        "author_name": "Springfield Police",
        "permalink": f"https://social.example/springfieldpolice/posts/p{position}",
        "published_at": at,
        "edited_at": None,
        "not_before": None,
        "not_after": None,
        "captured_at": at + timedelta(minutes=5),
        "visibility": "public",
        "presence": "present",
        "language": "en",
        "title": "",
        "text": f"Item {position}: Main Street is open again.",
        "metrics": {"likes": position % 40, "comments": position % 5},
        "run_id": "run-7",
        "segment": "springfield-police-20251103160500-00001.warc.gz",
        "segment_sha256": hashlib.sha256(b"segment").hexdigest(),
        "exchange_id": f"x{position}",
        "endpoint": "https://graph.social.example/v1/feed?access_token=***",
    }
    return _with_forms(Released(**{**plain, **facts}))


def _with_forms(item: Released) -> Released:
    """An unredacted item with its canonical and native form, a redacted one with neither."""
    if item.cuts:
        return replace(item, digest="", native="", canonical="")
    facts = {"id": item.platform_id, "text": item.text, "kind": item.kind, "title": item.title}
    canonical = json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return replace(
        item,
        canonical=item.canonical or canonical,
        native=item.native or json.dumps({"id": item.platform_id, "message": item.text}),
        digest=item.digest or hashlib.sha256(canonical.encode()).hexdigest(),
    )


def withheld(position: int, **facts: Any) -> Withheld:
    """An item that is not released."""
    plain: dict[str, Any] = {
        "position": position,
        "kind": "message",
        "platform": "facebook",
        "account": "springfield-police",
        "date": "2025-11-20",
        "code": PRIVATE.code,
        "citation": PRIVATE.citation,
        "label": PRIVATE.label,
        "reason": "The whole message is private data on the resident who wrote it.",
    }
    return Withheld(**{**plain, **facts})


def released_file(folder: Path, position: int, content: bytes, **facts: Any) -> ReleasedFile:
    """Put bytes under staging/files, named by their digest, and describe them."""
    digest = hashlib.sha256(content).hexdigest()
    mime = facts.get("mime", "image/jpeg")
    path = f"{digest[:2]}/{digest}.{mime.rpartition('/')[2]}"
    place = folder / FILES / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    plain: dict[str, Any] = {
        "position": position,
        "kind": mime.partition("/")[0],
        "path": path,
        "mime": mime,
        "size": len(content),
        "sha256": digest,
        "alt_text": "",
        "redacted": False,
    }
    return ReleasedFile(**{**plain, **_size(content, mime), **facts})


def a_file(folder: Path, position: int, name: str, **facts: Any) -> ReleasedFile:
    """One of `staged_pictures.KINDS` as a released file."""
    draw, mime = staged_pictures.KINDS[name]
    return released_file(folder, position, draw(), **{"mime": mime, **facts})


def _size(content: bytes, mime: str) -> dict[str, int]:
    if not mime.startswith("image/"):
        return {}
    try:
        with Image.open(io.BytesIO(content)) as picture:
            return {"width": picture.width, "height": picture.height}
    except OSError:
        return {}


def staged(
    folder: Path,
    *,
    items: Iterable[Released] | None = None,
    kept_back: Iterable[Withheld] | None = None,
    **facts: Any,
) -> Production:
    """Write a staging folder and describe it; without `items` the whole scene.

    `facts` replace fields of the Production. Items are written as they come, so a generator
    of any length will do.
    """
    from tests.support import staged_scene

    (folder / FILES).mkdir(parents=True, exist_ok=True)
    (folder / FILES / "original-not-released.bin").write_bytes(CANARY.encode())
    if items is None:
        items = staged_scene.items(folder)
        kept_back = staged_scene.kept_back() if kept_back is None else kept_back
    counted = redacted = kept = 0
    with (folder / ITEMS).open("wb") as lines:
        for item in items:
            lines.write(line_of(item))
            counted += 1
            redacted += item.redacted
    with (folder / WITHHELD).open("wb") as lines:
        for each in kept_back or ():
            lines.write(line_of(each))
            kept += 1
    plain: dict[str, Any] = {
        "agency": "City of Springfield",
        "zone": ZONE,
        "request": "2026-0001",
        "number": 1,
        "title": "All posts about Main Street",
        "query": '"main street" OR from:springfieldpolice',
        "made_at": MADE_AT,
        "made_by": "dana.clerk",
        "released": counted,
        "redacted": redacted,
        "withheld": kept,
        "staging": folder,
        "capture_log": _log(),
        "version": "0.1.0",
    }
    return Production(**{**plain, **facts})


def _log() -> tuple[CaptureDay, ...]:
    return (
        CaptureDay(account="springfield-police", day="2025-11-03", runs=96, failed=0,
                   new_versions=4),
        CaptureDay(account="springfield-police", day="2025-11-04", runs=95, failed=1,
                   new_versions=2, gaps=("02:15 to 02:40 the platform did not answer",)),
    )  # fmt: skip


def crowd(folder: Path, *, items: int, pictures: int = 0) -> Production:
    """Many items: threads of ten, with so many pictures spread over them evenly."""
    return staged(folder, items=_many(folder, items, pictures))


_WORDS = (
    "Crews work on Main Street until Friday; the left lane stays open. ",
    "Thank you to everybody who called about the missing dog, he is home. ",
    "¿Hasta qué hora está abierta la oficina? Gracias por la información. ",
    "Council meets Tuesday at 6 p.m. in Room 204, and the agenda is on our site. ",
)


def _many(folder: Path, items: int, pictures: int) -> Iterator[Released]:
    for position in range(1, items + 1):
        first = (position - 1) // 10 * 10 + 1
        pictured = pictures and (position * pictures // items) > (position - 1) * pictures // items
        content = staged_pictures.photo(position, (1600, 1200)) if pictured else b""
        files = (released_file(folder, 1, content, alt_text="A street"),) if content else ()
        yield released(
            position,
            kind="post" if position == first else "comment",
            thread_id=f"p{first}",
            parent_id="" if position == first else f"p{first}",
            author_name="Springfield Police" if position == first else f"Resident {position % 97}",
            author_handle="springfieldpolice" if position == first else f"res{position % 97}",
            text=_WORDS[position % 4] * (1 + position % 3),
            files=files,
        )
