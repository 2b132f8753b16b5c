"""Makes a new picture of which parts are gone: built from the pixels alone.

Nothing of the old file is copied: no EXIF, no thumbnail, no colour profile, no comment, no
second frame. A box is painted over. A blur is what is left of a few large blocks, blurred
once more so that it looks like one; what a block averaged away cannot be computed back.
Pure functions: bytes in, bytes out.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter, ImageOps, UnidentifiedImageError

BLOCKS = 4  # along the longer side of a blurred region
_READ = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")
_BIGGEST = 200_000_000  # pixels: a file that claims more is not opened


class PictureError(ValueError):
    """The file is no picture that can be redacted, or a region is not inside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A part of the picture in its own pixels, as it is shown (upright)."""

    x: int
    y: int
    width: int
    height: int
    blur: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that was made new. Sizes in pixels."""

    data: bytes
    mime: str
    suffix: str
    width: int
    height: int


def size_of(data: bytes) -> tuple[int, int]:
    """Width and height in pixels of the picture as it is shown.

    Raises: PictureError when it is none that can be redacted.
    """
    return _opened(data).size


def redacted(data: bytes, regions: Iterable[Region]) -> Picture:
    """The picture without the regions; a JPEG stays one, everything else becomes a PNG.

    Of a moving picture the first frame is left: the regions were drawn on that one.

    Raises: PictureError when it is no such picture, or a region is not inside it.
    """
    shown = _opened(data)
    # Composed on white, so that nothing stands in pixels that only look transparent.
    canvas = Image.new("RGB", shown.size, "white")
    canvas.paste(shown, mask=shown.getchannel("A"))
    for region in regions:
        if not fits(region, canvas.size):
            raise PictureError(
                f"the region {region.x},{region.y} {region.width}x{region.height} is not inside "
                f"the picture of {canvas.width}x{canvas.height} pixels"
            )
        _blur(canvas, region) if region.blur else _box(canvas, region)
    jpeg = data.startswith(b"\xff\xd8")
    out = io.BytesIO()
    if jpeg:
        canvas.save(out, "JPEG", quality=90)
    else:
        canvas.save(out, "PNG")
    return Picture(
        data=out.getvalue(),
        mime="image/jpeg" if jpeg else "image/png",
        suffix=".jpg" if jpeg else ".png",
        width=canvas.width,
        height=canvas.height,
    )


def fits(region: Region, size: tuple[int, int]) -> bool:
    """Is the region, which must not be empty, inside a picture of this size?"""
    return (
        region.x >= 0
        and region.y >= 0
        and region.width > 0
        and region.height > 0
        and region.x + region.width <= size[0]
        and region.y + region.height <= size[1]
    )


def _opened(data: bytes) -> Image.Image:
    """The first frame, upright, in RGBA, and without anything else of the file."""
    try:
        with Image.open(io.BytesIO(data), formats=_READ) as file:
            if file.width * file.height > _BIGGEST:
                raise PictureError(f"a picture of {file.width}x{file.height} pixels is too large")
            upright = ImageOps.exif_transpose(file).convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        if isinstance(error, PictureError):
            raise
        raise PictureError(f"it is no picture that can be redacted: {error}") from error
    except Image.DecompressionBombError as error:
        raise PictureError(f"the picture is too large to be opened: {error}") from error
    bare = Image.new("RGBA", upright.size)
    bare.paste(upright)
    return bare


def _box(canvas: Image.Image, region: Region) -> None:
    right, bottom = region.x + region.width - 1, region.y + region.height - 1
    ImageDraw.Draw(canvas).rectangle((region.x, region.y, right, bottom), fill="black")


def _blur(canvas: Image.Image, region: Region) -> None:
    edges = (region.x, region.y, region.x + region.width, region.y + region.height)
    piece = canvas.crop(edges)
    scale = BLOCKS / max(piece.size)
    small = (max(1, round(piece.width * scale)), max(1, round(piece.height * scale)))
    few = piece.resize(min_size(small, piece.size), Image.Resampling.BOX)
    blocks = few.resize(piece.size, Image.Resampling.NEAREST)
    radius = max(piece.size) / BLOCKS / 2
    canvas.paste(blocks.filter(ImageFilter.GaussianBlur(radius)), edges)


def min_size(wanted: tuple[int, int], most: tuple[int, int]) -> tuple[int, int]:
    """Not more blocks than there are pixels to average, two by two: so every block mixes."""
    return (
        min(wanted[0], max(1, most[0] // 2)),
        min(wanted[1], max(1, most[1] // 2)),
    )
