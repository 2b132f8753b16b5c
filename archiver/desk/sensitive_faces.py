"""Suggests where faces are in a picture, if OpenCV is installed (the extra `faces`).

The detector is OpenCV's own for frontal faces: it misses faces and sees some that are none.
It suggests regions to look at; a reviewer decides, and looks at the rest of the picture too.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

from archiver.desk.sensitive import Suggestion
from archiver.errors import UsageError
from archiver.values import Mark

_CASCADE = "haarcascade_frontalface_default.xml"
_MARGIN = 4  # a quarter of the face on each side: hair and ears tell as well


def installed() -> bool:
    """Can faces be looked for?"""
    return importlib.util.find_spec("cv2") is not None


def in_picture(data: bytes, media: int) -> list[Suggestion]:
    """Regions to blur in the picture at this position of the item's media, from the left.

    Raises: UsageError when OpenCV is not installed.
    """
    if not installed():
        raise UsageError('faces can be looked for only with OpenCV; install the extra "faces"')
    # Only here: it is an extra, and it takes long to load.
    import cv2  # noqa: PLC0415
    import cv2.data  # noqa: PLC0415
    import numpy  # noqa: PLC0415

    picture = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        return []
    detector = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / _CASCADE))
    height, width = picture.shape[:2]
    found = detector.detectMultiScale(picture, scaleFactor=1.1, minNeighbors=5)
    regions = sorted(tuple(int(value) for value in each) for each in found)
    return [_suggested(each, media, width, height) for each in regions]


def _suggested(face: tuple[int, ...], media: int, width: int, height: int) -> Suggestion:
    x, y, wide, high = face
    left, top = max(0, x - wide // _MARGIN), max(0, y - high // _MARGIN)
    right = min(width, x + wide + wide // _MARGIN)
    bottom = min(height, y + high + high // _MARGIN)
    mark = Mark(
        what="region",
        code="",
        media=media,
        x=left,
        y=top,
        width=right - left,
        height=bottom - top,
        style="blur",
    )
    return Suggestion(
        mark=mark, why="may be a face", piece=f"{left},{top} {right - left}x{bottom - top}"
    )
