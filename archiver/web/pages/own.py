"""One's own settings: password, language, leaving everywhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.desk.access import Permission
from archiver.desk.sign_in import SignInRefusedError
from archiver.errors import UsageError
from archiver.web.gate import Visitor, needs
from archiver.web.render import go_on
from archiver.web.site import site_of
from archiver.web.words import LANGUAGES

router = APIRouter()
Own = Annotated[Visitor, needs(Permission.OWN)]
Text = Annotated[str, Form()]


@router.get("/own")
def own(request: Request, who: Own) -> Response:
    """Name, roles, and what can be changed."""
    del who
    return site_of(request).render.page(request, "own.html.j2", said="")


@router.post("/own/password")
def password(
    request: Request, who: Own, old: Text = "", new: Text = "", repeated: Text = ""
) -> Response:
    """Change the password."""
    site = site_of(request)
    where = request.client.host if request.client else "unknown"
    try:
        if new != repeated:
            raise UsageError("the two new passwords are not the same")
        site.sign_in.change_password(who.session, old, new, where=where)
    except (SignInRefusedError, UsageError) as error:
        return site.render.page(request, "own.html.j2", status=422, said=str(error))
    return go_on(who, "/own", "The password was changed; you are signed out everywhere else.")


@router.post("/own/language")
def language(request: Request, who: Own, language: Text = "") -> Response:
    """Choose the language of the page."""
    site_of(request).sign_in.set_language(who.session, language if language in LANGUAGES else "")
    return go_on(who, "/own")


@router.post("/own/leave")
def leave(request: Request, who: Own) -> Response:
    """Sign out on every device."""
    site_of(request).sign_in.leave(who.session, everywhere=True)
    return RedirectResponse("/sign-in", status_code=303)
