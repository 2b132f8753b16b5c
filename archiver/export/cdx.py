"""The index of a web archive file: CDXJ lines, sorted by address and time, and the compressed
form of them that replay programs read in parts (a ZipNum of gzip blocks with its own index)."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

BLOCK = 300  # lines in a gzip block
_PORTS = {"http": 80, "https": 443}
_GZIP = 31  # as zlib calls it


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexed:
    """A record that can be replayed."""

    uri: str
    at: datetime
    mime: str
    sha256: str
    offset: int
    length: int
    filename: str
    status: int = 200

    def line(self) -> str:
        """As it stands in the index."""
        said = {
            "url": self.uri,
            "mime": self.mime,
            "digest": f"sha256:{self.sha256}",
            "length": str(self.length),
            "offset": str(self.offset),
            "filename": self.filename,
            "status": str(self.status),
        }
        return f"{key(self.uri)} {stamp(self.at)} {json.dumps(said, ensure_ascii=True)}\n"


def key(uri: str) -> str:
    """An address as indexes sort it: host backwards, lower case, "com,example)/path?query"."""
    parts = urlsplit(uri)
    if not parts.hostname:
        return uri.lower()
    host = re.sub(r"^www\d*\.", "", parts.hostname.lower())
    port = f":{parts.port}" if parts.port and parts.port != _PORTS.get(parts.scheme) else ""
    path = parts.path.lower().rstrip("/") or "/"
    query = "&".join(sorted(parts.query.lower().split("&")))
    turned = ",".join(reversed(host.split(".")))
    return f"{turned}{port}){path}{'?' if query else ''}{query}".replace(" ", "%20")


def stamp(moment: datetime) -> str:
    """A moment as indexes write it: 14 digits, UTC, to the second."""
    return f"{moment.astimezone(UTC):%Y%m%d%H%M%S}"


def packed(lines: Sequence[str], *, name: str) -> tuple[bytes, bytes]:
    """Sorted lines as gzip blocks (a file called `name`), and the index of the blocks."""
    data, index = [], ["!meta 0 " + json.dumps({"format": "cdxj-gzip-1.0", "filename": name})]
    offset = 0
    for block in _blocks(lines):
        engine = zlib.compressobj(9, zlib.DEFLATED, _GZIP)
        member = engine.compress("".join(block).encode()) + engine.flush()
        begins = block[0].partition("{")[0].strip()
        told = {
            "offset": offset,
            "length": len(member),
            "digest": f"sha256:{hashlib.sha256(member).hexdigest()}",
            "filename": name,
        }
        index.append(f"{begins} {json.dumps(told)}")
        data.append(member)
        offset += len(member)
    return b"".join(data), ("\n".join(index) + "\n").encode()


def _blocks(lines: Sequence[str]) -> list[Sequence[str]]:
    return [lines[start : start + BLOCK] for start in range(0, len(lines), BLOCK)]
