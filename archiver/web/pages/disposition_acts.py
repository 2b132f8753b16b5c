"""Acts on a disposition before it is carried out: excluding, reviewing, approving, withdrawing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.errors import ArchiverError, RefusedError, UsageError
from archiver.web.gate import Visitor, needs
from archiver.web.pages.dispositions import batch_page, look_of, number, steps_of
from archiver.web.render import go_on
from archiver.web.site import site_of
from archiver.web.typed import day_of, number_of, said_by
from retention.approvals import IN_THE_HOUSE

router = APIRouter()
Proposer = Annotated[Visitor, needs(Permission.DISPOSITION_PROPOSE)]
Approver = Annotated[Visitor, needs(Permission.DISPOSITION_APPROVE)]
Text = Annotated[str, Form()]
Several = Annotated[list[str] | None, Form()]


@router.post("/dispositions/{batch}/exclude")
def exclude(
    request: Request,
    who: Proposer,
    batch: str,
    record: Several = None,
    reason: Text = "",
    after: Text = "",
    state: Text = "",
) -> Response:
    """Take records out."""
    which = number(batch)
    try:
        chosen = [number_of(each) for each in record or []]
        if not chosen:
            raise UsageError("tick the records that must stay")
        site_of(request).archive.dispositions.exclude(which, chosen, by=who.name, reason=reason)
    except (UsageError, RefusedError) as error:
        return batch_page(
            request,
            who,
            which,
            tab="records",
            after=after,
            state=state,
            problem=error,
            typed={"reason": reason, "records": ",".join(record or [])},
        )
    where = f"/dispositions/{which}?tab=records&after={number_of(after)}"
    return go_on(who, where, f"{len(chosen):,} records stay.")


@router.post("/dispositions/{batch}/review")
def review(request: Request, who: Proposer, batch: str) -> Response:
    """Say that the list was looked through."""
    which = number(batch)
    try:
        site_of(request).archive.dispositions.review(which, by=who.name)
    except (UsageError, RefusedError) as error:
        return batch_page(request, who, which, problem=error)
    return go_on(who, f"/dispositions/{which}", "The list is reviewed.")


@router.get("/dispositions/{batch}/approve")
def ask_approve(request: Request, who: Approver, batch: str) -> Response:
    """What is approved, by whom, before it is."""
    return _approve_page(request, who, number(batch), {})


@router.post("/dispositions/{batch}/approve")
def approve(
    request: Request,
    who: Approver,
    batch: str,
    given_by: Text = "",
    document: Text = "",
    series: Text = "",
    on: Text = "",
    waived: Text = "",
) -> Response:
    """Give the next approval, or enter one that somebody outside of the house has given."""
    which = number(batch)
    desk = site_of(request).archive.dispositions
    typed = {
        "given_by": given_by, "document": document, "series": series, "on": on, "waived": waived,
    }  # fmt: skip
    try:
        missing = desk.missing(which)
        own = missing is None or missing.step in IN_THE_HOUSE
        if not own and not given_by.strip():
            raise UsageError("name the person who agreed")
        made = desk.approve(
            which,
            by=who.name if own else given_by.strip(),
            document=document,
            series=series,
            on=None if own else day_of(on, "Given on"),
            waived=bool(waived),
            entered_by="" if own else who.name,
        )
    except (UsageError, RefusedError) as error:
        return _approve_page(request, who, which, typed, error)
    return go_on(
        who, f"/dispositions/{which}", f"The approval is kept; it is {made.row.state} now."
    )


@router.get("/dispositions/{batch}/withdraw")
def ask_withdraw(request: Request, who: Proposer, batch: str) -> Response:
    """What withdrawing means, before it is done."""
    del who
    return _withdraw_page(request, number(batch))


@router.post("/dispositions/{batch}/withdraw")
def withdraw(request: Request, who: Proposer, batch: str, reason: Text = "") -> Response:
    """Give it up."""
    which = number(batch)
    try:
        site_of(request).archive.dispositions.withdraw(which, by=who.name, reason=reason)
    except (UsageError, RefusedError) as error:
        return _withdraw_page(request, which, reason, error)
    return go_on(who, f"/dispositions/{which}", "It is withdrawn; its records are kept.")


def _approve_page(
    request: Request,
    who: Visitor,
    batch: int,
    typed: dict[str, str],
    error: ArchiverError | None = None,
) -> Response:
    site = site_of(request)
    look = look_of(site).look(batch)
    missing = site.archive.dispositions.missing(batch)
    return site.render.page(
        request,
        "disposition_approve.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        look=look,
        row=look.loaded.row,
        batch=look.loaded.batch,
        steps=steps_of(site, batch, look),
        missing=missing,
        own=missing is None or missing.step in IN_THE_HOUSE,
        typed=typed,
        name=who.name,
        today=look_of(site).today(),
    )


def _withdraw_page(
    request: Request, batch: int, reason: str = "", error: ArchiverError | None = None
) -> Response:
    site = site_of(request)
    look = look_of(site).look(batch)
    return site.render.page(
        request,
        "disposition_withdraw.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        look=look,
        row=look.loaded.row,
        reason=reason,
    )
