"""Guarded deletions: every step that was taken, the plan of a new one, and carrying it out.

A plan captures the account again, and a removal waits for the platform: both go on in the
background, under an address of their own that only the one who asked may open.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.desk.account_access import access_of, platform
from archiver.desk.deletion_checks import Plan, RemovalOrder
from archiver.desk.jobs import Job
from archiver.desk.removal_book import Chosen, cases, chosen
from archiver.desk.removal_report import neutrality
from archiver.errors import ArchiverError, BusyError, NotFoundError, RefusedError, UsageError
from archiver.model.queries.registry import AccountEntry
from archiver.web.gate import Visitor, needs
from archiver.web.kept import jobs_of
from archiver.web.render import go_on
from archiver.web.sentences import sentences_of, without_commands
from archiver.web.site import Site, site_of
from archiver.web.typed import day_of, number_of
from connectors.removals import Removal

router = APIRouter()
Reader = Annotated[Visitor, needs(Permission.REMOVALS)]
Remover = Annotated[Visitor, needs(Permission.REMOVE)]
Text = Annotated[str, Form()]
PAGE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was typed: the record, what to do, the rule's code and the reason."""

    record: str = ""
    removal: str = ""
    rule: str = ""
    reason: str = ""

    def order(self, record_id: int, *, by: str) -> RemovalOrder:
        """The order. Raises: UsageError when something is missing."""
        try:
            removal = Removal(self.removal)
        except ValueError as error:
            raise UsageError("choose what is to be done") from error
        if not self.reason.strip():
            raise UsageError("say why; the reason is kept for good")
        return RemovalOrder(
            wanted=f"#{record_id}", removal=removal, actor=by, reason=self.reason, rule=self.rule
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What a plan or its execution is about."""

    draft: Draft
    order: RemovalOrder
    record: Chosen


@router.get("/removals")
def removals(request: Request, who: Reader, record: str = "", page: str = "1") -> Response:
    """Every request with its steps, newest first."""
    archive = site_of(request).archive
    found = cases(archive.database, archive.deletions.history(number_of(record)), who.viewer)
    number = max(number_of(page, 1), 1)
    begin = (number - 1) * PAGE
    return site_of(request).render.page(
        request,
        "removals.html.j2",
        cases=found[begin : begin + PAGE],
        page=number,
        more=len(found) > begin + PAGE,
        record=record if record.isdecimal() else "",
        open=sum(1 for each in found if not each.over),
        settling=jobs_of(request).get("settle"),
        sentence=sentences_of(site_of(request)),
    )


@router.get("/removals/new")
def new(
    request: Request,
    who: Remover,
    record: str = "",
    removal: str = "",
    rule: str = "",
    reason: str = "",
) -> Response:
    """Choose the record, what to do, the rule and the reason."""
    draft = Draft(record=record, removal=removal, rule=rule, reason=reason)
    if not record.strip():
        return _form(request, draft, None)
    try:
        found = chosen(site_of(request).archive.database, record, who.viewer)
    except (UsageError, RefusedError) as error:
        return _form(request, draft, None, error)
    return _form(request, draft, found)


@router.post("/removals/plan")
def plan(
    request: Request,
    who: Remover,
    record: Text = "",
    removal: Text = "",
    rule: Text = "",
    reason: Text = "",
) -> Response:
    """Capture the account again and check every condition; removes nothing."""
    archive = site_of(request).archive
    draft = Draft(record=record, removal=removal, rule=rule, reason=reason)
    found = None
    try:
        found = chosen(archive.database, record, who.viewer)
        order = draft.order(found.record.id, by=who.name)
    except (UsageError, RefusedError) as error:
        return _form(request, draft, found, error)
    token = secrets.token_urlsafe(12)
    jobs_of(request).start(
        f"plan {token}",
        lambda _: archive.deletions.plan(order),
        by=who.name,
        subject=Planned(draft=draft, order=order, record=found),
    )
    return go_on(who, f"/removals/plans/{token}")


@router.get("/removals/plans/{token}")
def planned(request: Request, who: Remover, token: str) -> Response:
    """The plan with every check, then how carrying it out goes or went."""
    return _planned(request, who, token)


@router.post("/removals/plans/{token}/carry-out")
def carry_out(request: Request, who: Remover, token: str, word: Text = "") -> Response:
    """Do it, once, after the word was typed."""
    archive = site_of(request).archive
    job, about = _plan_of(request, who, token)
    removal = about.order.removal
    if not isinstance(job.result, Plan) or job.result.refused:
        raise RefusedError("this plan does not allow it; look at its checks")
    if word.strip().casefold() != removal.value:
        typed = f'type the word "{removal.value}" to confirm; nothing was done'
        return _planned(request, who, token, error=UsageError(typed))
    jobs = jobs_of(request)
    before = jobs.get(f"do {token}")
    if before is not None and not before.running and before.error is None:
        raise RefusedError("this was carried out already")
    # The department may have been taken from the person since the plan was made.
    who.viewer.require_department(about.record.account.department)
    try:
        jobs.start(
            f"do {token}",
            lambda _: archive.deletions.carry_out(about.order),
            by=who.name,
            subject=about,
        )
    except BusyError as error:
        return _planned(request, who, token, error=error)
    return go_on(who, f"/removals/plans/{token}")


@router.get("/removals/plans/{token}/now")
def at_work(request: Request, who: Remover, token: str) -> Response:
    """A part: nothing while it goes on; then the page is loaded again."""
    job, _ = _plan_of(request, who, token)
    doing = jobs_of(request).get(f"do {token}")
    running = job.running or (doing is not None and doing.running)
    return site_of(request).render.page(
        request,
        "removals_wait.html.j2",
        headers={} if running else {"HX-Refresh": "true"},
        token=token,
        doing=doing is not None,
    )


@router.post("/removals/settle")
def settle(request: Request, who: Remover) -> Response:
    """Ask the platforms what became of removals that were cut off."""
    archive = site_of(request).archive
    jobs_of(request).start("settle", lambda _: archive.deletions.resume(again=True), by=who.name)
    return go_on(who, "/removals", "The platforms are asked; look again in a moment.")


@router.get("/removals/report")
def report(request: Request, who: Reader, since: str = "", until: str = "") -> Response:
    """Who removed what the public wrote, under which rule, and what alike was left standing."""
    site = site_of(request)
    zone = site.archive.settings.sections.agency.zone
    found, said = None, ""

    def begin(day: date | None) -> datetime | None:
        return datetime.combine(day, time(), zone).astimezone(UTC) if day else None

    try:
        first, last = day_of(since, "From"), day_of(until, "To")
        found = neutrality(
            site.archive.database,
            since=begin(first),
            until=begin(last + timedelta(days=1) if last else None),
        )
    except UsageError as error:
        said = without_commands(str(error))
    seen = {e.slug for e in site.archive.accounts.all() if who.viewer.sees(e.department)}
    return site.render.page(
        request,
        "removals_report.html.j2",
        status=422 if said else 200,
        tallies=[each for each in found.tallies if each.account in seen] if found else [],
        compared=[e for e in found.compared if e.removal.account in seen] if found else [],
        cut=bool(found and found.cut),
        since=since,
        until=until,
        said=said,
    )


def _form(
    request: Request, draft: Draft, found: Chosen | None, error: ArchiverError | None = None
) -> Response:
    site = site_of(request)
    return site.render.page(
        request,
        "removals_new.html.j2",
        status=(404 if isinstance(error, NotFoundError) else 422) if error else 200,
        draft=draft,
        found=found,
        rule_pairs=[
            (rule.code, f"{rule.code}: {rule.text}")
            for rule in site.archive.settings.sections.moderation.rules
        ],
        own_credentials=found is not None and _credentials(site, found.account),
        said=sentences_of(site)(error) if error else "",
    )


def _credentials(site: Site, entry: AccountEntry) -> bool:
    """Are there credentials that are only for removals?"""
    try:
        specs = platform(entry.platform).credentials
    except UsageError:
        return False
    access = access_of(site.archive.database, site.archive.credentials, entry, specs)
    return any(each.removing and each.present for each in access.credentials)


def _plan_of(request: Request, who: Visitor, token: str) -> tuple[Job, Planned]:
    """Raises: NotFoundError when there is none, or it is somebody else's."""
    job = jobs_of(request).get(f"plan {token}")
    if job is None or job.by != who.name or not isinstance(job.subject, Planned):
        raise NotFoundError(
            "this plan is not there any more; every step that was taken is under Deletions"
        )
    return job, job.subject


def _planned(
    request: Request, who: Visitor, token: str, *, error: ArchiverError | None = None
) -> Response:
    job, about = _plan_of(request, who, token)
    site = site_of(request)
    return site.render.page(
        request,
        "removals_plan.html.j2",
        status=422 if error else 200,
        token=token,
        job=job,
        about=about,
        doing=jobs_of(request).get(f"do {token}"),
        rules={rule.code: rule.text for rule in site.archive.settings.sections.moderation.rules},
        said=sentences_of(site)(error) if error else "",
        sentence=sentences_of(site),
    )
