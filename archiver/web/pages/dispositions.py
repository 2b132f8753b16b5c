"""Dispositions: what is due, proposing it, one disposition with its records and approvals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission, folded
from archiver.desk.disposition_look import DispositionLook, Look
from archiver.desk.jobs import Job
from archiver.errors import ArchiverError, NotFoundError, RefusedError, UsageError
from archiver.model.queries.dispositions import BatchRow
from archiver.web.gate import Visitor, needs
from archiver.web.kept import jobs_of
from archiver.web.pages.retention import look_of as retention_of
from archiver.web.render import go_on
from archiver.web.site import Site, site_of
from archiver.web.typed import number_of, said_by
from retention.approvals import Given, StepState, free_from, next_place
from retention.batch import Stage
from retention.facts import Action

router = APIRouter()
Reader = Annotated[Visitor, needs(Permission.RETENTION)]
Proposer = Annotated[Visitor, needs(Permission.DISPOSITION_PROPOSE)]
Text = Annotated[str, Form()]
A_PAGE = 50
ENDED_AT_ONCE = 200
ENDED = (Stage.CERTIFIED, Stage.WITHDRAWN)
TABS = ("overview", "records", "history")


def look_of(site: Site) -> DispositionLook:
    """What looks at the dispositions of the site's archive."""
    archive = site.archive
    return DispositionLook(
        archive.database, archive.settings.sections.agency, archive.clock, site.home
    )


def key_of(batch: int) -> str:
    """The background work that carries a disposition out, or makes its bag."""
    return f"disposition {batch}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """An approval of the route, how far it is, and who gave it with this disposition."""

    state: StepState
    given: tuple[Given, ...]
    following: bool  # the next that is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a disposition waits for. `mine`: this visitor could do it, as far as roles tell."""

    row: BatchRow
    what: str
    step: StepState | None
    mine: bool


@router.get("/dispositions")
def dispositions(request: Request, who: Reader, tab: str = "open") -> Response:
    """All dispositions, with what waits for somebody."""
    site = site_of(request)
    every = list(reversed(site.archive.dispositions.all()))
    going = [each for each in every if each.state not in ENDED]
    ended = [each for each in every if each.state in ENDED]
    shown = ended[:ENDED_AT_ONCE] if tab == "ended" else going
    return site.render.page(
        request,
        "dispositions.html.j2",
        tab="ended" if tab == "ended" else "open",
        going=going,
        ended=ended,
        lines=look_of(site).lines(shown),
        waiting=[_waits(site, who, each) for each in going],
        ready=sum(each.records for each in look_of(site).ready()),
    )


@router.get("/dispositions/propose")
def ask(request: Request, who: Proposer, series: str = "", account: str = "") -> Response:
    """What is due by series and account; with one chosen, what a proposal would be."""
    del who
    return _propose_page(request, series, account)


@router.post("/dispositions")
def propose(
    request: Request, who: Proposer, series: Text = "", account: Text = "", reproduction: Text = ""
) -> Response:
    """Propose what is due."""
    try:
        if not series:
            raise UsageError("choose a series: each is proposed by itself")
        made = site_of(request).archive.dispositions.propose(
            by=who.name, series=series, account=account, copy=reproduction
        )
    except (UsageError, RefusedError) as error:
        return _propose_page(request, series, account, reproduction, error)
    return go_on(
        who,
        f"/dispositions/{made.batch}",
        f"Proposed: {made.records:,} records. Look through them, and take out what must stay.",
    )


@router.get("/dispositions/{batch}")
def disposition(
    request: Request,
    who: Reader,
    batch: str,
    tab: str = "overview",
    state: str = "",
    after: str = "",
) -> Response:
    """One disposition."""
    return batch_page(request, who, number(batch), tab=tab, state=state, after=after)


@router.get("/dispositions/{batch}/now")
def at_work(request: Request, who: Reader, batch: str) -> Response:
    """A part: how far the execution is. When it ends, the page is loaded again."""
    del who
    site = site_of(request)
    which = number(batch)
    look = look_of(site).look(which)
    job = jobs_of(request).get(key_of(which))
    running = job is not None and job.running
    return site.render.page(
        request,
        "disposition_now.html.j2",
        headers={} if running else {"HX-Refresh": "true"},
        look=look,
        row=look.loaded.row,
        running=running,
    )


