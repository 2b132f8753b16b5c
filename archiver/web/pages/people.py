"""People: who may use the page, what each role may; inviting, changing, disabling."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import MAY, Permission, Role
from archiver.desk.people import INVITATION_LASTS, Invited, PersonState
from archiver.desk.tokens import lives
from archiver.errors import ArchiverError, NotFoundError, RefusedError, UsageError
from archiver.model.queries.people import Person
from archiver.web.gate import Visitor, needs
from archiver.web.people_form import PersonForm, form_of
from archiver.web.render import go_on
from archiver.web.site import Site, site_of
from archiver.web.token_desk import tokens_of
from archiver.web.typed import number_of, said_by

router = APIRouter()
Administrator = Annotated[Visitor, needs(Permission.PEOPLE)]
Filled = Annotated[PersonForm, Form()]
Text = Annotated[str, Form()]

_P = Permission
MATTERS: tuple[tuple[str, tuple[Permission, ...]], ...] = (
    ("everybody", (_P.OWN, _P.STATUS)),
    ("records", (_P.RECORDS, _P.SEARCHES, _P.VERIFY, _P.FINDINGS)),
    ("accounts", (_P.ACCOUNTS, _P.ACCOUNTS_PROPOSE, _P.ACCOUNTS_APPROVE, _P.CAPTURE)),
    ("holds", (_P.HOLDS, _P.HOLDS_PLACE)),
    ("requests", (_P.REQUESTS, _P.REQUESTS_WORK, _P.REVIEW, _P.PRODUCE)),
    (
        "retention",
        (
            _P.RETENTION, _P.RETENTION_STATE, _P.RETENTION_ADOPT, _P.DISPOSITION_PROPOSE,
            _P.DISPOSITION_APPROVE, _P.DISPOSITION_EXECUTE,
        ),
    ),
    ("public", (_P.REMOVALS, _P.REMOVE, _P.PORTAL)),
    ("archive", (_P.AUDIT, _P.PEOPLE)),
)  # fmt: skip
"""The permissions as the table of roles groups them."""


@router.get("/people")
def people(request: Request, who: Administrator) -> Response:
    """All, by name; disabled ones last."""
    del who
    site = site_of(request)
    everybody = site.people.all()
    count = {state: sum(each.state == state for each in everybody) for state in PersonState}
    return site.render.page(
        request,
        "people.html.j2",
        people=sorted(everybody, key=lambda each: each.state == PersonState.DISABLED),
        count=count,
        now=site.archive.clock.now(),
        second_factor=site.archive.settings.sections.web.second_factor,
    )


@router.get("/people/roles")
def roles(request: Request, who: Administrator) -> Response:
    """What each role may."""
    del who
    return site_of(request).render.page(
        request, "people_roles.html.j2", matters=MATTERS, roles=list(Role), may=MAY
    )


@router.get("/people/new")
def new(request: Request, who: Administrator) -> Response:
    """The form of an invitation."""
    del who
    return _form(request, PersonForm())


@router.post("/people/new")
def invite(request: Request, who: Administrator, form: Filled) -> Response:
    """Invite; the answer shows the one-time code, this once."""
    site = site_of(request)
    try:
        invited = site.people.invite(
            form.login,
            form.name,
            roles=form.roles(),
            departments=form.departments(),
            by=who.name,
        )
    except (UsageError, RefusedError) as error:
        return _form(request, form, error)
    return _code(request, invited)


@router.get("/people/{number}")
def person(request: Request, who: Administrator, number: str) -> Response:
    """One person."""
    return _page(request, who, _meant(request, number))


@router.post("/people/{number}/change")
def change(request: Request, who: Administrator, number: str, form: Filled) -> Response:
    """Give other roles and departments."""
    site = site_of(request)
    meant = _meant(request, number)
    try:
        changed = site.people.change(
            meant.login, roles=form.roles(), departments=form.departments(), by=who.name
        )
    except (UsageError, RefusedError) as error:
        return _page(request, who, meant, error, form)
    return go_on(
        who, _address(changed), f"{changed.name} has these roles and departments from now on."
    )


@router.post("/people/{number}/invite-again")
def invite_again(request: Request, who: Administrator, number: str) -> Response:
    """A new one-time code for somebody who lost password or second factor."""
    meant = _meant(request, number)
    try:
        return _code(request, site_of(request).people.invite_again(meant.login, by=who.name))
    except (UsageError, RefusedError) as error:
        return _page(request, who, meant, error)


@router.post("/people/{number}/enable")
def enable(request: Request, who: Administrator, number: str) -> Response:
    """Let somebody in again."""
    meant = _meant(request, number)
    try:
        return _code(request, site_of(request).people.enable(meant.login, by=who.name))
    except (UsageError, RefusedError) as error:
        return _page(request, who, meant, error)


@router.get("/people/{number}/disable")
def disabling(request: Request, who: Administrator, number: str) -> Response:
    """What disabling means, before it is done."""
    del who
    return _disabling(request, _meant(request, number))


@router.post("/people/{number}/disable")
def disable(request: Request, who: Administrator, number: str, reason: Text = "") -> Response:
    """Sign somebody out and let them in no more."""
    meant = _meant(request, number)
    try:
        site_of(request).people.disable(meant.login, reason=reason, by=who.name)
    except (UsageError, RefusedError) as error:
        return _disabling(request, meant, reason, error)
    return go_on(who, _address(meant), f"{meant.name} is disabled and signed out everywhere.")


@router.post("/people/{number}/tokens/{token}/revoke")
def revoke(request: Request, who: Administrator, number: str, token: str) -> Response:
    """End a program's token of this person."""
    meant = _meant(request, number)
    row = tokens_of(request).revoke(number_of(token), meant, by=who.name)
    return go_on(who, _address(meant), f'The token "{row.label}" is revoked.')


