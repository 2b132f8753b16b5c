"""One item under review: as it was captured, what may have to go, and what is decided about it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from archiver.desk.access import Permission, folded
from archiver.desk.review_rules import Outcome
from archiver.errors import ArchiverError, UsageError
from archiver.model.queries.review import Pick, SetItem
from archiver.values import Mark
from archiver.web import review_marks
from archiver.web.gate import Visitor, needs
from archiver.web.pages.review import LARGEST, REFUSALS, SET, Reader, SetNumber
from archiver.web.render import go_on
from archiver.web.review_draft import Draft, changed
from archiver.web.review_filters import FILTERS, SUGGESTED, TO_CHECK, Listing, next_of, set_address
from archiver.web.review_grounds import grounds_of
from archiver.web.review_sight import hints_of, shows, sight_of
from archiver.web.site import Site, site_of
from archiver.web.typed import said_by

router = APIRouter()
ITEM = SET + "/items/{position}"
Reviewer = Annotated[Visitor, needs(Permission.REVIEW)]
Position = Annotated[int, Path(ge=1, le=LARGEST)]
Sent = Annotated[Draft, Form()]


@router.get(ITEM)
def review_item(
    request: Request,
    who: Reader,
    number: str,
    set_number: SetNumber,
    position: Position,
    show: str = "undecided",
    ground: str = "",
    faces: Annotated[bool, Query()] = False,
) -> Response:
    """The item with its marks, and the panel to decide on it."""
    item = _item(request, who, number, set_number, position)
    marks = item.decision.marks if item.decision else ()
    draft = Draft(
        mark=[review_marks.written(each) for each in marks],
        code=_ground(item, ground),
        reason=item.decision.reason if item.decision else "",
        show=show,
        faces="yes" if faces else "",
        seen=str(item.decision.id if item.decision else 0),
    )
    return _page(request, who, number, set_number, item, draft)


@router.post(f"{ITEM}/marks")
def change_marks(
    request: Request,
    who: Reviewer,
    number: str,
    set_number: SetNumber,
    position: Position,
    draft: Sent,
) -> Response:
    """Add a mark to those in the form, or take one out. Decides nothing and saves nothing."""
    item = _item(request, who, number, set_number, position)
    who.viewer.require_department(item.department)
    desk = site_of(request).review
    try:
        marks = changed(draft, item, desk.exemptions)
        desk.reviews.fit(item, marks)
    except REFUSALS as error:
        return _page(request, who, number, set_number, item, draft, said=error)
    new = draft.with_marks(marks)
    return _page(request, who, number, set_number, item, new)


@router.post(f"{ITEM}/decide")
def decide(
    request: Request,
    who: Reviewer,
    number: str,
    set_number: SetNumber,
    position: Position,
    draft: Sent,
) -> Response:
    """Decide on the item, and go on to the next one."""
    item = _item(request, who, number, set_number, position)
    who.viewer.require_department(item.department)
    try:
        outcome = _outcome(draft)
        site_of(request).review.reviews.decide(
            number,
            set_number,
            position,
            outcome,
            by=who.name,
            code=draft.code if outcome is Outcome.WITHHOLD else "",
            reason=draft.reason,
            marks=_marks(draft, outcome),
            seen=draft.seen_id,
        )
    except REFUSALS as error:
        return _page(request, who, number, set_number, item, draft, said=error)
    told = {
        Outcome.RELEASE: "release",
        Outcome.WITHHOLD: f"withhold under {draft.code}",
        Outcome.REDACT: f"redact, {len(draft.mark)} mark{'s' if len(draft.mark) > 1 else ''}",
        Outcome.UNDECIDED: "undecided again",
    }[outcome]
    if outcome is Outcome.UNDECIDED:
        where = f"{set_address(number, set_number)}/items/{position}"
        return go_on(who, where, f"Item {position}: {told}.")
    return _next(request, who, number, set_number, position, draft.show, draft.code, told)


@router.post(f"{ITEM}/check")
def check(
    request: Request,
    who: Reviewer,
    number: str,
    set_number: SetNumber,
    position: Position,
    draft: Sent,
) -> Response:
    """The second look at the decision: agree, or send it back with a note."""
    item = _item(request, who, number, set_number, position)
    who.viewer.require_department(item.department)
    agrees = draft.outcome == "agree"
    try:
        if draft.outcome not in ("agree", "send-back"):
            raise UsageError("agree with the decision, or send it back")
        site_of(request).review.reviews.check(
            number,
            set_number,
            Pick(position=position),
            agrees=agrees,
            by=who.name,
            note=draft.note,
            seen=draft.seen_id,
        )
    except REFUSALS as error:
        return _page(request, who, number, set_number, item, draft, said=error)
    told = "agreed with" if agrees else "sent back"
    return _next(request, who, number, set_number, position, TO_CHECK, "", told)


def _item(request: Request, who: Visitor, number: str, set_number: int, position: int) -> SetItem:
    who.viewer.require(Permission.RECORDS)
    return site_of(request).review.reviews.item(number, set_number, position)


def _ground(item: SetItem, ground: str) -> str:
    """What the field of the ground begins with: that of the decision, else the one used last."""
    decision = item.decision
    if decision is None:
        return ground
    return decision.code or next((each.code for each in decision.marks), ground)


def _outcome(draft: Draft) -> Outcome:
    if draft.outcome not in set(Outcome):
        raise UsageError("choose what is decided: release, withhold or redact")
    return Outcome(draft.outcome)


def _marks(draft: Draft, outcome: Outcome) -> list[Mark]:
    """The marks go with a redaction. With a release too, so that the desk refuses to lose them;
    what is withheld as a whole, or taken back, needs none."""
    if outcome in (Outcome.WITHHOLD, Outcome.UNDECIDED):
        return []
    return [review_marks.read(each) for each in draft.mark]


def _next(
    request: Request,
    who: Visitor,
    number: str,
    set_number: int,
    position: int,
    show: str,
    ground: str,
    told: str,
) -> Response:
    """On to the next item of the list that is being worked through, else to the set."""
    listing = Listing(show=show if show in FILTERS else "undecided")
    here = set_address(number, set_number)
    notice = f"Item {position}: {told}."
    desk = site_of(request).review
    after = next_of(desk, who.viewer, number, set_number, listing, after=position)
    if not after and listing.show == SUGGESTED:
        where = here + listing.query(after=position)
        return go_on(who, where, f"{notice} Nothing was found in the next items; look further.")
    if not after:
        return go_on(who, here, f"{notice} That was the last one of this list.")
    return go_on(who, f"{here}/items/{after}{listing.query(ground=ground)}", notice)


def _page(
    request: Request,
    who: Visitor,
    number: str,
    set_number: int,
    item: SetItem,
    draft: Draft,
    *,
    said: ArchiverError | None = None,
) -> Response:
    site = site_of(request)
    here = set_address(number, set_number)
    size = site.review.sets.get(number, set_number).size
    values: dict[str, Any] = {
        "number": number,
        "set_number": set_number,
        "here": here,
        "at": f"{here}/items/{item.position}",
        "position": item.position,
        "size": size,
        "listing": Listing(show=draft.show if draft.show in FILTERS else "undecided"),
    }
    if not who.viewer.sees(item.department):
        values["department"] = item.department
        return site.render.page(request, "review_hidden.html.j2", **values)
    values |= _panel(site, who, number, set_number, item, draft)
    # A part of the page is taken in by the browser only if it is well.
    part = request.headers.get("hx-request") == "true"
    return site.render.page(
        request,
        "review_panel.html.j2" if part else "review_item.html.j2",
        status=422 if said and not part else 200,
        said=said_by(site, said),
        **values,
    )


def _panel(
    site: Site, who: Visitor, number: str, set_number: int, item: SetItem, draft: Draft
) -> dict[str, Any]:
    desk, decision = site.review, item.decision
    media = desk.reviews.media(item)
    marks = draft.marks
    hints = hints_of(desk, item, media, faces=bool(draft.faces))
    listing = Listing(show=draft.show if draft.show in FILTERS else "undecided")
    following = next_of(desk, who.viewer, number, set_number, listing, after=item.position)
    return {
        "item": item,
        "sight": sight_of(item, media, marks, hints),
        "earlier": desk.reviews.earlier(number, set_number, positions=[item.position]),
        "grounds": grounds_of(desk.exemptions, site.archive.settings.sections.agency),
        "draft": draft,
        "decision": decision if decision and decision.outcome != Outcome.UNDECIDED else None,
        "dirty": tuple(marks) != (decision.marks if decision else ()),
        "own": decision is not None and folded(decision.actor) == folded(who.name),
        "second_review": site.archive.settings.sections.requests.second_review,
        "following": following,
        "written": review_marks.written,
        "shows": shows,
    }
