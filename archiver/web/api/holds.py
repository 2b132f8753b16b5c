"""Holds: those that there are, what a new one would reach, and placing one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request

from archiver.desk.access import Permission, Viewer
from archiver.desk.hold_order import HoldOrder, in_words
from archiver.desk.hold_standing import HoldStanding
from archiver.desk.holds import Holds
from archiver.model.queries.holds import HoldEntry
from archiver.web.api.gate import needs_token
from archiver.web.api.values import Answer, Body, Day, Line, Moment, Words
from archiver.web.pages.holds import TAKEN
from archiver.web.site import site_of
from retention.facts import HoldKind, Scope

router = APIRouter(tags=["holds"])
Reader = Annotated[Viewer, needs_token(Permission.HOLDS)]
Counsel = Annotated[Viewer, needs_token(Permission.HOLDS_PLACE)]
Before = Annotated[int, Query(ge=0, le=2**62, description="Only records below this number.")]
Limit = Annotated[int, Query(ge=1, le=500)]
Many = Annotated[list[Line], Field(max_length=500)]


class Standing(StrEnum):
    """Which holds."""

    OPEN = "open"
    RELEASED = "released"
    ALL = "all"


class HoldScope(Answer):
    """Which records a hold reaches, present and future. Empty lists set no limit."""

    words: str = Field(description="The scope as people read it.")
    accounts: list[str]
    departments: list[str]
    authors: list[str]
    containing: list[str] = Field(description="Words of which a record has one.")
    since: date | None
    until: date | None
    picks: list[int] = Field(description="Records that were picked one by one.")
    everything: bool


class Hold(Answer):
    """A hold as it stands on this day."""

    name: str
    kind: HoldKind
    matter: str
    reason: str
    issuer: str
    custodians: list[str]
    scopes: list[HoldScope]
    placed_at: Moment
    anticipated_on: date | None
    review_on: date | None
    released_on: date | None
    released_by: str | None
    records: int = Field(description="How many it has caught.")
    binds: bool
    bound_through: date | None = Field(description="The last day it binds; null: open.")
    state: str
    untold: list[str] = Field(description="Custodians who were given no notice yet.")
    waiting_for: list[str] = Field(description="Custodians who have not confirmed.")


class HoldList(Answer):
    """Holds, in the order of placing."""

    holds: list[Hold]


class Caught(Answer):
    """A record that a hold has caught, and when."""

    record_id: int
    account: str
    department: str
    kind: str
    published_at: Moment | None
    presence: str
    caught_at: Moment


class CaughtList(Answer):
    """Records that a hold has caught, by falling number."""

    records: list[Caught]


class Reached(Answer):
    """How many records of an account."""

    account: str
    records: int


class HoldPreview(Answer):
    """What a hold would reach now. Nothing was placed."""

    words: str
    records: int
    accounts: list[Reached]


class ScopeGiven(Body):
    """What a hold shall reach. At least one of the fields is needed."""

    accounts: Many = Field(default_factory=list)
    departments: Many = Field(default_factory=list)
    authors: Many = Field(default_factory=list)
    containing: Many = Field(default_factory=list)
    since: Day | None = None
    until: Day | None = None
    picks: Many = Field(default_factory=list, description="Numbers, platform ids or addresses.")
    everything: bool = False

    def scope(self, holds: Holds) -> Scope:
        """Raises: NotFoundError for a pick that is not held."""
        return Scope(
            accounts=tuple(self.accounts),
            departments=tuple(self.departments),
            authors=tuple(self.authors),
            words=tuple(self.containing),
            since=self.since,
            until=self.until,
            picks=holds.picked(self.picks),
            everything=self.everything,
        )


class HoldGiven(Body):
    """An order to keep, issued by the token's person. What is left empty is filled with the words
    for its kind; the custodians of the accounts are added."""

    matter: Line
    scope: ScopeGiven
    kind: HoldKind = HoldKind.LITIGATION
    reason: Words = ""
    custodians: Many = Field(default_factory=list)
    anticipated_on: Day | None = None
    review_on: Day | None = None
    notice: Words = ""


@router.get("/holds")
def holds(request: Request, who: Reader, state: Standing = Standing.OPEN) -> HoldList:
    """The holds."""
    del who
    found = site_of(request).archive.holds.all()
    chosen = [
        each
        for each in found
        if state is Standing.ALL or (each.entry.released_on is None) is (state is Standing.OPEN)
    ]
    return HoldList(holds=[_hold(each) for each in chosen])


@router.post("/holds/preview")
def preview_hold(request: Request, who: Counsel, given: ScopeGiven) -> HoldPreview:
    """What a hold of this scope would reach now; nothing is placed."""
    desk = site_of(request).archive.holds
    found = desk.preview(given.scope(desk), departments=who.departments)
    return HoldPreview(
        words=in_words(found.scope),
        records=found.records,
        accounts=[Reached.model_validate(each) for each in found.accounts],
    )


@router.post("/holds", status_code=201)
def place_hold(request: Request, who: Counsel, given: HoldGiven) -> Hold:
    """Place a hold. It binds at once; only somebody at the page can release it."""
    desk = site_of(request).archive.holds
    order = HoldOrder(
        matter=given.matter,
        issuer=who.name,
        scope=given.scope.scope(desk),
        kind=given.kind,
        reason=given.reason,
        custodians=tuple(given.custodians),
        anticipated_on=given.anticipated_on,
        review_on=given.review_on,
        notice=given.notice,
    )
    if desk.draft(order).name == TAKEN:  # the address of a page's form
        order = replace(order, name=f"{TAKEN}-hold")
    return _hold(desk.place(order))


@router.get("/holds/{name}")
def hold(request: Request, who: Reader, name: str) -> Hold:
    """One hold."""
    del who
    return _hold(site_of(request).archive.holds.get(name))


@router.get("/holds/{name}/records")
def held_records(
    request: Request, who: Reader, name: str, before: Before = 0, limit: Limit = 100
) -> CaughtList:
    """The records that a hold has caught, of the departments that the person sees."""
    found = site_of(request).archive.holds.caught(
        name, departments=who.departments, before=before or None, limit=limit
    )
    return CaughtList(records=[Caught.model_validate(each) for each in found])


def _hold(standing: HoldStanding) -> Hold:
    entry: HoldEntry = standing.entry
    return Hold(
        name=entry.name,
        kind=entry.kind,
        matter=entry.matter,
        reason=entry.reason,
        issuer=entry.issuer,
        custodians=list(entry.custodians),
        scopes=[_scope(each) for each in entry.scopes],
        placed_at=entry.placed_at,
        anticipated_on=entry.anticipated_on,
        review_on=entry.review_on,
        released_on=entry.released_on,
        released_by=entry.released_by,
        records=standing.records,
        binds=standing.binds,
        bound_through=standing.bound_through,
        state=standing.state,
        untold=list(standing.untold),
        waiting_for=list(standing.waiting_for),
    )


def _scope(scope: Scope) -> HoldScope:
    return HoldScope(
        words=in_words(scope),
        accounts=list(scope.accounts),
        departments=list(scope.departments),
        authors=list(scope.authors),
        containing=list(scope.words),
        since=scope.since,
        until=scope.until,
        picks=sorted(scope.picks),
        everything=scope.everything,
    )
