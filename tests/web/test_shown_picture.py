"""What a reviewer's browser is given of a file: pixels and nothing else, the way they are cut."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from archiver.desk.shown_picture import shown, without
from archiver.values import Mark
from tests.support.staged_pictures import palette, photo, with_exif

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'


def in_form(form: str, **options: object) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 20), "navy").save(made, form, **options)
    return made.getvalue()


def lying(form: str) -> bytes:
    """A file of 40 x 20 pixels that says it must be turned."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return in_form(form, exif=exif)


@pytest.mark.parametrize(
    ("data", "mime"),
    [(photo(), "image/jpeg"), (with_exif(), "image/jpeg"), (palette(), "image/gif"),
     (in_form("PNG"), "image/png"), (in_form("WEBP"), "image/webp")],
)  # fmt: skip
def test_plain_pictures_are_shown_as_they_are(data: bytes, mime: str) -> None:
    assert shown(data) == (mime, data)


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_a_picture_that_browsers_may_turn_differently_is_made_anew_upright(form: str) -> None:
    found = shown(lying(form))
    assert found is not None
    assert found[0] == "image/png"
    assert Image.open(io.BytesIO(found[1])).size == (20, 40)


@pytest.mark.parametrize("form", ["TIFF", "BMP"])
def test_a_picture_that_not_every_browser_knows_is_made_anew(form: str) -> None:
    found = shown(in_form(form))
    assert found is not None
    assert found[0] == "image/png"
    assert Image.open(io.BytesIO(found[1])).size == (40, 20)


@pytest.mark.parametrize("data", [SVG, b"<html><script>1</script></html>", b"ID3\x03", b"", b"BM"])
def test_what_is_no_picture_is_not_shown(data: bytes) -> None:
    assert shown(data) is None


def test_a_region_that_is_not_inside_gives_no_picture() -> None:
    outside = Mark(what="region", code="A", x=30, y=0, width=20, height=5)
    assert without(in_form("PNG"), [outside]) is None
