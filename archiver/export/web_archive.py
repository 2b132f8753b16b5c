"""The released records as a web archive: released.warc.gz and, ready for replay, released.wacz.

Of each item there is its released record (JSON, as staged) and a page for people to read; of
each file its released bytes. The page stands at the item's own address, so that whoever looks
that up in a replay program finds what was released of it. Where there is no web address, and
for files, whose address on the platform is not released, one under `production.invalid` is
made: that name can never exist (RFC 2606), so nobody is impersonated.

Where an item's original exchange was staged, its two records are copied byte for byte, each
exchange once, behind the first item that was read from it; where not, the item's record says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

from archiver.errors import ExportError
from archiver.export import wacz, web_page
from archiver.export.base import (
    ORIGINALS,
    Original,
    Production,
    Released,
    Tell,
    original_said,
    staged,
)
from archiver.export.cdx import Indexed
from archiver.export.wacz import Page
from archiver.warc.released import Placed, ReleasedWarc

WARC, WACZ = "released.warc.gz", "released.wacz"
_HTML = "text/html; charset=utf-8"
_PIECE = 1 << 20
OriginalId = Callable[[Released], str]
"""The record id ("urn:uuid:...") of the answer that an item was read from; empty: not known."""


class WarcExporter:
    """WARC and WACZ of exactly what is released."""

    name = "warc"

    def __init__(self, *, original_id: OriginalId | None = None) -> None:
        self._original_id = original_id

    def write(self, production: Production, folder: Path, tell: Tell) -> None:
        """Write both files.

        Raises: ExportError when a staged file is missing or the disk refuses.
        """
        software = f"Archiver {production.version}"
        info = {
            "software": software,
            "format": "WARC File Format 1.1",
            "conformsTo": "http://iipc.github.io/warc-specifications/specifications/"
            "warc-format/warc-1.1/",
            "operator": production.agency,
            "isPartOf": f"production {production.name}",
            "description": "Released public records, rendered and converted from captured ones, "
            "and original exchanges of which everything is released",
        }
        try:
            with ReleasedWarc(folder / WARC, info=info, at=production.made_at) as warc:
                writing = _Writing(production, warc, self._original_id)
                for done, item in enumerate(production.items(), start=1):
                    writing.item(item)
                    tell(done)
            wacz.write(
                folder / WACZ,
                warc=folder / WARC,
                lines=writing.lines,
                pages=writing.pages,
                title=f"{production.title} ({production.name})",
                made_at=production.made_at,
                software=software,
            )
        except OSError as error:
            raise ExportError(
                f"the web archive of {production.name} was not written: {error}; check the "
                "staging folder and the disk, then produce again"
            ) from error


class _Writing:
    """One WARC while it is written."""

    def __init__(
        self,
        production: Production,
        warc: ReleasedWarc,
        original_id: OriginalId | None,
    ) -> None:
        self._production = production
        self._warc = warc
        self._originals = production.originals()
        self._original_id = original_id
        self._base = f"https://production.invalid/{quote(production.name, safe='')}"
        self._written: dict[str, str] = {}  # released files, each once, and their addresses
        self._exchanges: set[str] = set()
        self.lines: list[str] = []
        self.pages: list[Page] = []

    def item(self, item: Released) -> None:
        """Its files, its record, its page, and the exchange it came with."""
        addresses = {each.path: self._file(item, each.path, each.mime)
                     for each in item.files if each.path}  # fmt: skip
        self._record(item)
        address = self._address(item)
        placed = self._warc.resource(
            web_page.page(self._production, item, addresses),
            content_type=_HTML,
            uri=address,
            date=item.captured_at,
        )
        self._index(placed, item, address, "text/html")
        self.pages.append(Page(uri=address, at=item.captured_at, title=web_page.title(item)))
        original = self._originals.get(item.exchange_id)
        if original is not None and not original.why:
            self._copy(original)

    def _record(self, item: Released) -> None:
        uri = f"urn:archiver:{self._production.name}:{item.bates}"
        said = original_said(self._originals.get(item.exchange_id))
        original = self._original_id(item) if self._original_id is not None else ""
        if original:
            self._warc.conversion(
                staged(item),
                content_type="application/json",
                uri=uri,
                date=item.captured_at,
                refers_to=original,
                original=said,
            )
        else:
            self._warc.resource(
                staged(item),
                content_type="application/json",
                uri=uri,
                date=item.captured_at,
                original=said,
            )

    def _file(self, item: Released, path: str, mime: str) -> str:
        if path in self._written:
            return self._written[path]
        address = f"{self._base}/media/{quote(path)}"
        placed = self._warc.resource(
            self._production.staging / "files" / path,
            content_type=mime or "application/octet-stream",
            uri=address,
            date=item.captured_at,
        )
        self._index(placed, item, address, mime or "application/octet-stream")
        self._written[path] = address
        return address

    def _copy(self, original: Original) -> None:
        """The records of an exchange; the answer can be replayed under its own address."""
        if original.exchange in self._exchanges:
            return
        self._exchanges.add(original.exchange)
        assert original.at is not None
        self._warc.copy(self._bytes(original.offset, original.request_length))
        answer = original.offset + original.request_length
        offset = self._warc.copy(self._bytes(answer, original.response_length))
        self.lines.append(
            Indexed(
                uri=original.uri,
                at=original.at,
                mime=original.mime or "application/octet-stream",
                sha256=original.payload_sha256,
                offset=offset,
                length=original.response_length,
                filename=WARC,
                status=original.status,
            ).line()
        )

    def _bytes(self, offset: int, length: int) -> Iterator[bytes]:
        with (self._production.staging / ORIGINALS).open("rb") as file:
            file.seek(offset)
            while length and (piece := file.read(min(length, _PIECE))):
                length -= len(piece)
                yield piece
        if length:
            raise ExportError("the staged originals are cut off; produce again")

    def _address(self, item: Released) -> str:
        parts = urlsplit(item.permalink)
        if parts.scheme in ("http", "https") and parts.hostname:
            return item.permalink
        return f"{self._base}/items/{quote(item.bates)}"

    def _index(self, placed: Placed, item: Released, address: str, mime: str) -> None:
        self.lines.append(
            Indexed(
                uri=address,
                at=item.captured_at,
                mime=mime,
                sha256=placed.block_sha256,
                offset=placed.offset,
                length=placed.length,
                filename=WARC,
            ).line()
        )
