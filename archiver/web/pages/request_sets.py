"""What a request touches: the freeze, the search whose hits are fixed, and the exemption log."""

from __future__ import annotations

from itertools import chain
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk import exemption_log
from archiver.desk.access import Permission
from archiver.desk.exemption_log import LogRow
from archiver.desk.query_language import parse
from archiver.desk.review_rules import Outcome
from archiver.errors import NotFoundError, RefusedError, UsageError
from archiver.model.queries.review import Pick
from archiver.web.gate import Visitor, needs
from archiver.web.hold_form import ScopeForm
from archiver.web.render import go_on
from archiver.web.request_page import address_of
from archiver.web.site import Site, site_of
from archiver.web.typed import number_of, said_by

router = APIRouter()
Look = Annotated[Visitor, needs(Permission.REQUESTS)]
Work = Annotated[Visitor, needs(Permission.REQUESTS_WORK)]
Filled = Annotated[ScopeForm, Form()]
Text = Annotated[str, Form()]
EXAMPLES = 5  # hits that the preview of a search shows
A_PAGE = 100  # rows of the exemption log


@router.get("/requests/{number}/freeze")
def scope(request: Request, who: Work, number: str) -> Response:
    """What is to be kept unchanged?"""
    return _scope_form(request, who, number, ScopeForm())


@router.post("/requests/{number}/freeze/preview")
def preview(request: Request, who: Work, number: str, form: Filled) -> Response:
    """How much that is, before it is done."""
    site = site_of(request)
    site.archive.requests.get(number)
    try:
        found = site.archive.holds.preview(
            _bounded(who, form).scope(site.archive.holds), departments=who.viewer.departments
        )
    except (UsageError, RefusedError) as error:
        return _scope_form(request, who, number, form, said=said_by(site, error))
    return _scope_form(request, who, number, form, found=found)


@router.post("/requests/{number}/freeze")
def freeze(request: Request, who: Work, number: str, form: Filled) -> Response:
    """Keep it, until the request is closed."""
    site = site_of(request)
    try:
        standing = site.archive.requests.freeze(
            number, _bounded(who, form).scope(site.archive.holds), by=who.name
        )
    except (UsageError, RefusedError) as error:
        return _scope_form(request, who, number, form, said=said_by(site, error))
    kept = sum(each.records for each in site.archive.holds.reach(standing.entry.hold))
    return go_on(
        who,
        address_of(number),
        f"{kept:,} records are kept until the request is closed, and what comes later with them.",
    )


@router.get("/requests/{number}/search")
def search(request: Request, who: Work, number: str, q: str = "") -> Response:
    """Search for the request; what would be frozen as a result set."""
    site = site_of(request)
    standing = site.archive.requests.get(number)
    found, said = None, ""
    if q.strip():
        try:
            asked = _limited(who, q)
            found = site.search.page(
                asked, size=EXAMPLES, facets=False, by=who.name, viewer=who.viewer
            )
        except (UsageError, RefusedError) as error:
            said = said_by(site, error)
    return site.render.page(
        request,
        "request_search.html.j2",
        status=422 if said else 200,
        standing=standing,
        entry=standing.entry,
        sets=site.review.sets.all(number),
        q=q,
        found=found,
        said=said,
    )


@router.post("/requests/{number}/sets")
def fix(request: Request, who: Work, number: str, q: Text = "") -> Response:
    """Freeze what a search finds as a result set of the request."""
    site = site_of(request)
    standing = site.archive.requests.get(number)
    try:
        if not q.strip():
            raise UsageError("write what to search for")
        asked = _limited(who, q)
        hits = site.search.all_ids(asked, by=who.name, viewer=who.viewer)
        made = site.review.sets.freeze(number, asked, hits, by=who.name)
    except (UsageError, RefusedError) as error:
        return site.render.page(
            request,
            "request_search.html.j2",
            status=422,
            standing=standing,
            entry=standing.entry,
            sets=site.review.sets.all(number),
            q=q,
            found=None,
            said=said_by(site, error),
        )
    return go_on(
        who,
        f"{address_of(number)}/sets/{made}",
        f"Result set {made} of {number} is fixed: the same list whatever is captured, edited or "
        "deleted from now on. Decide on each item.",
    )


