"""Draws one volume of the PDF: PDF/A-3a, tagged, with its pictures, in a bounded memory.

It is run in a process of its own: WeasyPrint keeps the layout of a whole document in memory,
and only the end of a process gives all of it back.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from archiver.errors import ExportError
from archiver.export import cover
from archiver.export.base import Production, Released, ReleasedFile
from archiver.export.contents import Entry, read
from archiver.export.layout import Row, Source, months
from archiver.export.print_pictures import shrink
from archiver.files import write_durably

_SCHEME = "picture:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A stretch of the production that becomes one PDF. `facts` is the cover's, in the first;
    `kept` the exemptions, in the last."""

    number: int
    of: int
    name: str  # of the file
    entries: Sequence[Entry] = field(repr=False)
    facts: tuple[Row, ...] = ()
    kept: cover.KeptBack | None = None


def write_volume(production: Production, folder: Path, volume: Volume) -> int:
    """Write the volume's file in one step and return its number of items. One that is there
    already was finished, by a run that was killed later, and stays.

    Raises: ExportError when WeasyPrint or its system libraries, or a released file, is missing.
    """
    target = folder / volume.name
    if not target.exists():
        write_durably(target, drawn(production, volume), mode=0o640)
    return len(volume.entries)


def drawn(production: Production, volume: Volume) -> bytes:
    """The volume as PDF/A-3a.

    Raises: ExportError when WeasyPrint or its system libraries, or a released file, is missing.
    """
    try:
        import weasyprint  # type: ignore[import-untyped] # noqa: PLC0415
        from weasyprint.urls import (  # type: ignore[import-untyped] # noqa: PLC0415
            URLFetcher,
            URLFetcherResponse,
        )
    except (ImportError, OSError) as error:
        raise ExportError(
            "the PDF needs WeasyPrint and Debian's libpango-1.0-0, libpangoft2-1.0-0 and "
            f"libharfbuzz-subset0 ({error}); install them or leave the format pdf out"
        ) from error
    style = files("archiver.export").joinpath("templates", "pdf.css").read_text("utf-8")
    with _pictures(production) as pictures:
        page = _page(production, volume, pictures)
        document = weasyprint.HTML(
            string=page,
            url_fetcher=_reader_of(pictures.folder, URLFetcher, URLFetcherResponse),
        )
        made: bytes = document.write_pdf(
            stylesheets=[weasyprint.CSS(string=style)],
            pdf_variant="pdf/a-3a",
            optimize_images=False,
            cache=pictures.folder / "cache",
        )
    return made


def _page(production: Production, volume: Volume, pictures: _Pictures) -> str:
    made_at = production.made_at.astimezone(UTC).isoformat(timespec="seconds")
    entries = volume.entries
    span = f"{entries[0].bates} to {entries[-1].bates}" if entries else "no items"
    return (
        cover.templates()
        .get_template("volume.html.j2")
        .render(
            production=production,
            volume=volume,
            span=span,
            made_at=made_at,
            months=months(production, read(production, entries), pictures.source),
            link=None,
        )
    )


@dataclass(frozen=True, slots=True)
class _Pictures:
    """Small copies of the pictures, in a folder that goes with the volume."""

    production: Production
    folder: Path
    notes: dict[str, str] = field(default_factory=dict)

    def source(self, item: Released, file: ReleasedFile) -> Source:
        """The small picture of a file, made once."""
        small = f"{file.sha256 or quote(file.path, safe='')}.jpg"
        if small not in self.notes:
            try:
                self.notes[small] = shrink(
                    self.production.file(file), self.folder / small, mime=file.mime
                )
            except OSError as error:
                raise ExportError(
                    f"the released file {file.path} of {item.bates} cannot be read: {error}; "
                    "stage the production again"
                ) from error
        note = self.notes[small]
        return Source("" if note else f"{_SCHEME}{small}", "", Path(file.path).name, note)


@contextmanager
def _pictures(production: Production) -> Iterator[_Pictures]:
    # Beside the staging: what a killed process leaves goes with the production's work folder.
    beside = production.staging.parent
    with tempfile.TemporaryDirectory(prefix="archiver-pdf-", dir=beside) as folder:
        (Path(folder) / "cache").mkdir()
        yield _Pictures(production, Path(folder))


def _reader_of(folder: Path, fetcher: type[Any], response: type[Any]) -> Any:
    """A fetcher of WeasyPrint's that reads the small pictures and, whatever a text says,
    nothing else. Their addresses are the same in every run, and so are the names that
    WeasyPrint makes of them."""

    class Pictures(fetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002
            name = url.removeprefix(_SCHEME)
            if name == url or "/" in name:
                raise ValueError(f"{url} is not a picture of this volume")
            return response(url, (folder / name).read_bytes(), {"Content-Type": "image/jpeg"})

    return Pictures()
