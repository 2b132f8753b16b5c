"""The ledger, line by line."""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request

from archiver.desk.access import Permission, Viewer
from archiver.desk.ledger_reading import GROUPS, Asked, LedgerReading, Told
from archiver.errors import UsageError
from archiver.web.api.gate import needs_token
from archiver.web.api.values import Answer, Day, Line, Moment
from archiver.web.kept import kept
from archiver.web.site import Site

router = APIRouter(tags=["ledger"])
Auditor = Annotated[Viewer, needs_token(Permission.AUDIT)]
Group = Annotated[str, Query(description=f"One of: {', '.join(GROUPS)}; empty: all.")]
Before = Annotated[int, Query(ge=0, le=2**53, description="Only lines below this number.")]


class LedgerLine(Answer):
    """A line of the chain: `hash` is over it and `previous`, the hash of the line before."""

    seq: int
    at: Moment
    kind: str
    who: str = Field(description="Empty where the program acted by itself.")
    body: dict[str, Any]
    previous: str
    hash: str


class LedgerPage(Answer):
    """Lines, newest first; `more`: older ones follow. `length` and `head` are of the whole."""

    lines: list[LedgerLine]
    more: bool
    length: int
    head: str


@router.get("/ledger")
def ledger(
    request: Request,
    who: Auditor,
    group: Group = "",
    person: Line = "",
    since: Day | None = None,
    until: Day | None = None,
    before: Before = 0,
) -> LedgerPage:
    """The newest lines, fifty at a time."""
    del who
    if group and group not in GROUPS:
        raise UsageError(f'there is no group "{group[:40]}"; there are: {", ".join(GROUPS)}')
    asked = Asked(group=group, person=person, since=since, until=until, before=before)
    page = _desk(request).page(asked)
    return LedgerPage(
        lines=[_line(each) for each in page.lines],
        more=page.more,
        length=page.length,
        head=page.head,
    )


def _line(told: Told) -> LedgerLine:
    entry = told.entry
    return LedgerLine(
        seq=entry.seq,
        at=entry.at,
        kind=entry.kind,
        who=told.who,
        body=json.loads(entry.body),
        previous=entry.previous,
        hash=entry.hash,
    )


def _desk(request: Request) -> LedgerReading:
    def made(site: Site) -> LedgerReading:
        archive = site.archive
        zone = archive.settings.sections.agency.zone
        return LedgerReading(archive.database, archive.clock, zone)

    return kept(request, LedgerReading, made)
