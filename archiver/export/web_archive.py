"""The released records as a web archive: released.warc.gz and, ready for replay, released.wacz.

Of each item there is its released record (JSON, as staged) and a page for people to read; of
each file its released bytes. The page stands at the item's own address, so that whoever looks
that up in a replay program finds what was released of it. Where there is no web address, and
for files, whose address on the platform is not released, one under `production.invalid` is
made: that name can never exist (RFC 2606), so nobody is impersonated.

Originals are no part of staging, so this module has none. A caller that can show that an
exchange carried nothing but released, unredacted items may hand its records in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote, urlsplit

from archiver.errors import ExportError
from archiver.export import wacz, web_page
from archiver.export.base import Production, Released, Tell, staged
from archiver.export.cdx import Indexed
from archiver.export.wacz import Page
from archiver.warc.released import Placed, ReleasedWarc

WARC, WACZ = "released.warc.gz", "released.wacz"
_HTML = "text/html; charset=utf-8"
Originals = Callable[[Released], Iterable[bytes]]
"""The gzip members of an item's exchange, empty unless all that it carried is released whole."""
OriginalId = Callable[[Released], str]
"""The record id ("urn:uuid:...") of the answer that an item was read from; empty: not known."""


class WarcExporter:
    """WARC and WACZ of exactly what is released."""

    name = "warc"

    def __init__(
        self, *, originals: Originals | None = None, original_id: OriginalId | None = None
    ) -> None:
        self._originals = originals
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
            "description": "Released public records, rendered and converted from captured ones",
        }
        try:
            with ReleasedWarc(folder / WARC, info=info, at=production.made_at) as warc:
                writing = _Writing(production, warc, self._originals, self._original_id)
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
        originals: Originals | None,
        original_id: OriginalId | None,
    ) -> None:
        self._production = production
        self._warc = warc
        self._originals = originals
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
        if self._originals is not None and not item.redacted:
            self._copy(item, self._originals)

    def _record(self, item: Released) -> None:
        uri = f"urn:archiver:{self._production.name}:{item.bates}"
        original = self._original_id(item) if self._original_id is not None else ""
        if original:
            self._warc.conversion(
                staged(item),
                content_type="application/json",
                uri=uri,
                date=item.captured_at,
                refers_to=original,
            )
        else:
            self._warc.resource(
                staged(item), content_type="application/json", uri=uri, date=item.captured_at
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

    def _copy(self, item: Released, originals: Originals) -> None:
        if item.exchange_id in self._exchanges:
            return
        self._exchanges.add(item.exchange_id)
        for member in originals(item):
            self._warc.copy(member)

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
