"""Writes the media of a released item into the staging folder, redacted where it is marked.

A file that is released as it is keeps its bytes and so its hash. Every file of an item that
has a redacted region, and every picture of an item whose author is redacted, is made new
from its pixels. Names are made of the Bates number, the position and an extension.
"""

from __future__ import annotations

import hashlib
import mimetypes
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import ExifTags, Image

from archiver.desk.held_media import HeldMedia
from archiver.desk.leak_check import LeakCheck, Protected, Repeat
from archiver.desk.leak_media import TakenFiles
from archiver.desk.leak_readings import normal
from archiver.desk.staging_plan import Planned
from archiver.errors import RefusedError
from archiver.export.base import ReleasedFile
from archiver.export.redaction_picture import Picture, PictureError, Region, redacted
from archiver.export.redaction_text import mark
from archiver.model.queries.review import HeldMedium
from archiver.values import Mark

_PICTURE = "image/"
_MEASURED = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
_ON_ITS_SIDE = range(5, 9)  # orientations of EXIF that swap width and height
Telling = Callable[[Repeat], None]


class StagedFiles:
    """The files of one staging, below `folder`."""

    def __init__(
        self,
        folder: Path,
        media: HeldMedia,
        leaks: LeakCheck,
        tell: Telling,
        *,
        taken: TakenFiles,
    ) -> None:
        self._folder = folder
        self._media = media
        self._leaks = leaks
        self._tell = tell
        self._taken = taken

    def write(
        self, planned: Planned, bates: str, media: Sequence[HeldMedium]
    ) -> tuple[ReleasedFile, ...]:
        """Write what of these media is released.

        Raises: RefusedError when a file cannot be redacted as it is marked; EvidenceError
            when the vault does not give what was captured; StoreError.
        """
        for each in media:
            for shown in self._taken.shown(planned, each):
                if normal(shown.text) not in self._leaks.accepted:
                    self._told(planned, f"file {each.position + 1}", shown)
        return tuple(self._one(planned, bates, each) for each in media)

    def _told(self, planned: Planned, field: str, found: Protected) -> None:
        self._tell(Repeat(position=planned.position, field=field, protected=found))

    def _one(self, planned: Planned, bates: str, medium: HeldMedium) -> ReleasedFile:
        marks = [
            each
            for each in planned.marks
            if each.what in ("region", "media") and each.media == medium.position
        ]
        whole = next((each for each in marks if each.what == "media"), None)
        if whole is not None:
            return _kept_back(medium, f"withheld: {whole.code}", alt_text=mark(whole.code))
        if not medium.segment:
            missing = _kept_back(medium, f"not captured: {medium.status}", alt_text="")
            if marks:
                return _kept_back(medium, missing.why, alt_text=mark(marks[0].code))
            return _kept_back(medium, missing.why, alt_text=medium.alt_text)
        hides_author = any(each.what == "author" for each in planned.marks)
        if marks or (hides_author and medium.mime.startswith(_PICTURE)):
            return self._redacted(planned, bates, medium, marks)
        return self._as_it_is(planned, bates, medium)

    def _redacted(
        self, planned: Planned, bates: str, medium: HeldMedium, marks: Sequence[Mark]
    ) -> ReleasedFile:
        try:
            picture = redacted(self._media.whole(medium), [_region(each) for each in marks])
        except PictureError as error:
            raise RefusedError(
                f"item {planned.position}: file {medium.position + 1} cannot be redacted "
                f"({error}); withhold the whole file"
            ) from error
        name = _name(bates, medium, picture.suffix)
        (self._folder / name).write_bytes(picture.data)
        return _released(
            medium,
            path=name,
            picture=picture,
            alt_text=mark(marks[0].code) if marks else medium.alt_text,
        )

    def _as_it_is(self, planned: Planned, bates: str, medium: HeldMedium) -> ReleasedFile:
        name = _name(bates, medium, _suffix(medium.mime))
        path = self._folder / name
        found: dict[int, Protected] = {}
        with path.open("wb") as out:
            for piece, hits in self._leaks.in_file(self._media.pieces(medium)):
                out.write(piece)
                found.update((id(each), each) for each in hits)
        for each in found.values():
            self._told(planned, f"the bytes of file {medium.position + 1}", each)
        width, height = _measured(path, medium)
        return ReleasedFile(
            position=medium.position + 1,
            kind=medium.kind,
            path=name,
            mime=medium.mime,
            size=medium.size,
            sha256=medium.sha256,
            alt_text=medium.alt_text,
            redacted=False,
            width=width,
            height=height,
        )


def _region(marked: Mark) -> Region:
    return Region(
        x=marked.x,
        y=marked.y,
        width=marked.width,
        height=marked.height,
        blur=marked.style == "blur",
    )


def _name(bates: str, medium: HeldMedium, suffix: str) -> str:
    return f"{bates}-{medium.position + 1:02d}{suffix}"


def _suffix(mime: str) -> str:
    """An extension that every system knows for the type; ".bin" where there is none."""
    found = mimetypes.guess_extension(mime, strict=True) or ".bin"
    return {".jpe": ".jpg", ".jpeg": ".jpg", ".tiff": ".tif"}.get(found, found)


def _measured(path: Path, medium: HeldMedium) -> tuple[int, int]:
    """Width and height in pixels of the picture as it is shown, 0 where they cannot be told.

    Read from the head of the file: unpacked, a picture that is released as it is would take
    ten times the time, and of a hundred megapixels a gigabyte.
    """
    if not medium.mime.startswith(_PICTURE):
        return 0, 0
    try:
        with warnings.catch_warnings():
            # Pillow warns of sizes that are only told here.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path, formats=_MEASURED) as picture:
                turned = _orientation(picture) in _ON_ITS_SIDE
                return (picture.height, picture.width) if turned else picture.size
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return 0, 0  # a drawing, or damaged as it was captured: released as it is


def _orientation(picture: Image.Image) -> int:
    """How the picture is turned when it is shown. Of a PNG only what stands before its pixels
    is looked at: Pillow would unpack them to look behind."""
    if picture.format == "PNG" and "exif" not in picture.info:
        return 1
    return int(picture.getexif().get(ExifTags.Base.Orientation, 1))


def _kept_back(medium: HeldMedium, why: str, *, alt_text: str) -> ReleasedFile:
    return ReleasedFile(
        position=medium.position + 1,
        kind=medium.kind,
        path="",
        mime=medium.mime,
        size=0,
        sha256="",
        alt_text=alt_text,
        redacted=why.startswith("withheld"),
        why=why,
    )


def _released(medium: HeldMedium, *, path: str, picture: Picture, alt_text: str) -> ReleasedFile:
    return ReleasedFile(
        position=medium.position + 1,
        kind=medium.kind,
        path=path,
        mime=picture.mime,
        size=len(picture.data),
        sha256=hashlib.sha256(picture.data).hexdigest(),
        alt_text=alt_text,
        redacted=True,
        width=picture.width,
        height=picture.height,
    )
