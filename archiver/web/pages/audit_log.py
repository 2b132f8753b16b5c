"""The audit log: the ledger, line by line, its head, its checkpoints, and whether it holds."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.desk.jobs import Tell
from archiver.desk.ledger_reading import GROUPS, Asked, ChainReport, LedgerReading
from archiver.desk.verify import verify
from archiver.errors import BusyError, UsageError
from archiver.web.gate import Visitor, needs
from archiver.web.kept import jobs_of, kept
from archiver.web.render import go_on
from archiver.web.sentences import sentences_of, without_commands
from archiver.web.site import Site, site_of
from archiver.web.typed import day_of, number_of

router = APIRouter()
Reader = Annotated[Visitor, needs(Permission.AUDIT)]
Verifier = Annotated[Visitor, needs(Permission.VERIFY)]
WHOLE = "verify"  # the job that reads all evidence again
_PLACES = {
    "account": "/accounts/",
    "hold": "/holds/",
    "request": "/requests/",
    "batch": "/dispositions/",
    "record": "/records/",
}


@router.get("/audit-log")
def audit_log(
    request: Request,
    who: Reader,
    kind: str = "",
    person: str = "",
    since: str = "",
    until: str = "",
    before: str = "",
) -> Response:
    """The lines, newest first."""
    del who
    site = site_of(request)
    desk = _desk(request)
    typed = {"kind": kind, "person": person, "since": since, "until": until}
    asked, said = Asked(), ""
    try:
        asked = Asked(
            group=kind if kind in GROUPS else "",
            person=person,
            since=day_of(since, "From"),
            until=day_of(until, "To"),
            before=number_of(before),
        )
    except UsageError as error:
        said = without_commands(str(error))
    return site.render.page(
        request,
        "audit_log.html.j2",
        status=422 if said else 200,
        page=desk.page(asked),
        before=asked.before,
        typed=typed,
        stamps=desk.stamps(),
        authorities=site.archive.settings.sections.proof.authorities,
        said=said,
        query=lambda **changed: _query(typed, **changed),
        place=_place,
    )


@router.get("/audit-log/verify")
def verified(request: Request, who: Verifier) -> Response:
    """What was verified last, and the buttons to do it again."""
    del who
    return _verified(request, None)


@router.post("/audit-log/verify")
def verify_chain(request: Request, who: Verifier) -> Response:
    """Compute every hash of the chain again, now."""
    del who
    return _verified(request, _desk(request).verify_chain())


@router.post("/audit-log/verify-all")
def verify_all(request: Request, who: Verifier) -> Response:
    """Read all evidence again, in the background."""
    site = site_of(request)
    try:
        jobs_of(request).start(WHOLE, lambda tell: _verify(site, tell), by=who.name)
    except BusyError as error:
        return go_on(who, "/audit-log/verify", without_commands(str(error)))
    return go_on(who, "/audit-log/verify")


@router.get("/audit-log/verify/now")
def at_work(request: Request, who: Verifier) -> Response:
    """A part: how far the verification is. When it ends, the page is loaded again."""
    del who
    job = jobs_of(request).get(WHOLE)
    running = job is not None and job.running
    return site_of(request).render.page(
        request,
        "audit_log_now.html.j2",
        headers={} if running else {"HX-Refresh": "true"},
        job=job,
        sentence=sentences_of(site_of(request)),
    )


def _verified(request: Request, chain: ChainReport | None) -> Response:
    site = site_of(request)
    return site.render.page(
        request,
        "audit_log_verify.html.j2",
        chain=chain,
        job=jobs_of(request).get(WHOLE),
        sentence=sentences_of(site),
    )


def _verify(site: Site, tell: Tell) -> object:
    archive = site.archive
    return verify(
        archive.database,
        archive.vault,
        processes=1,  # the page goes on being served beside it
        tell=tell,
        authorities=archive.settings.sections.proof.authorities,
    )


def _place(sort: str, name: str) -> str:
    """Where a thing that a line names is shown; empty when it has no page of its own."""
    return _PLACES[sort] + quote(name, safe="") if sort in _PLACES else ""


def _query(typed: dict[str, str], **changed: object) -> str:
    values = {**typed, **changed}
    return "?" + urlencode({name: value for name, value in values.items() if value})


def _desk(request: Request) -> LedgerReading:
    return kept(
        request,
        LedgerReading,
        lambda site: LedgerReading(
            site.archive.database,
            site.archive.clock,
            site.archive.settings.sections.agency.zone,
        ),
    )
