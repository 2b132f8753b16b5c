"""The web application: routes, the gate before each, and errors as sentences."""

from __future__ import annotations

import logging
import secrets
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles

from archiver.errors import ArchiverError
from archiver.web.api.app import BELOW, make_api, refused
from archiver.web.gate import SignInNeededError, gate_of
from archiver.web.pages import (
    accounts,
    approvals_register,
    audit_log,
    disposition_acts,
    disposition_execution,
    dispositions,
    findings,
    hold_acts,
    holds,
    home,
    own,
    people,
    portal,
    production_files,
    production_making,
    productions,
    records,
    records_media,
    removals,
    request_acts,
    request_letters,
    request_sets,
    requests,
    retention,
    retention_acts,
    review,
    review_item,
    review_media,
    schedules,
    sign_in,
)
from archiver.web.render import STATIC
from archiver.web.shield import HEADERS, BodyTooLongError, Shield
from archiver.web.site import Site, site_of

PAGES = (
    home,
    own,
    people,
    portal,
    sign_in,
    holds,
    hold_acts,
    records,
    records_media,
    retention,
    retention_acts,
    schedules,
    review,
    review_item,
    review_media,
    accounts,
    findings,
    removals,
    audit_log,
    requests,
    request_acts,
    request_sets,
    request_letters,
    productions,
    production_making,
    production_files,
    approvals_register,
    dispositions,
    disposition_acts,
    disposition_execution,
)
AT_ONCE = 12  # requests that are worked on side by side; the database has as many connections

log = logging.getLogger(__name__)


def make_app(site: Site) -> FastAPI:
    """The application of a site.

    Raises: ValueError when a route has no gate, or more than one.
    """
    app = FastAPI(
        title="Archiver", openapi_url=None, docs_url=None, redoc_url=None, lifespan=_lifespan
    )
    app.state.site = site
    for route in routes():
        gate_of(route)
    for page in PAGES:
        app.include_router(page.router)
    app.mount(BELOW, make_api(site), name="api")
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    web = site.archive.settings.sections.web
    app.add_middleware(
        Shield, a_minute=web.requests_a_minute, largest=web.upload_max, secure=site.secure
    )
    app.add_exception_handler(SignInNeededError, _sign_in)
    app.add_exception_handler(ArchiverError, _said)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _misfilled)
    app.add_exception_handler(BodyTooLongError, _too_long)
    app.add_exception_handler(Exception, _fault)
    return app


def routes() -> list[APIRoute]:
    """Every route of every page. Raises: ValueError for one of another kind."""
    found: list[APIRoute] = []
    for page in PAGES:
        for route in page.router.routes:
            if not isinstance(route, APIRoute):
                raise ValueError(f"{page.__name__} has a route of a kind that takes no gate")
            found.append(route)
    return found


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    del app
    current_default_thread_limiter().total_tokens = AT_ONCE
    yield


async def _sign_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignInNeededError)
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": error.where})
    return RedirectResponse(error.where, status_code=303)


async def _said(request: Request, error: Exception) -> Response:
    assert isinstance(error, ArchiverError)
    if error.http_status >= 500:
        log.error("%s", site_of(request).archive.secrets.scrub_text(str(error)))
    return _error(request, str(error), error.http_status)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    told = {404: "There is no such page.", 405: "This page does not take that."}
    return _error(request, told.get(error.status_code, str(error.detail)), error.status_code)


async def _misfilled(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    fields = sorted({str(each["loc"][-1]) for each in error.errors()})
    return _error(request, f"Missing or not as it must be: {', '.join(fields)}.", 422)


async def _too_long(request: Request, error: Exception) -> Response:
    del error
    return _error(request, "This is too large to be taken in.", 413)


async def _fault(request: Request, error: Exception) -> Response:
    """The last fence: no traceback reaches a clerk; it goes to the log, scrubbed."""
    reference = secrets.token_hex(4)
    text = "".join(traceback.format_exception(error))
    log.error(
        "an unexpected fault (%s) at %s %s\n%s",
        reference,
        request.method,
        request.url.path,
        site_of(request).archive.secrets.scrub_text(text),
    )
    response = _error(
        request,
        "An unexpected fault. Nothing that was saved is lost. Please report it with the reference "
        f"{reference}; the log of the server has the details.",
        500,
    )
    response.headers.update(HEADERS)  # this answer does not pass the shield
    return response


def _error(request: Request, text: str, status: int) -> Response:
    site = site_of(request)
    said = site.archive.secrets.scrub_text(text)
    if request.url.path.startswith(f"{BELOW}/"):  # what no route of the interface takes at all
        return refused(said, status)
    return site.render.page(
        request, "error.html.j2", status=status, said=said[:1].upper() + said[1:], code=status
    )
