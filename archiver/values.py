"""Plain values that pass between the parts. Frozen; no behaviour beyond derivation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentRef:
    """A sealed WARC file. `sha256` is hex over the file's bytes; `sealed_at` aware UTC."""

    name: str
    sha256: str
    size: int
    records: int
    sealed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRef:
    """Where one WARC record lies: byte `offset` and `length` of its gzip member.

    `block_sha256` is hex over the record's block, `payload_sha256` over its payload (the
    HTTP body as stored), None for records without one.
    """

    record_id: str  # urn:uuid:...
    segment: str
    offset: int
    length: int
    block_sha256: str
    payload_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRef:
    """One HTTP exchange as the run log keeps it, stored in a WARC or only noted by digest.

    `url` is already masked. `status` is 0 when no answer came. `truncated` is a
    WARC-Truncated reason, empty when the body is whole. `payload_sha256` is hex over the
    body as the wire had it, after masking.
    """

    id: str
    method: str
    url: str
    status: int
    started_at: datetime
    seconds: float
    payload_sha256: str
    payload_size: int
    truncated: str = ""
    request: RecordRef | None = None
    response: RecordRef | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One redaction that a reviewer asks for.

    `what` is "text" or "title" (characters `start` to `end` of the version's plain text),
    "author" (name and handle), "region" (a box of the picture at `media`, in its own pixels)
    or "media" (the whole file). `style` of a region: "box" or "blur". `code` is an exemption.
    """

    what: str
    code: str
    start: int = 0
    end: int = 0
    media: int = 0  # position in the version's media
    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0
    style: str = "box"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What proves the item's place in the ledger: the Merkle path from its leaf to the root
    of its run, the run's line, and the path from there to a checkpoint (`archiver.ledger`).

    Of an unredacted item `preimage` has what the leaf is computed from (identity, digest,
    media, salt), and the canonical form what the digest is over; of a redacted one both are
    withheld, and the salted leaf alone proves that the item stands where it is said to.
    `salted` is False of a capture of which a leaf can be guessed at.
    """

    leaf: str
    path: tuple[str, ...]
    index: int
    size: int
    root: str
    line: int  # sequence number of the run's line in the ledger
    preimage: dict[str, Any] | None
    salted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Leave to remove these segments from the vault, for this disposition. Minted in
    `archiver/desk/permit.py` only, by asking the database again."""

    batch: int
    segments: frozenset[str]
