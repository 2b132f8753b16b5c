"""The gate before every route: who is there, and may they do this?

A route names what it takes, in its signature:

    def holds(request: Request, who: Annotated[Visitor, needs(Permission.HOLDS)]) -> Response: ...

`open_to_all` marks the few that need nobody. A route without one of the two is refused when the
site is made. A request that changes something must carry the session's own token (`csrf`, in the
form or in the header X-CSRF) and must not come from another site.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, unquote, urlsplit

from anyio.to_thread import run_sync
from fastapi import Depends
from fastapi.routing import APIRoute
from starlette.requests import Request

from archiver.desk.access import Permission, Viewer
from archiver.desk.sign_in import SignedIn
from archiver.errors import RefusedError, UsageError
from archiver.web.site import site_of

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
COOKIE = "archiver"
CSRF = "csrf"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class SignInNeededError(Exception):
    """Nobody is signed in, or not completely; the request goes to `where` instead."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who is at the page."""

    session: SignedIn
    viewer: Viewer

    @property
    def name(self) -> str:
        """What their acts are signed with."""
        return self.viewer.name

    @property
    def csrf(self) -> str:
        """What forms carry."""
        return self.session.row.csrf

    def may(self, permission: str) -> bool:
        """For templates: may they?"""
        return self.viewer.may(Permission(permission))


class Needs:
    """Lets through who is signed in and may; with `incomplete` also who still lacks the second
    factor (for the pages that ask for it)."""

    def __init__(self, permission: Permission, *, incomplete: bool = False) -> None:
        self.permission = permission
        self.incomplete = incomplete

    async def __call__(self, request: Request) -> Visitor:
        """The visitor. Raises: SignInNeededError, RefusedError."""
        session = await run_sync(_session, request)
        if session is None:
            raise SignInNeededError(f"/sign-in?next={quote(_here(request))}")
        if request.method not in SAFE:
            await check_origin(request, session.row.csrf)
        if session.lacks and not self.incomplete:
            raise SignInNeededError(f"/sign-in/{session.lacks}?next={quote(_here(request))}")
        visitor = Visitor(session=session, viewer=session.viewer)
        request.state.visitor = visitor
        visitor.viewer.require(self.permission)
        await refuse_nul(request)
        return visitor


class OpenToAll:
    """Marks a route that needs nobody. What changes something must still come from this site."""

    async def __call__(self, request: Request) -> None:
        """Raises: RefusedError when another site sent it."""
        if request.method not in SAFE:
            refuse_other_sites(request)
        await refuse_nul(request)


def needs(permission: Permission, *, incomplete: bool = False) -> Any:
    """The dependency of a route on a permission."""
    return Depends(Needs(permission, incomplete=incomplete))


OpenRoute = Annotated[None, Depends(OpenToAll())]


def gate_of(route: APIRoute) -> Needs | OpenToAll:
    """The gate of a route. Raises: ValueError unless it has exactly one."""
    gates = [
        each.call
        for each in route.dependant.dependencies
        if isinstance(each.call, Needs | OpenToAll)
    ]
    if len(gates) != 1:
        raise ValueError(f"{route.path} has {len(gates)} gates; each route takes exactly one")
    return gates[0]


def cookie_name(*, secure: bool) -> str:
    """`__Host-`: sent to this host alone, over HTTPS alone (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{COOKIE}" if secure else COOKIE


def _session(request: Request) -> SignedIn | None:
    site = site_of(request)
    return site.sign_in.session(request.cookies.get(cookie_name(secure=site.secure), ""))


def _here(request: Request) -> str:
    """Where they wanted to go; for what is no page, home."""
    if request.method != "GET":
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return request.url.path + query


async def check_origin(request: Request, expected: str) -> None:
    """Raises: RefusedError when another site, or an old page, sent it."""
    refuse_other_sites(request)
    given = request.headers.get("x-csrf", "")
    if not given:
        form = await request.form()
        field = form.get(CSRF, "")
        given = field if isinstance(field, str) else ""
    if not secrets.compare_digest(given.encode(), expected.encode()):
        raise RefusedError("this form is from another session; load the page again and repeat it")


def refuse_other_sites(request: Request) -> None:
    """Raises: RefusedError when a browser says that another site sent it."""
    refused = RefusedError("this was sent from another site; open the page itself and repeat it")
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise refused
    origin = request.headers.get("origin", "")
    if origin and origin != "null" and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise refused


async def refuse_nul(request: Request) -> None:
    """A character NUL is no text: no form of ours sends it, and PostgreSQL takes none.

    Raises: UsageError when the address or a field of a form has one.
    """
    given = [request.url.path, unquote(request.url.query)]
    if request.headers.get("content-type", "").startswith(_FORMS):
        given += [each for each in (await request.form()).values() if isinstance(each, str)]
    if any("\0" in each for each in given):
        raise UsageError("there is a character in it that is no text (NUL); leave it out")


def inside(path: str) -> str:
    """A place of this site to go on to; home for anything that could lead elsewhere."""
    parts = urlsplit(path)
    plain = path.startswith("/") and not path.startswith(("//", "/\\"))
    if parts.scheme or parts.netloc or not plain or any(ord(each) < 32 for each in path):
        return "/"
    return path
