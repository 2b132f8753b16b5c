"""The formats of a production by name, and the process in which one is written.

Exporters are imported when they are used: each brings libraries that the others do not need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from archiver.export.base import Exporter, Production
from archiver.export.pool_worker import end_with_parent

FORMATS = ("json", "log", "media", "table", "loadfile", "nara", "warc", "html", "pdf")
"""All formats, in the order in which they are begun: the long ones last."""
LATER = {"nara": ("json", "media")}
"""Formats that are written beside others, when those are there: by name, which ones."""

_counters: list[Counters] = []


class Counters(Protocol):
    """Shared between processes: how many items each of `FORMATS` is through."""

    def __setitem__(self, place: int, done: int, /) -> None: ...


def exporter(name: str, answers: Mapping[str, str]) -> Exporter:
    """The exporter of a format; `answers` has WARC record ids by exchange.

    Raises: KeyError when there is no such format.
    """
    return _MAKERS[name](answers)


def write(name: str, production: Production, folder: Path, answers: Mapping[str, str]) -> str:
    """Write one format into an empty folder, in a process that `counting` has prepared.

    Raises: ExportError when it cannot be written.
    """
    place = FORMATS.index(name)

    def tell(done: int) -> None:
        for each in _counters:
            each[place] = done

    exporter(name, answers).write(production, folder, tell)
    return name


def counting(counters: Counters) -> None:
    """Prepare a process: its progress is told through `counters`, and it ends with its parent."""
    end_with_parent()
    _counters[:] = [counters]


def _pdf(_answers: Mapping[str, str]) -> Exporter:
    from archiver.export.pdf import PdfExporter  # noqa: PLC0415

    return PdfExporter()


def _html(_answers: Mapping[str, str]) -> Exporter:
    from archiver.export.html import HtmlExporter  # noqa: PLC0415

    return HtmlExporter()


def _table(_answers: Mapping[str, str]) -> Exporter:
    from archiver.export.table import TableExporter  # noqa: PLC0415

    return TableExporter()


def _json(_answers: Mapping[str, str]) -> Exporter:
    from archiver.export.native import JsonExporter  # noqa: PLC0415

    return JsonExporter()


def _media(_answers: Mapping[str, str]) -> Exporter:
    from archiver.export.originals import MediaExporter  # noqa: PLC0415

    return MediaExporter()


def _loadfile(_answers: Mapping[str, str]) -> Exporter:
    from archiver.export.loadfile import LoadFileExporter  # noqa: PLC0415

    return LoadFileExporter()


def _nara(_answers: Mapping[str, str]) -> Exporter:
    from archiver.export.nara import NaraExporter  # noqa: PLC0415

    return NaraExporter()


def _log(_answers: Mapping[str, str]) -> Exporter:
    from archiver.export.log import LogExporter  # noqa: PLC0415

    return LogExporter()


def _warc(answers: Mapping[str, str]) -> Exporter:
    from archiver.export.web_archive import WarcExporter  # noqa: PLC0415

    return WarcExporter(original_id=lambda item: answers.get(item.exchange_id, ""))


_MAKERS: Mapping[str, Callable[[Mapping[str, str]], Exporter]] = {
    "pdf": _pdf,
    "html": _html,
    "table": _table,
    "json": _json,
    "media": _media,
    "loadfile": _loadfile,
    "nara": _nara,
    "log": _log,
    "warc": _warc,
}
