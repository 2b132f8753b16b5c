"""The interface as an application of its own below /api/v1, with its own OpenAPI document."""

from __future__ import annotations

import logging
import secrets
import traceback

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from archiver import __version__
from archiver.errors import ArchiverError
from archiver.web.api import accounts, findings, holds, ledger, records, requests, retention
from archiver.web.api.gate import gate_of
from archiver.web.api.values import Refusal
from archiver.web.shield import BodyTooLongError
from archiver.web.site import Site, site_of
from archiver.web.typed import said_by

SUBJECTS = (accounts, records, findings, holds, requests, retention, ledger)
BELOW = "/api/v1"

_ABOUT = """Read and act in the archive by a program, in the name of the person who made its token.

Every time is UTC, every day is the agency's. A refusal is `{"error": "..."}`, one sentence."""
_REFUSALS = {
    400: "What was asked for is not possible.",
    401: "The token is missing, not known, revoked or over.",
    403: "The token, or its person, may not do this.",
    404: "There is no such thing.",
    409: "Somebody else is at work on the same thing.",
    413: "The body is too large.",
    422: "A field is missing or not as it must be.",
}

log = logging.getLogger(__name__)


def routes() -> list[APIRoute]:
    """Every route. Raises: ValueError for one of another kind."""
    found: list[APIRoute] = []
    for subject in SUBJECTS:
        for route in subject.router.routes:
            if not isinstance(route, APIRoute):
                raise ValueError(f"{subject.__name__} has a route of a kind that takes no gate")
            found.append(route)
    return found


def make_api(site: Site) -> FastAPI:
    """The application. Raises: ValueError when a route has no gate, or more than one."""
    api = FastAPI(
        title=f"Archiver of {site.archive.settings.sections.agency.name}",
        version=__version__,
        description=_ABOUT,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        responses={
            status: {"model": Refusal, "description": text} for status, text in _REFUSALS.items()
        },
        generate_unique_id_function=lambda route: route.name,
    )
    api.state.site = site
    for route in routes():
        scope = f"Scope: `{gate_of(route).permission.value}`."
        if scope not in route.description:
            route.description = f"{route.description}\n\n{scope}"
    for subject in SUBJECTS:
        api.include_router(subject.router)
    api.add_exception_handler(ArchiverError, _said)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(RequestValidationError, _misfilled)
    api.add_exception_handler(BodyTooLongError, _too_long)
    api.add_exception_handler(Exception, _fault)
    return api


async def _said(request: Request, error: Exception) -> Response:
    assert isinstance(error, ArchiverError)
    site = site_of(request)
    if error.http_status >= 500:
        log.error("%s", site.archive.secrets.scrub_text(str(error)))
    return refused(said_by(site, error), error.http_status)


async def _http(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, HTTPException)
    told = {404: "There is nothing at this address.", 405: "This address does not take that."}
    text = told.get(error.status_code, str(error.detail))
    response = refused(text, error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _misfilled(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, RequestValidationError)
    # What was sent is not said again: it could be anything.
    faults = {f"{'.'.join(map(str, e['loc'][1:])) or 'body'} ({e['msg']})" for e in error.errors()}
    return refused(f"Missing or not as it must be: {'; '.join(sorted(faults))}", 422)


async def _too_long(request: Request, error: Exception) -> Response:
    del request, error
    return refused("This is too large to be taken in.", 413)


async def _fault(request: Request, error: Exception) -> Response:
    """The last fence; the log has the details, scrubbed."""
    reference = secrets.token_hex(4)
    text = "".join(traceback.format_exception(error))
    log.error(
        "an unexpected fault (%s) at %s %s\n%s",
        reference,
        request.method,
        request.url.path,
        site_of(request).archive.secrets.scrub_text(text),
    )
    return refused(f"An unexpected fault; please report it with the reference {reference}.", 500)


def refused(text: str, status: int) -> JSONResponse:
    """A refusal as programs get it."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(Refusal(error=text).model_dump(), status_code=status, headers=headers)
