"""A frozen set under review: how far it is, its items by filter, and the same decision for many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk import suggestions
from archiver.desk.access import Permission
from archiver.desk.plain_text import plain_text
from archiver.desk.review import Progress
from archiver.desk.review_rules import Outcome, check_shape
from archiver.errors import ArchiverError, NotFoundError, RefusedError, UsageError
from archiver.model.queries.review import Pick, SetItem
from archiver.values import Mark
from archiver.web.gate import Visitor, needs
from archiver.web.render import go_on
from archiver.web.review_filters import (
    FILTERS,
    SCANNED,
    SUGGESTED,
    TO_CHECK,
    Listing,
    has_hints,
    next_of,
    set_address,
)
from archiver.web.review_grounds import grounds_of
from archiver.web.site import Site, site_of
from archiver.web.typed import said_by

router = APIRouter()
LARGEST = 2**31 - 1
A_PAGE = 40  # items
SNIPPET = 280  # characters
REFUSALS = (UsageError, RefusedError, NotFoundError)  # told beside the form
AGREE = "agree"  # beside the outcomes, for many at once: the second look
SET = "/requests/{number}/sets/{set_number}"

Reader = Annotated[Visitor, needs(Permission.REQUESTS)]
Reviewer = Annotated[Visitor, needs(Permission.REVIEW)]
SetNumber = Annotated[int, Path(ge=1, le=LARGEST)]
After = Annotated[int, Query(ge=0, le=LARGEST)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the list. `hidden`: it belongs to a department that is not for the viewer."""

    item: SetItem
    hidden: bool
    snippet: str
    hints: Sequence[str]
    before: Sequence[str]


class Many(BaseModel):
    """What the form for many items says; `count` is how many the person was told."""

    meant: str = "selected"
    item: list[str] = []
    show: str = "all"
    author: str = ""
    kind: str = ""
    outcome: str = ""
    code: str = ""
    reason: str = ""
    count: str = ""

    @property
    def listing(self) -> Listing:
        """The list that it was sent from."""
        return Listing(show=self.show, author=self.author, kind=self.kind)


@router.get(SET)
def review_set(
    request: Request,
    who: Reader,
    number: str,
    set_number: SetNumber,
    show: str = "all",
    author: str = "",
    kind: str = "",
    after: After = 0,
) -> Response:
    """Progress, filters, and the items of a set."""
    listing = Listing(show=show if show in FILTERS else "all", author=author, kind=kind)
    return _page(request, who, number, set_number, listing, after=after)


@router.post(f"{SET}/bulk")
def bulk_preview(
    request: Request,
    who: Reviewer,
    number: str,
    set_number: SetNumber,
    many: Annotated[Many, Form()],
) -> Response:
    """How many items a decision is about, before it is made. Changes nothing."""
    site = site_of(request)
    site.review.sets.get(number, set_number)
    try:
        pick = _pick(who, many)
        _check(site, many)
        meant = _meant(site, number, set_number, pick)
    except REFUSALS as error:
        return _page(request, who, number, set_number, many.listing, many=many, said=error)
    return _preview(request, number, set_number, many, meant)


@router.post(f"{SET}/bulk/decide")
def bulk_decide(
    request: Request,
    who: Reviewer,
    number: str,
    set_number: SetNumber,
    many: Annotated[Many, Form()],
) -> Response:
    """The same decision, or the second look, for all items that are meant."""
    site = site_of(request)
    site.review.sets.get(number, set_number)
    pick = None
    try:
        pick = _pick(who, many)
        done = _decide(site, who, number, set_number, many, pick)
    except REFUSALS as error:
        if pick is None:
            return _page(request, who, number, set_number, many.listing, many=many, said=error)
        meant = site.review.reviews.progress(number, set_number, pick=pick)
        return _preview(request, number, set_number, many, meant, said=error)
    told = {
        AGREE: "agreed with.",
        Outcome.RELEASE: "release.",
        Outcome.WITHHOLD: f"withhold under {many.code}.",
        Outcome.REDACT: f"release without the author, under {many.code}.",
        Outcome.UNDECIDED: "undecided again.",
    }[many.outcome]
    items = "1 item" if done == 1 else f"{done:,} items"
    where = set_address(number, set_number) + many.listing.query()
    return go_on(who, where, f"{items}: {told}")


def _decide(site: Site, who: Visitor, number: str, set_number: int, many: Many, pick: Pick) -> int:
    count = int(many.count) if many.count.isdecimal() else 0
    if not 0 < count <= LARGEST:
        raise UsageError("look at how many items are meant first")
    reviews = site.review.reviews
    if many.outcome == AGREE:
        return reviews.check(
            number, set_number, pick, agrees=True, by=who.name, note=many.reason, expected=count
        )
    outcome = _check(site, many)
    assert outcome is not None
    return reviews.decide_many(
        number,
        set_number,
        pick,
        outcome,
        by=who.name,
        code=_code(many),
        reason=many.reason,
        expected=count,
    )


