"""A load file in the style of EDRM XML 1.2, written as a stream.

The elements and attributes are those of the documentation "EDRM XML Interchange Format" (schema
1.2 of 31 October 2010) and of load files in use: Root, Batch, Documents, Document with Tags,
Files and Locations, Relationships. The schema file itself was not at hand when this was written,
so the output has not been validated against it; that is why it is called "in the style of".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from archiver.export import stamps
from archiver.export.base import Production
from archiver.export.cells import plain
from archiver.export.loadfile_dat import Document, Native


class EdrmFile:
    """Documents first, then relationships, then `close`."""

    def __init__(self, handle: IO[bytes], production: Production) -> None:
        self._xml = XMLGenerator(handle, "UTF-8", short_empty_elements=True)
        self._xml.startDocument()
        self._open(
            "Root",
            MajorVersion="1",
            MinorVersion="2",
            Description=f"{production.agency}: production {production.name}",
            Locale="US",
            DataInterchangeType="Update",
        )
        self._open("Batch")
        self._open("Documents")
        self._within = "Documents"

    def document(self, document: Document, text: Native) -> None:
        """One document with its native and text file."""
        native = document.native
        kind = "Message" if document.file is None else "File"
        mime = native.mime or "application/octet-stream"
        self._open("Document", DocID=document.number, DocType=kind, MimeType=mime)
        self._tags(document)
        with self._element("Files"):
            if native.path:
                self._file("Native", native)
            self._file("Text", text)
        with self._element("Locations"), self._element("Location"):
            for name, value in (
                ("Custodian", document.item.custodian),
                ("LocationURI", document.item.permalink),
            ):
                with self._element(name):
                    self._xml.characters(plain(value))
        self._xml.endElement("Document")
        self._line()

    def relationship(self, kind: str, *, parent: str, child: str) -> None:
        """`kind` is "Attachment" or "Reply"; numbers of documents."""
        if self._within == "Documents":
            self._xml.endElement("Documents")
            self._open("Relationships")
            self._within = "Relationships"
        with self._element("Relationship", Type=kind, ParentDocId=parent, ChildDocId=child):
            pass
        self._line()

    def close(self) -> None:
        """Write the end."""
        for name in (self._within, "Batch", "Root"):
            self._xml.endElement(name)
        self._xml.endDocument()

    def _tags(self, document: Document) -> None:
        item, values = document.item, document.values()
        dates = {
            "#DateSent": stamps.utc(item.published_at),
            "#DateModified": stamps.utc(item.edited_at),
        }
        texts = {
            "#From": document.author,
            "#Subject": values["SUBJECT"],
            "#FileName": values["FILENAME"],
            "#FileExtension": values["FILEEXT"],
            "#FileSize": values["FILESIZE"],
        }
        own = (
            "ACCOUNT", "PLATFORM", "DOCTYPE", "THREADID", "INREPLYTO", "RECORD", "VERSION",
            "VERSIONS", "VISIBILITY", "PRESENCE", "LANGUAGE", "URL", "REDACTED", "REDACTCODES",
            "WHYMISSING",
        )  # fmt: skip
        with self._element("Tags"):
            for name, value in (texts | {name: values[name] for name in own}).items():
                self._tag(name, "LongInteger" if name == "#FileSize" else "Text", value)
            for name, value in dates.items():
                self._tag(name, "DateTime", value)
            self._tag("DateCaptured", "DateTime", stamps.utc(item.captured_at))

    def _tag(self, name: str, kind: str, value: str) -> None:
        if value:
            with self._element("Tag", TagName=name, TagDataType=kind, TagValue=value):
                pass

    def _file(self, kind: str, native: Native) -> None:
        path = PurePosixPath(native.path)
        with (
            self._element("File", FileType=kind),
            self._element(
                "ExternalFile",
                FilePath=str(path.parent),
                FileName=path.name,
                FileSize=str(native.size),
                Hash=native.sha256,
                HashType="SHA-256",
            ),
        ):
            pass

    @contextmanager
    def _element(self, name: str, **attributes: str) -> Iterator[None]:
        self._open(name, **attributes)
        yield
        self._xml.endElement(name)

    def _open(self, name: str, **attributes: str) -> None:
        told = {key: plain(value) for key, value in attributes.items()}
        self._xml.startElement(name, AttributesImpl(told))

    def _line(self) -> None:
        self._xml.ignorableWhitespace("\n")


@contextmanager
def edrm_file(path: Path, production: Production) -> Iterator[EdrmFile]:
    """A new file.

    Raises: OSError when the disk refuses.
    """
    with path.open("wb") as handle:
        made = EdrmFile(handle, production)
        yield made
        made.close()
