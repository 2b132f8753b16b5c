"""Requests for records: the list with what is due, the form of intake, and one request."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.desk.requests import Channel, RequestKind, RequestStanding
from archiver.errors import RefusedError, UsageError
from archiver.web.gate import Visitor, needs
from archiver.web.intake_form import MINUTE, IntakeForm
from archiver.web.render import go_on
from archiver.web.request_page import address_of, request_page
from archiver.web.site import Site, site_of
from archiver.web.typed import number_of, said_by

router = APIRouter()
Look = Annotated[Visitor, needs(Permission.REQUESTS)]
Work = Annotated[Visitor, needs(Permission.REQUESTS_WORK)]
Filled = Annotated[IntakeForm, Form()]
SHOWN = ("open", "closed", "all")
SOON = 3  # days before a deadline at which it is called soon
A_PAGE = 50


@router.get("/requests")
def requests_list(
    request: Request, who: Look, show: str = "open", kind: str = "", page: str = "1"
) -> Response:
    """The requests, those that are due first on top."""
    del who
    site = site_of(request)
    show = show if show in SHOWN else "open"
    everything = site.archive.requests.all(open_only=show == "open")
    chosen = [
        each
        for each in everything
        if (show != "closed" or each.entry.state == "closed")
        and (not kind or each.entry.kind == kind)
    ]
    number = max(1, number_of(page, 1))
    return site.render.page(
        request,
        "requests.html.j2",
        shown=chosen[(number - 1) * A_PAGE : number * A_PAGE],
        found=len(chosen),
        tiles=_tiles(site, everything),
        today=site.archive.requests.today(),
        kinds=list(RequestKind),
        show=show,
        kind=kind,
        number=number,
        pages=max(1, -(-len(chosen) // A_PAGE)),
        query=urlencode({"show": show, "kind": kind}),
    )


@router.get("/requests/new")
def new(request: Request, who: Work) -> Response:
    """The form of intake."""
    del who
    return _form(request, IntakeForm())


@router.get("/requests/new/clock")
def clock(request: Request, who: Work, kind: str = "", received: str = "") -> Response:
    """A part of the form: which deadlines the law will set."""
    del who
    site = site_of(request)
    form = IntakeForm(kind=kind or RequestKind.PUBLIC.value, received=received)
    try:
        foreseen = _foreseen(site, form)
    except UsageError as error:
        return site.render.page(request, "request_clock.html.j2", foreseen=(), problem=str(error))
    return site.render.page(request, "request_clock.html.j2", foreseen=foreseen, problem="")


@router.post("/requests/new")
def take_in(request: Request, who: Work, form: Filled) -> Response:
    """Take a request in."""
    site = site_of(request)
    agency = site.archive.settings.sections.agency
    try:
        intake = form.intake(agency.zone, site.archive.clock.now())
        made = site.archive.requests.open(intake, by=who.name)
    except (UsageError, RefusedError) as error:
        return _form(request, form, said=said_by(site, error))
    return go_on(
        who,
        address_of(made.entry.number),
        f"Taken in as {made.entry.number}; it goes to: {made.entry.routed_to}.",
    )


@router.get("/requests/use")
def use(request: Request, who: Work, q: str = "") -> Response:
    """Which request is a search for? Comes from the search of records."""
    del who
    site = site_of(request)
    return site.render.page(
        request,
        "request_use.html.j2",
        shown=site.archive.requests.all(open_only=True),
        today=site.archive.requests.today(),
        q=q,
    )


@router.get("/requests/{number}")
def one(request: Request, who: Look, number: str, act: str = "") -> Response:
    """One request, with all that was done and what comes next. `act`: the form that is open."""
    del who
    return request_page(request, number, act=act)


def _form(request: Request, form: IntakeForm, *, said: str = "") -> Response:
    site = site_of(request)
    zone = site.archive.settings.sections.agency.zone
    now = site.archive.clock.now().astimezone(zone)
    try:
        foreseen = _foreseen(site, form)
    except UsageError:
        foreseen = ()
    return site.render.page(
        request,
        "request_new.html.j2",
        status=422 if said else 200,
        form=form,
        received=form.received or now.strftime(MINUTE),
        latest=now.strftime(MINUTE),
        kinds=list(RequestKind),
        channels=list(Channel),
        foreseen=foreseen,
        problem="",
        said=said,
    )


def _foreseen(site: Site, form: IntakeForm) -> tuple[object, ...]:
    zone = site.archive.settings.sections.agency.zone
    day = form.day(zone, site.archive.clock.now())
    return site.archive.requests.foreseen(form.whose(), day)


def _tiles(site: Site, shown: list[RequestStanding]) -> dict[str, int]:
    today = site.archive.requests.today()
    standing = [each for each in shown if each.entry.state != "closed"]
    left = [(each.next.due - today).days for each in standing if each.next and each.next.due]
    return {
        "open": len(standing),
        "late": sum(days < 0 for days in left),
        "soon": sum(0 <= days <= SOON for days in left),
        "paused": sum(each.paused for each in standing),
    }
