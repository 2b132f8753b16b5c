"""Searching the records, and one record with its versions. Every question and look is in the
ledger, under the name of the token's person."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request

from archiver.desk.access import Permission, Viewer
from archiver.desk.record_view import RecordView
from archiver.web.api.gate import needs_token
from archiver.web.api.values import Answer, Moment
from archiver.web.site import site_of

router = APIRouter(tags=["records"])
Reader = Annotated[Viewer, needs_token(Permission.RECORDS)]
Size = Annotated[int, Query(ge=1, le=200, description="Hits on a page.")]
Question = Annotated[
    str, Query(max_length=2000, description="As in the search box; empty: everything.")
]
Cursor = Annotated[str, Query(description="The `following` of the page before.")]
Number = Annotated[int, Query(ge=0, le=1_000_000, description="0: the current one.")]


class Piece(Answer):
    """A stretch of a snippet; `marked`: it is what was asked for."""

    text: str
    marked: bool


class Hit(Answer):
    """A version that was found."""

    record_id: int
    version_id: int
    number: int = Field(description="Which version of the record it is, from 1.")
    versions: int
    current: bool
    account: str
    platform: str
    platform_id: str
    kind: str
    author: str
    handle: str
    published_at: Moment | None
    captured_at: Moment
    edited_at: Moment | None = Field(description="Only when the platform states it.")
    title: str
    snippet: list[Piece]
    language: str
    visibility: str
    presence: str
    has_media: bool
    permalink: str


class FacetValue(Answer):
    """A value, how many of the counted hits have it, and the words that narrow the search."""

    value: str
    count: int
    narrow: str


class Facets(Answer):
    """How the hits divide; counted over the newest `counted` hits unless `complete`."""

    counted: int
    complete: bool
    account: list[FacetValue]
    platform: list[FacetValue]
    kind: list[FacetValue]
    author: list[FacetValue]
    year: list[FacetValue]
    state: list[FacetValue]


class Found(Answer):
    """A page of hits. `total` is exact unless `more`: then there are more than `total`."""

    query: str
    hits: list[Hit]
    total: int
    more: bool
    following: str = Field(description="The cursor of the next page; empty on the last one.")
    facets: Facets | None


class Version(Answer):
    """One state of a record. It came to be after `not_before`, and not later than `not_after`."""

    number: int
    captured_at: Moment
    edited_at: Moment | None
    not_before: Moment | None
    not_after: Moment | None
    superseded: bool
    visibility: str
    language: str
    digest: str = Field(description="SHA-256 of the canonical form.")
    media: int = Field(description="How many files it has.")


class Medium(Answer):
    """A file of a version."""

    position: int
    kind: str
    alt_text: str
    status: str
    sha256: str
    size: int
    mime: str


class Place(Answer):
    """Where the evidence lies: the WARC file and the response record in it."""

    file: str
    file_sha256: str
    offset: int | None
    length: int | None
    ledger_line: int | None


class Filed(Answer):
    """A request that the record was found for."""

    request: str
    state: str
    result_set: int
    version: int
    outcome: str


class Record(Answer):
    """A record with one of its versions. `holds`, `requests` and `retention` are null for a token
    that is not for them."""

    id: int
    account: str
    platform: str
    department: str
    kind: str
    platform_id: str
    parent_id: str
    thread_id: str
    author: str
    author_id: str
    author_handle: str
    permalink: str
    published_at: Moment | None
    first_seen: Moment
    last_seen: Moment
    visibility: str
    presence: str
    versions: int
    version: Version
    destroyed: bool = Field(description="A disposition destroyed the content; the rest is kept.")
    title: str
    text: str
    media: list[Medium]
    place: Place | None
    holds: list[str] | None
    requests: list[Filed] | None
    retention: str | None = Field(description="Where the last evaluation put it.")


class Versions(Answer):
    """All versions of a record, in the order of capture."""

    record_id: int
    versions: list[Version]


@router.get("/records")
def search(
    request: Request,
    who: Reader,
    query: Question = "",
    after: Cursor = "",
    size: Size = 20,
    oldest_first: bool = False,
    facets: bool = True,
) -> Found:
    """Search every state of every record; newest first."""
    page = site_of(request).search.page(
        query,
        size=size,
        after=after,
        oldest_first=oldest_first,
        facets=facets,
        by=who.name,
        viewer=who,
    )
    return Found.model_validate(page)


@router.get("/records/{record}")
def record(request: Request, who: Reader, record: str, version: Number = 0) -> Record:
    """One record, with one of its versions."""
    return _record(site_of(request).records.look(record, who, version=version))


@router.get("/records/{record}/versions")
def versions(request: Request, who: Reader, record: str) -> Versions:
    """The versions of a record."""
    view = site_of(request).records.look(record, who)
    return Versions(
        record_id=view.subject.id,
        versions=[Version.model_validate(each) for each in view.timeline],
    )


def _record(view: RecordView) -> Record:
    subject = view.subject
    plain: dict[str, Any] = {
        name: getattr(subject, name) for name in Record.model_fields if hasattr(subject, name)
    }
    return Record(
        **plain,
        version=Version.model_validate(view.chosen),
        destroyed=view.destroyed,
        title=view.title,
        text=view.text,
        media=[Medium.model_validate(each) for each in view.media],
        place=_place(view),
        holds=None if view.holds is None else [each.id for each in view.holds],
        requests=None
        if view.filed is None
        else [Filed.model_validate(each) for each in view.filed],
        retention=view.standing.standing if view.standing else None,
    )


def _place(view: RecordView) -> Place | None:
    exchange = view.place.exchange
    if exchange is None:
        return None
    return Place(
        file=exchange.segment,
        file_sha256=view.place.file_sha256,
        offset=exchange.response_offset,
        length=exchange.response_length,
        ledger_line=view.place.line,
    )
