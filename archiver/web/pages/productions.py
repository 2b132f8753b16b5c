"""Productions: the index of all, and one with its proof, its check, and where it went."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.desk.access import Permission
from archiver.errors import ArchiverError, BusyError, NotFoundError
from archiver.model.queries.productions import ABANDONED, BEGUN, DELIVERED, DONE, ProductionRow
from archiver.web.gate import Visitor, needs
from archiver.web.kept import jobs_of
from archiver.web.pages.production_making import progress_address
from archiver.web.produce_form import said_of
from archiver.web.production_desk import handouts_of, require_all, sees_into
from archiver.web.production_work import Board, check_key, key_of
from archiver.web.render import go_on
from archiver.web.site import site_of
from archiver.web.typed import number_of

router = APIRouter()
Look = Annotated[Visitor, needs(Permission.REQUESTS)]
Maker = Annotated[Visitor, needs(Permission.PRODUCE)]
Text = Annotated[str, Form()]
STATES = (BEGUN, DONE, DELIVERED, ABANDONED)
A_PAGE = 50


@router.get("/productions")
def index(request: Request, who: Look, state: str = "", page: str = "1") -> Response:
    """The index of productions: what was given out, to which request, when. Newest first."""
    site = site_of(request)
    rows = [
        each
        for each in reversed(site.archive.productions.all())
        if state not in STATES or each.state == state
    ]
    own = who.viewer.departments
    number = max(1, number_of(page, 1))
    jobs = jobs_of(request)
    shown = rows[(number - 1) * A_PAGE : number * A_PAGE]
    at_work = {each.id for each in shown if (job := jobs.get(key_of(each.request))) and job.running}
    return site.render.page(
        request,
        "productions.html.j2",
        shown=shown,
        found=len(rows),
        closed_off=handouts_of(site).beyond(own) if own else frozenset(),
        at_work=at_work,
        states=STATES,
        state=state if state in STATES else "",
        number=number,
        pages=max(1, -(-len(rows) // A_PAGE)),
    )


@router.get("/productions/{name}")
def one(request: Request, who: Look, name: str) -> Response:
    """One production."""
    return _page(request, who, site_of(request).archive.productions.get(name))


@router.post("/productions/{name}/resume")
def resume(request: Request, who: Maker, name: str) -> Response:
    """Go on with one that was cut off, at the first step that is not done."""
    site = site_of(request)
    row = site.archive.productions.get(name)
    require_all(site, who, row)
    if row.state != BEGUN:
        return go_on(who, _address(name), f"{name} is not cut off; there is nothing to resume.")
    board = Board(number=row.request, formats=row.options["formats"])
    board.tell("staging", 0, 0)
    try:
        jobs_of(request).start(
            key_of(row.request),
            lambda _: site.archive.productions.resume(row.request, progress=board.tell),
            by=who.name,
            subject=board,
        )
    except BusyError as error:
        return _page(request, who, row, said=said_of(site, error))
    return RedirectResponse(progress_address(row.request), status_code=303)


@router.post("/productions/{name}/check")
def check(request: Request, who: Maker, name: str) -> Response:
    """Read the whole package again, in the background."""
    site = site_of(request)
    row = site.archive.productions.get(name)
    require_all(site, who, row)
    desk = handouts_of(site)
    try:
        jobs_of(request).start(
            check_key(name),
            lambda _: desk.check(row, by=who.name),
            by=who.name,
            subject=Board(number=row.request, checked=name),
        )
    except BusyError as error:
        return _page(request, who, row, said=said_of(site, error))
    return RedirectResponse(f"{_address(name)}#check", status_code=303)


@router.get("/productions/{name}/check")
def checking(request: Request, who: Look, name: str) -> Response:
    """A part of the page: how the check goes."""
    del who
    site = site_of(request)
    row = site.archive.productions.get(name)
    job = jobs_of(request).get(check_key(name))
    if request.headers.get("hx-request") != "true":
        return RedirectResponse(f"{_address(name)}#check", status_code=303)
    if job is None or not job.running:
        return Response(headers={"HX-Redirect": f"{_address(name)}#check", "HX-Refresh": "true"})
    return site.render.page(request, "production_check.html.j2", row=row, job=job)


@router.post("/productions/{name}/deliver")
def deliver(request: Request, who: Maker, name: str, to: Text = "", how: Text = "") -> Response:
    """It was handed over."""
    site = site_of(request)
    row = site.archive.productions.get(name)
    require_all(site, who, row)
    try:
        site.archive.productions.deliver(name, to=to, how=how, by=who.name)
    except NotFoundError:
        raise
    except ArchiverError as error:
        return _page(
            request,
            who,
            row,
            said=said_of(site, error),
            typed={"to": to, "how": how},
            act="deliver",
        )
    return go_on(who, _address(name), f"Kept: {name} was handed over to {to.strip()}.")


@router.get("/productions/{name}/abandon")
def abandoning(request: Request, who: Maker, name: str) -> Response:
    """What abandoning means, before it is done."""
    return _abandoning(request, who, name)


@router.post("/productions/{name}/abandon")
def abandon(request: Request, who: Maker, name: str, reason: Text = "") -> Response:
    """Give it up: its files go, its numbers stay used."""
    site = site_of(request)
    require_all(site, who, site.archive.productions.get(name))
    try:
        row = site.archive.productions.abandon(name, reason=reason, by=who.name)
    except NotFoundError:
        raise
    except ArchiverError as error:
        return _abandoning(request, who, name, reason=reason, said=said_of(site, error))
    return go_on(who, _address(row.folder), f"{row.folder} is abandoned; its files are removed.")


def _abandoning(
    request: Request, who: Visitor, name: str, *, reason: str = "", said: str = ""
) -> Response:
    site = site_of(request)
    row = site.archive.productions.get(name)
    require_all(site, who, row)
    return site.render.page(
        request,
        "production_abandon.html.j2",
        status=422 if said else 200,
        row=row,
        reason=reason,
        said=said,
    )


def _page(
    request: Request,
    who: Visitor,
    row: ProductionRow,
    *,
    said: str = "",
    typed: dict[str, str] | None = None,
    act: str = "",
) -> Response:
    site = site_of(request)
    desk = handouts_of(site)
    standing = site.archive.requests.get(row.request)
    open_to = sees_into(site, who, row)
    payload = desk.payload(row)
    making = jobs_of(request).get(key_of(row.request))
    return site.render.page(
        request,
        "production.html.j2",
        status=422 if said else 200,
        row=row,
        entry=standing.entry,
        history=[each for each in standing.history if each.detail.get("production") == row.folder],
        counts=desk.counts(row),
        payload=payload,
        folders=desk.listing(row, "data") if payload and open_to else [],
        open_to=open_to,
        at_work=making is not None and making.running,
        failed=said_of(site, making.error)
        if making and isinstance(making.error, ArchiverError) and row.state == BEGUN
        else "",
        job=jobs_of(request).get(check_key(row.folder)),
        said=said,
        typed={"to": standing.entry.requester, "how": "", **(typed or {})},
        act=act,
    )


def _address(name: str) -> str:
    return f"/productions/{quote(name, safe='')}"
