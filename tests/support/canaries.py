"""Secrets that sing: values planted as credentials, and a search for every spelling of them.

The spellings are made here, apart from the product's own masking, by the encoders that
platforms and libraries use. A canary is known by its name, so that a hit says whose it is.
"""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

from warcio.archiveiterator import ArchiveIterator  # type: ignore[import-untyped]

_PLAIN_RUN = re.compile(r"[A-Za-z0-9]+")
_ONE_TO_FIND = 12  # characters that a plain piece needs, to be looked for by itself


@dataclass(frozen=True, slots=True)
class Hit:
    """A canary that was found: in which spelling, and where."""

    canary: str
    spelling: str
    where: str


def spellings(secret: str) -> dict[str, bytes]:
    """Every way in which an encoder may write the secret, by the encoder's name."""
    raw = secret.encode()
    percent = quote(secret, safe="")
    escaped = json.dumps(secret)[1:-1]
    found = {
        "raw": raw,
        "percent": percent.encode(),
        "percent, lower case": re.sub("%..", lambda m: m[0].lower(), percent).encode(),
        "percent, slashes kept": quote(secret).encode(),
        "percent, form": quote_plus(secret).encode(),
        "percent twice": quote(percent, safe="").encode(),
        "json": escaped.encode(),
        "json, utf-8": json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
        "json, slashes": escaped.replace("/", "\\/").encode(),
        "json twice": json.dumps(escaped)[1:-1].encode(),
        "json, form": json.dumps(quote_plus(secret))[1:-1].encode(),
        "repr": repr(secret)[1:-1].encode(),
        "html": html.escape(secret).encode(),
        "html, no quotes": html.escape(secret, quote=False).encode(),
    }
    if all(ord(character) < 256 for character in secret):
        found["latin-1"] = secret.encode("latin-1")
    for before in range(3):
        for name, encode in (
            ("base64", base64.standard_b64encode),
            ("base64url", base64.urlsafe_b64encode),
        ):
            # Without the characters that also hold bits of the neighbours.
            core = encode(b"\0" * before + raw)[
                -(-8 * before // 6) : (8 * (before + len(raw))) // 6
            ]
            found[f"{name} after {before}"] = core
    plain = max(_PLAIN_RUN.findall(secret), key=len, default="")
    if len(plain) >= _ONE_TO_FIND:
        found["its longest plain piece"] = plain.encode()
        found["its longest plain piece, as indexed"] = plain.lower().encode()
    return found


class Search:
    """Looks for canaries, given by name."""

    def __init__(self, canaries: Mapping[str, str]) -> None:
        self._needles = [
            (name, spelling, needle)
            for name, secret in canaries.items()
            for spelling, needle in spellings(secret).items()
        ]

    def data(self, data: bytes, where: str) -> list[Hit]:
        """The canaries in some bytes."""
        return [
            Hit(name, spelling, where) for name, spelling, needle in self._needles if needle in data
        ]

    def home(self, home: Path) -> list[Hit]:
        """The canaries in everything below a home folder but its credentials."""
        found: list[Hit] = []
        for path in sorted(home.rglob("*")):
            if path.is_file() and (home / "credentials") not in path.parents:
                where = str(path.relative_to(home))
                found += self.data(path.name.encode(), f"the name of {where}")
                for form, data in _forms(path):
                    found += self.data(data, f"{where} ({form})")
        return found


def _forms(path: Path) -> Iterator[tuple[str, bytes]]:
    """A file's bytes, and what is inside them."""
    data = path.read_bytes()
    yield "as it is", data
    if data.startswith(b"\x1f\x8b"):
        yield "unpacked", gzip.decompress(data)
        for record in ArchiveIterator(io.BytesIO(data)):
            yield f"{record.rec_type} record, decoded", record.content_stream().read()
    if data.startswith(b"SQLite format 3"):
        yield from _cells(path)


def _cells(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every column of every row of every table."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        for (raw_name,) in tables.fetchall():
            name = raw_name.decode()
            rows = connection.execute(f'SELECT * FROM "{name}"')
            columns = [column[0] for column in rows.description]
            for row in rows:
                for column, value in zip(columns, row, strict=True):
                    if value is not None:
                        cell = value if isinstance(value, bytes) else str(value).encode()
                        yield f"{name}.{column}", cell
