"""A simulated repository of the AT Protocol: records, revisions, hashes, and its export.

Hashes are real CIDs of real DAG-CBOR, the tree of names is a Merkle search tree as the protocol
has it, so whoever checks an export finds it sound. The commit is not signed by a real key.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import cbor2

_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Json = dict[str, object]


def tid(moment: datetime, number: int) -> str:
    """A timestamp identifier; `number` (0 to 1023) tells those of one moment apart."""
    value = int((moment - _EPOCH).total_seconds() * 1_000_000) << 10 | number
    return "".join(_DIGITS[value >> shift & 31] for shift in range(60, -1, -5))


def cid_of(data: bytes, codec: int = 0x71) -> bytes:
    """The CID of a block, or with codec 0x55 of a file."""
    return bytes((1, codec, 0x12, 0x20)) + hashlib.sha256(data).digest()


def cid_text(cid: bytes) -> str:
    """A CID as it is written in JSON."""
    return "b" + base64.b32encode(cid).decode().lower().rstrip("=")


def encoded(value: object) -> bytes:
    """DAG-CBOR of the protocol's JSON."""
    return cbor2.dumps(_bound(value), canonical=True)


def _bound(value: object) -> object:
    if isinstance(value, dict):
        if set(value) == {"$link"}:
            text = str(value["$link"])[1:].upper()
            return _link(base64.b32decode(text + "=" * (-len(text) % 8)))
        return {name: _bound(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_bound(each) for each in value]
    return value


def _link(cid: bytes) -> cbor2.CBORTag:
    return cbor2.CBORTag(42, b"\0" + cid)


class Repo:
    """The records of one account, by `collection/key`."""

    def __init__(self, did: str) -> None:
        self.did = did
        self.records: dict[str, Json] = {}
        self.rev = ""
        self.head = b""
        self._revs: dict[bytes, str] = {}  # of each block: the revision that brought it
        self._blocks: dict[bytes, bytes] = {}

    def cid(self, path: str) -> str:
        """The hash of a record."""
        return cid_text(cid_of(encoded(self.records[path])))

    def keys(self, collection: str) -> list[str]:
        """The keys of a collection, newest first."""
        start = f"{collection}/"
        return sorted((p[len(start) :] for p in self.records if p.startswith(start)), reverse=True)

    def commit(self, rev: str) -> None:
        """Make the present records the state of a new revision."""
        blocks: dict[bytes, bytes] = {}
        leaves = [(path, self._put(blocks, value)) for path, value in sorted(self.records.items())]
        levels = [_level(path) for path, _ in leaves]
        data = self._node(blocks, leaves, max(levels, default=0))
        body = {"did": self.did, "version": 3, "rev": rev, "prev": None, "data": _link(data)}
        self.head = self._put(blocks, {**body, "sig": b"\0" * 64})
        self.rev = rev
        self._revs = {cid: self._revs.get(cid, rev) for cid in blocks}
        self._blocks = blocks

    def export(self, since: str = "") -> bytes:
        """The CAR file, of all blocks or of those after a revision."""
        header = cbor2.dumps({"version": 1, "roots": [_link(self.head)]}, canonical=True)
        parts = [_varint(len(header)) + header]
        for cid, block in self._blocks.items():
            if self._revs[cid] > since:
                parts.append(_varint(len(cid) + len(block)) + cid + block)
        return b"".join(parts)

    def _put(self, blocks: dict[bytes, bytes], value: Mapping[str, object]) -> bytes:
        data = encoded(dict(value))
        cid = cid_of(data)
        blocks[cid] = data
        return cid

    def _node(
        self, blocks: dict[bytes, bytes], leaves: Sequence[tuple[str, bytes]], level: int
    ) -> bytes:
        entries: list[dict[str, object]] = []
        first: cbor2.CBORTag | None = None
        below: list[tuple[str, bytes]] = []
        previous = b""

        def subtree() -> cbor2.CBORTag | None:
            return _link(self._node(blocks, below, level - 1)) if below else None

        for path, cid in leaves:
            if _level(path) < level:
                below.append((path, cid))
                continue
            if entries:
                entries[-1]["t"] = subtree()
            else:
                first = subtree()
            below = []
            name = path.encode()
            shared = _shared(previous, name)
            entries.append({"p": shared, "k": name[shared:], "v": _link(cid), "t": None})
            previous = name
        if entries:
            entries[-1]["t"] = subtree()
        else:
            first = subtree()
        return self._put(blocks, {"l": first, "e": entries})


def _level(path: str) -> int:
    """How many pairs of zero bits the name's hash begins with."""
    bits = int.from_bytes(hashlib.sha256(path.encode()).digest(), "big")
    return (256 - bits.bit_length()) // 2


def _shared(one: bytes, other: bytes) -> int:
    pairs = zip(one, other, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))
