"""Packs a WARC with its index and its list of pages into one WACZ file (version 1.1.1 of the
format), which replay programs open directly and read in parts.

So the WARC and the compressed index stand in the ZIP as they are ("stored"): a reader jumps to
an offset in them. Each page carries the very second of its record, or it is not found again.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from archiver.export import cdx

VERSION = "1.1.1"
_PIECE = 1 << 20
_STORED = (".gz",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page that a reader may begin with. `at` is that of its record, aware UTC."""

    uri: str
    at: datetime
    title: str


def write(
    path: Path,
    *,
    warc: Path,
    lines: list[str],
    pages: Iterable[Page],
    title: str,
    made_at: datetime,
    software: str,
) -> None:
    """Write the WACZ of one WARC; `lines` is its index, sorted here.

    Raises: OSError when a file cannot be read or written.
    """
    lines.sort()
    blocks, index = cdx.packed(lines, name="index.cdx.gz")
    with zipfile.ZipFile(path, "w", allowZip64=True) as file:
        box = _Box(file, made_at)
        box.put(f"archive/{warc.name}", warc)
        box.put("indexes/index.cdx.gz", blocks)
        box.put("indexes/index.idx", index)
        box.put("pages/pages.jsonl", _pages(pages))
        description = _json(
            {
                "profile": "data-package",
                "wacz_version": VERSION,
                "title": title,
                "software": software,
                "created": _iso(made_at),
                "resources": box.resources,
            }
        )
        box.put("datapackage.json", description)
        digest = f"sha256:{hashlib.sha256(description).hexdigest()}"
        box.put("datapackage-digest.json", _json({"path": "datapackage.json", "hash": digest}))


class _Box:
    """A ZIP that remembers what went into it, with hashes."""

    def __init__(self, file: zipfile.ZipFile, made_at: datetime) -> None:
        self._file = file
        self._date = made_at.astimezone(UTC).timetuple()[:6]
        self.resources: list[dict[str, object]] = []

    def put(self, name: str, content: bytes | Path) -> None:
        info = zipfile.ZipInfo(name, self._date)
        stored = name.endswith(_STORED)
        info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
        info.external_attr = 0o640 << 16
        digest, size = hashlib.sha256(), 0
        with self._file.open(info, "w", force_zip64=isinstance(content, Path)) as out:
            for piece in _pieces(content):
                out.write(piece)
                digest.update(piece)
                size += len(piece)
        self.resources.append(
            {
                "name": name.rpartition("/")[2],
                "path": name,
                "hash": f"sha256:{digest.hexdigest()}",
                "bytes": size,
            }
        )


def _pieces(content: bytes | Path) -> Iterable[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


def _pages(pages: Iterable[Page]) -> bytes:
    lines = [{"format": "json-pages-1.0", "id": "pages", "title": "Released items"}]
    for each in pages:
        number = hashlib.sha256(f"{each.uri} {_iso(each.at)}".encode()).hexdigest()[:16]
        lines.append({"id": number, "url": each.uri, "ts": _iso(each.at), "title": each.title})
    return b"".join(json.dumps(each).encode() + b"\n" for each in lines)


def _json(value: object) -> bytes:
    return json.dumps(value, indent=2).encode() + b"\n"


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
