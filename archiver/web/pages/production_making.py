"""Making a production for a request: the form, and the work as it goes on."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from archiver.desk.access import Permission
from archiver.desk.jobs import Job
from archiver.errors import ArchiverError, NotFoundError
from archiver.export.formats import FORMATS
from archiver.model.queries.productions import BEGUN
from archiver.web.gate import Visitor, needs
from archiver.web.kept import jobs_of
from archiver.web.produce_form import ProduceForm, Refusal, refusal, said_of
from archiver.web.production_desk import handouts_of
from archiver.web.production_work import Board, key_of
from archiver.web.render import go_on
from archiver.web.request_page import address_of, sets_of
from archiver.web.site import Site, site_of
from archiver.web.typed import number_of

router = APIRouter()
Maker = Annotated[Visitor, needs(Permission.PRODUCE)]
Filled = Annotated[ProduceForm, Form()]


@router.get("/requests/{number}/produce")
def asked(
    request: Request, who: Maker, number: str, set_number: str = "", again: str = ""
) -> Response:
    """The form; `again`: as it was filled for the last attempt."""
    del who
    job = jobs_of(request).get(key_of(number)) if again else None
    before = job.subject.form if job and isinstance(job.subject, Board) else None
    form = (
        before
        if isinstance(before, ProduceForm)
        else ProduceForm(set_number=set_number, formats=list(FORMATS))
    )
    return _form(request, number, form)


@router.post("/requests/{number}/produce")
def make(request: Request, who: Maker, number: str, form: Filled) -> Response:
    """Begin."""
    site = site_of(request)
    site.archive.requests.get(number)
    try:
        wish = form.wish(signed=site.archive.signer.configured)
        site.archive.signer.signatory(at=site.archive.clock.now(), unsigned=wish.unsigned)
        chosen = site.review.sets.get(number, number_of(form.set_number)).number
        _refuse_others(site, who, number, chosen)
        board = Board(number=number, set_number=chosen, formats=wish.formats, form=form)
        jobs_of(request).start(
            key_of(number),
            lambda _: site.archive.productions.make(
                number, chosen, by=who.name, wish=wish, progress=board.tell
            ),
            by=who.name,
            subject=board,
        )
    except ArchiverError as error:
        return _form(request, number, form, said=said_of(site, error))
    return RedirectResponse(progress_address(number), status_code=303)


@router.get("/requests/{number}/produce/progress")
def progress(request: Request, who: Maker, number: str) -> Response:
    """How far it is; after it, on to the production."""
    site = site_of(request)
    site.archive.requests.get(number)
    job = jobs_of(request).get(key_of(number))
    begun = unfinished(site, number)
    if job is None or not isinstance(job.subject, Board):
        where = f"/productions/{quote(begun)}" if begun else address_of(number)
        return go_on(who, where, "No production of this request is being made now.")
    if not job.running and job.error is None:
        return _finished(request, who, site, number)
    return site.render.page(
        request,
        "production_progress.html.j2",
        number=number,
        job=job,
        board=job.subject,
        begun=begun,
        refused=_refused(site, job),
    )


def unfinished(site: Site, number: str) -> str:
    """The name of the request's production that was begun and not finished; empty: none."""
    for each in site.archive.requests.get(number).productions:
        if each.state == BEGUN:
            return each.folder
    return ""


def progress_address(number: str) -> str:
    """Where the work on a request's production is shown."""
    return f"{address_of(number)}/produce/progress"


def _finished(request: Request, who: Visitor, site: Site, number: str) -> Response:
    made = site.archive.requests.get(number).productions
    where = f"/productions/{quote(made[-1].folder)}" if made else address_of(number)
    if request.headers.get("hx-request") == "true":
        return Response(headers={"HX-Redirect": where})
    return go_on(who, where)


def _refused(site: Site, job: Job) -> Refusal | None:
    if job.error is None:
        return None
    said = said_of(site, job.error) if isinstance(job.error, ArchiverError) else str(job.error)
    return refusal(said)


def _refuse_others(site: Site, who: Visitor, number: str, set_number: int) -> None:
    """Raises: RefusedError when the set has records of a department that is not theirs."""
    if who.viewer.departments:
        for each in sorted(handouts_of(site).departments_of_set(number, set_number)):
            who.viewer.require_department(each)


def _form(request: Request, number: str, form: ProduceForm, *, said: str = "") -> Response:
    site = site_of(request)
    standing = site.archive.requests.get(number)
    sets = sets_of(site, number)
    if not sets:
        raise NotFoundError(f"nothing was searched for {number} yet, so nothing can be produced")
    wanted = number_of(form.set_number, sets[-1].found.number)
    chosen = next((each for each in sets if each.found.number == wanted), sets[-1])
    return site.render.page(
        request,
        "production_new.html.j2",
        status=422 if said else 200,
        standing=standing,
        entry=standing.entry,
        sets=sets,
        chosen=chosen,
        form=form,
        formats=FORMATS,
        signed=site.archive.signer.configured,
        second_review=site.archive.settings.sections.requests.second_review,
        begun=unfinished(site, number),
        running=(job := jobs_of(request).get(key_of(number))) is not None and job.running,
        refused=refusal(said) if said else None,
    )
