"""Pictures as they are printed: upright, small, on white, without any metadata.

A print needs no more than 150 dots an inch; the released file itself lies in the package. A
picture that cannot be decoded, or that is too large to be decoded in bounded memory, is told
of and not printed.
"""

from __future__ import annotations

import warnings
from pathlib import Path

from PIL import Image, ImageOps

_LARGEST = (900, 1100)  # pixels: 6 by 7.3 inches at 150 dots an inch
_MOST_PIXELS = 60_000_000  # decoded, three bytes each
_SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


def shrink(source: Path, target: Path, *, mime: str) -> str:
    """Write the picture to `target` as JPEG; returns why it cannot be printed, or "".

    Raises: OSError when the source is not there or the target cannot be written.
    """
    if mime not in _SHOWN:
        return f"Not printed ({mime or 'unknown kind'}); see the file itself"
    with source.open("rb"):
        pass  # a missing file is another fault than a picture that cannot be decoded
    try:
        small = _decoded(source)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return "The file cannot be decoded as a picture; see the file"
    if small is None:
        return "Too large to be printed; see the file"
    small.save(target, "JPEG", quality=82)
    return ""


def _decoded(source: Path) -> Image.Image | None:
    """The first frame, small and opaque; None if it has too many pixels."""
    with warnings.catch_warnings():
        # Pillow warns of sizes that are asked for, and refused, below.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        opened = Image.open(source)
    with opened as picture:
        if picture.width * picture.height > _MOST_PIXELS:
            return None
        picture.draft("RGB", _LARGEST)
        if picture.mode in ("P", "1") and picture.width > 4 * _LARGEST[0]:
            # One byte a pixel: thinned out before it becomes three.
            picture.thumbnail((2 * _LARGEST[0], 2 * _LARGEST[1]), Image.Resampling.NEAREST)
        return _opaque(ImageOps.exif_transpose(_small(picture)))


def _small(picture: Image.Image) -> Image.Image:
    exif = picture.getexif()
    if picture.mode.startswith("I"):
        # Sixteen bits a pixel; converted as they are, everything would be white.
        picture = picture.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    elif picture.mode == "P":
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    small = picture.copy()
    small.thumbnail(_LARGEST, Image.Resampling.LANCZOS)
    small.getexif().update(exif)
    return small


def _opaque(picture: Image.Image) -> Image.Image:
    if picture.mode in ("RGBA", "LA", "PA"):
        ground = Image.new("RGB", picture.size, "white")
        coloured = picture.convert("RGBA")
        ground.paste(coloured, mask=coloured.getchannel("A"))
        return ground
    bare = picture.convert("RGB")
    bare.info.clear()
    return bare
