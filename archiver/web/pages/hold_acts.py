"""Acts on a hold: widening, notices, reviews, the end that a law sets, release."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission
from archiver.desk.hold_notices import Told
from archiver.desk.hold_order import in_words
from archiver.errors import ArchiverError, RefusedError, UsageError
from archiver.notify.base import NotifyError
from archiver.web.gate import Visitor, needs
from archiver.web.hold_form import ScopeForm
from archiver.web.pages.holds import hold_page, needs_other
from archiver.web.render import go_on
from archiver.web.site import Site, site_of
from archiver.web.typed import day_of, lines_of, number_of, said_by
from retention.facts import Scope

router = APIRouter()
Counsel = Annotated[Visitor, needs(Permission.HOLDS_PLACE)]
Text = Annotated[str, Form()]
Filled = Annotated[ScopeForm, Form()]


@router.get("/holds/{name}/widen")
def ask_widen(request: Request, who: Counsel, name: str, pick: str = "") -> Response:
    """The form that lets a hold reach more."""
    del who
    return _widen_form(request, name, ScopeForm(pick="\n".join(pick.split(","))))


@router.post("/holds/{name}/widen/again")
def again(request: Request, who: Counsel, name: str, form: Filled) -> Response:
    """The form again, with what was typed."""
    del who
    return _widen_form(request, name, form)


@router.post("/holds/{name}/widen/preview")
def preview(request: Request, who: Counsel, name: str, form: Filled) -> Response:
    """What the wider scope would catch."""
    site = site_of(request)
    standing = site.archive.holds.get(name)
    try:
        scope = _added(form, site)
        if scope is None and not lines_of(form.custodian):
            raise UsageError("say what the hold is to reach besides, or who else must keep")
        if not form.reason.strip():
            raise UsageError("say why the hold is widened")
        found = None
        if scope is not None:
            found = site.archive.holds.preview(scope, departments=who.viewer.departments)
    except (UsageError, RefusedError) as error:
        return _widen_form(request, name, form, error)
    return site.render.page(
        request,
        "hold_widen_preview.html.j2",
        standing=standing,
        form=form,
        found=found,
        words=in_words(scope) if scope else "",
        custodians=lines_of(form.custodian),
    )


@router.post("/holds/{name}/widen")
def widen(request: Request, who: Counsel, name: str, form: Filled) -> Response:
    """Widen it."""
    site = site_of(request)
    before = site.archive.holds.get(name).records
    try:
        after = site.archive.holds.widen(
            name,
            actor=who.name,
            reason=form.reason,
            scope=_added(form, site),
            custodians=lines_of(form.custodian),
        )
    except (UsageError, RefusedError) as error:
        return _widen_form(request, name, form, error)
    added = after.records - before
    return go_on(who, f"/holds/{name}", f"The hold is widened; it keeps {added:,} records more.")


@router.get("/holds/{name}/notice")
def ask_notice(request: Request, who: Counsel, name: str) -> Response:
    """The notice with whom it goes to, before it is given."""
    del who
    return _notice_page(request, name)


@router.post("/holds/{name}/notice")
def notice(request: Request, who: Counsel, name: str, text: Text = "") -> Response:
    """Give the custodians notice."""
    site = site_of(request)
    try:
        told = site.archive.holds.notify(name, actor=who.name, text=text)
    except (UsageError, RefusedError, NotifyError) as error:
        return _notice_page(request, name, text, error)
    return go_on(who, f"/holds/{name}?tab=custodians", _told(told))


@router.post("/holds/{name}/remind")
def remind(request: Request, who: Counsel, name: str) -> Response:
    """Write again to those who have not confirmed."""
    site = site_of(request)
    try:
        told = site.archive.holds.notices.remind(name, actor=who.name)
    except (UsageError, RefusedError, NotifyError) as error:
        return hold_page(request, site, who, name, tab="custodians", problem=error)
    return go_on(who, f"/holds/{name}?tab=custodians", _told(told))


@router.post("/holds/{name}/acknowledge")
def acknowledge(request: Request, who: Counsel, name: str, custodian: Text = "") -> Response:
    """Keep that a custodian has confirmed."""
    site = site_of(request)
    try:
        site.archive.holds.acknowledge(name, custodian, actor=who.name)
    except (UsageError, RefusedError) as error:
        return hold_page(request, site, who, name, tab="custodians", problem=error)
    return go_on(who, f"/holds/{name}?tab=custodians", f"{custodian} has confirmed the notice.")


@router.post("/holds/{name}/review")
def review(
    request: Request, who: Counsel, name: str, note: Text = "", following: Text = ""
) -> Response:
    """Keep that the hold was reviewed and is still needed."""
    site = site_of(request)
    try:
        standing = site.archive.holds.review(
            name, actor=who.name, note=note, next_on=day_of(following, "Next review")
        )
    except (UsageError, RefusedError) as error:
        return hold_page(request, site, who, name, problem=error)
    day = standing.entry.review_on
    return go_on(who, f"/holds/{name}", f"The review is kept; the next one is on {day}.")


@router.post("/holds/{name}/limit")
def limit(
    request: Request,
    who: Counsel,
    name: str,
    citation: Text = "",
    lapses: Text = "",
    endless: Text = "",
) -> Response:
    """Set the end that a law gives a data subject's hold, a later one, or none."""
    site = site_of(request)
    try:
        day = day_of(lapses, "Last day")
        if bool(day) == bool(endless):
            raise UsageError("name the last day, or say that the hold has no end, not both")
        site.archive.holds.limits.limit(name, actor=who.name, citation=citation, lapses=day)
    except (UsageError, RefusedError) as error:
        return hold_page(request, site, who, name, problem=error)
    said = f"It lapses after {day}, once the requester was told." if day else "It has no end now."
    return go_on(who, f"/holds/{name}", said)


