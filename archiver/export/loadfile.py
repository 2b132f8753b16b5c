"""The load file for review platforms of lawyers, complete in its own folder.

production.dat  one line a document, in Concordance's form (`archiver/export/loadfile_dat.py`)
production.opt  Opticon: which pictures belong to which document, seven comma-separated fields
                (image key, volume, path, Y at a document's first image, folder break, box break,
                pages), as vendors document it
production.xml  the same documents in the style of EDRM XML (`archiver/export/edrm.py`)
TEXT/           the exact released text of every document, UTF-8
NATIVES/        the item as JSON (`archiver/export/item_json.py`), and its media files

An item is a document under its Bates number. Its media files are its attachments, with the same
number and a suffix; one that is not released has a text that says why, in place of a slip sheet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import orjson

from archiver.export.base import Production, Released, ReleasedFile, Tell, original_said
from archiver.export.contents import contents
from archiver.export.edrm import edrm_file
from archiver.export.item_json import item_json
from archiver.export.loadfile_dat import Document, Native, attached, data_file, windows
from archiver.export.output import place, written

_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif", "image/tiff", "image/bmp"})


class LoadFileExporter:
    """DAT, OPT and XML, with texts and natives."""

    name = "loadfile"

    def write(self, production: Production, folder: Path, tell: Tell) -> None:
        """Write everything into an empty folder.

        Raises: ExportError when a released file is missing or the disk refuses.
        """
        with written(production, "the load file"):
            (folder / "TEXT").mkdir()
            (folder / "NATIVES").mkdir()
            parents = [entry.parent for entry in contents(production).entries]
            with (
                data_file(folder / "production.dat") as data,
                (folder / "production.opt").open("w", encoding="utf-8", newline="\r\n") as images,
                edrm_file(folder / "production.xml", production) as edrm,
            ):
                rows = zip(production.items(), parents, strict=True)
                originals = production.originals()
                for done, (item, parent) in enumerate(rows, 1):
                    said = original_said(originals.get(item.exchange_id))
                    for document in _documents(production, folder, item, parent, said):
                        data(document)
                        edrm.document(document, _text(folder, document))
                        if document.native.path and document.native.mime in _IMAGES:
                            path = windows(document.native.path)
                            images.write(f"{document.number},{production.name},{path},Y,,,1\n")
                    tell(done)
                for item, parent in zip(production.items(), parents, strict=True):
                    for number in range(1, len(item.files) + 1):
                        child = attached(item, number)
                        edrm.relationship("Attachment", parent=item.bates, child=child)
                    if parent:
                        edrm.relationship("Reply", parent=parent, child=item.bates)


def _documents(
    production: Production, folder: Path, item: Released, parent: str, original: str
) -> Iterator[Document]:
    """The item and its media files; writes their natives."""
    native = f"NATIVES/{item.bates}.json"
    told = item_json(item, original=original)
    content = orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n"
    (folder / native).write_bytes(content)
    yield Document(
        item=item,
        attachment=0,
        in_reply_to=parent,
        native=_native(native, "application/json", content),
        text_path=f"TEXT/{item.bates}.txt",
    )
    for number, each in enumerate(item.files, 1):
        name = attached(item, number)
        yield Document(
            item=item,
            attachment=number,
            in_reply_to="",
            native=_media(production, folder, name, each),
            text_path=f"TEXT/{name}.txt",
        )


def _media(production: Production, folder: Path, name: str, each: ReleasedFile) -> Native:
    if not each.path:
        return Native(path="", mime=each.mime, size=0, sha256="", why=each.why)
    path = f"NATIVES/{name}{PurePosixPath(each.path).suffix}"
    place(production, each, folder / path)
    return Native(path=path, mime=each.mime, size=each.size, sha256=each.sha256)


def _native(path: str, mime: str, content: bytes) -> Native:
    digest = hashlib.sha256(content).hexdigest()
    return Native(path=path, mime=mime, size=len(content), sha256=digest)


def _text(folder: Path, document: Document) -> Native:
    """Write the text of a document: of an item its title and text, of a file what is said of it."""
    item, file = document.item, document.file
    if file is None:
        text = "\n\n".join(part for part in (item.title, item.text) if part)
    else:
        text = file.alt_text if file.path else f"Not in this production: {file.why}"
    content = text.encode()
    (folder / document.text_path).write_bytes(content)
    return _native(document.text_path, "text/plain", content)
