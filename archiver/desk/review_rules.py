"""What a reviewer's decision must be before it is written down.

Pure but for the size of a picture, which is asked for only where a region is marked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

from archiver.desk.exemptions import Catalogue
from archiver.desk.plain_text import plain_text
from archiver.errors import UsageError
from archiver.export.redaction_picture import Region, fits
from archiver.export.redaction_text import Span, inside
from archiver.model.queries.review import HeldMedium, SetItem
from archiver.values import Mark

Sizes = Callable[[HeldMedium], tuple[int, int]]
"""Width and height of a picture in pixels. Raises: PictureError."""


class Outcome(StrEnum):
    """What becomes of an item."""

    RELEASE = "release"
    WITHHOLD = "withhold"
    REDACT = "redact"
    UNDECIDED = "undecided"


def check_shape(
    outcome: Outcome, code: str, reason: str, marks: Sequence[Mark], exemptions: Catalogue
) -> None:
    """Has the decision what its outcome needs, and nothing that contradicts it?

    Raises: UsageError; NotFoundError and RefusedError for a code that cannot be used.
    """
    if outcome is Outcome.WITHHOLD:
        if not code:
            raise UsageError("an item is withheld only under an exemption; give its code")
        exemptions.usable(code)
    elif code:
        raise UsageError("a code belongs to what is withheld; a redaction has one on each mark")
    if outcome is Outcome.REDACT:
        if not marks:
            raise UsageError("a redaction needs at least one mark: what is to be taken out")
        for each in marks:
            if not each.code:
                raise UsageError(f"the mark on {each.what} has no exemption; give its code")
            exemptions.usable(each.code)
    elif marks:
        raise UsageError(f'marks belong to a redaction, not to the outcome "{outcome.value}"')
    if outcome is Outcome.UNDECIDED and not reason.strip():
        raise UsageError("say why the decision is taken back")


def check_marks(
    item: SetItem, marks: Sequence[Mark], media: Sequence[HeldMedium], sizes: Sizes
) -> None:
    """Does every mark lie inside the item? Raises: UsageError, naming what is outside."""
    for mark in marks:
        if mark.what == "text":
            _span(mark, plain_text(item.state), item)
        elif mark.what == "title":
            _span(mark, item.title, item)
        elif mark.what in ("region", "media"):
            _file(mark, item, media, sizes)
        elif mark.what != "author":
            raise UsageError(
                f'"{mark.what}" cannot be redacted; known are text, title, author, region, media'
            )


def _span(mark: Mark, text: str, item: SetItem) -> None:
    if not inside(Span(mark.start, mark.end, mark.code), text):
        raise UsageError(
            f"item {item.position}: characters {mark.start} to {mark.end} are not inside its "
            f"{mark.what} of {len(text)} characters"
        )


def _file(mark: Mark, item: SetItem, media: Sequence[HeldMedium], sizes: Sizes) -> None:
    medium = next((each for each in media if each.position == mark.media), None)
    if medium is None:
        raise UsageError(f"item {item.position} has no file {mark.media}; the first one is 0")
    if mark.what == "media":
        return
    if mark.style not in ("box", "blur"):
        raise UsageError(f'a region is covered with "box" or "blur", not "{mark.style}"')
    try:
        size = sizes(medium)
    except ValueError as error:
        raise UsageError(
            f"item {item.position}: file {mark.media} takes no region ({error}); "
            "withhold the whole file instead"
        ) from error
    if not fits(Region(x=mark.x, y=mark.y, width=mark.width, height=mark.height), size):
        raise UsageError(
            f"item {item.position}: the region {mark.x},{mark.y} {mark.width}x{mark.height} is "
            f"not inside the picture of {size[0]}x{size[1]} pixels"
        )
