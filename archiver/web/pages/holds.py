"""Holds: what stands, what a new one would catch, and one hold with all that was done about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.desk.hold_order import HoldOrder, in_words
from archiver.desk.hold_reviews import TELL_AHEAD
from archiver.desk.hold_standing import HoldStanding
from archiver.errors import ArchiverError, RefusedError, UsageError
from archiver.web.gate import Visitor, needs
from archiver.web.hold_form import HoldForm
from archiver.web.render import go_on
from archiver.web.site import Site, site_of
from archiver.web.typed import number_of, said_by
from retention.facts import HoldKind

router = APIRouter()
Reader = Annotated[Visitor, needs(Permission.HOLDS)]
Counsel = Annotated[Visitor, needs(Permission.HOLDS_PLACE)]
Filled = Annotated[HoldForm, Form()]
A_PAGE = 50
TABS = ("reach", "records", "custodians", "history")
TAKEN = "new"  # the address of the form, so no hold's own


@router.get("/holds")
def holds(request: Request, who: Reader, tab: str = "open") -> Response:
    """The holds that stand, with what waits for a person; the released ones on a tab."""
    del who
    site = site_of(request)
    every = site.archive.holds.all()
    standing = [each for each in every if each.entry.released_on is None]
    binding = [each for each in every if each.entry.released_on is not None and each.binds]
    over = [each for each in every if each.entry.released_on is not None and not each.binds]
    shown = {"released": [*binding, *over]}.get(tab, standing)
    today = site.archive.holds.today()
    to_tell = [
        each
        for each in standing
        if (limit := each.entry.limit) is not None
        and limit.lapses is not None
        and limit.notice is None
        and limit.lapses - TELL_AHEAD <= today
    ]
    return site.render.page(
        request,
        "holds.html.j2",
        shown=shown,
        tab="released" if tab == "released" else "open",
        standing=standing,
        released=[*binding, *over],
        due=[each for each in standing if each.review_due],
        unconfirmed=[each for each in standing if each.untold or each.waiting_for],
        lapsed=[each for each in standing if each.lapsed],
        to_tell=to_tell,
        in_words=in_words,
    )


@router.get("/holds/new")
def new(request: Request, who: Counsel, pick: str = "", account: str = "") -> Response:
    """The form of a new hold; an address may name records or an account to begin with."""
    del who
    form = HoldForm(pick="\n".join(pick.split(",")), account=[account] if account else [])
    return _form(request, form)


@router.post("/holds/new")
def again(request: Request, who: Counsel, form: Filled) -> Response:
    """The form again, with what was typed."""
    del who
    return _form(request, form)


@router.post("/holds/reach")
def reach(request: Request, who: Counsel, form: Filled) -> Response:
    """A part of the form: how much the scope reaches, as it is being typed."""
    site = site_of(request)
    found, said = None, ""
    try:
        scope = form.scope(site.archive.holds)
        found = site.archive.holds.preview(scope, departments=who.viewer.departments)
    except (UsageError, RefusedError) as error:
        said = said_by(site, error)
    return site.render.page(request, "hold_reach.html.j2", found=found, problem=said)


@router.post("/holds/preview")
def preview(request: Request, who: Counsel, form: Filled) -> Response:
    """What the hold would catch, and whom it would oblige, before it is placed."""
    site = site_of(request)
    try:
        draft = site.archive.holds.draft(form.order(site.archive.holds, issuer=who.name))
        found = site.archive.holds.preview(draft.scope, departments=who.viewer.departments)
    except (UsageError, RefusedError) as error:
        return _form(request, form, error)
    return site.render.page(
        request,
        "hold_preview.html.j2",
        form=form,
        draft=draft,
        found=found,
        words=in_words(draft.scope),
    )


@router.post("/holds")
def place(request: Request, who: Counsel, form: Filled) -> Response:
    """Place it."""
    site = site_of(request)
    try:
        order = form.order(site.archive.holds, issuer=who.name)
        placed = site.archive.holds.place(_with_free_address(site, order))
    except (UsageError, RefusedError) as error:
        return _form(request, form, error)
    return go_on(
        who,
        f"/holds/{placed.entry.name}",
        f"The hold is in force. It keeps {placed.records:,} records, and whatever comes later "
        "that it reaches. Next: give its custodians notice.",
    )


@router.get("/holds/{name}")
def hold(
    request: Request,
    who: Reader,
    name: str,
    tab: str = "reach",
    account: str = "",
    before: str = "",
) -> Response:
    """One hold: what it reaches, its records, its custodians, its history."""
    site = site_of(request)
    return hold_page(request, site, who, name, tab=tab, account=account, before=before)


def hold_page(
    request: Request,
    site: Site,
    who: Visitor,
    name: str,
    *,
    tab: str = "reach",
    account: str = "",
    before: str = "",
    problem: ArchiverError | None = None,
) -> Response:
    """The page of a hold, with what was refused if something was.

    Raises: NotFoundError when there is no such hold.
    """
    found = site.archive.holds
    standing = found.get(name)
    chosen = tab if tab in TABS else "reach"
    caught = []
    if chosen == "records":
        caught = found.caught(
            name,
            departments=who.viewer.departments,
            account=account,
            before=number_of(before) or None,
            limit=A_PAGE + 1,
        )
    return site.render.page(
        request,
        "hold.html.j2",
        status=422 if problem else 200,
        said=said_by(site, problem),
        standing=standing,
        entry=standing.entry,
        tab=chosen,
        scopes=[in_words(each) for each in standing.entry.scopes],
        reached=found.reach(name) if chosen in ("reach", "records") else [],
        events=list(reversed(found.history(name))) if chosen in ("history", "custodians") else [],
        caught=caught[:A_PAGE],
        more=len(caught) > A_PAGE,
        account=account,
        before=before,
        own=needs_other(site, standing, who),
        mail=site.archive.settings.sections.alarms.mail is not None,
    )


def needs_other(site: Site, standing: HoldStanding, who: Visitor) -> bool:
    """Would it take somebody else than this visitor to release the hold?"""
    other = site.archive.settings.sections.agency.hold_release_needs_other
    return other and standing.entry.issuer.casefold() == who.name.casefold()


def _form(request: Request, form: HoldForm, error: ArchiverError | None = None) -> Response:
    site = site_of(request)
    entries = site.archive.accounts.all()
    return site.render.page(
        request,
        "hold_form.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        form=form,
        entries=entries,
        departments=sorted({each.department for each in entries if each.department}),
        kinds=[each.value for each in HoldKind],
    )


def _with_free_address(site: Site, order: HoldOrder) -> HoldOrder:
    """A hold gets its address from its matter, and none may take that of the form."""
    if site.archive.holds.draft(order).name == TAKEN:
        return replace(order, name=f"{TAKEN}-hold")
    return order
