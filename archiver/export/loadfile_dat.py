"""The data file of a load file in Concordance's form, as review platforms import it.

There is no published standard; this follows what vendors' documentation of Concordance imports
agrees on: a header line, fields between U+00FE (thorn) and parted by U+0014, U+00AE for a line
break in a field, lines ended by CR LF, UTF-8 with byte order mark. A thorn in a value is doubled,
as readers of quoted fields expect; a U+00AE in a value becomes "(R)", because every reader takes
it for a line break; control characters stand as the pictures of their names. The exact text of
an item is in its TEXT file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from archiver.export.base import Released, ReleasedFile
from archiver.export.cells import plain
from archiver.export.columns import redactions

SEPARATOR, QUOTE, LINE_BREAK = "\x14", "\xfe", "\xae"

FIELDS: tuple[tuple[str, str], ...] = (
    ("BEGBATES", "Number of the document; a media file has its item's number and a suffix."),
    ("ENDBATES", "The same: every document here is one unit."),
    ("BEGATTACH", "First number of the family: the item."),
    ("ENDATTACH", "Last number of the family: its last media file, or the item."),
    ("ATTACHCOUNT", "How many media files the item has."),
    ("PARENT", "Of a media file: number of its item."),
    ("INREPLYTO", "Number of the item that this one answers, if it is in the production."),
    ("THREADID", "The platform's id of the thread."),
    ("CUSTODIAN", "Who answers for the records of the account."),
    ("DEPARTMENT", "The department the account belongs to."),
    ("ACCOUNT", "The agency's account."),
    ("PLATFORM", "Where it was published."),
    ("DOCTYPE", "post, comment, message, ...; of a media file image, video, ..."),
    ("AUTHOR", "Name and handle."),
    ("SUBJECT", "Title; of a media file its description by the author."),
    ("DATESENT", "Day of publication, MM/DD/YYYY, in UTC."),
    ("TIMESENT", "Time of publication, HH:MM:SS, in UTC."),
    ("DATEMOD", "Day of the edit by the platform's own time, in UTC."),
    ("TIMEMOD", "Time of that edit, in UTC."),
    ("DATECAPTURED", "Day on which the archive recorded it, in UTC."),
    ("TIMECAPTURED", "Time at which the archive recorded it, in UTC."),
    ("TIMEZONE", "Always UTC."),
    ("RECORD", "Number of the record in the archive."),
    ("VERSION", "Which version of the record this is."),
    ("VERSIONS", "How many versions the archive has."),
    ("VISIBILITY", "Who could see it on the platform."),
    ("PRESENCE", "What the archive last found."),
    ("LANGUAGE", "As the platform or the writer marked it."),
    ("URL", "Web address at the time of capture."),
    ("FILENAME", "Name of the native file."),
    ("FILEEXT", "Its ending."),
    ("FILESIZE", "Its bytes."),
    ("MIMETYPE", "Its media type."),
    ("SHA256", "SHA-256 of the native file."),
    ("REDACTED", "Y or N."),
    ("REDACTCODES", "Exemption codes, counted."),
    ("WHYMISSING", "Why there is no native file."),
    ("TEXTPATH", "Text file, seen from the folder of this file."),
    ("NATIVEPATH", "Native file, seen from the folder of this file."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Native:
    """A native file of the load file. `path` is seen from its folder; empty: there is none."""

    path: str
    mime: str
    size: int
    sha256: str
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One line of the load file: an item, or one of its media files."""

    item: Released
    attachment: int  # which of the item's files, counted from 1 without gaps; 0: the item itself
    in_reply_to: str
    native: Native
    text_path: str

    @property
    def file(self) -> ReleasedFile | None:
        """The media file, none for the item itself."""
        return self.item.files[self.attachment - 1] if self.attachment else None

    @property
    def number(self) -> str:
        """The item's Bates number, for a media file with its place: "SPD-000001.0002"."""
        return attached(self.item, self.attachment)

    @property
    def last(self) -> str:
        """The last number of the family."""
        return attached(self.item, len(self.item.files))

    @property
    def author(self) -> str:
        """Name and handle of the item's author."""
        name, handle = self.item.author_name, self.item.author_handle
        return f"{name} (@{handle})" if name and handle else name or handle

    @property
    def redacted(self) -> bool:
        """Was anything taken out of the item, or out of this media file?"""
        return self.item.redacted if self.file is None else self.file.redacted

    def values(self) -> dict[str, str]:
        """Its fields by name."""
        item, file, native = self.item, self.file, self.native
        name = PurePosixPath(native.path)
        return {
            "BEGBATES": self.number,
            "ENDBATES": self.number,
            "BEGATTACH": item.bates,
            "ENDATTACH": self.last,
            "ATTACHCOUNT": str(len(item.files)) if file is None else "0",
            "PARENT": "" if file is None else item.bates,
            "INREPLYTO": self.in_reply_to if file is None else "",
            "THREADID": item.thread_id,
            "CUSTODIAN": item.custodian,
            "DEPARTMENT": item.department,
            "ACCOUNT": item.account_name,
            "PLATFORM": item.platform,
            "DOCTYPE": item.kind if file is None else file.kind,
            "AUTHOR": self.author,
            "SUBJECT": item.title if file is None else file.alt_text,
            **_times("SENT", item.published_at),
            **_times("MOD", item.edited_at),
            **_times("CAPTURED", item.captured_at),
            "TIMEZONE": "UTC",
            "RECORD": str(item.record_id),
            "VERSION": str(item.version),
            "VERSIONS": str(item.versions),
            "VISIBILITY": item.visibility,
            "PRESENCE": item.presence,
            "LANGUAGE": item.language,
            "URL": item.permalink,
            "FILENAME": name.name,
            "FILEEXT": name.suffix.removeprefix("."),
            "FILESIZE": str(native.size) if native.path else "",
            "MIMETYPE": native.mime,
            "SHA256": native.sha256,
            "REDACTED": "Y" if self.redacted else "N",
            "REDACTCODES": redactions(item) if self.redacted else "",
            "WHYMISSING": native.why,
            "TEXTPATH": windows(self.text_path),
            "NATIVEPATH": windows(native.path),
        }


def attached(item: Released, place: int) -> str:
    """The number of an item's media file, the item's own for place 0."""
    return f"{item.bates}.{place:04}" if place else item.bates


def _times(name: str, at: datetime | None) -> dict[str, str]:
    there = at.astimezone(UTC) if at else None
    return {
        f"DATE{name}": f"{there:%m/%d/%Y}" if there else "",
        f"TIME{name}": f"{there:%H:%M:%S}" if there else "",
    }


def windows(path: str) -> str:
    """A path as the platforms that read load files write it."""
    return path.replace("/", "\\")


def field(value: str) -> str:
    """One field with its quotes."""
    text = plain(value).replace(LINE_BREAK, "(R)").replace(QUOTE, QUOTE * 2)
    return QUOTE + text.replace("\n", LINE_BREAK) + QUOTE


@contextmanager
def data_file(path: Path) -> Iterator[Callable[[Document], None]]:
    """A new data file with its header; gives the function that writes a line.

    Raises: OSError when the disk refuses.
    """
    names = [name for name, _ in FIELDS]
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        handle.write(SEPARATOR.join(map(field, names)) + "\r\n")

        def line(document: Document) -> None:
            values = document.values()
            handle.write(SEPARATOR.join(field(values[name]) for name in names) + "\r\n")

        yield line
