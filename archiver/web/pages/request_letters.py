"""Letters to the requester: looked at first, and kept in the history when they are taken."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.desk.letters import LETTERS, write_letter
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.web.gate import Visitor, needs
from archiver.web.site import Site, site_of
from archiver.web.typed import number_of, said_by

router = APIRouter()
Look = Annotated[Visitor, needs(Permission.REQUESTS)]
Work = Annotated[Visitor, needs(Permission.REQUESTS_WORK)]
Text = Annotated[str, Form()]
WITH_REASON = ("clarification", "extension", "denial")


@router.get("/requests/{number}/letters/{name}")
def letter(
    request: Request,
    who: Look,
    number: str,
    name: str,
    reason: str = "",
    estimate: str = "",
    instalment: str = "",
) -> Response:
    """The letter as it would be sent."""
    typed = {"reason": reason, "estimate": estimate, "instalment": instalment}
    return _page(request, who, number, name, typed)


@router.post("/requests/{number}/letters/{name}")
def take(
    request: Request,
    who: Work,
    number: str,
    name: str,
    reason: Text = "",
    estimate: Text = "",
    instalment: Text = "",
) -> Response:
    """The letter as a file; that it was written is kept."""
    site = site_of(request)
    typed = {"reason": reason, "estimate": estimate, "instalment": instalment}
    try:
        text, sha256 = _written(site, who, number, name, typed)
        if site.archive.requests.get(number).entry.state != "closed":
            site.archive.requests.keep_letter(number, by=who.name, letter=name, sha256=sha256)
    except NotFoundError:
        raise
    except (UsageError, RefusedError) as error:
        return _page(request, who, number, name, typed, said=said_by(site, error))
    return Response(
        text.encode("utf-8"),
        media_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{number}-{name}.txt"'},
    )


def _page(
    request: Request,
    who: Visitor,
    number: str,
    name: str,
    typed: dict[str, str],
    *,
    said: str = "",
) -> Response:
    site = site_of(request)
    standing = site.archive.requests.get(number)
    text, missing = "", ""
    try:
        text, _ = _written(site, who, number, name, typed)
    except NotFoundError:
        raise
    except UsageError as error:
        # A letter that still lacks its reason is a form to fill, no mistake of the person.
        missing = "" if name in WITH_REASON and not typed["reason"] else said_by(site, error)
    return site.render.page(
        request,
        "request_letter.html.j2",
        status=422 if said or missing else 200,
        standing=standing,
        entry=standing.entry,
        letters=LETTERS,
        name=name,
        typed=typed,
        needs_reason=name in WITH_REASON,
        text=text,
        said=said or missing,
        kept=[
            each
            for each in standing.history
            if each.action == "letter" and each.detail["letter"] == name
        ],
    )


def _written(
    site: Site, who: Visitor, number: str, name: str, typed: dict[str, str]
) -> tuple[str, str]:
    facts: dict[str, object] = {key: typed[key] for key in ("reason", "estimate") if typed[key]}
    if typed["instalment"]:
        facts["instalment"] = number_of(typed["instalment"])
    return write_letter(
        name,
        site.archive.requests.get(number),
        agency=site.archive.settings.sections.agency.name,
        today=site.archive.requests.today().isoformat(),
        writer=who.name,
        home=site.home,
        facts=facts,
    )
