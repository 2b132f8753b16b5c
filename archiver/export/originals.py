"""The released media files themselves, each once, and a table of who had which: media/index.csv.

A file has the name that its bytes give it (SHA-256 and the ending of its type), so the names
depend on no system and say nothing. Redacted ones are new bytes without the original's metadata.
"""

from __future__ import annotations

from pathlib import Path

from archiver.export.base import Production, Tell
from archiver.export.cells import csv_file
from archiver.export.output import place, written

INDEX = "index.csv"
COLUMNS: tuple[tuple[str, str], ...] = (
    ("bates", "Number of the item that had the file."),
    ("position", "Which of the item's files it is, from 1."),
    ("kind", "image, video, audio, avatar, ..."),
    ("path", "Where it lies in this folder; empty: not released or never captured."),
    ("mime", "Its media type."),
    ("size", "Bytes."),
    ("sha256", "SHA-256 of the bytes as they lie here."),
    ("width", "Of a picture, in pixels."),
    ("height", "Of a picture, in pixels."),
    ("alt_text", "Description by the author of the item."),
    ("redacted", "yes: something was taken out; these are new bytes."),
    ("why_missing", "Why there is no file."),
)


class MediaExporter:
    """The media files and their index."""

    name = "media"

    def write(self, production: Production, folder: Path, tell: Tell) -> None:
        """Write all released files into an empty folder.

        Raises: ExportError when a file is missing, is not what was released, or the disk refuses.
        """
        placed: set[str] = set()
        names = [name for name, _ in COLUMNS]
        with written(production, "the media"), csv_file(folder / INDEX, names) as row:
            for done, item in enumerate(production.items(), 1):
                for each in item.files:
                    if each.path and each.path not in placed:
                        place(production, each, folder / each.path)
                        placed.add(each.path)
                    row(
                        (
                            item.bates, each.position, each.kind, each.path, each.mime,
                            each.size, each.sha256, each.width or "", each.height or "",
                            each.alt_text, "yes" if each.redacted else "no", each.why,
                        )
                    )  # fmt: skip
                tell(done)
