"""Signing in and out: login and password, the second factor, a one-time code, a passkey, and
the agency's own sign-in."""

from __future__ import annotations

from typing import Annotated

import segno
from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.desk.access import Permission
from archiver.desk.openid import LASTS
from archiver.desk.sign_in import SignInRefusedError
from archiver.errors import UsageError
from archiver.web.gate import OpenRoute, Visitor, cookie_name, inside, needs
from archiver.web.openid_desk import openid_of
from archiver.web.passkey_desk import passkeys_of
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


@router.post("/sign-in/passkey/options")
def passkey_options(request: Request, _: OpenRoute) -> Response:
    """What a device proves a passkey for, as JSON."""
    return Response(passkeys_of(request).ask(), media_type="application/json")


@router.post("/sign-in/passkey")
def give_passkey(request: Request, _: OpenRoute, answer: Text = "", next: Text = "/") -> Response:
    """Sign in by a passkey."""
    try:
        cookie = passkeys_of(request).sign_in(answer, where=_where(request))
    except SignInRefusedError as error:
        return _form(request, str(error), "", inside(next))
    return _come_in(site_of(request), cookie, inside(next))


@router.get("/sign-in/oidc")
def leave_for_agency(request: Request, _: OpenRoute, next: str = "/") -> Response:
    """Go to the agency's own sign-in."""
    site = site_of(request)
    try:
        begun = openid_of(request).begin(back=_back(site), following=inside(next))
    except SignInRefusedError as error:
        return _form(request, str(error), "", inside(next))
    response = RedirectResponse(begun.address, status_code=303)
    response.set_cookie(
        _ticket_name(site),
        begun.ticket,
        max_age=int(LASTS.total_seconds()),
        secure=site.secure,
        httponly=True,
        samesite="lax",  # the agency's sign-in sends back from another site
    )
    return response


@router.get("/sign-in/oidc/back")
def come_back(request: Request, _: OpenRoute) -> Response:
    """Come back from the agency's own sign-in."""
    site = site_of(request)
    name = _ticket_name(site)
    try:
        cookie, following = openid_of(request).finish(
            request.cookies.get(name, ""),
            dict(request.query_params),
            back=_back(site),
            where=_where(request),
        )
    except SignInRefusedError as error:
        response = _form(request, str(error), "", "/")
    else:
        response = _come_in(site, cookie, inside(following))
    response.delete_cookie(name, secure=site.secure, httponly=True, samesite="lax")
    return response


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


def _back(site: Site) -> str:
    """Where the agency's sign-in sends people back to; it knows this address."""
    return f"{site.address}/sign-in/oidc/back"


def _ticket_name(site: Site) -> str:
    return f"{cookie_name(secure=site.secure)}-oidc"


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
        said=said[:1].upper() + said[1:],
        login=login,
        next=following,
        passkeys=passkeys_of(request).possible,
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
