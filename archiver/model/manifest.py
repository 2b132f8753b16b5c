"""What one step of a walk has to say: everything that its commit writes to the database.

The same text closes the step's WARC file as a `metadata` record. So a file whose commit was
cut off by a crash is committed later from itself, and a lost database can be built again
from the files alone. Plain values; the JSON form is this module's and is versioned.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from archiver.errors import EvidenceError
from archiver.values import ExchangeRef

FORM = 1
CONTENT_TYPE = "application/vnd.archiver.run+json"


def leaf_of(
    *, identity: Sequence[str], digest: str, media: Iterable[tuple[str, str]], salt: str
) -> str:
    """Hex SHA-256 over a state's identity (family, platform id, version key), the digest of
    its canonical form, the key and hash of each of its media, and a random salt."""
    parts = [*identity, digest, *(f"{key} {sha256}" for key, sha256 in media)]
    if salt:
        parts.append(f"salt {salt}")
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaDraft:
    """A media file of a version; `sha256` is over the decoded bytes, empty if not captured."""

    key: str
    url: str
    kind: str
    alt_text: str
    token: str
    status: str
    sha256: str = ""
    size: int = 0
    mime: str = ""
    etag: str = ""
    exchange: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionDraft:
    """A new state of a thing. Times are aware UTC."""

    family: str
    platform_id: str
    kind: str
    parent_id: str
    thread_id: str
    author_id: str
    author_handle: str
    author_name: str
    permalink: str
    published_at: datetime | None
    digest: str
    version_key: str
    superseded: bool
    edited_at: datetime | None
    not_before: datetime | None
    not_after: datetime | None
    captured_at: datetime
    visibility: str
    language: str
    title: str
    words: str
    canonical: str
    native: str
    exchange: str
    media: tuple[MediaDraft, ...] = ()
    salt: str = ""  # random, so that nobody finds a withheld text by guessing at its leaf
    sealed_leaf: str = ""  # of a disposed version: the leaf as it was
    disposed_by: str = ""  # the disposition that made it a tombstone

    def leaf(self) -> str:
        """The Merkle leaf of this state; see `leaf_of`."""
        if self.sealed_leaf:
            return self.sealed_leaf
        return leaf_of(
            identity=(self.family, self.platform_id, self.version_key),
            digest=self.digest,
            media=[(m.key, m.sha256) for m in self.media],
            salt=self.salt,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRecovery:
    """A file of an earlier version that could be fetched only now."""

    version_id: int
    position: int
    media: MediaDraft


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingDraft:
    """A finding about a known record; see the `findings` table for the bounds."""

    family: str
    platform_id: str
    stage: str
    presence: str
    evidence: str
    statement: str
    exchange: str
    at: datetime
    not_before: datetime | None
    not_after: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A thing that was listed, with what was counted on it."""

    family: str
    platform_id: str
    at: datetime
    metrics: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkState:
    """Where the walk stands after this step. `coverage` is what it has stated so far."""

    cursor: dict[str, Any]
    open: bool
    began: datetime
    coverage: list[dict[str, Any]]
    done: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunManifest:
    """One step of one account's walk, complete.

    Its collections are plain lists and dicts, not abstract ones: pydantic then writes them
    without calling back into Python for each.
    """

    form: int
    run_id: str
    account: str  # slug
    platform: str
    address: str
    window: str
    started_at: datetime
    ended_at: datetime
    pages: int
    items: int
    walk: WalkState
    versions: list[VersionDraft] = field(default_factory=list)
    recoveries: list[MediaRecovery] = field(default_factory=list)
    findings: list[FindingDraft] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    exchanges: list[ExchangeRef] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    error_code: str = ""
    error_text: str = ""

    @property
    def has_news(self) -> bool:
        """Does this step prove anything new?"""
        return bool(self.versions or self.findings or self.recoveries)


_adapter = TypeAdapter(RunManifest)


def to_json(manifest: RunManifest) -> bytes:
    """The manifest as it stands in the WARC."""
    return _adapter.dump_json(manifest)


def from_json(text: bytes) -> RunManifest:
    """Read a manifest back.

    Raises: EvidenceError when it is not one, or of a form this version does not know.
    """
    try:
        manifest = _adapter.validate_json(text)
    except ValidationError as error:
        raise EvidenceError(
            f"the run manifest does not have the expected form: {error.error_count()} faults"
        ) from error
    if manifest.form != FORM:
        raise EvidenceError(
            f"the run manifest has form {manifest.form}, made by a newer version of Archiver"
        )
    return manifest
