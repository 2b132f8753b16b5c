"""The open archive: the public, read-only page, an application of its own on its own port.

It knows no session, takes no form and sets no cookie. Everything that it shows comes from
`desk/portal.py`, which lets nothing through that the agency did not choose.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import chain
from typing import Any

import filetype
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.staticfiles import StaticFiles

from archiver.desk.portal import Portal
from archiver.errors import ArchiverError, NotFoundError
from archiver.web.render import STATIC
from archiver.web.shield import Shield
from archiver.web.site import Site, site_of

HEAD_BYTES = 8192  # enough to know a kind of file by
SHOWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
FEED_SIZE = 30
LARGEST_BODY = 1024  # nothing is taken in
MEDIA_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'",
    "Cache-Control": "no-cache",  # what is withheld later must not be kept by others
}
log = logging.getLogger(__name__)
router = APIRouter()


def make_open_archive(site: Site) -> FastAPI:
    """The application of the open archive."""
    app = FastAPI(title="Open archive", openapi_url=None, docs_url=None, redoc_url=None)
    archive = site.archive
    sections = archive.settings.sections
    app.state.site = site
    app.state.portal = Portal(archive.database, archive.vault, sections.agency, archive.clock)
    app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.add_middleware(
        Shield,
        a_minute=sections.portal.requests_a_minute,
        largest=LARGEST_BODY,
        secure=False,
    )
    app.add_exception_handler(NotFoundError, _not_found)
    app.add_exception_handler(ArchiverError, _fault)
    app.add_exception_handler(HTTPException, _not_found)
    app.add_exception_handler(RequestValidationError, _not_found)
    app.add_exception_handler(Exception, _fault)
    return app


@router.get("/")
def latest(request: Request, q: str = "", account: str = "", after: str = "") -> Response:
    """The newest, or what has the words."""
    portal = _portal(request)
    found = portal.page(q[:200], account=account, after=after)
    return _page(
        request, "open_list.html.j2", found=found, q=q[:200], account=account, after=after,
        accounts=portal.accounts(),
    )  # fmt: skip


@router.get("/records/{record_id}")
def one(request: Request, record_id: int) -> Response:
    """One thing with its media."""
    return _page(request, "open_record.html.j2", piece=_portal(request).piece(record_id))


@router.get("/records/{record_id}/media/{position}")
def file(request: Request, record_id: int, position: int) -> Response:
    """A picture to look at; any other file to keep, so that nothing in it runs here."""
    medium, pieces = _portal(request).file(record_id, position)
    first = next(pieces, b"")
    kind = filetype.guess(first[:HEAD_BYTES])
    mime = kind.mime if kind and kind.mime in SHOWN else "application/octet-stream"
    name = f"{record_id}-{position}.{kind.extension if kind else 'bin'}"
    way = "inline" if mime in SHOWN else "attachment"
    return StreamingResponse(
        _sent(first, pieces),
        media_type=mime,
        headers={
            **MEDIA_HEADERS,
            "Content-Disposition": f'{way}; filename="{name}"',
            "Content-Length": str(medium.size),
        },
    )


@router.get("/about")
def about(request: Request) -> Response:
    """What this is, what is not in it, and whom to ask."""
    return _page(request, "open_about.html.j2", accounts=_portal(request).accounts())


@router.get("/feed.atom")
def feed(request: Request) -> Response:
    """The newest as an Atom feed (RFC 4287)."""
    found = _portal(request).page(size=FEED_SIZE)
    page = _page(request, "open_feed.xml.j2", found=found, now=site_of(request).archive.clock.now())
    page.headers["content-type"] = "application/atom+xml; charset=utf-8"
    return page


@router.get("/robots.txt")
def robots(request: Request) -> Response:
    """Search engines may come, but not ask."""
    del request
    return PlainTextResponse("User-agent: *\nDisallow: /*?\n")


def _sent(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield from chain([first], rest)


def _portal(request: Request) -> Portal:
    found = request.app.state.portal
    assert isinstance(found, Portal)
    return found


def _page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    site = site_of(request)
    settings = site.archive.settings.sections.portal
    return site.render.page(
        request,
        template,
        status=status,
        heading=settings.title or site.archive.settings.sections.agency.name,
        contact=settings.contact,
        base=str(request.base_url).rstrip("/"),
        **values,
    )


async def _not_found(request: Request, error: Exception) -> Response:
    del error
    return _page(request, "open_missing.html.j2", status=404)


async def _fault(request: Request, error: Exception) -> Response:
    secrets = site_of(request).archive.secrets
    log.error("the open archive: %s", secrets.scrub_text(f"{type(error).__name__}: {error}"))
    return PlainTextResponse("Something went wrong; please try again later.\n", status_code=500)
