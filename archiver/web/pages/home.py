"""The first page: what needs somebody today, and how capture is doing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from archiver.desk.access import Permission
from archiver.desk.status import status
from archiver.web.gate import OpenRoute, Visitor, needs
from archiver.web.site import site_of

router = APIRouter()


@router.get("/")
def home(request: Request, who: Annotated[Visitor, needs(Permission.STATUS)]) -> Response:
    """Home."""
    del who
    site = site_of(request)
    shown = status(site.archive.database, site.archive.clock)
    return site.render.page(request, "home.html.j2", status_now=shown)


@router.get("/health")
def health(request: Request, _: OpenRoute) -> Response:
    """For a watchdog: the page is up and can read its database. Says nothing else."""
    with site_of(request).archive.database.read():
        return PlainTextResponse("ok\n")
