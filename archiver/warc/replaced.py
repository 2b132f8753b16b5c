"""Makes the records of a rewritten segment that are not copied: which, and how they look."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import cached_property
from itertools import chain
from pathlib import Path

from archiver.clock import Clock
from archiver.errors import EvidenceError
from archiver.warc import framing, members
from archiver.warc.body import Body
from archiver.warc.conversion import Converter, Moved
from archiver.warc.reader import StoredRecord, read_record
from archiver.warc.survey import Member, stored_payload

_END = b"\r\n\r\n"
_REFERENCES = frozenset({"warc-concurrent-to", "warc-refers-to"})
_DISPOSITION = "WARC-Archiver-Disposition"
_CAPTURED = "WARC-Archiver-Captured"

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """Where the record with a revisit's payload lies, when that is in another segment."""

    record_id: str
    path: Path
    offset: int
    length: int


@dataclass(frozen=True, kw_only=True)
class NewRecord:
    """A record to be written: block = head + body. `fields` need not have its size and block
    digest. `is_other`: the block is not that of the record it stands for."""

    record_id: str
    fields: Fields
    body: Body
    head: bytes = b""
    payload_sha256: str | None = None
    is_other: bool = True
    stored: bool = False

    @cached_property
    def block_sha256(self) -> str:
        """Hex SHA-256 of the block."""
        digest = hashlib.sha256(self.head)
        for piece in self.body.pieces():
            digest.update(piece)
        return digest.hexdigest()

    def packed(self) -> Iterator[bytes]:
        """Its gzip member, in pieces."""
        given = {
            "WARC-Block-Digest": f"sha256:{self.block_sha256}",
            "Content-Length": str(len(self.head) + self.body.size),
        }
        lines = "".join(f"{key}: {value}\r\n" for key, value in _with(self.fields, given))
        header = f"WARC/1.1\r\n{lines}\r\n".encode()
        whole = chain((header, self.head), self.body.pieces(), (_END,))
        return members.member_pieces(whole, stored=self.stored)


