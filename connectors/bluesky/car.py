"""Reads the export of a repository: a CAR file of DAG-CBOR blocks, each named by its hash.

Every block is checked against its name, so the records are what the repository's signed commit
says, or the file is refused. The signature itself is not checked here; it stays in the file.
An export that begins at a revision leaves out what is older: of the tree of names, too.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cbor2

from connectors.bluesky.shapes import Json, mapping

_LINK = 42  # the CBOR tag of a CID
_HASH = b"\x12\x20"  # sha2-256, 32 bytes
_CBOR, _RAW = 0x71, 0x55
_CID_LENGTH = 36


class DamagedError(ValueError):
    """The export is cut off, or a block is not what its name says."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of the repository; `value` None where the export leaves the record out."""

    collection: str
    key: str
    cid: str
    value: Json | None


@dataclass(frozen=True, slots=True)
class Export:
    """A repository's export. `rev` is the revision of its commit."""

    did: str
    rev: str
    root: bytes
    blocks: Mapping[bytes, bytes]

    def entries(self, *, whole: bool) -> Iterator[Entry]:
        """The records in the order of their names. `whole`: nothing may be missing.

        Raises: DamagedError when something is that may not, or the tree is none.
        """
        for path, cid in self._leaves(self.root, whole=whole):
            collection, _, key = path.partition("/")
            if whole and cid not in self.blocks:
                raise DamagedError(f"the record {path} is missing")
            value = mapping(plain(_decoded(self.blocks[cid]))) if cid in self.blocks else None
            yield Entry(collection, key, cid_text(cid), value)

    def _leaves(self, node: bytes, *, whole: bool) -> Iterator[tuple[str, bytes]]:
        if node not in self.blocks:
            if whole:
                raise DamagedError("a part of the tree is missing")
            return
        found = mapping(_decoded(self.blocks[node]))
        entries = found.get("e")
        if not isinstance(entries, list):
            raise DamagedError("a part of the tree has another form")
        if found.get("l") is not None:
            yield from self._leaves(_linked(found.get("l")), whole=whole)
        path = b""
        for each in map(mapping, entries):
            shared, rest = each.get("p"), each.get("k")
            if not isinstance(shared, int) or not isinstance(rest, bytes):
                raise DamagedError("a part of the tree has another form")
            path = path[:shared] + rest
            yield path.decode("ascii", "replace"), _linked(each.get("v"))
            if each.get("t") is not None:
                yield from self._leaves(_linked(each.get("t")), whole=whole)


def read(data: bytes) -> Export:
    """The export in these bytes.

    Raises: DamagedError.
    """
    length, start = _varint(data, 0)
    header = mapping(_decoded(data[start : start + length]))
    roots = header.get("roots")
    if header.get("version") != 1 or not isinstance(roots, list) or not roots:
        raise DamagedError("this is no CAR file of version 1")
    blocks = dict(_blocks(data, start + length))
    root = _linked(roots[0])
    if root not in blocks:
        raise DamagedError("the commit is missing")
    commit = mapping(_decoded(blocks[root]))
    did, rev = commit.get("did"), commit.get("rev")
    if not isinstance(did, str) or not isinstance(rev, str):
        raise DamagedError("the commit has another form")
    return Export(did, rev, _linked(commit.get("data")), blocks)


def cid_text(cid: bytes) -> str:
    """A CID as it is written in JSON."""
    return "b" + base64.b32encode(cid).decode("ascii").lower().rstrip("=")


def plain(value: object) -> object:
    """DAG-CBOR as the protocol's JSON writes it."""
    if isinstance(value, cbor2.CBORTag):
        return {"$link": cid_text(_linked(value))}
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode("ascii").rstrip("=")}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


def _blocks(data: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    while start < len(data):
        length, start = _varint(data, start)
        end = start + length
        cid, block = data[start : start + _CID_LENGTH], data[start + _CID_LENGTH : end]
        if end > len(data):
            raise DamagedError("it is cut off")
        if len(cid) < _CID_LENGTH or cid[:1] != b"\x01" or cid[1] not in {_CBOR, _RAW}:
            raise DamagedError("a block has a name of another kind")
        if cid[2:4] != _HASH or hashlib.sha256(block).digest() != cid[4:]:
            raise DamagedError(f"a block is not what its name {cid_text(cid)} says")
        yield cid, block
        start = end


def _varint(data: bytes, start: int) -> tuple[int, int]:
    value = shift = 0
    while start < len(data) and shift < 64:
        value |= (data[start] & 0x7F) << shift
        shift += 7
        start += 1
        if data[start - 1] < 0x80:
            return value, start
    raise DamagedError("it is cut off")


def _decoded(data: bytes) -> object:
    try:
        return cbor2.loads(data)
    except (cbor2.CBORDecodeError, RecursionError) as error:
        raise DamagedError(f"a block is no CBOR: {error}") from error


def _linked(value: object) -> bytes:
    if not isinstance(value, cbor2.CBORTag) or value.tag != _LINK:
        raise DamagedError("a link is missing")
    if not isinstance(value.value, bytes) or value.value[:1] != b"\0":
        raise DamagedError("a link has another form")
    return value.value[1:]
