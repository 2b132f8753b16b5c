"""Captured files, given out so that nothing in them can run.

What a file claims to be is not believed: its first bytes are. Pictures, sounds and films of kinds
that browsers only draw or play are shown in the page; everything else (SVG, HTML, PDF, what is
not known) is a download without a kind of its own. Each answer forbids whatever could act, and a
browser is told not to guess. Films can be asked for in stretches (RFC 9110, 14).
"""

from __future__ import annotations

import re
from typing import Annotated

import filetype
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from archiver.desk.access import Permission
from archiver.errors import NotFoundError
from archiver.model.queries.review import HeldMedium
from archiver.web.gate import Visitor, needs
from archiver.web.site import site_of

router = APIRouter()
Reader = Annotated[Visitor, needs(Permission.RECORDS)]
DOWNLOAD = "application/octet-stream"
HEADERS = {"Content-Security-Policy": "sandbox; default-src 'none'", "Accept-Ranges": "bytes"}
# Drawn or played, never run. By the first bytes of the file; as browsers call them.
SHOWN = {
    "image/jpeg": "image/jpeg",
    "image/png": "image/png",
    "image/gif": "image/gif",
    "image/webp": "image/webp",
    "image/avif": "image/avif",
    "audio/mpeg": "audio/mpeg",
    "audio/mp4": "audio/mp4",
    "audio/ogg": "audio/ogg",
    "audio/aac": "audio/aac",
    "audio/x-wav": "audio/wav",
    "audio/x-flac": "audio/flac",
    "video/mp4": "video/mp4",
    "video/x-m4v": "video/mp4",
    "video/webm": "video/webm",
    "video/quicktime": "video/quicktime",
}
# Names of downloads: what would run when it is opened from a disk gets the name of a text.
_TEXTS = {"text/vtt": "vtt", "application/x-subrip": "srt"}
_RANGE = re.compile(r"bytes=(\d{1,15})?-(\d{1,15})?")


@router.get("/records/{record}/media/{version}/{position}")
def medium(request: Request, who: Reader, record: str, version: str, position: str) -> Response:
    """A file of a version: its number there, from 0 on."""
    numbers = [version, position]
    if not all(each.isascii() and each.isdecimal() and len(each) < 10 for each in numbers):
        raise NotFoundError("there is no such file; open it from the page of its record")
    site = site_of(request)
    found = site.records.file(record, int(version), int(position), who.viewer)
    kind = filetype.guess(site.record_files.head(found))
    shown = SHOWN.get(kind.mime, "") if kind else ""
    way = "inline" if shown else "attachment"
    ending = kind.extension if kind else _ending(found)
    headers = {
        **HEADERS,
        "Content-Disposition": f'{way}; filename="record-{record}-{version}-{position}.{ending}"',
    }
    return _sent(request, found, headers, shown or DOWNLOAD)


def _ending(found: HeldMedium) -> str:
    if found.mime.startswith(("text/", "image/svg", "application/xhtml", "application/xml")):
        return _TEXTS.get(found.mime, "txt")
    return _TEXTS.get(found.mime, "bin")


def _sent(request: Request, found: HeldMedium, headers: dict[str, str], kind: str) -> Response:
    first, last = 0, found.size - 1
    status = 200
    asked = request.headers.get("range", "")
    given = _RANGE.fullmatch(asked.strip()) if found.size else None
    if given and (given[1] or given[2]):
        stretch = _stretch(given[1], given[2], found.size)
        if stretch is None:
            return Response(
                status_code=416, headers={**headers, "Content-Range": f"bytes */{found.size}"}
            )
        first, last = stretch
        status = 206
        headers["Content-Range"] = f"bytes {first}-{last}/{found.size}"
    headers["Content-Length"] = str(last - first + 1)
    pieces = site_of(request).record_files.stretch(found, first, last)
    return StreamingResponse(pieces, status_code=status, media_type=kind, headers=headers)


def _stretch(begin: str | None, end: str | None, size: int) -> tuple[int, int] | None:
    """The first and the last byte that are meant; None when there are none such. A suffix
    ("-500") means the last bytes."""
    if begin is None:
        count = int(end or 0)
        return (max(0, size - count), size - 1) if count else None
    first, last = int(begin), min(int(end) if end else size - 1, size - 1)
    return (first, last) if first <= last else None
