"""Out of a package: the whole as one ZIP file, single files, and what lies in its folders.

A ZIP file is made while it is sent, so that its size does not matter. Each one that is taken is
written down, with who took it. Whatever it is, it is sent as a file to keep, never as a page.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from archiver.desk.access import Permission
from archiver.web.gate import Visitor, needs
from archiver.web.production_desk import handouts_of, require_all
from archiver.web.site import site_of
from archiver.web.typed import number_of

router = APIRouter()
Look = Annotated[Visitor, needs(Permission.REQUESTS)]
Maker = Annotated[Visitor, needs(Permission.PRODUCE)]
A_PAGE = 200
ANY_BYTES = "application/octet-stream"


@router.get("/productions/{name}/package")
def package(request: Request, who: Maker, name: str) -> Response:
    """The whole package as a ZIP file."""
    site = site_of(request)
    row = site.archive.productions.get(name)
    require_all(site, who, row)
    packed = handouts_of(site).packed(row, by=who.name)
    return StreamingResponse(
        packed.pieces,
        media_type="application/zip",
        headers={
            "Content-Length": str(packed.size),
            "Content-Disposition": f'attachment; filename="{packed.name}"',
        },
    )


@router.get("/productions/{name}/files")
def files(
    request: Request, who: Look, name: str, folder: str = "data", page: str = "1"
) -> Response:
    """What lies in a folder of the package."""
    site = site_of(request)
    row = site.archive.productions.get(name)
    require_all(site, who, row)
    found = handouts_of(site).listing(row, folder)
    number = max(1, number_of(page, 1))
    parts = [each for each in folder.split("/") if each]
    return site.render.page(
        request,
        "production_files.html.j2",
        row=row,
        folder="/".join(parts),
        trail=[(each, "/".join(parts[: place + 1])) for place, each in enumerate(parts)],
        shown=found[(number - 1) * A_PAGE : number * A_PAGE],
        found=len(found),
        number=number,
        pages=max(1, -(-len(found) // A_PAGE)),
    )


@router.get("/productions/{name}/files/{path:path}")
def file(request: Request, who: Maker, name: str, path: str) -> Response:
    """One file of the package."""
    site = site_of(request)
    row = site.archive.productions.get(name)
    require_all(site, who, row)
    found = handouts_of(site).file(row, path, by=who.name)
    return FileResponse(found, media_type=ANY_BYTES, filename=found.name)
