"""The production as web pages that open offline: a cover, pages of about a hundred items, one
style sheet, the released files. No script, and a policy that lets nothing in from outside.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

from archiver.errors import ExportError
from archiver.export import cover
from archiver.export.base import Production, Released, ReleasedFile, Tell
from archiver.export.contents import Contents, Entry, contents, parts, read
from archiver.export.layout import Source, months

AT_MOST = 100  # items on a page
_THREADS = 500  # lines on a page of the table of contents
_SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


@dataclass(frozen=True, slots=True)
class _Page:
    """One page of items, for the table on the cover."""

    name: str
    first: str
    last: str
    count: int


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the table of contents."""

    title: str
    month: str
    bates: str
    link: str
    count: int


class HtmlExporter:
    """Pages that open offline.

    `media_prefix` is where the files lie, seen from the pages, under their paths of the
    staging ("../media/"); without it they are copied into a folder of the pages' own.
    """

    name = "html"

    def __init__(self, *, media_prefix: str = "", at_most: int = AT_MOST) -> None:
        self._prefix = media_prefix
        self._at_most = at_most
        self._templates = cover.templates()

    def write(self, production: Production, folder: Path, tell: Tell) -> None:
        """Write all pages into an empty folder.

        Raises: ExportError when the staging lacks a file or the disk refuses.
        """
        try:
            self._write(production, folder, tell)
        except OSError as error:
            raise ExportError(
                f"the web pages of {production.name} were not written: {error}; "
                "check the staging folder and the disk, then produce again"
            ) from error

    def _write(self, production: Production, folder: Path, tell: Tell) -> None:
        known = contents(production)
        cut = list(parts(known.entries, self._at_most))
        names = [f"items-{number:05}.html" for number in range(1, len(cut) + 1)]
        homes = {
            entry.bates: name for name, of_page in zip(names, cut, strict=True) for entry in of_page
        }
        style = files("archiver.export").joinpath("templates", "html.css").read_bytes()
        (folder / "style.css").write_bytes(style)
        done = 0
        for number, of_page in enumerate(cut):
            self._items(production, folder, of_page, names, number, homes)
            done += len(of_page)
            tell(done)
        lists = self._contents(production, folder, known, homes)
        self._index(production, folder, known, lists, list(zip(names, cut, strict=True)))

    def _items(
        self,
        production: Production,
        folder: Path,
        entries: Sequence[Entry],
        names: Sequence[str],
        number: int,
        homes: Mapping[str, str],
    ) -> None:
        sources = _Files(production, folder, self._prefix)
        here = names[number]

        def link(bates: str) -> str:
            home = homes[bates]
            return f"{'' if home == here else home}#{bates}"

        items = read(production, entries)
        page = self._templates.get_template("part.html.j2").generate(
            production=production,
            months=months(production, items, sources.source),
            link=link,
            first=entries[0].bates,
            last=entries[-1].bates,
            number=number + 1,
            count=len(names),
            before=names[number - 1] if number else "",
            after=names[number + 1] if number + 1 < len(names) else "",
        )
        _save(folder / here, page)

    def _contents(
        self, production: Production, folder: Path, known: Contents, homes: Mapping[str, str]
    ) -> list[str]:
        lines = list(_lines(known.entries, homes))
        starts = range(0, len(lines), _THREADS)
        names = [f"contents-{number:04}.html" for number in range(1, len(starts) + 1)]
        template = self._templates.get_template("contents.html.j2")
        for number, start in enumerate(starts):
            page = template.generate(
                production=production,
                lines=lines[start : start + _THREADS],
                number=number + 1,
                count=len(names),
                before=names[number - 1] if number else "",
                after=names[number + 1] if number + 1 < len(names) else "",
            )
            _save(folder / names[number], page)
        return names

    def _index(
        self,
        production: Production,
        folder: Path,
        known: Contents,
        lists: Sequence[str],
        cut: Sequence[tuple[str, Sequence[Entry]]],
    ) -> None:
        counted = Counter(entry.month for entry in known.entries)
        homes: dict[str, str] = {}
        for name, of_page in cut:
            for entry in of_page:
                homes.setdefault(entry.month, f"{name}#{entry.bates}")
        page = self._templates.get_template("index.html.j2").generate(
            production=production,
            facts=cover.facts(production, known),
            kept=cover.kept_back(production, known),
            months=[(name, counted[name], homes[name]) for name in homes],
            lists=lists,
            pages=[
                _Page(name, of_page[0].bates, of_page[-1].bates, len(of_page))
                for name, of_page in cut
            ],
        )
        _save(folder / "index.html", page)


@dataclass(frozen=True, slots=True)
class _Files:
    """Where pages find the files; copies each once if nobody else does."""

    production: Production
    folder: Path
    prefix: str

    def source(self, item: Released, file: ReleasedFile) -> Source:
        """The file of an item as its page refers to it."""
        if not self.prefix:
            self._copy(item, file)
        link = quote(f"{self.prefix or 'media/'}{file.path}", safe="/.")
        picture = link if file.mime in _SHOWN else ""
        return Source(picture, link, Path(file.path).name)

    def _copy(self, item: Released, file: ReleasedFile) -> None:
        place = self.folder / "media" / file.path
        if place.exists():
            return
        original = self.production.file(file)
        if not original.is_file():
            raise ExportError(
                f"the released file {file.path} of {item.bates} is not in the staging folder; "
                "stage the production again"
            )
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(original, place)


def _lines(entries: Sequence[Entry], homes: Mapping[str, str]) -> Iterator[_Line]:
    line: _Line | None = None
    for entry in entries:
        if entry.opens or line is None:
            if line is not None:
                yield line
            link = f"{homes[entry.bates]}#{entry.bates}"
            line = _Line(entry.title, entry.month, entry.bates, link, 0)
        line = replace(line, count=line.count + 1)
    if line is not None:
        yield line


def _save(path: Path, page: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as handle:
        handle.writelines(page)