@router.get("/requests/{number}/log")
def log(
    request: Request, who: Look, number: str, set_number: str = "", page: str = "1"
) -> Response:
    """The exemption log of a set: what is taken out, on which ground, and why."""
    site = site_of(request)
    standing = site.archive.requests.get(number)
    chosen = _set(site, number, set_number)
    rows = _rows(site, who, number, chosen)
    at = max(1, number_of(page, 1))
    return site.render.page(
        request,
        "request_log.html.j2",
        standing=standing,
        entry=standing.entry,
        set_number=chosen,
        rows=rows[(at - 1) * A_PAGE : at * A_PAGE],
        found=len(rows),
        number=at,
        pages=max(1, -(-len(rows) // A_PAGE)),
    )


@router.get("/requests/{number}/log.csv")
def log_file(request: Request, who: Look, number: str, set_number: str = "") -> Response:
    """The same as a file for a spreadsheet."""
    site = site_of(request)
    chosen = _set(site, number, set_number)
    text = exemption_log.as_csv(_rows(site, who, number, chosen))
    name = f"{number}-exemption-log-{chosen}.csv"
    return Response(
        text.encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _scope_form(
    request: Request,
    who: Visitor,
    number: str,
    form: ScopeForm,
    *,
    found: object = None,
    said: str = "",
) -> Response:
    site = site_of(request)
    standing = site.archive.requests.get(number)
    accounts = [each for each in site.archive.accounts.all() if who.viewer.sees(each.department)]
    return site.render.page(
        request,
        "request_freeze.html.j2",
        status=422 if said else 200,
        standing=standing,
        entry=standing.entry,
        form=form,
        accounts=accounts,
        departments=sorted({each.department for each in accounts if each.department}),
        found=found,
        said=said,
    )


def _bounded(who: Visitor, form: ScopeForm) -> ScopeForm:
    """The scope, kept to the departments that the person sees.

    Raises: RefusedError when it names more.
    """
    own = who.viewer.departments
    if not own:
        return form
    for each in form.department:
        who.viewer.require_department(each)
    if form.everything or form.pick.strip():
        raise RefusedError(
            "the whole archive, or single records by their number, can be frozen by somebody "
            f"who sees all departments; you see {', '.join(sorted(own))}"
        )
    return form.model_copy(update={"department": form.department or sorted(own)})


def _limited(who: Visitor, question: str) -> str:
    """The question with the person's departments, as the set shall name them. That nothing of other
    departments is found is the search's own work: a question can close the bracket around it.

    Raises: UsageError when the question by itself cannot be read.
    """
    parse(question)
    own = sorted(who.viewer.departments)
    if not own:
        return question.strip()
    bounds = " OR ".join('department:"{}"'.format(each.replace('"', "")) for each in own)
    return f"({question.strip()}) ({bounds})"


def _set(site: Site, number: str, given: str) -> int:
    """The set that is meant, the newest unless one is named. Raises: NotFoundError."""
    if given:
        return site.review.sets.get(number, number_of(given)).number
    found = site.review.sets.all(number)
    if not found:
        raise NotFoundError(f"nothing was searched for {number} yet, so there is no log")
    return found[-1].number


def _rows(site: Site, who: Visitor, number: str, set_number: int) -> list[LogRow]:
    desk = site.review
    items = chain.from_iterable(
        desk.reviews.items(
            number,
            set_number,
            pick=Pick(outcome=each.value, departments=who.viewer.departments),
        )
        for each in (Outcome.WITHHOLD, Outcome.REDACT)
    )
    zone = site.archive.settings.sections.agency.zone
    return sorted(
        exemption_log.rows(items, desk.exemptions, zone=zone), key=lambda row: row.position
    )
