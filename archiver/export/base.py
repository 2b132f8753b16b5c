"""What an exporter gets and what it promises.

Terms
-----
production  a package made for one request: the released items of one frozen result set
staging     the folder in which everything that may leave the house lies, redacted already:
            `items.jsonl` (one Released a line, in order), `withheld.jsonl`, `files/`,
            `originals.jsonl` (one Original a line) and `originals.warc.gz`, their bytes
released    an item as the public may see it. What was redacted is not in it in any form: no
            exporter ever sees an original of it, so none can leak one
original    an exchange as it was recorded; it is staged only when all on it is released whole
Bates       the number of an item in all productions of the agency, "SPD-000123"

An exporter writes files into a folder of its own and changes nothing else. It reads items as
a stream, never as a list: a production has a hundred thousand. It may be killed at any moment
and is then run again into an emptied folder. The same staging gives the same bytes:
times come from `Production.made_at`, never from a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from archiver.values import Place

_T = TypeVar("_T")
ITEMS = "items.jsonl"
WITHHELD = "withheld.jsonl"
FILES = "files"
ORIGINALS = "originals.warc.gz"
ORIGINAL_LINES = "originals.jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """One redaction as it may be told: where, and by which exemption. Never what."""

    field: str  # text, title, author, media 1, ...
    code: str
    citation: str
    label: str  # the exemption in words


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleasedFile:
    """A media file of an item. `path` is below staging/files, empty when the bytes are not
    released or were never captured (`why` tells). `sha256` is over the released bytes;
    `redacted` ones are new bytes without the metadata of the original."""

    position: int
    kind: str
    path: str
    mime: str
    size: int
    sha256: str
    alt_text: str
    redacted: bool
    why: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighted:
    """A finding about the record: vanished, hidden, back again. Times are aware UTC."""

    at: datetime
    stage: str
    presence: str
    evidence: str
    statement: str
    not_before: datetime | None
    not_after: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """One version of one record as it is released. Times are aware UTC.

    `text` is plain text with every redaction replaced by a mark such as "[redacted: PRIV]".
    `native` (the platform's JSON) and `canonical` are there only if nothing was redacted.
    `edited_at` is the platform's own time; otherwise the state came to be after `not_before`
    and not later than `not_after`. `current` says whether it is the newest state.
    """

    position: int  # 1, 2, ... in the production
    bates: str
    record_id: int
    version: int
    versions: int
    current: bool
    account: str  # slug
    account_name: str
    account_address: str
    department: str
    custodian: str
    platform: str
    kind: str
    platform_id: str
    parent_id: str
    thread_id: str
    author_id: str
    author_handle: str
    author_name: str
    permalink: str
    published_at: datetime | None
    edited_at: datetime | None
    not_before: datetime | None
    not_after: datetime | None
    captured_at: datetime
    visibility: str
    presence: str
    language: str
    title: str
    text: str
    files: tuple[ReleasedFile, ...] = ()
    cuts: tuple[Cut, ...] = ()
    findings: tuple[Sighted, ...] = ()
    metrics: dict[str, int] = field(default_factory=dict)
    run_id: str = ""
    segment: str = ""
    segment_sha256: str = ""
    exchange_id: str = ""
    endpoint: str = ""  # the address that was read, masked
    digest: str = ""  # empty if redacted
    native: str = ""
    canonical: str = ""
    place: Place | None = None
    unproved: str = ""  # why its place is not told

    @property
    def redacted(self) -> bool:
        """Was anything taken out of it?"""
        return bool(self.cuts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """An item that is not released, as the exemption log may tell of it."""

    position: int
    kind: str
    platform: str
    account: str
    date: str  # a day, agency-local; empty if the date itself is withheld
    code: str
    citation: str
    label: str
    reason: str
    place: Place | None = None
    unproved: str = ""  # why its place is not told


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureDay:
    """The run log of one account on one agency-local day: proof that capture ran."""

    account: str
    day: str
    runs: int
    failed: int
    new_versions: int
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The exchange that items were read from. `why` it is left out; empty: `request_length` and
    `response_length` bytes from `offset` on in the staged originals are its two gzip members.
    `payload_sha256` is hex over the body as it was sent; `at` aware UTC."""

    exchange: str
    why: str = ""
    uri: str = ""
    at: datetime | None = None
    status: int = 0
    mime: str = ""
    payload_sha256: str = ""
    offset: int = 0
    request_length: int = 0
    response_length: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """What was read from the vault again while this was staged, and found to be what had been
    captured, by its SHA-256: the `exchanges` behind `items` released items, in so many WARC
    `records`, and so many media `files`. `unread` items have no exchange that is held;
    `originals` have theirs in the staging. `at`: when it was done, aware UTC."""

    at: datetime
    items: int
    exchanges: int
    records: int
    files: int
    unread: int
    originals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Production:
    """One production, staged. `zone` is the agency's; `made_at` aware UTC."""

    agency: str
    zone: ZoneInfo
    request: str  # its number
    number: int
    title: str
    query: str
    made_at: datetime
    made_by: str
    released: int
    redacted: int
    withheld: int
    staging: Path
    capture_log: tuple[CaptureDay, ...] = ()
    version: str = ""  # of Archiver
    reread: Reread | None = None  # None: the evidence was not read again

    @property
    def name(self) -> str:
        """As files and folders are named: "2026-0001-1"."""
        return f"{self.request}-{self.number}"

    def items(self) -> Iterator[Released]:
        """The released items, in their order, one at a time."""
        yield from items_in(self.staging / ITEMS)

    def kept_back(self) -> Iterator[Withheld]:
        """The withheld items, in their order."""
        yield from kept_back_in(self.staging / WITHHELD)

    def originals(self) -> dict[str, Original]:
        """What became of the exchanges of the released items, by the exchange; empty when
        nobody looked."""
        path = self.staging / ORIGINAL_LINES
        if not path.exists():
            return {}
        return {each.exchange: each for each in _lines(path, _original)}

    def file(self, released: ReleasedFile) -> Path:
        """Where the released bytes lie."""
        return self.staging / FILES / released.path


Tell = Callable[[int], None]
"""Hears how many items are done."""


class Exporter(Protocol):
    """One format."""

    name: str  # as in --formats and as its folder in the package: pdf, html, csv, ...

    def write(self, production: Production, folder: Path, tell: Tell) -> None:
        """Write the format into an empty folder.

        Raises: ExportError when it cannot be written, naming what is missing.
        """


def staged(item: Released | Withheld) -> bytes:
    """One line of the staging files."""
    if isinstance(item, Released):
        return _released.dump_json(item) + b"\n"
    return _withheld.dump_json(item) + b"\n"


def original_said(original: Original | None) -> str:
    """What is told of the exchange that an item was read from; empty: nobody looked."""
    if original is None:
        return ""
    return f"not included: {original.why}" if original.why else "included"


def items_in(path: Path) -> Iterator[Released]:
    """The released items of a staging file, one at a time."""
    yield from _lines(path, _released)


def kept_back_in(path: Path) -> Iterator[Withheld]:
    """The withheld items of a staging file, one at a time."""
    yield from _lines(path, _withheld)


def original_line(original: Original) -> bytes:
    """One line of the staged originals."""
    return _original.dump_json(original) + b"\n"


_released = TypeAdapter(Released)
_withheld = TypeAdapter(Withheld)
_original = TypeAdapter(Original)


def _lines(path: Path, adapter: TypeAdapter[_T]) -> Iterator[_T]:
    with path.open("rb") as lines:
        for line in lines:
            yield adapter.validate_json(line)
