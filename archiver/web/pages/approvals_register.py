"""The approvals that stand for a series, or for everything, until they are taken back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.desk.approvals_register import NewApproval
from archiver.desk.retention_look import found_in
from archiver.errors import ArchiverError, RefusedError, UsageError
from archiver.web.gate import Visitor, needs
from archiver.web.pages.retention import look_of
from archiver.web.render import go_on
from archiver.web.site import site_of
from archiver.web.typed import day_of, said_by
from retention.facts import Step

router = APIRouter()
Reader = Annotated[Visitor, needs(Permission.RETENTION)]
Officer = Annotated[Visitor, needs(Permission.DISPOSITION_EXECUTE)]
Text = Annotated[str, Form()]


@router.get("/dispositions/register")
def register(request: Request, who: Reader) -> Response:
    """The approvals that may be used today."""
    del who
    return _page(request)


@router.post("/dispositions/register")
def give(
    request: Request,
    who: Officer,
    step: Text = "",
    whom: Text = "",
    series: Text = "",
    given_by: Text = "",
    on: Text = "",
    document: Text = "",
    ends_on: Text = "",
    waived: Text = "",
) -> Response:
    """Enter an approval; it serves every disposition from now on."""
    typed = {
        "step": step, "whom": whom, "series": series, "given_by": given_by, "on": on,
        "document": document, "ends_on": ends_on, "waived": waived,
    }  # fmt: skip
    try:
        day = day_of(on, "Given on")
        if day is None:
            raise UsageError("name the day on which it was given")
        new = NewApproval(
            step=_step(step),
            by=given_by,
            on=day,
            series=series.strip(),
            whom=whom.strip(),
            document=document,
            waived=bool(waived),
            ends_on=day_of(ends_on, "Last day"),
        )
        settled = site_of(request).archive.dispositions.register.give(new, actor=who.name)
    except (UsageError, RefusedError) as error:
        return _page(request, typed, error)
    more = f" Approved by it: disposition {', '.join(map(str, settled))}." if settled else ""
    return go_on(who, "/dispositions/register", f"The approval by {given_by} stands.{more}")


@router.post("/dispositions/register/take-back")
def take_back(
    request: Request,
    who: Officer,
    step: Text = "",
    whom: Text = "",
    series: Text = "",
    reason: Text = "",
) -> Response:
    """Take an approval back; what is not executed yet must ask again."""
    try:
        given = site_of(request).archive.dispositions.register.take_back(
            _step(step), series=series, whom=whom, actor=who.name, reason=reason
        )
    except (UsageError, RefusedError) as error:
        return _page(request, {"reason": reason}, error)
    return go_on(who, "/dispositions/register", f"The approval by {given.by} stands no more.")


def _step(value: str) -> Step:
    if value not in set(Step):
        raise UsageError("choose whose approval it is")
    return Step(value)


def _page(
    request: Request, typed: dict[str, str] | None = None, error: ArchiverError | None = None
) -> Response:
    site = site_of(request)
    look = look_of(site)
    return site.render.page(
        request,
        "approvals_register.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        found=site.archive.dispositions.register.all(),
        steps=list(Step),
        keys=[hit.entry.series.key for hit in found_in(look.shelves(look.library()), "")],
        typed=typed or {},
        today=look.today(),
    )