def _meant(request: Request, number: str) -> Person:
    """Raises: NotFoundError."""
    if not (number.isascii() and number.isdecimal() and len(number) < 16):
        raise NotFoundError("there is nobody at this address; the list of people shows all")
    return site_of(request).people.numbered(int(number))


def _address(meant: Person) -> str:
    return f"/people/{meant.id}"


def _departments(site: Site) -> list[str]:
    """Those that have an account."""
    return sorted({each.department for each in site.archive.accounts.all() if each.department})


def _form(request: Request, form: PersonForm, error: ArchiverError | None = None) -> Response:
    site = site_of(request)
    return site.render.page(
        request,
        "people_form.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        form=form,
        roles=list(Role),
        departments=_departments(site),
    )


def _code(request: Request, invited: Invited) -> Response:
    """The page that shows a one-time code. It is no address that could be opened again."""
    site = site_of(request)
    return site.render.page(
        request,
        "person_code.html.j2",
        invited=invited,
        address=site.address,
        days=INVITATION_LASTS.days,
    )


def _page(
    request: Request,
    who: Visitor,
    meant: Person,
    error: ArchiverError | None = None,
    form: PersonForm | None = None,
) -> Response:
    site = site_of(request)
    now = site.archive.clock.now()
    known = _departments(site)
    filled = form or form_of(
        meant.roles, meant.departments, known, login=meant.login, name=meant.name
    )
    return site.render.page(
        request,
        "person.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        person=meant,
        oneself=meant.id == who.session.person.id,
        form=filled,
        roles=list(Role),
        departments=known,
        now=now,
        tokens=[(each, lives(each, now)) for each in tokens_of(request).of(meant.id)],
        second_factor=site.archive.settings.sections.web.second_factor,
    )


def _disabling(
    request: Request, meant: Person, reason: str = "", error: ArchiverError | None = None
) -> Response:
    site = site_of(request)
    return site.render.page(
        request,
        "person_disable.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        person=meant,
        reason=reason,
    )
