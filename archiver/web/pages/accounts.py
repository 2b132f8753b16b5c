"""Accounts: the registry, how each is doing, and the acts on it from proposal to suspension."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from archiver.capture.recover import recover
from archiver.desk.access import Permission
from archiver.desk.account_access import access_of, all_platforms, platform
from archiver.desk.account_view import account_lines, account_view
from archiver.desk.accounts import Basis
from archiver.desk.jobs import Job, Tell
from archiver.errors import ArchiverError, BusyError, RefusedError, UsageError
from archiver.web.accounts_form import AccountForm, form_of
from archiver.web.gate import Visitor, needs
from archiver.web.kept import jobs_of
from archiver.web.render import go_on
from archiver.web.sentences import sentences_of, without_commands
from archiver.web.site import Site, site_of
from connectors.base import Window

router = APIRouter()
Reader = Annotated[Visitor, needs(Permission.ACCOUNTS)]
Proposer = Annotated[Visitor, needs(Permission.ACCOUNTS_PROPOSE)]
Approver = Annotated[Visitor, needs(Permission.ACCOUNTS_APPROVE)]
Capturer = Annotated[Visitor, needs(Permission.CAPTURE)]
Text = Annotated[str, Form()]


async def _sent(request: Request) -> FormData:
    return await request.form()


Sent = Annotated[FormData, Depends(_sent)]


@router.get("/accounts")
def accounts(request: Request, who: Reader) -> Response:
    """The registry, with the condition of each account."""
    del who
    site = site_of(request)
    lines = account_lines(site.archive.database, site.archive.clock)
    titles = {each.name: each.title for each in all_platforms()}
    return site.render.page(request, "accounts.html.j2", lines=lines, titles=titles)


# The name of an account has no underscore, so this is nobody's page.
@router.get("/accounts/_new")
def new(request: Request, who: Proposer, on: str = "") -> Response:
    """Choose a platform, then fill in the proposal."""
    site = site_of(request)
    if not on:
        return site.render.page(request, "accounts_platforms.html.j2", platforms=all_platforms())
    today = site.archive.clock.now().astimezone(site.archive.settings.sections.agency.zone).date()
    typed = {"platform": on, "terms_reviewed_on": today.isoformat(), "basis": Basis.OFFICIAL.value}
    return _proposal(request, who, AccountForm(typed=typed))


@router.post("/accounts/_new")
def propose(request: Request, who: Proposer, sent: Sent) -> Response:
    """Enter the proposal."""
    form = form_of(sent)
    try:
        entry = site_of(request).archive.accounts.propose(form.proposal(by=who.name))
    except UsageError as error:
        return _proposal(request, who, form, error)
    return go_on(
        who,
        f"/accounts/{entry.slug}",
        f"{entry.name} is proposed. An approver who did not propose it decides next.",
    )


@router.get("/accounts/{slug}")
def account(request: Request, who: Reader, slug: str) -> Response:
    """One account."""
    return _account(request, who, slug)


@router.post("/accounts/{slug}/approve")
def approve(request: Request, who: Approver, slug: str, note: Text = "") -> Response:
    """Approve it, or renew its approval."""
    accounts = site_of(request).archive.accounts
    try:
        entry = accounts.approve(slug, approver=who.name, note=note.strip())
    except RefusedError as error:
        return _account(request, who, slug, error=error, typed={"note": note})
    return go_on(who, f"/accounts/{slug}", f"{entry.name} is approved and will be captured.")


@router.post("/accounts/{slug}/suspend")
def suspend(request: Request, who: Approver, slug: str, reason: Text = "") -> Response:
    """Stop capturing it."""
    accounts = site_of(request).archive.accounts
    try:
        entry = accounts.suspend(slug, actor=who.name, reason=reason)
    except (UsageError, RefusedError) as error:
        return _account(request, who, slug, error=error, typed={"reason": reason})
    return go_on(
        who,
        f"/accounts/{slug}",
        f"{entry.name} is suspended. This is a gap in the records until it is approved again.",
    )


@router.post("/accounts/{slug}/confirm-emptying")
def confirm_emptying(request: Request, who: Approver, slug: str, reason: Text = "") -> Response:
    """Answer the alarm that many records vanished at once."""
    accounts = site_of(request).archive.accounts
    try:
        accounts.confirm_emptying(slug, actor=who.name, reason=reason)
    except UsageError as error:
        return _account(request, who, slug, error=error, typed={"emptied": reason})
    return go_on(
        who,
        f"/accounts/{slug}",
        "For two days the missing records are looked up one by one.",
    )


@router.post("/accounts/{slug}/capture")
def capture(request: Request, who: Capturer, slug: str) -> Response:
    """Capture it now, in the background."""
    site = site_of(request)
    archive = site.archive
    try:
        entry = archive.captures.approved(slug)
        with archive.captures.lock(entry.slug):  # somebody else's capture is told at once
            pass
        jobs_of(request).start(
            f"capture {slug}", lambda tell: _captured(site, slug, tell), by=who.name
        )
    except (RefusedError, BusyError) as error:
        return _account(request, who, slug, error=error)
    return go_on(who, f"/accounts/{slug}#now")


@router.post("/accounts/{slug}/test")
def test(request: Request, who: Capturer, slug: str) -> Response:
    """Try its credentials, in the background; captures nothing."""
    archive = site_of(request).archive
    entry = archive.accounts.get(slug)
    try:
        jobs_of(request).start(
            f"test {slug}", lambda _: archive.captures.check(entry.slug), by=who.name
        )
    except BusyError as error:
        return _account(request, who, slug, error=error)
    return go_on(who, f"/accounts/{slug}#now")


@router.get("/accounts/{slug}/now")
def at_work(request: Request, who: Reader, slug: str) -> Response:
    """A part: the capture or test that goes on. When it ends, the page is loaded again."""
    del who
    site = site_of(request)
    site.archive.accounts.get(slug)
    capturing, testing = _jobs(request, slug)
    running = any(each is not None and each.running for each in (capturing, testing))
    return site.render.page(
        request,
        "accounts_now.html.j2",
        headers={} if running else {"HX-Refresh": "true"},
        slug=slug,
        capturing=capturing,
        testing=testing,
        sentence=sentences_of(site),
    )


def _captured(site: Site, slug: str, tell: Tell) -> object:
    archive = site.archive
    # What a crash left is put right first, as before every capture.
    archive.dispositions.resume()
    recover(archive.captures)
    return archive.captures.capture(
        slug, Window.NEW, tell=lambda progress: tell(progress.done, progress.total)
    )


def _jobs(request: Request, slug: str) -> tuple[Job | None, Job | None]:
    jobs = jobs_of(request)
    return jobs.get(f"capture {slug}"), jobs.get(f"test {slug}")


def _proposal(
    request: Request, who: Visitor, form: AccountForm, error: ArchiverError | None = None
) -> Response:
    del who
    return site_of(request).render.page(
        request,
        "accounts_new.html.j2",
        status=422 if error else 200,
        form=form,
        platform=platform(form.get("platform")),
        said=without_commands(str(error)) if error else "",
    )


def _account(
    request: Request,
    who: Visitor,
    slug: str,
    *,
    error: ArchiverError | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    del who
    site = site_of(request)
    archive = site.archive
    entry = archive.accounts.get(slug)
    try:
        on = platform(entry.platform)
    except UsageError:  # a connector that was installed once and is gone
        on = None
    capturing, testing = _jobs(request, slug)
    return site.render.page(
        request,
        "accounts_one.html.j2",
        status=422 if error else 200,
        entry=entry,
        view=account_view(archive.database, archive.clock, entry),
        history=archive.accounts.history(slug)[::-1],
        platform=on,
        access=access_of(
            archive.database, archive.credentials, entry, on.credentials if on else ()
        ),
        slug=slug,
        capturing=capturing,
        testing=testing,
        sentence=sentences_of(site),
        typed=typed or {},
        said=without_commands(str(error)) if error else "",
    )
