"""Requests for records: the list, one with its clock, taking one in, a remark; productions."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request

from archiver.desk.access import Permission, Viewer
from archiver.desk.requests import Channel, Intake, RequestKind, RequestStanding
from archiver.model.queries.productions import ProductionRow
from archiver.web.api.gate import needs_token
from archiver.web.api.values import Answer, Body, Line, Moment, MomentGiven, Words
from archiver.web.site import site_of

router = APIRouter(tags=["requests"])
Reader = Annotated[Viewer, needs_token(Permission.REQUESTS)]
Worker = Annotated[Viewer, needs_token(Permission.REQUESTS_WORK)]


class Deadline(Answer):
    """A deadline of the law. `due` null: see `why`."""

    kind: str
    due: date | None
    why: str
    citation: str


class Act(Answer):
    """One act. `day` is the agency's day that the law counts from."""

    at: Moment
    day: date
    actor: str
    action: str
    detail: dict[str, Any]


class RecordsRequest(Answer):
    """A request with its clock."""

    number: str
    kind: str
    requester: str
    organisation: str
    contact: str
    channel: str
    text: str
    received_at: Moment
    received_on: date
    state: str
    routed_to: str
    hold: str = Field(description="The hold that freezes what it touches; empty: none.")
    opened_by: str
    opened_at: Moment
    deadlines: list[Deadline]
    next_due: date | None = Field(description="The deadline that comes first and is not met.")
    late: bool
    paused: bool
    history: list[Act] = Field(description="Oldest first; empty in a list.")


class RequestList(Answer):
    """Requests, those that are due first on top, closed ones last."""

    requests: list[RecordsRequest]


class Production(Answer):
    """A production in the index; `first` and `last` are its Bates numbers."""

    name: str
    request: str
    number: int
    state: str
    prefix: str
    first: int
    last: int
    made_by: str
    made_at: Moment
    finished_at: Moment | None
    manifest_sha256: str


class ProductionList(Answer):
    """The index of productions, oldest first."""

    productions: list[Production]


class RequestGiven(Body):
    """A request as it came in. A request of the media also has `contact` and `press_deadline`."""

    requester: Line
    text: Words
    received_at: MomentGiven | None = Field(None, description="With its offset; null: now.")
    kind: RequestKind = RequestKind.PUBLIC
    channel: Channel = Channel.FORM
    organisation: Line = ""
    contact: Line = ""
    press_deadline: Line = ""


class NoteGiven(Body):
    """A remark for the history."""

    text: Words


@router.get("/requests")
def requests(request: Request, who: Reader, open_only: bool = True) -> RequestList:
    """The requests."""
    del who
    found = site_of(request).archive.requests.all(open_only=open_only)
    return RequestList(requests=[_request(each, history=False) for each in found])


@router.post("/requests", status_code=201)
def open_request(request: Request, who: Worker, given: RequestGiven) -> RecordsRequest:
    """Take a request in; the answer has its number, its route and its deadlines."""
    archive = site_of(request).archive
    intake = Intake(
        requester=given.requester,
        text=given.text,
        received_at=given.received_at or archive.clock.now(),
        kind=given.kind,
        channel=given.channel,
        organisation=given.organisation,
        contact=given.contact,
        press_deadline=given.press_deadline,
    )
    return _request(archive.requests.open(intake, by=who.name))


@router.get("/requests/{number}")
def one_request(request: Request, who: Reader, number: str) -> RecordsRequest:
    """One request, with its history."""
    del who
    return _request(site_of(request).archive.requests.get(number))


@router.post("/requests/{number}/notes", status_code=201)
def note_request(request: Request, who: Worker, number: str, given: NoteGiven) -> RecordsRequest:
    """Keep a remark in its history."""
    return _request(site_of(request).archive.requests.note(number, given.text, by=who.name))


@router.get("/productions")
def productions(request: Request, who: Reader) -> ProductionList:
    """What was given out, to which request, when."""
    del who
    found = site_of(request).archive.productions.all()
    return ProductionList(productions=[_production(each) for each in found])


def _request(standing: RequestStanding, *, history: bool = True) -> RecordsRequest:
    entry = standing.entry
    plain: dict[str, Any] = {
        name: getattr(entry, name) for name in RecordsRequest.model_fields if hasattr(entry, name)
    }
    return RecordsRequest(
        **plain,
        deadlines=[
            Deadline(kind=each.rule.kind, due=each.due, why=each.why, citation=each.rule.citation)
            for each in standing.deadlines
        ],
        next_due=standing.next.due if standing.next else None,
        late=standing.late,
        paused=standing.paused,
        history=[Act.model_validate(each) for each in standing.history] if history else [],
    )


def _production(row: ProductionRow) -> Production:
    plain: dict[str, Any] = {
        name: getattr(row, name) for name in Production.model_fields if hasattr(row, name)
    }
    return Production(name=row.folder, **plain)