@router.post("/holds/{name}/told")
def told(request: Request, who: Counsel, name: str, on: Text = "") -> Response:
    """Keep that the requester was told of the end."""
    site = site_of(request)
    try:
        day = day_of(on, "Told on")
        if day is None:
            raise UsageError("name the day on which the requester was told")
        standing = site.archive.holds.limits.told(name, actor=who.name, on=day)
    except (UsageError, RefusedError) as error:
        return hold_page(request, site, who, name, problem=error)
    return go_on(who, f"/holds/{name}", f"It binds through {standing.bound_through}.")


@router.get("/holds/{name}/release")
def ask_release(request: Request, who: Counsel, name: str) -> Response:
    """What a release means, before it is given."""
    return _release_page(request, who, name)


@router.post("/holds/{name}/release")
def release(
    request: Request,
    who: Counsel,
    name: str,
    reason: Text = "",
    tail: Text = "",
    sure: Text = "",
) -> Response:
    """Release it. It cannot be taken back."""
    site = site_of(request)
    typed = {"reason": reason, "tail": tail}
    try:
        if not sure:
            raise UsageError("tick the box: a release cannot be taken back")
        if tail.strip() and not tail.strip().isdecimal():
            raise UsageError("the days that it binds on are a whole number")
        standing = site.archive.holds.release(
            name,
            actor=who.name,
            reason=reason,
            tail_days=number_of(tail.strip()) if tail.strip() else None,
        )
    except (UsageError, RefusedError) as error:
        return _release_page(request, who, name, typed, error)
    return go_on(
        who, f"/holds/{name}", f"The hold is released. Its last day is {standing.bound_through}."
    )


def _added(form: ScopeForm, site: Site) -> Scope | None:
    scope = form.scope(site.archive.holds)
    return scope if scope != Scope() else None


def _told(told: Told) -> str:
    parts = ["The notice is given."]
    if told.letters.written_to:
        parts.append(f"Written to: {', '.join(told.letters.written_to)}.")
    if told.by_hand:
        parts.append(f"Hand the text to: {', '.join(told.by_hand)}.")
    missed = (*told.letters.not_reached, *told.delivery.failed)
    parts += [f"Not reached: {who} ({why})." for who, why in missed]
    return " ".join(parts)


def _widen_form(
    request: Request, name: str, form: ScopeForm, error: ArchiverError | None = None
) -> Response:
    site = site_of(request)
    entries = site.archive.accounts.all()
    return site.render.page(
        request,
        "hold_widen.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        standing=site.archive.holds.get(name),
        form=form,
        entries=entries,
        departments=sorted({each.department for each in entries if each.department}),
    )


def _notice_page(
    request: Request, name: str, text: str = "", error: ArchiverError | None = None
) -> Response:
    site = site_of(request)
    standing = site.archive.holds.get(name)
    alarms = site.archive.settings.sections.alarms
    return site.render.page(
        request,
        "hold_notice.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        standing=standing,
        text=text or standing.notice,
        mail=alarms.mail is not None,
        webhook=alarms.webhook is not None,
    )


def _release_page(
    request: Request,
    who: Visitor,
    name: str,
    typed: dict[str, str] | None = None,
    error: ArchiverError | None = None,
) -> Response:
    site = site_of(request)
    standing = site.archive.holds.get(name)
    return site.render.page(
        request,
        "hold_release.html.j2",
        status=422 if error else 200,
        said=said_by(site, error),
        standing=standing,
        typed=typed or {"reason": "", "tail": ""},
        own=needs_other(site, standing, who),
        reached=site.archive.holds.reach(name),
    )
