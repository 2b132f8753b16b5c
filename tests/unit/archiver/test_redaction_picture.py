"""A redacted picture is made of pixels only, and what was covered cannot be seen or computed."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image, PngImagePlugin

from archiver.export.redaction_picture import Picture, PictureError, Region, redacted, size_of

CANARY = "Jane Doe of 742 Evergreen Terrace"


def noise(size: tuple[int, int] = (120, 80), seed: int = 1) -> Image.Image:
    """Pixels that differ from their neighbours."""
    return Image.frombytes("RGB", size, random.Random(seed).randbytes(size[0] * size[1] * 3))


def as_bytes(picture: Image.Image, form: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def opened(made: Picture) -> Image.Image:
    return Image.open(io.BytesIO(made.data)).convert("RGB")


def jpeg_with_canaries() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = CANARY  # ImageDescription
    exif[0x013B] = CANARY  # Artist
    return as_bytes(noise(), "JPEG", exif=exif, comment=CANARY.encode())


def test_a_box_is_opaque_and_the_rest_is_as_it_was() -> None:
    original = noise()
    made = opened(redacted(as_bytes(original, "PNG"), [Region(x=10, y=20, width=30, height=15)]))
    covered = made.crop((10, 20, 40, 35))
    assert covered.getcolors() == [(30 * 15, (0, 0, 0))]
    for edges in ((0, 0, 120, 20), (0, 20, 10, 80), (40, 20, 120, 80), (10, 35, 40, 80)):
        assert made.crop(edges).tobytes() == original.crop(edges).tobytes()


def test_no_metadata_of_the_original_is_in_the_new_file() -> None:
    data = jpeg_with_canaries()
    assert data.count(CANARY.encode()) >= 3  # the canaries are really there
    made = redacted(data, [Region(x=0, y=0, width=5, height=5)])
    assert CANARY.encode() not in made.data
    assert made.mime == "image/jpeg"
    assert dict(Image.open(io.BytesIO(made.data)).getexif()) == {}


def test_a_text_chunk_of_a_png_is_gone_even_without_a_region() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", CANARY)
    data = as_bytes(noise(), "PNG", pnginfo=info)
    assert CANARY.encode() in data
    assert CANARY.encode() not in redacted(data, []).data


def test_a_blur_depends_on_nothing_but_the_means_of_a_few_blocks() -> None:
    """Two pictures whose blocks have the same means become the same: so nothing else is left."""
    one = Image.new("RGB", (64, 64), (100, 100, 100))
    other = one.copy()
    for x in range(0, 64, 2):
        for y in range(64):
            other.putpixel((x, y), (140, 140, 140))
            other.putpixel((x + 1, y), (60, 60, 60))
    region = [Region(x=0, y=0, width=64, height=64, blur=True)]
    assert as_bytes(one, "PNG") != as_bytes(other, "PNG")
    assert (
        redacted(as_bytes(one, "PNG"), region).data == redacted(as_bytes(other, "PNG"), region).data
    )


def test_a_blur_reaches_every_pixel_of_its_region_only() -> None:
    original = noise()
    region = Region(x=8, y=8, width=64, height=48, blur=True)
    made = opened(redacted(as_bytes(original, "PNG"), [region]))
    before, after = original.crop((8, 8, 72, 56)), made.crop((8, 8, 72, 56))
    assert len(after.getcolors(10_000) or ()) < len(before.getcolors(10_000) or ()) / 4
    assert made.crop((72, 0, 120, 80)).tobytes() == original.crop((72, 0, 120, 80)).tobytes()


def test_regions_are_those_of_the_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    data = as_bytes(noise((120, 80)), "JPEG", exif=exif)
    assert size_of(data) == (80, 120)
    made = redacted(data, [Region(x=0, y=100, width=80, height=20)])
    assert (made.width, made.height) == (80, 120)


def test_what_only_looks_transparent_is_not_kept() -> None:
    hidden = noise().convert("RGBA")
    hidden.putalpha(0)
    made = opened(redacted(as_bytes(hidden, "PNG"), []))
    assert made.getcolors() == [(120 * 80, (255, 255, 255))]


def test_only_the_first_frame_of_a_moving_picture_is_left() -> None:
    frames = [noise(seed=number).quantize(16) for number in (1, 2)]
    data = as_bytes(frames[0], "GIF", save_all=True, append_images=frames[1:])
    made = redacted(data, [Region(x=0, y=0, width=5, height=5)])
    assert getattr(Image.open(io.BytesIO(made.data)), "n_frames", 1) == 1
    assert made.mime == "image/png"


@pytest.mark.parametrize(
    "region",
    [
        Region(x=-1, y=0, width=5, height=5),
        Region(x=0, y=0, width=0, height=5),
        Region(x=118, y=0, width=3, height=5),
        Region(x=0, y=76, width=5, height=5),
    ],
)
def test_a_region_outside_is_refused(region: Region) -> None:
    with pytest.raises(PictureError, match="not inside"):
        redacted(as_bytes(noise(), "PNG"), [region])


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xe0broken", b"%PDF-1.7"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError, match="no picture"):
        redacted(data, [])


def test_the_same_picture_gives_the_same_bytes() -> None:
    data, region = jpeg_with_canaries(), [Region(x=3, y=3, width=40, height=40, blur=True)]
    assert redacted(data, region) == redacted(data, region)