def number(batch: str) -> int:
    """The number of a disposition as an address names it. Raises: NotFoundError."""
    found = number_of(batch)
    if not found:
        raise NotFoundError(f'there is no disposition "{batch}"')
    return found


def batch_page(
    request: Request,
    who: Visitor,
    batch: int,
    *,
    tab: str = "overview",
    state: str = "",
    after: str = "",
    problem: ArchiverError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    """The page of a disposition, with what was refused if something was.

    Raises: NotFoundError.
    """
    site = site_of(request)
    look = look_of(site).look(batch)
    chosen = tab if tab in TABS else "overview"
    items = []
    if chosen == "records":
        items = look_of(site).items(batch, state=state, after=number_of(after), limit=A_PAGE + 1)
    job = jobs_of(request).get(key_of(batch))
    failed = job.error if job is not None and not job.running else None
    return site.render.page(
        request,
        "disposition.html.j2",
        status=422 if problem else 200,
        said=said_by(site, problem) or _failed(site, look, job),
        look=look,
        row=look.loaded.row,
        batch=look.loaded.batch,
        tab=chosen,
        steps=steps_of(site, batch, look),
        waits_until=_waits_until(site, batch, look),
        items=items[:A_PAGE],
        more=len(items) > A_PAGE,
        state=state,
        after=after,
        typed=typed or {},
        running=job is not None and job.running,
        failed=failed is not None,
        copy=_copy(look),
        proposer=folded(look.loaded.row.proposed_by) == folded(who.name),
        evaluation=retention_of(site).evaluation(),
        today=look_of(site).today(),
    )


def steps_of(site: Site, batch: int, look: Look) -> list[StepLine]:
    """The approvals of the route, in order."""
    found = site.archive.dispositions.steps(batch)
    following = next_place(found)
    given = look.loaded.batch.given
    return [
        StepLine(
            state=each,
            given=tuple(one for one in given if one.place == place),
            following=place == following,
        )
        for place, each in enumerate(found)
    ]


def _waits_until(site: Site, batch: int, look: Look) -> date | None:
    """The first day on which an approved disposition may be executed, if that is ahead."""
    if look.loaded.batch.stage is not Stage.APPROVED:
        return None
    begins = free_from(site.archive.dispositions.steps(batch))
    return begins if begins is not None and begins > look_of(site).today() else None


def _failed(site: Site, look: Look, job: Job | None) -> str:
    """Why the work in the background ended early, while that still matters."""
    if job is None or job.running or not isinstance(job.error, ArchiverError):
        return ""
    over = look.loaded.batch.stage in (Stage.EXECUTED, *ENDED)
    return "" if over else said_by(site, job.error)


def _copy(look: Look) -> str:
    """The document on the trusted copy, where one is kept."""
    event = look.loaded.event("proposed")
    return str(event.detail.get("copy", "")) if event else ""


def _waits(site: Site, who: Visitor, row: BatchRow) -> Waiting:
    """What an open disposition needs next."""
    step = None
    other = folded(row.proposed_by) != folded(who.name)
    match row.state:
        case Stage.PROPOSED:
            what, mine = "review", who.may(Permission.DISPOSITION_PROPOSE)
        case Stage.REVIEWED:
            found = site.archive.dispositions.steps(row.id)
            place = next_place(found)
            step = None if place is None else found[place]
            what, mine = "approve", who.may(Permission.DISPOSITION_APPROVE) and other
        case Stage.APPROVED if row.action is Action.TRANSFER:
            what, mine = "transfer", who.may(Permission.DISPOSITION_EXECUTE)
        case Stage.EXECUTED:
            what, mine = "certify", who.may(Permission.DISPOSITION_EXECUTE)
        case _:
            what, mine = "execute", who.may(Permission.DISPOSITION_EXECUTE)
    return Waiting(row=row, what=what, step=step, mine=mine)


def _propose_page(
    request: Request,
    series: str,
    account: str,
    copy: str = "",
    error: ArchiverError | None = None,
) -> Response:
    site = site_of(request)
    look = look_of(site)
    seen = None
    if series:
        try:
            seen = look.foresee(series=series, account=account, limit=A_PAGE)
        except (UsageError, RefusedError) as refused:
            error = error or refused
    return site.render.page(
        request,
        "disposition_propose.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        ready=look.ready(),
        seen=seen,
        series=series,
        account=account,
        copy=copy,
        replaces=seen is not None and seen.action is Action.REPLACE,
        evaluation=retention_of(site).evaluation(),
        today=look.today(),
    )
