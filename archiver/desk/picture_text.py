"""Reads the text in pictures with the program tesseract (Debian package tesseract-ocr).

The program never sees the captured bytes: it gets a grey picture that was decoded and drawn
anew, of a bounded size, and as much time as `SECONDS`. What it is not sure of is left out, for
photographs without any text are full of what looks like letters.
"""

from __future__ import annotations

import csv
import io
import os
import re
import struct
import subprocess
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageOps, ImageStat

from archiver.desk.read_out import ReadOut, one_line
from archiver.errors import UsageError

SECONDS = 60
LARGEST = 50_000_000  # bytes
MOST_PIXELS = 50_000_000
_FORMS = ("JPEG", "PNG", "GIF", "WEBP", "TIFF", "BMP")
# What Pillow raises over broken files: most of it in its own words, some as it comes.
_UNDECODABLE = (
    OSError, SyntaxError, ValueError, TypeError, ArithmeticError, LookupError, EOFError,
    struct.error, zlib.error, Image.DecompressionBombError,
)  # fmt: skip
_WIDEST = 3_000  # pixels on a side; more make it slower and no better
_SMALL = 800  # pixels: letters in smaller pictures are too few dots high
_SURE = 60.0  # per cent
_LIGHT = 160  # of 255: mean of what is not transparent
_PROGRAM = "tesseract"


@dataclass(frozen=True, slots=True)
class Tesseract:
    """The installed program and the languages to read with ("eng", "spa")."""

    version: str
    languages: tuple[str, ...]

    @property
    def engine(self) -> str:
        """Name and version, as kept with what was read."""
        return f"tesseract {self.version}"

    @property
    def language(self) -> str:
        """The languages as the program is told them."""
        return "+".join(self.languages)

    def in_picture(self, data: bytes) -> ReadOut:
        """The text of a picture.

        Raises: UsageError when the program cannot be started.
        """
        picture, problem = _drawn(data)
        if picture is None:
            return ReadOut("", problem)
        # 11: text wherever it stands, as in posters and screenshots.
        arguments = ["stdin", "stdout", "-l", self.language, "--psm", "11", "tsv"]
        try:
            done = _run(arguments, picture)
        except subprocess.TimeoutExpired:
            return ReadOut("", f"tesseract did not end within {SECONDS} seconds")
        if done.returncode != 0:
            said = " ".join(done.stderr.decode("utf-8", "replace").split())[:200]
            return ReadOut("", f"tesseract failed (exit {done.returncode}): {said}")
        return one_line(" ".join(_words(done.stdout.decode("utf-8", "replace"))))


def installed(languages: Sequence[str]) -> Tesseract:
    """The program, if it can read these languages.

    Raises: UsageError when it is not installed, or lacks one of them.
    """
    try:
        told = _run(["--version"], b"").stdout.decode("utf-8", "replace")
        listed = _run(["--list-langs"], b"").stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"tesseract does not answer within {SECONDS} seconds") from error
    known = set(listed.split())
    for each in languages:
        if each not in known:
            raise UsageError(
                f'tesseract cannot read the language "{each}"; install the package '
                f"tesseract-ocr-{each.replace('_', '-')} or take it out of search.ocr_languages"
            )
    found = re.match(r"tesseract v?(\S+)", told)
    return Tesseract(found[1] if found else "of unknown version", tuple(languages))


def _run(arguments: Sequence[str], given: bytes) -> subprocess.CompletedProcess[bytes]:
    kept = {name: os.environ[name] for name in ("PATH", "TESSDATA_PREFIX") if name in os.environ}
    try:
        return subprocess.run(  # noqa: S603 - the arguments are ours, the languages are checked
            [_PROGRAM, *arguments],
            input=given,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env={**kept, "LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"},  # captures go on beside it
        )
    except OSError as error:
        raise UsageError(
            "text in pictures is read by the program tesseract, which cannot be started "
            f"({error.strerror}); install the package tesseract-ocr"
        ) from error


def _words(table: str) -> list[str]:
    """The words that it is sure of, in their order."""
    rows = csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [
        row["text"]
        for row in rows
        if re.search(r"[^\W_]", row["text"] or "") and float(row["conf"]) >= _SURE
    ]


def _drawn(data: bytes) -> tuple[bytes | None, str]:
    """The first frame as a grey PNG, upright and on a ground of one colour; or None and why not."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of sizes that are asked for, and refused, below; and of odd metadata.
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=_FORMS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    size = f"{picture.width} x {picture.height}"
                    return None, f"it is too large to be decoded ({size} pixels)"
                picture.draft("L", (_WIDEST, _WIDEST))
                grey = _fitting(_grey(ImageOps.exif_transpose(picture)))
                made = io.BytesIO()
                grey.save(made, "PNG", compress_level=1)
    except _UNDECODABLE as error:
        return None, f"it cannot be decoded as a picture: {error}"
    return made.getvalue(), ""


def _grey(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        # Sixteen bits a pixel; converted as they are, everything would be white.
        return picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        coloured = picture.convert("RGBA")
        letters, alpha = coloured.convert("L"), coloured.getchannel("A")
        # Light letters on nothing are meant for a dark page.
        light = alpha.getbbox() is not None and ImageStat.Stat(letters, alpha).mean[0] > _LIGHT
        ground = Image.new("L", picture.size, 0 if light else 255)
        ground.paste(letters, mask=alpha)
        return ground
    return picture.convert("L")


def _fitting(picture: Image.Image) -> Image.Image:
    if max(picture.size) < _SMALL:
        return ImageOps.scale(picture, 2, Image.Resampling.LANCZOS)
    picture.thumbnail((_WIDEST, _WIDEST), Image.Resampling.LANCZOS)  # at least a pixel stays
    return picture