@dataclass(kw_only=True)
class Maker:
    """Decides for each record of the source, and makes those that are new."""

    source: Path
    members: Mapping[str, Member]
    convert: Mapping[str, Converter]
    promote: Mapping[str, str | Original]
    drop: Set[str]
    spool: Path
    batch: str
    clock: Clock
    _going: Set[str] = field(init=False)
    _ready: dict[str, NewRecord | None] = field(init=False, default_factory=dict)
    _new_ids: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._going = self.drop | self.convert.keys()

    def touched(self, records: Sequence[Member]) -> Sequence[int]:
        """Which of these (by their index) do not stay byte for byte."""
        going = self._going
        named = going | self.promote.keys()
        return [
            index
            for index, each in enumerate(records)
            if each.record_id in named or (each.refers and not going.isdisjoint(each.refers))
        ]

    def made(self, member: Member, moved: Moved) -> NewRecord | None:
        """What takes the record's place; None when nothing does."""
        record_id = member.record_id
        if record_id in self.drop:
            return None
        if record_id in self.convert:
            if record_id not in self._new_ids:
                self._convert(member, moved)
            return self._ready.pop(record_id)
        record = read_record(self.source, member.offset, member.length)
        if record_id in self.promote:
            return self._promoted(record, member, moved)
        return NewRecord(
            record_id=record_id,
            fields=_with(self._mended(record.headers, moved), self._marked(record)),
            body=Body.of(record.block),
            payload_sha256=member.payload_sha256,
            is_other=False,
            stored=_is_packed(record.content_type, record.block),
        )

    def warcinfo(self, name: str, info: Mapping[str, str]) -> NewRecord:
        """The record that begins the new file."""
        text = "".join(f"{key}: {' '.join(value.split())}\r\n" for key, value in info.items())
        record_id = uuid.uuid4().urn
        fields = (
            ("WARC-Type", "warcinfo"),
            ("WARC-Record-ID", f"<{record_id}>"),
            ("WARC-Date", self._now()),
            ("WARC-Filename", name),
            ("Content-Type", "application/warc-fields"),
        )
        return NewRecord(record_id=record_id, fields=fields, body=Body.of(text.encode()))

    def _convert(self, member: Member, moved: Moved) -> None:
        """Called when something refers to the record, or when its turn has come."""
        record = read_record(self.source, member.offset, member.length)
        if member.record_id in self.promote:
            full = self._promoted(record, member, moved)
            block = b"".join((full.head, *full.body.pieces()))
            record = replace(record, kind="response", headers=tuple(full.fields), block=block)
        replacement = self.convert[member.record_id](record, moved)
        if replacement is None:
            self._new_ids[member.record_id] = ""
            self._ready[member.record_id] = None
            return
        new_id = self._new_ids[member.record_id] = uuid.uuid4().urn
        payload = replacement.block
        if record.content_type.startswith("application/http"):
            payload = framing.split_message(payload)[1]
        self._ready[member.record_id] = NewRecord(
            record_id=new_id,
            fields=self._fields_of(replacement.kind, record, new_id, moved),
            body=Body.of(replacement.block),
            payload_sha256=hashlib.sha256(payload).hexdigest(),
        )

    def _fields_of(self, kind: str, record: StoredRecord, new_id: str, moved: Moved) -> Fields:
        given: dict[str, str | None] = {
            "WARC-Type": kind,
            "WARC-Record-ID": f"<{new_id}>",
            "WARC-Date": self._now(),
            "WARC-Payload-Digest": None,
            **self._marked(record),
        }
        if kind != "conversion":
            given["WARC-Archiver-Replaces"] = f"<{record.record_id}>"
            return _with(self._mended(record.headers, moved), given)
        given["WARC-Refers-To"] = f"<{record.record_id}>"
        given[_CAPTURED] = record.header(_CAPTURED) or record.header("WARC-Date")
        # The standard has these only on what was captured.
        given |= dict.fromkeys(("WARC-Concurrent-To", "WARC-IP-Address", "WARC-Protocol"))
        return _with(record.headers, given)

    def _promoted(self, record: StoredRecord, member: Member, moved: Moved) -> NewRecord:
        original = self.promote[member.record_id]
        if isinstance(original, str):
            place = self.members[original]
            original = Original(
                record_id=original, path=self.source, offset=place.offset, length=place.length
            )
        given = {
            "WARC-Type": "response",
            "WARC-Profile": None,
            "WARC-Refers-To": None,
            "WARC-Refers-To-Target-URI": None,
            "WARC-Refers-To-Date": None,
            "WARC-Archiver-Promoted-From": f"<{original.record_id}>",
            **self._marked(record),
        }
        return NewRecord(
            record_id=record.record_id,
            fields=self._mended(_with(record.headers, given), moved),
            head=record.block,
            body=self._payload(member, original),
            payload_sha256=member.payload_sha256,
            stored=_is_packed(record.content_type, record.block),
        )

    def _payload(self, member: Member, original: Original) -> Body:
        body = Body(self.spool)
        for piece in stored_payload(original.path, original.offset, original.length):
            body.append(piece)
        if body.sha256() != member.payload_sha256:
            raise EvidenceError(
                f"the payload of {original.record_id} in {original.path} is not the one that the "
                f"revisit {member.record_id} speaks of; nothing was rewritten"
            )
        return body

    def _mended(self, fields: Fields, moved: Moved) -> Fields:
        """References to what goes are left out, those to what is converted follow it."""
        mended = []
        for key, value in fields:
            target = value.strip("<>")
            if key.lower() in _REFERENCES and target in self._going:
                new_id = self._successor(target, moved)
                if new_id:
                    mended.append((key, f"<{new_id}>"))
            else:
                mended.append((key, value))
        return mended

    def _successor(self, record_id: str, moved: Moved) -> str:
        if record_id in self.drop:
            return ""
        if record_id not in self._new_ids:
            self._convert(self.members[record_id], moved)
        return self._new_ids[record_id]

    def _marked(self, record: StoredRecord) -> dict[str, str | None]:
        before = record.header(_DISPOSITION)
        return {_DISPOSITION: f"{before}, {self.batch}" if before else self.batch}

    def _now(self) -> str:
        moment = self.clock.now().astimezone(UTC)
        return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _with(fields: Fields, given: Mapping[str, str | None]) -> Fields:
    """These fields with other values, each once; None leaves one out."""
    wanted = {key.lower(): (key, value) for key, value in given.items()}
    result = []
    for key, value in fields:
        if key.lower() not in wanted:
            result.append((key, value))
            continue
        name = key.lower()
        _, new = wanted[name]
        if new is not None:
            result.append((key, new))
        wanted[name] = (key, None)
    return result + [(key, new) for key, new in wanted.values() if new is not None]


def _is_packed(content_type: str, block: bytes) -> bool:
    if content_type.startswith("application/http"):
        content_type = framing.field(framing.split_message(block)[0], "Content-Type")
    return members.is_packed_already(content_type.split(";", 1)[0].strip().lower())
