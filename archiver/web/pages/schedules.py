"""Retention schedules: what the law asks for, where that was read, and adopting an edition."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.desk.adoption import Preview
from archiver.desk.retention_look import Adopted, Shelf, found_in
from archiver.desk.schedules import coverage
from archiver.errors import ArchiverError, RefusedError, UsageError
from archiver.web.gate import Visitor, needs
from archiver.web.kept import jobs_of
from archiver.web.pages.retention import AT_ONCE, look_of
from archiver.web.render import go_on
from archiver.web.site import site_of
from archiver.web.typed import day_of, number_of, said_by
from retention.schedule_words import period_words, rule_words

router = APIRouter()
Reader = Annotated[Visitor, needs(Permission.RETENTION)]
Officer = Annotated[Visitor, needs(Permission.RETENTION_ADOPT)]
Text = Annotated[str, Form()]
A_PAGE = 25
KEPT_FOR = timedelta(minutes=10)  # after which a preview is computed anew


@router.get("/retention/schedules")
def schedules(request: Request, who: Reader, state: str = "", q: str = "") -> Response:
    """The schedules of a state, those of the agency, and series found by words."""
    del who
    site = site_of(request)
    look = look_of(site)
    held = look.library()
    agency = site.archive.settings.sections.agency
    chosen = state or (agency.state if agency.state in held.files else "") or sorted(held.files)[0]
    shelves = look.shelves(held, chosen)
    ours = [each for each in look.shelves(held) if each.file.jurisdiction != chosen.upper()]
    hits = found_in([*ours, *shelves], q) if q.strip() else []
    return site.render.page(
        request,
        "schedules.html.j2",
        states=[(file.jurisdiction, file.name) for file in held.files.values()],
        chosen=shelves[0].file.jurisdiction if shelves else chosen.upper(),
        known=coverage(held, chosen),
        file=held.of(chosen),
        shelves=shelves,
        ours=ours,
        q=q,
        hits=hits[:A_PAGE],
        found=len(hits),
        rule_words=rule_words,
        period_words=period_words,
        stands=Adopted,
    )


@router.get("/retention/schedules/{schedule}")
def schedule(request: Request, who: Reader, schedule: str, q: str = "", page: str = "") -> Response:
    """One schedule: its edition, its adoptions, and its series with citation and source."""
    del who
    site = site_of(request)
    look = look_of(site)
    shelf = look.shelf(look.library(), schedule)
    hits = found_in([shelf], q)
    at = number_of(page)
    return site.render.page(
        request,
        "schedule.html.j2",
        shelf=shelf,
        q=q,
        at=at,
        hits=hits[at * A_PAGE : (at + 1) * A_PAGE],
        found=len(hits),
        more=len(hits) > (at + 1) * A_PAGE,
        rule_words=rule_words,
        stands=Adopted,
    )


@router.get("/retention/schedules/{schedule}/adopt")
def ask_adopt(request: Request, who: Officer, schedule: str) -> Response:
    """What an adoption would change, before it is entered."""
    return _adopt_page(request, who, schedule, {})


@router.post("/retention/schedules/{schedule}/adopt")
def adopt(
    request: Request,
    who: Officer,
    schedule: str,
    document: Text = "",
    on: Text = "",
    expires: Text = "",
    digest: Text = "",
) -> Response:
    """Adopt the edition as it is loaded."""
    site = site_of(request)
    look = look_of(site)
    shelf = look.shelf(look.library(), schedule)
    typed = {"document": document, "on": on, "expires": expires}
    try:
        if digest != shelf.digest:
            raise UsageError(
                "the schedule has changed since this page was made; look at what it moves now"
            )
        site.archive.retention.adoptions.adopt(
            shelf.schedule.id,
            officer=who.name,
            on=day_of(on, "Day of the decision") or look.today(),
            document=document,
            expires=day_of(expires, "Last day"),
        )
    except (UsageError, RefusedError) as error:
        return _adopt_page(request, who, schedule, typed, error)
    return go_on(
        who,
        f"/retention/schedules/{schedule}",
        "The schedule is adopted as it stands. It counts from tomorrow's evaluation.",
    )


@router.get("/retention/schedules/{schedule}/adopt/now")
def at_work(request: Request, who: Officer, schedule: str) -> Response:
    """A part: the preview that is being computed. When it ends, the page is loaded again."""
    del who
    job = jobs_of(request).get(f"adoption {schedule}")
    running = job is not None and job.running
    return site_of(request).render.page(
        request,
        "law_wait.html.j2",
        headers={} if running else {"HX-Refresh": "true"},
        address=f"/retention/schedules/{schedule}/adopt/now",
        running=running,
    )


def _seen(
    request: Request, who: Visitor, shelf: Shelf
) -> tuple[Preview | None, ArchiverError | None]:
    """What the adoption would move, computed in the background since it looks at every record;
    nothing while it is being computed. It is kept for a while, for who looks twice."""
    site, jobs = site_of(request), jobs_of(request)
    name, digest = shelf.schedule.id, shelf.digest
    key = f"adoption {name}"
    job = jobs.get(key)
    fresh = (
        job is not None
        and job.subject == digest
        and site.archive.clock.now() - job.began < KEPT_FOR
        and job.error is None
    )
    if not fresh and not (job is not None and job.running):
        jobs.start(
            key,
            lambda _: site.archive.retention.adoptions.preview(name),
            by=who.name,
            subject=digest,
        )
    jobs.wait(key, seconds=AT_ONCE)
    job = jobs.get(key)
    if job is None or job.running:
        return None, None
    if isinstance(job.error, ArchiverError):
        return None, job.error
    assert isinstance(job.result, Preview)
    return job.result, None


def _adopt_page(
    request: Request,
    who: Visitor,
    schedule: str,
    typed: dict[str, str],
    error: ArchiverError | None = None,
) -> Response:
    site = site_of(request)
    look = look_of(site)
    shelf = look.shelf(look.library(), schedule)
    seen, failed = _seen(request, who, shelf)
    error = error or failed
    try:
        officer = site.archive.retention.adoptions.officer(who.name)
    except RefusedError as refused:
        officer, error = "", error or refused
    return site.render.page(
        request,
        "schedule_adopt.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        shelf=shelf,
        seen=seen,
        officer=officer,
        typed=typed,
        today=look.today(),
        rule_words=rule_words,
    )
