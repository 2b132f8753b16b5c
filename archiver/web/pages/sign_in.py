"""Signing in and out: login and password, the second factor, a one-time code."""

from __future__ import annotations

from typing import Annotated

import segno
from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.desk.access import Permission
from archiver.desk.sign_in import SignInRefusedError
from archiver.errors import UsageError
from archiver.web.gate import OpenRoute, Visitor, cookie_name, inside, needs
from archiver.web.site import Site, site_of

router = APIRouter()
Incomplete = Annotated[Visitor, needs(Permission.OWN, incomplete=True)]
Text = Annotated[str, Form()]


@router.get("/sign-in")
def ask(request: Request, _: OpenRoute, next: str = "/") -> Response:
    """The form."""
    return _form(request, "", "", inside(next))


@router.post("/sign-in")
def sign_in(
    request: Request,
    _: OpenRoute,
    login: Text = "",
    password: Text = "",
    next: Text = "/",
) -> Response:
    """Sign in by password."""
    site = site_of(request)
    try:
        cookie = site.sign_in.with_password(login, password, where=_where(request))
    except SignInRefusedError as error:
        return _form(request, str(error), login, inside(next))
    return _come_in(site, cookie, inside(next))


@router.get("/invitation")
def invitation(request: Request, _: OpenRoute) -> Response:
    """Where a one-time code is given."""
    return _chosen(request, "", "")


@router.post("/invitation")
def accept(
    request: Request, _: OpenRoute, code: Text = "", password: Text = "", repeated: Text = ""
) -> Response:
    """Choose a password."""
    site = site_of(request)
    try:
        if password != repeated:
            raise UsageError("the two passwords are not the same")
        cookie = site.sign_in.accept(code, password, where=_where(request))
    except (SignInRefusedError, UsageError) as error:
        return _chosen(request, str(error), code)
    return _come_in(site, cookie, "/")


@router.get("/sign-in/code")
def ask_code(request: Request, who: Incomplete, next: str = "/") -> Response:
    """Ask for a code of the second factor."""
    if not who.session.lacks:
        return RedirectResponse(inside(next), status_code=303)
    return site_of(request).render.page(request, "sign_in_code.html.j2", said="", next=inside(next))


@router.post("/sign-in/code")
def give_code(
    request: Request,
    who: Incomplete,
    code: Text = "",
    next: Text = "/",
) -> Response:
    """Complete the session."""
    site = site_of(request)
    try:
        site.sign_in.with_code(who.session, code, where=_where(request))
    except SignInRefusedError as error:
        return site.render.page(
            request, "sign_in_code.html.j2", status=401, said=str(error), next=inside(next)
        )
    return RedirectResponse(inside(next), status_code=303)


@router.get("/sign-in/factor")
def ask_factor(request: Request, who: Incomplete, next: str = "/") -> Response:
    """Set a second factor up."""
    return _factor(request, who, "", inside(next))


@router.post("/sign-in/factor")
def give_factor(
    request: Request,
    who: Incomplete,
    code: Text = "",
    next: Text = "/",
) -> Response:
    """Take the second factor up."""
    try:
        site_of(request).sign_in.set_factor(who.session, code, where=_where(request))
    except UsageError as error:
        return _factor(request, who, str(error), inside(next))
    return RedirectResponse(inside(next), status_code=303)


@router.post("/sign-out")
def sign_out(request: Request, who: Incomplete) -> Response:
    """Leave."""
    site = site_of(request)
    site.sign_in.leave(who.session)
    response = RedirectResponse("/sign-in", status_code=303)
    name = cookie_name(secure=site.secure)
    response.delete_cookie(name, secure=site.secure, httponly=True, samesite="lax")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _come_in(site: Site, cookie: str, where: str) -> Response:
    response = RedirectResponse(where, status_code=303)
    response.set_cookie(
        cookie_name(secure=site.secure), cookie, secure=site.secure, httponly=True, samesite="lax"
    )
    return response


def _form(request: Request, said: str, login: str, following: str) -> Response:
    site = site_of(request)
    return site.render.page(
        request,
        "sign_in.html.j2",
        status=401 if said else 200,
        said=said,
        login=login,
        next=following,
        oidc=site.archive.settings.sections.web.oidc,
    )


def _chosen(request: Request, said: str, code: str) -> Response:
    return site_of(request).render.page(
        request, "invitation.html.j2", status=422 if said else 200, said=said, code=code
    )


def _factor(request: Request, who: Visitor, said: str, following: str) -> Response:
    address = site_of(request).sign_in.new_factor(who.session)
    secret = address.partition("secret=")[2].partition("&")[0]
    return site_of(request).render.page(
        request,
        "sign_in_factor.html.j2",
        status=422 if said else 200,
        said=said,
        secret=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        picture=segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="white"),
        next=following,
    )


def _where(request: Request) -> str:
    return request.client.host if request.client else "unknown"
