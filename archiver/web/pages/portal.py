"""What the open archive shows: chosen by the records officer and by communications."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.desk.portal import Portal
from archiver.errors import RefusedError, UsageError
from archiver.web.gate import Visitor, needs
from archiver.web.render import go_on
from archiver.web.site import site_of

router = APIRouter()
Chooser = Annotated[Visitor, needs(Permission.PORTAL)]
Text = Annotated[str, Form()]


@router.get("/portal")
def choices(request: Request, who: Chooser) -> Response:
    """Accounts and records, and what was chosen for them."""
    return _page(request, who)


@router.post("/portal/accounts/{slug}")
def choose_account(
    request: Request, who: Chooser, slug: str, shown: Text = "", reason: Text = ""
) -> Response:
    """Show an account, or not any more."""
    try:
        _portal(request).choose_account(
            slug, shown=bool(shown), reason=reason, by=who.name, viewer=who.viewer
        )
    except (UsageError, RefusedError) as error:
        return _page(request, who, said=str(error), status=error.http_status)
    return go_on(who, "/portal", f"{slug} is {'shown' if shown else 'not shown any more'}.")


@router.post("/portal/records")
def choose_record(
    request: Request, who: Chooser, record: Text = "", shown: Text = "", reason: Text = ""
) -> Response:
    """Leave a record out, or let it in again."""
    try:
        number = _portal(request).choose_record(
            record.strip(), shown=bool(shown), reason=reason, by=who.name, viewer=who.viewer
        )
    except (UsageError, RefusedError) as error:
        return _page(
            request, who, said=str(error), status=error.http_status, record=record, reason=reason
        )
    return go_on(who, "/portal", f"Record #{number} is {'let in again' if shown else 'left out'}.")


def _portal(request: Request) -> Portal:
    archive = site_of(request).archive
    agency = archive.settings.sections.agency
    return Portal(archive.database, archive.vault, agency, archive.clock)


def _page(
    request: Request,
    who: Visitor,
    *,
    said: str = "",
    status: int = 200,
    record: str = "",
    reason: str = "",
) -> Response:
    site, portal = site_of(request), _portal(request)
    return site.render.page(
        request,
        "portal.html.j2",
        status=status,
        said=said,
        choices=portal.choices(who.viewer),
        # Of all departments, or of none: the list tells of records by number and platform id.
        out=[] if who.viewer.departments else portal.left_out(),
        settings=site.archive.settings.sections.portal,
        record=record,
        reason=reason,
    )
