"""Carrying a disposition out: its plan, the execution, a transfer, the certificate.

What takes long runs in the background. An execution that is cut off with the process loses
nothing: it is gone on with from the page, and at the next start.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from archiver.desk.access import Permission
from archiver.desk.certificate import canonical, digest_of
from archiver.desk.certificate_pdf import as_pdf
from archiver.desk.dispositions import Preview
from archiver.desk.execution_words import refusals
from archiver.errors import ArchiverError, BusyError, NotFoundError, RefusedError, UsageError
from archiver.files import make_folder
from archiver.web.bag_stream import tar_of
from archiver.web.gate import Visitor, needs
from archiver.web.kept import jobs_of
from archiver.web.pages.dispositions import batch_page, key_of, look_of, number, steps_of
from archiver.web.pages.retention import AT_ONCE
from archiver.web.pages.retention import look_of as retention_of
from archiver.web.render import go_on
from archiver.web.site import Site, site_of
from archiver.web.typed import said_by
from retention.batch import Stage

router = APIRouter()
Reader = Annotated[Visitor, needs(Permission.RETENTION)]
Officer = Annotated[Visitor, needs(Permission.DISPOSITION_EXECUTE)]
Text = Annotated[str, Form()]
BAGS = "transfers"  # below the home folder
REFUSED_AT_ONCE = 200


@router.get("/dispositions/{batch}/plan")
def plan(request: Request, who: Reader, batch: str) -> Response:
    """What destroying would touch, as it was computed last."""
    del who
    site = site_of(request)
    which = number(batch)
    look = look_of(site).look(which)
    job = jobs_of(request).get(_plan_key(which))
    seen = job.result if job is not None and isinstance(job.result, Preview) else None
    refused = refusals(seen.verdicts) if seen else {}
    error = job.error if job is not None and isinstance(job.error, ArchiverError) else None
    return site.render.page(
        request,
        "disposition_plan.html.j2",
        look=look,
        row=look.loaded.row,
        job=job,
        seen=seen,
        said=said_by(site, error),
        refused=list(refused.items())[:REFUSED_AT_ONCE],
        refusals=len(refused),
    )


@router.post("/dispositions/{batch}/plan")
def make_plan(request: Request, who: Reader, batch: str) -> Response:
    """Compute the plan; it reads every stored page of the accounts concerned."""
    site = site_of(request)
    which = number(batch)
    look_of(site).look(which)
    try:
        jobs_of(request).start(
            _plan_key(which), lambda _: site.archive.dispositions.preview(which), by=who.name
        )
    except BusyError as error:
        return go_on(who, f"/dispositions/{which}/plan", said_by(site, error))
    jobs_of(request).wait(_plan_key(which), seconds=AT_ONCE)
    return go_on(who, f"/dispositions/{which}/plan")


@router.get("/dispositions/{batch}/plan/now")
def planning(request: Request, who: Reader, batch: str) -> Response:
    """A part: the plan that is being computed. When it is there, the page is loaded again."""
    del who
    which = number(batch)
    job = jobs_of(request).get(_plan_key(which))
    running = job is not None and job.running
    return site_of(request).render.page(
        request,
        "law_wait.html.j2",
        headers={} if running else {"HX-Refresh": "true"},
        address=f"/dispositions/{which}/plan/now",
        running=running,
    )


@router.get("/dispositions/{batch}/execute")
def ask_execute(request: Request, who: Officer, batch: str) -> Response:
    """What will be gone, under which authority, and what stops it."""
    return _execute_page(request, who, number(batch), {})


@router.post("/dispositions/{batch}/execute")
def execute(
    request: Request, who: Officer, batch: str, typed: Text = "", override: Text = ""
) -> Response:
    """Begin the execution. It cannot be undone."""
    site = site_of(request)
    which = number(batch)
    look = look_of(site).look(which)
    try:
        if look.loaded.batch.stage is not Stage.APPROVED:
            raise RefusedError(f"disposition {which} is {look.loaded.row.state}, not approved")
        if " ".join(typed.split()).casefold() != _phrase(look.remaining):
            raise UsageError(f'to confirm, type: "{_phrase(look.remaining)}"')
        brakes = look_of(site).brakes(which)
        if brakes and not override.strip():
            raise UsageError("say why a disposition that takes so much is right")
        _begin(request, who, which, override=override if brakes else "")
    except (UsageError, RefusedError, BusyError) as error:
        return _execute_page(request, who, which, {"typed": typed, "override": override}, error)
    return go_on(who, f"/dispositions/{which}")


@router.post("/dispositions/{batch}/resume")
def resume(request: Request, who: Officer, batch: str) -> Response:
    """Go on with an execution that was cut off."""
    which = number(batch)
    look = look_of(site_of(request)).look(which)
    try:
        if look.loaded.batch.stage is not Stage.EXECUTING:
            raise UsageError("no execution of it is open")
        _begin(request, who, which)
    except (UsageError, BusyError) as error:
        return batch_page(request, who, which, problem=error)
    return go_on(who, f"/dispositions/{which}")


@router.post("/dispositions/{batch}/transfer")
def transfer(request: Request, who: Officer, batch: str) -> Response:
    """Make the bag for the state archives. The archive's own copy stays."""
    site = site_of(request)
    which = number(batch)
    _require_all(site, who, which)
    try:
        make_folder(site.home / BAGS)
        folder = _free(site.home / BAGS / f"disposition-{which}")
        jobs_of(request).start(
            key_of(which),
            lambda _: site.archive.dispositions.transfer(which, folder, by=who.name),
            by=who.name,
        )
    except BusyError as error:
        return batch_page(request, who, which, problem=error)
    jobs_of(request).wait(key_of(which), seconds=AT_ONCE)
    return go_on(who, f"/dispositions/{which}")


