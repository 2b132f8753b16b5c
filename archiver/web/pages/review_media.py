"""The files of an item under review. Pictures are shown, told by their bytes; all else is handed
out to be kept, so that nothing captured ever runs in the browser of who reviews it."""

from __future__ import annotations

import itertools
import mimetypes
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from archiver.desk.access import Permission
from archiver.desk.shown_picture import shown, without
from archiver.errors import NotFoundError, UsageError
from archiver.model.queries.review import HeldMedium
from archiver.values import Mark
from archiver.web import review_marks
from archiver.web.gate import Visitor
from archiver.web.pages.review import LARGEST, Reader, SetNumber
from archiver.web.pages.review_item import ITEM, Position
from archiver.web.review_sight import shows
from archiver.web.site import site_of

router = APIRouter()
LOCKED = "default-src 'none'; sandbox"  # also if it is opened by itself
File = Annotated[int, Path(ge=1, le=LARGEST)]


@router.get(f"{ITEM}/media/{{file}}")
def medium(
    request: Request,
    who: Reader,
    number: str,
    set_number: SetNumber,
    position: Position,
    file: File,
    keep: bool = False,
) -> Response:
    """A file of the item, counted from 1; `keep`: to be saved as it was captured."""
    held = _held(request, who, number, set_number, position, file)
    if shows(held) and not keep:
        picture = shown(site_of(request).review.media.whole(held))
        if picture is not None:
            return _picture(*picture)
    return _attachment(request, held, f"{number}-item-{position}-file-{file}")


@router.get(f"{ITEM}/media/{{file}}/released")
def released(
    request: Request,
    who: Reader,
    number: str,
    set_number: SetNumber,
    position: Position,
    file: File,
    mark: Annotated[list[str] | None, Query()] = None,
) -> Response:
    """The picture as it would be released with these marks."""
    held = _held(request, who, number, set_number, position, file)
    marks = [review_marks.read(each) for each in mark or ()]
    if not shows(held):
        raise UsageError(f"file {file} of item {position} is no picture of which a part can go")
    regions = [each for each in marks if _is_in(each, file)]
    picture = without(site_of(request).review.media.whole(held), regions)
    if picture is None:
        raise UsageError(f"file {file} of item {position} cannot be redacted with these regions")
    return _picture(*picture)


def _is_in(mark: Mark, file: int) -> bool:
    return mark.what == "region" and mark.media == file - 1


def _held(
    request: Request, who: Visitor, number: str, set_number: int, position: int, file: int
) -> HeldMedium:
    """Raises: NotFoundError; RefusedError when it is not for the visitor."""
    who.viewer.require(Permission.RECORDS)
    reviews = site_of(request).review.reviews
    item = reviews.item(number, set_number, position)
    who.viewer.require_department(item.department)
    for each in reviews.media(item):
        if each.position == file - 1:
            if not each.segment:
                raise NotFoundError(f"file {file} of item {position} is not held: {each.status}")
            return each
    raise NotFoundError(f"item {position} has no file {file}")


def _picture(mime: str, data: bytes) -> Response:
    return Response(data, media_type=mime, headers={"Content-Security-Policy": LOCKED})


def _attachment(request: Request, held: HeldMedium, name: str) -> Response:
    pieces = site_of(request).review.media.pieces(held)
    first = next(pieces, b"")  # what is not held is told before the answer begins
    safe = "".join(each if each.isalnum() and each.isascii() else "-" for each in name)
    suffix = mimetypes.guess_extension(held.mime) or ".bin"
    return StreamingResponse(
        itertools.chain((first,), pieces),
        media_type="application/octet-stream",
        headers={
            "Content-Security-Policy": LOCKED,
            "Content-Disposition": f'attachment; filename="{safe}{suffix}"',
        },
    )
