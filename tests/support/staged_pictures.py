"""Pictures as platforms hand them out, drawn here: every colour model, one huge, one broken."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping

from PIL import Image, ImageDraw

EXIF_CANARY = "camera-owner-Quillfeather"


def _drawn(size: tuple[int, int], seed: int) -> Image.Image:
    """Sky, ground and a sun, with a colour of its own for each seed."""
    picture = Image.new("RGB", size, (90 + seed * 37 % 120, 150, 210))
    draw = ImageDraw.Draw(picture)
    width, height = size
    draw.rectangle((0, height * 2 // 3, width, height), fill=(70, 120 + seed * 29 % 90, 60))
    left = seed * 53 % max(width - 40, 1)
    draw.ellipse((left, height // 6, left + width // 5, height // 6 + width // 5), fill="#f7d34a")
    return picture


def _saved(picture: Image.Image, form: str, **options: object) -> bytes:
    made = io.BytesIO()
    picture.save(made, form, **options)
    return made.getvalue()


def photo(seed: int = 0, size: tuple[int, int] = (800, 600)) -> bytes:
    """A plain JPEG."""
    return _saved(_drawn(size, seed), "JPEG", quality=80)


def with_exif(seed: int = 1) -> bytes:
    """A JPEG that must be turned by its orientation, and that names its owner."""
    picture = _drawn((640, 480), seed)
    exif = picture.getexif()
    exif[0x0112] = 6
    exif[0x013B] = EXIF_CANARY
    return _saved(picture, "JPEG", exif=exif)


def see_through() -> bytes:
    """An RGBA PNG: a badge on nothing."""
    picture = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((40, 40, 360, 360), fill=(20, 60, 140, 200))
    return _saved(picture, "PNG")


def for_print() -> bytes:
    """A CMYK JPEG, as a designer uploads it."""
    return _saved(_drawn((600, 400), 3).convert("CMYK"), "JPEG")


def palette() -> bytes:
    """A GIF of two frames."""
    frames = [_drawn((240, 160), seed).quantize(16) for seed in (4, 9)]
    return _saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=200)


def deep_grey() -> bytes:
    """A PNG of 16 bits a pixel, a scan."""
    return _saved(Image.new("I;16", (320, 240), 40_000), "PNG")


def huge() -> bytes:
    """A PNG of 48 million pixels that is small on disk."""
    picture = Image.new("P", (8000, 6000), 1)
    picture.putpalette([255, 255, 255, 30, 90, 160, 200, 40, 40])
    ImageDraw.Draw(picture).rectangle((2000, 1500, 6000, 4500), fill=2)
    return _saved(picture, "PNG")


def broken() -> bytes:
    """A JPEG that ends in the middle of its header."""
    return photo(5)[:120]


def poster_free_video() -> bytes:
    """Bytes that a player would take for the head of an MP4; nobody plays them here."""
    return b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 4096


KINDS: Mapping[str, tuple[Callable[[], bytes], str]] = {
    "photo.jpg": (photo, "image/jpeg"),
    "turned.jpg": (with_exif, "image/jpeg"),
    "badge.png": (see_through, "image/png"),
    "print.jpg": (for_print, "image/jpeg"),
    "moving.gif": (palette, "image/gif"),
    "scan.png": (deep_grey, "image/png"),
    "huge.png": (huge, "image/png"),
    "broken.jpg": (broken, "image/jpeg"),
    "clip.mp4": (poster_free_video, "video/mp4"),
}