def _pick(who: Visitor, many: Many) -> Pick:
    """What the form means. Raises: UsageError."""
    if many.meant == "all":
        if many.show == SUGGESTED:
            raise UsageError("choose the items with suggestions one by one: they need a look each")
        pick = many.listing.pick(who.viewer)
    else:
        chosen = [int(each) for each in many.item if each.isdecimal() and len(each) < 10]
        if not chosen:
            raise UsageError("no item is chosen; tick some, or choose all that the list shows")
        pick = Pick(positions=frozenset(chosen[:A_PAGE]), departments=who.viewer.departments)
    if many.outcome == AGREE:
        pick = replace(pick, look="waiting", not_by=who.name)
    return pick


def _check(site: Site, many: Many) -> Outcome | None:
    """The outcome, None for a second look. Raises: as `check_shape`; UsageError for no outcome."""
    if many.outcome == AGREE:
        return None
    if many.outcome not in set(Outcome):
        raise UsageError("choose what is decided")
    outcome = Outcome(many.outcome)
    marks = [Mark(what="author", code=many.code)] if outcome is Outcome.REDACT else []
    code = _code(many) if not marks else ""
    check_shape(outcome, code, many.reason, marks, site.review.exemptions)
    return outcome


def _code(many: Many) -> str:
    """The ground, for the outcomes that have one: the form has one field for all."""
    return many.code if many.outcome in (Outcome.WITHHOLD, Outcome.REDACT) else ""


def _meant(site: Site, number: str, set_number: int, pick: Pick) -> Progress:
    meant = site.review.reviews.progress(number, set_number, pick=pick)
    if not meant.size:
        raise UsageError("no item is meant by this: there is nothing to decide")
    return meant


def _preview(
    request: Request,
    number: str,
    set_number: int,
    many: Many,
    meant: Progress,
    *,
    said: ArchiverError | None = None,
) -> Response:
    site = site_of(request)
    ground = site.review.exemptions.of(_code(many)) if _code(many) and said is None else None
    return site.render.page(
        request,
        "review_bulk.html.j2",
        status=422 if said else 200,
        number=number,
        here=set_address(number, set_number),
        set_number=set_number,
        many=many,
        meant=meant,
        ground=ground,
        said=said_by(site, said),
    )


def _page(
    request: Request,
    who: Visitor,
    number: str,
    set_number: int,
    listing: Listing,
    *,
    after: int = 0,
    many: Many | None = None,
    said: ArchiverError | None = None,
) -> Response:
    who.viewer.require(Permission.RECORDS)
    site = site_of(request)
    desk, departments = site.review, who.viewer.departments
    found = desk.sets.get(number, set_number)
    items, more = _listed(site, who, number, set_number, listing, after)
    progress = desk.reviews.progress(number, set_number, pick=Pick(departments=departments))

    def first(show: str) -> int:
        return next_of(desk, who.viewer, number, set_number, Listing(show=show))

    values: dict[str, Any] = {
        "number": number,
        "here": set_address(number, set_number),
        "found": found,
        "progress": progress,
        "others": found.size - progress.size,
        "second_review": site.archive.settings.sections.requests.second_review,
        "to_check": desk.reviews.progress(
            number, set_number, pick=Listing(show=TO_CHECK).pick(who.viewer)
        ).size,
        "first_undecided": first("undecided"),
        "first_to_check": first(TO_CHECK),
        "listing": listing,
        "lines": _lines(site, who, number, set_number, items),
        "after": after,
        "more": more,
        "grounds": grounds_of(desk.exemptions, site.archive.settings.sections.agency),
        "many": many or Many(show=listing.show, author=listing.author, kind=listing.kind),
        "said": said_by(site, said),
    }
    return site.render.page(request, "review.html.j2", status=422 if said else 200, **values)


def _listed(
    site: Site, who: Visitor, number: str, set_number: int, listing: Listing, after: int
) -> tuple[list[SetItem], int]:
    """The items of a page, and after which position the next one begins; 0: there is none.

    Items of other departments stand in the plain list only: any filter would tell of them.
    """
    pick = listing.pick(who.viewer)
    if listing == Listing():
        pick = Pick()
    limit = SCANNED if listing.show == SUGGESTED else A_PAGE
    found: list[SetItem] = []
    seen = last = 0
    reviews = site.review.reviews
    for each in reviews.items(number, set_number, pick=pick, after=after, limit=limit + 1):
        if seen == limit or len(found) == A_PAGE:
            return found, last
        seen, last = seen + 1, each.position
        if listing.show != SUGGESTED or has_hints(site.review, each):
            found.append(each)
    return found, 0


def _lines(
    site: Site, who: Visitor, number: str, set_number: int, items: Iterable[SetItem]
) -> list[Line]:
    items = list(items)
    visible = {each.position for each in items if who.viewer.sees(each.department)}
    before: dict[int, list[str]] = {}
    for each in site.review.reviews.earlier(number, set_number, positions=visible):
        before.setdefault(each.position, []).append(each.request)
    return [
        Line(
            item=each,
            hidden=each.position not in visible,
            snippet=_snippet(each) if each.position in visible else "",
            hints=_hints(site, each) if each.position in visible else (),
            before=before.get(each.position, ()),
        )
        for each in items
    ]


def _hints(site: Site, item: SetItem) -> list[str]:
    found = suggestions.by_patterns([item], site.review.patterns)
    return list(dict.fromkeys(each.why for each in found))


def _snippet(item: SetItem) -> str:
    text = f"{item.title} {plain_text(item.state)}".strip()
    return text if len(text) <= SNIPPET else f"{text[:SNIPPET].rstrip()}…"
