"""What is done about a request: answer, hand on, the clock, remarks, and the end."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.web.gate import Visitor, needs
from archiver.web.render import go_on
from archiver.web.request_page import address_of, done, request_page, sets_of
from archiver.web.site import site_of
from archiver.web.typed import day_of, number_of, said_by

router = APIRouter()
Work = Annotated[Visitor, needs(Permission.REQUESTS_WORK)]
Text = Annotated[str, Form()]
OUTCOMES = ("produced", "partly produced", "denied", "no records", "withdrawn", "referred")


@router.post("/requests/{number}/acknowledge")
def acknowledge(request: Request, who: Work, number: str, estimate: Text = "") -> Response:
    """The requester was told that it came."""
    desk = site_of(request).archive.requests
    return done(
        request,
        who,
        number,
        lambda: desk.acknowledge(
            number, by=who.name, estimate=day_of(estimate, "Answer expected on")
        ),
        act="acknowledge",
        notice="Kept: the requester was told that the request came.",
        typed={"estimate": estimate},
    )


@router.post("/requests/{number}/route")
def route(request: Request, who: Work, number: str, to: Text = "", reason: Text = "") -> Response:
    """Hand it to somebody else."""
    desk = site_of(request).archive.requests
    return done(
        request,
        who,
        number,
        lambda: desk.route(number, to, by=who.name, reason=reason),
        act="route",
        notice=f"The request is handed to: {to.strip()}.",
        typed={"to": to, "reason": reason},
    )


@router.post("/requests/{number}/pause")
def pause(request: Request, who: Work, number: str, reason: Text = "") -> Response:
    """Stop the clock."""
    desk = site_of(request).archive.requests
    return done(
        request,
        who,
        number,
        lambda: desk.pause(number, by=who.name, reason=reason),
        act="pause",
        notice="The clock stands from today on.",
        typed={"reason": reason},
    )


@router.post("/requests/{number}/resume")
def resume(request: Request, who: Work, number: str, reason: Text = "") -> Response:
    """Let the clock run again."""
    desk = site_of(request).archive.requests
    return done(
        request,
        who,
        number,
        lambda: desk.resume(number, by=who.name, reason=reason),
        act="resume",
        notice="The clock runs again from tomorrow on.",
        typed={"reason": reason},
    )


@router.post("/requests/{number}/extend")
def extend(
    request: Request, who: Work, number: str, days: Text = "", reason: Text = ""
) -> Response:
    """Extend the deadline, as far as the law lets."""
    desk = site_of(request).archive.requests
    return done(
        request,
        who,
        number,
        lambda: desk.extend(number, number_of(days), by=who.name, reason=reason),
        act="extend",
        notice="The deadline is extended. Tell the requester: write the letter of extension.",
        typed={"days": days, "reason": reason},
    )


@router.post("/requests/{number}/meet")
def meet(request: Request, who: Work, number: str, deadline: Text = "", how: Text = "") -> Response:
    """A deadline was met."""
    desk = site_of(request).archive.requests

    def act() -> None:
        if not how.strip():
            raise UsageError("say how the deadline was met: what was answered")
        desk.meet(number, deadline, by=who.name, how=how.strip())

    return done(
        request,
        who,
        number,
        act,
        act="meet",
        notice="Kept: the deadline was met.",
        typed={"deadline": deadline, "how": how},
    )


@router.post("/requests/{number}/note")
def note(request: Request, who: Work, number: str, text: Text = "") -> Response:
    """Keep a remark."""
    desk = site_of(request).archive.requests
    return done(
        request,
        who,
        number,
        lambda: desk.note(number, text, by=who.name),
        act="note",
        notice="The remark is kept.",
        typed={"text": text},
    )


@router.post("/requests/{number}/digest")
def digest(request: Request, who: Work, number: str, set_number: Text = "") -> Response:
    """Is a result set still what was frozen?"""
    found = number_of(set_number)
    if not site_of(request).review.sets.still_holds(number, found):
        said = (
            f"Result set {found} is NOT what was frozen: its digest does not hold. Produce "
            "nothing from it, and have the archive verified."
        )
        return request_page(request, number, said=said, status=422)
    return go_on(
        who, address_of(number), f"Result set {found} is exactly what was frozen: its digest holds."
    )


@router.get("/requests/{number}/close")
def closing(request: Request, who: Work, number: str) -> Response:
    """What closing means, before it is done."""
    return _closing(request, who, number, outcome="", remark="")


@router.post("/requests/{number}/close")
def close(
    request: Request, who: Work, number: str, outcome: Text = "", remark: Text = ""
) -> Response:
    """Close it; its freeze is released."""
    desk = site_of(request).archive.requests
    ended = f"{outcome}: {remark.strip()}" if outcome and remark.strip() else outcome
    try:
        _, stays = desk.close(number, ended, by=who.name)
    except NotFoundError:
        raise
    except (UsageError, RefusedError) as error:
        said = said_by(site_of(request), error)
        return _closing(request, who, number, outcome=outcome, remark=remark, said=said)
    notice = f"{number} is closed."
    if stays:
        notice += f" Its freeze was not released: {stays}"
    return go_on(who, address_of(number), notice)


def _closing(
    request: Request, who: Visitor, number: str, *, outcome: str, remark: str, said: str = ""
) -> Response:
    site = site_of(request)
    standing = site.archive.requests.get(number)
    hold = site.archive.holds.get(standing.entry.hold) if standing.entry.hold else None
    agency = site.archive.settings.sections.agency
    return site.render.page(
        request,
        "request_close.html.j2",
        status=422 if said else 200,
        standing=standing,
        entry=standing.entry,
        hold=hold,
        own_hold=hold is not None
        and agency.hold_release_needs_other
        and hold.entry.issuer.casefold() == who.name.casefold(),
        sets=sets_of(site, number),
        outcomes=OUTCOMES,
        outcome=outcome,
        remark=remark,
        said=said,
    )