@router.get("/dispositions/{batch}/bag")
def bag(request: Request, who: Officer, batch: str) -> Response:
    """The bag as a tar file."""
    site = site_of(request)
    which = number(batch)
    _require_all(site, who, which)
    event = look_of(site).look(which).loaded.event("transferred")
    folder = site.home / BAGS / Path(str(event.detail["bag"])).name if event else None
    if folder is None or not folder.is_dir():
        raise NotFoundError(f"no bag of disposition {which} lies here")
    return StreamingResponse(
        tar_of(folder),
        media_type="application/x-tar",
        headers={"Content-Disposition": f'attachment; filename="{folder.name}.tar"'},
    )


@router.post("/dispositions/{batch}/receipt")
def receipt(request: Request, who: Officer, batch: str, document: Text = "") -> Response:
    """Keep that the archives have acknowledged what was handed over."""
    which = number(batch)
    try:
        site_of(request).archive.dispositions.receipt(which, by=who.name, document=document)
    except (UsageError, RefusedError) as error:
        return batch_page(request, who, which, problem=error, typed={"document": document})
    return go_on(who, f"/dispositions/{which}", "The receipt is kept; now it can be executed.")


@router.post("/dispositions/{batch}/certify")
def certify(request: Request, who: Officer, batch: str) -> Response:
    """Make the certificate."""
    which = number(batch)
    try:
        site_of(request).archive.dispositions.certify(which, by=who.name)
    except (UsageError, RefusedError) as error:
        return batch_page(request, who, which, problem=error)
    return go_on(who, f"/dispositions/{which}/certificate", "The certificate is made.")


@router.get("/dispositions/{batch}/certificate")
def certificate(request: Request, who: Reader, batch: str) -> Response:
    """The certificate, to read."""
    del who
    which = number(batch)
    made = look_of(site_of(request)).certificate(which)
    if made is None:
        raise NotFoundError(f"disposition {which} has no certificate yet")
    return site_of(request).render.page(
        request,
        "disposition_certificate.html.j2",
        made=made,
        number=which,
        sha256=digest_of(made),
        ended=datetime.fromisoformat(made["ended"]),
    )


@router.get("/dispositions/{batch}/certificate.{form}")
def certificate_file(request: Request, who: Reader, batch: str, form: str) -> Response:
    """The certificate as a file: JSON, which counts, or a PDF that says the same."""
    del who
    which = number(batch)
    made = look_of(site_of(request)).certificate(which)
    if made is None or form not in ("json", "pdf"):
        raise NotFoundError(f"disposition {which} has no such certificate")
    content, kind = (
        (as_pdf(made), "application/pdf")
        if form == "pdf"
        else (canonical(made), "application/json")
    )
    name = f"disposition-{which}.{form}"
    return Response(
        content,
        media_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _begin(request: Request, who: Visitor, batch: int, *, override: str = "") -> None:
    """Raises: BusyError when it is going on already."""
    desk = site_of(request).archive.dispositions
    jobs_of(request).start(
        key_of(batch),
        lambda _: desk.execute(
            batch,
            by=who.name,
            override_by=who.name if override else "",
            override_reason=override,
        ),
        by=who.name,
    )
    jobs_of(request).wait(key_of(batch), seconds=AT_ONCE)


def _plan_key(batch: int) -> str:
    return f"disposition plan {batch}"


def _phrase(records: int) -> str:
    """What must be typed to destroy so many."""
    return f"destroy {records}"


def _free(folder: Path) -> Path:
    """The folder, or one with a number where an earlier bag lies."""
    tried, found = 1, folder
    while found.exists():
        tried += 1
        found = folder.with_name(f"{folder.name}-{tried}")
    return found


def _require_all(site: Site, who: Visitor, batch: int) -> None:
    """Raises: RefusedError when it has records of a department that is not the visitor's."""
    look_of(site).look(batch)
    for each in sorted(look_of(site).departments(batch)):
        who.viewer.require_department(each)


def _execute_page(
    request: Request,
    who: Visitor,
    batch: int,
    typed: dict[str, str],
    error: ArchiverError | None = None,
) -> Response:
    del who
    site = site_of(request)
    look = look_of(site).look(batch)
    return site.render.page(
        request,
        "disposition_execute.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        look=look,
        row=look.loaded.row,
        batch=look.loaded.batch,
        steps=steps_of(site, batch, look),
        brakes=look_of(site).brakes(batch),
        phrase=_phrase(look.remaining),
        typed=typed,
        evaluation=retention_of(site).evaluation(),
        today=look_of(site).today(),
    )
