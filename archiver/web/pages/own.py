"""One's own settings: password, language, passkeys, tokens for programs, leaving everywhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.desk.access import Permission
from archiver.desk.sign_in import SignInRefusedError
from archiver.desk.tokens import MOST_DAYS, MadeToken, lives, offered
from archiver.errors import RefusedError, UsageError
from archiver.web.gate import Visitor, needs
from archiver.web.passkey_desk import passkeys_of
from archiver.web.render import go_on
from archiver.web.site import site_of
from archiver.web.token_desk import tokens_of
from archiver.web.typed import number_of, said_by
from archiver.web.words import LANGUAGES


class TokenForm(BaseModel):
    """What was typed to make a token."""

    label: str = ""
    scope: list[str] = Field(default_factory=list)
    days: str = "90"

    def scopes(self) -> list[Permission]:
        """What was ticked. Raises: UsageError for a word that is no permission."""
        try:
            return [Permission(each) for each in self.scope]
        except ValueError as error:
            raise UsageError("choose what the program may do from the list") from error


router = APIRouter()
Own = Annotated[Visitor, needs(Permission.OWN)]
Text = Annotated[str, Form()]
Filled = Annotated[TokenForm, Form()]


@router.get("/own")
def own(request: Request, who: Own) -> Response:
    """Name, roles, and what can be changed."""
    return _page(request, who)


@router.post("/own/password")
def password(
    request: Request, who: Own, old: Text = "", new: Text = "", repeated: Text = ""
) -> Response:
    """Change the password."""
    try:
        if new != repeated:
            raise UsageError("the two new passwords are not the same")
        site_of(request).sign_in.change_password(who.session, old, new, where=_where(request))
    except (SignInRefusedError, UsageError) as error:
        return _page(request, who, status=422, said=str(error))
    return go_on(who, "/own", "The password was changed; you are signed out everywhere else.")


@router.post("/own/language")
def language(request: Request, who: Own, language: Text = "") -> Response:
    """Choose the language of the page."""
    site_of(request).sign_in.set_language(who.session, language if language in LANGUAGES else "")
    return go_on(who, "/own")


@router.post("/own/tokens")
def make_token(request: Request, who: Own, form: Filled) -> Response:
    """A token for a program; the answer shows its secret, this once."""
    site = site_of(request)
    try:
        made = tokens_of(request).make(
            who.session.person, form.label, scopes=form.scopes(), days=number_of(form.days)
        )
    except (UsageError, RefusedError) as error:
        return _page(request, who, status=422, said=said_by(site, error), form=form)
    return _page(request, who, made=made)


@router.post("/own/tokens/{token}/revoke")
def revoke_token(request: Request, who: Own, token: str) -> Response:
    """End one of one's own tokens."""
    row = tokens_of(request).revoke(number_of(token), who.session.person, by=who.name)
    return go_on(who, "/own", f'The token "{row.label}" is revoked.')


@router.post("/own/passkeys/options")
def passkey_options(request: Request, who: Own) -> Response:
    """What the device makes a passkey of, as JSON."""
    options = passkeys_of(request).offer(who.session)
    return Response(options, media_type="application/json")


@router.post("/own/passkeys")
def add_passkey(request: Request, who: Own, device: Text = "", answer: Text = "") -> Response:
    """Keep a passkey that the device made."""
    try:
        passkeys_of(request).add(who.session, device, answer, where=_where(request))
    except (UsageError, RefusedError) as error:
        return _page(request, who, status=422, said=said_by(site_of(request), error))
    return go_on(who, "/own", f'The passkey "{device.strip()}" signs you in from now on.')


@router.post("/own/passkeys/{passkey}/remove")
def remove_passkey(request: Request, who: Own, passkey: str) -> Response:
    """A device signs in no more."""
    row = passkeys_of(request).remove(who.session, number_of(passkey), where=_where(request))
    return go_on(who, "/own", f'The passkey "{row.label}" is removed.')


@router.post("/own/leave")
def leave(request: Request, who: Own) -> Response:
    """Sign out on every device."""
    site_of(request).sign_in.leave(who.session, everywhere=True)
    return RedirectResponse("/sign-in", status_code=303)


def _where(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _page(
    request: Request,
    who: Visitor,
    *,
    status: int = 200,
    said: str = "",
    form: TokenForm | None = None,
    made: MadeToken | None = None,
) -> Response:
    site = site_of(request)
    now = site.archive.clock.now()
    person = who.session.person
    return site.render.page(
        request,
        "own.html.j2",
        status=status,
        said=said,
        form=form or TokenForm(),
        made=made,
        address=site.address,
        most_days=MOST_DAYS,
        offered=offered(person.roles),
        passkeys=passkeys_of(request).possible,
        keys=passkeys_of(request).of(person.id),
        tokens=[(each, lives(each, now)) for each in tokens_of(request).of(person.id)],
    )
