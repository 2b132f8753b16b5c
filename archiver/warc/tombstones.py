"""The run manifest inside a segment, after some of its versions were disposed of.

It works on the manifest's JSON as it stands, since the archive's model lies above this
package. Of a disposed version only what a tombstone keeps stays; what is not named here is
blanked, so that a field added later is cut as well until somebody decides otherwise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Set
from dataclasses import asdict
from typing import Any

from archiver.warc.conversion import Converter, Moved, Replacement
from archiver.warc.reader import StoredRecord

Key = tuple[str, str]
"""Family and the platform's id."""

_VERSION = frozenset(
    {
        "family",
        "platform_id",
        "kind",
        "digest",
        "version_key",
        "superseded",
        "published_at",
        "edited_at",
        "not_before",
        "not_after",
        "captured_at",
        "visibility",
        "exchange",
        "sealed_leaf",
        "disposed_by",
    }
)
_FINDING = frozenset(
    {
        "family",
        "platform_id",
        "stage",
        "presence",
        "evidence",
        "exchange",
        "at",
        "not_before",
        "not_after",
    }
)
_SIGHTING = frozenset({"family", "platform_id", "at"})
_MEDIA = frozenset({"kind", "status", "sha256", "size", "mime", "exchange"})


def manifest_without(
    disposed: Set[Key], *, batch: str, recovered: Set[int] = frozenset()
) -> Converter:
    """Replaces a run manifest; see `tombstoned_manifest`. Every rewriting needs this, also one
    that disposes of no version, because the manifest says where the file's records lie."""

    def convert(record: StoredRecord, moved: Moved) -> Replacement:
        text = tombstoned_manifest(
            record.block, disposed, batch=batch, recovered=recovered, moved=moved
        )
        return Replacement(block=text, kind="metadata")

    return convert


def tombstoned_manifest(
    text: bytes,
    disposed: Set[Key],
    *,
    batch: str = "",
    recovered: Set[int] = frozenset(),
    moved: Moved | None = None,
) -> bytes:
    """The manifest with the disposed versions cut to tombstones.

    A tombstone says its Merkle leaf as it was (`sealed_leaf`) and which batch disposed of it
    (`disposed_by`). `recovered` are the ids of disposed versions whose media were fetched
    later. `moved` tells where the file's records lie now; an exchange of which no record is
    left loses its address.
    """
    manifest: dict[str, Any] = json.loads(text)
    manifest["versions"] = [
        _tombstone(each, batch) if _key(each) in disposed else each for each in manifest["versions"]
    ]
    for name, kept in (("findings", _FINDING), ("sightings", _SIGHTING)):
        manifest[name] = [
            _blanked(each, kept) if _key(each) in disposed else each for each in manifest[name]
        ]
    for recovery in manifest["recoveries"]:
        if recovery["version_id"] in recovered:
            recovery["media"] = _blanked(recovery["media"], _MEDIA)
    if moved is not None:
        for exchange in manifest["exchanges"]:
            _repoint(exchange, moved)
    return json.dumps(manifest, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def leaf_of(version: dict[str, Any]) -> str:
    """The version's Merkle leaf (hex SHA-256), as the model makes it."""
    if version.get("sealed_leaf"):
        return str(version["sealed_leaf"])
    parts = [version[name] for name in ("family", "platform_id", "version_key", "digest")]
    parts += [f"{each['key']} {each['sha256']}" for each in version["media"]]
    if version.get("salt"):
        parts.append(f"salt {version['salt']}")
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _key(thing: dict[str, Any]) -> Key:
    return thing["family"], thing["platform_id"]


def _tombstone(version: dict[str, Any], batch: str) -> dict[str, Any]:
    told = {"sealed_leaf": leaf_of(version), "disposed_by": version.get("disposed_by") or batch}
    return {**_blanked(version, _VERSION), **told}


def _blanked(thing: dict[str, Any], kept: Set[str]) -> dict[str, Any]:
    """Every other field is emptied in its own type, so that the form still holds."""
    return {
        name: value if name in kept or value is None else type(value)()
        for name, value in thing.items()
    }


def _repoint(exchange: dict[str, Any], moved: Moved) -> None:
    sides = ("request", "response")
    had = [side for side in sides if exchange[side] is not None]
    for side in had:
        ref = moved.get(exchange[side]["record_id"])
        exchange[side] = asdict(ref) if ref is not None else None
    if had and not any(exchange[side] for side in sides):
        exchange["url"] = ""
