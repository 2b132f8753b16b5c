"""The size of a picture that is released as it is: told from its head, never by unpacking it."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from archiver.desk.review_rules import Outcome
from archiver.desk.staging import Order
from archiver.model.queries.review import Pick
from tests.support.review_scene import CLERK, REQUEST, add_request, desk_of
from tests.support.stage import Stage, boards, stage  # noqa: F401 - fixtures

ON_ITS_SIDE = 6


def picture(form: str, *, orientation: int = 1) -> bytes:
    """Wide, and of a pattern that does not pack well."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    Image.effect_noise((96, 64), 80).save(out, form, exif=exif)
    return out.getvalue()


def test_the_size_is_as_the_picture_is_shown_and_half_a_file_is_enough(
    stage: Stage,  # noqa: F811
    tmp_path: Path,
) -> None:
    site = stage.wordpress()
    wide, half = picture("JPEG"), picture("JPEG")
    files = {
        "wide.jpg": (wide, "image/jpeg", (96, 64)),
        "turned.jpg": (picture("JPEG", orientation=ON_ITS_SIDE), "image/jpeg", (64, 96)),
        "turned.png": (picture("PNG", orientation=ON_ITS_SIDE), "image/png", (64, 96)),
        "half.jpg": (half[: len(half) // 2], "image/jpeg", (96, 64)),
        "head.jpg": (wide[:40], "image/jpeg", (0, 0)),
    }
    for name, (content, mime, _) in files.items():
        photo = site.upload(name, content, mime, alt_text=name)
        site.publish(name, f"<p>About {name}</p>", featured=photo)
    stage.capture("wp")
    add_request(stage.archive, REQUEST)
    rows = stage.rows(
        "SELECT record_id, id FROM versions WHERE id IN "
        "(SELECT version_id FROM version_media WHERE status = 'captured')"
    )
    desk = desk_of(stage.archive)
    desk.sets.freeze(REQUEST, "all", [(row.record_id, row.id) for row in rows], by=CLERK)
    desk.reviews.decide_many(REQUEST, 1, Pick(), Outcome.RELEASE, by=CLERK)
    order = Order(number=1, made_by=CLERK, prefix="SPD-")
    made = desk.staging.stage(REQUEST, 1, tmp_path / "s", order=order)
    told = {
        file.alt_text: (file.width, file.height) for item in made.items() for file in item.files
    }
    assert told == {name: size for name, (_, _, size) in files.items()}
