"""The first page: what needs somebody today, and how capture is doing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from archiver.desk.access import Permission
from archiver.desk.today import HomeDesk
from archiver.web.charts import bars
from archiver.web.gate import OpenRoute, Visitor, needs
from archiver.web.kept import kept
from archiver.web.site import Site, site_of

router = APIRouter()


@router.get("/")
def home(request: Request, who: Annotated[Visitor, needs(Permission.STATUS)]) -> Response:
    """Home."""
    found = kept(request, HomeDesk, _desk).look(who.viewer)
    site = site_of(request)
    return site.render.page(
        request,
        "home.html.j2",
        today=found,
        charts_of={each.entry.slug: bars(each.days) for each in found.accounts},
        well=sum(1 for each in found.accounts if each.condition in ("well", "backfilling")),
        active=sum(1 for each in found.accounts if each.entry.state == "approved"),
    )


@router.get("/health")
def health(request: Request, _: OpenRoute) -> Response:
    """For a watchdog: the page is up and can read its database. Says nothing else."""
    with site_of(request).archive.database.read():
        return PlainTextResponse("ok\n")


def _desk(site: Site) -> HomeDesk:
    archive = site.archive
    return HomeDesk(archive.database, archive.clock, archive.settings.sections, archive.requests)
