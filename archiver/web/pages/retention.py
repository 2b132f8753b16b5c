"""Where records stand under the law: counts, lists, the explanation of one record, the day."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.desk.officers import records_officer
from archiver.desk.retention import Evaluated
from archiver.desk.retention_look import Adopted, RetentionLook, found_in
from archiver.errors import ArchiverError, BusyError, NotFoundError, RefusedError, UsageError
from archiver.web.gate import Visitor, needs
from archiver.web.kept import jobs_of
from archiver.web.render import go_on
from archiver.web.site import Site, site_of
from archiver.web.typed import number_of, said_by
from retention.facts import Event, Standing
from retention.today import clock_refusal

router = APIRouter()
Reader = Annotated[Visitor, needs(Permission.RETENTION)]
Stating = Annotated[Visitor, needs(Permission.RETENTION_STATE)]
Officer = Annotated[Visitor, needs(Permission.RETENTION_ADOPT)]
Text = Annotated[str, Form()]
A_PAGE = 50
OVERDUE_AT_ONCE = 200
EVALUATION = "retention evaluation"
AT_ONCE = 2.0  # seconds that a page waits for work that is mostly short


def look_of(site: Site) -> RetentionLook:
    """What looks at the retention of the site's archive."""
    archive = site.archive
    return RetentionLook(
        archive.database, archive.settings.sections.agency, archive.clock, site.home
    )


@router.get("/retention")
def retention(request: Request, who: Reader) -> Response:
    """How many records stand how, and what is due."""
    del who
    return _overview(request)


@router.get("/retention/records")
def standing_records(
    request: Request, who: Reader, standing: str = "", series: str | None = None, page: str = ""
) -> Response:
    """The records that stand in one way, the longest due first."""
    site = site_of(request)
    if standing not in set(Standing):
        raise NotFoundError(f'there is no standing "{standing}"')
    at = number_of(page)
    found = look_of(site).records(
        Standing(standing),
        series=series,
        departments=who.viewer.departments,
        offset=at * A_PAGE,
        limit=A_PAGE + 1,
    )
    return site.render.page(
        request,
        "retention_records.html.j2",
        standing=standing,
        series=series,
        at=at,
        lines=found[:A_PAGE],
        more=len(found) > A_PAGE,
        evaluation=look_of(site).evaluation(),
    )


@router.post("/retention/evaluate")
def evaluate(request: Request, who: Stating) -> Response:
    """Compute where every record stands today."""
    return _evaluated(request, who)


@router.get("/retention/now")
def at_work(request: Request, who: Reader) -> Response:
    """A part: the evaluation that goes on. When it ends, the page is loaded again."""
    del who
    job = jobs_of(request).get(EVALUATION)
    running = job is not None and job.running
    return site_of(request).render.page(
        request,
        "law_wait.html.j2",
        headers={} if running else {"HX-Refresh": "true"},
        address="/retention/now",
        running=running,
    )


@router.get("/retention/clock")
def ask_clock(request: Request, who: Officer) -> Response:
    """Is the day right? Asked of a records officer."""
    del who
    return _clock(request)


@router.post("/retention/clock")
def confirm_clock(request: Request, who: Officer, sure: Text = "") -> Response:
    """A records officer says that it is, and all records are evaluated."""
    try:
        if not sure:
            raise UsageError("look at a calendar, and tick the box if the day is right")
        records_officer(
            site_of(request).archive.settings.sections.agency, who.name, may="confirm the clock"
        )
    except (UsageError, RefusedError) as error:
        return _clock(request, error)
    return _evaluated(request, who, confirmed_by=who.name)


@router.get("/retention/explain")
def explain(request: Request, who: Reader, record: str = "") -> Response:
    """Why a record is kept, or may go."""
    if not record.strip():
        return explain_page(request, who, "")
    try:
        return explain_page(request, who, record.strip())
    except NotFoundError as error:
        return explain_page(request, who, "", asked=record, problem=error, status=404)


@router.get("/retention/overdue")
def overdue(request: Request, who: Reader) -> Response:
    """The records that the law wants gone, with the answers given."""
    del who
    site = site_of(request)
    return site.render.page(
        request,
        "retention_overdue.html.j2",
        found=site.archive.maximums.overdue(limit=OVERDUE_AT_ONCE),
        evaluation=look_of(site).evaluation(),
        most=OVERDUE_AT_ONCE,
    )


def allowed(request: Request, who: Visitor, record: str) -> None:
    """Raises: RefusedError when the record belongs to a department that is not the visitor's;
    NotFoundError when there is none."""
    _, department = look_of(site_of(request)).record(record)
    who.viewer.require_department(department)


def explain_page(
    request: Request,
    who: Visitor,
    record: str,
    *,
    asked: str = "",
    act: str = "",
    typed: dict[str, str] | None = None,
    problem: ArchiverError | None = None,
    status: int = 422,
) -> Response:
    """The page that explains a record; without one, the question for which. `act` is the form
    that was refused, `typed` what was typed into it.

    Raises: NotFoundError; RefusedError when it belongs to another department.
    """
    site = site_of(request)
    found = None
    keys: list[str] = []
    if record:
        allowed(request, who, record)
        found = site.archive.retention.explain(record)
        if who.may(Permission.RETENTION_STATE):
            look = look_of(site)
            keys = [hit.entry.series.key for hit in found_in(look.shelves(look.library()), "")]
    return site.render.page(
        request,
        "retention_explain.html.j2",
        status=status if problem else 200,
        said=said_by(site, problem),
        record=record or asked,
        found=found,
        act=act,
        typed=typed or {},
        keys=keys,
        events=list(Event),
        today=look_of(site).today(),
    )


def _evaluated(request: Request, who: Visitor, *, confirmed_by: str = "") -> Response:
    """Begin an evaluation; a short one is over before the next page is shown."""
    archive = site_of(request).archive
    jobs = jobs_of(request)
    try:
        jobs.start(
            EVALUATION,
            lambda _: archive.retention.evaluate(confirmed_by=confirmed_by),
            by=who.name,
        )
    except BusyError as error:
        return _overview(request, error)
    jobs.wait(EVALUATION, seconds=AT_ONCE)
    job = jobs.get(EVALUATION)
    if job is None or job.running:
        return go_on(who, "/retention")
    if isinstance(job.error, ArchiverError):
        return _overview(request, job.error)
    assert isinstance(job.result, Evaluated)
    done = job.result
    return go_on(who, "/retention", f"{done.records:,} records are evaluated for {done.day}.")


def _overview(request: Request, error: ArchiverError | None = None) -> Response:
    site = site_of(request)
    look = look_of(site)
    today = site.archive.retention.today()
    doubt = clock_refusal(today)
    counts = site.archive.retention.counted()
    job = jobs_of(request).get(EVALUATION)
    return site.render.page(
        request,
        "retention.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        counts=counts,
        total=sum(counts.values()),
        standings=[each.value for each in Standing],
        due=site.archive.retention.due(),
        evaluation=look.evaluation(),
        today=today.day,
        doubt=doubt.text if doubt else "",
        shelves=[each for each in look.shelves(look.library()) if each.adoption is not None],
        states=Adopted,
        running=job is not None and job.running,
    )


def _clock(request: Request, error: ArchiverError | None = None) -> Response:
    site = site_of(request)
    today = site.archive.retention.today()
    doubt = clock_refusal(today)
    return site.render.page(
        request,
        "retention_clock.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        today=today.day,
        doubt=doubt.text if doubt else "",
        evaluation=look_of(site).evaluation(),
    )
