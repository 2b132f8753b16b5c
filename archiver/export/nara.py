"""Metadata for a transfer to the National Archives, or to any archives that asks for the same.

Followed: NARA Bulletin 2015-04 (metadata that must go with permanent electronic records), NARA's
Records Express of 21 March 2016 (a CSV file with the pipe character as delimiter) and of
21 January 2025 (a finding aid lists every file of the transfer). The elements are those of the
bulletin's Appendix A as this project's notes have them: its text was not at hand; hold them
against the appendix before a first transfer.

metadata.csv     one line a record, and one a media file of a record
finding-aid.csv  one line a file of the folders json/ and media/, whatever made it

The folders json/ and media/ must be complete before: this exporter lists what lies in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from pathlib import Path

from archiver.errors import ExportError
from archiver.export import native, originals, stamps
from archiver.export.base import Production, Released, ReleasedFile, Tell
from archiver.export.cells import csv_file
from archiver.export.columns import redactions
from archiver.export.output import written
from archiver.files import sha256_of

DELIMITER = "|"
LISTED = ("json", "media")
METADATA: tuple[tuple[str, str], ...] = (
    ("File Name", "The file that holds the record, seen from the folder data/."),
    ("Record ID", "Bates number; of a media file with its place among the item's files."),
    ("Title", "Title, or how the text begins."),
    ("Description", "Kind, platform, account, version and what the archive found."),
    ("Creator", "Author as the platform showed it."),
    ("Creation Date", "When it was published, in UTC; otherwise when it was captured at latest."),
    ("Rights", "Whether it is released whole, and exemptions; use is not determined."),
    ("Coverage", "The agency whose record it is."),
    ("Relation", "What it is a part of, or what it answers, by platform id."),
)
FINDING_AID: tuple[tuple[str, str], ...] = (
    ("File Name", "Seen from the folder data/."),
    ("Size", "Bytes."),
    ("SHA-256", "Of the file as it lies here."),
    ("Format", "Media type."),
    ("Title", "What the file is."),
    ("Record ID", "First record that it belongs to; empty: it belongs to all."),
    ("Records", "How many records it belongs to."),
)
_OF_ALL = {
    f"json/{native.ITEMS}": ("application/jsonl", "All records, one JSON object a line"),
    f"json/{native.SCHEMA}": ("application/schema+json", "Schema of the records"),
    f"json/{native.STREAM}": ("application/activity+json", "All records as ActivityStreams 2.0"),
    f"media/{originals.INDEX}": ("text/csv", "Index of the media files"),
}


@dataclass(slots=True)
class _Use:
    """To which records a media file belongs."""

    record: str
    file: ReleasedFile
    count: int = 0


class NaraExporter:
    """Transfer metadata and finding aid. Runs after the exporters of `LISTED`, beside them."""

    name = "nara"
    after = LISTED

    def write(self, production: Production, folder: Path, tell: Tell) -> None:
        """Write both files into an empty folder, beside the folders json/ and media/.

        Raises: ExportError when those are not there, hold what nobody released, or the disk
        refuses.
        """
        for name in LISTED:
            if not (folder.parent / name).is_dir():
                raise ExportError(
                    f"the format nara lists every file of the folders json/ and media/, and "
                    f"production {production.name} has no {name}/; produce with the formats "
                    "json, media and nara"
                )
        with written(production, "the transfer metadata"):
            uses = _metadata(production, folder / "metadata.csv", tell)
            names = [name for name, _ in FINDING_AID]
            aid = folder / "finding-aid.csv"
            with csv_file(aid, names, delimiter=DELIMITER) as row:
                for path in _files(folder.parent):
                    row(_listed(production, path, folder.parent, uses))


def _metadata(production: Production, path: Path, tell: Tell) -> dict[str, _Use]:
    """Write the metadata; gives the media files by their path."""
    uses: dict[str, _Use] = {}
    names = [name for name, _ in METADATA]
    with csv_file(path, names, delimiter=DELIMITER) as row:
        for done, item in enumerate(production.items(), 1):
            row(astuple(_record(production, item)))
            for place, each in enumerate(item.files, 1):
                if each.path:
                    row(astuple(_media(production, item, each, place)))
                    use = uses.setdefault(f"media/{each.path}", _Use(item.bates, each))
                    use.count += 1
            tell(done)
    return uses


@dataclass(frozen=True, slots=True, kw_only=True)
class _Elements:
    """One line, in the order of `METADATA`."""

    file_name: str
    record_id: str
    title: str
    description: str
    creator: str
    creation_date: str
    rights: str
    coverage: str
    relation: str


def _record(production: Production, item: Released) -> _Elements:
    versions = f"version {item.version} of {item.versions}"
    return _Elements(
        file_name=f"json/{native.ITEMS}",
        record_id=item.bates,
        title=_title(item),
        description=(
            f"{item.kind} on {item.platform}, account {item.account_name}, {versions}, "
            f"visibility {item.visibility}, presence {item.presence}, {item.permalink}"
        ).removesuffix(", "),
        creator=_creator(item),
        creation_date=_creation(item),
        rights=_rights(redactions(item)),
        coverage=production.agency,
        relation=f"answers {item.parent_id}" if item.parent_id else "",
    )


def _media(production: Production, item: Released, each: ReleasedFile, place: int) -> _Elements:
    return _Elements(
        file_name=f"media/{each.path}",
        record_id=f"{item.bates}.{place:04}",
        title=f"{each.kind} {place} of {item.bates}",
        description=_line(each.alt_text) or f"{each.mime}, {each.size} bytes",
        creator=_creator(item),
        creation_date=_creation(item),
        rights=_rights("this file" if each.redacted else ""),
        coverage=production.agency,
        relation=f"is part of {item.bates}",
    )


def _title(item: Released) -> str:
    words = _line(item.title or item.text)
    shown = f"{words[:117]}..." if len(words) > 120 else words
    return shown or f"{item.kind} without text"


def _line(text: str) -> str:
    return " ".join(text.split())


def _creator(item: Released) -> str:
    name, handle = item.author_name, item.author_handle
    return f"{name} (@{handle})" if name and handle else name or handle or "not known"


def _creation(item: Released) -> str:
    at = stamps.utc(item.published_at)
    return at or f"not known; not later than {stamps.utc(item.captured_at)}"


def _rights(taken_out: str) -> str:
    access = f"released with redactions: {taken_out}" if taken_out else "released whole"
    return f"Access: {access}. Use: not determined."


def _files(data: Path) -> Iterator[Path]:
    for name in LISTED:
        yield from sorted(path for path in (data / name).rglob("*") if path.is_file())


def _listed(
    production: Production, path: Path, data: Path, uses: dict[str, _Use]
) -> tuple[str | int, ...]:
    name = path.relative_to(data).as_posix()
    size, digest = path.stat().st_size, sha256_of(path)
    if name in _OF_ALL:
        mime, title = _OF_ALL[name]
        return (name, size, digest, mime, title, "", production.released)
    use = uses.get(name)
    if use is None:
        raise ExportError(
            f"{name} is in the package of {production.name} but belongs to no released item; "
            "produce again into an empty folder"
        )
    title = _line(use.file.alt_text) or f"{use.file.kind} of {use.record}"
    return (name, size, digest, use.file.mime, title, use.record, use.count)
